"""Saving a round step by step: answers, step 0, photos (F53–F58, decisions 8–10).

How a save goes, whoever sends it (the script, or the long form without JavaScript):

1. The to-do is locked and read again; whoever may not work on it any more is told why, and one of
   a pool becomes the saver's own.
2. The version of the checklist is settled: the one the page shows if it was in force on the
   to-do's day. The first save makes the draft and takes the to-do from 待办 to 进行中.
3. Every change is merged by `duties.answers.merge`; only what is TAKEN is written. A request that
   is sent twice writes once; what two pages changed differently is given back as a conflict.
4. A change to a round that waits for its signature takes it back to 进行中: what was checked is not
   what would be signed.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from config.actor import Actor
from config.errors import RuleBroken
from config.workflow import transition
from duties.actions.claim import claim, close_if_expired, refuse_unless_workable
from duties.answers import (
    CONFLICT,
    KEPT,
    ROUND_COLUMNS,
    ROUND_KEY,
    STALE,
    TAKEN,
    Change,
    Conflict,
    base_of,
    carry_over,
    clean,
    merge,
    values_of,
)
from duties.checklists import Composed, freeze, versions_in_force
from duties.enums import TaskState
from duties.models import DraftPhoto, InspectionDraft, Task
from duties.standstill import standstill_of
from units.models import Photo

__all__ = [
    "MOST_PHOTOS",
    "PHOTO_PURPOSE",
    "Saved",
    "attach_photo",
    "claim",
    "close_if_expired",
    "draft_of",
    "last_instant",
    "plausible",
    "refuse_unless_workable",
    "remove_photo",
    "save_answers",
    "stored_answer",
]

PHOTO_PURPOSE = "inspection_photo"
MOST_PHOTOS = 9
# A device clock this far off says nothing; the server's time is kept instead.
OLDEST_DEVICE_TIME, NEWEST_DEVICE_TIME = timedelta(days=60), timedelta(days=1)


@dataclass
class Saved:
    """What a save did: the draft as it is now, and what it could not or did not take.

    `kept` are the keys that stand as another page wrote them; `errors` are by item key and field;
    `checklist_changed` tells the page to load itself again.
    """

    draft: InspectionDraft
    kept: set[str] = field(default_factory=set)
    conflicts: list[Conflict] = field(default_factory=list)
    errors: dict[str, dict[str, str]] = field(default_factory=dict)
    checklist_changed: bool = False


@transaction.atomic
def save_answers(
    task: Task,
    *,
    client_uuid: uuid.UUID | str,
    version_hash: str,
    changes: Mapping[str, Change],
    device_started_at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> Saved:
    """Save what a page says about step 0 (key "round") and items (by item key); see the module.

    Repeatable. Raises RuleBroken: not_yours (403), already_done, waived, backfill_closed,
    checklist_changed (the page's version was never in force on the to-do's day), no_checklist.
    """
    fresh = claim(task, actor=actor, now=now)
    draft, outdated = _settle(
        fresh, client_uuid, version_hash, device_started_at, actor=actor, now=now
    )
    saved = Saved(draft, checklist_changed=outdated is not None)
    known = {ROUND_KEY} | {item["key"] for item in draft.version.items}
    taken: dict[str, Change] = {}
    for key, change in changes.items():
        if key not in known or (outdated is not None and key in outdated):
            continue
        values, errors = clean(key, change.values)
        if errors:
            saved.errors[key] = errors
            continue
        change = Change(values, change.base, change.tab, change.seq)
        stored = stored_answer(draft, key)
        verdict = merge(key, stored, change)
        if verdict == TAKEN:
            taken[key] = change
        elif verdict in (KEPT, STALE):
            saved.kept.add(key)
        elif verdict == CONFLICT:
            at = str((stored or {}).get("at", ""))
            saved.conflicts.append(
                Conflict(key, values, values_of(key, stored), base_of(key, stored), at)
            )
    if taken:
        _write(draft, taken, now)
        _reopen_if_waiting(fresh, actor=actor, now=now)
    return saved


@transaction.atomic
def attach_photo(
    task: Task,
    *,
    item_key: str,
    photo: Photo,
    client_uuid: uuid.UUID | str,
    version_hash: str,
    actor: Actor,
    now: datetime,
) -> DraftPhoto:
    """Put a stored photo to an item of the draft. Repeatable: the same photo is linked once.

    Raises RuleBroken as save_answers does, and unknown_item, too_many_photos, photo_refused.
    """
    fresh = claim(task, actor=actor, now=now)
    draft, _ = _settle(fresh, client_uuid, version_hash, None, actor=actor, now=now)
    known = {item["key"] for item in draft.version.items}
    if item_key == ROUND_KEY and _is_confirmed_by_photo(fresh):
        known.add(ROUND_KEY)
    if item_key not in known:
        raise RuleBroken(
            "unknown_item", "清单已更新，没有这一项了，请重新打开本页。", field="photo"
        )
    link = DraftPhoto.objects.filter(photo=photo).first()
    if link is not None and (link.draft_id, link.item_key) != (draft.pk, item_key):
        raise RuleBroken("photo_refused", "这张照片已用于其他检查项，请重新拍摄。", field="photo")
    if link is not None and link.removed_at is None:
        return link
    if draft.photos.filter(item_key=item_key, removed_at=None).count() >= MOST_PHOTOS:
        raise RuleBroken("too_many_photos", f"每项最多 {MOST_PHOTOS} 张照片。", field="photo")
    if link is None:
        link = DraftPhoto.objects.create(
            draft=draft, item_key=item_key, photo=photo, created_at=now
        )
    else:
        link.removed_at = None
        link.save(update_fields=["removed_at"])
    _touch(draft, now)
    _reopen_if_waiting(fresh, actor=actor, now=now)
    return link


def _is_confirmed_by_photo(task: Task) -> bool:
    """A machine may be found out of use any day; a licence or a station on a day of 停产 only."""
    return task.equipment_id is not None or standstill_of(task) is not None


@transaction.atomic
def remove_photo(task: Task, *, photo_code: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Take a photo back from the draft; the picture itself stays as received. Repeatable."""
    fresh = claim(task, actor=actor, now=now)
    draft = draft_of(fresh, actor)
    if draft is None:
        return
    if draft.photos.filter(photo__code=photo_code, removed_at=None).update(removed_at=now):
        _touch(draft, now)
        _reopen_if_waiting(fresh, actor=actor, now=now)


