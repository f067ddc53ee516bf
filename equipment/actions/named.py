"""Naming who answers for a licence or a station: dated rows beside a cached column (decision 4)."""

from __future__ import annotations

from datetime import date, datetime

from django.db.backends.postgresql.psycopg_any import DateRange

from config.errors import RuleBroken
from equipment.models import Licence, LicenceBinding, Station, StationBinding
from units.models import Staff
from units.queries import staff_in_post
from units.roles import Role


def lock_officer(officer: Staff, *, unit_id: int, role: Role, category: str, day: date) -> Staff:
    """Lock a person who is to answer, or refuse beside `officer` with the reason in words.

    The person's row is locked before the licence or station, as in equipment.actions.binding, so
    that a deregistration of the same person waits.
    """
    staff = Staff.objects.select_for_update(of=("self",), no_key=True).get(pk=officer.pk)
    if staff.unit_id != unit_id:
        raise RuleBroken("officer_elsewhere", "所选人员不是本单位的，请重新选择。", field="officer")
    if staff.ended_on is not None:
        raise RuleBroken("officer_left", f"{staff.name}已注销，请重新选择。", field="officer")
    in_post = staff_in_post(unit_id, [role], on=day).filter(pk=staff.pk)
    if not in_post.exists():
        raise RuleBroken(
            "not_an_officer",
            f"{staff.name}没有{role.label}身份，请先在“单位设置--人员管理”中设置身份。",
            field="officer",
        )
    covering = staff_in_post(unit_id, [role], on=day, category=category or None)
    if category and not covering.filter(pk=staff.pk).exists():
        raise RuleBroken(
            "officer_scope",
            f"{staff.name}的分管范围不包括这一类别，请另选他人或先调整其分管范围。",
            field="officer",
        )
    return staff


def bind(subject: Licence | Station, officer: Staff | None, *, day: date, now: datetime) -> None:
    """Write the dated row and the cached officer; the one place that does. Expects a lock.

    From `day` the new binding holds; one that began the same day is replaced, an older one ends.
    """
    own: dict[str, Licence | Station]
    bindings: type[LicenceBinding] | type[StationBinding]
    if isinstance(subject, Licence):
        bindings, own = LicenceBinding, {"licence": subject}
    else:
        bindings, own = StationBinding, {"station": subject}
    for running in bindings.objects.filter(**own, period__upper_inf=True):
        if running.period.lower >= day:
            running.delete()
        else:
            running.period = DateRange(running.period.lower, day)
            running.save(update_fields=["period"])
    if officer is not None:
        bindings.objects.create(**own, staff=officer, period=DateRange(day, None), created_at=now)
    subject.officer = officer
    subject.save(update_fields=["officer"])


def person(staff: Staff | None) -> dict[str, str]:
    """Who, as the audit trail may hold it: display name and opaque code."""
    return {"officer": staff.name, "officer_code": staff.code} if staff else {"officer": ""}
