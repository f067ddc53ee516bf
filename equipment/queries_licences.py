"""Reading licences (许可) and stations (工位), and who may answer for them (F17, F28)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from django.db.models import Count, Q, QuerySet
from django.http import Http404

from config.actor import Actor
from config.codes import normalise
from config.search import with_words
from equipment.licence_rules import rule_on
from equipment.models import (
    Equipment,
    Licence,
    LicenceBinding,
    LicenceFamily,
    LicenceItem,
    Station,
    StationBinding,
)
from equipment.queries import Word
from units.models import Staff, Unit
from units.models.unit import UnitKind
from units.queries import staff_in_post
from units.roles import Role

LICENSED_KINDS = (UnitKind.PRODUCTION, UnitKind.FILLING)
# Who answers for a licence of a kind of unit (decision 4, M 2.1).
ROLE_OF_KIND: dict[str, Role] = {
    UnitKind.PRODUCTION: Role.QUALITY_OFFICER,
    UnitKind.FILLING: Role.SAFETY_OFFICER,
}
STATION_ROLE = Role.SAFETY_OFFICER
SOON, EXPIRED, CLOSED = "soon", "expired", "closed"


# ---------------------------------------------------------------- whose pages these are
def has_licences(actor: Actor) -> bool:
    """Whether 许可 concerns the actor's unit: it produces or fills."""
    return any(kind in actor.unit_kinds for kind in LICENSED_KINDS)


def has_stations(actor: Actor) -> bool:
    """Whether 工位管理 concerns the actor's unit: it fills (F17)."""
    return UnitKind.FILLING in actor.unit_kinds


def licensed_unit(actor: Actor) -> Unit:
    """The actor's unit if it produces or fills; Http404 for every other."""
    return _own_unit(actor, LICENSED_KINDS)


def filling_unit(actor: Actor) -> Unit:
    """The actor's unit if it fills; Http404 for every other."""
    return _own_unit(actor, (UnitKind.FILLING,))


def _own_unit(actor: Actor, kinds: Collection[str]) -> Unit:
    found = Unit.objects.for_actor(actor).filter(pk=actor.unit_id, kinds__overlap=list(kinds))
    unit = found.first()
    if unit is None:
        raise Http404("not a unit of such a kind")
    return unit


# ---------------------------------------------------------------- licences
def licence_list(
    actor: Actor, *, words: str = "", state: str = "", officer: str = "", day: date
) -> QuerySet[Licence]:
    """The actor's licences, the first to expire first.

    `state`: "" = in the books | SOON (within the longest reminder) | EXPIRED | CLOSED.
    `officer`: a staff code, or "none".
    """
    licences = Licence.objects.for_actor(actor)
    licences = licences.exclude(closed_at=None) if state == CLOSED else licences.open()
    if state == EXPIRED:
        licences = licences.filter(valid_until__lt=day)
    elif state == SOON:
        licences = licences.filter(valid_until__range=(day, day + soon_days(day)))
    licences = with_words(licences, words, "number", "family__name", "issuer", "scope")
    if officer == "none":
        licences = licences.filter(officer=None)
    elif officer:
        licences = licences.filter(officer__code=officer)
    stations = Count("stations", filter=Q(stations__closed_at=None))
    return (
        licences.select_related("family", "officer")
        .prefetch_related("items")
        .annotate(station_count=stations)
        .order_by("valid_until", "id")
    )


def soon_days(day: date) -> timedelta:
    """How long before its last day a licence counts as expiring soon."""
    return timedelta(days=rule_on(day).remind_days[0])


def get_licence(actor: Actor, code: str) -> Licence:
    """One of the actor's licences, also a closed one; Http404 for anybody else's."""
    found = (
        Licence.objects.for_actor(actor)
        .select_related("family", "officer", "unit", "file")
        .prefetch_related("items")
        .filter(code=code)
        .first()
    )
    if found is None:
        raise Http404
    return found


