"""Reading what a person has to do, round by round, and what is left to do in his scope (F47–F52).

Everything counted here is counted by `_groups`, one query whatever the number of to-dos. A to-do is
looked for by one of four ways, each with an index of its own: open and mine, open in a pool, closed
in a running period, missed but not too long ago.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, Exists, F, IntegerField, Q, Value, When

from config.actor import Actor
from config.clock import first_of_month, local_day, monday_of
from config.natural import Natural
from config.prepared import Bound, Prepared
from duties import pools
from duties.enums import OPEN_STATES, Cadence, Level, TaskKind, TaskState
from duties.models import Cover, Task
from duties.models.task import TaskQuerySet
from duties.queries import (
    BACKFILL_DAYS,
    FINISHED_STATES,
    merged,
    region_codes,
    region_settings,
)
from equipment.someone import NOW, REGIONS, SINCE, Someone, someone, whose
from equipment.subjects import directed_by
from hazards.models import Hazard
from hazards.queries import with_people
from units.models import Region
from units.models.unit import UnitKind
from units.roles import DIRECTORS, Role

# No region may let missed to-dos be made up for longer (what is older is not even looked at).
LONGEST_BACKFILL = timedelta(days=62)
HAZARDS_SHOWN = 5
# How many weeks or months back the page of a to-do looks for earlier rounds.
PERIODS_LOOKED_AT = 26
CLOSED_STATES = (*FINISHED_STATES, TaskState.WAIVED)


# ------------------------------------------------------------------ the five rounds
@dataclass(frozen=True)
class Round:
    """One kind of to-do as people call it (M 2.1, 3.1, 4.1) and the page that lists it."""

    key: str
    label: str
    kind: str
    cadence: str
    url_name: str
    icon: str
    # What is counted, and what is still to be done.
    word: str = "项"
    waiting: str = "待完成"


ROUNDS = (
    Round("daily", "日管控", TaskKind.INSPECTION, Cadence.DAILY, "duties:daily", "clipboard-check"),
    Round(
        "weekly", "周排查", TaskKind.INSPECTION, Cadence.WEEKLY, "duties:weekly", "calendar-week"
    ),
    Round(
        "weekly_report",
        "周报告",
        TaskKind.WEEKLY_REPORT,
        Cadence.WEEKLY,
        "duties:weekly-reports",
        "report",
        "份",
        "待提交",
    ),
    Round(
        "monthly",
        "月调度",
        TaskKind.INSPECTION,
        Cadence.MONTHLY,
        "duties:monthly",
        "calendar-month",
    ),
    Round(
        "monthly_minutes",
        "月报告",
        TaskKind.MONTHLY_MINUTES,
        Cadence.MONTHLY,
        "duties:monthly-reports",
        "notes",
        "份",
        "待提交",
    ),
)
# Whose duty each round can be; directors of other kinds and officers see it only if they owe one.
_OFFICER_ROUNDS = {"daily", "weekly", "monthly"}
_DIRECTOR_ROUNDS = {"weekly", "weekly_report", "monthly", "monthly_minutes"}
_PRINCIPAL_ROUNDS = {"monthly", "monthly_minutes"}


def rounds_of(actor: Actor) -> list[Round]:
    """The rounds that a person's identities bring with them, in the usual order."""
    keys: set[str] = set()
    for post in actor.posts:
        if post.role == Role.PRINCIPAL:
            keys |= _PRINCIPAL_ROUNDS
        else:
            keys |= _DIRECTOR_ROUNDS if post.role in DIRECTORS else _OFFICER_ROUNDS
    return [one for one in ROUNDS if one.key in keys]


def _first_period(day: date, since: timedelta) -> date:
    """The first day that the period of a to-do missed since then can have; the longest is a month."""
    return day - since - timedelta(days=32)


# ------------------------------------------------------------------ counts
@dataclass
class Counts:
    """To-dos of one person in the running periods, and what can still be made up (补录)."""

    owed: int = 0
    open: int = 0
    waived: int = 0
    backfill: int = 0
    # Finished ones that wait for a signature; of daily rounds several can be signed at once.
    to_sign: int = 0
    due_at: datetime | None = None

    @property
    def done(self) -> int:
        return self.owed - self.open

    @property
    def total(self) -> int:
        """Rows of its list: what is owed and what was waived."""
        return self.owed + self.waived


