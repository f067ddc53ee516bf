"""Whose rows an actor sees: the rule of every table that belongs to units, written once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from config.actor import Actor


class OwnedQuerySet(models.QuerySet):
    """Rows that belong to one unit: its own people see them, and regulators over its region."""

    # The way from a row to its unit.
    owner = "unit"

    def for_actor(self, actor: Actor) -> Self:
        """Rows of the actor's own unit, or of the units in a regulator's subtree (decision 1)."""
        if actor.kind == "bureau" and actor.region_prefix is not None:
            return self.filter(**{f"{self.owner}__region__code__startswith": actor.region_prefix})
        if actor.unit_id is not None:
            return self.filter(**{f"{self.owner}_id": actor.unit_id})
        return self.none()

    def open(self) -> Self:
        """Rows that have not been closed; for models with `closed_at`."""
        return self.filter(closed_at=None)
