"""Reminding units that a licence expires: 180, 60, 30 days before, and once when it has (F28)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.urls import reverse

from config.clock import local_day
from config.words import cn_date
from equipment.licence_rules import LicenceRule, rule_on
from equipment.models import Licence
from units import outbox

KIND = "licence.expiring"
EXPIRED = "expired"


def remind(*, now: datetime) -> int:
    """Tell unit account and named officer what expires; return how many licences were told anew.

    1. Every licence in the books that ends within the longest reminder is looked at each day, so a
       day on which nobody woke the task is made up for on the next.
    2. Its stage is the shortest reminder it has reached (or EXPIRED); earlier ones it slept through
       are not sent any more.
    3. The dedupe key names licence, last day and stage: a second run tells nobody, a renewed
       licence (another last day) is reminded again.
    """
    day = local_day(now)
    rule = rule_on(day)
    horizon = day + timedelta(days=rule.remind_days[0])
    due = Licence.objects.open().filter(valid_until__lte=horizon)
    told = 0
    for licence in due.select_related("family", "officer").order_by("id").iterator():
        told += _remind_one(licence, rule, day=day, now=now)
    return told


def stage_of(valid_until: date, rule: LicenceRule, day: date) -> str:
    """T-180, T-60, T-30 or EXPIRED; "" while nothing is due."""
    left = (valid_until - day).days
    if left < 0:
        return EXPIRED
    reached = [one for one in rule.remind_days if left <= one]
    return f"T-{min(reached)}" if reached else ""


def _remind_one(licence: Licence, rule: LicenceRule, *, day: date, now: datetime) -> bool:
    stage = stage_of(licence.valid_until, rule, day)
    if not stage:
        return False
    text = sentence(licence, rule, day)
    key = f"{KIND}:{licence.code}:{licence.valid_until:%Y%m%d}:{stage}"
    is_new = bool(
        outbox.tell_unit(
            licence.unit_id,
            kind=KIND,
            text=text,
            dedupe_key=key,
            now=now,
            link=reverse("equipment:licence", args=[licence.code]),
        )
    )
    if licence.officer is not None:
        is_new |= outbox.tell(licence.officer, kind=KIND, text=text, dedupe_key=key, now=now)
    return is_new


def sentence(licence: Licence, rule: LicenceRule, day: date) -> str:
    """What the reminder says."""
    name = f"许可“{licence.family.name}”（{licence.number}）"
    left = (licence.valid_until - day).days
    if left < 0:
        return (
            f"{name}已于{cn_date(licence.valid_until)}到期。未换证不得继续从事许可的活动，"
            "请办理换证或注销后更新许可信息。"
        )
    when = "今天到期" if left == 0 else f"{cn_date(licence.valid_until)}到期，还有 {left} 天"
    return (
        f"{name}{when}。换证申请应在到期 {rule.apply_before_months} 个月前提出，"
        "尚未申请的请尽快办理。"
    )
