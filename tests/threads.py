"""Several acts at the same moment, on real threads with connections of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import connections

from config.errors import RuleBroken


def told_at_once(*acts: Callable[[], object]) -> list[str]:
    """Run the acts in threads that begin together; "" or the code of the refusal of each, in order.

    Any other error of an act, and an act that does not end, fail the test.
    """
    gate = threading.Barrier(len(acts))
    told: dict[int, str] = {}
    broken: list[BaseException] = []

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            gate.wait(10)
            act()
            told[number] = ""
        except RuleBroken as refused:
            told[number] = refused.code
        except BaseException as error:
            broken.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert broken == []
    return [told[number] for number in range(len(acts))]
