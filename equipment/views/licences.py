"""许可 of production and filling units: list, entering, page, editing, 注销 (F28)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from config.access import page
from config.clock import local_day
from config.errors import RuleBroken
from config.forms import attempt, refused_status
from config.paging import paginate
from config.words import cn_date
from equipment import queries_licences as queries
from equipment.actions import licences as actions
from equipment.forms_licences import (
    CloseForm,
    LicenceFilter,
    LicenceForm,
    grouped_families,
    officer_choices,
)
from equipment.licence_rules import rule_on
from equipment.models import Licence, LicenceFamily
from equipment.words import span
from units.carried import files_of
from units.models import Staff, Unit
from units.models.unit import UnitKind
from units.roles import Can


@page(Can.ORG_VIEW)
def licence_list(request: HttpRequest) -> HttpResponse:
    """The unit's licences, what expires first on top."""
    day = local_day(timezone.now())
    form, licences = asked(request, day)
    shown, size = paginate(request, licences)
    context = {
        "form": form,
        "page": shown,
        "size": size,
        "rows": [{"licence": one, "word": queries.expiry_word(one, day)} for one in shown],
        "is_filtered": any(getattr(form, "cleaned_data", {}).values()),
        "fills": UnitKind.FILLING in request.actor.unit_kinds,
        "may_manage": request.actor.can(Can.ORG_MANAGE),
    }
    template = "equipment/_licence_rows.html" if request.htmx else "equipment/licence_list.html"
    return render(request, template, context)


def asked(request: HttpRequest, day: date) -> tuple[LicenceFilter, QuerySet[Licence]]:
    """The filter of the list and what it leaves; the list and its export ask alike."""
    unit = queries.licensed_unit(request.actor)
    form = LicenceFilter(request.GET, officers=_all_officers(unit))
    form.is_valid()
    chosen = getattr(form, "cleaned_data", {})
    words, state, officer = (chosen.get(name, "") for name in ("q", "state", "officer"))
    found = queries.licence_list(request.actor, words=words, state=state, officer=officer, day=day)
    return form, found


@page(Can.ORG_VIEW)
def licence(request: HttpRequest, code: str) -> HttpResponse:
    """One licence: facts, validity, who answered for it and when."""
    queries.licensed_unit(request.actor)
    found = queries.get_licence(request.actor, code)
    day = local_day(timezone.now())
    rule = rule_on(day)
    context = {
        "licence": found,
        "word": queries.expiry_word(found, day),
        "facts": _facts(found),
        "rule": rule,
        "is_expired": found.closed_at is None and found.valid_until < day,
        "should_apply": found.closed_at is None
        and 0 <= (found.valid_until - day).days <= queries.soon_days(day).days,
        "history": [
            {"who": one.staff.name, "when": span(one.period)}
            for one in queries.officer_history(found)
        ],
        "may_manage": request.actor.can(Can.ORG_MANAGE) and found.closed_at is None,
    }
    return render(request, "equipment/licence_detail.html", context)


def _facts(found: Licence) -> list[tuple[str, Any]]:
    return [
        ("许可类别", found.family.name),
        ("许可项目", "、".join(one.name for one in found.items.all())),
        ("子项目与参数", found.scope),
        ("许可证编号", found.number),
        ("发证机关", found.issuer),
        ("许可地址", found.address),
        ("发证日期", cn_date(found.issued_on)),
        ("有效期", f"{cn_date(found.valid_from)}至{cn_date(found.valid_until)}"),
        ("责任人", found.officer.name if found.officer else "未指定"),
    ]


@page(Can.ORG_MANAGE, writes=True)
def licence_add(request: HttpRequest) -> HttpResponse:
    """新增许可: the family first (`?family=`), then everything about it."""
    unit = queries.licensed_unit(request.actor)
    now = timezone.now()
    families = queries.families_for(unit.kinds, day=local_day(now))
    wanted = (request.POST if request.method == "POST" else request.GET).get("family", "")
    family = next((one for one in families if one.code == wanted), None)
    if family is None:
        context = {"groups": grouped_families(families), "is_unknown": bool(wanted)}
        status = 422 if request.method == "POST" else 200
        return render(request, "equipment/licence_family.html", context, status=status)
    if request.method != "POST":
        form = _form(request, unit, family, is_new=True)
        if len(form.known_items) == 1:
            form.initial["items"] = list(form.known_items)
        return _form_page(request, form, family)
    form = _form(request, unit, family, is_new=True)
    made = attempt(
        form,
        lambda: actions.add_licence(
            unit, family=family, **_values(request, form), actor=request.actor, now=now
        ),
    )
    if made is None:
        return _form_page(request, form, family, status=422)
    messages.success(request, f"已新增许可“{made.number}”。")
    _say_hints(request, made)
    return redirect("equipment:licence", made.code)


