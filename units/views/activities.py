"""应急演练 and 安全培训 on the desk: lists, one record, entering, results, making void (F21, F23)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.clock import local_day
from config.errors import RuleBroken
from config.forms import attempt
from config.paging import paginate
from config.words import cn_date, plain_number
from units import queries
from units import queries_activities as activities
from units.actions.activities import add_activity, change_activity, close_activity, enter_results
from units.carried import files_of
from units.forms_papers import ActivityFilterForm, ActivityForm, ResultsForm, VoidForm
from units.models import Activity, Participation
from units.roles import Can
from units.staff_panels import RESULT_KINDS

DRILL, TRAINING = Activity.Kind.DRILL, Activity.Kind.TRAINING


@page(Can.ACTIVITY_VIEW)
def drill_list(request: HttpRequest) -> HttpResponse:
    """应急演练 of the unit."""
    return _list(request, DRILL)


@page(Can.ACTIVITY_VIEW)
def training_list(request: HttpRequest) -> HttpResponse:
    """安全培训 of the unit."""
    return _list(request, TRAINING)


def _list(request: HttpRequest, kind: Activity.Kind) -> HttpResponse:
    form = ActivityFilterForm(request.GET, years=activities.years(request.actor, kind))
    form.is_valid()
    chosen = form.cleaned_data
    found = activities.activity_list(
        request.actor,
        kind,
        words=chosen.get("q", ""),
        year=chosen.get("year"),
        voided=chosen.get("state") == "void",
    )
    shown, size = paginate(request, found)
    today = local_day(timezone.now())
    context = {
        "form": form,
        "page": shown,
        "size": size,
        "rows": list(shown),
        "label": kind.label,
        "is_training": kind == TRAINING,
        "is_filtered": any(chosen.values()),
        "add_url": reverse(f"units:{kind}-add"),
        "may_manage": request.actor.can(Can.ACTIVITY_MANAGE),
        "missing_year": today.year
        if kind in activities.missing_this_year(request.actor, day=today)
        else None,
    }
    return render(request, "units/activity_list.html", context)


@page(Can.ACTIVITY_MANAGE, writes=True)
def drill_add(request: HttpRequest) -> HttpResponse:
    """上传演练记录."""
    return _add(request, DRILL)


@page(Can.ACTIVITY_MANAGE, writes=True)
def training_add(request: HttpRequest) -> HttpResponse:
    """上传培训记录; 登记考核结果 is the next page."""
    return _add(request, TRAINING)


def _add(request: HttpRequest, kind: Activity.Kind) -> HttpResponse:
    now = timezone.now()
    today = local_day(now)
    groups = activities.candidates(request.actor, on=today)
    if request.method != "POST":
        form = ActivityForm(
            kind=kind, groups=groups, initial={"organiser": "own", "held_on": today}
        )
        return _form_page(request, form, kind)
    form = ActivityForm(request.POST, files_of(request, now), kind=kind, groups=groups)
    if form.is_valid():
        added = attempt(
            form,
            lambda: add_activity(
                queries.own_unit(request.actor),
                kind=kind,
                held=form.held(),
                participants=form.chosen_people(),
                uploads=form.cleaned_data["files"],
                actor=request.actor,
                now=now,
            ),
        )
        if added is not None:
            messages.success(request, f"已登记{kind.label}：{added.title}。")
            return redirect("units:activity", added.code)
    return _form_page(request, form, kind)


@page(Can.ACTIVITY_MANAGE, writes=True)
def drill_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change a drill's record."""
    return _edit(request, code, DRILL)


@page(Can.ACTIVITY_MANAGE, writes=True)
def training_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change a training's record."""
    return _edit(request, code, TRAINING)


def _edit(request: HttpRequest, code: str, kind: Activity.Kind) -> HttpResponse:
    activity = _open(activities.get_activity(request.actor, code, kind))
    people = activities.participations_of(activity)
    papers = {str(one.pk): one for one in activity.files.all()}
    now = timezone.now()
    given = {
        "kind": kind,
        "groups": activities.candidates(
            request.actor, on=local_day(now), also=[one.staff_id for one in people]
        ),
        "held_files": [(key, one.original_name) for key, one in papers.items()],
    }
    if request.method != "POST":
        form = ActivityForm(initial=ActivityForm.initial_of(activity, people), **given)
        return _form_page(request, form, kind, activity)
    form = ActivityForm(request.POST, files_of(request, now), **given)
    if form.is_valid():
        cleaned = form.cleaned_data
        changed = attempt(
            form,
            lambda: change_activity(
                activity,
                version=cleaned["version"] or 0,
                held=form.held(),
                participants=form.chosen_people(),
                uploads=cleaned["files"],
                without=[papers[key] for key in cleaned["without"]],
                actor=request.actor,
                now=now,
            ),
        )
        if changed is not None:
            messages.success(request, f"已保存：{changed.title}。")
            return redirect("units:activity", changed.code)
    fresh = activities.get_activity(request.actor, code, kind)
    return _form_page(request, form, kind, fresh)


