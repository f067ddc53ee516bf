"""What other rooms do when the people or the duties of a unit change: duties acts at once (decision 7).

Machines have their own registry (equipment.hooks); this one is for appointments, licences, stations,
停产 and whatever else decides about to-dos of a unit as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime

from config.actor import Actor

# fn(unit_ids, *, day, actor, now), called inside the transaction of the change.
Hook = Callable[..., object]

_hooks: list[Hook] = []


def register(hook: Hook) -> None:
    """Add a listener; called once by an app in AppConfig.ready(). A second time changes nothing."""
    if hook not in _hooks:
        _hooks.append(hook)


def changed(unit_ids: Iterable[int], *, day: date, actor: Actor, now: datetime) -> None:
    """Tell every listener that what these units owe may have changed.

    Runs inside the caller's transaction, after the rows are written: what a listener refuses
    undoes the change.
    """
    ids = list(unit_ids)
    if not ids:
        return
    for hook in _hooks:
        hook(ids, day=day, actor=actor, now=now)