@page(Can.ORG_MANAGE, writes=True)
def licence_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change a licence; the second of two editors is told."""
    unit = queries.licensed_unit(request.actor)
    found = _open(request, code)
    form = _form(request, unit, found.family, found=found)
    if request.method != "POST":
        return _form_page(request, form, found.family, found)
    changed = attempt(
        form,
        lambda: actions.change_licence(
            found,
            version=form.cleaned_data["version"],
            **_values(request, form),
            actor=request.actor,
            now=timezone.now(),
        ),
    )
    if changed is None:
        status = refused_status(form)
        return _form_page(request, form, found.family, _open(request, code), status=status)
    messages.success(request, f"已保存许可“{changed.number}”。")
    _say_hints(request, changed)
    return redirect("equipment:licence", code)


@page(Can.ORG_MANAGE, writes=True)
def licence_close(request: HttpRequest, code: str) -> HttpResponse:
    """注销 with a reason."""
    queries.licensed_unit(request.actor)
    found = _open(request, code)
    form = CloseForm(
        request.POST if request.method == "POST" else None,
        label="注销原因",
        help_text="如 到期未换证、许可范围变更后换发新证、登记有误。",
    )
    if request.method == "POST" and form.is_valid():
        closed = attempt(
            form,
            lambda: actions.close_licence(
                found,
                reason=form.cleaned_data["reason"],
                actor=request.actor,
                now=timezone.now(),
            ),
        )
        if closed is not None:
            messages.success(request, f"已注销许可“{closed.number}”，以前的记录保留。")
            return redirect("equipment:licence-list")
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "licence": found}
    return render(request, "equipment/licence_close.html", context, status=status)


def _form(
    request: HttpRequest,
    unit: Unit,
    family: LicenceFamily,
    *,
    found: Licence | None = None,
    is_new: bool = False,
) -> LicenceForm:
    now = timezone.now()
    day = local_day(now)
    role = queries.ROLE_OF_KIND[family.unit_kind]
    people = queries.officers_for(unit.pk, role, family.category, day=day)
    kept = found.officer if found is not None else None
    items = queries.items_of(family, day=day)
    if found is not None:
        known = {one.pk for one in items}
        items += [one for one in found.items.all() if one.pk not in known]
    is_post = request.method == "POST"
    return LicenceForm(
        request.POST if is_post else None,
        files_of(request, now) if is_post else None,
        initial=LicenceForm.initial_of(found) if found is not None and not is_post else {},
        items=items,
        officers=officer_choices(people, role=role.label, kept=kept),
        role=role.label,
        is_new=is_new,
    )


def _values(request: HttpRequest, form: LicenceForm) -> dict[str, Any]:
    cleaned = form.cleaned_data
    names = ("number", "scope", "issuer", "address", "issued_on", "valid_from", "valid_until")
    officer: Staff | None = None
    if cleaned["officer"]:
        officer = queries.own_officer(request.actor, cleaned["officer"])
    return {name: cleaned[name] for name in names} | {
        "items": form.chosen_items(),
        "file": cleaned["file"],
        "officer": officer,
    }


def _form_page(
    request: HttpRequest,
    form: LicenceForm,
    family: LicenceFamily,
    found: Licence | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    form.put_files_aside()
    context: dict[str, Any] = {"form": form, "family": family, "licence": found, "current": []}
    if found is not None:
        context["version"] = form["version"].value()
        if status == 409:
            context["current"] = _facts(found)
            # Submitting again is now a decision, not an accident.
            context["version"] = found.version
    return render(request, "equipment/licence_form.html", context, status=status)


def _open(request: HttpRequest, code: str) -> Licence:
    """The licence to be changed; a closed one answers 409 with the reason in words."""
    found = queries.get_licence(request.actor, code)
    if found.closed_at is not None:
        raise RuleBroken("closed", f"许可“{found.number}”已注销，不能再修改。")
    return found


def _all_officers(unit: Unit) -> list[tuple[str, str]]:
    day = local_day(timezone.now())
    people: dict[str, str] = {}
    for kind in queries.LICENSED_KINDS:
        if kind in unit.kinds:
            role = queries.ROLE_OF_KIND[kind]
            people |= {
                one.code: one.name for one in queries.officers_for(unit.pk, role, "", day=day)
            }
    return list(people.items())


def _say_hints(request: HttpRequest, found: Licence) -> None:
    for sentence in actions.hints(found, day=local_day(timezone.now())):
        messages.warning(request, sentence)
