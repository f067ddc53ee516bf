"""Begun rounds as signing reads them; the finished ones that can be signed at once (decision 11)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import F, Q

from config.actor import Actor
from duties.answers import Sheet, missing
from duties.enums import Cadence, Result, TaskKind, TaskState
from duties.models import DraftPhoto, InspectionDraft, Task
from duties.models.task import TaskQuerySet
from duties.queries import backfill_days, unit_of
from duties.standstill import Standstill, found_ids, read
from units.models import Photo


@dataclass
class Round:
    """One finished round: the locked to-do, its draft and photos, what holds of its day."""

    task: Task
    draft: InspectionDraft
    photos: dict[str, list[Photo]] = field(default_factory=dict)
    stop: Standstill | None = None

    @property
    def sheet(self) -> Sheet:
        """The draft as completeness and the frozen document see it."""
        draft = self.draft
        return Sheet(
            items=draft.version.items,
            answers=draft.answers,
            photos={key: len(taken) for key, taken in self.photos.items()},
            round_status=draft.round_status,
            stop_reason=draft.stop_reason,
            no_photo_reason=draft.round_meta.get("no_photo_reason", ""),
            backfill_reason=draft.backfill_reason,
            needs_backfill_reason=self.task.state == TaskState.MISSED,
            has_status=self.task.equipment_id is not None or self.stop is not None,
            is_declared=self.stop is not None,
        )


def rounds_of(tasks: Iterable[Task], actor: Actor) -> dict[int, Round]:
    """The actor's own drafts of these to-dos with what signing needs, by to-do (two queries).

    Photos are read only where they count: at 不合格, and on a day of 停用 that is still owed.
    """
    by_id = {task.pk: task for task in tasks}
    drafts = (
        InspectionDraft.objects.select_related("version", "staff")
        .annotate(**found_ids("task__"))
        .filter(task_id__in=by_id, staff_id=actor.staff_id)
    )
    found = {draft.task_id: Round(by_id[draft.task_id], draft) for draft in drafts}
    daily = [one for one in found.values() if one.task.cadence == Cadence.DAILY]
    stops = read(one.draft for one in daily)
    for one in daily:
        one.stop = stops.get(one.draft.pk)
    wanted = [one.draft.pk for one in found.values() if _has_photos(one)]
    if wanted:
        links = DraftPhoto.objects.filter(draft_id__in=wanted, removed_at=None)
        for link in links.select_related("photo").annotate(task_id=F("draft__task_id")):
            found[link.task_id].photos.setdefault(link.item_key, []).append(link.photo)
    return found


def _has_photos(one: Round) -> bool:
    failed = any(answer.get("result") == Result.FAIL for answer in one.draft.answers.values())
    return failed or one.stop is not None


# ------------------------------------------------------------------ several at once
@dataclass(frozen=True)
class Waiting:
    """The finished rounds of one day; `is_late`: they are made up (补录)."""

    day: date
    is_late: bool
    rounds: list[Round]


def _daily(actor: Actor) -> TaskQuerySet:
    return (
        Task.objects.for_actor(actor)
        .assigned_to(actor)
        .filter(kind=TaskKind.INSPECTION, cadence=Cadence.DAILY)
    )


def waiting(actor: Actor, *, now: datetime) -> list[Waiting]:
    """Everything this person has filled in and not signed, by day, today first (four queries).

    A missed to-do that was made up waits in its draft: its state stays 漏检 until it is signed.
    """
    if actor.staff_id is None:
        return []
    since = now - timedelta(days=backfill_days(unit_of(actor).region_id))
    finished = Q(draft__device_finished_at__isnull=False, draft__staff_id=actor.staff_id)
    tasks = (
        _daily(actor)
        .filter(
            Q(state=TaskState.AWAITING_SIGNATURE, due_at__gt=now)
            | Q(state=TaskState.MISSED, due_at__gt=since) & finished
        )
        .select_related("unit", "equipment__catalogue", "licence__family", "station__licence")
        .select_related("stands_in_for")
        .order_by("-period_on", "pk")
    )
    found: dict[date, list[Round]] = {}
    rounds = rounds_of(tasks, actor)
    for task in tasks:
        ready = rounds.get(task.pk)
        if ready is not None and not missing(ready.sheet):
            found.setdefault(task.period_on, []).append(ready)
    return [
        Waiting(day, ready[0].task.due_at <= now, ready)
        for day, ready in sorted(found.items(), reverse=True)
    ]


def chosen(actor: Actor, codes: Collection[str]) -> dict[str, Task]:
    """The ticked to-dos of the actor's unit by code, whatever has become of them."""
    tasks = (
        Task.objects.for_actor(actor)
        .filter(code__in=codes, kind=TaskKind.INSPECTION, cadence=Cadence.DAILY)
        .select_related("unit", "equipment__catalogue", "licence__family", "station__licence")
        .select_related("stands_in_for", "assignee", "inspection")
    )
    return {task.code: task for task in tasks}


def others_waiting(task: Task, actor: Actor) -> int:
    """How many more finished rounds of its day wait for this person's signature."""
    if task.cadence != Cadence.DAILY:
        return 0
    same = _daily(actor).filter(period_on=task.period_on, state=TaskState.AWAITING_SIGNATURE)
    return same.exclude(pk=task.pk).count()
