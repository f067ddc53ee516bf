"""One act on up to a thousand cylinders: locked together, refused together in words, written in sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import F

from config.actor import Actor
from config.clock import local_day
from config.codes import normalise
from config.errors import RuleBroken
from config.words import cn_date
from config.workflow import Transition, find
from cylinders.cylinder_states import TRANSITIONS
from cylinders.enums import CylinderState, EventKind
from cylinders.models import Cylinder, CylinderEvent
from units.audit import Verb, record_many
from units.models import StoredFile

MOST = 1_000
REASON_LIMIT = 200
STALE = "刚刚被他人修改过，请刷新后核对再办理。"

# A paper that is kept already, or what keeps it once nothing else stands against the act.
Paper = StoredFile | Callable[[], StoredFile] | None
# Why one cylinder does not fit, "" when it does.
Check = Callable[[Cylinder], str]


def fits(cylinder: Cylinder) -> str:
    """The check of an act that asks for nothing besides the state."""
    return ""


class Refused(RuleBroken):
    """Some of the chosen cylinders do not fit; nothing was written. `rows`: each with its reason."""

    def __init__(self, rows: Sequence[tuple[Cylinder, str]], chosen: int, *, code: str):
        self.rows = list(rows)
        first = rows[0][1]
        if chosen == 1:
            text = first
        elif len(rows) == chosen:
            text = f"所选 {chosen} 只均不能办理，原因见各行。"
        else:
            text = f"所选 {chosen} 只中有 {len(rows)} 只不能办理，均未改动。"
        super().__init__(code, text)


@dataclass(frozen=True)
class Happening:
    """What is written about each cylinder of an act besides its state."""

    kind: EventKind
    verb: Verb
    on: date
    reason: str = ""
    file: StoredFile | None = None
    # Labelled values, as shown.
    after: Mapping[str, Any] = field(default_factory=dict)


def take(
    cylinders: Sequence[Cylinder],
    name: str | Callable[[Cylinder], str],
    *,
    seen: Mapping[str, int] | None,
    actor: Actor,
    check: Check = fits,
) -> list[Cylinder]:
    """Lock the chosen cylinders in the order of their keys and return them as they are now.

    `name` is the row of the transition table (or says which, by cylinder); `seen` the versions that
    were shown, by code (None = not compared). RuleBroken: nothing_chosen, too_many, 404 for another
    unit's; Refused (stale, wrong_state) with every cylinder that does not fit.
    """
    chosen = {one.pk for one in cylinders}
    if not chosen:
        raise RuleBroken("nothing_chosen", "请先勾选气瓶。")
    if len(chosen) > MOST:
        raise RuleBroken("too_many", f"一次最多办理 {MOST} 只，请缩小范围后分几次办理。")
    rows = list(
        Cylinder.objects.select_for_update(of=("self",), no_key=True)
        .select_related("kind")
        .filter(pk__in=chosen)
        .order_by("pk")
    )
    if any(actor.unit_id is not None and one.unit_id != actor.unit_id for one in rows):
        raise RuleBroken("foreign_unit", "气瓶不属于本单位。", status=404)
    if stale := [(one, f"{label(one)}{STALE}") for one in rows if _is_stale(one, seen)]:
        raise Refused(stale, len(rows), code="stale")
    wrong = []
    for one in rows:
        row = find(TRANSITIONS, name(one) if callable(name) else name)
        if not row.may(one, actor):
            raise RuleBroken("not_yours", f"您没有权限{row.verb}。", status=403)
        if sentence := _misfit(one, row) or check(one):
            wrong.append((one, sentence))
    if wrong:
        raise Refused(wrong, len(rows), code="wrong_state")
    return rows


def _is_stale(cylinder: Cylinder, seen: Mapping[str, int] | None) -> bool:
    return seen is not None and seen.get(cylinder.code) != cylinder.version


def _misfit(cylinder: Cylinder, row: Transition) -> str:
    if cylinder.state in row.sources:
        return ""
    return row.refused or f"当前为“{cylinder.get_state_display()}”，不能{row.verb}。"


def label(cylinder: Cylinder) -> str:
    """How a sentence names one: 气瓶 GP001"""
    return f"气瓶 {cylinder.product_no} "


def carry_out(
    rows: Sequence[Cylinder], name: str, happening: Happening, *, actor: Actor, now: datetime
) -> list[Cylinder]:
    """Give locked cylinders the state of a row of the table, with event and audit row each."""
    target = CylinderState(find(TRANSITIONS, name).target)
    before = {one.pk: {"状态": one.get_state_display()} for one in rows}
    Cylinder.objects.filter(pk__in=before).update(state=target, version=F("version") + 1)
    for one in rows:
        one.state = target.value
        one.version += 1
    after = {"状态": target.label, **happening.after}
    write_events(rows, happening, [(before[one.pk], after) for one in rows], actor=actor, now=now)
    return list(rows)


def write_events(
    rows: Sequence[Cylinder],
    happening: Happening,
    values: Sequence[tuple[dict[str, Any], dict[str, Any]]],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Append one event and one audit row for each cylinder with its labelled values."""
    CylinderEvent.objects.bulk_create(
        [
            CylinderEvent(
                cylinder=one,
                kind=happening.kind,
                before=before,
                after=after,
                reason=happening.reason,
                file=happening.file,
                happened_on=happening.on,
                actor_name=actor.name,
                at=now,
            )
            for one, (before, after) in zip(rows, values, strict=True)
        ],
        batch_size=500,
    )
    told = {"reason": happening.reason} if happening.reason else {}
    record_many(
        actor,
        happening.verb,
        [
            (one, before, {**after, **told})
            for one, (before, after) in zip(rows, values, strict=True)
        ],
        now=now,
    )


# ------------------------------------------------------------------ what every act is told
def reason_of(text: str, what: str, *, needed: bool = True) -> str:
    """The reason as it is kept; RuleBroken on `reason` when it is missing or too long."""
    said = normalise(text)
    if needed and not said:
        raise RuleBroken("reason_needed", f"请填写{what}。", field="reason")
    if len(said) > REASON_LIMIT:
        raise RuleBroken("reason_long", f"{what}最多 {REASON_LIMIT} 个字。", field="reason")
    return said


def needed(text: str, what: str, limit: int, *, name: str) -> str:
    """A text that has to be there; RuleBroken beside its field `name`."""
    said = normalise(text)
    if not said:
        raise RuleBroken(f"{name}_needed", f"请填写{what}。", field=name)
    if len(said) > limit:
        raise RuleBroken(f"{name}_long", f"{what}最多 {limit} 个字。", field=name)
    return said


def refuse_date(
    on: date, *, now: datetime, rows: Sequence[Cylinder] = (), name: str = "on"
) -> None:
    """An act happened today or earlier, and not before its cylinders were made."""
    if on > local_day(now):
        raise RuleBroken("date_future", "日期不能晚于今天。", field=name)
    made = max((one.made_on for one in rows), default=None)
    if made is not None and on < made:
        raise RuleBroken(
            "date_too_early", f"日期不能早于气瓶的制造年月（{cn_date(made)}）。", field=name
        )


def paper_of(paper: Paper, sentence: str = "", *, name: str = "file") -> StoredFile | None:
    """The kept paper; with a `sentence` it is needed."""
    if paper is None and sentence:
        raise RuleBroken("file_needed", sentence, field=name)
    return paper() if callable(paper) else paper
