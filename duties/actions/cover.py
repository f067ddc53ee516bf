"""Leave cover (请假代班): naming a stand-in, taking it back, ending it early.

Who stands in for whom is a dated row; the to-dos follow by `units.hooks.changed`, which generation
listens to. Both people are locked first, in the order of their keys: of two who name each other at
the same moment the second is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from config.actor import SYSTEM, Actor
from config.clock import local_day
from config.codes import normalise
from config.errors import RuleBroken
from config.words import cn_day
from duties import queries_cover as queries
from duties.models import Cover
from units import audit, hooks, outbox
from units.audit import Verb
from units.models import Staff
from units.roles import Can

LONGEST_DAYS = 60
AHEAD_DAYS = 90
REASON_LIMIT = 200
LINK = "/m/cover/"
DESK_LINK = "/covers/"


@transaction.atomic
def name_cover(
    staff: Staff,
    *,
    stand_in: Staff,
    from_on: date,
    until_on: date,
    reason: str,
    actor: Actor,
    now: datetime,
) -> Cover:
    """Name who does a person's to-dos from one day through another; return the cover.

    By the person or the unit's admin. Today's open to-dos move at once. The reason may be about
    somebody's health: it stays in the row and goes into no message and no audit row. Raises
    RuleBroken beside its field: dates (past, too long, too far, overlapping), the stand-in (not an
    employed colleague, identity or scope missing, away on one of the days), the person stands in
    for somebody on one of the days, reason missing or too long.
    """
    _require_own_or_admin(staff, actor)
    today = local_day(now)
    period = _period(from_on, until_on, today=today)
    reason = " ".join(normalise(reason).split())
    if not reason:
        raise RuleBroken("reason_missing", "请填写请假原因，例如“年休假”。", field="reason")
    if len(reason) > REASON_LIMIT:
        raise RuleBroken("reason_long", f"请假原因最多 {REASON_LIMIT} 个字。", field="reason")
    staff, stand_in = _locked(staff, stand_in)
    _check_people(staff, stand_in, today=today)
    _check_days(staff, stand_in, period)
    cover = _create(staff, stand_in, period, reason, actor=actor, now=now)
    audit.record(
        actor,
        Verb.COVER_NAMED,
        cover,
        now=now,
        after={
            "staff": staff.name,
            "stand_in": stand_in.name,
            "from_on": from_on,
            "until_on": until_on,
        },
    )
    hooks.changed([staff.unit_id], day=today, actor=actor, now=now)
    _tell_named(cover, actor=actor, now=now)
    return cover


@transaction.atomic
def end_cover(cover: Cover, *, why: str = "", actor: Actor, now: datetime) -> Cover:
    """Take a cover back before it begins, or end it today; return it as it now is.

    What is still open goes back at once; what the stand-in has done stays done. One that began today
    is taken back whole. `why` is said in the messages when nobody asked for it. Raises RuleBroken:
    "ended" when it has run out or was ended already; 403 for anybody but the person and the admin.
    """
    _require_own_or_admin(cover.staff, actor)
    today = local_day(now)
    _locked(cover.staff, cover.stand_in)
    cover = (
        Cover.objects.select_for_update(of=("self",), no_key=True)
        .select_related("staff", "stand_in", "unit")
        .get(pk=cover.pk)
    )
    if cover.cancelled_at is not None or cover.period.upper <= today:
        raise RuleBroken("ended", "这条代班登记已经结束或撤销，请刷新后查看。")
    if cover.period.lower >= today:
        cover.cancelled_at = now
        cover.save(update_fields=["cancelled_at"])
    else:
        cover.period = DateRange(cover.period.lower, today)
        cover.ended_early_at = now
        cover.save(update_fields=["period", "ended_early_at"])
    audit.record(
        actor,
        Verb.COVER_ENDED,
        cover,
        now=now,
        after={"staff": cover.staff.name, "stand_in": cover.stand_in.name, "why": why},
    )
    hooks.changed([cover.unit_id], day=today, actor=actor, now=now)
    _tell_ended(cover, why, actor=actor, now=now)
    return cover


def end_unfit(unit_ids: Iterable[int], *, day: date, actor: Actor, now: datetime) -> int:
    """End the covers of some units whose people left or lost the identity; return how many.

    A listener of units.hooks, before generation: whatever changed appointments calls it in its own
    transaction. One query when there is nothing to end.
    """
    running = (
        Cover.objects.filter(unit_id__in=unit_ids, cancelled_at=None, period__endswith__gt=day)
        .select_related("staff", "stand_in", "unit")
        .order_by("pk")
    )
    ended = 0
    for cover in running:
        why = queries.lost(cover, day=day)
        if why:
            end_cover(cover, why=why, actor=SYSTEM, now=now)
            ended += 1
    return ended


# ------------------------------------------------------------------ checks
def _require_own_or_admin(staff: Staff, actor: Actor) -> None:
    if actor.kind == "system":
        return
    is_own = actor.staff_id == staff.pk and actor.can(Can.COVER_NAME)
    is_admin = actor.unit_id == staff.unit_id and actor.can(Can.STAFF_MANAGE)
    if not (is_own or is_admin):
        raise RuleBroken("not_yours", "只能由本人或本单位管理员登记代班。", status=403)


def _period(from_on: date, until_on: date, *, today: date) -> DateRange:
    if from_on < today:
        raise RuleBroken(
            "from_past", "请假不能从今天以前开始：以前的待办已经结束。", field="from_on"
        )
    if (from_on - today).days > AHEAD_DAYS:
        raise RuleBroken(
            "from_far", f"开始日期最晚为今天起 {AHEAD_DAYS} 天内，请核对。", field="from_on"
        )
    if until_on < from_on:
        raise RuleBroken("until_before_from", "结束日期不能早于开始日期。", field="until_on")
    if (until_on - from_on).days >= LONGEST_DAYS:
        raise RuleBroken(
            "too_long",
            f"一次代班最长 {LONGEST_DAYS} 天；更长的请在“设备档案”中把设备改由他人负责。",
            field="until_on",
        )
    return DateRange(from_on, until_on + timedelta(days=1))


def _locked(*people: Staff) -> list[Staff]:
    """Lock people in the order of their keys; return them in the order given."""
    rows = (
        Staff.objects.select_for_update(of=("self",), no_key=True)
        .select_related("unit", "user")
        .filter(pk__in=[one.pk for one in people])
    )
    found = {one.pk: one for one in rows.order_by("pk")}
    return [found[one.pk] for one in people]


def _check_people(staff: Staff, stand_in: Staff, *, today: date) -> None:
    if staff.ended_on is not None:
        raise RuleBroken("deregistered", f"{staff.name}已注销，不能登记代班。")
    if stand_in.pk == staff.pk:
        raise RuleBroken("self", "代班人不能是请假人自己。", field="stand_in")
    if stand_in.unit_id != staff.unit_id or stand_in.ended_on is not None:
        raise RuleBroken(
            "stand_in_wrong", "代班人应为本单位在职的其他人员，请重新选择。", field="stand_in"
        )
    needs = queries.needs_of(staff, day=today)
    if not needs:
        raise RuleBroken(
            "no_duties", f"{staff.name}没有安全员或安全总监等身份，没有可以代班的待办。"
        )
    if not queries.fit_people(staff, needs, day=today, only=stand_in):
        raise RuleBroken(
            "stand_in_unfit",
            f"{stand_in.name}的身份或分管类别不够：代班人应担任{queries.needs_in_words(needs)}。",
            field="stand_in",
        )


def _check_days(staff: Staff, stand_in: Staff, period: DateRange) -> None:
    """Nobody is away twice, and nobody stands in on a day on which he is away himself."""
    on_these_days = Cover.objects.filter(cancelled_at=None, period__overlap=period).select_related(
        "staff", "stand_in"
    )
    own = on_these_days.filter(staff=staff).first()
    if own is not None:
        raise _overlap(staff, own)
    away = on_these_days.filter(staff=stand_in).first()
    if away is not None:
        raise RuleBroken(
            "stand_in_away",
            f"{stand_in.name}在{queries.span_of(away)}请假，请另选代班人或调整日期。",
            field="stand_in",
        )
    other = on_these_days.filter(stand_in=staff).first()
    if other is not None:
        raise RuleBroken(
            "stands_in_himself",
            f"{staff.name}在{queries.span_of(other)}为{other.staff.name}代班，"
            f"请先由{other.staff.name}或单位管理员结束该代班、改由他人。",
            field="from_on",
        )


def _overlap(staff: Staff, known: Cover | None) -> RuleBroken:
    when = f"在{queries.span_of(known)}已由{known.stand_in.name}代班" if known else "刚刚登记了代班"
    return RuleBroken(
        "overlaps", f"{staff.name}{when}，日期有重叠；请先结束原登记。", field="from_on"
    )


def _create(
    staff: Staff, stand_in: Staff, period: DateRange, reason: str, *, actor: Actor, now: datetime
) -> Cover:
    """Write the row; the database's constraint is the last guard against two at once."""
    try:
        with transaction.atomic():
            return Cover.objects.create(
                unit_id=staff.unit_id,
                staff=staff,
                stand_in=stand_in,
                period=period,
                reason=reason,
                named_by_name=actor.name[:120],
                created_at=now,
            )
    except IntegrityError as error:
        raise _overlap(staff, None) from error


