"""Turns a signed-in user into the Actor that everything else receives."""

from __future__ import annotations

from django.utils import timezone

from config.actor import ANONYMOUS, Actor, Post
from config.clock import local_day
from units.models import Appointment, Staff, User
from units.roles import KIND_CAN, ROLE_CAN, Role


def load_actor(user: User) -> Actor:
    """Return the Actor of a user as of today (one or two queries).

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
    posts = tuple(
        Post(appointment.role, tuple(appointment.categories))
        for appointment in Appointment.objects.filter(staff=staff, period__contains=on)
    )
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
        staff_id=staff.pk,
        owner_name=staff.unit.name,
        posts=posts,
        capabilities=capabilities,
    )


def _person(user: User) -> Actor:
    staff = Staff.objects.employed().select_related("unit", "user").filter(user=user).first()
    if staff is None:
        return ANONYMOUS
    loaded = actor_for_staff(staff, on=local_day(timezone.now()))
    return loaded if loaded.capabilities else ANONYMOUS
