"""What the unit and its people are reminded of by the calendar: papers that end, drills not held.

Each function looks into the database for what is due on `now`'s day; the key of a message makes a
second run a no-op, so beat may wake them as often as it likes and a lost wake loses nothing.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from config.clock import local_day
from config.words import cn_date
from units import outbox, queries_activities
from units.models import Activity, Certificate

# Days before the end of a certificate; the nearest one reached is told, each once.
STAGES = (60, 30, 7)
# A certificate is told as expired once; one that ended long before it was entered is not news.
EXPIRED_WITHIN = 30
REMIND_FROM_MONTH = 10
CERTIFICATES, DRILLS, TRAININGS = "/certificates/", "/drills/", "/trainings/"


def remind_certificates(*, now: datetime) -> int:
    """Tell holder and unit of certificates 60, 30, 7 days before their end and when it has passed.

    Returns how many certificates were told of for the first time at their stage (F16).
    """
    day = local_day(now)
    due = (
        Certificate.objects.open()
        .filter(
            staff__ended_on=None,
            valid_until__range=(
                day - timedelta(days=EXPIRED_WITHIN),
                day + timedelta(days=STAGES[0]),
            ),
        )
        .select_related("staff")
        .order_by("pk")
    )
    return sum(_remind_of(certificate, day, now) for certificate in due.iterator(chunk_size=500))


def _remind_of(certificate: Certificate, day: date, now: datetime) -> bool:
    left = (certificate.valid_until - day).days
    stage = "expired" if left < 0 else str(min(one for one in STAGES if left <= one))
    what = f"{certificate.get_kind_display()}（编号 {certificate.number}"
    what += f"，{certificate.item}）" if certificate.item else "）"
    until = cn_date(certificate.valid_until)
    if left < 0:
        tail = f"已于{until}过期，过期期间不得持证上岗，请尽快办理复审或换证。"
    else:
        tail = f"将于{until}到期，还有 {left} 天，请及时办理复审或换证。"
    key = f"certificate:{certificate.code}:{certificate.valid_until}:{stage}"
    message = {"kind": "certificate_expiring", "dedupe_key": key, "now": now}
    told = outbox.tell(certificate.staff, text=f"您的{what}{tail}", link="/m/me/", **message)
    expiry = "expired" if left < 0 else "soon"
    outbox.tell_unit(
        certificate.unit_id,
        text=f"{certificate.staff.name}的{what}{tail}",
        link=f"{CERTIFICATES}?expiry={expiry}",
        **message,
    )
    return told


def remind_activities(*, now: datetime) -> int:
    """From October on, once a month, tell units that have held no drill or no training this year.

    Returns how many messages are new (F21, F23).
    """
    day = local_day(now)
    if day.month < REMIND_FROM_MONTH:
        return 0
    told = 0
    for kind in Activity.Kind:
        held, link = ("开展", DRILLS) if kind == Activity.Kind.DRILL else ("组织", TRAININGS)
        told += outbox.tell_units(
            queries_activities.units_without(kind, year=day.year).values("pk"),
            kind="activity_missing",
            text=(
                f"本单位 {day.year} 年还没有登记{kind.label}。请在年底前{held}，"
                "并上传记录；已经举办的，请补充登记。"
            ),
            dedupe_key=f"activity_missing:{kind}:{day:%Y-%m}",
            now=now,
            link=link,
        )
    return told
