"""Reading to-dos, drafts and records for the phone: scoped fetches, lists, counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Prefetch, Q
from django.http import Http404

from config.actor import Actor
from duties.enums import Cadence, TaskKind, TaskState
from duties.models import Cover, DraftPhoto, Inspection, InspectionDraft, InspectionPhoto, Task
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


def region_codes(region_code: str) -> list[str]:
    """The regions whose settings add up: province, city, district; the later ones win."""
    if not region_code:
        return []
    return [f"{region_code[:2]}0000", f"{region_code[:4]}00", region_code]


def merged(settings: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Settings of several regions as one; the later ones win."""
    found: dict[str, Any] = {}
    for one in settings:
        found |= one
    return found


def region_settings(region_code: str) -> dict[str, Any]:
    """The settings in force for a region: its own over its city's over its province's (1 query)."""
    found = Region.objects.filter(code__in=region_codes(region_code)).order_by("code")
    return merged(found.values_list("settings", flat=True))


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
    TaskState.TODO: Standing("open", "待完成"),
    TaskState.IN_PROGRESS: Standing("open", "进行中"),
    TaskState.AWAITING_SIGNATURE: Standing("open", "待签名"),
    TaskState.DONE: Standing("done", "已完成"),
    TaskState.MISSED: Standing("late", "漏检"),
    TaskState.BACKFILLED: Standing("late", "已补录"),
    TaskState.WAIVED: Standing("neutral", "免检"),
}
_TODO_WORDS = {Cadence.DAILY: "待巡查", Cadence.WEEKLY: "待排查", Cadence.MONTHLY: "待调度"}


def is_pooled(task: Task) -> bool:
    """Whether nobody has begun it and several may (a machine without officer is no pool)."""
    return task.assignee_id is None and task.equipment_id is None


def standing(task: Task, now: datetime) -> Standing:
    """The state of a to-do in one word as of now."""
    state = TaskState.MISSED if is_missed(task, now) else TaskState(task.state)
    if state != TaskState.TODO:
        return _STANDINGS[state]
    if is_pooled(task):
        return Standing("open", "待领取")
    if task.kind != TaskKind.INSPECTION:
        return Standing("open", "待提交")
    return Standing("open", _TODO_WORDS[Cadence(task.cadence)])


def draft_of(task: Task, actor: Actor) -> InspectionDraft | None:
    """The actor's own draft with its version and the photos that are still in it."""
    kept = DraftPhoto.objects.filter(removed_at=None).select_related("photo")
    return (
        InspectionDraft.objects.select_related("version")
        .prefetch_related(Prefetch("photos", kept, to_attr="kept_photos"))
        .filter(task=task, staff_id=actor.staff_id)
        .first()
    )


# ------------------------------------------------------------------ who is who
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


def why_nothing(actor: Actor, waived: int, machines: dict[str, int], *, day: date) -> str:
    """Why an officer has no machine to inspect on a day (F5); `waived` of them are.

    waived, unbound, quality (a 质量安全员: machines are bound to 安全员 only), away (somebody stands
    in), not_generated, not_owed.
    """
    if waived:
        return "waived"
    if not machines:
        return "unbound" if actor.has_role(Role.SAFETY_OFFICER) else "quality"
    if UseStatus.IN_USE.label not in machines:
        return "not_owed"
    covers = Cover.objects.for_actor(actor).in_force(day)
    return "away" if covers.filter(staff_id=actor.staff_id).exists() else "not_generated"


# ------------------------------------------------------------------ one record
def get_inspection(actor: Actor, code: str) -> Inspection:
    """Return a submitted inspection with everything its record prints; 404 for a foreign one."""
    pictures = InspectionPhoto.objects.select_related("photo")
    found = (
        Inspection.objects.for_actor(actor)
        .select_related("task", "version", "signature", "equipment", "licence__family", "station")
        .prefetch_related(Prefetch("photos", pictures))
        .filter(code=code)
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
