"""The lists of 日管控, 周排查 and 月调度, what is left in one's scope, one to-do (F48–F53)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.core.paginator import Page
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from config.access import page
from config.actor import Actor
from config.clock import local_day
from duties import (
    pools,
    queries,
    queries_rounds,
    queries_task,
    queries_team,
    rounds,
    wording,
)
from duties.enums import Cadence, TaskKind, TaskState
from duties.forms import SearchForm
from duties.models import Task
from duties.periods import period_of
from duties.queries_board import Board
from duties.rounds import Round, Subject
from duties.standstill import standstill_of
from duties.views.records import history_url, outcome
from duties.views.todo import board_of
from units.models.unit import UnitKind
from units.roles import Can, Role

ROWS = 20
# From this many on, a list has a search box.
SEARCH_FROM = 11
BACKFILL_SHOWN = 5
EARLIER_SHOWN = 5


# ------------------------------------------------------------------ 日管控
@page(Can.FIELD_HOME)
def daily(request: HttpRequest) -> HttpResponse:
    """日管控 by what the unit owes (设备, 许可, 工位), and what can still be made up (补录)."""
    now = timezone.now()
    actor = request.actor
    board = board_of(request, now=now)
    sorts = rounds.subjects_of({*actor.unit_kinds, *board.daily})
    subject = _chosen(sorts, request.GET.get("tab", ""), board)
    keyword = SearchForm(request.GET).keyword
    counts = board.of_kind(subject.unit_kind)
    only_missed = request.GET.get("show") == "backfill"
    total = counts.backfill if only_missed else counts.total
    listed, rows, missed = _daily_rows(request, subject, board, keyword, only_missed, now)
    machines = queries.bound_machines(actor) if not total else {}
    context = {
        "today": local_day(now),
        "tabs": _tabs(sorts, subject, board, only_missed),
        "subject": subject,
        "page": listed,
        "size": ROWS,
        "rows": [row_of(task, now) for task in rows],
        "missed": [row_of(task, now, dated=True) for task in missed],
        "counts": counts,
        "days": board.days,
        "only_missed": only_missed,
        "to_sign": board.of(Cadence.DAILY).to_sign,
        "keyword": keyword,
        "hint": subject.hint,
        "has_search": total >= SEARCH_FROM or bool(keyword),
        "is_officer": queries.is_officer(actor),
        "machines": machines,
        "why": _why_no_rounds(actor, subject, counts.waived, machines, local_day(now)),
        "list_url": f"{reverse('duties:daily')}?tab={subject.key}",
    }
    return render(request, "duties/field/daily.html", context)


def _daily_rows(
    request: HttpRequest,
    subject: Subject,
    board: Board,
    keyword: str,
    only_missed: bool,
    now: datetime,
) -> tuple[Page, list[Task], list[Task]]:
    """The page asked for, its to-dos, and on the first one the missed ones shown below them."""
    actor, number = request.actor, request.GET.get("page")
    counts = board.of_kind(subject.unit_kind)
    given: dict[str, Any] = {"now": now, "days": board.days}
    if only_missed:
        late = queries_rounds.backfill_tasks(actor, subject, keyword=keyword, **given)
        listed = queries_rounds.page_of(late, number, ROWS, None if keyword else counts.backfill)
        return listed, list(listed), []
    if keyword:
        found = queries_rounds.daily_tasks(actor, subject, now=now, keyword=keyword)
        listed = queries_rounds.page_of(found, number, ROWS)
    else:
        listed = queries_rounds.page_of(range(counts.total), number, ROWS)
    shown = BACKFILL_SHOWN if listed.number == 1 and counts.backfill else 0
    if not keyword:
        first = listed.start_index() - 1 if counts.total else 0
        part = slice(first, first + ROWS)
        return listed, *queries_rounds.part_of_today(
            actor, subject, part=part, missed=shown, **given
        )
    late = queries_rounds.backfill_tasks(actor, subject, keyword=keyword, **given)
    return listed, list(listed), list(late[:shown]) if shown else []


def _chosen(sorts: list[Subject], key: str, board: Board) -> Subject:
    """The tab asked for; else the first with something to do."""
    asked = [one for one in sorts if one.key == key]
    busy = [one for one in sorts if board.of_kind(one.unit_kind).open]
    return (asked or busy or sorts)[0]


def _tabs(
    sorts: list[Subject], chosen: Subject, board: Board, only_missed: bool
) -> list[dict[str, Any]]:
    end = "&show=backfill" if only_missed else ""
    return [
        {
            "label": one.tab,
            "url": f"{reverse('duties:daily')}?tab={one.key}{end}",
            "active": one == chosen,
            "count": board.of_kind(one.unit_kind).open,
        }
        for one in sorts
    ]


def _why_no_rounds(
    actor: Actor, subject: Subject, waived: int, machines: dict[str, int], day: date
) -> str:
    if subject.key == "licence":
        return "no_licences" if actor.has_role(Role.QUALITY_OFFICER) else "licences_of_others"
    if subject.key == "station":
        return "no_stations" if actor.has_role(Role.SAFETY_OFFICER) else "stations_of_others"
    return queries.why_nothing(actor, waived, machines, day=day)


def row_of(task: Task, now: datetime, *, dated: bool = False) -> dict[str, Any]:
    """One to-do as a list row; `dated` says its period too."""
    return {
        "task": task,
        "title": wording.title(task),
        "note": wording.note(task),
        "absent": wording.absent(task),
        "period": wording.period(task.cadence, task.period_on) if dated else "",
        "standing": queries.standing(task, now),
    }


# ------------------------------------------------------------------ 周排查, 月调度
@page(Can.FIELD_HOME)
def weekly(request: HttpRequest) -> HttpResponse:
    """周排查: the types of this week by name (M 2.3, 3.2), and what can still be made up."""
    return _period_page(request, rounds.ROUNDS[1])


@page(Can.FIELD_HOME)
def monthly(request: HttpRequest) -> HttpResponse:
    """月调度: the types of this month by name (M 2.4, 3.3, 4.2), and what can still be made up."""
    return _period_page(request, rounds.ROUNDS[3])


def _period_page(request: HttpRequest, one: Round) -> HttpResponse:
    now = timezone.now()
    actor = request.actor
    board = board_of(request, now=now)
    counts = board.of(one.key)
    found = queries_rounds.period_tasks(actor, one.cadence, now=now)
    late = []
    if counts.backfill:
        late = queries_rounds.period_backfill(actor, one.cadence, now=now, days=board.days)
    first = period_of(one.cadence, local_day(now))
    context = {
        "round": one,
        "period": wording.period(one.cadence, first),
        "last": wording.last_day(found[0].due_at) if found else None,
        "counts": counts,
        "groups": _by_sort(found, now),
        "missed": [row_of(task, now, dated=True) for task in late],
        "days": board.days,
        "concerns": one in rounds.rounds_of(actor),
        "records_url": f"{reverse('duties:field-records')}?tab={one.cadence}",
    }
    return render(request, "duties/field/period.html", context)


def _by_sort(found: list[Task], now: datetime) -> list[dict[str, Any]]:
    """The rows under 设备, 许可, 充装 where a unit is of several kinds."""
    kinds = {task.unit_kind for task in found}
    labels = {
        UnitKind.USING.value: "使用的设备",
        UnitKind.PRODUCTION.value: "生产许可",
        UnitKind.FILLING.value: "充装",
    }
    return [
        {
            "label": labels[kind] if len(kinds) > 1 else "",
            "rows": [row_of(task, now) for task in found if task.unit_kind == kind],
        }
        for kind in labels
        if kind in kinds
    ]


# ------------------------------------------------------------------ 今日未完成
TEAM_TABS = ((Cadence.DAILY, "今日"), (Cadence.WEEKLY, "本周"), (Cadence.MONTHLY, "本月"))


@page(Can.FIELD_HOME)
def team(request: HttpRequest) -> HttpResponse:
    """今日未完成: for directors and the principal, who still has to do what, today, this week and
    this month."""
    now = timezone.now()
    asked = request.GET.get("tab", "")
    cadence = asked if asked in Cadence.values else Cadence.DAILY.value
    found = queries_team.overviews(request.actor, now=now)
    tasks = queries_team.unfinished(request.actor, cadence, now=now)
    listed = queries_rounds.page_of(tasks, request.GET.get("page"), ROWS, found[cadence].open)
    context = {
        "tabs": [
            {
                "label": label,
                "url": f"{reverse('duties:team')}?tab={one.value}",
                "active": one == cadence,
                "count": found[one].open,
            }
            for one, label in TEAM_TABS
        ],
        "period": wording.period(cadence, period_of(cadence, local_day(now))),
        "label": dict(TEAM_TABS)[Cadence(cadence)],
        "is_daily": cadence == Cadence.DAILY,
        "overview": found[cadence],
        "page": listed,
        "size": ROWS,
        "rows": [_team_row(task, now) for task in listed],
    }
    return render(request, "duties/field/team.html", context)


def _team_row(task: Task, now: datetime) -> dict[str, Any]:
    url = ""
    if task.kind == TaskKind.INSPECTION:
        url = reverse("duties:task", args=[task.code])
    return row_of(task, now) | {
        "url": url,
        "who": task.assignee.name if task.assignee else wording.unassigned(task),
        "round": wording.round_word(task) if task.cadence != Cadence.DAILY else "",
        "level": wording.level(task),
    }


# ------------------------------------------------------------------ one to-do
@page(Can.FIELD_HOME)
def task(request: HttpRequest, code: str) -> HttpResponse:
    """The page of a to-do: facts, last results, open hazards, and the one button."""
    now = timezone.now()
    actor = request.actor
    found = queries.get_task(actor, code)
    today = local_day(now)
    hazards, hazard_count = queries_task.open_hazards(actor, found)
    closes_at = queries.backfill_closes_at(found) if queries.is_missed(found, now) else None
    is_mine = found.assignee_id == actor.staff_id and actor.staff_id is not None
    can_claim = pools.may_claim(found, actor)
    due = _expires_on(found)
    context = {
        "task": found,
        "title": wording.title(found),
        "round": wording.round_word(found),
        "period": wording.period(found.cadence, found.period_on),
        "level": wording.level(found),
        "due": wording.due(found),
        "standing": queries.standing(found, now),
        "is_mine": is_mine,
        "can_claim": can_claim,
        "takers": pools.takers(found),
        "button": _button(found, actor, now, closes_at, is_mine or can_claim),
        "closes_at": closes_at,
        "closes_on": local_day(closes_at - timedelta(seconds=1)) if closes_at else None,
        "is_closed": closes_at is not None and now >= closes_at,
        "stop": standstill_of(found),
        "sees_stops": actor.can(Can.STOP_DECLARE) or actor.can(Can.STOP_REJECT),
        "hazards": hazards,
        "hazard_count": hazard_count,
        "last": [outcome(one, now) for one in queries_task.history(found, limit=EARLIER_SHOWN)],
        "history_url": history_url(found),
        "days_left": (due - today).days if due else None,
        "list_url": reverse(_LISTS[found.cadence]),
    }
    return render(request, "duties/field/task.html", context)


def _expires_on(task: Task) -> date | None:
    """The day a machine must be inspected again, or a licence ends."""
    if task.equipment:
        return task.equipment.next_inspection_on
    return task.licence.valid_until if task.licence else None


_LISTS = {one.cadence: one.url_name for one in rounds.ROUNDS if one.kind == TaskKind.INSPECTION}


def _button(
    task: Task, actor: Actor, now: datetime, closes_at: datetime | None, may_do: bool
) -> dict[str, str] | None:
    """What can be done with a to-do now: its label and where it leads; None = nothing."""
    if hasattr(task, "inspection"):
        url = reverse("duties:field-record", args=[task.inspection.code])
        return {"label": "查看记录", "url": url}
    if not may_do or not actor.can(Can.INSPECT):
        return None
    form = reverse("duties:inspect", args=[task.code])
    if closes_at is not None:
        return {"label": "补录", "url": form} if now < closes_at else None
    noun = {Cadence.DAILY: "巡查", Cadence.WEEKLY: "排查", Cadence.MONTHLY: "调度"}
    word = noun[Cadence(task.cadence)]
    labels = {
        TaskState.TODO: (f"开始{word}", form),
        TaskState.IN_PROGRESS: (f"继续{word}", form),
        TaskState.AWAITING_SIGNATURE: ("去签名", reverse("duties:sign", args=[task.code])),
    }
    label, url = labels.get(TaskState(task.state), ("", ""))
    return {"label": label, "url": url} if label else None