@dataclass
class Board:
    """What one person has before him: by round, daily ones also by kind of unit (F52)."""

    days: int = BACKFILL_DAYS
    # Whether a 请假代班 of today names this person, on either side.
    is_covered: bool = False
    rounds: dict[str, Counts] = field(default_factory=dict)
    daily: dict[str, Counts] = field(default_factory=dict)

    def of(self, key: str) -> Counts:
        return self.rounds.get(key) or Counts()

    def of_kind(self, unit_kind: str) -> Counts:
        return self.daily.get(unit_kind) or Counts()

    @property
    def backfill(self) -> int:
        return sum(one.backfill for one in self.rounds.values())

    @property
    def open(self) -> int:
        return sum(one.open for one in self.rounds.values())


def periods(day: date) -> dict[str, date]:
    """The first day of the period of every cadence that contains a day."""
    return {
        Cadence.DAILY.value: day,
        Cadence.WEEKLY.value: monday_of(day),
        Cadence.MONTHLY.value: first_of_month(day),
    }


def _running(actor: Actor, day: date) -> Q:
    """The to-dos of the actor's unit whose period contains a day."""
    found = Q()
    for cadence, first in periods(day).items():
        found |= Q(cadence=cadence, period_on=first)
    return Q(unit_id=actor.unit_id) & found


def _open(actor: Actor, day: date) -> Q:
    """Open to-dos of a person, and those of a pool that he may begin."""
    mine = Q(assignee_id=actor.staff_id, state__in=OPEN_STATES)
    pooled = pools.claimable(actor) & Q(state__in=OPEN_STATES) & _running(actor, day)
    return mine | pooled


def _closed(actor: Actor, day: date) -> Q:
    """What a person has done in the running periods, or was let off."""
    return _running(actor, day) & Q(assignee_id=actor.staff_id, state__in=CLOSED_STATES)


def _missed(actor: Actor, since: Any, until: Any, first: date) -> Q:
    """What a person missed between two moments and may make up, reached by the closing sweep or
    not. No period before `first` can be among them: with the unit it leads into an index."""
    late = Q(due_at__gt=since, due_at__lte=until)
    swept = Q(unit_id=actor.unit_id, state=TaskState.MISSED, period_on__gte=first)
    not_swept = Q(assignee_id=actor.staff_id, state__in=OPEN_STATES)
    not_swept |= pools.claimable(actor) & Q(state__in=OPEN_STATES)
    return late & (swept & pools.mine(actor) | not_swept)


@lru_cache(maxsize=256)
def _board_groups(who: Someone, day: date) -> Prepared:
    """A person's to-dos counted by round, kind of unit and due time."""
    actor = who.actor
    first = _first_period(day, LONGEST_BACKFILL)
    return Prepared(
        Task.objects.filter(
            _open(actor, day) | _closed(actor, day) | _missed(actor, SINCE, NOW, first)
        )
        .order_by()
        .annotate(
            region=ArraySubquery(
                Region.objects.filter(code__in=REGIONS).order_by("code").values("settings")
            ),
            covered=Exists(
                Cover.objects.in_force(day).filter(
                    Q(staff_id=actor.staff_id) | Q(stand_in_id=actor.staff_id)
                )
            ),
        )
        .values("kind", "cadence", "unit_kind", "due_at", "region", "covered")
        .annotate(
            owed=Count("pk", filter=~Q(state=TaskState.WAIVED)),
            open=Count("pk", filter=Q(state__in=OPEN_STATES)),
            missed=Count("pk", filter=Q(state__in=[*OPEN_STATES, TaskState.MISSED])),
            waived=Count("pk", filter=Q(state=TaskState.WAIVED)),
            to_sign=Count("pk", filter=Q(state=TaskState.AWAITING_SIGNATURE)),
        )
    )


def board(actor: Actor, *, now: datetime) -> Board:
    """Count a person's to-dos of every round (one query; a second where there is nothing)."""
    if actor.staff_id is None:
        return Board()
    codes = [*region_codes(actor.region_code), "", "", ""]
    groups = _board_groups(someone(actor), local_day(now)).rows(
        **whose(actor),
        now=now,
        since=now - LONGEST_BACKFILL,
        province=codes[0],
        city=codes[1],
        district=codes[2],
    )
    settings = merged(groups[0]["region"]) if groups else region_settings(actor.region_code)
    found = Board(
        days=int(settings.get("backfill_days", BACKFILL_DAYS)),
        is_covered=groups[0]["covered"] if groups else True,
    )
    keys = {(one.kind, one.cadence): one.key for one in ROUNDS}
    for group in groups:
        key = keys[group["kind"], group["cadence"]]
        _add(found.rounds.setdefault(key, Counts()), group, now, found.days)
        if key == Cadence.DAILY:
            _add(found.daily.setdefault(group["unit_kind"], Counts()), group, now, found.days)
    return found