def draft_of(task: Task, actor: Actor) -> InspectionDraft | None:
    """This person's own draft of a to-do; what an earlier officer had begun is not his."""
    return (
        InspectionDraft.objects.select_related("version")
        .filter(task=task, staff_id=actor.staff_id)
        .first()
    )


def stored_answer(draft: InspectionDraft, key: str) -> dict[str, Any] | None:
    """What a draft holds for an item or for step 0, with its bookkeeping."""
    if key != ROUND_KEY:
        return draft.answers.get(key)
    return {name: getattr(draft, name) for name in ROUND_COLUMNS} | draft.round_meta


def plausible(moment: datetime | None, now: datetime) -> datetime:
    """The time a device gave if it can be true, else the server's."""
    if moment is None or not now - OLDEST_DEVICE_TIME <= moment <= now + NEWEST_DEVICE_TIME:
        return now
    return moment


def _settle(
    task: Task,
    client_uuid: uuid.UUID | str,
    version_hash: str,
    device_started_at: datetime | None,
    *,
    actor: Actor,
    now: datetime,
) -> tuple[InspectionDraft, set[str] | None]:
    """Return the draft on the right version, and the keys whose wording the page shows wrongly.

    The keys are None when the page shows the draft's version; otherwise it must load again.
    """
    draft = InspectionDraft.objects.select_related("version").filter(task=task).first()
    is_own = draft is not None and draft.staff_id == actor.staff_id
    if draft is not None and is_own and draft.version.content_hash == version_hash:
        return draft, None
    in_force = versions_in_force(
        unit=task.unit,
        category=task.category,
        cadence=task.cadence,
        day=task.period_on,
        until=last_instant(task, now),
        unit_kind=task.unit_kind,
    )
    shown = in_force.get(version_hash)
    if shown is None:
        raise RuleBroken(
            "checklist_changed", "检查清单已更新，请核对带入的内容，补充新的检查项后再提交。"
        )
    if not shown.items:
        raise RuleBroken("no_checklist", "还没有可用的管控清单，请联系单位管理员。")
    if draft is None:
        return _begin(task, client_uuid, shown, device_started_at, actor=actor, now=now), None
    if not is_own:
        _take_over(draft, client_uuid, shown, device_started_at, actor=actor, now=now)
        return draft, None
    order = list(in_force)
    held = draft.version.content_hash
    if held not in in_force or order.index(version_hash) > order.index(held):
        version = freeze(shown, now=now)
        draft.answers = carry_over(draft.answers, draft.version.items, version.items)
        draft.version = version
        draft.save(update_fields=["answers", "version"])
        return draft, None
    return draft, _reworded(shown.items, draft.version.items)


