"""Who acts: the frozen value that every view, action and query receives instead of a request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Post:
    """One identity (身份) in force: `role` is a units.roles.Role value, `categories` empty = all."""

    role: str
    categories: tuple[str, ...] = ()

    def covers(self, category: str) -> bool:
        """Whether this identity's scope contains a duty category (decision 3)."""
        return not self.categories or category in self.categories


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person, unit account, bureau account, the public or the system itself.

    `kind` is anonymous | person | unit | bureau | platform | system. Persons carry the unit of
    their open employment (decision 1), unit accounts their unit, bureau accounts the prefix of
    their region subtree.
    """

    kind: str
    user_id: int | None = None
    name: str = ""
    person_code: str = ""
    unit_id: int | None = None
    staff_id: int | None = None
    bureau_id: int | None = None
    region_prefix: str | None = None
    owner_name: str = ""
    # UnitKind values of the unit of a person or unit account: which menus concern it.
    unit_kinds: tuple[str, ...] = ()
    # Code of the district of a person's or unit account's unit: whose settings are in force.
    region_code: str = ""
    posts: tuple[Post, ...] = ()
    capabilities: frozenset[str] = frozenset()
    request_id: str = ""
    # Erasable: written to AuditEntry's side table, never into append-only rows.
    ip: str = field(default="", repr=False)

    def can(self, capability: Any) -> bool:
        """Whether the actor holds a capability (a units.roles.Can member or its value)."""
        return str(capability) in self.capabilities

    def has_role(self, role: Any, category: str | None = None) -> bool:
        """Whether one of the actor's identities is `role` and covers `category` (None = any)."""
        return any(
            post.role == str(role) and (category is None or post.covers(category))
            for post in self.posts
        )

    @property
    def is_authenticated(self) -> bool:
        return self.kind not in {"anonymous", "system"}

    def with_request(self, request_id: str, ip: str) -> Actor:
        return replace(self, request_id=request_id, ip=ip)


ANONYMOUS = Actor(kind="anonymous")
SYSTEM = Actor(kind="system", name="系统", person_code="system")

_loader: Callable[[Any], Actor] | None = None


def register_loader(loader: Callable[[Any], Actor]) -> None:
    """Called once by `units` in AppConfig.ready(): turns a signed-in user into an Actor."""
    global _loader
    _loader = loader


def load(user: Any) -> Actor:
    """Return the Actor of a request's user; anonymous users give ANONYMOUS."""
    if user is None or not user.is_authenticated:
        return ANONYMOUS
    if _loader is None:
        raise RuntimeError("units.apps has not registered the actor loader")
    return _loader(user)
