"""Changing 企业信息 (F19); name, credit code, kinds and district belong to the bureau."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from django.db import transaction

from config.actor import Actor
from config.codes import normalise
from config.errors import RuleBroken
from config.workflow import lock
from units import audit, profile
from units.models import Unit
from units.validators import email_problem, postcode_problem, telephone_problem

LABELS = {fact.name: fact.label for fact in profile.FACTS}
CHECKS: dict[str, Callable[[str], str]] = {
    "postcode": postcode_problem,
    "contact_phone": telephone_problem,
    "landline": telephone_problem,
    "safety_phone": telephone_problem,
    "email": email_problem,
}
# Their text never stands in the trail; that they were changed does.
PERSONAL = frozenset({"legal_representative", "contact_name", "contact_phone"})
HIDDEN = "（已修改）"


@transaction.atomic
def change_profile(
    unit: Unit, *, version: int, changes: Mapping[str, str], actor: Actor, now: datetime
) -> Unit:
    """Change fields of 企业信息 and return the unit as it now is.

    `version` is what the editor saw: if somebody saved meanwhile, RuleBroken("stale") and nothing
    is overwritten. A required field (by the unit's kinds) may not be emptied. Without a difference
    nothing is written. Only the unit's own account may (403).
    """
    if actor.kind != "unit" or actor.unit_id != unit.pk:
        raise RuleBroken("not_yours", "只有本单位管理员可以修改企业信息。", status=403)
    if unknown := set(changes) - set(LABELS):
        raise ValueError(f"not facts of a unit: {', '.join(sorted(unknown))}")
    fresh = lock(unit)
    if fresh.version != version:
        raise RuleBroken(
            "stale", "企业信息刚刚被他人修改过，您的修改尚未保存。请打开最新内容核对后再改。"
        )
    checked = {name: _checked(name, text, fresh) for name, text in changes.items()}
    before = {name: getattr(fresh, name) for name in checked}
    differing = {name: text for name, text in checked.items() if text != before[name]}
    if not differing:
        return fresh
    for name, text in differing.items():
        setattr(fresh, name, text)
    fresh.version += 1
    fresh.save(update_fields=[*differing, "version"])
    audit.record(
        actor,
        audit.Verb.UNIT_CHANGED,
        fresh,
        now=now,
        unit_id=fresh.pk,
        before={name: before[name] for name in differing if name not in PERSONAL},
        after={name: HIDDEN if name in PERSONAL else text for name, text in differing.items()},
    )
    return fresh


def _checked(name: str, text: str, unit: Unit) -> str:
    value = normalise(text).replace("\n", " ")
    longest = Unit._meta.get_field(name).max_length
    if len(value) > longest:
        raise RuleBroken("too_long", f"{LABELS[name]}最多 {longest} 个字。", field=name)
    if not value:
        if any(fact.name == name for fact in profile.required(unit.kinds)):
            raise RuleBroken("required", f"请填写{LABELS[name]}。", field=name)
        return value
    if name in CHECKS and (problem := CHECKS[name](value)):
        raise RuleBroken("wrong_shape", problem, field=name)
    return value
