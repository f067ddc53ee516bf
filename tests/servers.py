"""Real Celery processes on the running test's database and broker."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from subprocess import Popen

from django.db import connection

from config.embedded.processes import spawn

ROOT = Path(__file__).resolve().parents[1]
CELERY = (sys.executable, "-m", "celery", "-A", "config.celery")
WORKER = ("worker", "--concurrency=1", "--without-gossip", "--without-mingle")


def celery(folder: Path, *arguments: str, **extra: str) -> Popen:
    """Start `celery …` in the background; its log is `<folder>/<first argument>.log`."""
    environ: Mapping[str, str] = {**os.environ, "DATABASE_URL": _database_url(), **extra}
    log = folder / f"{arguments[0]}.log"
    return spawn([*CELERY, *arguments], log=log, environ=environ, cwd=ROOT)


def _database_url() -> str:
    """DATABASE_URL with the name of the test's own database."""
    address, mark, query = os.environ["DATABASE_URL"].partition("?")
    server = address.rpartition("/")[0]
    return f"{server}/{connection.settings_dict['NAME']}{mark}{query}"
