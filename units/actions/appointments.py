"""Identities as dated appointments: set, ended, and the database's refusals put into words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime

from django.db import IntegrityError
from django.db.backends.postgresql.psycopg_any import DateRange

from config.errors import RuleBroken
from units.identities import (
    EXCLUDED_SENTENCE,
    Identity,
    category_choices,
    describe,
    exclude_each_other,
)
from units.models import Appointment, Staff
from units.models.person import ROLE_SLOTS, slot_of
from units.roles import SCOPED_ROLES, Role

PHONE_ELSEWHERE = "该手机号已在其他单位登记，请先由原单位注销。"


def check_identities(identities: Sequence[Identity]) -> list[Identity]:
    """Return the identities in the order of roles, scopes tidied (all categories = none named).

    Raises RuleBroken(field="identities"): none, unknown, twice the same, or the excluded pair.
    """
    if not identities:
        raise RuleBroken("identities_missing", "请至少选择一个身份。", field="identities")
    roles = [identity.role for identity in identities]
    if set(roles) - set(Role.values):
        raise RuleBroken("identity_unknown", "所选身份不存在，请重新选择。", field="identities")
    if len(set(roles)) < len(roles):
        raise RuleBroken("identity_twice", "同一身份只能选择一次。", field="identities")
    if exclude_each_other(roles):
        raise RuleBroken("identities_exclude", EXCLUDED_SENTENCE, field="identities")
    tidy = [Identity(one.role, _tidy_scope(one)) for one in identities]
    return sorted(tidy, key=lambda one: ROLE_SLOTS[one.role])


def _tidy_scope(identity: Identity) -> tuple[str, ...]:
    known = [value for value, _ in category_choices()]
    if set(identity.categories) - set(known):
        raise RuleBroken("scope_unknown", "分管设备类别不存在，请重新选择。", field="identities")
    if identity.categories and identity.role not in SCOPED_ROLES:
        raise RuleBroken(
            "scope_needless",
            f"{Role(identity.role).label}不分管设备类别。",
            field="identities",
        )
    chosen = tuple(_in_order(identity.categories))
    return () if len(chosen) == len(known) else chosen


def _in_order(categories: Sequence[str]) -> list[str]:
    return [value for value, _ in category_choices() if value in categories]


def in_words(identities: Sequence[Identity]) -> list[str]:
    """How identities stand in the audit trail."""
    return [describe(one.role, one.categories) for one in identities]


def set_identities(
    staff: Staff, wanted: Sequence[Identity], *, today: date, now: datetime
) -> tuple[list[str], list[str]]:
    """Make the identities in force today those wanted; return both sets in words.

    What is no longer wanted ends, what is new begins today; a change of scope is both. A row that
    began today is corrected in place: it was never in force on any other day.
    """
    in_force = Appointment.objects.in_force(today).filter(staff=staff).order_by("role_slot")
    current = {one.role: one for one in in_force}
    was = [describe(one.role, one.categories) for one in current.values()]
    goals = {one.role: list(one.categories) for one in wanted}
    for role, appointment in current.items():
        if role not in goals:
            _end(appointment, today)
    for role, categories in goals.items():
        appointment = current.get(role)
        if appointment is None:
            _begin(staff, role, categories, today, now)
        elif sorted(appointment.categories) != sorted(categories):
            if appointment.period.lower == today:
                appointment.categories = categories
                appointment.save(update_fields=["categories"])
            else:
                _end(appointment, today)
                _begin(staff, role, categories, today, now)
    return was, in_words(wanted)


def end_identities(staff: Staff, *, today: date) -> list[str]:
    """End every identity of a person who leaves today; return what they were, in words.

    One that began today keeps this single day, so that the record shows the person had it.
    """
    current = list(Appointment.objects.in_force(today).filter(staff=staff))
    for appointment in current:
        lower = appointment.period.lower
        appointment.period = DateRange(lower, max(today, _day_after(lower)), "[)")
        appointment.save(update_fields=["period"])
    return [describe(one.role, one.categories) for one in current]


def _begin(
    staff: Staff, role: str, categories: list[str], today: date, now: datetime
) -> Appointment:
    return Appointment.objects.create(
        staff=staff,
        role=role,
        categories=categories,
        period=DateRange(today, None, "[)"),
        role_slot=slot_of(role),
        created_at=now,
    )


def _end(appointment: Appointment, today: date) -> None:
    if appointment.period.lower == today:
        appointment.delete()
        return
    appointment.period = DateRange(appointment.period.lower, today, "[)")
    appointment.save(update_fields=["period"])


def _day_after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


@contextmanager
def constraints_in_words() -> Iterator[None]:
    """Turn the refusals of the database's own constraints into the sentences of the rules.

    They are the last guard: two requests that passed the checks at the same moment.
    """
    try:
        yield
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
        if name == "quality_director_is_not_quality_officer":
            raise RuleBroken("identities_exclude", EXCLUDED_SENTENCE, field="identities") from error
        if name == "appointment_not_twice_at_once":
            raise RuleBroken(
                "identity_twice", "该身份刚刚已由另一个页面登记，请刷新后查看。", field="identities"
            ) from error
        if name == "one_open_employment" or name.startswith("units_user_phone"):
            raise RuleBroken("phone_taken", PHONE_ELSEWHERE, field="phone") from error
        raise
