"""Reading registered cylinders: scoped fetch, the list with tabs and filters, history, look-up."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, Subquery
from django.http import Http404

from config.actor import Actor
from config.codes import normalise
from config.errors import RuleBroken
from cylinders.enums import IN_USE, CylinderState, EventKind
from cylinders.identity import label_of
from cylinders.models import BatchItem, Cylinder, CylinderEvent, CylinderKind, Medium
from cylinders.models.cylinder import CylinderQuerySet
from cylinders.standing import INSPECTION_SOON_DAYS, LIFE_SOON_DAYS
from units.models import Bureau, StoredFile, Unit
from units.roles import Can

OVERDUE, PAST, OK = "overdue", "past", "ok"
SOON = str(INSPECTION_SOON_DAYS)
LIFE_SOON = str(LIFE_SOON_DAYS)
# A bureau's tabs count no further: a city has three million cylinders, and nobody pages that far.
COUNTED_MOST = 10_000
EVENTS_STEP = 20
EVENTS_MOST = 400
# What happens no more, and so falls due no more.
GONE = (CylinderState.SCRAPPED, CylinderState.LOST)
REPLACED_LABEL = "二维码标识（URL）"

GROUPS: tuple[tuple[str, str, tuple[CylinderState, ...]], ...] = (
    ("in_use", "在用", IN_USE),
    ("due", "待检、检验中", (CylinderState.DUE, CylinderState.INSPECTING)),
    ("stopped", "停用", (CylinderState.STOPPED,)),
    ("lost", "丢失", (CylinderState.LOST,)),
    ("scrapped", "报废", (CylinderState.SCRAPPED,)),
)
_STATES = {key: states for key, _label, states in GROUPS}


def get_cylinder(actor: Actor, code: str) -> Cylinder:
    """Return the cylinder of a code with what its page shows; 404 for a foreign one."""
    found = (
        Cylinder.objects.for_actor(actor)
        .select_related("kind", "unit", "region", "certificate", "item__batch")
        .filter(code=code)
        .first()
    )
    if found is None:
        raise Http404(f"no cylinder {code} for {actor.kind}")
    return found


def item_of(cylinder: Cylinder, actor: Actor) -> BatchItem | None:
    """The item of the application it was registered with, None for one that never had any; and for
    a bureau that sees the cylinder as its unit's only: the application is another district's."""
    prefix = actor.region_prefix
    if actor.kind == "bureau" and not (prefix and cylinder.region_id.startswith(prefix)):
        return None
    return getattr(cylinder, "item", None)


# ------------------------------------------------------------------ list
@dataclass(frozen=True)
class Filter:
    """What the filter bar asks for; empty values ask for nothing."""

    tab: str = ""
    keyword: str = ""
    state: str = ""
    kind: str = ""
    medium: str = ""
    due: str = ""  # overdue | 30 | ok
    life: str = ""  # past | 90 | ok
    certificate: str = ""
    unit_name: str = ""
    unit: str = ""


def inspection_due(due: str, day: date) -> Q:
    """By the day of the next inspection; scrapped and lost ones fall due no more."""
    kept = ~Q(state__in=GONE)
    if due == OVERDUE:
        return kept & Q(next_inspection_on__lt=day)
    soon = day + timedelta(days=INSPECTION_SOON_DAYS)
    if due == SOON:
        return kept & Q(next_inspection_on__range=(day, soon))
    return kept & Q(next_inspection_on__gt=soon)


def life_ends(life: str, day: date) -> Q:
    """By the last day of life; scrapped and lost ones are left out."""
    kept = ~Q(state__in=GONE)
    if life == PAST:
        return kept & Q(ends_on__lt=day)
    soon = day + timedelta(days=LIFE_SOON_DAYS)
    if life == LIFE_SOON:
        return kept & Q(ends_on__range=(day, soon))
    return kept & Q(ends_on__gt=soon)


def archive(actor: Actor, asked: Filter, *, day: date) -> CylinderQuerySet:
    """The cylinders of a list page: scoped, filtered, the latest registered first."""
    rows = _matching(actor, asked, day)
    if asked.tab in _STATES:
        rows = rows.filter(state__in=_STATES[asked.tab])
    return rows.select_related("kind", "unit", "certificate").order_by("-id")


def _matching(actor: Actor, asked: Filter, day: date) -> CylinderQuerySet:
    rows: CylinderQuerySet = Cylinder.objects.for_actor(actor)
    for word in normalise(asked.keyword).split():
        rows = rows.filter(_named(word, is_whole=actor.kind == "bureau"))
    if asked.state:
        rows = rows.filter(state=asked.state)
    if asked.kind:
        rows = rows.filter(kind_id=asked.kind)
    if asked.medium:
        rows = rows.filter(medium=asked.medium)
    if asked.due:
        rows = rows.filter(inspection_due(asked.due, day))
    if asked.life:
        rows = rows.filter(life_ends(asked.life, day))
    if asked.certificate:
        rows = rows.filter(certificate__number=normalise(asked.certificate))
    if asked.unit:
        rows = rows.filter(unit__code=asked.unit)
    if asked.unit_name:
        rows = rows.filter(unit__name__icontains=normalise(asked.unit_name))
    return rows


def _named(word: str, *, is_whole: bool) -> Q:
    """A word of the keyword: anywhere in a unit's own numbers, whole numbers among a city's.

    The whole ones are read from indexes, however many cylinders there are.
    """
    if not is_whole:
        return (
            Q(product_no__icontains=word)
            | Q(inner_no__icontains=word)
            | Q(registration_code__icontains=word)
            | Q(old_code__icontains=word)
            | Q(plate__icontains=word)
            | Q(qr_url__icontains=word)
        )
    if label := label_or_none(word):
        return Q(qr_url=label)
    same = [word, word.upper()]
    return Q(product_no__in=same) | Q(registration_code__in=same) | Q(old_code__in=same)


def label_or_none(text: str) -> str | None:
    """The stored form of a label's URL, None for what is none."""
    if "://" not in text:
        return None
    try:
        return label_of(text)
    except RuleBroken:
        return None


