"""Reading hazards: scoped fetch, what waits for whom, lists with their tabs and filters.

Filters of the desk list in the URL (other rooms link with them): `source` daily|weekly|monthly,
`state` (a HazardState, or open = 待下达 and 待整改), `overdue` now|ever, `category`, `severity`,
`date_from`, `date_to` (发现日期), `keyword`, `machine`, `licence`, `station` and `unit` (public
codes). `category` is a subject (equipment.subjects).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404

from config.actor import Actor
from config.prepared import Bound, Prepared
from equipment import subjects
from equipment.models import Equipment, Licence, Station
from equipment.someone import Someone, someone, whose
from hazards import people, wording
from hazards.models import Hazard, HazardPhoto, HazardQuerySet
from hazards.states import HazardState, Source
from units.models import Appointment, Photo, Unit
from units.roles import DIRECTORS, OFFICERS, Role

PENDING_ORDER = HazardState.PENDING_ORDER.value
PENDING_RECTIFICATION = HazardState.PENDING_RECTIFICATION.value
RECTIFIED = HazardState.RECTIFIED.value
REVIEWED = HazardState.REVIEWED.value

OPEN = "open"
PHOTO_PURPOSE = "hazard_photo"
# A finding of the same item at the same subject within so many days is a repeated one (B112).
REPEAT_WITHIN = timedelta(days=90)
# Everything that is printed or asked about what was inspected, in one query.
INSPECTED = ("equipment__officer", "licence__officer", "licence__family", "station__officer")


def get_hazard(actor: Actor, code: str) -> Hazard:
    """Return a hazard the actor may see; Http404 for a foreign unit's (house rule 7)."""
    found = (
        Hazard.objects.for_actor(actor)
        .select_related("unit", *INSPECTED, "found_by", "ordered_by", "rectified_by", "reviewed_by")
        .annotate(earlier=_earlier())
        .filter(code=code)
        .first()
    )
    if found is None:
        raise Http404("隐患不存在")
    return found


# ---------------------------------------------------------------- whose turn it is
def decider_scope(actor: Actor, day: date) -> Q:
    """The hazards a person decides on as director, or as principal where there is no director."""
    scope = Q(category__in=subjects.directed_by(actor.posts))
    if actor.has_role(Role.PRINCIPAL) and actor.unit_id is not None:
        scope |= ~Q(category__in=people.directed(actor.unit_id, day))
    return scope


def rectifier_scope(actor: Actor, day: date, *, decides: Q | None = None) -> Q:
    """The hazards a person has to put right, whatever their state (the set twin of may_rectify)."""
    decides = decider_scope(actor, day) if decides is None else decides
    scope = Q(source=Source.WEEKLY) & decides
    if any(actor.has_role(role) for role in OFFICERS):
        scope |= Q(source=Source.DAILY) & _rectified_by_officer(actor, day)
    if actor.has_role(Role.PRINCIPAL):
        scope |= Q(source=Source.MONTHLY)
    return scope


def _named(staff_id: int | None) -> Q:
    """Hazards of the machines, licences and stations a person is the officer of."""
    return (
        Q(equipment__officer_id=staff_id)
        | Q(licence__officer_id=staff_id)
        | Q(station__officer_id=staff_id)
    )


# Nobody is named for what was inspected: who puts it right comes out of the pool.
_POOLED = Q(equipment=None, licence__officer=None, station__officer=None)


def _rectified_by_officer(actor: Actor, day: date) -> Q:
    """The set twin of Hazard.is_rectifier."""
    finder = Appointment.objects.in_force(day).filter(
        staff=OuterRef("found_by"), staff__ended_on=None, role__in=OFFICERS
    )
    falls_to_pool = Q(category__in=subjects.inspected_by(actor.posts)) & ~Exists(finder)
    pooled = _POOLED & (Q(found_by_id=actor.staff_id) | falls_to_pool)
    return _named(actor.staff_id) | pooled


@dataclass(frozen=True)
class Waiting:
    """How many hazards wait for one person, by what is to be done."""

    to_order: int = 0
    to_rectify: int = 0
    to_review: int = 0

    @property
    def total(self) -> int:
        return self.to_order + self.to_rectify + self.to_review


