"""What other rooms do when the people or the duties of a unit change: duties acts at once (decision 7).

Machines have their own registry (equipment.hooks); this one is for appointments, licences, stations,
停产 and whatever else decides about to-dos of a unit as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
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
        tell(hook, ids, day=day, actor=actor, now=now)


# What is held back: (hook, day, actor, now) -> the ids it is about, in the order they were told.
Held = dict[tuple[Hook, date, Actor, datetime], dict[int, None]]
_held: ContextVar[Held | None] = ContextVar("units_hooks_held", default=None)


def tell(hook: Hook, ids: list[int], *, day: date, actor: Actor, now: datetime) -> None:
    """Call one listener now, or hold it back while a `gathered` or `unheard` block runs."""
    held = _held.get()
    if held is None:
        hook(ids, day=day, actor=actor, now=now)
    else:
        held.setdefault((hook, day, actor, now), {}).update(dict.fromkeys(ids))


@contextmanager
def gathered() -> Iterator[None]:
    """Tell the listeners once, at the end of a block of several changes in one transaction.

    Inside, every change has locked and written its rows before the first listener begins: they see
    the whole of it, and cannot wait in a circle with another change. A block that fails tells
    nobody. A block within a block belongs to the outer one.
    """
    if _held.get() is not None:
        yield
        return
    with unheard() as held:
        yield
    for (hook, day, actor, now), ids in held.items():
        hook(list(ids), day=day, actor=actor, now=now)


@contextmanager
def unheard() -> Iterator[Held]:
    """Tell nobody of what a block does: a dry run that is rolled back."""
    held: Held = {}
    token = _held.set(held)
    try:
        yield held
    finally:
        _held.reset(token)
