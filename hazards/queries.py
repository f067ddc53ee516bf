"""Reading hazards: scoped fetch, what waits for whom, lists with their tabs and filters.

Filters of the desk list in the URL (other rooms link with them): `source` daily|weekly|monthly,
`state` (a HazardState, or open = 待下达 and 待整改), `overdue` now|ever, `category`, `severity`,
`date_from`, `date_to` (发现日期), `keyword`, `machine` and `unit` (public codes).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q
from django.http import Http404

from config.actor import Actor
from equipment.models import Equipment
from hazards import people
from hazards.models import Hazard, HazardPhoto, HazardQuerySet
from hazards.states import HazardState, Source
from units.models import Photo, Unit
from units.roles import DIRECTORS, OFFICERS, Role

PENDING_ORDER = HazardState.PENDING_ORDER.value
PENDING_RECTIFICATION = HazardState.PENDING_RECTIFICATION.value
RECTIFIED = HazardState.RECTIFIED.value
REVIEWED = HazardState.REVIEWED.value

OPEN = "open"
PHOTO_PURPOSE = "hazard_photo"


def get_hazard(actor: Actor, code: str) -> Hazard:
    """Return a hazard the actor may see; Http404 for a foreign unit's (house rule 7)."""
    found = (
        Hazard.objects.for_actor(actor)
        .select_related(
            "unit", "equipment__officer", "found_by", "ordered_by", "rectified_by", "reviewed_by"
        )
        .filter(code=code)
        .first()
    )
    if found is None:
        raise Http404("隐患不存在")
    return found


# ---------------------------------------------------------------- whose turn it is
def decider_scope(actor: Actor, day: date) -> Q:
    """The hazards a person decides on as director, or as principal where there is no director."""
    scope = Q(pk__in=[])
    for post in actor.posts:
        if post.role in DIRECTORS and not post.categories:
            return Q()
        if post.role in DIRECTORS:
            scope |= Q(category__in=post.categories)
    if actor.has_role(Role.PRINCIPAL) and actor.unit_id is not None:
        everything, covered = people.covered_categories(actor.unit_id, day)
        if not everything:
            scope |= ~Q(category__in=covered) if covered else Q(pk__isnull=False)
    return scope


