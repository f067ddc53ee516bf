"""Import of machines: 10,000 rows × 20 columns against the bare read of the same file by calamine
(at most 5× for reading, cleaning and every check), linear to 50,000 rows under 250 MB.

Writing (rows, statuses, bindings, codes, audit, today's to-dos) is measured by itself.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from config.excel.kinds import Context
from equipment.imports.machines import MACHINES
from equipment.models import Equipment
from tests.benchmarks.importing import (
    MORE_ROWS,
    ROWS,
    fits_into_memory,
    straight_line,
    ten_thousand,
)
from tests.factories import workbooks
from tests.world import NOW, World

SLOWEST = 5.0


def context_of(world: World) -> Context:
    return Context(world.actor(world.jia_admin), NOW)


def test_ten_thousand_machines(world: World) -> None:
    content = workbooks.many_machines(ROWS)
    ratio = ten_thousand(MACHINES, content, context_of(world), Equipment.objects.count)
    assert ratio <= SLOWEST


def test_fifty_thousand_are_a_straight_line(world: World) -> None:
    few, many = workbooks.many_machines(ROWS), workbooks.many_machines(MORE_ROWS)
    straight_line(MACHINES, few, many, context_of(world))


@pytest.mark.django_db(transaction=True)
def test_fifty_thousand_fit_into_memory(committed_world: World, tmp_path: Path) -> None:
    path = tmp_path / "machines.xlsx"
    path.write_bytes(workbooks.many_machines(MORE_ROWS).getvalue())
    fits_into_memory(MACHINES, path)
