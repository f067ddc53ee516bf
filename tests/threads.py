"""Several acts at the same moment, on real threads with connections of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection, connections

from config.errors import RuleBroken
from tests.waiting import PATIENCE

Act = Callable[[], Any]


@dataclass(frozen=True)
class Outcome:
    """What an act returned, or how it was refused."""

    value: Any = None
    refusal: RuleBroken | None = None

    @property
    def code(self) -> str:
        return self.refusal.code if self.refusal else ""

    @property
    def message(self) -> str:
        return self.refusal.message if self.refusal else ""


def begin(act: Act) -> Future[Any]:
    """Run an act beside the test; the future's `result(seconds)` is what it returns or raises."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            try:
                value = act()
            finally:
                connections.close_all()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(value)

    # A daemon: an act that never ends fails its test, and does not keep the whole run from ending.
    threading.Thread(target=run, daemon=True).start()
    return future


def at_once(*acts: Act) -> list[Outcome]:
    """Run the acts in threads that begin together; what came of each, in order.

    Any error but a RuleBroken, and an act that does not end, fail the test.
    """
    gate = threading.Barrier(len(acts))

    def together(act: Act) -> Any:
        connection.ensure_connection()  # before the gate: the acts meet, not their connecting
        gate.wait(PATIENCE)
        return act()

    begun = [begin(partial(together, act)) for act in acts]
    ended, late = wait(begun, timeout=PATIENCE)
    errors = [one.exception() for one in begun if one in ended]
    broken = [error for error in errors if error and not isinstance(error, RuleBroken)]
    _raise(broken)
    assert not late, f"{len(late)} of {len(acts)} acts did not end"
    return [
        Outcome(refusal=e) if (e := one.exception()) else Outcome(one.result()) for one in begun
    ]


def told_at_once(*acts: Act) -> list[str]:
    """Run the acts at once; "" or the code of the refusal of each, in order."""
    return [one.code for one in at_once(*acts)]


def done_at_once(*acts: Act) -> list[Any]:
    """Run the acts at once; what each returned, in order. A refusal fails the test too."""
    outcomes = at_once(*acts)
    _raise([one.refusal for one in outcomes if one.refusal])
    return [one.value for one in outcomes]


def done_and_refused(*acts: Act) -> tuple[list[Any], list[RuleBroken]]:
    """Run the acts at once; what those that went through returned, and the refusals of the others."""
    outcomes = at_once(*acts)
    refused = [one.refusal for one in outcomes if one.refusal]
    return [one.value for one in outcomes if not one.refusal], refused


def _raise(errors: Sequence[BaseException]) -> None:
    """Raise them all, so that the test's report shows where each one came from."""
    if errors:
        raise BaseExceptionGroup("acts that began at once", errors)
