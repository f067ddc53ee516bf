"""岗位管理 for the unit admin, and the duty text of a post (F10, F11, W 2.2)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from config.access import page
from config.clock import local_day
from config.errors import RuleBroken
from config.forms import attempt, refused_status
from config.paging import paginate
from units import queries
from units import queries_organisation as organisation
from units.actions.organisation import TOP, add_position, change_position, close_position
from units.forms_organisation import DutyForm, MoveForm, PositionFilter, PositionForm
from units.identities import category_choices
from units.models import DutyText, Position
from units.models.unit import UnitKind
from units.roles import Can


@page(Can.ORG_VIEW)
def list_(request: HttpRequest) -> HttpResponse:
    """The posts of the unit, queried by name and type."""
    form = PositionFilter(request.GET)
    form.is_valid()
    chosen = getattr(form, "cleaned_data", {})
    words, role = chosen.get("q", ""), chosen.get("role", "")
    positions = organisation.position_list(request.actor, words=words, role=role)
    shown, size = paginate(request, positions)
    context = {
        "form": form,
        "page": shown,
        "size": size,
        "rows": [{"position": one, "duty": organisation.duty_word(one.role)} for one in shown],
        "is_filtered": bool(words or role),
        "may_manage": request.actor.can(Can.ORG_MANAGE),
    }
    template = "units/_position_rows.html" if request.htmx else "units/position_list.html"
    return render(request, template, context)


@page(Can.ORG_MANAGE, writes=True)
def add(request: HttpRequest) -> HttpResponse:
    """新增岗位."""
    if request.method != "POST":
        return _form_page(request, PositionForm(is_new=True))
    form = PositionForm(request.POST, is_new=True)
    unit = queries.own_unit(request.actor)
    made = attempt(
        form,
        lambda: add_position(unit, **_values(form), actor=request.actor, now=timezone.now()),
    )
    if made is None:
        return _form_page(request, form, status=422)
    messages.success(request, f"已新增岗位“{made.name}”。")
    if "another" in request.POST:
        return redirect("units:position-add")
    return redirect("units:position-list")


@page(Can.ORG_MANAGE, writes=True)
def edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change a post; the second of two editors is told."""
    position = _open(request, code)
    if request.method != "POST":
        form = PositionForm(initial=PositionForm.initial_of(position))
        return _form_page(request, form, position)
    form = PositionForm(request.POST)
    changed = attempt(
        form,
        lambda: change_position(
            position,
            version=form.cleaned_data["version"],
            **_values(form),
            actor=request.actor,
            now=timezone.now(),
        ),
    )
    if changed is None:
        fresh = _open(request, code)
        return _form_page(request, form, fresh, status=refused_status(form))
    messages.success(request, f"已保存岗位“{changed.name}”。")
    return redirect("units:position-list")


@page(Can.ORG_MANAGE, writes=True)
def close(request: HttpRequest, code: str) -> HttpResponse:
    """撤销: people in the post get another one in the same step."""
    position = _open(request, code)
    people = organisation.people_of_position(position)
    form = MoveForm(
        request.POST if request.method == "POST" else None,
        choices=organisation.position_choices(request.actor, without=position),
        nowhere="暂不安排岗位",
        is_needed=bool(people),
    )
    closed = None
    if request.method == "POST" and form.is_valid():
        closed = attempt(form, lambda: _close(request, position, form))
    if closed is not None:
        messages.success(request, f"已撤销岗位“{closed.name}”，以前的记录保留。")
        return redirect("units:position-list")
    context = {"form": form, "position": position, "people": people}
    status = 422 if request.method == "POST" else 200
    return render(request, "units/position_close.html", context, status=status)


def _close(request: HttpRequest, position: Position, form: MoveForm) -> Position:
    chosen = form.cleaned_data.get("move_to")
    target: Any = None
    if chosen:
        target = TOP
        if chosen != MoveForm.NOWHERE:
            target = organisation.open_position(request.actor, chosen)
    return close_position(position, move_to=target, actor=request.actor, now=timezone.now())


@page(Can.ORG_VIEW)
def duty(request: HttpRequest, code: str) -> HttpResponse:
    """守则 or 职责 of a post by category, as it is in force on a day; for printing (F11)."""
    position = organisation.get_position(request.actor, code)
    if not organisation.duty_word(position.role):
        raise Http404("this post has no duty text")
    unit, role, today = position.unit, position.role, local_day(timezone.now())
    kinds = organisation.duty_kinds(role, unit)
    kind = _one_of(request.GET.get("kind"), kinds)
    categories = _categories(role, kind, unit.pk)
    labels = dict(category_choices())
    # A post called 电梯安全员 opens with the lift's text.
    meant = [one for one in categories if one and labels[one] in position.name]
    category = _one_of(request.GET.get("category"), [*meant, *categories])
    form = DutyForm(
        {"on": today.isoformat(), **request.GET.dict(), "kind": kind, "category": category},
        kinds=[(one, UnitKind(one).label) for one in kinds],
        categories=[(one, labels.get(one, "全部类别")) for one in categories],
    )
    form.is_valid()
    day = form.cleaned_data.get("on") or today
    text = organisation.duty_text(role, kind, category, on=day)
    context = {
        "form": form,
        "position": position,
        "unit": unit,
        "day": day,
        "text": text,
        "first_day": organisation.first_duty_day(role, kind),
        "applies_to": labels.get(category, ""),
        "kind_label": UnitKind(kind).label,
        **(_text_context(text, category, day) if text else {}),
    }
    return render(request, "units/position_duty.html", context)


def _text_context(text: DutyText, category: str, day: date) -> dict[str, Any]:
    rule = organisation.rule_in_force(text.rule_key, on=day)
    chapter = (rule.articles.get("chapter", {}) if rule else {}).get(category, "")
    return {
        "rule": rule,
        "chapter": chapter if text.category else "",
        "history": [one for one in organisation.duty_history(text) if one.pk != text.pk],
    }


def _categories(role: str, kind: str, unit_id: int) -> list[str]:
    """The categories on offer: the unit's own ones that have a text, all of them if it has none."""
    with_text = organisation.duty_categories(role, kind)
    if with_text == [""]:
        return [""]
    ordered = [value for value, _ in category_choices() if value in with_text]
    own = organisation.unit_categories(unit_id, kind)
    return [one for one in ordered if one in own] or ordered or [""]


def _one_of(wanted: str | None, allowed: list[str]) -> str:
    return wanted if wanted in allowed else allowed[0]


def _open(request: HttpRequest, code: str) -> Position:
    """The post to be changed; a closed one answers 409 with the reason in words."""
    position = organisation.get_position(request.actor, code)
    if position.closed_at is not None:
        raise RuleBroken("closed", f"岗位“{position.name}”已被撤销，不能再修改。")
    return position


def _values(form: PositionForm) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in ("name", "role", "note")}


def _form_page(
    request: HttpRequest,
    form: PositionForm,
    position: Position | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "position": position, "current": []}
    if position is not None:
        context["version"] = form["version"].value()
        if status == 409:
            context["current"] = [
                ("岗位名称", position.name),
                ("岗位类型", position.get_role_display() or "其他岗位"),
                ("说明", position.note),
            ]
            context["version"] = position.version
    return render(request, "units/position_form.html", context, status=status)
