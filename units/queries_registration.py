"""Reading registrations, regions to choose from, and the public list of bureaus (F1, F2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.http import Http404

from config.search import with_words
from units.models import Bureau, Region, Registration

# Between province and city in the label of a group of districts; static/js/regions.js splits there.
BETWEEN = " · "


def get_registration(code: str) -> Registration:
    """The registration of a link; Http404 for every other code. Who holds the link may read it."""
    found = (
        Registration.objects.select_related("region__parent__parent", "unit")
        .filter(code=code)
        .first()
    )
    if found is None:
        raise Http404
    return found


def region_choices(day: date) -> list[tuple[str, list[tuple[str, str]]]]:
    """Option groups of the district picker: ("陕西省 · 西安市", [("610102", "新城区"), …])."""
    regions = Region.objects.pickable(day).select_related("parent__parent").order_by("code")
    groups: dict[str, list[tuple[str, str]]] = {}
    for region in regions:
        groups.setdefault(BETWEEN.join(_above(region)), []).append((region.code, region.name))
    return list(groups.items())


def region_of(code: str, day: date) -> Region | None:
    """The district of a code if a unit may be registered there on a day."""
    return Region.objects.pickable(day).filter(pk=code).first()


def full_name(region: Region) -> str:
    """陕西省西安市新城区, read from the region upwards."""
    return "".join([*_above(region), region.name])


def _above(region: Region) -> list[str]:
    names: list[str] = []
    parent = region.parent
    while parent is not None:
        names.insert(0, parent.name)
        parent = parent.parent
    return names


@dataclass(frozen=True)
class BureauGroup:
    """The bureaus of one province or city, its own first."""

    label: str
    bureaus: list[Bureau]


def directory(words: str = "") -> list[BureauGroup]:
    """The bureaus with address and phone by province and city (F2); `words` narrows by name."""
    bureaus = Bureau.objects.select_related("region__parent__parent")
    bureaus = with_words(
        bureaus,
        words,
        "name",
        "region__name",
        "region__parent__name",
        "region__parent__parent__name",
        "address",
    )
    groups: dict[str, list[Bureau]] = {}
    for bureau in bureaus.order_by("region_id", "id"):
        region = bureau.region
        above = _above(region)
        own = [] if region.level == Region.Level.DISTRICT else [region.name]
        groups.setdefault("".join([*above, *own]), []).append(bureau)
    return [BureauGroup(label, found) for label, found in groups.items()]
