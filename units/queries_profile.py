"""Reading 企业信息 and how complete it is (F19, F20)."""

from __future__ import annotations

from datetime import date

from django.urls import reverse

from config.actor import Actor
from units import profile
from units.identities import named_posts
from units.models import Unit
from units.queries import own_unit, vacant_posts


def completeness(actor: Actor, *, on: date) -> profile.Completeness | None:
    """How complete the actor's unit is on a day, with what is missing; None without a unit."""
    unit = own_unit(actor)
    return completeness_of(unit, actor, on=on) if unit is not None else None


def completeness_of(unit: Unit, actor: Actor, *, on: date) -> profile.Completeness:
    """The same for a unit that is at hand."""
    return profile.assess(
        unit.kinds,
        {fact.name: getattr(unit, fact.name) for fact in profile.FACTS},
        posts=len(named_posts(unit.kinds)),
        vacant=vacant_posts(actor, on=on),
        facts_url=reverse("units:profile-edit"),
        posts_url=reverse("units:staff-add"),
        checks=profile.checks_of(unit.pk),
    )
