"""充装数据接口: the keys of a filling unit's stations, and how to use them (F89)."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from config.access import page, public
from config.forms import attempt
from config.paging import paginate
from cylinders import queries_filling as queries
from cylinders.actions.keys import make_key, revoke_key
from cylinders.filling import guide
from cylinders.forms_filling import KeyForm
from equipment.queries_licences import filling_unit
from units.roles import Can


@page(Can.FILLING_KEY)
def key_list(request: HttpRequest) -> HttpResponse:
    """The unit's keys with station, last use and state; 404 for units that do not fill."""
    filling_unit(request.actor)
    listed, size = paginate(request, queries.keys(request.actor))
    context = {
        "page": listed,
        "size": size,
        "rows": [(key, queries.key_word(key)) for key in listed],
        "has_stations": queries.stations(request.actor).exists(),
    }
    return render(request, "cylinders/key_list.html", context)


@page(Can.FILLING_KEY, writes=True)
@never_cache
def key_add(request: HttpRequest) -> HttpResponse:
    """新建密钥: the answer to the form shows the secret, once; no page can show it again."""
    filling_unit(request.actor)
    stations = {one.code: one for one in queries.stations(request.actor)}
    form = KeyForm(
        request.POST if request.method == "POST" else None,
        stations=[(code, f"{one.number} {one.name}") for code, one in stations.items()],
    )
    if request.method == "POST" and form.is_valid():
        made = attempt(
            form,
            lambda: make_key(
                stations[form.cleaned_data["station"]],
                name=form.cleaned_data["name"],
                actor=request.actor,
                now=timezone.now(),
            ),
        )
        if made is not None:
            context = {"key": made.key, "secret": made.secret}
            return render(request, "cylinders/key_made.html", context, status=201)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "has_stations": bool(stations)}
    return render(request, "cylinders/key_form.html", context, status=status)


@page(Can.FILLING_KEY, writes=True, reads=False)
def key_revoke(request: HttpRequest, code: str) -> HttpResponse:
    """停用: from the next request on it is refused."""
    key = queries.get_key(request.actor, code)
    revoke_key(key, actor=request.actor, now=timezone.now())
    messages.success(request, f"已停用密钥“{key.name}”，使用它的系统不能再上报数据。")
    return redirect("cylinders:key-list")


@public("developers of station systems have no account (F89)")
def filling_docs(request: HttpRequest) -> HttpResponse:
    """接口说明: how to sign, examples, every field, every code."""
    return render(request, "cylinders/filling_docs.html", {"guide": guide.page()})