def _form_page(
    request: HttpRequest, form: ActivityForm, kind: Activity.Kind, activity: Activity | None = None
) -> HttpResponse:
    form.put_files_aside()
    context: dict[str, Any] = {
        "form": form,
        "activity": activity,
        "label": kind.label,
        "list_url": reverse(f"units:{kind}-list"),
        "version": form["version"].value() or "",
        "ticked": form.ticked(),
        "current": [],
    }
    if activity is not None and form.has_error("__all__", code="stale"):
        names = [one.staff.name for one in activities.participations_of(activity)]
        context["current"] = [*_facts(activity), ("参加人员", "、".join(names))]
        context["version"] = activity.version
    status = 409 if context["current"] else 422 if form.is_bound else 200
    return render(request, "units/activity_form.html", context, status=status)


@page(Can.ACTIVITY_VIEW)
def detail(request: HttpRequest, code: str) -> HttpResponse:
    """One drill or training: facts, who took part and how it went, papers."""
    return _detail_page(request, activities.get_activity(request.actor, code), VoidForm())


@page(Can.ACTIVITY_MANAGE, writes=True, reads=False)
def close(request: HttpRequest, code: str) -> HttpResponse:
    """Make a record void with a reason."""
    activity = activities.get_activity(request.actor, code)
    form = VoidForm(request.POST)
    if form.is_valid():
        closed = attempt(
            form,
            lambda: close_activity(
                activity,
                reason=form.cleaned_data["reason"],
                actor=request.actor,
                now=timezone.now(),
            ),
        )
        if closed is not None:
            messages.success(request, f"已作废：{closed.title}。记录保留可查，不再计入统计。")
            return redirect("units:activity", closed.code)
    return _detail_page(request, activity, form)


def _detail_page(request: HttpRequest, activity: Activity, void_form: VoidForm) -> HttpResponse:
    people = activities.participations_of(activity)
    kind = Activity.Kind(activity.kind)
    context = {
        "activity": activity,
        "label": kind.label,
        "is_training": kind == TRAINING,
        "facts": _facts(activity),
        "people": [(one, RESULT_KINDS[one.result]) for one in people],
        "tally": _tally(people) if kind == TRAINING else "",
        "files": list(activity.files.all()),
        "list_url": reverse(f"units:{kind}-list"),
        "edit_url": reverse(f"units:{kind}-edit", args=[activity.code]),
        "void_form": void_form,
        "may_manage": request.actor.can(Can.ACTIVITY_MANAGE) and activity.closed_at is None,
    }
    status = 422 if void_form.is_bound else 200
    return render(request, "units/activity_detail.html", context, status=status)


@page(Can.ACTIVITY_MANAGE, writes=True)
def results(request: HttpRequest, code: str) -> HttpResponse:
    """登记考核结果: result and score of everybody who took part in a training."""
    activity = _open(activities.get_activity(request.actor, code, TRAINING))
    people = activities.participations_of(activity)
    form = ResultsForm(request.POST or None, people=people, initial={"version": activity.version})
    if request.method == "POST" and form.is_valid():
        entered = attempt(
            form,
            lambda: enter_results(
                activity,
                version=form.cleaned_data["version"],
                outcomes=form.outcomes(),
                actor=request.actor,
                now=timezone.now(),
            ),
        )
        if entered is not None:
            messages.success(request, f"已登记考核结果：{entered.title}。")
            return redirect("units:activity", entered.code)
    is_stale = form.has_error("__all__", code="stale")
    context = {
        "form": form,
        "activity": activity,
        "version": activities.get_activity(request.actor, code).version
        if is_stale
        else form["version"].value(),
        "current": [(one.staff.name, _outcome(one)) for one in people] if is_stale else [],
    }
    status = 409 if is_stale else 422 if form.is_bound else 200
    return render(request, "units/training_results.html", context, status=status)


def _outcome(one: Participation) -> str:
    score = "" if one.score is None else f"，{plain_number(one.score)} 分"
    return f"{one.get_result_display()}{score}"


def _tally(people: list[Participation]) -> str:
    """12 人参加；合格 10，不合格 1，缺考 0，未考核 1"""
    counted = [
        f"{label} {sum(one.result == value for one in people)}"
        for value, label in (("passed", "合格"), ("failed", "不合格"), ("absent", "缺考"))
    ]
    blank = sum(not one.result for one in people)
    return "，".join([*counted, f"未考核 {blank}"])


def _facts(activity: Activity) -> list[tuple[str, Any]]:
    organiser = activity.get_organiser_display()
    if activity.agency:
        organiser = f"{organiser}：{activity.agency}"
    facts = [
        ("名称", activity.title),
        ("举办日期", cn_date(activity.held_on)),
        ("地点", activity.place or "—"),
        ("组织方式", organiser),
    ]
    if activity.kind == TRAINING:
        facts.append(("学时", plain_number(activity.hours) or "—"))
    return facts


def _open(activity: Activity) -> Activity:
    if activity.closed_at is not None:
        raise RuleBroken("closed", "这条记录已作废，不能再修改。")
    return activity
