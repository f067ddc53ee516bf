"""Reading checklists for the desk: the fixed ones a unit is held to, and its own (F42–F46)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q
from django.http import Http404

from config.actor import Actor
from config.clock import local_day, start_of
from config.search import with_words
from config.words import cn_date, cn_datetime
from duties import checklists
from duties.calendar import ANY_STATION
from duties.enums import Cadence
from duties.models import Checklist, ChecklistItem
from duties.models.checklist import ChecklistQuerySet
from equipment import subjects
from equipment.enums import Category, UseStatus
from equipment.models import Equipment, Licence, Station
from equipment.subjects import Subject
from units.audit import Verb
from units.models import AuditEntry
from units.models.unit import UnitKind

TRAIL_LENGTH = 50


# ------------------------------------------------------------------ what a unit has
def subjects_held(unit_id: int | None) -> list[Subject]:
    """What the checklists of a unit can be about (three queries).

    The categories of its machines that are not scrapped, the families of its licences in the books,
    and, if it fills, the families of its stations and the filling unit as a whole.
    """
    categories = set(
        Equipment.objects.filter(unit_id=unit_id)
        .exclude(status=UseStatus.SCRAPPED)
        .order_by()
        .values_list("category", flat=True)
        .distinct()
    )
    families = set(
        Licence.objects.open()
        .filter(unit_id=unit_id)
        .order_by()
        .values_list("family_id", flat=True)
        .distinct()
    )
    stations = set(
        Station.objects.open()
        .filter(unit_id=unit_id)
        .order_by()
        .values_list("licence__family_id", flat=True)
        .distinct()
    )
    families |= {family or ANY_STATION for family in stations}
    licensed = [subjects.of(family) for family in sorted(families)]
    fills = [subject for subject in licensed if subject.unit_kind == UnitKind.FILLING]
    return [
        *(subjects.of(category) for category in Category.values if category in categories),
        *(subject for subject in licensed if subject not in fills),
        *fills,
        *([subjects.of(subjects.FILLING)] if fills else []),
    ]


# ------------------------------------------------------------------ fixed lists (F42)
def fixed_lists(held: Iterable[Subject], *, now: datetime) -> ChecklistQuerySet:
    """The fixed lists in force for a unit with these subjects."""
    return (
        Checklist.objects.filter(
            Q(retired_at=None) | Q(retired_at__gt=now),
            unit=None,
            category__in=[subject.value for subject in held],
            enabled_at__lte=now,
            period__contains=local_day(now),
        )
        .annotate(
            item_count=Count("items"),
            severe_count=Count("items", filter=Q(items__is_severe=True)),
        )
        .order_by("category", "id")
    )


# ------------------------------------------------------------------ own lists (F43)
@dataclass(frozen=True)
class Standing:
    """How an own list stands: kind and word of the sign, and what to know besides."""

    kind: str
    word: str
    note: str = ""


DRAFT, RUNNING, COMING, PASSED, RETIRED = "draft", "running", "coming", "passed", "retired"
STATES = {
    DRAFT: ("neutral", "草稿"),
    RUNNING: ("done", "启用中"),
    COMING: ("open", "未到有效期"),
    PASSED: ("neutral", "已过有效期"),
    RETIRED: ("neutral", "已停用"),
}


def state_of(one: Checklist, now: datetime) -> str:
    """The state of an own list at a moment, one of STATES."""
    today = local_day(now)
    if one.enabled_at is None:
        return DRAFT
    if one.retired_at is not None and one.retired_at <= now:
        return RETIRED
    if one.period.upper is not None and one.period.upper <= today:
        return PASSED
    return COMING if one.period.lower > today else RUNNING


def standing(one: Checklist, now: datetime) -> Standing:
    """The state of an own list in words, with since or until when."""
    state = state_of(one, now)
    notes = {
        RUNNING: f"{cn_datetime(one.enabled_at)} 启用",
        COMING: f"{cn_date(one.period.lower)} 0:00 起执行",
        RETIRED: cn_datetime(one.retired_at),
    }
    note = notes.get(state, "")
    if one.retired_at is not None and one.retired_at > now and state in {RUNNING, COMING}:
        note = f"{cn_datetime(one.retired_at)} 停止，由新清单接替"
    return Standing(*STATES[state], note)


def _in_state(state: str, now: datetime) -> Q:
    today = local_day(now)
    alive = Q(enabled_at__isnull=False) & (Q(retired_at=None) | Q(retired_at__gt=now))
    return {
        DRAFT: Q(enabled_at=None),
        RETIRED: Q(retired_at__lte=now),
        PASSED: alive & Q(period__endswith__lte=today),
        COMING: alive & Q(period__startswith__gt=today),
        RUNNING: alive & Q(period__contains=today),
    }[state]


def own_lists(
    actor: Actor, *, words: str = "", state: str = "", now: datetime
) -> ChecklistQuerySet:
    """The unit's own lists with their numbers of items, the latest first."""
    found = Checklist.objects.for_actor(actor).filter(unit__isnull=False)
    if state in STATES:
        found = found.filter(_in_state(state, now))
    found = with_words(found, words, "name")
    counts = {f"{one}_count": Count("items", filter=Q(items__cadence=one)) for one in Cadence}
    return found.annotate(item_count=Count("items"), **counts).order_by("-id")