def with_changes(rows: CylinderQuerySet) -> CylinderQuerySet:
    """The rows with `changed_on`, the day of their latest 变更, for the summary table."""
    changed = CylinderEvent.objects.filter(cylinder=OuterRef("pk"), kind=EventKind.CHANGED)
    return rows.annotate(changed_on=Subquery(changed.order_by("-id").values("happened_on")[:1]))


@dataclass(frozen=True)
class Tab:
    """One group of states with its number; a bureau's is counted up to COUNTED_MOST."""

    key: str
    label: str
    count: int

    @property
    def shown(self) -> str:
        return f"{COUNTED_MOST}+" if self.count > COUNTED_MOST else str(self.count)


def tabs(actor: Actor, asked: Filter, *, day: date) -> list[Tab]:
    """全部 and the groups of states, each with the number that the filter leaves (one query)."""
    rows = _matching(actor, replace(asked, tab=""), day).order_by()
    if actor.kind == "bureau":
        return _capped_tabs(actor, rows)
    counts = dict(rows.values_list("state").annotate(number=Count("pk")))
    groups = [
        Tab(key, label, sum(counts.get(state, 0) for state in states))
        for key, label, states in GROUPS
    ]
    return [Tab("", "全部", sum(counts.values())), *groups]


def _capped_tabs(actor: Actor, rows: CylinderQuerySet) -> list[Tab]:
    wanted = {"every": rows} | {
        key: rows.filter(state__in=states) for key, _label, states in GROUPS
    }
    columns = {f"n_{key}": _counted(found) for key, found in wanted.items()}
    row = Bureau.objects.filter(pk=actor.bureau_id).values(**columns).get()
    groups = [Tab(key, label, row[f"n_{key}"]) for key, label, _states in GROUPS]
    return [Tab("", "全部", row["n_every"]), *groups]


class _Count(Subquery):
    """The number of rows of a subquery that may be cut off: nothing beyond the cut is read."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) capped)"
    output_field = IntegerField()


def _counted(rows: CylinderQuerySet) -> _Count:
    """The number of rows as a column, counted no further than one above the cap."""
    return _Count(rows.values("pk")[: COUNTED_MOST + 1])


def media(day: date) -> list[tuple[str, str]]:
    """The media a filter offers: those of the reference data (one query)."""
    names = Medium.objects.in_force(day).order_by("position").values_list("name", flat=True)
    return [(name, name) for name in names]


def kinds(day: date) -> list[tuple[str, str]]:
    """The kinds a filter offers (one query)."""
    rows = CylinderKind.objects.in_force(day).order_by("position")
    return list(rows.values_list("code", "name"))


def unit_of(actor: Actor, code: str) -> Unit | None:
    """The unit a list is narrowed to by its code, None when the actor may not see it."""
    return Unit.objects.for_actor(actor).filter(code=code).first() if code else None


def by_codes(actor: Actor, codes: Collection[str]) -> list[Cylinder]:
    """The actor's cylinders of these codes in order; foreign and unknown codes are left out."""
    known = [code for code in codes if code.isalnum() and len(code) <= 12]
    rows = Cylinder.objects.for_actor(actor).filter(code__in=known)
    return list(rows.select_related("kind", "unit").order_by("pk"))