# ------------------------------------------------------------------ messages
def _tell_named(cover: Cover, *, actor: Actor, now: datetime) -> None:
    when = queries.span_of(cover)
    key = f"cover:{cover.code}:named"
    outbox.tell(
        cover.stand_in,
        kind="cover_named",
        text=(
            f"{cover.staff.name}{when}请假，由您代班。这几天其待办转到您名下，"
            "由您完成并签名，记录注明代班。"
        ),
        dedupe_key=key,
        now=now,
        link=LINK,
    )
    if actor.staff_id != cover.staff_id:
        outbox.tell(
            cover.staff,
            kind="cover_named",
            text=f"单位已为您登记{when}请假，由{cover.stand_in.name}代班，这几天的待办由其完成。",
            dedupe_key=key,
            now=now,
            link=LINK,
        )
    else:
        outbox.tell_unit(
            cover.unit_id,
            kind="cover_named",
            text=f"{cover.staff.name}登记{when}请假，由{cover.stand_in.name}代班。",
            dedupe_key=key,
            now=now,
            link=DESK_LINK,
        )


def _tell_ended(cover: Cover, why: str, *, actor: Actor, now: datetime) -> None:
    """Both are told, but not who ended it; one who has left is told nothing more."""
    first = cn_day(cover.period.lower)
    done = f"已撤销（原定{first}起）" if cover.cancelled_at else "已提前结束"
    done += f"：{why}" if why else ""
    has_begun = cover.period.lower <= local_day(now)
    key = f"cover:{cover.code}:ended"
    said = (
        (cover.stand_in, f"您为{cover.staff.name}的代班{done}。", "尚未完成的待办已转回。"),
        (cover.staff, f"{cover.stand_in.name}为您的代班{done}。", "尚未完成的待办请您自己完成。"),
    )
    for person, text, rest in said:
        if person.pk != actor.staff_id and person.ended_on is None:
            text += rest if has_begun else ""
            outbox.tell(person, kind="cover_ended", text=text, dedupe_key=key, now=now, link=LINK)
    if actor.kind != "unit":
        outbox.tell_unit(
            cover.unit_id,
            kind="cover_ended",
            text=f"{cover.stand_in.name}为{cover.staff.name}的代班{done}。",
            dedupe_key=key,
            now=now,
            link=DESK_LINK,
        )
