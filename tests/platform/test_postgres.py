"""The embedded PostgreSQL: made once, kept, refused in words, never left behind."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from config.embedded import engines, postgres
from config.embedded.engines import find_postgres, runnable_postgres
from config.embedded.errors import EmbeddedError
from config.embedded.place import PROJECT, Account, Place
from config.embedded.postgres import PostgresServer
from tests.platform.running import processes_of, user_of
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.services

COLLATION = "SELECT datcollate FROM pg_database WHERE datname = 'shouze'"


@pytest.fixture
def server(data: Path) -> Iterator[PostgresServer]:
    """A server whose data directory does not exist yet."""
    server = PostgresServer(Place(data, throwaway=True))
    yield server
    server.stop()


@pytest.fixture
def kept_server(short_folder: Path) -> Iterator[PostgresServer]:
    """A server whose cluster the first test to ask for it makes and the others find."""
    server = PostgresServer(Place(short_folder / "kept", throwaway=True))
    yield server
    server.stop()


def ask(server: PostgresServer, query: str) -> object:
    """Run one statement in the product's database and return its first value."""
    with closing(
        psycopg2.connect(host=str(server.place.sockets), user="shouze", dbname="shouze")
    ) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchone()[0] if cursor.description else None


def test_makes_a_cluster_that_answers_on_its_socket_only(kept_server: PostgresServer) -> None:
    kept_server.start()
    assert ask(kept_server, "SHOW server_encoding") == "UTF8"
    assert ask(kept_server, COLLATION) == "C.UTF-8"
    assert ask(kept_server, "SHOW listen_addresses") == ""
    assert stat.S_IMODE(kept_server.place.sockets.stat().st_mode) == 0o700
    assert kept_server.cluster.name == f"pgdata-{kept_server.engine.major}"


def test_keeps_its_data_and_ends_when_stopped(kept_server: PostgresServer) -> None:
    kept_server.start()
    ask(kept_server, "CREATE TABLE kept (n int)")
    ask(kept_server, "INSERT INTO kept VALUES (42)")
    kept_server.stop()
    assert processes_of(kept_server.place.data) == {}
    kept_server.start()
    assert ask(kept_server, "SELECT n FROM kept") == 42


def test_runs_as_an_ordinary_user(kept_server: PostgresServer) -> None:
    kept_server.start()
    expected = kept_server.place.account.uid if os.geteuid() == 0 else os.geteuid()
    assert expected != 0
    assert {user_of(pid) for pid in processes_of(kept_server.place.data)} == {expected}


def test_refuses_the_data_of_another_major_version(server: PostgresServer) -> None:
    other = server.place.data / "pgdata-9"
    other.mkdir(parents=True)
    (other / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedError) as refusal:
        server.start()
    major = find_postgres().major
    assert str(refusal.value) == (
        f"{server.place.data} 里的数据属于 PostgreSQL 9，这里的程序是 PostgreSQL {major}，"
        "不会改动原有数据。请用原版本导出后再导入（见 docs/operations.md），"
        "或用 SHOUZE_DATA 指定另一个目录。"
    )
    assert [path.name for path in server.place.data.glob("pgdata*")] == ["pgdata-9"]


def test_refuses_a_cluster_whose_inside_is_of_another_version(server: PostgresServer) -> None:
    cluster = server.place.data / f"pgdata-{find_postgres().major}"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("12\n")
    with pytest.raises(EmbeddedError, match="里的数据属于 PostgreSQL 12，"):
        server.start()
    assert [path.name for path in cluster.iterdir()] == ["PG_VERSION"]


def test_a_half_made_cluster_is_made_anew(server: PostgresServer) -> None:
    server.place.prepare()
    server.place.private_folder(server.place.home / "new-cluster")
    (server.place.home / "new-cluster" / "PG_VERSION").write_text("half")
    server.start()
    assert ask(server, "SELECT 1") == 1
    assert not (server.place.home / "new-cluster").exists()


