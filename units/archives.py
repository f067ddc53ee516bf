"""Whether a bureau's archive already knows a unit that registers (F1); `equipment` keeps the archive."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from config.codes import normalise

_BRACKETS = str.maketrans("（）〔〕【】[]", "()()()()")


@dataclass(frozen=True)
class Waiting:
    """Machines of the archive that wait for a unit: under which name, in which region, how many."""

    unit_name: str
    region_code: str
    machines: int


# fn(credit_code) -> what waits under it
Finder = Callable[[str], Iterable[Waiting]]

_finders: list[Finder] = []


def register(finder: Finder) -> None:
    """Add an archive; called once by an app in AppConfig.ready(). A second time changes nothing."""
    if finder not in _finders:
        _finders.append(finder)


def name_key(name: str) -> str:
    """A unit's name as it is compared: one kind of brackets, no blanks, capitals."""
    return "".join(normalise(name).translate(_BRACKETS).split()).upper()


def matching(credit_code: str, name: str, region_code: str) -> int:
    """How many machines wait for a unit of this credit code; 0 unless name and district agree.

    The district has to agree because its bureau is the one that is told and may object: whoever
    registers must not choose a district where nobody knows the unit.
    """
    found = [one for finder in _finders for one in finder(credit_code)]
    same = [one for one in found if name_key(one.unit_name) == name_key(name)]
    if not any(one.region_code == region_code for one in same):
        return 0
    return sum(one.machines for one in same)