# ------------------------------------------------------------------ what waits for a unit
def waiting(actor: Actor, *, day: date, due: str = "", life: str = "") -> CylinderQuerySet:
    """What the list shows under 检验 or 年限; the figures of 统计分析 count these rows."""
    return archive(actor, Filter(due=due, life=life), day=day)


# ------------------------------------------------------------------ one cylinder
@dataclass(frozen=True)
class History:
    """The latest events, as the page shows them, and how many to ask for next (0 = all)."""

    events: list[CylinderEvent]
    next: int = 0


def history(cylinder: Cylinder, *, number: int = EVENTS_STEP) -> History:
    """What happened to a cylinder, the latest first (one query)."""
    number = max(EVENTS_STEP, min(number, EVENTS_MOST))
    rows = list(cylinder.events.select_related("file").order_by("-id")[: number + 1])
    has_more = len(rows) > number and number < EVENTS_MOST
    following = min(number + EVENTS_STEP, EVENTS_MOST) if has_more else 0
    return History(rows[:number], following)


def photos_of(item: BatchItem | None) -> list[Any]:
    """The photographs of a cylinder's application, those that still stand."""
    if item is None:
        return []
    rows = item.photos.filter(removed_at=None).select_related("photo")
    return list(rows.order_by("id"))


def may_read_paper(actor: Actor, paper: StoredFile) -> bool:
    """Who may see the paper of an event: the unit, and the bureaus that see its cylinder."""
    if not actor.can(Can.CYLINDER_VIEW):
        return False
    if actor.kind == "bureau":
        shown = Cylinder.objects.for_actor(actor)
        return CylinderEvent.objects.filter(file=paper, cylinder__in=shown).exists()
    return actor.unit_id is not None and actor.unit_id == paper.unit_id


# ------------------------------------------------------------------ public
def scanned(token: str) -> Cylinder | None:
    """The cylinder behind a public address, None for what is none."""
    rows = Cylinder.objects.select_related("kind", "unit__region", "region", "certificate")
    return rows.filter(token=token.upper()).first() if token.isascii() else None


LOOKED_UP_MOST = 20
_OWN_ADDRESS = re.compile(r"/q/([0-9A-Z]{20})/?$", re.IGNORECASE)


@dataclass(frozen=True)
class LookedUp:
    """What a look-up found: cylinders, and whether the label that was given has been replaced."""

    rows: list[Cylinder]
    is_replaced: bool = False


def look_up(text: str, *, manufacturer: str = "") -> LookedUp:
    """Cylinders by the URL of their label, registration code or product number (with the maker).

    A label that was replaced gives the cylinder it used to name. Whole numbers only, read from
    indexes; a product number without its maker may give several, at most LOOKED_UP_MOST.
    """
    said = "".join(normalise(text).split())
    if not said or len(said) > 300:
        return LookedUp([])
    label = label_or_none(said)
    if label is not None:
        return _by_label(label)
    rows = _public_rows()
    same = [said, said.upper()]
    found = list(rows.filter(registration_code__in=same)[:1])
    found = found or list(rows.filter(old_code__in=same).order_by("id")[:LOOKED_UP_MOST])
    if found:
        return LookedUp(found)
    named = rows.filter(product_no__in=same)
    if maker := normalise(manufacturer):
        named = named.filter(manufacturer__icontains=maker)
    return LookedUp(list(named.order_by("id")[:LOOKED_UP_MOST]))


def _by_label(label: str) -> LookedUp:
    rows = _public_rows()
    live = list(rows.filter(qr_url=label).order_by("-id"))
    live = [one for one in live if one.state != CylinderState.SCRAPPED] or live
    if live:
        return LookedUp(live[:1])
    own = _OWN_ADDRESS.search(label)
    if own and (named := scanned(own.group(1))):
        return LookedUp([named])
    old = CylinderEvent.objects.filter(
        kind=EventKind.CHANGED, before__contains={REPLACED_LABEL: label}
    ).order_by("-id")
    return LookedUp(list(rows.filter(pk__in=old.values("cylinder")[:1])), is_replaced=True)


def _public_rows() -> CylinderQuerySet:
    rows: CylinderQuerySet = Cylinder.objects.select_related("kind", "unit", "certificate")
    return rows


def is_filtered(values: Mapping[str, Any]) -> bool:
    """Whether a filter asks for anything but a tab."""
    return any(value for name, value in values.items() if name not in {"tab", "unit"})
