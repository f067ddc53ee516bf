"""Gas cylinders. The import of 10,000 rows × 20 columns against the bare read of the same file by
calamine (at most 4× for reading, cleaning and every check), linear to 50,000 rows under 250 MB.

The peak is that of a child process which does nothing but the dry run of 50,000 rows.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection, transaction
from python_calamine import CalamineWorkbook

from config.excel.kinds import Context
from config.excel.plan import Plan
from cylinders.imports.cylinders import CYLINDERS
from cylinders.models import Batch
from tests.benchmarks.measure import best_of, compare, say
from tests.factories import cylinders as make
from tests.factories import workbooks
from tests.world import NOW, World

ROWS, MORE_ROWS = 10_000, 50_000
SLOWEST = 4.0
# 50,000 rows may cost this many times 10,000; a straight line is 5.
STEEPEST = 6.5
PEAK_MB = 250
_CHILD = """
import sys, django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[2]
from config.excel.kinds import Context
from cylinders.imports.cylinders import CYLINDERS
from tests.world import NOW
from units.loader import load_actor
from units.models import User
actor = load_actor(User.objects.get(username="jia"))
def peak():  # of this program alone: ru_maxrss remembers the parent that forked it
    lines = open("/proc/self/status").read().splitlines()
    return int(next(one for one in lines if one.startswith("VmHWM")).split()[1]) // 1024
started = peak()
context = Context(actor, NOW, target=sys.argv[3])
with open(sys.argv[1], "rb") as opened:
    plan = CYLINDERS.plan(CYLINDERS.open(opened, context), context)
print(started, peak(), plan.counts()["create"])
"""


def bare_read(content: io.BytesIO) -> None:
    content.seek(0)
    CalamineWorkbook.from_filelike(content).get_sheet_by_index(0).to_python()


def context_of(world: World, batch: Batch, *, is_writing: bool = False) -> Context:
    return Context(world.actor(world.jia_admin), NOW, is_writing=is_writing, target=batch.code)


def dry_run(content: io.BytesIO, context: Context) -> Plan:
    plan = CYLINDERS.plan(CYLINDERS.open(content, context), context)
    plan.digest()
    return plan


def write(content: io.BytesIO, context: Context) -> None:
    with transaction.atomic():
        CYLINDERS.apply(CYLINDERS.plan(CYLINDERS.open(content, context), context), context)


def test_ten_thousand_cylinders(world: World) -> None:
    batch = make.batch(world.jia)
    content, context = workbooks.many_cylinders(ROWS), context_of(world, batch)
    counts = dry_run(content, context).counts()
    assert counts == {"create": ROWS, "change": 0, "same": 0, "refused": 0}
    bare = best_of(lambda: bare_read(content))
    checked = best_of(lambda: dry_run(content, context))
    ratio = compare("dry run of 10,000 new rows vs bare read", checked, bare)
    writing = context_of(world, batch, is_writing=True)
    written = best_of(lambda: write(content, writing), 1)
    compare("check and write of 10,000 new rows vs bare read", written, bare)
    assert batch.items.count() == ROWS
    assert dry_run(content, context).counts()["same"] == ROWS
    again = best_of(lambda: dry_run(content, context))
    compare("dry run of the same file again (all 无变化) vs bare read", again, bare)
    assert ratio <= SLOWEST


def test_fifty_thousand_are_a_straight_line(world: World) -> None:
    context = context_of(world, make.batch(world.jia))
    few, many = workbooks.many_cylinders(ROWS), workbooks.many_cylinders(MORE_ROWS)
    one = best_of(lambda: dry_run(few, context), 3)
    five = best_of(lambda: dry_run(many, context), 3)
    ratio = compare("dry run of 50,000 rows vs 10,000", five, one)
    compare("dry run of 50,000 rows vs bare read", five, best_of(lambda: bare_read(many), 3))
    assert ratio <= STEEPEST


@pytest.mark.django_db(transaction=True)
def test_fifty_thousand_fit_into_memory(committed_world: World, tmp_path: Path) -> None:
    batch = make.batch(committed_world.jia)
    path = tmp_path / "cylinders.xlsx"
    path.write_bytes(workbooks.many_cylinders(MORE_ROWS).getvalue())
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(path), connection.settings_dict["NAME"], batch.code],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"},
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    started, peak, created = map(int, done.stdout.split()[-3:])
    say(f"peak of 50,000 rows: {peak} MB (a bare Django process: {started} MB)")
    assert created == MORE_ROWS
    assert peak < PEAK_MB
