"""Who owns a data directory, who merely uses its servers, and whether old children still live.

Three files, each held by flock, so a kill -9 releases them without a trace:

owner     held by the one process that runs the servers of this directory.
users     shared by commands that borrow a running owner's servers; a command that owns the
          servers waits for them before it stops.
children  inherited by every child: while anybody of an earlier family lives, a new one waits.
"""

import errno
import fcntl
import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from config.embedded.errors import EmbeddedError
from config.embedded.place import Place, write_private


class Lock:
    """One flock; holds it until released or until the process (and who inherited it) is gone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor: int | None = None

    def take(self, *, shared: bool = False, wait: bool = False) -> bool:
        """Take the lock and return True; False when somebody else holds it and wait is not set."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except PermissionError as error:
            raise EmbeddedError(
                f"当前用户不能使用 {self.path}。"
                f"请换回当初启动的用户，或用 SHOUZE_DATA 指定另一个目录。"
            ) from error
        how = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
        try:
            fcntl.flock(descriptor, how)
        except OSError as error:
            os.close(descriptor)
            if error.errno in (errno.EAGAIN, errno.EACCES):
                return False
            raise
        self.descriptor = descriptor
        return True

    def release(self) -> None:
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None

    def __enter__(self) -> "Lock":
        return self

    def __exit__(self, *exception: object) -> None:
        self.release()


class Ownership:
    """The right to run the servers of one data directory, and the note that tells of them."""

    def __init__(self, place: Place, purpose: str) -> None:
        self.place = place
        self.purpose = purpose
        self.owner = Lock(place.locks / "owner")
        self.users = Lock(place.locks / "users")
        self.children = Lock(place.locks / "children")
        self.note = place.locks / "services.json"

    def take(self, say: Callable[[str], None]) -> bool:
        """Become the owner and wait until an earlier owner's children are gone; False = taken."""
        if not self.owner.take():
            return False
        self.note.unlink(missing_ok=True)
        write_private(self.owner.path, f"{os.getpid()} {self.purpose}\n")
        began, told = time.monotonic(), False
        while not self.children.take():
            if not told and time.monotonic() - began > 3:
                say("上一次运行的进程还没有全部结束，正在等待……")
                told = True
            time.sleep(0.05)
        return True

    @property
    def inherited(self) -> tuple[int, ...]:
        """The descriptor every child must keep."""
        return (self.children.descriptor,)

    def holder(self) -> str:
        """Say who owns the directory now."""
        pid, _, purpose = self.owner.path.read_text().strip().partition(" ")
        return f"进程 {pid}（{purpose}）" if pid else "另一个进程"

    def refuse(self) -> EmbeddedError:
        return EmbeddedError(
            f"数据目录 {self.place.data} 正被{self.holder()}使用。"
            f"请先停止它，或用 SHOUZE_DATA 和 PORT 另起一份。"
        )

    def announce(self, urls: Mapping[str, str]) -> None:
        """Tell other commands where the servers of this directory answer."""
        new = write_private(self.note.with_suffix(".new"), json.dumps(dict(urls)))
        new.replace(self.note)

    def borrow(self) -> dict[str, str] | None:
        """Join the running owner's servers: its URLs, or None when they are not (any more) up."""
        self.users.take(shared=True, wait=True)
        try:
            return json.loads(self.note.read_text())
        except FileNotFoundError:
            self.users.release()
            return None

    def wait_for_users(self, say: Callable[[str], None]) -> None:
        """Take the note down and wait until nobody borrows the servers any more."""
        self.note.unlink(missing_ok=True)
        if not self.users.take():
            say("其他命令还在使用数据库，等它们结束后再停止……")
            self.users.take(wait=True)

    def release(self) -> None:
        """Give everything back; children still alive keep their lock."""
        if self.owner.descriptor is not None:
            self.note.unlink(missing_ok=True)
        for lock in (self.users, self.children, self.owner):
            lock.release()