def own_count(actor: Actor) -> int:
    """How many own lists there are, whatever their state."""
    return Checklist.objects.for_actor(actor).filter(unit__isnull=False).count()


# ------------------------------------------------------------------ one list
def get_checklist(actor: Actor, code: str) -> Checklist:
    """A fixed list or one of the unit's own; 404 for another unit's."""
    found = (
        Checklist.objects.for_actor(actor)
        .select_related("unit", "copied_from")
        .filter(code=code)
        .first()
    )
    if found is None:
        raise Http404("no such checklist")
    return found


def get_own(actor: Actor, code: str) -> Checklist:
    """One of the unit's own lists; 404 for a fixed one and for another unit's."""
    found = get_checklist(actor, code)
    if found.unit_id is None:
        raise Http404("not a list of a unit")
    return found


def get_item(actor: Actor, code: str, key: str) -> ChecklistItem:
    """An item of one of the unit's own lists; 404 for everything else."""
    checklist = get_own(actor, code)
    found = checklist.items.select_related("picture").filter(key=key).first()
    if found is None:
        raise Http404("no such item")
    found.checklist = checklist
    return found


@dataclass(frozen=True)
class Section:
    """The items of one cadence, in the order in which a round shows them."""

    cadence: str
    label: str
    items: list[ChecklistItem]


def sections(checklist: Checklist) -> list[Section]:
    """The items of a list by cadence; cadences without items are left out."""
    items = list(checklist.items.select_related("picture").order_by("number"))
    for item in items:
        item.hazard = checklists.hazard_of(item)
    parts = []
    for cadence in Cadence:
        chosen = [item for item in items if (item.cadence or checklist.cadence) == cadence]
        if chosen:
            parts.append(Section(cadence.value, str(cadence.label), chosen))
    return parts


_VERBS = {
    Verb.CHECKLIST_ADDED: "done",
    Verb.CHECKLIST_ENABLED: "done",
    Verb.CHECKLIST_RETIRED: "late",
}


def trail(checklist: Checklist) -> list[dict[str, Any]]:
    """Who did what to an own list, the latest first, as `{% timeline %}` takes it."""
    entries = AuditEntry.objects.filter(
        object_type=checklist._meta.label_lower, object_code=checklist.code
    )[:TRAIL_LENGTH]
    return [
        {
            "at": entry.at,
            "who": entry.actor_name,
            "what": Verb(entry.verb).label,
            "note": _told(entry),
            "kind": _VERBS.get(Verb(entry.verb), "neutral"),
        }
        for entry in entries
    ]


