"""State changes: one table of transitions per model, one function that carries them out.

A model with a workflow declares `TRANSITIONS`, a tuple of Transition rows. The same table draws the
buttons (`offers`), decides in `transition()`, and is the parameter list of the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models

from config.actor import Actor
from config.errors import RuleBroken


@dataclass(frozen=True)
class Transition:
    """One row: `name` takes a row from any of `sources` to `target` if `may(row, actor)` is true.

    `verb` is the Chinese label of the button; `refused` the sentence when the state does not fit.
    `stamps` names the prefix of the `_at`/`_by` columns that are set ("" = none).
    """

    name: str
    sources: frozenset[str]
    target: str
    verb: str
    may: Callable[[Any, Actor], bool]
    stamps: str = ""
    refused: str = ""


def find(table: Iterable[Transition], name: str) -> Transition:
    """Return the row called `name`; KeyError if the table has none."""
    for row in table:
        if row.name == name:
            return row
    raise KeyError(name)


def offers(table: Iterable[Transition], obj: Any, actor: Actor) -> list[Transition]:
    """The transitions that `actor` may carry out on `obj` in its present state (for buttons)."""
    return [row for row in table if str(obj.state) in row.sources and row.may(obj, actor)]


def lock(obj: models.Model) -> Any:
    """Re-read a row under a row lock (of itself only) inside the running transaction.

    No key lock: rows that merely point at this one may be written meanwhile.
    """
    return type(obj)._base_manager.select_for_update(of=("self",), no_key=True).get(pk=obj.pk)


def transition(
    obj: Any,
    name: str,
    *,
    actor: Actor,
    now: datetime,
    changes: dict[str, Any] | None = None,
    locked: bool = False,
) -> Any:
    """Carry out the transition `name` on `obj` and return the row as it now is.

    Locks and re-reads the row (unless `locked`: the caller holds the lock already), checks source
    state and right, sets state, `<stamps>_at`, `<stamps>_by` and `changes`, and saves just those.
    The caller writes events, audit and outbox in the same transaction.
    Raises RuleBroken("wrong_state") with the row's state in words, RuleBroken("not_yours", 403).
    """
    row = find(obj.TRANSITIONS, name)
    fresh = obj if locked else lock(obj)
    if str(fresh.state) not in row.sources:
        sentence = row.refused or f"当前状态为“{fresh.get_state_display()}”，不能{row.verb}。"
        raise RuleBroken("wrong_state", sentence)
    if not row.may(fresh, actor):
        raise RuleBroken("not_yours", f"您没有权限{row.verb}。", status=403)
    fresh.state = row.target
    touched = ["state"]
    if row.stamps:
        setattr(fresh, f"{row.stamps}_at", now)
        touched.append(f"{row.stamps}_at")
        if hasattr(type(fresh), f"{row.stamps}_by"):
            setattr(fresh, f"{row.stamps}_by_id", actor.staff_id)
            touched.append(f"{row.stamps}_by")
    for field, value in (changes or {}).items():
        setattr(fresh, field, value)
        touched.append(field)
    fresh.save(update_fields=touched)
    return fresh
