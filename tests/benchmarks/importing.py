"""What the benchmarks of imports measure alike: a dry run against the bare read of the same file by
calamine, the writing, a straight line to 50,000 rows, and the memory of a process of its own.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from django.db import connection, transaction
from python_calamine import CalamineWorkbook

from config.excel.kinds import Context, ImportKind
from config.excel.plan import Plan
from tests.benchmarks.measure import best_of, compare, say

ROWS, MORE_ROWS = 10_000, 50_000
# 50,000 rows may cost this many times 10,000; a straight line is 5.
STEEPEST = 6.5
PEAK_MB = 250
_CHILD = """
import sys, django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[2]
from config.excel import kinds
from config.excel.kinds import Context
from tests.world import NOW
from units.loader import load_actor
from units.models import User
kind = kinds.get(sys.argv[3])
actor = load_actor(User.objects.get(username="jia"))
def peak():  # of this program alone: ru_maxrss remembers the parent that forked it
    lines = open("/proc/self/status").read().splitlines()
    return int(next(one for one in lines if one.startswith("VmHWM")).split()[1]) // 1024
started = peak()
context = Context(actor, NOW, target=sys.argv[4])
with open(sys.argv[1], "rb") as opened:
    plan = kind.plan(kind.open(opened, context), context)
print(started, peak(), plan.counts()["create"])
"""


def bare_read(content: io.BytesIO) -> None:
    content.seek(0)
    CalamineWorkbook.from_filelike(content).get_sheet_by_index(0).to_python()


def dry_run(kind: ImportKind, content: io.BytesIO, context: Context) -> Plan:
    plan = kind.plan(kind.open(content, context), context)
    plan.digest()
    return plan


def write(kind: ImportKind, content: io.BytesIO, context: Context) -> None:
    with transaction.atomic():
        kind.apply(kind.plan(kind.open(content, context), context), context)


def ten_thousand(
    kind: ImportKind, content: io.BytesIO, context: Context, count: Callable[[], int]
) -> float:
    """A file of 10,000 new rows: dry run, writing, dry run again; the first's ratio to a bare read."""
    counts = dry_run(kind, content, context).counts()
    assert counts == {"create": ROWS, "change": 0, "same": 0, "refused": 0}
    bare = best_of(lambda: bare_read(content))
    checked = best_of(lambda: dry_run(kind, content, context))
    ratio = compare("dry run of 10,000 new rows vs bare read", checked, bare)
    before = count()
    writing = replace(context, is_writing=True)
    written = best_of(lambda: write(kind, content, writing), 1)
    compare("check and write of 10,000 new rows vs bare read", written, bare)
    assert count() == before + ROWS
    assert dry_run(kind, content, context).counts()["same"] == ROWS
    again = best_of(lambda: dry_run(kind, content, context))
    compare("dry run of the same file again (all 无变化) vs bare read", again, bare)
    return ratio


def straight_line(kind: ImportKind, few: io.BytesIO, many: io.BytesIO, context: Context) -> None:
    """50,000 rows cost little more than five times 10,000."""
    one = best_of(lambda: dry_run(kind, few, context), 3)
    five = best_of(lambda: dry_run(kind, many, context), 3)
    ratio = compare("dry run of 50,000 rows vs 10,000", five, one)
    compare("dry run of 50,000 rows vs bare read", five, best_of(lambda: bare_read(many), 3))
    assert ratio <= STEEPEST


def fits_into_memory(kind: ImportKind, path: Path, target: str = "") -> None:
    """The dry run of 50,000 rows in a child process which does nothing else."""
    name = connection.settings_dict["NAME"]
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(path), name, kind.name, target],
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