def last_instant(task: Task, now: datetime) -> datetime:
    """The moment up to which versions count for a to-do: now, or the end of its period."""
    return min(now, task.due_at - timedelta(microseconds=1))


def _reworded(shown: Iterable[Mapping], held: Iterable[Mapping]) -> set[str]:
    seen = {item["key"]: (item["item"], item["hazard"]) for item in shown}
    return {item["key"] for item in held if seen.get(item["key"]) != (item["item"], item["hazard"])}


def _begin(
    task: Task,
    client_uuid: uuid.UUID | str,
    shown: Composed,
    device_started_at: datetime | None,
    *,
    actor: Actor,
    now: datetime,
) -> InspectionDraft:
    draft = InspectionDraft.objects.create(
        task=task,
        client_uuid=_free(client_uuid),
        staff_id=actor.staff_id,
        version=freeze(shown, now=now),
        device_started_at=plausible(device_started_at, now),
        created_at=now,
        updated_at=now,
    )
    if task.state == TaskState.TODO:
        transition(task, "start", actor=actor, now=now, locked=True)
    return draft


def _take_over(
    draft: InspectionDraft,
    client_uuid: uuid.UUID | str,
    shown: Composed,
    device_started_at: datetime | None,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """The machine was re-bound half-way: keep what was begun apart, and begin anew."""
    draft.superseded = [
        *draft.superseded,
        {
            "staff": draft.staff.code,
            "name": draft.staff.name,
            "until": now.isoformat(),
            "answers": draft.answers,
            "round": values_of(ROUND_KEY, stored_answer(draft, ROUND_KEY)),
            "photos": [str(code) for code in _photo_codes(draft)],
        },
    ]
    draft.photos.filter(removed_at=None).update(removed_at=now)
    draft.client_uuid = _free(client_uuid)
    draft.staff_id = actor.staff_id
    draft.version = freeze(shown, now=now)
    draft.answers, draft.round_meta = {}, {}
    for name in ROUND_COLUMNS:
        setattr(draft, name, "")
    draft.device_started_at = plausible(device_started_at, now)
    draft.device_finished_at = None
    draft.rev += 1
    draft.updated_at = now
    draft.save()


def _photo_codes(draft: InspectionDraft) -> Iterable[uuid.UUID]:
    return draft.photos.filter(removed_at=None).values_list("photo__code", flat=True)


def _free(client_uuid: uuid.UUID | str) -> uuid.UUID:
    """The page's UUID, or a new one if another draft has it (a page that was copied)."""
    wanted = client_uuid if isinstance(client_uuid, uuid.UUID) else uuid.UUID(str(client_uuid))
    taken = InspectionDraft.objects.filter(client_uuid=wanted).exists()
    return uuid.uuid4() if taken else wanted


def _write(draft: InspectionDraft, taken: Mapping[str, Change], now: datetime) -> None:
    draft.rev += 1
    for key, change in taken.items():
        meta = {
            "at": now.isoformat(),
            "rev": draft.rev,
            "tab": change.tab,
            "seq": change.seq,
        }
        if key == ROUND_KEY:
            for name in ROUND_COLUMNS:
                setattr(draft, name, change.values[name])
            draft.round_meta = meta | {"no_photo_reason": change.values["no_photo_reason"]}
        else:
            draft.answers[key] = {**change.values, **meta}
    draft.updated_at = now
    draft.save(update_fields=["answers", "rev", "updated_at", "round_meta", *ROUND_COLUMNS])


def _touch(draft: InspectionDraft, now: datetime) -> None:
    draft.rev += 1
    draft.updated_at = now
    draft.save(update_fields=["rev", "updated_at"])


def _reopen_if_waiting(task: Task, *, actor: Actor, now: datetime) -> None:
    if task.state == TaskState.AWAITING_SIGNATURE:
        transition(task, "reopen", actor=actor, now=now, locked=True)
