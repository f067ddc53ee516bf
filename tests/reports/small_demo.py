"""A short story of the demo for tests: four units, told in this very process."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import call_command

from duties.models import Inspection, Task
from equipment.models import Equipment
from reports.demo import cast
from reports.management.commands import seed_demo
from reports.models import IssuedDocument
from units.models import Unit


class InThisProcess:
    """Stands for the pool: a test's transaction is not seen by other processes."""

    def __enter__(self) -> InThisProcess:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def submit(self, work: object, *args: object, **how: object) -> InThisProcess:
        work(*args, **how)
        return self

    def result(self) -> None:
        return None


SMALL = (
    replace(cast.UNITS[0], officers=2, machines=(cast.Machines("3110", 6, "云阶国际"),)),
    *(plan for plan in cast.UNITS if plan.username in {"nanlu", "beibin", "anxing"}),
)
# The two filling units without their machines.
FILLING = tuple(
    replace(plan, machines=(), officers=1)
    for plan in cast.UNITS
    if plan.username in {"lanyan", "chuandong"}
)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cast, "UNITS", SMALL)
    monkeypatch.setattr(seed_demo, "ProcessPoolExecutor", lambda *a, **k: InThisProcess())
    monkeypatch.setattr(seed_demo.connections, "close_all", lambda: None)


def seed(days: int = 2) -> str:
    out = StringIO()
    call_command("seed_demo", days=days, stdout=out)
    return out.getvalue()


def counts() -> tuple[int, ...]:
    return tuple(
        model.objects.count() for model in (Unit, Equipment, Task, Inspection, IssuedDocument)
    )
