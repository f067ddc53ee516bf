"""Reading the bureaus' historical machines: the bureau's list and what a unit may claim (F29)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Count, Q, QuerySet

from config.actor import Actor
from config.search import with_words
from equipment.enums import UseStatus
from equipment.models import ArchiveRecord, CatalogueEntry, Equipment
from equipment.models.public import ArchiveRecordQuerySet
from units.archives import Waiting

WAITING, CLAIMED, DECLINED = "waiting", "claimed", "declined"
STATES = ((WAITING, "待认领"), (CLAIMED, "已认领"), (DECLINED, "已否认"))
_IN_STATE = {
    WAITING: Q(claimed_at=None, declined_at=None),
    CLAIMED: Q(claimed_at__isnull=False),
    DECLINED: Q(declined_at__isnull=False),
}


def records(actor: Actor, *, state: str, keyword: str = "") -> ArchiveRecordQuerySet:
    """The records of a state that an actor sees, the latest first, narrowed by words."""
    found = _matching(actor, keyword).filter(_IN_STATE[state])
    return found.select_related("region", "equipment").order_by("-id")


def _matching(actor: Actor, keyword: str) -> ArchiveRecordQuerySet:
    found = ArchiveRecord.objects.for_actor(actor)
    return with_words(
        found, keyword, "name", "equipment_code", "registration_no", "unit_name", "credit_code"
    )


def counts(actor: Actor, *, keyword: str = "") -> dict[str, int]:
    """How many records there are in each state, in one query."""
    asked = {state: Count("pk", filter=condition) for state, condition in _IN_STATE.items()}
    return _matching(actor, keyword).order_by().aggregate(**asked)


def badge(actor: Actor) -> QuerySet[ArchiveRecord]:
    """The machines that wait for the actor's unit; counted in the menu."""
    found = ArchiveRecord.objects.for_actor(actor).waiting()
    return found if actor.kind == "unit" else found.none()


def by_codes(actor: Actor, codes: Collection[str]) -> list[ArchiveRecord]:
    """The actor's records of these codes in order; foreign and unknown codes are left out."""
    known = [code for code in codes if code.isalnum() and len(code) <= 12]
    return list(ArchiveRecord.objects.for_actor(actor).filter(code__in=known).order_by("pk"))


def twins_of(unit_id: int, archived: Iterable[ArchiveRecord]) -> dict[int, Equipment]:
    """The unit's own machines that carry a record's number already, by record; one query."""
    rows = list(archived)
    codes = {row.equipment_code for row in rows} - {""}
    numbers = {row.registration_no for row in rows} - {""}
    if not codes and not numbers:
        return {}
    machines = Equipment.objects.filter(unit_id=unit_id).exclude(status=UseStatus.SCRAPPED)
    machines = machines.filter(Q(equipment_code__in=codes) | Q(registration_no__in=numbers))
    by_code, by_number = {}, {}
    for machine in machines.order_by("pk"):
        by_code[machine.equipment_code] = machine
        by_number[machine.registration_no] = machine
    by_code.pop("", None)
    by_number.pop("", None)
    found = {}
    for row in rows:
        twin = by_code.get(row.equipment_code) or by_number.get(row.registration_no)
        if twin is not None:
            found[row.pk] = twin
    return found


def varieties(archived: Iterable[ArchiveRecord]) -> dict[str, str]:
    """The names of the catalogue entries of these records, by code; one query."""
    codes = {row.facts.get("catalogue", "") for row in archived}
    return dict(CatalogueEntry.objects.filter(pk__in=codes).values_list("pk", "name"))


def waiting_for(credit_code: str) -> list[Waiting]:
    """What waits under a credit code, by name and district (units.archives)."""
    rows = (
        ArchiveRecord.objects.waiting()
        .filter(credit_code=credit_code)
        .order_by()
        .values_list("unit_name", "region_id")
        .annotate(machines=Count("pk"))
    )
    return [Waiting(*row) for row in rows]