def rectifier_scope(actor: Actor, day: date, *, decides: Q | None = None) -> Q:
    """The hazards a person has to put right, whatever their state (the set twin of may_rectify)."""
    decides = decider_scope(actor, day) if decides is None else decides
    scope = Q(source=Source.WEEKLY) & decides
    if any(actor.has_role(role) for role in OFFICERS):
        own = Q(equipment__officer_id=actor.staff_id)
        own |= Q(equipment=None, found_by_id=actor.staff_id)
        scope |= Q(source=Source.DAILY) & own
    if actor.has_role(Role.PRINCIPAL):
        scope |= Q(source=Source.MONTHLY)
    return scope


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
    decides = decider_scope(actor, day)
    return Hazard.objects.for_actor(actor).filter(
        Q(state=PENDING_ORDER) & decides
        | Q(state=PENDING_RECTIFICATION) & rectifier_scope(actor, day, decides=decides)
        | Q(state=RECTIFIED, unit__reviews_hazards=True)
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
    the hazards of his machines and what he found or put right himself."""
    hazards = Hazard.objects.for_actor(actor)
    if actor.staff_id is None:
        return hazards.none()
    if actor.has_role(Role.PRINCIPAL):
        return hazards
    me = actor.staff_id
    seen = Q(equipment__officer_id=me) | Q(found_by_id=me) | Q(rectified_by_id=me)
    for post in actor.posts:
        if post.role in DIRECTORS:
            if not post.categories:
                return hazards
            seen |= Q(category__in=post.categories)
    return hazards.filter(seen)


def field_sources(actor: Actor, hazards: HazardQuerySet) -> list[str]:
    """The rounds to choose between: daily always; weekly (directors, principal) and monthly
    (principal) once such hazards exist."""
    allowed = [Source.WEEKLY.value] if is_overseer(actor) else []
    if actor.has_role(Role.PRINCIPAL):
        allowed.append(Source.MONTHLY.value)
    present = set()
    if allowed:
        present = set(
            hazards.filter(source__in=allowed)
            .order_by()
            .values_list("source", flat=True)
            .distinct()
        )
    return [Source.DAILY.value, *(one for one in allowed if one in present)]


def tab_counts(hazards: HazardQuerySet, tabs: list[Tab]) -> dict[str, int]:
    """Rows behind every tab, in one query."""
    return hazards.order_by().aggregate(
        **{tab.key: Count("pk", filter=tab.where) if tab.where else Count("pk") for tab in tabs}
    )


def with_people(hazards: HazardQuerySet) -> HazardQuerySet:
    """Everything a list row prints, in one query."""
    return hazards.select_related("unit", "equipment__officer", "found_by")


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
                f"等待 {people.names(who)} 下达整改措施。该设备未绑定安全员，下达后无人整改，"
                "请单位管理员在设备档案中绑定。",
                True,
            )
        return NextStep(
            "本单位没有分管该类设备的安全总监，也没有主要负责人，无人下达整改措施，"
            "请单位管理员在人员管理中登记。",
            True,
        )
    if hazard.state == PENDING_RECTIFICATION:
        who = people.rectifiers(hazard, day)
        if who:
            return NextStep(f"等待 {people.names(who)} 完成整改")
        if hazard.source == Source.DAILY:
            return NextStep("该设备未绑定安全员，无人整改，请单位管理员在设备档案中绑定。", True)
        return NextStep("本单位没有登记负责整改的人员，请单位管理员在人员管理中登记。", True)
    if hazard.state == RECTIFIED and hazard.unit.reviews_hazards:
        who = [
            one
            for one in people.deciders(hazard.unit_id, hazard.category, day)
            if one.pk != hazard.rectified_by_id
        ]
        return NextStep(f"等待 {people.names(who)} 复查") if who else None
    return None


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
    """What a unit admin is warned of: nobody to order (decision 12), or no officer bound."""
    if actor.unit_id is None:
        return Unattended(0, 0)
    open_ones = Hazard.objects.for_actor(actor).filter(source=Source.DAILY)
    without_decider = 0
    if not people.principals(actor.unit_id, day):
        everything, covered = people.covered_categories(actor.unit_id, day)
        if not everything:
            without_decider = (
                open_ones.filter(state=PENDING_ORDER).exclude(category__in=covered).count()
            )
    without_officer = open_ones.filter(
        state__in=[PENDING_ORDER, PENDING_RECTIFICATION],
        equipment__isnull=False,
        equipment__officer=None,
    ).count()
    return Unattended(without_decider, without_officer)


def machine_hazards(actor: Actor, equipment: Any, *, limit: int = 5) -> tuple[list[Hazard], int]:
    """The open hazards of a machine for its page (newest first), and how many there are."""
    found = Hazard.objects.for_actor(actor).filter(equipment=equipment).unresolved()
    return list(with_people(found)[:limit]), found.count()


def source_counts(hazards: HazardQuerySet) -> dict[str, int]:
    """Rows of every round under the present filters, in one query."""
    return hazards.order_by().aggregate(
        **{one: Count("pk", filter=Q(source=one)) for one in Source.values}
    )


def narrowed_to(actor: Actor, filters: dict[str, Any]) -> str:
    """Name of the machine or unit a link has narrowed the list to; empty when to none."""
    names = []
    if filters.get("unit"):
        unit = Unit.objects.for_actor(actor).filter(code=filters["unit"]).first()
        names.append(unit.name if unit else "未找到的单位")
    if filters.get("machine"):
        machine = Equipment.objects.for_actor(actor).filter(code=filters["machine"]).first()
        names.append(machine.name if machine else "未找到的设备")
    return " ".join(names)