def waiting_hazards(actor: Actor, *, day: date) -> HazardQuerySet:
    """The hazards whose next step is this person's (the set twin of `hazard.offers`)."""
    if actor.staff_id is None:
        return Hazard.objects.none()
    return Hazard.objects.for_actor(actor).filter(_waits_for(actor, day))


def counted_waiting(actor: Actor, *, day: date) -> HazardQuerySet | Bound:
    """`waiting_hazards` for the menu, which only counts them."""
    # Which categories have no director is looked up for a principal: nothing to be prepared.
    if actor.staff_id is None or actor.has_role(Role.PRINCIPAL):
        return waiting_hazards(actor, day=day)
    return _waiting_keys(someone(actor), day).bind(**whose(actor))


@lru_cache(maxsize=256)
def _waiting_keys(who: Someone, day: date) -> Prepared:
    return Prepared(waiting_hazards(who.actor, day=day).order_by().values("pk"))


def _waits_for(actor: Actor, day: date) -> Q:
    decides = decider_scope(actor, day)
    return (
        Q(state=PENDING_ORDER) & decides
        | Q(state=PENDING_RECTIFICATION) & rectifier_scope(actor, day, decides=decides)
        | Q(state=RECTIFIED, source=Source.DAILY, unit__reviews_hazards=True)
        & ~Q(rectified_by_id=actor.staff_id)
        & decides
    )


def waiting(actor: Actor, *, day: date) -> Waiting:
    """Count what waits for a person: one query (two for a principal)."""
    if actor.staff_id is None:
        return Waiting()
    counted = waiting_hazards(actor, day=day).aggregate(
        to_order=Count("pk", filter=Q(state=PENDING_ORDER)),
        to_rectify=Count("pk", filter=Q(state=PENDING_RECTIFICATION)),
        to_review=Count("pk", filter=Q(state=RECTIFIED)),
    )
    return Waiting(**counted)


# ---------------------------------------------------------------- the phone's lists
@dataclass(frozen=True)
class Tab:
    """One tab of a list; `where` selects its rows."""

    key: str
    label: str
    where: Q
    order: tuple[Any, ...] = ("-found_at", "-id")


def overdue(day: date) -> Q:
    return Q(state=PENDING_RECTIFICATION, due_on__lt=day)


# Severe first ("severe" > "general"), then the nearest deadline.
_URGENT = ("-severity", F("due_on").asc(nulls_last=True), "found_at", "id")
_LATEST = (F("rectified_at").desc(nulls_last=True), "-id")


def is_overseer(actor: Actor) -> bool:
    """Directors and principals see the unit's hazards; officers those of their machines."""
    return any(actor.has_role(role) for role in (*DIRECTORS, Role.PRINCIPAL))


def field_tabs(actor: Actor, source: str, day: date, *, reviews: bool) -> list[Tab]:
    """The tabs of the phone list for one person and round (F63, F64, F65)."""
    done = Tab("done", "已整改", Q(state__in=[RECTIFIED, REVIEWED]), _LATEST)
    reviews = reviews and source == Source.DAILY
    if reviews:
        done = Tab("done", "已复查", Q(state=REVIEWED), _LATEST)
    to_review = [Tab("review", "待复查", Q(state=RECTIFIED), _LATEST)] if reviews else []
    everything = Tab("all", "全部", Q())
    if not is_overseer(actor):
        # To the officer a reported hazard is unresolved whether ordered or not (M 2.2, 2.5).
        unresolved = Q(state__in=[PENDING_ORDER, PENDING_RECTIFICATION])
        order = (F("due_on").asc(nulls_last=True), "-severity", "found_at", "id")
        return [Tab("rectify", "待整改", unresolved, order), *to_review, done, everything]
    tabs = [Tab("order", "待下达", Q(state=PENDING_ORDER), _URGENT)]
    tabs = tabs if source == Source.DAILY else []
    return [
        *tabs,
        Tab("rectify", "待整改", Q(state=PENDING_RECTIFICATION), _URGENT),
        Tab("overdue", "逾期", overdue(day), _URGENT),
        *to_review,
        done,
        everything,
    ]


