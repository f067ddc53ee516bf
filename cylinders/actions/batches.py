"""A unit's applications for use registration until they are submitted (F76, F78, F82).

How a submission comes about:

1. The batch's row is locked: a second click or tab finds it submitted and is told so.
2. Everything is asked again (`missing`), whatever the page showed before.
3. Its cylinders are claimed, all or none: from now on nobody else can apply for them. Submissions
   take turns (an advisory lock), so that two of them with the same cylinders wait for each other
   and never in a circle; the unique claims in the database decide who was first.
4. Only then is looked whether one of them has been registered meanwhile: a certificate that was
   being made while we waited is seen.
5. Number, step with its figures, audit row and the bureau's message are written with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from config.actor import Actor
from config.clock import local_day
from config.codes import normalise
from config.errors import RuleBroken
from config.workflow import lock, transition
from cylinders import numbers, twins
from cylinders import queries_batches as queries
from cylinders.actions.locking import lock_batch
from cylinders.enums import EDITABLE, BatchState, Claim, Origin, StepName
from cylinders.models import Batch, BatchStep, ItemPhoto
from units.audit import Verb, record
from units.models import Region, Unit
from units.outbox import tell_bureau
from units.queries import staff_in_post
from units.roles import Role
from units.validators import postcode_problem, telephone_problem

# Arbitrary number of the advisory lock that makes submissions take turns.
CLAIM_LOCK = 7_402_016
NAMED = 5
# What the unit fills in, with what the shape of it is; all of it is asked for.
BASICS = (
    "address",
    "legal_representative",
    "postcode",
    "contact_name",
    "contact_phone",
    "safety_department",
    "safety_manager",
    "safety_phone",
)
LABELS = {name: str(Batch._meta.get_field(name).verbose_name) for name in BASICS}
CHECKS = {
    "postcode": postcode_problem,
    "contact_phone": telephone_problem,
    "safety_phone": telephone_problem,
}
# Their text never stands in the trail; that they were changed does.
PERSONAL = frozenset(
    {"legal_representative", "contact_name", "contact_phone", "safety_manager", "safety_phone"}
)
HIDDEN = "（已修改）"
STALE = "这份申请刚刚被他人修改过，您的修改尚未保存。请打开最新内容核对后再改。"


@dataclass(frozen=True)
class Gap:
    """One thing that is still missing, and the page where it is mended."""

    text: str
    url: str


# ------------------------------------------------------------------ opening
@transaction.atomic
def open_batch(unit: Unit, *, origin: str, actor: Actor, now: datetime) -> Batch:
    """Begin an application with the basic information of 企业信息, and return it (F76).

    The district is the unit's own if that takes part. A draft of the same kind that nothing has
    been put into yet comes back instead of a second one: two clicks are one draft. 403 for others.
    """
    if actor.kind != "unit" or actor.unit_id != unit.pk:
        raise RuleBroken("not_yours", "只有本单位管理员可以办理使用登记。", status=403)
    wanted = Origin(origin)
    fresh: Unit = lock(unit)
    blank = Batch.objects.filter(
        unit=fresh, origin=wanted, state=BatchState.DRAFT, items=None, version=1
    ).first()
    if blank is not None:
        return blank
    own = fresh.region_id if queries.takes_part(fresh.region_id) else None
    made = Batch.objects.create(
        unit=fresh,
        region_id=own,
        origin=wanted,
        unit_name=fresh.name,
        credit_code=fresh.credit_code,
        safety_manager=_director(fresh, on=local_day(now)),
        created_at=now,
        **{name: getattr(fresh, name) for name in BASICS if name != "safety_manager"},
    )
    record(actor, Verb.BATCH_OPENED, made, now=now, after={"origin": wanted.value})
    return made


def _director(unit: Unit, *, on: date) -> str:
    """Who leads the safety of cylinders in a unit: the director in whose scope they are."""
    found = staff_in_post(unit.pk, [Role.SAFETY_DIRECTOR], on=on, category="cylinder")
    name = found.order_by("pk").values_list("name", flat=True).first() or ""
    return name[: Batch._meta.get_field("safety_manager").max_length]


# ------------------------------------------------------------------ changing
@transaction.atomic
def change_basics(
    batch: Batch,
    *,
    version: int,
    changes: Mapping[str, str],
    region: Region | None = None,
    actor: Actor,
    now: datetime,
) -> Batch:
    """Change fields of the basic information, and the district while it is a draft; return it.

    `version` is what the editor saw. Fields may stay empty until the submission. Without a
    difference nothing is written. Raises RuleBroken: stale, not_editable, wrong_shape, too_long,
    district_closed, district_fixed (each beside its field), not_yours (403).
    """
    if unknown := set(changes) - set(BASICS):
        raise ValueError(f"not basic information: {', '.join(sorted(unknown))}")
    fresh = lock_editable(batch, actor)
    if fresh.version != version:
        raise RuleBroken("stale", STALE)
    values: dict[str, Any] = {name: _checked(name, text) for name, text in changes.items()}
    if region is not None and region.pk != fresh.region_id:
        _refuse_district(fresh, region)
        values["region_id"] = region.pk
    before = {name: getattr(fresh, name) for name in values}
    differing = {name: value for name, value in values.items() if value != before[name]}
    if not differing:
        return fresh
    for name, value in differing.items():
        setattr(fresh, name, value)
    fresh.version += 1
    fresh.save(update_fields=[*differing, "version"])
    record(
        actor,
        Verb.BATCH_CHANGED,
        fresh,
        now=now,
        before={name: before[name] for name in differing if name not in PERSONAL},
        after={name: HIDDEN if name in PERSONAL else value for name, value in differing.items()},
    )
    return fresh


def lock_editable(batch: Batch, actor: Actor) -> Batch:
    """The batch's row, locked, if the actor is the applicant and may still change it.

    Raises RuleBroken: not_yours (403), not_editable in words, batch_gone.
    """
    fresh = lock_batch(batch)
    if actor.unit_id != fresh.unit_id or actor.kind not in ("unit", "person"):
        raise RuleBroken("not_yours", "只有申请单位可以修改这份申请。", status=403)
    if fresh.state not in EDITABLE:
        raise RuleBroken(
            "not_editable", f"这份申请的状态为“{fresh.get_state_display()}”，不能再修改。"
        )
    return fresh


def _checked(name: str, text: str) -> str:
    value = normalise(text).replace("\n", " ")
    longest = Batch._meta.get_field(name).max_length
    if len(value) > longest:
        raise RuleBroken("too_long", f"{LABELS[name]}最多 {longest} 个字。", field=name)
    if value and name in CHECKS and (problem := CHECKS[name](value)):
        raise RuleBroken("wrong_shape", problem, field=name)
    return value


def _refuse_district(batch: Batch, region: Region) -> None:
    if batch.state != BatchState.DRAFT:
        raise RuleBroken(
            "district_fixed",
            "这份申请已经由登记机关办理，受理区县不能再改。",
            field="region",
        )
    if not queries.takes_part(region.pk):
        raise RuleBroken(
            "district_closed",
            f"{region.name}尚未开通气瓶使用登记，请选择已开通的区县。",
            field="region",
        )


@transaction.atomic
def discard(batch: Batch, *, actor: Actor, now: datetime) -> None:
    """删除草稿: nothing of it was ever submitted, its rows go; the audit row keeps what it was.

    The files of its photographs stay in the storage, unreachable. Raises RuleBroken: not_a_draft,
    not_yours (403).
    """
    fresh = lock_editable(batch, actor)
    if actor.kind != "unit":
        raise RuleBroken("not_yours", "只有本单位管理员可以删除草稿。", status=403)
    if fresh.state != BatchState.DRAFT:
        raise RuleBroken("not_a_draft", "提交过的申请不能删除。不再办理的，请联系登记机关退件。")
    photos = ItemPhoto.objects.filter(item__batch=fresh)
    taken = {
        "origin": fresh.origin,
        "cylinders": fresh.items.standing().count(),
        "photos": photos.filter(is_live=True).count(),
    }
    record(actor, Verb.BATCH_DISCARDED, fresh, now=now, before=taken)
    photos.delete()
    fresh.items.all().delete()
    fresh.delete()


# ------------------------------------------------------------------ what is missing
def missing(
    batch: Batch,
    *,
    on: date,
    figures: queries.Figures | None = None,
    looks_elsewhere: bool = False,
) -> list[Gap]:
    """Everything that keeps a batch from being submitted on a day, each with where to mend it.

    `figures`: those of the batch, if somebody has counted already. With `looks_elsewhere` also
    which cylinders others have registered or applied for meanwhile; that reads all of them.
    """
    page = reverse("cylinders:batch", args=[batch.code])
    figures = figures or queries.figures_of(batch)
    gaps = [*_missing_basics(batch), *_missing_of_items(batch, figures, page, on=on)]
    if looks_elsewhere and (elsewhere := twins_of(batch)):
        text = f"{len(elsewhere)} 只气瓶已在别处登记或申请，请移出清单"
        gaps.append(Gap(text, f"{page}?problem=twin#items"))
    return gaps


def _missing_basics(batch: Batch) -> list[Gap]:
    at = reverse("cylinders:batch-basics", args=[batch.code])
    gaps = [Gap(f"{LABELS[name]}未填写", at) for name in BASICS if not getattr(batch, name)]
    if batch.region is None:
        gaps.append(Gap("未选择受理区县", at))
    elif batch.state == BatchState.DRAFT and not queries.takes_part(batch.region_id):
        gaps.append(Gap(f"{batch.region.name}已停止受理气瓶使用登记，请改选区县", at))
    return gaps


def _missing_of_items(batch: Batch, figures: queries.Figures, page: str, *, on: date) -> list[Gap]:
    if not figures.total:
        return [Gap("气瓶清单为空，请先导入气瓶", f"{page}#items")]
    gaps = []
    if figures.without:
        gaps.append(Gap(f"{figures.without} 只气瓶未上传照片", f"{page}?photos=none#items"))
    if figures.partial:
        text = f"{figures.partial} 只气瓶的照片不完整"
        gaps.append(Gap(text, f"{page}?photos=partial#items"))
    if outdated := queries.outdated_items(batch, on=on).count():
        text = f"{outdated} 只气瓶的下次检验日期已到，请检验后更新日期，或移出清单"
        gaps.append(Gap(text, f"{page}?problem=outdated#items"))
    return gaps


def twins_of(batch: Batch) -> dict[int, str]:
    """Cylinders of a batch that stand elsewhere meanwhile: item id -> where, in words."""
    rows = list(batch.items.standing().values_list("pk", "identity", "qr_url"))
    met = twins.meet(
        [identity for _, identity, _ in rows],
        [label for *_, label in rows],
        unit_id=batch.unit_id,
        batch_id=batch.pk,
    )
    found = {}
    for pk, identity, label in rows:
        if where := met.get(identity) or met.get(label):
            found[pk] = where
    return found


# ------------------------------------------------------------------ submitting
@transaction.atomic
def submit(batch: Batch, *, actor: Actor, now: datetime) -> Batch:
    """提交使用登记表 (again, after 补正): claim every cylinder, number it, tell the bureau; return it.

    Raises RuleBroken: wrong_state (a second click), incomplete (with the first things missing),
    twin (somebody else was faster; which ones), not_yours (403).
    """
    fresh = lock_batch(batch)
    again = fresh.state == BatchState.CORRECTING
    changes = {"round": fresh.round + 1, "version": fresh.version + 1, "checked_at": None}
    if fresh.state in EDITABLE:
        _refuse_incomplete(fresh, on=local_day(now))
        _claim(fresh)
    if fresh.state == BatchState.DRAFT:
        unit = Unit.objects.get(pk=fresh.unit_id)
        changes |= {"unit_name": unit.name, "credit_code": unit.credit_code}
        changes["number"] = numbers.batch_number(day=local_day(now))
    done: Batch = transition(fresh, "submit", actor=actor, now=now, changes=changes, locked=True)
    step = _write_step(done, StepName.RESUBMITTED if again else StepName.SUBMITTED, actor, now)
    cylinders = step.details["cylinders"]
    after = {"number": done.number, "round": done.round, "cylinders": cylinders}
    record(actor, Verb.BATCH_SUBMITTED, done, now=now, after=after)
    word = "补正后重新提交" if again else "提交"
    tell_bureau(
        done.region_id,
        kind="cylinder_batch_submitted",
        text=f"{done.unit_name}{word}了气瓶使用登记申请 {done.number}（{cylinders} 只），请受理。",
        link=reverse("cylinders:review", args=[done.code]),
        dedupe_key=f"cylinder-batch:{done.code}:submitted:{done.round}",
        now=now,
    )
    return done


def _write_step(batch: Batch, name: StepName, actor: Actor, now: datetime) -> BatchStep:
    """The submission as the course of the batch keeps it, with the figures of this moment."""
    figures = queries.figures_of(batch)
    return BatchStep.objects.create(
        batch=batch,
        round=batch.round,
        name=name,
        details={
            "cylinders": figures.total,
            "photos": figures.photos,
            "kinds": queries.kinds_of(batch),
        },
        user_id=actor.user_id,
        actor_name=actor.name,
        owner_name=batch.unit_name,
        at=now,
    )


def _refuse_incomplete(batch: Batch, *, on: date) -> None:
    gaps = missing(batch, on=on)
    if not gaps:
        return
    named = "；".join(gap.text for gap in gaps[:NAMED])
    more = f"等 {len(gaps)} 项" if len(gaps) > NAMED else ""
    raise RuleBroken("incomplete", f"还不能提交：{named}{more}。")


def _claim(batch: Batch) -> None:
    """Hold every cylinder of a batch for it alone, or refuse with those that others hold."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLAIM_LOCK])
    try:
        with transaction.atomic():
            batch.items.standing().filter(claim=Claim.DRAFT).update(claim=Claim.HELD)
    except IntegrityError:
        _refuse_twins(batch)
        raise  # nobody else's: not for us to explain
    _refuse_twins(batch)


def _refuse_twins(batch: Batch) -> None:
    elsewhere = twins_of(batch)
    if not elsewhere:
        return
    rows = batch.items.filter(pk__in=list(elsewhere)[:NAMED]).order_by("number")
    named = "；".join(f"{one.product_no}：{elsewhere[one.pk]}" for one in rows)
    more = f"等 {len(elsewhere)} 只" if len(elsewhere) > NAMED else ""
    raise RuleBroken(
        "twin", f"以下气瓶已在别处登记或申请，没有提交，请移出后再提交。产品编号 {named}{more}"
    )