def _add(counts: Counts, group: dict[str, Any], now: datetime, days: int) -> None:
    if group["due_at"] > now:
        counts.owed += group["owed"]
        counts.open += group["open"]
        counts.waived += group["waived"]
        counts.to_sign += group["to_sign"]
        counts.due_at = min(counts.due_at or group["due_at"], group["due_at"])
    elif group["due_at"] > now - timedelta(days=days):
        counts.backfill += group["missed"]


@lru_cache(maxsize=256)
def _open_keys(who: Someone, day: date) -> Prepared:
    found = Task.objects.filter(_open(who.actor, day), due_at__gt=NOW)
    return Prepared(found.order_by().values("pk"))


def open_tasks(actor: Actor, *, now: datetime) -> TaskQuerySet | Bound:
    """The open to-dos of a person, for the menu to count: the badge of 待办."""
    if actor.staff_id is None:
        return Task.objects.none()
    return _open_keys(someone(actor), local_day(now)).bind(**whose(actor), now=now)


# ------------------------------------------------------------------ 日管控 (F52)
@dataclass(frozen=True)
class Subject:
    """What daily rounds of a kind of unit are about: the tab, its words, its columns."""

    key: str
    unit_kind: str
    tab: str
    noun: str
    counter: str
    hint: str
    searched: tuple[str, ...]
    order: tuple[Any, ...]


SUBJECTS = (
    Subject(
        "equipment",
        UnitKind.USING.value,
        "设备巡查",
        "设备",
        "台",
        "设备名称、地点、编号",
        (
            "equipment__name",
            "equipment__place",
            "equipment__inner_no",
            "equipment__registration_no",
            "equipment__equipment_code",
        ),
        (Natural("equipment__place"), Natural("equipment__inner_no")),
    ),
    Subject(
        "licence",
        UnitKind.PRODUCTION.value,
        "许可巡查",
        "许可",
        "项",
        "许可类别、许可证编号",
        ("licence__family__name", "licence__number", "licence__scope"),
        ("licence__family_id", Natural("licence__number")),
    ),
    Subject(
        "station",
        UnitKind.FILLING.value,
        "工位巡查",
        "工位",
        "个",
        "工位名称、编号、位置、介质",
        ("station__name", "station__number", "station__place", "station__medium"),
        (Natural("station__number"),),
    ),
)
_BY_KIND = {one.unit_kind: one for one in SUBJECTS}


def subjects_of(actor: Actor, board: Board) -> list[Subject]:
    """The tabs of 日管控: by the kinds of the unit, and by what is owed anyway."""
    kinds = {*actor.unit_kinds, *board.daily}
    return [one for one in SUBJECTS if one.unit_kind in kinds] or [SUBJECTS[0]]


def matching(subject: Subject, keyword: str) -> Q:
    found = Q()
    for column in subject.searched:
        found |= Q(**{f"{column}__icontains": keyword})
    return found


_RANK = Case(
    *(
        When(state=state, then=Value(place))
        for place, state in enumerate(
            [
                TaskState.AWAITING_SIGNATURE,
                TaskState.IN_PROGRESS,
                TaskState.TODO,
                TaskState.DONE,
                TaskState.BACKFILLED,
                TaskState.MISSED,
                TaskState.WAIVED,
            ]
        )
    ),
    output_field=IntegerField(),
)


def _described(tasks: TaskQuerySet) -> TaskQuerySet:
    return tasks.select_related(
        "equipment", "licence__family", "station", "assignee", "stands_in_for"
    )


def _in_few_columns(tasks: TaskQuerySet) -> TaskQuerySet:
    """Only what a row of a list prints; a machine has twenty columns more."""
    return tasks.select_related(None).select_related(*_PRINTED_OF).only(*_PRINTED)


_PRINTED_OF = ("equipment", "licence__family", "station", "stands_in_for")
_PRINTED = (
    *("code", "period_on", "unit_kind", "kind", "cadence", "level", "category", "assignee_id"),
    *("state", "due_at", "completed_at", "waive_reason"),
    *("equipment__name", "equipment__place", "equipment__inner_no"),
    *("licence__family__name", "licence__number", "licence__scope"),
    *("station__name", "station__number", "station__place", "station__medium"),
    "stands_in_for__name",
)


def _daily(subject: Subject) -> Q:
    return Q(kind=TaskKind.INSPECTION, cadence=Cadence.DAILY, unit_kind=subject.unit_kind)


def daily_tasks(actor: Actor, subject: Subject, *, now: datetime, keyword: str = "") -> Any:
    """Today's to-dos of a person: begun ones first, then by place as one walks, done ones last."""
    found = _daily_tasks(actor, subject, local_day(now))
    return found.filter(matching(subject, keyword)) if keyword else found


def _daily_tasks(actor: Actor, subject: Subject, day: date) -> TaskQuerySet:
    found = Task.objects.filter(_open(actor, day) | _closed(actor, day), period_on=day)
    found = found.filter(_daily(subject), Q(unit_id=actor.unit_id))
    return _described(found).order_by(_RANK, *subject.order, "pk")


def backfill_tasks(
    actor: Actor, subject: Subject, *, now: datetime, days: int, keyword: str = ""
) -> Any:
    """Missed daily to-dos that may still be made up, the oldest (most urgent) first."""
    since = timedelta(days=days)
    found = _late_tasks(actor, subject, now - since, now, _first_period(local_day(now), since))
    return found.filter(matching(subject, keyword)) if keyword else found


def _late_tasks(
    actor: Actor, subject: Subject, since: Any, until: Any, first: date
) -> TaskQuerySet:
    found = Task.objects.filter(_missed(actor, since, until, first), _daily(subject))
    return _described(found).order_by("period_on", *subject.order, "pk")


def page_of(tasks: Any, number: Any, size: int, count: int | None = None) -> Page:
    """A page whose rows have not been read; `count` spares the query if it is known."""
    paginator = Paginator(tasks, size)
    if count is not None:
        paginator.count = count
    return paginator.get_page(number)


def part_of_today(
    actor: Actor, subject: Subject, *, now: datetime, days: int, part: slice, missed: int
) -> tuple[list[Task], list[Task]]:
    """Some of today's to-dos and the first missed ones (none for missed=0), in one query."""
    day, since = local_day(now), timedelta(days=days)
    prepared = _part_of_today(
        someone(actor), subject.key, day, since, part.start, part.stop, missed
    )
    rows = prepared.rows(**whose(actor), now=now, since=now - since)
    late = [task for task in rows if task.period_on != day]
    return [task for task in rows if task.period_on == day], sorted(
        late, key=attrgetter("period_on")
    )


@lru_cache(maxsize=256)
def _part_of_today(
    who: Someone, key: str, day: date, since: timedelta, start: int, stop: int, missed: int
) -> Prepared:
    actor = who.actor
    subject = next(one for one in SUBJECTS if one.key == key)
    today = _daily_tasks(actor, subject, day)[start:stop]
    if not missed:
        return Prepared(_in_few_columns(today))
    late = _late_tasks(actor, subject, SINCE, NOW, _first_period(day, since))[:missed]
    wanted = Q(pk__in=today.values("pk")) | Q(pk__in=late.values("pk"))
    rows = _described(Task.objects.filter(wanted)).order_by(_RANK, *subject.order, "pk")
    return Prepared(_in_few_columns(rows))


# ------------------------------------------------------------------ 周排查 and 月调度 (F49, F50)
def period_tasks(actor: Actor, cadence: str, *, now: datetime) -> list[Task]:
    """The weekly or monthly inspections of a person in the running period: open ones first."""
    day = local_day(now)
    found = Task.objects.filter(
        _open(actor, day) | _closed(actor, day),
        unit_id=actor.unit_id,
        kind=TaskKind.INSPECTION,
        cadence=cadence,
        period_on=periods(day)[cadence],
    )
    return list(_described(found).order_by(_RANK, "unit_kind", "category", "level", "pk"))