def field_hazards(actor: Actor) -> HazardQuerySet:
    """What a person's phone lists: the principal the whole unit, a director his scope, an officer
    the hazards of his machines, licences and stations, those of his pool, and what he found or
    put right himself."""
    hazards = Hazard.objects.for_actor(actor)
    if actor.staff_id is None:
        return hazards.none()
    if actor.has_role(Role.PRINCIPAL):
        return hazards
    me = actor.staff_id
    seen = _named(me) | Q(found_by_id=me) | Q(rectified_by_id=me)
    seen |= Q(category__in=subjects.directed_by(actor.posts))
    seen |= _POOLED & Q(source=Source.DAILY, category__in=subjects.inspected_by(actor.posts))
    return hazards.filter(seen)


@dataclass(frozen=True)
class Round:
    """One round of the phone's list: how many of its hazards wait for this person."""

    source: str
    waiting: int


def field_rounds(actor: Actor, hazards: HazardQuerySet, *, day: date) -> list[Round]:
    """The rounds to choose between (M 2.5, 3.6, 3.7, 4.4): 日 for everybody, 周 for directors and
    the principal, 月 for the principal; another one where the person has hazards of it."""
    found = {
        row["source"]: row
        for row in hazards.order_by()
        .values("source")
        .annotate(waiting=Count("pk", filter=_waits_for(actor, day)))
    }
    own = {Source.DAILY.value}
    if is_overseer(actor):
        own.add(Source.WEEKLY.value)
    if actor.has_role(Role.PRINCIPAL):
        own.add(Source.MONTHLY.value)
    return [
        Round(one, found.get(one, {}).get("waiting", 0))
        for one in Source.values
        if one in own or one in found
    ]


def opening_round(actor: Actor, rounds: list[Round]) -> str:
    """The round a list opens with: where something waits for this person, else the one that is his
    by his post."""
    waiting = [one.source for one in rounds if one.waiting]
    if waiting:
        return waiting[0]
    roles = {post.role for post in actor.posts}
    return Source.MONTHLY.value if roles == {Role.PRINCIPAL.value} else Source.DAILY.value


def tab_counts(hazards: HazardQuerySet, tabs: list[Tab]) -> dict[str, int]:
    """Rows behind every tab, in one query."""
    return hazards.order_by().aggregate(
        **{tab.key: Count("pk", filter=tab.where) if tab.where else Count("pk") for tab in tabs}
    )


def described(hazards: HazardQuerySet) -> HazardQuerySet:
    """Hazards with the names that a row prints, in one query."""
    return hazards.select_related("unit", *INSPECTED, "found_by")


def with_people(hazards: HazardQuerySet) -> HazardQuerySet:
    """Everything a list row prints, in one query: names, and how often it was found before."""
    return described(hazards).annotate(earlier=_earlier())


def _earlier() -> Coalesce:
    """How often the same item had been found at the same subject in the 90 days before (B112)."""
    same = {name: OuterRef(name) for name in ("unit", "source", "category", "item_key")}
    inspected = ("equipment", "licence", "station")
    before = (
        Hazard.objects.order_by()
        .alias(**{f"its_{name}": _key(name) for name in inspected})
        .filter(
            found_at__lt=OuterRef("found_at"),
            found_on__gte=OuterRef("found_on") - REPEAT_WITHIN,
            **same,
            **{f"its_{name}": _key(name, OuterRef) for name in inspected},
        )
    )
    counted = before.values("unit").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)


def _key(column: str, of: type = F) -> Coalesce:
    """A foreign key that compares equal where it is empty in both rows."""
    return Coalesce(of(f"{column}_id"), 0)


def unit_of(actor: Actor) -> Unit:
    """The actor's own unit; Http404 for who has none."""
    unit = Unit.objects.for_actor(actor).filter(pk=actor.unit_id).first()
    if unit is None:
        raise Http404("没有所属单位")
    return unit


