"""Reading to-dos, drafts and records for the phone: scoped fetches, lists, counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Case, Count, IntegerField, OuterRef, Prefetch, Q, Subquery, Value, When
from django.http import Http404

from config.actor import Actor
from config.clock import local_day
from config.natural import Natural
from duties.enums import OPEN_STATES, Cadence, TaskKind, TaskState
from duties.models import DraftPhoto, Inspection, InspectionDraft, InspectionPhoto, Task
from duties.models.task import TaskQuerySet
from equipment.enums import UseStatus
from equipment.models import Equipment
from hazards.models import Hazard
from units.models import Region, Unit
from units.roles import DIRECTORS, OFFICERS, Role

BACKFILL_DAYS = 7
FINISHED_STATES = (TaskState.DONE, TaskState.BACKFILLED)


# ------------------------------------------------------------------ one to-do
def get_task(actor: Actor, code: str) -> Task:
    """Return an inspection that is owed by the actor's unit, with all its page prints; 404 else."""
    found = (
        Task.objects.for_actor(actor)
        .select_related("unit", "equipment__catalogue", "equipment__officer", "assignee")
        .select_related("licence__family", "licence__officer", "station__licence")
        .select_related("station__officer", "stands_in_for", "inspection")
        .filter(code=code, kind=TaskKind.INSPECTION)
        .first()
    )
    if found is None:
        raise Http404("待办不存在")
    return found


def region_settings(region_code: str) -> dict[str, Any]:
    """The settings in force for a region: its own over its city's over its province's (1 query)."""
    codes = [f"{region_code[:2]}0000", f"{region_code[:4]}00", region_code]
    found = dict(Region.objects.filter(code__in=codes).values_list("code", "settings"))
    merged: dict[str, Any] = {}
    for code in codes:
        merged |= found.get(code, {})
    return merged


def backfill_days(region_code: str) -> int:
    """For how many days after its due time a missed to-do may be made up (decision 8)."""
    return int(region_settings(region_code).get("backfill_days", BACKFILL_DAYS))


def backfill_closes_at(task: Task) -> datetime:
    """The moment from which a missed to-do can no longer be made up."""
    return task.due_at + timedelta(days=backfill_days(task.unit.region_id))


def is_missed(task: Task, now: datetime) -> bool:
    """Whether a to-do is 漏检, counting one that the sweep has not reached yet."""
    return task.state == TaskState.MISSED or (task.is_open and task.due_at <= now)


@dataclass(frozen=True)
class Standing:
    """A state as shown: `kind` of the `status` tag and its word."""

    kind: str
    word: str


_STANDINGS = {
    TaskState.TODO: Standing("open", "待巡查"),
    TaskState.IN_PROGRESS: Standing("open", "进行中"),
    TaskState.AWAITING_SIGNATURE: Standing("open", "待签名"),
    TaskState.DONE: Standing("done", "已完成"),
    TaskState.MISSED: Standing("late", "漏检"),
    TaskState.BACKFILLED: Standing("late", "已补录"),
    TaskState.WAIVED: Standing("neutral", "免检"),
}


def standing(task: Task, now: datetime) -> Standing:
    """The state of a to-do in one word as of now."""
    return _STANDINGS[TaskState.MISSED if is_missed(task, now) else TaskState(task.state)]


def draft_of(task: Task, actor: Actor) -> InspectionDraft | None:
    """The actor's own draft with its version and the photos that are still in it."""
    kept = DraftPhoto.objects.filter(removed_at=None).select_related("photo")
    return (
        InspectionDraft.objects.select_related("version")
        .prefetch_related(Prefetch("photos", kept, to_attr="kept_photos"))
        .filter(task=task, staff_id=actor.staff_id)
        .first()
    )


# ------------------------------------------------------------------ 我的待办 and 日管控
@dataclass(frozen=True)
class Counts:
    """What one person has before him today."""

    daily: int = 0
    daily_open: int = 0
    daily_waived: int = 0
    weekly_open: int = 0
    monthly_open: int = 0
    backfill: int = 0


def _of_today(now: datetime) -> Q:
    return Q(cadence=Cadence.DAILY, period_on=local_day(now))


def _to_make_up(now: datetime, days: int) -> Q:
    """Missed daily to-dos that may still be made up."""
    missed = Q(state=TaskState.MISSED) | Q(state__in=OPEN_STATES, due_at__lte=now)
    return missed & Q(cadence=Cadence.DAILY, due_at__gt=now - timedelta(days=days))


