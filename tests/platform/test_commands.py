"""Management commands without a demo: servers for the length of the command, shared when many run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.embedded.hosting import services_for
from config.embedded.locks import Ownership
from config.embedded.place import PROJECT, Place
from tests.platform.running import command, environment, processes_of
from tests.waiting import PATIENCE

pytestmark = pytest.mark.services

SHOW_SERVER = """
from django.core.cache import cache
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SHOW unix_socket_directories")
    cache.set("a", 1)
    print(cursor.fetchone()[0], cache.get("a"))
raise SystemExit(3)
"""

COUNT_CONNECTIONS = """
import time
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT pg_advisory_lock(1)")
    cursor.execute("CREATE TABLE IF NOT EXISTS seen (pid int)")
    cursor.execute("SELECT pg_advisory_unlock(1)")
    cursor.execute("INSERT INTO seen VALUES (pg_backend_pid())")
    deadline = time.monotonic() + 150
    while time.monotonic() < deadline:
        cursor.execute("SELECT count(*) FROM seen")
        if cursor.fetchone() == (2,):
            break
        time.sleep(0.05)
    else:
        raise SystemExit("the other never came")
"""


def test_a_failing_command_takes_its_own_servers_away_and_keeps_its_code(data: Path) -> None:
    done = command(data, "shell", "-v", "0", "-c", SHOW_SERVER)
    assert (done.returncode, done.stdout) == (3, f"{Place(data).sockets} 1\n")
    assert processes_of(data) == {}


def test_commands_at_the_same_time_share_one_server(data: Path) -> None:
    """Each waits until it sees both in the database, so neither may have one of its own."""
    running = [
        subprocess.Popen(
            [sys.executable, PROJECT / "manage.py", "shell", "-v", "0", "-c", COUNT_CONNECTIONS],
            env=environment(data),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    ends = [(one.communicate(timeout=PATIENCE)[1], one.returncode) for one in running]
    assert [code for _, code in ends] == [0, 0], ends
    assert processes_of(data) == {}


@pytest.mark.parametrize(
    "line",
    ["help", "check --deploy", "migrate --help", "collectstatic", "demo --empty", "--version"],
)
def test_a_command_without_a_database_starts_none(
    monkeypatch: pytest.MonkeyPatch, data: Path, line: str
) -> None:
    monkeypatch.setenv("SHOUZE_DATA", str(data))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    monkeypatch.delenv("DATABASE_URL")
    name, *arguments = line.split()
    with services_for(name, arguments):
        assert "DATABASE_URL" not in os.environ
    assert not data.exists()


def test_a_relative_data_directory_stays_where_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Our children work in the project's folder; ours may be another one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOUZE_DATA", "mine")
    with services_for("help"):
        assert os.environ["SHOUZE_DATA"] == str(tmp_path / "mine")


def test_given_urls_are_used_as_they_are(monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    monkeypatch.setenv("SHOUZE_DATA", str(data))
    monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere/else")
    monkeypatch.setenv("REDIS_URL", "redis://somewhere/0")
    with services_for("migrate"):
        assert os.environ["DATABASE_URL"] == "postgresql://somewhere/else"
    assert not data.exists()


def test_production_settings_start_no_server(monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    monkeypatch.setenv("SHOUZE_DATA", str(data))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings.base")
    monkeypatch.delenv("DATABASE_URL")
    with services_for("migrate"):
        assert "DATABASE_URL" not in os.environ
    assert not data.exists()


def test_an_owner_waits_for_those_who_borrow(data: Path) -> None:
    place = Place(data)
    place.prepare()
    owner, guest = Ownership(place, "owner"), Ownership(place, "guest")
    assert owner.take(print) is True
    assert guest.take(print) is False
    assert guest.borrow() is None
    owner.announce({"DATABASE_URL": "here"})
    assert guest.borrow() == {"DATABASE_URL": "here"}
    assert owner.users.take() is False
    guest.release()
    owner.wait_for_users(print)
    assert guest.note.exists() is False
    owner.release()
    assert guest.take(print) is True
    guest.release()


def test_python_without_django_is_told_what_to_run(data: Path, tmp_path: Path) -> None:
    lonely = tmp_path / "manage.py"
    lonely.write_text((PROJECT / "manage.py").read_text())
    done = subprocess.run(
        [sys.executable, "-S", "-E", lonely, "migrate"], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (1, "还没有 Python 环境，请先执行：./shouze demo\n")
