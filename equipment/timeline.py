"""Everything that happened to one machine, in order: the audit trail and the dated rows behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import DateField

from config.words import cn_date
from equipment.enums import UseStatus
from equipment.models import CatalogueEntry, Declaration, Equipment
from equipment.words import span
from units.audit import Verb
from units.models import AuditEntry

# Lines of the first page; each further page shows as many more, up to MOST.
STEP = 20
MOST = 400
# Archive facts as the line of a change names them.
_SKIPPED = frozenset({"status", "officer_code", "version", "category"})
_KINDS = {
    Verb.EQUIPMENT_ADDED: "done",
    Verb.DECLARATION_CONFIRMED: "done",
    Verb.DECLARATION_OBJECTED: "danger",
    Verb.DECLARATION_FILED: "open",
    Verb.STOP_DECLARED: "late",
    Verb.EQUIPMENT_STATUS_SET: "late",
}


@dataclass(frozen=True)
class Timeline:
    """The latest lines, as `{% timeline %}` takes them, and how many to ask for next (0 = all)."""

    entries: list[dict[str, Any]]
    next: int = 0


def timeline(machine: Equipment, *, number: int = STEP) -> Timeline:
    """What happened to a machine, the latest first (four queries, a fifth where its type changed).

    Dated rows that an import wrote without a line of their own in the trail are told from the rows;
    those of an action carry the moment of its audit row and are not told twice.
    """
    number = max(STEP, min(number, MOST))
    declarations = {one.code: one for one in machine.declarations.order_by("-id")[:MOST]}
    trail = list(
        (
            AuditEntry.objects.filter(
                object_type=machine._meta.label_lower, object_code=machine.code
            )
            | AuditEntry.objects.filter(
                object_type=Declaration._meta.label_lower, object_code__in=list(declarations)
            )
        ).order_by("-at", "-id")[: number + 1]
    )
    told = {entry.at for entry in trail}
    types = _types(trail)
    lines = [_line(entry, declarations, types) for entry in trail]
    # Only as far back as the trail was read, so that pages stay in order.
    since = trail[-1].at if len(trail) > number else None
    lines += [
        line
        for line in _rows(machine)
        if line["at"] not in told and (since is None or line["at"] >= since)
    ]
    lines.sort(key=lambda line: line["at"], reverse=True)
    has_more = len(lines) > number
    return Timeline(lines[:number], min(number + STEP, MOST) if has_more and number < MOST else 0)


def _rows(machine: Equipment) -> Iterator[dict[str, Any]]:
    """Bindings and statuses as lines; their `created_at` is the moment of the action."""
    for binding in machine.bindings.select_related("staff").order_by("-id")[:MOST]:
        what = f"绑定安全员：{binding.staff.name}"
        yield _entry(binding.created_at, what, note=span(binding.period))
    for period in machine.status_periods.order_by("-id")[:MOST]:
        note = " · ".join(filter(None, [span(period.period), period.reason]))
        yield _entry(period.created_at, f"使用状态：{period.get_status_display()}", note=note)


def _entry(
    at: datetime, what: str, *, who: str = "", note: str = "", kind: str = "neutral"
) -> dict[str, Any]:
    return {"at": at, "what": what, "who": who, "note": note, "kind": kind}


def _types(trail: Iterable[AuditEntry]) -> dict[str, str]:
    """The names of the types that a machine was changed from and to, by code."""
    changes = [entry for entry in trail if entry.verb == Verb.EQUIPMENT_CHANGED]
    values = [values.get("catalogue") for one in changes for values in (one.before, one.after)]
    if not (codes := set(values) - {None}):
        return {}
    return dict(CatalogueEntry.objects.filter(pk__in=codes).values_list("pk", "name"))


def _line(
    entry: AuditEntry, declarations: dict[str, Declaration], types: dict[str, str]
) -> dict[str, Any]:
    verb = Verb(entry.verb)
    what, note = str(verb.label), _note(entry, types)
    declared = declarations.get(entry.object_code)
    if declared is not None:
        what = f"{what}：{declared.get_kind_display()}"
        note = str(entry.after.get("opinion") or entry.after.get("reason") or "")
    elif verb == Verb.EQUIPMENT_STATUS_SET and "status" in entry.after:
        what = f"{what}：{UseStatus(entry.after['status']).label}"
    elif verb == Verb.OFFICER_ASSIGNED:
        what = f"{what}：{entry.after.get('officer', '')}"
    return _entry(entry.at, what, who=entry.actor_name, note=note, kind=_KINDS.get(verb, "neutral"))


def _note(entry: AuditEntry, types: dict[str, str]) -> str:
    """Old and new values of what was changed, or the reason that was given."""
    if entry.verb == Verb.EQUIPMENT_CHANGED:
        return "；".join(
            f"{_label(name)}：{_shown(name, entry.before.get(name), types)}"
            f" → {_shown(name, value, types)}"
            for name, value in entry.after.items()
            if name not in _SKIPPED
        )
    if entry.verb in {Verb.OFFICER_ASSIGNED, Verb.OFFICER_RELEASED} and entry.before.get("officer"):
        return f"原安全员：{entry.before['officer']}"
    return str(entry.after.get("reason") or "")


def _shown(name: str, value: Any, types: dict[str, str]) -> str:
    """A value of the trail as pages show it: a type by its name, a date in words."""
    if not value:
        return "空"
    if name == "catalogue":
        return f"{types[value]}（{value}）" if value in types else str(value)
    if isinstance(Equipment._meta.get_field(name), DateField):
        return cn_date(date.fromisoformat(value))
    return str(value)


def _label(name: str) -> str:
    return str(Equipment._meta.get_field(name).verbose_name)
