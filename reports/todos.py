"""待办事项 of the bureau's desk: what waits, how many, and the list behind each number.

Every number is counted by the same query as the list that it opens, so both are always equal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from config.actor import Actor
from cylinders import queries_review as cylinders
from equipment import queries_declarations as declarations
from hazards.models import Hazard
from hazards.queries import overdue
from hazards.states import Source
from reports import statistics
from units import queries_desk, queries_notices
from units.models import Registration
from units.queries_desk import TO_CHECK

SHOWN = 5


@dataclass(frozen=True)
class Row:
    """One of the oldest things of a to-do."""

    text: str
    url: str
    at: datetime | date | None = None


@dataclass(frozen=True)
class Todo:
    """One kind of thing to do: `count` is the 共 N 条 of the list at `url`."""

    label: str
    note: str
    count: int
    url: str
    icon: str
    kind: str = "is-late"
    rows: list[Row] = field(default_factory=list)

    @property
    def css(self) -> str:
        """The colour of a number that means something; a zero stays quiet."""
        return self.kind if self.count else "is-zero"


def todos(actor: Actor, day: date) -> list[Todo]:
    """What waits for a bureau: registrations, declarations, cylinders, hazards, notices."""
    return [
        *_registrations(actor),
        *_declarations(actor),
        *_cylinders(actor, day),
        *_hazards(actor, day),
        _notices(actor),
    ]


def _link(name: str, **asked: str) -> str:
    return f"{reverse(name)}?{urlencode(asked)}"


def _counted(rows: Any, row: Any) -> tuple[int, list[Row]]:
    """How many there are and the first of them (one query when they are few)."""
    found = list(rows[: SHOWN + 1])
    count = len(found) if len(found) <= SHOWN else rows.count()
    return count, [row(one) for one in found[:SHOWN]]


def _registrations(actor: Actor) -> Iterable[Todo]:
    def row(one: Registration) -> Row:
        url = reverse("units:registration-detail", args=[one.code])
        return Row(one.name, url, one.submitted_at)

    count, rows = _counted(queries_desk.waiting_registrations(actor), row)
    yield Todo(
        "单位注册待审核",
        "核对后通过或退回",
        count,
        _link("units:registration-list", state=Registration.State.SUBMITTED.value),
        "user-plus",
        rows=rows,
    )
    count, rows = _counted(queries_desk.claims_to_check(actor), row)
    yield Todo(
        "认领开户待核查",
        "与历史设备档案一致，已自动开户",
        count,
        _link("units:registration-list", state=TO_CHECK),
        "user-check",
        rows=rows,
    )


def _declarations(actor: Actor) -> Iterable[Todo]:
    kinds = (
        ("none", "停用、报废、停产待确认", "没有回执，确认当天起免除每日待办"),
        ("given", "已有回执的申报待核对", "已按回执免除每日待办，有异议的可以提出"),
    )
    waiting = declarations.waiting(actor).select_related("unit", "equipment")
    for receipt, label, note in kinds:
        matching = waiting.filter(receipt_no="")
        if receipt == "given":
            matching = waiting.exclude(receipt_no="")
        count, rows = _counted(matching, _declared)
        url = _link("equipment:declaration-list", tab=declarations.State.FILED, receipt=receipt)
        yield Todo(label, note, count, url, "rubber-stamp", rows=rows)


def _declared(one: Any) -> Row:
    what = f"{one.get_kind_display()}　{one.equipment.name}" if one.equipment else "停产"
    url = reverse("equipment:declaration", args=[one.code])
    return Row(f"{one.unit.name}　{what}", url, one.declared_at)


def _cylinders(actor: Actor, day: date) -> Iterable[Todo]:
    """使用登记 by step, what this person may do himself (C 四.2); a bureau above sees what is late.

    One query while nothing waits: a district without cylinders has no empty cards.
    """
    if cylinders.is_supervisor(actor):
        count, rows = _counted(cylinders.late(actor, day), _batch)
        if count:
            label, note = "区县受理已超期的使用登记", "超过 5 个工作日未受理，督促区县办理"
            url = _link("cylinders:review-list", tab="accept", waiting=cylinders.LATE)
            yield Todo(label, note, count, url, "cylinder", "is-danger", rows)
        return
    waiting = list(cylinders.to_handle(actor).order_by("submitted_at", "id"))
    for key in cylinders.TO_DO:
        label, states = cylinders.TABS[key]
        own = [one for one in waiting if one.state in states]
        if own:
            task = label.removeprefix("待")
            url = _link("cylinders:review-list", tab=key, whose=cylinders.OWN)
            text = f"您有 {len(own)} 条使用登记的{task}任务需要处理"
            rows = [_batch(one) for one in own[:SHOWN]]
            yield Todo(text, CYLINDER_NOTES[key], len(own), url, "cylinder", rows=rows)


CYLINDER_NOTES = {
    "accept": "审核附件后受理，提交后 5 个工作日内办理",
    "review": "复看抽样的照片后审核",
    "approve": "审批后生成证书",
    "certify": "生成使用登记证",
}


def _batch(one: Any) -> Row:
    url = reverse("cylinders:review", args=[one.code])
    return Row(f"{one.unit_name}　{one.number}", url, one.submitted_at)


def _hazards(actor: Actor, day: date) -> Iterable[Todo]:
    """One to-do for every round that has overdue hazards; that of the daily round always."""
    for counted in statistics.hazards_by_source(actor, day):
        if not counted.overdue and counted.source != Source.DAILY.value:
            continue
        late = Hazard.objects.for_actor(actor).filter(overdue(day), source=counted.source)
        found = late.select_related("unit").order_by("due_on", "id")[:SHOWN]
        yield Todo(
            f"逾期未整改的{counted.label}",
            "督促单位整改",
            counted.overdue,
            _link("hazards:list", source=counted.source, overdue="now"),
            "alert-triangle",
            "is-danger",
            rows=[_overdue(one) for one in found] if counted.overdue else [],
        )


def _overdue(one: Hazard) -> Row:
    url = reverse("hazards:detail", args=[one.code])
    return Row(f"{one.unit.name}　{one.description}", url, one.due_on)


def _notices(actor: Actor) -> Todo:
    def row(one: Any) -> Row:
        url = f"{reverse('units:notice', args=[one.code])}?read=no"
        return Row(one.title, url, one.published_at)

    count, rows = _counted(queries_notices.unread_notices(actor), row)
    return Todo(
        "通知还有单位未读",
        "打开可看到是哪些单位",
        count,
        _link("units:notice-list", state="unread", source="own"),
        "speakerphone",
        rows=rows,
    )
