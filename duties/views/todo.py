"""我的待办, 日管控 and the machine page of a to-do (F47, F51–F53)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.actor import Actor
from config.clock import SHANGHAI, local_day
from duties import queries
from duties.enums import TaskState
from duties.forms import SearchForm
from duties.models import Task
from duties.views.records import outcome
from hazards.queries import machine_hazards, waiting
from units.roles import Can

ROWS = 20
# From this many on, a list has a search box.
SEARCH_FROM = 11
BACKFILL_SHOWN = 5
WEEKDAYS = "一二三四五六日"


def badge(actor: Actor) -> int:
    """The count beside 待办 in the tab bar."""
    return queries.open_count(actor, now=timezone.now())


@page(Can.FIELD_HOME)
def todo(request: HttpRequest) -> HttpResponse:
    """What is to be done today, by round; where there is nothing, why, and who can change it (F5)."""
    now = timezone.now()
    actor = request.actor
    unit = queries.unit_of(actor)
    days = queries.backfill_days(unit.region_id)
    officer = queries.is_officer(actor)
    counts = queries.my_counts(actor, now=now, days=days)
    overseer = queries.is_overseer(actor)
    moment = now.astimezone(SHANGHAI)
    machines = queries.bound_machines(actor) if officer and not counts.daily else {}
    context = {
        "unit": unit,
        "today": local_day(now),
        "weekday": f"星期{WEEKDAYS[moment.weekday()]}",
        "greeting": _greeting(moment.hour),
        "counts": counts,
        "done": counts.daily - counts.daily_open,
        "percent": round(100 * (counts.daily - counts.daily_open) / max(counts.daily, 1)),
        "days": days,
        "is_officer": officer,
        "is_overseer": overseer,
        "waiting": waiting(actor, day=local_day(now)),
        "machines": machines,
        "why": queries.why_nothing(actor, counts, machines),
        "overview": queries.overview(actor, now=now) if overseer else None,
    }
    return render(request, "duties/field/todo.html", context)


@page(Can.FIELD_HOME)
def daily(request: HttpRequest) -> HttpResponse:
    """日管控, tab 设备巡查: today's machines, and what can still be made up (补录)."""
    now = timezone.now()
    actor = request.actor
    unit = queries.unit_of(actor)
    days = queries.backfill_days(unit.region_id)
    search = SearchForm(request.GET)
    keyword = search.keyword
    counts = queries.my_counts(actor, now=now, days=days)
    only_missed = request.GET.get("show") == "backfill"
    if only_missed:
        tasks = queries.backfill_tasks(actor, now=now, days=days, keyword=keyword)
    else:
        tasks = queries.daily_tasks(actor, now=now, keyword=keyword)
    here = Paginator(tasks, ROWS).get_page(request.GET.get("page"))
    missed: list[Task] = []
    if not only_missed and here.number == 1 and counts.backfill:
        missed = list(
            queries.backfill_tasks(actor, now=now, days=days, keyword=keyword)[:BACKFILL_SHOWN]
        )
    total = counts.backfill if only_missed else counts.daily + counts.daily_waived
    machines = queries.bound_machines(actor) if not total else {}
    context = {
        "today": local_day(now),
        "tabs": _tabs(counts.daily_open),
        "page": here,
        "size": ROWS,
        "rows": [_row(task, now) for task in here],
        "missed": [_row(task, now) for task in missed],
        "counts": counts,
        "days": days,
        "only_missed": only_missed,
        "search": search,
        "keyword": keyword,
        "has_search": total >= SEARCH_FROM or bool(keyword),
        "is_officer": queries.is_officer(actor),
        "machines": machines,
        "why": queries.why_nothing(actor, counts, machines),
    }
    return render(request, "duties/field/daily.html", context)


@page(Can.FIELD_HOME)
def team(request: HttpRequest) -> HttpResponse:
    """今日未完成: for directors and the principal, who still has to inspect what today."""
    now = timezone.now()
    tasks = queries.overview_tasks(request.actor, now=now)
    here = Paginator(tasks, ROWS).get_page(request.GET.get("page"))
    context = {
        "today": local_day(now),
        "overview": queries.overview(request.actor, now=now),
        "page": here,
        "size": ROWS,
        "rows": [_row(task, now) for task in here],
    }
    return render(request, "duties/field/team.html", context)


@page(Can.FIELD_HOME)
def task(request: HttpRequest, code: str) -> HttpResponse:
    """The machine page of a to-do: facts, last results, open hazards, and the one button."""
    now = timezone.now()
    actor = request.actor
    found = queries.get_task(actor, code)
    today = local_day(now)
    hazards, hazard_count = machine_hazards(actor, found.equipment)
    last = list(queries.machine_history(found.equipment, before=found.period_on, limit=5))
    closes_at = queries.backfill_closes_at(found) if queries.is_missed(found, now) else None
    due = found.equipment.next_inspection_on
    context = {
        "task": found,
        "machine": found.equipment,
        "standing": queries.standing(found, now),
        "is_mine": found.assignee_id == actor.staff_id and actor.staff_id is not None,
        "button": _button(found, actor, now, closes_at),
        "closes_at": closes_at,
        "closes_on": local_day(closes_at - timedelta(seconds=1)) if closes_at else None,
        "is_closed": closes_at is not None and now >= closes_at,
        "hazards": hazards,
        "hazard_count": hazard_count,
        "last": [outcome(one, now) for one in last],
        "days_left": (due - today).days if due else None,
        "today": today,
    }
    return render(request, "duties/field/task.html", context)


def _button(
    task: Task, actor: Actor, now: datetime, closes_at: datetime | None
) -> dict[str, str] | None:
    """What can be done with a to-do now: its label and where it leads; None = nothing."""
    if hasattr(task, "inspection"):
        url = reverse("duties:field-record", args=[task.inspection.code])
        return {"label": "查看记录", "url": url}
    if task.assignee_id != actor.staff_id or not actor.can(Can.INSPECT):
        return None
    form = reverse("duties:inspect", args=[task.code])
    if closes_at is not None:
        return {"label": "补录", "url": form} if now < closes_at else None
    labels = {
        TaskState.TODO: ("开始巡查", form),
        TaskState.IN_PROGRESS: ("继续巡查", form),
        TaskState.AWAITING_SIGNATURE: ("去签名", reverse("duties:sign", args=[task.code])),
    }
    label, url = labels.get(TaskState(task.state), ("", ""))
    return {"label": label, "url": url} if label else None


def _row(task: Task, now: datetime) -> dict[str, Any]:
    """One to-do as a list row."""
    return {
        "task": task,
        "machine": task.equipment,
        "standing": queries.standing(task, now),
    }


def _tabs(open_now: int) -> list[dict[str, Any]]:
    """设备巡查 today; 许可巡查 and 工位巡查 join when a unit owes such rounds (F52)."""
    return [
        {"label": "设备巡查", "url": reverse("duties:daily"), "active": True, "count": open_now}
    ]


def _greeting(hour: int) -> str:
    return "上午好" if 5 <= hour < 12 else "下午好" if 12 <= hour < 18 else "晚上好"
