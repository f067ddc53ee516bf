"""Who answers for a licence or a station, as an import row names them."""

from __future__ import annotations

from datetime import date

from config.errors import RuleBroken
from units.models import Staff
from units.queries import staff_in_post
from units.roles import Role


def find_officer(text: str, *, unit_id: int, role: Role, day: date) -> Staff | None:
    """The person of a name or a phone in a post; None for "".

    RuleBroken(field="officer"): nobody, or several of that name (then the phone is wanted).
    """
    if not text:
        return None
    people = staff_in_post(unit_id, [role], on=day).select_related("user").order_by("id")
    found = list(people.filter(user__phone=text)) if text.isdigit() else []
    found = found or list(people.filter(name=text))
    if not found:
        raise RuleBroken(
            "officer_unknown",
            f"本单位没有叫“{text[:20]}”的{role.label}，请先在“人员管理”中设置身份",
            field="officer",
        )
    if len(found) > 1:
        raise RuleBroken(
            "officer_ambiguous",
            f"有 {len(found)} 名{role.label}叫“{text[:20]}”，请改填手机号",
            field="officer",
        )
    return found[0]