def expiry_word(licence: Licence, day: date) -> Word:
    """已过期 n 天, 今天到期, n 天后到期, 有效, 尚未生效, 已注销."""
    if licence.closed_at is not None:
        return Word("neutral", "已注销")
    if licence.valid_from > day:
        return Word("neutral", "尚未生效")
    days = (licence.valid_until - day).days
    if days < 0:
        return Word("danger", f"已过期 {-days} 天")
    if days == 0:
        return Word("late", "今天到期")
    return Word("late", f"{days} 天后到期") if days <= soon_days(day).days else Word("done", "有效")


def officer_history(licence: Licence) -> list[LicenceBinding]:
    """Who answered for a licence, the latest first."""
    return list(licence.bindings.select_related("staff").order_by("-period"))


def families_for(kinds: Collection[str], *, day: date) -> list[LicenceFamily]:
    """The families of licences a unit of these kinds may hold, production before filling."""
    families = LicenceFamily.objects.filter(unit_kind__in=kinds, period__contains=day)
    order = {kind: number for number, kind in enumerate(LICENSED_KINDS)}
    return sorted(families, key=lambda one: (order[UnitKind(one.unit_kind)], one.code))


def find_family(text: str, *, kinds: Collection[str], day: date) -> LicenceFamily | None:
    """The family of a code or of exactly this name, as an import row writes it."""
    wanted = normalise(text).strip()
    for one in families_for(kinds, day=day):
        if wanted in (one.code, one.name):
            return one
    return None


def items_of(family: LicenceFamily, *, day: date) -> list[LicenceItem]:
    """The items of a family in force on a day."""
    return list(family.items.filter(period__contains=day).order_by("code"))


def categories_of(unit_id: int, kind: str) -> list[str]:
    """The duty categories of a unit as a unit of one kind: its machines, or its licences."""
    if kind == UnitKind.USING:
        machines = Equipment.objects.filter(unit_id=unit_id).order_by()
        return sorted(set(machines.values_list("category", flat=True).distinct()))
    licences = Licence.objects.open().filter(unit_id=unit_id, family__unit_kind=kind).order_by()
    return sorted(set(licences.values_list("family__category", flat=True).distinct()))


# ---------------------------------------------------------------- stations
def station_list(
    actor: Actor, *, words: str = "", state: str = "", officer: str = ""
) -> QuerySet[Station]:
    """The actor's stations by number; `state` "" = in use | CLOSED."""
    stations = Station.objects.for_actor(actor)
    stations = stations.exclude(closed_at=None) if state == CLOSED else stations.open()
    stations = with_words(stations, words, "name", "number", "medium", "place")
    if officer == "none":
        stations = stations.filter(officer=None)
    elif officer:
        stations = stations.filter(officer__code=officer)
    return stations.select_related("officer", "licence__family").order_by("number", "id")


def get_station(actor: Actor, code: str) -> Station:
    """One of the actor's stations, also a closed one; Http404 for anybody else's."""
    found = (
        Station.objects.for_actor(actor)
        .select_related("officer", "licence__family", "unit")
        .filter(code=code)
        .first()
    )
    if found is None:
        raise Http404
    return found


def station_officers(station: Station) -> list[StationBinding]:
    """Who answered for a station, the latest first."""
    return list(station.bindings.select_related("staff").order_by("-period"))


def filling_licences(actor: Actor) -> list[Licence]:
    """The filling licences of the actor's unit that a station may belong to."""
    licences = Licence.objects.for_actor(actor).open().filter(family__unit_kind=UnitKind.FILLING)
    return list(licences.select_related("family").order_by("id"))


def own_licence(actor: Actor, code: str) -> Licence | None:
    """The open filling licence of a code, None for every other; for choices of forms."""
    return next((one for one in filling_licences(actor) if one.code == code), None)


# ---------------------------------------------------------------- officers
def officers_for(unit_id: int, role: Role, category: str, *, day: date) -> list[Staff]:
    """Who may answer: employed, with the role in force on the day and the category in scope."""
    people = staff_in_post(unit_id, [role], on=day, category=category or None)
    return list(people.order_by("id"))


def own_officer(actor: Actor, code: str) -> Staff | None:
    """The employed person of a code, None for every other; for choices of forms."""
    return Staff.objects.for_actor(actor).employed().filter(code=code).first()
