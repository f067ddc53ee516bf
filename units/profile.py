"""What 企业信息 of a unit has to hold, by kind, and what is still missing (F19, F20; pure)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

USING, PRODUCTION, FILLING, INSPECTION = "using", "production", "filling", "inspection"
EVERY = frozenset({USING, PRODUCTION, FILLING, INSPECTION})
# Those whose safety organisation Order 74 asks for.
RUNNING = frozenset({USING, FILLING})


@dataclass(frozen=True)
class Fact:
    """One field of 企业信息: which kinds of unit have to fill it in (none = optional)."""

    name: str
    label: str
    kinds: frozenset[str] = frozenset()

    def is_required(self, kinds: Iterable[str]) -> bool:
        return bool(self.kinds & set(kinds))


# In the order of the page. Names are those of units.models.Unit.
FACTS: tuple[Fact, ...] = (
    Fact("legal_representative", "法定代表人", EVERY),
    Fact("address", "地址", EVERY),
    Fact("postcode", "邮政编码", frozenset({USING})),
    Fact("contact_name", "联系人", EVERY),
    Fact("contact_phone", "联系电话", EVERY),
    Fact("landline", "单位固定电话"),
    Fact("email", "电子邮箱", frozenset({PRODUCTION, INSPECTION})),
    Fact("industry", "所属行业"),
    Fact("safety_department", "安全管理机构", RUNNING),
    Fact("safety_phone", "安全管理机构电话", RUNNING),
)


@dataclass(frozen=True)
class Missing:
    """One thing that is not filled in or not arranged, and the page where it is."""

    label: str
    url: str


@dataclass(frozen=True)
class Completeness:
    """How much of what is asked of a unit is there; `percent` is 100 only when nothing is missing."""

    done: int
    total: int
    missing: tuple[Missing, ...]

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 100

    @property
    def is_complete(self) -> bool:
        return not self.missing


@dataclass(frozen=True)
class Check:
    """What another room asks of a unit: one thing, done or `missing`."""

    missing: Missing | None = None


# fn(unit_id) -> the checks of a room
CheckMaker = Callable[[int], Iterable[Check]]

_makers: list[CheckMaker] = []


def register(maker: CheckMaker) -> None:
    """Add checks; called once by an app in AppConfig.ready(). A second time changes nothing."""
    if maker not in _makers:
        _makers.append(maker)


def checks_of(unit_id: int) -> list[Check]:
    """The checks of all rooms for a unit, in the order in which they registered."""
    return [check for maker in _makers for check in maker(unit_id)]


def required(kinds: Collection[str]) -> list[Fact]:
    """The fields that a unit of these kinds has to fill in."""
    return [fact for fact in FACTS if fact.is_required(kinds)]


def assess(
    kinds: Collection[str],
    values: Mapping[str, str],
    *,
    posts: int,
    vacant: Collection[str],
    facts_url: str,
    posts_url: str,
    checks: Collection[Check] = (),
) -> Completeness:
    """Weigh a unit: its required fields, the posts it has to name (F20), the checks of other rooms.

    `values` are the facts by name; `posts` is how many posts the kinds have to name, `vacant` the
    labels of those nobody holds. Every field, post and check counts one.
    """
    wanted = required(kinds)
    missing = [
        Missing(f"{fact.label}未填写", facts_url)
        for fact in wanted
        if not values.get(fact.name, "")
    ]
    missing += [Missing(f"未配备{label}", posts_url) for label in vacant]
    missing += [check.missing for check in checks if check.missing is not None]
    total = len(wanted) + posts + len(checks)
    return Completeness(total - len(missing), total, tuple(missing))
