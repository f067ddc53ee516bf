"""Reading declarations about use: what waits for whom, the list, one with its effect in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.http import Http404

from config.actor import Actor
from config.clock import local_day
from config.search import with_words
from config.words import cn_date
from equipment.enums import UseStatus
from equipment.models import (
    Declaration,
    Equipment,
    StatusPeriod,
    StopDeclaration,
    SuspensionPeriod,
)
from equipment.queries import Word
from equipment.words import span
from units.models import AuditEntry
from units.models.owned import OwnedQuerySet

Kind, State = Declaration.Kind, Declaration.State
# What is declared without being a Declaration: a 临时停用, and a slip put right.
TEMPORARY, CORRECT = "temporary", "correct"
ALL = "all"
KINDS_OF_STATE = {
    State.FILED: "late",
    State.CONFIRMED: "done",
    State.OBJECTED: "danger",
    State.RECORDED: "neutral",
    State.WITHDRAWN: "neutral",
}
TRAIL_LIMIT = 50
RECENT = 10


def waiting(actor: Actor) -> OwnedQuerySet:
    """Declarations that wait for the bureau's word and are visible to the actor, oldest first."""
    found: OwnedQuerySet = Declaration.objects.for_actor(actor)
    return found.filter(state=State.FILED).order_by("id")


def get_declaration(actor: Actor, code: str) -> Declaration:
    """Return the declaration of a code with what its page shows; 404 for a foreign one."""
    found = _described(Declaration.objects.for_actor(actor)).filter(code=code).first()
    if found is None:
        raise Http404(f"no declaration {code} for {actor.kind}")
    return found


def by_codes(actor: Actor, codes: Collection[str]) -> list[Declaration]:
    """The actor's declarations of these codes; foreign and unknown codes are left out."""
    known = [code for code in codes if code.isalnum()]
    return list(_described(Declaration.objects.for_actor(actor)).filter(code__in=known))


def _described(rows: OwnedQuerySet) -> OwnedQuerySet:
    return rows.select_related("unit", "equipment__catalogue", "file").prefetch_related(
        "status_periods", "suspensions"
    )


# ------------------------------------------------------------------ list
def declarations(actor: Actor, asked: Mapping[str, Any]) -> OwnedQuerySet:
    """The declarations of a list: scoped, filtered, the latest first; those that wait oldest first."""
    rows = _described(_matching(actor, asked))
    tab = asked.get("tab", "")
    if tab in State.values:
        rows = rows.filter(state=tab)
    return rows.order_by("id") if tab == State.FILED else rows.order_by("-id")


def _matching(actor: Actor, asked: Mapping[str, Any]) -> OwnedQuerySet:
    rows = Declaration.objects.for_actor(actor)
    rows = with_words(rows, asked.get("keyword", ""), "unit__name", "equipment__name", "receipt_no")
    if asked.get("receipt"):
        without = Q(receipt_no="")
        rows = rows.filter(without) if asked["receipt"] == "none" else rows.exclude(without)
    return rows.filter(kind=asked["kind"]) if asked.get("kind") else rows


def stops(actor: Actor, asked: Mapping[str, Any]) -> Any:
    """The 临时停用 of a list, the latest first (a kind of declaration asked for does not matter)."""
    rows = StopDeclaration.objects.for_actor(actor).select_related(
        "equipment__unit", "declared_by", "file"
    )
    rows = with_words(
        rows, asked.get("keyword", ""), "equipment__unit__name", "equipment__name", "reason"
    )
    return rows.order_by("-period", "-id")


@dataclass(frozen=True)
class Tab:
    """One tab of the list with its number."""

    key: str
    label: str
    count: int


def tabs(actor: Actor, asked: Mapping[str, Any]) -> list[Tab]:
    """待监管确认 first, every other state that occurs, 全部, and the 临时停用 (two queries)."""
    rows = _matching(actor, asked).order_by().values_list("state").annotate(n=Count("pk"))
    counts = dict(rows)
    found = [
        Tab(state.value, str(state.label), counts.get(state.value, 0))
        for state in State
        if state == State.FILED or counts.get(state.value)
    ]
    found.append(Tab(ALL, "全部", sum(counts.values())))
    return [*found, Tab(TEMPORARY, "临时停用", stops(actor, asked).count())]


# ------------------------------------------------------------------ words
def state_word(declaration: Declaration) -> Word:
    """How its state reads; who looks from the unit and from the bureau reads the same."""
    state = State(declaration.state)
    return Word(KINDS_OF_STATE[state], str(state.label))


def effect(declaration: Declaration, day: date) -> Word:
    """What it does to to-dos, from which day on: the sentence behind `exempt_period`."""
    row = dated_row(declaration)
    if declaration.kind == Kind.RESUME:
        return Word("neutral", f"{cn_date(declaration.from_on)}起恢复每日待办")
    exempt = row.exempt_period if row is not None else None
    if exempt is None:
        return _without_effect(declaration, row)
    if exempt.upper is not None and exempt.upper <= day:
        return Word("neutral", f"{span(exempt)}免检，现已恢复每日待办")
    if exempt.lower > day:
        return Word("open", f"{span(exempt)}免检，此前照常每日待办")
    return Word("done", f"{span(exempt)}免检")