# ---------------------------------------------------------------- one hazard
@dataclass(frozen=True)
class NextStep:
    """Who has to do what now, and whether nobody is there to do it."""

    text: str
    is_stuck: bool = False


def next_step(hazard: Hazard, *, day: date) -> NextStep | None:
    """Say whose turn it is; None when the hazard is closed."""
    if hazard.state == PENDING_ORDER:
        who = people.deciders(hazard.unit_id, hazard.category, day)
        if who and people.rectifiers(hazard, day):
            return NextStep(f"等待 {people.names(who)} 下达整改措施")
        if who:
            return NextStep(
                f"等待 {people.names(who)} 下达整改措施。{_nobody_rectifies(hazard, '下达后')}",
                True,
            )
        return NextStep(f"{_nobody_decides(hazard)}，无人下达整改措施，{_REGISTER}", True)
    if hazard.state == PENDING_RECTIFICATION:
        who = people.rectifiers(hazard, day)
        if who:
            return NextStep(f"等待 {people.names(who)} 完成整改")
        if hazard.source == Source.DAILY:
            return NextStep(_nobody_rectifies(hazard), True)
        if hazard.source == Source.MONTHLY:
            return NextStep(f"本单位没有主要负责人，无人确认完成整改，{_REGISTER}", True)
        return NextStep(f"{_nobody_decides(hazard)}，无人确认完成整改，{_REGISTER}", True)
    if hazard.state == RECTIFIED and hazard.source == Source.DAILY and hazard.unit.reviews_hazards:
        who = [
            one
            for one in people.deciders(hazard.unit_id, hazard.category, day)
            if one.pk != hazard.rectified_by_id
        ]
        return NextStep(f"等待 {people.names(who)} 复查") if who else None
    return None


_REGISTER = "请单位管理员在人员管理中登记。"


def _nobody_decides(hazard: Hazard) -> str:
    subject = subjects.of(hazard.category)
    director = subjects.DIRECTOR_OF[subject.unit_kind].label
    return f"本单位没有分管“{subject.label}”的{director}，也没有主要负责人"


def _nobody_rectifies(hazard: Hazard, when: str = "") -> str:
    if hazard.equipment_id is not None:
        return f"该设备未绑定安全员，{when}无人整改，请单位管理员在设备档案中绑定。"
    officer = subjects.OFFICER_OF[subjects.of(hazard.category).unit_kind].label
    named = wording.subject_word(hazard)
    return f"该{named}没有责任人，本单位也没有{officer}，{when}无人整改，{_REGISTER}"


def trail(hazard: Hazard) -> list[Any]:
    """The events of a hazard with the photos handed in with each (two queries)."""
    return list(hazard.events.prefetch_related("photos__photo"))


def photos(hazard: Hazard) -> dict[str, list[Photo]]:
    """{"found": […], "rectified": […]}; of rectifications only the last one's photos."""
    links = list(HazardPhoto.objects.filter(hazard=hazard).select_related("photo", "event"))
    rounds = [link.event_id for link in links if link.stage == "rectified" and link.event_id]
    last = max(rounds, default=None)
    return {
        "found": [link.photo for link in links if link.stage == "found"],
        "rectified": [
            link.photo for link in links if link.stage == "rectified" and link.event_id == last
        ],
    }


def uploaded_photos(actor: Actor, codes: list[str]) -> list[Photo]:
    """Photos that this person has uploaded for a hazard form and not handed in yet."""
    wanted = []
    for code in codes:
        try:
            wanted.append(UUID(code))
        except ValueError:
            continue
    if actor.unit_id is None or not wanted:
        return []
    return list(
        Photo.objects.filter(
            code__in=wanted,
            unit_id=actor.unit_id,
            uploaded_by_id=actor.user_id,
            copy__purpose=PHOTO_PURPOSE,
            hazard_links=None,
        )
    )