def _told(entry: AuditEntry) -> str:
    """What an entry was about, in words."""
    after, before = entry.after, entry.before
    for name, word in (("added", "新增管控项"), ("changed", "修改管控项"), ("moved", "调整顺序")):
        if name in after:
            return f"{word}：{after[name]}"
    if "removed" in before:
        return f"删除管控项：{before['removed']}"
    if "replaced_by" in after:
        return "由新启用的清单接替"
    if entry.verb == Verb.CHECKLIST_ENABLED:
        return f"共 {after.get('items', 0)} 项"
    if "name" in after and after.get("copied_from"):
        return f"复制而来，带入 {after.get('items', 0)} 项"
    labels = {"name": "清单名称", "category": "适用对象", "period": "有效期"}
    changed = []
    for name, label in labels.items():
        if name in after and entry.verb == Verb.CHECKLIST_CHANGED:
            value = subjects.label(after[name]) if name == "category" else after[name]
            changed.append(f"{label}：{value}")
    if "retired_at" in after and entry.verb == Verb.CHECKLIST_CHANGED:
        return "接替它的清单已停用，本清单继续执行"
    return "\n".join(changed)


# ------------------------------------------------------------------ enabling (F45)
def begins_at(checklist: Checklist, now: datetime) -> datetime:
    """From when a list enabled now is part of the rounds: now, or 0:00 of its first day."""
    return max(now, start_of(checklist.period.lower))


def replaced_by(checklist: Checklist, at: datetime) -> list[Checklist]:
    """The enabled lists of the unit that share keys with this one and would run beside it.

    Enabling it ends them at `at`: one key is one answer of a round.
    """
    others = (
        Checklist.objects.filter(
            Q(retired_at=None) | Q(retired_at__gt=at),
            unit_id=checklist.unit_id,
            unit_kind=checklist.unit_kind,
            enabled_at__isnull=False,
            period__overlap=checklist.period,
            items__key__in=checklist.items.values("key"),
        )
        .exclude(pk=checklist.pk)
        .distinct()
        .order_by("id")
    )
    if checklist.unit_kind != UnitKind.FILLING:  # lists of a filling unit meet in one inspection
        others = others.filter(category=checklist.category)
    day = local_day(at)
    return [one for one in others if one.period.upper is None or one.period.upper > day]


def ended_by(checklist: Checklist, now: datetime) -> list[Checklist]:
    """The lists that are to end in the instant in which this one, not begun yet, begins."""
    starts = start_of(checklist.period.lower)
    if starts <= now:
        return []
    return list(
        Checklist.objects.filter(
            unit_id=checklist.unit_id,
            retired_at=starts,
            items__key__in=checklist.items.values("key"),
        )
        .exclude(pk=checklist.pk)
        .distinct()
        .order_by("id")
    )


@dataclass(frozen=True)
class Preview:
    """What a round of one cadence will be made of once a list is enabled."""

    label: str
    fixed: int
    others: int
    mine: int
    composed: checklists.Composed

    @property
    def total(self) -> int:
        return len(self.composed.items)


def previews(checklist: Checklist, now: datetime) -> list[Preview]:
    """What the phone shows once this list is enabled, for the cadences it has items of."""
    at = begins_at(checklist, now)
    found = []
    for section in sections(checklist):
        category = _round_category(checklist, section.cadence, at)
        composed = checklists.with_list(
            checklist, category=category, cadence=section.cadence, at=at
        )
        fixed = sum(item["source"] == "fixed" for item in composed.items)
        others = len(composed.items) - fixed - len(section.items)
        found.append(Preview(section.label, fixed, others, len(section.items), composed))
    return found


def _round_category(checklist: Checklist, cadence: str, at: datetime) -> str:
    """The subject of the rounds a list becomes part of: a filling unit's weekly ones are of the whole."""
    if checklist.unit_kind != UnitKind.FILLING:
        return checklist.category
    if cadence != Cadence.DAILY:
        return subjects.FILLING
    if checklist.category != subjects.FILLING:
        return checklist.category
    held = [one for one in checklists.filling_holdings(checklist.unit_id) if one.holds(at)]
    return held[0].family if held else ANY_STATION
