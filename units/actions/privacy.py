"""Looking at personal data that pages show masked: every look stands in the trail (decision 17)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from config.actor import Actor
from config.errors import RuleBroken
from units import audit
from units.audit import Verb
from units.models import Staff


@transaction.atomic
def reveal_phone(staff: Staff, *, actor: Actor, now: datetime) -> str:
    """Return a person's phone in full and note who looked; the number is not in the note.

    Raises RuleBroken no_phone for a person who has left (the number may be somebody else's now).
    """
    if staff.ended_on is not None or not staff.user.phone:
        raise RuleBroken("no_phone", f"{staff.name}已离职或没有登记手机号。")
    audit.record(actor, Verb.PHONE_REVEALED, staff, now=now)
    return staff.user.phone
