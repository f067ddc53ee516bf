"""Lists of a person that are prepared once for all who hold the same identities (config.prepared)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, DateTimeField

from config.actor import Actor, Post
from config.prepared import Given
from equipment import subjects

# Filled in by each run, beside `whose`.
NOW, SINCE = Given("now", DateTimeField()), Given("since", DateTimeField())
REGIONS = tuple(Given(name, CharField()) for name in ("province", "city", "district"))


@dataclass(frozen=True)
class Someone:
    """What of a person shapes his lists: his identities, and the subjects there are."""

    posts: tuple[Post, ...]
    subjects: tuple[str, ...]

    @property
    def actor(self) -> Actor:
        """The person a list is prepared for; who it is, each run says (`whose`)."""
        unknown: dict[str, Any] = {"unit_id": Given("unit"), "staff_id": Given("staff")}
        return Actor("person", posts=self.posts, **unknown)


def someone(actor: Actor) -> Someone:
    return Someone(actor.posts, tuple(one.value for one in subjects.every()))


def whose(actor: Actor) -> dict[str, Any]:
    """The values that a prepared list of a person is run with."""
    return {"staff": actor.staff_id, "unit": actor.unit_id}