def _without_effect(declaration: Declaration, row: Any) -> Word:
    if declaration.state == State.FILED:
        return Word("late", "未免检：监管部门确认前，每日待办照常产生")
    if declaration.state == State.OBJECTED:
        return Word("danger", "不免检：每日待办照常产生")
    if declaration.state == State.CONFIRMED and row is None:
        return Word("neutral", "已由后来的申报取代")
    return Word("neutral", "未曾免检")


def dated_row(declaration: Declaration) -> StatusPeriod | SuspensionPeriod | None:
    """The dated row a declaration wrote: a machine's status, or the unit's 停产."""
    rows = (
        declaration.suspensions.all()
        if declaration.kind == Kind.SUSPEND
        else declaration.status_periods.all()
    )
    return max(rows, key=lambda row: row.pk, default=None)


def is_running(declaration: Declaration, day: date) -> bool:
    """Whether a 停产 holds today or is still to come."""
    row = dated_row(declaration)
    return row is not None and (row.period.upper is None or row.period.upper > day)


_FORMAL = (
    "填写办理回执编号并上传材料的：从开始日期起免除这台设备的每日待办（最早从今天起），"
    "今天还没完成的待办转为免检；材料同时送监管部门核对，监管部门可以提出异议。",
    "没有回执或材料的：先按临时停用对待，每天仍要到现场登记，监管部门确认当天起才免除待办。",
    "开始日期早于今天的只作记录：以前的待办、漏检不会因此改变。",
    "监管部门提出异议的，当天起恢复每日待办；再次申报的，监管部门确认后才免除。",
)
EFFECTS: dict[str, tuple[str, ...]] = {
    Kind.STOP.value: _FORMAL,
    Kind.SCRAP.value: (*_FORMAL, "报废生效后不能再改为在用或停用；设备代码、登记证编号随之释放。"),
    Kind.RESUME.value: (
        "从今天起恢复每日待办，今天的待办立即产生，由已绑定的安全员完成。",
        "检验已经超期的不能启用：请先检验合格，在档案中填写新的下次检验日期。",
    ),
    TEMPORARY: (
        "每日待办照常产生，安全员仍须到现场确认设备状态并拍照，不必逐项检查；发现实际在用的，按管控清单逐项检查。",
        "一次最多 30 天，到期可再次申报。长期不用的请申报“停用”。",
        "安全总监、主要负责人和监管部门可以看到这份申报；情况不符的，总监或主要负责人可以驳回，恢复正常巡查。",
    ),
    CORRECT: ("改正今天建档时选错的状态：今天的待办转为免检，投入使用时再办理启用。",),
    Kind.SUSPEND.value: (
        "填写办理回执编号并上传材料的：停产期间本单位全部设备免除每日待办，"
        "开始日期为今天的，今天还没完成的待办一并转为免检；监管部门可以提出异议。",
        "没有回执或材料的，或上一次申报监管部门有异议的：监管部门确认当天起才免除待办，"
        "此前每日待办照常产生。",
        "恢复生产当天起，每日待办重新产生。",
    ),
}
LABELS = {
    **{kind.value: str(kind.label) for kind in Kind},
    TEMPORARY: "临时停用",
    CORRECT: "更正为未投用",
}


def kinds_for(machine: Equipment, day: date) -> list[str]:
    """What may be declared about a machine as it stands, the likeliest first."""
    status = UseStatus(machine.status)
    if status == UseStatus.IN_USE:
        found = [Kind.STOP.value, TEMPORARY, Kind.SCRAP.value]
        return [*found, CORRECT] if local_day(machine.created_at) == day else found
    if status == UseStatus.NOT_YET_IN_USE:
        return [Kind.RESUME.value, Kind.SCRAP.value]
    if status == UseStatus.STOPPED:
        again = [Kind.STOP.value] if machine.is_unregistered_stop else []
        return [Kind.RESUME.value, *again, Kind.SCRAP.value]
    return [Kind.SCRAP.value, Kind.RESUME.value] if machine.is_unregistered_stop else []


def pending(machine: Equipment) -> Declaration | None:
    """The declaration of a machine that still waits for the bureau."""
    return machine.declarations.filter(state=State.FILED).order_by("-id").first()


@dataclass(frozen=True)
class Told:
    """A declaration with its state and its effect on to-dos in words."""

    one: Declaration
    state: Word
    effect: Word


def of_machine(machine: Equipment, day: date) -> list[Told]:
    """The declarations of one machine, the latest first."""
    rows = machine.declarations.prefetch_related("status_periods").order_by("-id")[:RECENT]
    return [Told(one, state_word(one), effect(one, day)) for one in rows]


def current_suspension(actor: Actor, day: date) -> SuspensionPeriod | None:
    """The unit's 停产 that holds today or is still to come, the next one first."""
    rows = SuspensionPeriod.objects.for_actor(actor).select_related("declaration")
    lasting = Q(period__upper_inf=True) | Q(period__endswith__gt=day)
    return rows.filter(lasting).order_by("period").first()


def suspended_on(unit_id: int, day: date) -> SuspensionPeriod | None:
    """The 停产 of a unit that exempts on a day."""
    return SuspensionPeriod.objects.filter(unit_id=unit_id).exempting(day).first()


def trail(declaration: Declaration) -> list[AuditEntry]:
    """Who did what about a declaration, the latest first."""
    rows = AuditEntry.objects.filter(
        object_type=declaration._meta.label_lower, object_code=declaration.code
    )
    return list(rows.order_by("-id")[:TRAIL_LIMIT])