KILLED = """
import os, signal, sys
sys.path.insert(0, {project!r})
from pathlib import Path
from config.embedded.place import Place
from config.embedded.postgres import PostgresServer
import psycopg2
server = PostgresServer(Place(Path({data!r})))
server.start()
c = psycopg2.connect(host=str(server.place.sockets), user="shouze", dbname="shouze")
cursor = c.cursor()
cursor.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
for n in range(200):
    cursor.execute("INSERT INTO kept VALUES (%s)", [n])
    c.commit()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_loses_nothing_when_its_parent_is_killed_and_another_starts_at_once(data: Path) -> None:
    script = KILLED.format(project=str(PROJECT), data=str(data))
    server = PostgresServer(Place(data))
    for round_number in (1, 2):
        killed = subprocess.run([sys.executable, "-c", script], timeout=PATIENCE)
        assert killed.returncode == -signal.SIGKILL
        server.start()
        assert ask(server, "SELECT count(*) FROM kept") == 200 * round_number
        assert processes_of(data)[server.child.pid].startswith(str(server.engine.binaries))
        server.stop()


def test_waits_for_an_older_postmaster_that_is_still_ending(
    kept_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The older one ends only after the new one has been refused at least once."""
    older = PostgresServer(kept_server.place)
    older.start()
    asked = []

    def let_the_older_one_end(self: PostgresServer) -> None:
        asked.append(older.child.pid)
        older.child.send_signal(signal.SIGINT)
        older.child.poll()

    monkeypatch.setattr(PostgresServer, "_forget_zombie", let_the_older_one_end)
    kept_server.start()
    assert set(asked) == {older.child.pid}
    assert older.child.wait(PATIENCE) == 0
    assert ask(kept_server, "SELECT 1") == 1


def test_takes_over_from_a_dead_postmaster_that_nobody_reaped(kept_server: PostgresServer) -> None:
    kept_server.start()
    kept_server.stop()
    zombie = subprocess.Popen(["true"])
    state = Path(f"/proc/{zombie.pid}/stat")
    until(lambda: state.read_text().rpartition(")")[2].split()[0] == "Z")
    note = kept_server.cluster / "postmaster.pid"
    note.write_text(
        f"{zombie.pid}\n{kept_server.cluster}\n1\n5432\n{kept_server.place.sockets}\n\n0 0\n"
    )
    os.chown(note, kept_server.cluster.stat().st_uid, -1)
    kept_server.start()
    zombie.wait()
    assert ask(kept_server, "SELECT 1") == 1


def test_a_deep_data_directory_gets_a_short_socket_folder(data: Path) -> None:
    deep = data / ("deep" * 15) / ("down" * 15)
    server = PostgresServer(Place(deep, throwaway=True))
    assert server.place.sockets.name.startswith("shouze-")
    assert len(str(server.place.sockets)) < 40
    server.start()
    try:
        assert ask(server, "SELECT 1") == 1
        assert stat.S_IMODE(server.place.sockets.stat().st_mode) == 0o700
    finally:
        server.stop()
        for file in server.place.sockets.iterdir():
            file.unlink()
        server.place.sockets.rmdir()


def test_a_socket_folder_of_somebody_else_is_refused(data: Path) -> None:
    place = Place(data)
    place.prepare()
    stranger = Path(tempfile.mkdtemp(dir=data.parent))
    place.sockets.rmdir()
    place.sockets.symlink_to(stranger)
    with pytest.raises(EmbeddedError, match="数据库不能使用它"):
        place.prepare()


def test_server_files_move_where_the_ordinary_account_can_go(data: Path) -> None:
    """Root's home is closed to others: there the cluster lies below /var/lib/shouze."""
    data.parent.chmod(0o700)
    server = PostgresServer(Place(data, throwaway=True))
    server.start()
    try:
        assert ask(server, "SELECT 1") == 1
        is_elsewhere = server.place.home != data
        assert is_elsewhere == (os.geteuid() == 0)
        assert Place(data).home == server.place.home
        assert Place(data).database_url == server.place.database_url
    finally:
        server.stop()


def test_programs_out_of_reach_are_copied_with_their_libraries(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(data)
    place.prepare()
    place.__dict__["account"] = Account("somebody", 65534, 65534)
    monkeypatch.setattr(engines, "can_execute", lambda program, account: False)
    engine = find_postgres()
    copy = runnable_postgres(engine, place)
    assert copy.binaries.is_relative_to(place.home)
    for program in ("postgres", "initdb", "psql", "pg_dump"):
        run = subprocess.run([copy.binaries / program, "--version"], capture_output=True, text=True)
        assert run.stdout.split()[2] == engine.version
    assert runnable_postgres(engine, place) == copy


def test_memory_for_shared_buffers_has_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = {"SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(postgres.os, "sysconf", pages.__getitem__)
    monkeypatch.setattr(Path, "exists", lambda path: False)
    given = {}
    for gigabytes in (0.0625, 2, 64):
        pages["SC_PHYS_PAGES"] = int(gigabytes * 1024**3 / 4096)
        given[gigabytes] = postgres.shared_buffers() // 1024**2
    assert given == {0.0625: 32, 2: 512, 64: 1024}


def test_keys_are_made_once_and_are_private(data: Path) -> None:
    first = Place(data).keys()
    assert sorted(first) == ["DIGEST_KEY", "FIELD_KEYS", "SECRET_KEY"]
    assert Place(data).keys() == first
    assert stat.S_IMODE((data / "secrets").stat().st_mode) == 0o600