# ---------------------------------------------------------------- the desk list
def desk_hazards(actor: Actor, filters: dict[str, Any], *, day: date) -> HazardQuerySet:
    """风险隐患记录 (F62) under the list's filters, except the round (its tabs)."""
    hazards = Hazard.objects.for_actor(actor)
    plain = {
        "category": "category",
        "severity": "severity",
        "date_from": "found_on__gte",
        "date_to": "found_on__lte",
        "machine": "equipment__code",
        "licence": "licence__code",
        "station": "station__code",
        "unit": "unit__code",
    }
    hazards = hazards.filter(
        **{lookup: filters[key] for key, lookup in plain.items() if filters.get(key)}
    )
    if filters.get("state") == OPEN:
        hazards = hazards.unresolved()
    elif filters.get("state"):
        hazards = hazards.filter(state=filters["state"])
    if filters.get("overdue") == "now":
        hazards = hazards.filter(overdue(day))
    elif filters.get("overdue") == "ever":
        hazards = hazards.filter(overdue(day) | Q(overdue_at__isnull=False))
    if filters.get("keyword"):
        hazards = hazards.filter(_matches(filters["keyword"], actor))
    return hazards


def _matches(keyword: str, actor: Actor) -> Q:
    columns = [
        "description",
        "item",
        "equipment__name",
        "equipment__place",
        "equipment__equipment_code",
        "licence__number",
        "licence__family__name",
        "station__name",
        "station__number",
        "found_by__name",
    ]
    if actor.kind == "bureau":
        columns.append("unit__name")
    match = Q()
    for column in columns:
        match |= Q(**{f"{column}__icontains": keyword})
    return match


@dataclass(frozen=True)
class Unattended:
    """Hazards of a unit that nobody can take the next step on."""

    without_decider: int
    without_officer: int


def unattended(actor: Actor, *, day: date) -> Unattended:
    """What a unit admin is warned of: nobody to order or close (decision 12), or no officer bound."""
    if actor.unit_id is None:
        return Unattended(0, 0)
    open_ones = Hazard.objects.for_actor(actor).unresolved()
    without_decider = 0
    if not people.principals(actor.unit_id, day):
        decided = Q(state=PENDING_ORDER) | Q(source=Source.WEEKLY)
        nobody = decided & ~Q(category__in=people.directed(actor.unit_id, day))
        without_decider = open_ones.filter(nobody | Q(source=Source.MONTHLY)).count()
    without_officer = open_ones.filter(
        source=Source.DAILY, equipment__isnull=False, equipment__officer=None
    ).count()
    return Unattended(without_decider, without_officer)


def machine_hazards(actor: Actor, equipment: Any, *, limit: int = 5) -> tuple[list[Hazard], int]:
    """The open hazards of a machine for its page (newest first), and how many there are."""
    return subject_hazards(actor, equipment=equipment, limit=limit)


def subject_hazards(actor: Actor, *, limit: int = 5, **subject: Any) -> tuple[list[Hazard], int]:
    """The open hazards of one subject (newest first), and how many there are.

    In: one of `equipment`, `licence`, `station`; or `category` with `source` for a weekly or monthly
    round.
    """
    found = Hazard.objects.for_actor(actor).filter(**subject).unresolved()
    return list(with_people(found)[:limit]), found.count()


def source_counts(hazards: HazardQuerySet) -> dict[str, int]:
    """Rows of every round under the present filters, in one query."""
    return hazards.order_by().aggregate(
        **{one: Count("pk", filter=Q(source=one)) for one in Source.values}
    )


def narrowed_to(actor: Actor, filters: dict[str, Any]) -> str:
    """What a link has narrowed the list to, by name; empty when to nothing."""
    names = []
    if filters.get("unit"):
        unit = Unit.objects.for_actor(actor).filter(code=filters["unit"]).first()
        names.append(unit.name if unit else "未找到的单位")
    if filters.get("machine"):
        machine = Equipment.objects.for_actor(actor).filter(code=filters["machine"]).first()
        names.append(machine.name if machine else "未找到的设备")
    if filters.get("licence"):
        licence = Licence.objects.for_actor(actor).filter(code=filters["licence"]).first()
        names.append(str(licence) if licence else "未找到的许可")
    if filters.get("station"):
        station = Station.objects.for_actor(actor).filter(code=filters["station"]).first()
        names.append(station.name if station else "未找到的工位")
    return " ".join(names)
