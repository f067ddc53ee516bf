"""A unit's own checklists: drawn up, enabled, retired, copied (F43, F45, F46; decision 9, B114).

A draft may be changed by whoever manages the unit's lists; every change raises `edit_version`, so
that nobody overwrites what he has not seen. An enabled list never changes again: records and open
forms refer to it. What has to change is copied, changed and enabled; a copy keeps the keys of the
items, and enabling it ends the list whose keys it shares in the same instant.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from config.actor import Actor
from config.clock import local_day
from config.codes import new_code
from config.errors import RuleBroken
from config.words import cn_date, cn_datetime
from duties import queries_checklists as queries
from duties.models import Checklist, ChecklistItem
from equipment import subjects
from equipment.words import span
from units import audit, shape
from units.actions.organisation import STALE
from units.audit import Verb
from units.models import Unit
from units.roles import Can

NAME_LENGTH = 100
COPY_MARK = "（副本）"


@dataclass(frozen=True)
class ListFacts:
    """The head of a list as typed, checked."""

    name: str
    category: str
    unit_kind: str
    period: DateRange


def clean_list(
    *,
    name: str,
    category: str,
    valid_from: date | None,
    valid_until: date | None,
    held: Collection[str],
    today: date,
) -> ListFacts:
    """Name, subject and validity, normalised; `held` are the subjects that will do.

    `valid_until` is the last day, None for no end. RuleBroken beside the field: missing, too long,
    unknown subject, odd years, an end before the start (validity_reversed) or already passed.
    """
    name = shape.line(name, field="name", label="清单名称", longest=NAME_LENGTH, required=True)
    category = shape.choice(category, held, field="category", label="适用对象")
    first = shape.needed_day(valid_from, field="valid_from", label="有效期自")
    last = shape.day(valid_until, field="valid_until", label="有效期至")
    if last is not None and last < first:
        sentence = f"有效期至不能早于有效期自（{cn_date(first)}），请核对。"
        raise RuleBroken("validity_reversed", sentence, field="valid_until")
    if last is not None and last < today:
        sentence = (
            f"有效期至（{cn_date(last)}）已经过去，请填写今天或以后的日期，或留空表示长期有效。"
        )
        raise RuleBroken("validity_passed", sentence, field="valid_until")
    upper = last + timedelta(days=1) if last is not None else None
    period = DateRange(first, upper, "[)")
    return ListFacts(name, category, subjects.of(category).unit_kind, period)


@transaction.atomic
def add_list(
    unit: Unit,
    *,
    name: str,
    category: str,
    valid_from: date | None,
    valid_until: date | None,
    actor: Actor,
    now: datetime,
) -> Checklist:
    """Draw up an empty draft (新增自定义管控清单, F43); return it. RuleBroken: see clean_list."""
    require_manager(actor, unit.pk)
    facts = clean_list(
        name=name,
        category=category,
        valid_from=valid_from,
        valid_until=valid_until,
        held=[subject.value for subject in queries.subjects_held(unit.pk)],
        today=local_day(now),
    )
    made = Checklist.objects.create(
        unit=unit, created_by_name=actor.name, created_at=now, **vars(facts)
    )
    audit.record(actor, Verb.CHECKLIST_ADDED, made, now=now, after=_told(facts))
    return made


@transaction.atomic
def change_list(
    checklist: Checklist,
    *,
    version: int,
    name: str,
    category: str,
    valid_from: date | None,
    valid_until: date | None,
    actor: Actor,
    now: datetime,
) -> Checklist:
    """Change the head of a draft as of `version`; return it.

    RuleBroken: see clean_list and open_draft; items_misfit where the new subject is of another kind
    of unit, whose risk categories the items do not carry.
    """
    require_manager(actor, checklist.unit_id)
    held = {subject.value for subject in queries.subjects_held(checklist.unit_id)}
    facts = clean_list(
        name=name,
        category=category,
        valid_from=valid_from,
        valid_until=valid_until,
        held=held | {checklist.category},
        today=local_day(now),
    )
    checklist = open_draft(checklist, version)
    if facts.unit_kind != checklist.unit_kind and checklist.items.exists():
        raise RuleBroken(
            "items_misfit",
            "已设置的管控项是按原来的单位类型分类的，不能改为另一类单位的对象；请另外新增一份清单。",
            field="category",
        )
    before, after = audit.set_changed(checklist, vars(facts))
    if after:
        saved_change(checklist, *after)
        before, after = _plain(before), _plain(after)
        audit.record(actor, Verb.CHECKLIST_CHANGED, checklist, now=now, before=before, after=after)
    return checklist


@transaction.atomic
def remove_list(checklist: Checklist, *, version: int, actor: Actor, now: datetime) -> None:
    """Delete a draft with its items; copies made of it stay. RuleBroken: see open_draft."""
    require_manager(actor, checklist.unit_id)
    checklist = open_draft(checklist, version, told=STALE_STEP)
    after = {"items": checklist.items.count()}
    audit.record(actor, Verb.CHECKLIST_REMOVED, checklist, now=now, after=after)
    Checklist.objects.filter(copied_from=checklist).update(copied_from=checklist.copied_from_id)
    checklist.items.all().delete()
    checklist.delete()


@transaction.atomic
def copy_list(source: Checklist, unit: Unit, *, actor: Actor, now: datetime) -> Checklist:
    """Make a draft with the items of an own list or of a fixed one (复制, F46); return it.

    Items of an own list keep their keys, so that a hazard found again is known as the same; those
    of a fixed one get new keys, as the fixed list goes on beside the copy. A validity that has
    passed becomes one from today without end. RuleBroken: not_held (a fixed list of what the unit
    does not have).
    """
    require_manager(actor, unit.pk)
    held = {subject.value for subject in queries.subjects_held(unit.pk)}
    if source.unit_id is None and source.category not in held:
        what = subjects.label(source.category)
        raise RuleBroken("not_held", f"本单位没有{what}，不能复制这份固定清单。")
    today = local_day(now)
    is_passed = source.period.upper is not None and source.period.upper <= today
    is_fresh = source.unit_id is None or is_passed
    made = Checklist.objects.create(
        unit=unit,
        unit_kind=source.unit_kind,
        category=source.category,
        name=source.name[: NAME_LENGTH - len(COPY_MARK)] + COPY_MARK,
        period=DateRange(today, None, "[)") if is_fresh else source.period,
        copied_from=source,
        created_by_name=actor.name,
        created_at=now,
    )
    items = list(source.items.all())
    for item in items:
        item.pk = None
        item.checklist = made
        item.cadence = item.cadence or source.cadence
        item.key = new_key() if source.unit_id is None else item.key
    ChecklistItem.objects.bulk_create(items)
    after = {"name": made.name, "copied_from": source.code, "items": len(items)}
    audit.record(actor, Verb.CHECKLIST_ADDED, made, now=now, after=after)
    return made


@transaction.atomic
def enable_list(checklist: Checklist, *, version: int, actor: Actor, now: datetime) -> Checklist:
    """Make a draft part of the rounds (启用, F45): from now, or from its first day; return it.

    1. The unit's row is locked, so that two lists with the same keys cannot be enabled at once.
    2. The draft is locked and must be what the page showed; the second of two is told who was first.
    3. Lists of the unit that share keys with it end in the instant in which this one begins.

    RuleBroken: enabled (already), stale, empty, validity_passed.
    """
    require_manager(actor, checklist.unit_id)
    Unit.objects.select_for_update(no_key=True).get(pk=checklist.unit_id)
    checklist = open_draft(checklist, version, told=STALE_STEP)
    count = checklist.items.count()
    if not count:
        raise RuleBroken("empty", f"“{checklist.name}”还没有管控项，请先设置管控项再启用。")
    if checklist.period.upper is not None and checklist.period.upper <= local_day(now):
        sentence = (
            f"“{checklist.name}”的有效期（{span(checklist.period)}）已过，请先修改有效期再启用。"
        )
        raise RuleBroken("validity_passed", sentence)
    begins_at = queries.begins_at(checklist, now)
    for other in queries.replaced_by(checklist, begins_at):
        other.retired_at = begins_at
        other.save(update_fields=["retired_at"])
        after = {"retired_at": begins_at, "replaced_by": checklist.code}
        audit.record(actor, Verb.CHECKLIST_RETIRED, other, now=now, after=after)
    checklist.enabled_at = now
    saved_change(checklist, "enabled_at")
    after = {"items": count, "category": checklist.category, "begins_at": begins_at}
    audit.record(actor, Verb.CHECKLIST_ENABLED, checklist, now=now, after=after)
    return checklist


@transaction.atomic
def retire_list(checklist: Checklist, *, actor: Actor, now: datetime) -> Checklist:
    """Take an enabled list out of the rounds opened from now on (停用); return it.

    A list that was to end when this one begins goes on, if this one has not begun. RuleBroken:
    not_enabled, retired (already).
    """
    require_manager(actor, checklist.unit_id)
    Unit.objects.select_for_update(no_key=True).get(pk=checklist.unit_id)
    checklist = _locked(checklist)
    if checklist.enabled_at is None:
        raise RuleBroken("not_enabled", f"“{checklist.name}”还没有启用，不需要停用，可直接删除。")
    if checklist.retired_at is not None and checklist.retired_at <= now:
        when = cn_datetime(checklist.retired_at)
        raise RuleBroken("retired", f"“{checklist.name}”已于 {when} 停用，无需再次停用。")
    for other in queries.ended_by(checklist, now):
        before = {"retired_at": other.retired_at}
        other.retired_at = None
        other.save(update_fields=["retired_at"])
        audit.record(
            actor, Verb.CHECKLIST_CHANGED, other, now=now, before=before, after={"retired_at": ""}
        )
    checklist.retired_at = now
    saved_change(checklist, "retired_at")
    audit.record(actor, Verb.CHECKLIST_RETIRED, checklist, now=now, after={"retired_at": now})
    return checklist


# ------------------------------------------------------------------ shared with checklist_items
STALE_STEP = "这份清单刚刚被他人修改过，本次操作没有执行，请核对最新内容后再办理。"


def require_manager(actor: Actor, unit_id: int | None) -> None:
    """Only who manages the checklists of this very unit; PermissionDenied for everybody else."""
    if unit_id is None or actor.unit_id != unit_id or not actor.can(Can.CHECKLIST_MANAGE):
        raise PermissionDenied


def open_draft(checklist: Checklist, version: int | None, *, told: str = STALE) -> Checklist:
    """Lock a draft that still is one, as of `version` (None: whatever stands there now).

    RuleBroken: gone, enabled (409: copy it instead), stale.
    """
    one = _locked(checklist)
    if one.enabled_at is not None:
        when = cn_datetime(one.enabled_at)
        raise RuleBroken(
            "enabled",
            f"“{one.name}”已于 {when} 启用，不能再修改；需要调整时请复制一份，改好后启用。",
        )
    if version is not None and one.edit_version != version:
        raise RuleBroken("stale", told)
    return one


def saved_change(checklist: Checklist, *fields: str) -> None:
    """Save fields of a locked list and raise its version."""
    checklist.edit_version += 1
    checklist.save(update_fields=[*fields, "edit_version"])


def new_key() -> str:
    """The key of an item that is like no other."""
    return f"C-{new_code(12)}"


def _locked(checklist: Checklist) -> Checklist:
    found = Checklist.objects.select_for_update(of=("self",)).filter(pk=checklist.pk).first()
    if found is None:
        raise RuleBroken("gone", f"“{checklist.name}”刚刚被他人删除。")
    return found


def _told(facts: ListFacts) -> dict[str, Any]:
    return _plain(vars(facts))


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """The values of a head for the audit trail."""
    return {
        name: span(value) if isinstance(value, DateRange) else value
        for name, value in values.items()
        if name != "unit_kind"
    }
