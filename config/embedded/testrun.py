"""Runs pytest against a database of its own on the embedded (or given) server.

The tables are made once per set of migrations, in a template database; every run gets a fresh
copy of it under its own name, so runs are quick, start clean, and may run side by side.
"""

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import redis
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections
from psycopg2 import sql

from config.embedded import packages
from config.embedded.broker import REDIS_DATABASES
from config.embedded.errors import EmbeddedError
from config.embedded.fonts import fontconfig_environment
from config.embedded.hosting import say
from config.embedded.locks import Lock
from config.embedded.place import PROJECT, Place
from config.embedded.processes import die_with_parent

TEMPLATE_PREFIX = "shouze_template_"
RUN_PREFIX = "test_shouze_"
LOCK = 7_420_230_506  # one run at a time makes a template
# Redis databases of one run: its own, and one for each of its parallel processes.
DATABASES_A_RUN = 4


def main(arguments: Sequence[str]) -> int:
    """Run pytest with these arguments and return its exit code."""
    place = Place.from_environment().tests
    place.prepare()
    _ensure_packages(place, arguments)
    template = _template()
    slot, number = _slot(place)
    with tempfile.TemporaryDirectory(prefix="files-", dir=place.data) as files, slot:
        environ = os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "TEST_DATABASE_TEMPLATE": template,
            "TEST_DATABASE_NAME": f"{RUN_PREFIX}{os.getpid()}",
            "FILES_ROOT": files,
            "REDIS_URL": _empty_redis(os.environ["REDIS_URL"], number),
        }
        # Dozens of processes are started: what one has compiled the others read, here and nowhere else.
        environ["PYTHONPYCACHEPREFIX"] = str(place.data / "bytecode")
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        if "FONTCONFIG_FILE" not in environ:
            environ |= fontconfig_environment(place.data)
        command = [sys.executable, "-m", "pytest", "--output", str(place.data / "browser")]
        return _run([*command, *_parallel(arguments), *arguments], environ)


def _parallel(arguments: Sequence[str]) -> list[str]:
    """A whole run uses the processors, a file at a time; named tests run in one process."""
    processes = min(os.cpu_count() or 1, DATABASES_A_RUN - 1)
    if _named(arguments) or "-n" in arguments or processes < 2:
        return []
    return ["-n", str(processes), "--dist", "loadfile", "--no-loadscope-reorder"]


def _named(arguments: Sequence[str]) -> list[str]:
    """The arguments that name files, folders or tests."""
    # os.path: an expression after -k may be longer than a file name can be, which pathlib raises.
    return [part for part in arguments if os.path.exists(PROJECT / part.split("::")[0])]


def _ensure_packages(place: Place, arguments: Sequence[str]) -> None:
    log = place.logs / "packages.log"
    packages.ensure(packages.missing_pdf_packages, "PDF 测试无法通过", log, say)
    if _wants_browser(arguments):
        packages.ensure_browser(log, say)


def _wants_browser(arguments: Sequence[str]) -> bool:
    """Say whether the run may meet a browser test: a whole run, or one that names them."""
    named = _named(arguments)
    return not named or any("browser" in part or part.rstrip("/") == "tests" for part in named)


def _run(command: list[str], environ: dict[str, str]) -> int:
    """Run pytest in our terminal session: Ctrl-C reaches it directly, SIGTERM is passed on."""
    child = subprocess.Popen(command, env=environ, cwd=PROJECT, preexec_fn=_in_the_child)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: child.send_signal(number))
    code = child.wait()
    return code if code >= 0 else 128 - code


def _in_the_child() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    die_with_parent(signal.SIGTERM)


def _slot(place: Place) -> tuple[Lock, int]:
    """Return the first number that no other run holds, and its lock."""
    runs = REDIS_DATABASES // DATABASES_A_RUN
    for number in range(runs):
        lock = Lock(place.locks / f"run-{number}")
        if lock.take():
            return lock, number * DATABASES_A_RUN
    raise EmbeddedError(f"同时运行的测试太多（最多 {runs} 个），请稍后再试。")


def _empty_redis(url: str, number: int) -> str:
    """Return the URL of this run's own Redis database, emptied; a given server is left as it is."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    for offset in range(DATABASES_A_RUN):
        with redis.Redis.from_url(f"unix://{parts.path}?db={number + offset}") as client:
            client.flushdb()
    return f"unix://{parts.path}?db={number}"


def _template() -> str:
    """Return the name of a database with all tables, making it when the migrations have changed."""
    name = TEMPLATE_PREFIX + _fingerprint()
    with closing(_server()) as server, server.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        present = _databases(cursor)
        _drop(cursor, [other for other in present if _is_left_over(other)])
        if name not in present:
            say("正在为测试准备数据表……")
            new = f"{name}_new"
            _drop(cursor, [old for old in present if old.startswith(TEMPLATE_PREFIX)])
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(new)))
            _migrate(new)
            cursor.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                    sql.Identifier(new), sql.Identifier(name)
                )
            )
    return name


def _fingerprint() -> str:
    """Digest of what the tables depend on: migrations, triggers, installed packages."""
    digest = hashlib.sha256()
    files = sorted([*PROJECT.glob("*/migrations/*.py"), *PROJECT.glob("config/requirements/*.txt")])
    for file in [*files, PROJECT / "config" / "triggers.py"]:
        digest.update(file.read_bytes())
    digest.update(" ".join(settings.INSTALLED_APPS).encode())
    return digest.hexdigest()[:12]


def _server() -> psycopg2.extensions.connection:
    """Connect to the server's own database, as Django does to create a test database."""
    parameters = connection.get_connection_params()
    names = ("host", "port", "user", "password")
    server = psycopg2.connect(
        dbname="postgres", **{name: parameters[name] for name in names if name in parameters}
    )
    server.autocommit = True
    return server


def _databases(cursor: psycopg2.extensions.cursor) -> list[str]:
    cursor.execute("SELECT datname FROM pg_database")
    return [name for (name,) in cursor.fetchall()]


def _is_left_over(database: str) -> bool:
    """Say whether a database belongs to a run of this machine that has died."""
    pid = database.removeprefix(RUN_PREFIX).split("_gw")[0]
    embedded = str(settings.DATABASES["default"]["HOST"]).startswith("/")
    return embedded and pid != database and pid.isdigit() and not Path(f"/proc/{pid}").exists()


def _drop(cursor: psycopg2.extensions.cursor, databases: Sequence[str]) -> None:
    for name in databases:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _migrate(database: str) -> None:
    """Make the tables in a database that nobody uses yet."""
    settings_dict = connections["default"].settings_dict
    usual = settings_dict["NAME"]
    settings_dict["NAME"] = database
    try:
        call_command("migrate", interactive=False, verbosity=0)
    finally:
        connections.close_all()
        settings_dict["NAME"] = usual
