"""我的待办: what a person has before him, round by round (F5, F47, F51)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from operator import methodcaller
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from config import menus
from config.access import page
from config.actor import Actor
from config.clock import SHANGHAI, local_day
from config.prepared import Bound
from duties import queries, queries_board, queries_team, rounds, wording
from duties.models import Task
from duties.queries_board import Board
from duties.queries_cover import standing
from duties.queries_reports import waiting_for_principal
from duties.rounds import Round
from equipment.queries_stops import to_watch
from hazards.queries_turn import waiting
from units.models.unit import UnitKind
from units.roles import Can, Role

# Further entries of 单位责任落实: label, page, icon, who.
DOORS: tuple[tuple[str, str, str, Callable[[Actor], bool]], ...] = (
    ("隐患管理", "hazards:field-list", "alert-triangle", methodcaller("can", Can.HAZARD_VIEW)),
    ("管控记录", "duties:field-records", "history", methodcaller("can", Can.RECORD_VIEW)),
    ("管控统计", "duties:field-statistics", "chart-bar", queries.is_overseer),
    ("临时停用", "duties:stop-list", "ban", methodcaller("can", Can.STOP_REJECT)),
    ("请假代班", "duties:cover-list", "users", methodcaller("can", Can.COVER_NAME)),
)
WEEKDAYS = "一二三四五六日"


def badge(actor: Actor) -> QuerySet[Task] | Bound:
    """What is counted beside 待办 in the tab bar."""
    return queries_board.open_tasks(actor, now=timezone.now())


def board_of(request: HttpRequest, *, now: datetime) -> Board:
    """What a person has before him, for the page and for the tab bar below it."""
    board = queries_board.board(request.actor, now=now)
    menus.has_counted(request, "duties:todo", board.open)
    return board


# ------------------------------------------------------------------ 我的待办
@page(Can.FIELD_HOME)
def todo(request: HttpRequest) -> HttpResponse:
    """What is to be done, round by round; where there is nothing, why, and who can change it (F5)."""
    now = timezone.now()
    actor = request.actor
    board = board_of(request, now=now)
    officer, overseer = queries.is_officer(actor), queries.is_overseer(actor)
    daily = board.of("daily")
    moment = now.astimezone(SHANGHAI)
    blank = officer and not daily.owed
    machines = queries.bound_machines(actor) if blank else {}
    context = {
        "today": local_day(now),
        "weekday": f"星期{WEEKDAYS[moment.weekday()]}",
        "greeting": _greeting(moment.hour),
        "covers": standing(actor, day=local_day(now)) if board.is_covered else [],
        "daily": daily,
        "word": _word(board),
        "percent": round(100 * daily.done / max(daily.owed, 1)),
        "days": board.days,
        "cards": [_card(one, board) for one in rounds.ROUNDS[1:] if board.of(one.key).total],
        "late": [_late(one, board) for one in rounds.ROUNDS if board.of(one.key).backfill],
        "to_countersign": waiting_for_principal(actor).count() if overseer else 0,
        "is_officer": officer,
        "waiting": waiting(actor, day=local_day(now)),
        "machines": machines,
        "why": _why_nothing(actor, daily.waived, machines, local_day(now)),
        "overview": queries_team.overviews(actor, now=now) if overseer else None,
        "entries": _entries(actor, board, local_day(now)),
    }
    return render(request, "duties/field/todo.html", context)


def _greeting(hour: int) -> str:
    return "上午好" if 5 <= hour < 12 else "下午好" if 12 <= hour < 18 else "晚上好"


def _word(board: Board) -> str:
    """What daily to-dos are counted in: machines 台, several sorts 项."""
    sorts = [one for one in rounds.SUBJECTS if one.unit_kind in board.daily]
    return sorts[0].counter if len(sorts) == 1 else "项"


def _card(one: Round, board: Board) -> dict[str, Any]:
    """A weekly or monthly round of 我的待办: how many are left until when."""
    counts = board.of(one.key)
    last = wording.last_day(counts.due_at) if counts.due_at else None
    return {"round": one, "counts": counts, "last": last, "url": _optional(one.url_name)}


def _late(one: Round, board: Board) -> dict[str, Any]:
    url = _optional(one.url_name)
    if one.key == "daily":
        kinds = [key for key, counts in board.daily.items() if counts.backfill]
        tab = next(sort.key for sort in rounds.SUBJECTS if sort.unit_kind in kinds)
        url = f"{url}?tab={tab}&show=backfill"
    return {"label": f"{one.label}漏检可补录", "url": url, "count": board.of(one.key).backfill}


def _entries(actor: Actor, board: Board, day: date) -> list[dict[str, Any]]:
    """单位责任落实 (F51): the same lists by another door, owed at present or not."""
    shown = rounds.rounds_of(actor)
    shown += [one for one in rounds.ROUNDS if one not in shown and board.of(one.key).total]
    found = [(one.label, _optional(one.url_name), one.icon) for one in shown]
    found += [(label, _optional(name), icon) for label, name, icon, opens in DOORS if opens(actor)]
    # Machines that stand still today, for who may reject it (decision 6).
    counts = {"临时停用": to_watch(actor, day=day)} if actor.can(Can.STOP_REJECT) else {}
    return [
        {"label": label, "url": url, "icon": icon, "count": counts.get(label, 0)}
        for label, url, icon in found
        if url
    ]


def _why_nothing(actor: Actor, waived: int, machines: dict[str, int], day: date) -> str:
    using = UnitKind.USING in actor.unit_kinds
    if not using and not machines and not waived:
        return "no_stations" if actor.has_role(Role.SAFETY_OFFICER) else "no_licences"
    return queries.why_nothing(actor, waived, machines, day=day)


def _optional(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
