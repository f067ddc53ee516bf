"""The embedded PostgreSQL: a cluster in the data directory, answering on a unix socket only."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from config.embedded.engines import PostgresEngine, find_postgres, runnable_postgres
from config.embedded.errors import EmbeddedError
from config.embedded.place import Place
from config.embedded.processes import spawn, stop, tail

SUPERUSER = DATABASE = "shouze"
# What a new postmaster says while the one before it, or its backends, are still dying.
STILL_DYING = (
    'lock file "postmaster.pid" already exists',
    "pre-existing shared memory block",
    "could not create lock file",
    "could not bind Unix address",
)
GIGABYTE = 1024**3
DURABILITY_OFF = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class PostgresServer:
    """One cluster and, while started, its postmaster as our direct child."""

    title = "数据库"

    def __init__(self, place: Place, say: Callable[[str], None] = print) -> None:
        self.place = place
        self.say = say
        self.log = place.logs / "postgres.log"
        self.child: subprocess.Popen | None = None
        self.engine: PostgresEngine | None = None

    @property
    def cluster(self) -> Path:
        """The data directory, named by the major version."""
        return self.place.home / f"pgdata-{self.engine.major}"

    def start(self, keep: tuple[int, ...] = ()) -> None:
        """Make the cluster when there is none, start it and return once it answers.

        There is no time limit: we wait as long as our postmaster lives (a recovery may be long) and
        begin again while an older one is dying. Raises EmbeddedError with the log's last lines.
        """
        self.place.prepare()
        self.engine = find_postgres()
        self._refuse_other_versions()
        self.engine = runnable_postgres(self.engine, self.place)
        if not self.cluster.exists():
            self._initialise()
        self._start_postmaster(keep)
        self._create_database()

    def stop(self) -> None:
        """Fast shutdown: sessions are ended, a checkpoint is written."""
        if self.child is not None:
            stop(self.child, (signal.SIGINT, 30), (signal.SIGQUIT, 5))

    def describe(self) -> str:
        return f"PostgreSQL {self.engine.version}（内置）"

    def _refuse_other_versions(self) -> None:
        major = self.engine.major
        if self.cluster.exists():
            found = (self.cluster / "PG_VERSION").read_text().strip()
        else:
            others = sorted(self.place.home.glob("pgdata-*"))
            found = others[-1].name.removeprefix("pgdata-") if others else str(major)
        if found != str(major):
            raise EmbeddedError(
                f"{self.place.home} 里的数据属于 PostgreSQL {found}，"
                f"这里的程序是 PostgreSQL {major}，不会改动原有数据。请用原版本导出后再导入"
                f"（见 docs/operations.md），或用 SHOUZE_DATA 指定另一个目录。"
            )

    def _initialise(self) -> None:
        """initdb into a folder beside, renamed when complete: a half-made cluster is never used."""
        new = self.place.home / "new-cluster"
        shutil.rmtree(new, ignore_errors=True)
        self.place.private_folder(new)
        command = [self.engine.binaries / "initdb", "-D", new, "-U", SUPERUSER]
        command += ["--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust", "--no-instructions"]
        if self.place.throwaway:
            command.append("--no-sync")
        start = self.log.stat().st_size if self.log.exists() else 0
        made = self._spawn(command, death_signal=signal.SIGKILL)
        if made.wait() != 0:
            raise EmbeddedError(f"无法建立数据库：\n{tail(self.log, start=start)}")
        new.rename(self.cluster)

    def _start_postmaster(self, keep: tuple[int, ...]) -> None:
        began, told = time.monotonic(), False
        while True:
            start = self.log.stat().st_size if self.log.exists() else 0
            self.child = self._spawn(self._command(), death_signal=signal.SIGINT, keep=keep)
            while self.child.poll() is None:
                if self._answers():
                    return
                time.sleep(0.02)
            last_words = tail(self.log, start=start)
            if not any(sentence in last_words for sentence in STILL_DYING):
                raise EmbeddedError(f"数据库没有启动，日志 {self.log} 的最后几行：\n{last_words}")
            self._forget_zombie()
            if not told and time.monotonic() - began > 3:
                self.say("上一次的数据库进程还没有结束，正在等待……")
                told = True
            time.sleep(0.1)

    def _forget_zombie(self) -> None:
        """Remove the lock file of a dead, unreaped postmaster (a container without init).

        To a new postmaster such a process id looks alive for ever. The caller holds the lock that
        every child inherits, so no process of that family is left; PostgreSQL itself still checks
        the shared memory.
        """
        note = self.cluster / "postmaster.pid"
        try:
            pid = int(note.read_text().split()[0])
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError, IndexError):
            return
        if state == "Z":
            note.unlink()

    def _spawn(self, command: list, **options: object) -> subprocess.Popen:
        environ = {
            "PATH": os.defpath,
            "HOME": str(self.place.home),
            "LC_ALL": "C",
            "PGDATA": str(self.cluster),
        }
        return spawn(
            command,
            log=self.log,
            account=self.place.account,
            environ=environ,
            cwd=Path("/"),
            **options,
        )

    def _command(self) -> list[str | Path]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.place.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "120",
            "shared_buffers": f"{shared_buffers(self.place.throwaway) // 1024**2}MB",
            "cluster_name": "shouze",
        }
        if self.place.throwaway:
            settings |= DURABILITY_OFF
        command: list[str | Path] = [self.engine.binaries / "postgres", "-D", self.cluster]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        return command

    def _answers(self) -> bool:
        """Say whether OUR postmaster takes connections (an older one might still answer)."""
        import psycopg2

        try:
            connection = psycopg2.connect(
                host=str(self.place.sockets), user=SUPERUSER, dbname="postgres"
            )
        except psycopg2.OperationalError:
            return False
        connection.close()
        try:
            return int((self.cluster / "postmaster.pid").read_text().split()[0]) == self.child.pid
        except (FileNotFoundError, IndexError):
            return False

    def _create_database(self) -> None:
        import psycopg2

        connection = psycopg2.connect(
            host=str(self.place.sockets), user=SUPERUSER, dbname="postgres"
        )
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            connection.close()


def shared_buffers(throwaway: bool = False) -> int:
    """Return bytes for shared_buffers: a quarter of our memory, at least 32 MB, at most 1 GB.

    SHOUZE_SHARED_BUFFERS_MB, when set, is taken instead (`bench` measures with a server's size).
    """
    if wanted := os.environ.get("SHOUZE_SHARED_BUFFERS_MB", ""):
        return max(32, int(wanted)) * 1024**2
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.exists() and (text := limit.read_text().strip()).isdigit():
        memory = min(memory, int(text))
    cap = GIGABYTE // 4 if throwaway else GIGABYTE
    return max(32 * 1024**2, min(memory // 4, cap))
