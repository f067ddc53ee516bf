"""Turns a signed-in user into the Actor that everything else receives."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.utils import timezone

from config.actor import ANONYMOUS, Actor, Post
from config.clock import local_day
from config.prepared import Given, Prepared
from units.models import Appointment, Staff, User
from units.roles import KIND_CAN, ROLE_CAN, Role


def load_actor(user: User) -> Actor:
    """Return the Actor of a user as of today (at most one query).

    A person without an open employment, or without an identity that signs in, is anonymous: the
    session ends by itself when the unit deregisters them (decision 2).
    """
    if not user.is_active:
        return ANONYMOUS
    if user.kind == User.Kind.PERSON:
        return _person(user)
    if user.kind == User.Kind.UNIT:
        return Actor(
            kind="unit",
            user_id=user.pk,
            name=user.name,
            person_code=user.code,
            unit_id=user.unit_id,
            unit_kinds=tuple(user.unit.kinds),
            region_code=user.unit.region_id,
            owner_name=user.unit.name,
            capabilities=frozenset(map(str, KIND_CAN["unit"])),
        )
    if user.kind == User.Kind.BUREAU:
        region = user.bureau.region
        return Actor(
            kind="bureau",
            user_id=user.pk,
            name=user.name,
            person_code=user.code,
            bureau_id=user.bureau_id,
            region_prefix=region.prefix,
            owner_name=user.bureau.name,
            capabilities=frozenset(map(str, KIND_CAN["bureau"])),
        )
    return Actor(
        kind="platform",
        user_id=user.pk,
        name=user.name,
        person_code=user.code,
        capabilities=frozenset(map(str, KIND_CAN["platform"])),
    )


def actor_for_staff(staff: Staff, *, on: object) -> Actor:
    """Return the Actor a person is on a given day (used by commands that replay actions)."""
    held = Appointment.objects.filter(staff=staff, period__contains=on)
    return _actor(staff, held.values_list("role", "categories"))


def _actor(staff: Staff, held: Iterable[tuple[str, list[str]]]) -> Actor:
    posts = tuple(Post(role, tuple(categories)) for role, categories in held)
    capabilities: frozenset[str] = frozenset()
    for post in posts:
        capabilities |= frozenset(map(str, ROLE_CAN[Role(post.role)]))
    return Actor(
        kind="person",
        user_id=staff.user_id,
        name=staff.name,
        person_code=staff.user.code,
        unit_id=staff.unit_id,
        unit_kinds=tuple(staff.unit.kinds),
        region_code=staff.unit.region_id,
        staff_id=staff.pk,
        owner_name=staff.unit.name,
        posts=posts,
        capabilities=capabilities,
    )


@lru_cache(maxsize=8)
def _employment(day: date) -> Prepared:
    """The open employment of a user, with the unit and the identities of a day."""
    held = Appointment.objects.filter(staff=OuterRef("pk"), period__contains=day)
    return Prepared(
        Staff.objects.employed()
        .select_related("unit")
        .only("name", "user_id", "unit__name", "unit__kinds", "unit__region_id")
        .annotate(held=ArraySubquery(held.values(post=JSONObject(r="role", c="categories"))))
        .filter(user_id=Given("user"))
        .order_by("pk")[:1]
    )


def _person(user: User) -> Actor:
    found = _employment(local_day(timezone.now())).rows(user=user.pk)
    if not found:
        return ANONYMOUS
    staff = found[0]
    staff.user = user
    loaded = _actor(staff, [(one["r"], one["c"]) for one in staff.held])
    return loaded if loaded.capabilities else ANONYMOUS