def my_counts(actor: Actor, *, now: datetime, days: int) -> Counts:
    """Count a person's to-dos in one query; `days` is how long missed ones may be made up."""
    today, is_open = _of_today(now), Q(state__in=OPEN_STATES, due_at__gt=now)
    make_up = _to_make_up(now, days)
    return Counts(
        **Task.objects.assigned_to(actor)
        .filter(today | is_open | make_up)
        .aggregate(
            daily=Count("pk", filter=today & ~Q(state=TaskState.WAIVED)),
            daily_open=Count("pk", filter=today & is_open),
            daily_waived=Count("pk", filter=today & Q(state=TaskState.WAIVED)),
            weekly_open=Count("pk", filter=is_open & Q(cadence=Cadence.WEEKLY)),
            monthly_open=Count("pk", filter=is_open & Q(cadence=Cadence.MONTHLY)),
            backfill=Count("pk", filter=make_up),
        )
    )


def open_count(actor: Actor, *, now: datetime) -> int:
    """How many open to-dos a person has: the badge of 待办."""
    if actor.staff_id is None:
        return 0
    return Task.objects.assigned_to(actor).open().filter(due_at__gt=now).count()


def _matches(keyword: str, prefix: str = "equipment__") -> Q:
    found = Q()
    for column in ("name", "place", "inner_no", "registration_no", "equipment_code"):
        found |= Q(**{f"{prefix}{column}__icontains": keyword})
    return found


def daily_tasks(actor: Actor, *, now: datetime, keyword: str = "") -> TaskQuerySet:
    """Today's to-dos of a person: begun ones first, then by place as one walks, done ones last."""
    order = [
        TaskState.AWAITING_SIGNATURE, TaskState.IN_PROGRESS, TaskState.TODO, TaskState.DONE,
        TaskState.BACKFILLED, TaskState.MISSED, TaskState.WAIVED,
    ]  # fmt: skip
    rank = Case(
        *(When(state=state, then=Value(place)) for place, state in enumerate(order)),
        output_field=IntegerField(),
    )
    tasks = Task.objects.assigned_to(actor).filter(_of_today(now))
    if keyword:
        tasks = tasks.filter(_matches(keyword))
    return tasks.select_related("equipment").order_by(
        rank, Natural("equipment__place"), Natural("equipment__inner_no"), "pk"
    )


def backfill_tasks(actor: Actor, *, now: datetime, days: int, keyword: str = "") -> TaskQuerySet:
    """Missed to-dos of a person that may still be made up, the oldest (most urgent) first."""
    tasks = Task.objects.assigned_to(actor).filter(_to_make_up(now, days))
    if keyword:
        tasks = tasks.filter(_matches(keyword))
    return tasks.select_related("equipment").order_by(
        "period_on", Natural("equipment__place"), "pk"
    )


def unit_of(actor: Actor) -> Unit:
    """The actor's unit with its region; 404 for who has none."""
    found = Unit.objects.for_actor(actor).select_related("region").first()
    if found is None or actor.unit_id is None:
        raise Http404("没有所属单位")
    return found


def is_officer(actor: Actor) -> bool:
    return any(actor.has_role(role) for role in OFFICERS)


def is_overseer(actor: Actor) -> bool:
    """Whether the person answers for the rounds of others: directors and the principal."""
    return any(actor.has_role(role) for role in (*DIRECTORS, Role.PRINCIPAL))


def scope_of(actor: Actor, column: str = "category") -> Q:
    """The categories a director or principal answers for, as a filter; everything for a principal."""
    if actor.has_role(Role.PRINCIPAL):
        return Q()
    covered: set[str] = set()
    for post in actor.posts:
        if post.role in DIRECTORS:
            if not post.categories:
                return Q()
            covered |= set(post.categories)
    return Q(**{f"{column}__in": sorted(covered)})


@dataclass(frozen=True)
class Overview:
    """Today's daily round of a unit, for who answers for it: 应检 = done + open + missed."""

    owed: int = 0
    done: int = 0
    open: int = 0
    unbound: int = 0
    waived: int = 0


def overview(actor: Actor, *, now: datetime) -> Overview:
    """Count today's to-dos in a director's or principal's scope (one query)."""
    return Overview(
        **Task.objects.for_actor(actor)
        .filter(_of_today(now), scope_of(actor))
        .aggregate(
            owed=Count("pk", filter=~Q(state=TaskState.WAIVED)),
            done=Count("pk", filter=Q(state__in=FINISHED_STATES)),
            open=Count("pk", filter=Q(state__in=OPEN_STATES)),
            unbound=Count("pk", filter=Q(state__in=OPEN_STATES, assignee=None)),
            waived=Count("pk", filter=Q(state=TaskState.WAIVED)),
        )
    )


