"""Running copies of the product for these tests, and what is left of them afterwards."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from config.embedded.place import PROJECT
from tests.waiting import PATIENCE, until


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(data: Path, **more: str) -> dict[str, str]:
    """The environment of a person at the keyboard: nothing of this test run in it."""
    ours = {"DJANGO_SETTINGS_MODULE", "DATABASE_URL", "REDIS_URL", "FILES_ROOT", "SECRET_KEY"}
    ours |= {"FIELD_KEYS", "DIGEST_KEY", "SECURE_COOKIES", "SMS_ADAPTER", "CONN_MAX_AGE"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | {"SHOUZE_DATA": str(data), "PYTHONUNBUFFERED": "1"} | more


def command(data: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one management command to its end."""
    return subprocess.run(
        [sys.executable, PROJECT / "manage.py", *arguments],
        env=environment(data, **more),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
    )


class Demo:
    """A running `manage.py demo --empty` with its own data and port."""

    def __init__(self, data: Path, port: int) -> None:
        self.data = data
        self.port = port
        self.output = data.with_suffix(".out")
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, PROJECT / "manage.py", "demo", "--empty"],
                env=environment(data, PORT=str(port)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def words(self) -> str:
        return self.output.read_text()

    def wait_until_ready(self) -> None:
        def ready() -> bool:
            assert self.process.poll() is None, self.words
            return "守责已就绪" in self.words

        until(ready, what=f"a demo in {self.data}")

    def stop(self, number: int = signal.SIGINT) -> int:
        """Send a signal, wait for the end and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def child(self, words: str) -> int:
        """Return the pid of the oldest of our children whose command line holds these words.

        0 while there is none (between a death and the next start).
        """
        pids = [pid for pid, line in processes_of(self.data).items() if words in line]
        return min((pid for pid in pids if parent_of(pid) == self.process.pid), default=0)


def processes_of(folder: Path) -> dict[int, str]:
    """Return {pid: command line} of the living processes that belong to a data directory."""
    mark = os.fsencode(folder)
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            line = (entry / "cmdline").read_bytes()
            environ = (entry / "environ").read_bytes()
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue
        # A process that is dead but not reaped has an empty command line.
        if line and (mark in line or mark in environ):
            found[int(entry.name)] = line.replace(b"\0", b" ").decode(errors="replace").strip()
    return found


def parent_of(pid: int) -> int:
    """Return the pid of a process's parent; 0 when the process is gone (listed, then dead)."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def user_of(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid
