"""What other rooms do when machines change: duties acts on today's to-dos (decision 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime

from config.actor import Actor
from units.hooks import tell

# fn(equipment_ids, *, day, actor, now), called inside the transaction of the change.
Hook = Callable[..., object]

_hooks: list[Hook] = []


def register(hook: Hook) -> None:
    """Add a listener; called once by an app in AppConfig.ready(). A second time changes nothing."""
    if hook not in _hooks:
        _hooks.append(hook)


def changed(equipment_ids: Iterable[int], *, day: date, actor: Actor, now: datetime) -> None:
    """Tell every listener that machines were added, re-bound, released or changed status.

    Runs inside the caller's transaction, after the rows are written: what a listener refuses
    undoes the change. Inside units.hooks.gathered they are told at its end.
    """
    ids = list(equipment_ids)
    if not ids:
        return
    for hook in _hooks:
        tell(hook, ids, day=day, actor=actor, now=now)