def overview_tasks(actor: Actor, *, now: datetime) -> TaskQuerySet:
    """Today's unfinished to-dos in the scope of a director or principal, unbound machines first."""
    return (
        Task.objects.for_actor(actor)
        .filter(_of_today(now), scope_of(actor), state__in=OPEN_STATES)
        .select_related("equipment", "assignee")
        .order_by("assignee__name", Natural("equipment__place"), "pk")
    )


def bound_machines(actor: Actor) -> dict[str, int]:
    """How many machines a person is bound to, by use status; what an empty list is explained by."""
    rows = (
        Equipment.objects.for_actor(actor)
        .filter(officer_id=actor.staff_id)
        .values_list("status")
        .annotate(number=Count("pk"))
        .order_by("status")
    )
    return {str(UseStatus(status).label): number for status, number in rows}


def why_nothing(actor: Actor, counts: Counts, machines: dict[str, int]) -> str:
    """Why an officer has no machine to inspect today (F5).

    waived, unbound, quality (a 质量安全员: machines are bound to 安全员 only), not_generated, not_owed.
    """
    if counts.daily_waived:
        return "waived"
    if not machines:
        return "unbound" if actor.has_role(Role.SAFETY_OFFICER) else "quality"
    return "not_generated" if UseStatus.IN_USE.label in machines else "not_owed"


# ------------------------------------------------------------------ records (F67)
def machines_with_last(actor: Actor, *, mine: bool, keyword: str = "") -> Any:
    """Machines with the id of their latest closed daily to-do, for 日管控记录.

    `mine` are the machines bound to an officer; otherwise the unit's, for a director and the
    principal those of their scope.
    """
    machines = Equipment.objects.for_actor(actor)
    if mine:
        machines = machines.filter(officer_id=actor.staff_id)
    elif not is_officer(actor):
        machines = machines.filter(scope_of(actor))
    if keyword:
        machines = machines.filter(_matches(keyword, prefix=""))
    last = (
        Task.objects.filter(equipment=OuterRef("pk"), cadence=Cadence.DAILY)
        .exclude(state__in=OPEN_STATES)
        .order_by("-period_on")
        .values("pk")[:1]
    )
    return machines.annotate(last_task_id=Subquery(last)).order_by(
        Natural("place"), Natural("inner_no"), "pk"
    )


def tasks_by_id(ids: Sequence[int]) -> dict[int, Task]:
    """Closed to-dos with their inspections, for a page of `machines_with_last`."""
    found = Task.objects.filter(pk__in=ids).select_related("inspection", "assignee")
    return {task.pk: task for task in found}


def get_machine(actor: Actor, code: str) -> Equipment:
    """Return a machine the actor may see; 404 for a foreign one."""
    found = (
        Equipment.objects.for_actor(actor)
        .select_related("catalogue", "officer")
        .filter(code=code)
        .first()
    )
    if found is None:
        raise Http404("设备不存在")
    return found


def machine_history(
    machine: Equipment, *, before: date | None = None, limit: int | None = None
) -> Any:
    """The daily to-dos of a machine with their inspections, the latest first."""
    tasks = Task.objects.filter(equipment=machine, cadence=Cadence.DAILY)
    if before is not None:
        tasks = tasks.filter(period_on__lt=before)
    tasks = tasks.select_related("inspection", "assignee").order_by("-period_on")
    return tasks if limit is None else tasks[:limit]


def get_inspection(actor: Actor, code: str) -> Inspection:
    """Return a submitted inspection with everything its record prints; 404 for a foreign one."""
    pictures = InspectionPhoto.objects.select_related("photo")
    found = (
        Inspection.objects.for_actor(actor)
        .select_related("task", "version", "signature", "equipment")
        .prefetch_related(Prefetch("photos", pictures))
        .filter(code=code, cadence=Cadence.DAILY)
        .first()
    )
    if found is None:
        raise Http404("巡查记录不存在")
    return found


def hazards_of(actor: Actor, inspection: Inspection) -> Sequence[Hazard]:
    """The hazards an inspection found, in the order of its items."""
    return (
        Hazard.objects.for_actor(actor)
        .filter(origin_kind="inspection", origin_code=inspection.code)
        .select_related("unit")
        .order_by("pk")
    )