def period_backfill(actor: Actor, cadence: str, *, now: datetime, days: int) -> list[Task]:
    """The missed weekly or monthly inspections that may still be made up, the oldest first."""
    since = timedelta(days=days)
    missed = _missed(actor, now - since, now, _first_period(local_day(now), since))
    found = Task.objects.filter(missed, kind=TaskKind.INSPECTION, cadence=cadence)
    return list(_described(found).order_by("period_on", "unit_kind", "category", "level", "pk"))


# ------------------------------------------------------------------ what is left in one's scope
@dataclass(frozen=True)
class Overview:
    """To-dos of the running period in a scope: 应检 = done + open (+ missed)."""

    owed: int = 0
    done: int = 0
    open: int = 0
    unbound: int = 0
    waived: int = 0


def overseen(actor: Actor) -> Q:
    """The to-dos a director or principal answers for: his scope and level, everything for a
    principal. Minutes are a director's as well as the principal's (decision 13)."""
    if actor.has_role(Role.PRINCIPAL):
        return Q()
    his = ~Q(level=Level.PRINCIPAL) | Q(kind=TaskKind.MONTHLY_MINUTES)
    return Q(category__in=sorted(directed_by(actor.posts))) & his


def overviews(actor: Actor, *, now: datetime) -> dict[str, Overview]:
    """Count the to-dos of the running day, week and month in a scope (one query)."""
    numbers = {
        "owed": ~Q(state=TaskState.WAIVED),
        "done": Q(state__in=FINISHED_STATES),
        "open": Q(state__in=OPEN_STATES),
        "unbound": Q(state__in=OPEN_STATES, assignee=None, equipment__isnull=False),
        "waived": Q(state=TaskState.WAIVED),
    }
    rows = (
        Task.objects.for_actor(actor)
        .filter(_running(actor, local_day(now)), overseen(actor))
        .order_by()
        .values("cadence")
        .annotate(**{name: Count("pk", filter=where) for name, where in numbers.items()})
    )
    found = {row["cadence"]: Overview(**{name: row[name] for name in numbers}) for row in rows}
    return {cadence: found.get(cadence, Overview()) for cadence in Cadence.values}


def unfinished(actor: Actor, cadence: str, *, now: datetime) -> TaskQuerySet:
    """The unfinished to-dos of the running period in a scope, those of nobody first."""
    day = local_day(now)
    found = Task.objects.for_actor(actor).filter(
        overseen(actor), cadence=cadence, period_on=periods(day)[cadence], state__in=OPEN_STATES
    )
    return _described(found).order_by(
        F("assignee__name").asc(nulls_first=True),
        "kind",
        "category",
        Natural("equipment__place"),
        "pk",
    )


# ------------------------------------------------------------------ the page of one to-do
def open_hazards(actor: Actor, task: Task) -> tuple[list[Hazard], int]:
    """The unresolved hazards of what a to-do is about (newest first), and how many there are."""
    found = Hazard.objects.for_actor(actor).unresolved()
    if task.cadence == Cadence.DAILY:
        found = found.filter(
            equipment_id=task.equipment_id, licence_id=task.licence_id, station_id=task.station_id
        )
    else:
        found = found.filter(
            category=task.category, source=task.cadence, equipment=None, licence=None, station=None
        )
    return list(with_people(found)[:HAZARDS_SHOWN]), found.count()


def history(task: Task, *, limit: int) -> TaskQuerySet:
    """Earlier to-dos about the same thing with their inspections, the latest first."""
    found = Task.objects.filter(kind=task.kind, cadence=task.cadence, level=task.level)
    if task.cadence == Cadence.DAILY:
        about = {"equipment": task.equipment_id, "licence": task.licence_id}
        about["station"] = task.station_id
        where = {f"{name}_id": pk for name, pk in about.items() if pk is not None}
        found = found.filter(period_on__lt=task.period_on, **where)
    else:
        found = found.filter(
            unit_id=task.unit_id,
            category=task.category,
            owner_id=task.owner_id,
            period_on__in=periods_before(task.cadence, task.period_on, PERIODS_LOOKED_AT),
        )
    return found.select_related("inspection", "assignee").order_by("-period_on")[:limit]


def periods_before(cadence: str, first: date, number: int) -> list[date]:
    """The first days of the weeks or months before one, the latest first."""
    found = []
    for _ in range(number):
        if cadence == Cadence.WEEKLY:
            first -= timedelta(days=7)
        else:
            first = first_of_month(first - timedelta(days=1))
        found.append(first)
    return found
