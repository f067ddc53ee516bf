"""Drills and trainings that were held: entered, changed, results, made void (F21, F23)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from config.actor import Actor
from config.clock import local_day
from config.codes import normalise
from config.errors import RuleBroken
from units import audit
from units.audit import Verb
from units.models import Activity, Participation, Staff, StoredFile, Unit
from units.roles import Can
from units.uploads import store_document

PURPOSE = "activity"
MAX_FILES = 10
STALE = "这条记录刚刚被他人修改过，您的修改尚未保存。请核对最新内容；再次提交将以您填写的内容为准。"
_LIMITS = {
    "title": ("名称", 100),
    "place": ("地点", 120),
    "agency": ("受托机构", 120),
    "content": ("内容", 2000),
    "summary": ("总结评估", 2000),
}
_LINES = ("content", "summary")  # texts that keep their line breaks


@dataclass(frozen=True)
class Held:
    """What was held, when, where and by whom."""

    title: str
    held_on: date
    content: str
    place: str = ""
    organiser: str = Activity.Organiser.OWN
    agency: str = ""
    hours: Decimal | None = None
    summary: str = ""


@dataclass(frozen=True)
class Outcome:
    """How the assessment of one participant went."""

    result: str = ""
    score: Decimal | None = None


@transaction.atomic
def add_activity(
    unit: Unit,
    *,
    kind: str,
    held: Held,
    participants: Collection[Staff],
    uploads: Sequence[Any] = (),
    actor: Actor,
    now: datetime,
) -> Activity:
    """Enter a drill or a training with who took part and its papers; return it.

    Raises RuleBroken beside the field: texts missing or too long, a day to come, no agency for a
    commissioned one, hours out of range, people of another unit, too many or bad files.
    """
    _require_manager(actor, unit.pk)
    if kind not in Activity.Kind.values:
        raise RuleBroken("kind_unknown", "记录类别不存在。")
    held = _checked(held, kind=kind, today=local_day(now))
    activity = Activity.objects.create(unit=unit, kind=kind, created_at=now, **vars(held))
    _set_participants(activity, participants)
    _add_files(activity, uploads, actor=actor, now=now)
    audit.record(
        actor,
        Verb.ACTIVITY_ADDED,
        activity,
        now=now,
        after={"held_on": held.held_on, "participants": len(participants), "files": len(uploads)},
    )
    return activity


@transaction.atomic
def change_activity(
    activity: Activity,
    *,
    version: int,
    held: Held,
    participants: Collection[Staff],
    uploads: Sequence[Any] = (),
    without: Collection[StoredFile] = (),
    actor: Actor,
    now: datetime,
) -> Activity:
    """Change a record as of `version`; who stays keeps the result entered for them.

    `without`: papers that are no longer shown (their files stay kept). Raises RuleBroken: "stale",
    "closed", a participant taken out whose result is entered already, and what `add_activity`
    refuses.
    """
    _require_manager(actor, activity.unit_id)
    held = _checked(held, kind=activity.kind, today=local_day(now))
    activity = _locked(activity, version)
    before = {field: getattr(activity, field) for field in vars(held)}
    for field, value in vars(held).items():
        setattr(activity, field, value)
    came, went = _set_participants(activity, participants)
    activity.files.remove(*without)
    _add_files(activity, uploads, actor=actor, now=now)
    activity.version += 1
    activity.save()
    changed = [field for field, value in vars(held).items() if before[field] != value]
    audit.record(
        actor,
        Verb.ACTIVITY_CHANGED,
        activity,
        now=now,
        before={field: before[field] for field in changed},
        after={
            **{field: getattr(activity, field) for field in changed},
            **{key: one for key, one in (("came", came), ("went", went)) if one},
            **({"files": activity.files.count()} if uploads or without else {}),
        },
    )
    return activity


@transaction.atomic
def enter_results(
    activity: Activity,
    *,
    version: int,
    outcomes: Mapping[int, Outcome],
    actor: Actor,
    now: datetime,
) -> Activity:
    """Write the assessment of a training's participants, by key of Participation (F21).

    Raises RuleBroken: "stale", "closed", a drill, an unknown result, a score outside 0–100 or
    beside a person who was not assessed. The whole sheet is written or nothing.
    """
    _require_manager(actor, activity.unit_id)
    if activity.kind != Activity.Kind.TRAINING:
        raise RuleBroken("no_results", "应急演练不登记考核结果。")
    activity = _locked(activity, version)
    changed = []
    for row in activity.participations.select_related("staff"):
        wanted = outcomes.get(row.pk)
        if wanted is None or (row.result, row.score) == (wanted.result, wanted.score):
            continue
        _check_outcome(row.staff.name, wanted)
        row.result, row.score = wanted.result, wanted.score
        changed.append(row)
    if changed:
        Participation.objects.bulk_update(changed, ["result", "score"])
        activity.version += 1
        activity.save(update_fields=["version"])
        after = {
            one.staff.code: f"{one.get_result_display()} {one.score or ''}".strip()
            for one in changed
        }
        audit.record(actor, Verb.ACTIVITY_CHANGED, activity, now=now, after={"results": after})
    return activity


@transaction.atomic
def close_activity(activity: Activity, *, reason: str, actor: Actor, now: datetime) -> Activity:
    """Make a record void with a reason; it stays readable and counts nowhere."""
    _require_manager(actor, activity.unit_id)
    reason = " ".join(normalise(reason).split())
    if not reason:
        raise RuleBroken("reason_missing", "请填写作废原因。", field="reason")
    if len(reason) > 200:
        raise RuleBroken("reason_long", "作废原因最多 200 个字。", field="reason")
    activity = _locked(activity)
    activity.closed_at, activity.close_reason = now, reason
    activity.version += 1
    activity.save(update_fields=["closed_at", "close_reason", "version"])
    audit.record(actor, Verb.ACTIVITY_CLOSED, activity, now=now, after={"reason": reason})
    return activity


def _checked(held: Held, *, kind: str, today: date) -> Held:
    texts: dict[str, str] = {}
    for field, (label, limit) in _LIMITS.items():
        text = normalise(getattr(held, field))
        texts[field] = text if field in _LINES else " ".join(text.split())
        if len(texts[field]) > limit:
            raise RuleBroken(f"{field}_long", f"{label}最多 {limit} 个字。", field=field)
    for field in ("title", "content"):
        if not texts[field]:
            raise RuleBroken(f"{field}_missing", f"请填写{_LIMITS[field][0]}。", field=field)
    if held.held_on > today:
        raise RuleBroken("held_later", "日期不能晚于今天，请在举办后登记。", field="held_on")
    if held.held_on.year < 2000:
        raise RuleBroken("held_early", "日期不合理，请核对年份。", field="held_on")
    if held.organiser not in Activity.Organiser.values:
        raise RuleBroken("organiser_unknown", "请选择组织方式。", field="organiser")
    if held.organiser == Activity.Organiser.COMMISSIONED and not texts["agency"]:
        raise RuleBroken("agency_missing", "委托机构组织的，请填写受托机构名称。", field="agency")
    if held.organiser == Activity.Organiser.OWN:
        texts["agency"] = ""
    hours = held.hours if kind == Activity.Kind.TRAINING else None
    if hours is not None and not 0 < hours <= 999:
        raise RuleBroken("hours_wrong", "学时应大于 0、不超过 999。", field="hours")
    return replace(held, hours=hours, **texts)


def _check_outcome(name: str, outcome: Outcome) -> None:
    if outcome.result not in Participation.Result.values:
        raise RuleBroken("result_unknown", f"{name}的考核结果不存在，请重新选择。")
    if outcome.score is None:
        return
    if not 0 <= outcome.score <= 100:
        raise RuleBroken("score_wrong", f"{name}的成绩应在 0 到 100 之间。")
    if outcome.result not in (Participation.Result.PASSED, Participation.Result.FAILED):
        raise RuleBroken("score_needless", f"{name}有成绩，请选择合格或不合格；缺考的不填成绩。")


def _set_participants(activity: Activity, wanted: Collection[Staff]) -> tuple[list[str], list[str]]:
    """Make the participants those wanted; return the names of who came and who went.

    People who have left the unit since may stay in a record, new ones must be in office.
    """
    if not wanted:
        raise RuleBroken("nobody", "请至少选择一名参加人员。", field="people")
    if any(one.unit_id != activity.unit_id for one in wanted):
        raise RuleBroken("people_wrong", "所选人员不属于本单位，请重新选择。", field="people")
    rows = {one.staff_id: one for one in activity.participations.select_related("staff")}
    new = [one for one in wanted if one.pk not in rows]
    gone = [row for key, row in rows.items() if key not in {one.pk for one in wanted}]
    if left := [one.name for one in new if one.ended_on is not None]:
        raise RuleBroken("people_left", f"{left[0]}已注销，不能再选为参加人员。", field="people")
    if judged := [row.staff.name for row in gone if row.result]:
        names = "、".join(judged[:5])
        raise RuleBroken(
            "people_judged",
            f"{names}已登记考核结果，不能移出参加人员；确有错误的，请先把考核结果改为未考核。",
            field="people",
        )
    Participation.objects.filter(pk__in=[row.pk for row in gone]).delete()
    Participation.objects.bulk_create(Participation(activity=activity, staff=one) for one in new)
    return [one.name for one in new], [row.staff.name for row in gone]


def _add_files(activity: Activity, uploads: Sequence[Any], *, actor: Actor, now: datetime) -> None:
    count = activity.files.count() + len(uploads)
    if count > MAX_FILES:
        raise RuleBroken(
            "too_many_files", f"附件最多 {MAX_FILES} 个，现有和新选的共 {count} 个。", field="files"
        )
    stored = [
        store_document(
            upload,
            unit_id=activity.unit_id,
            purpose=PURPOSE,
            actor=actor,
            now=now,
            field="files",
        )
        for upload in uploads
    ]
    activity.files.add(*stored)


def _require_manager(actor: Actor, unit_id: int) -> None:
    if actor.kind == "system":
        return
    if actor.unit_id != unit_id or not actor.can(Can.ACTIVITY_MANAGE):
        raise RuleBroken("not_yours", "您没有权限登记该单位的演练与培训。", status=403)


def _locked(activity: Activity, version: int | None = None) -> Activity:
    fresh = Activity.objects.select_for_update(of=("self",), no_key=True).get(pk=activity.pk)
    if fresh.closed_at is not None:
        raise RuleBroken("closed", "这条记录已作废，不能再修改。")
    if version is not None and fresh.version != version:
        raise RuleBroken("stale", STALE)
    return fresh
