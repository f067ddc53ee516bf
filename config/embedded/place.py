"""Where one running copy keeps its data, sockets, logs and keys, and who owns the server files."""

import base64
import hashlib
import os
import pwd
import secrets
import stat
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from config.embedded.errors import EmbeddedError

PROJECT = Path(__file__).resolve().parent.parent.parent
# sockaddr_un.sun_path holds 108 bytes with the closing zero.
SOCKET_PATH_LIMIT = 107
# How long a folder may lie between its making and its handing over to the servers' account.
HANDED_OVER_WITHIN = 10.0
LONGEST_SOCKET_NAME = ".s.PGSQL.5432"
# Server files go here when root's data directory lies where an ordinary account cannot enter.
SYSTEM_HOME = Path("/var/lib/shouze")


@dataclass(frozen=True)
class Account:
    """The ordinary user under whom the servers run when the launcher itself is root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Place:
    """The folders of one copy.

    data is SHOUZE_DATA (or its test folder); throwaway servers trade durability for speed.
    """

    data: Path
    throwaway: bool = False

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Place":
        """Return the copy that SHOUZE_DATA names; var/ in the project without it."""
        return cls(Path(environ.get("SHOUZE_DATA") or PROJECT / "var").absolute())

    @property
    def tests(self) -> "Place":
        """The throw-away copy beside this one, so that demo and tests run side by side."""
        return Place(self.data / "test", throwaway=True)

    @property
    def logs(self) -> Path:
        return self.data / "log"

    @property
    def locks(self) -> Path:
        return self.data / "lock"

    @cached_property
    def account(self) -> Account | None:
        """Whom the servers run as: None = ourselves; as root the owner of an old cluster, or
        an ordinary account of the system.
        """
        if os.geteuid() != 0:
            return None
        for cluster in sorted(self.home_if_known.glob("pgdata-*")):
            owner = cluster.stat()
            if owner.st_uid != 0:
                return Account(_owner_name(cluster), owner.st_uid, owner.st_gid)
        for name in ("postgres", "nobody"):
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return Account(name, entry.pw_uid, entry.pw_gid)
        return Account("65534", 65534, 65534)

    @property
    def home_if_known(self) -> Path:
        """The folder of the server files as far as it was settled by an earlier start."""
        note = self.data / "server-home"
        return Path(note.read_text().strip()) if note.exists() else self.data

    @cached_property
    def home(self) -> Path:
        """The folder of the server files: data, or one that the servers' account can enter."""
        known = self.home_if_known
        if known != self.data or self.account is None:
            return known
        self._make_data()
        if can_enter(self.data, self.account):
            return self.data
        if any(self.data.glob("pgdata-*")):
            raise EmbeddedError(
                f"数据库账号 {self.account.name} 无法进入 {self.data}（上级目录的权限改变过）。"
                f"请恢复上级目录的进入权限（chmod o+x）后重试。"
            )
        return self._home_elsewhere()

    def _make_data(self) -> None:
        """Make the data folder: nobody else lists it, and the servers' account may pass through."""
        if self.data.exists():
            return
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            self.data.chmod(0o711 if self.account else 0o700)
        except OSError as error:
            raise EmbeddedError(
                f"无法建立数据目录 {self.data}（{error.strerror}）。"
                f"请用 SHOUZE_DATA 指定一个可写的目录。"
            ) from error

    def _home_elsewhere(self) -> Path:
        home = SYSTEM_HOME / secrets.token_hex(6)
        home.mkdir(parents=True)
        for folder in (SYSTEM_HOME, home):
            folder.chmod(0o755)
        (self.data / "server-home").write_text(f"{home}\n")
        return home

    @cached_property
    def sockets(self) -> Path:
        """The 0700 folder of the unix sockets; one under /tmp when its path would be too long."""
        near = self.home / "run"
        if len(os.fsencode(near / LONGEST_SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
            return near
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        return Path(f"/tmp/shouze-{digest}")  # noqa: S108  checked by private_folder

    @property
    def database_url(self) -> str:
        """Address of the embedded database; the same for every process of this copy."""
        return f"postgresql://shouze@/{_quoted(self.sockets)}/shouze"

    @property
    def redis_url(self) -> str:
        return f"unix://{_quoted(self.sockets / 'redis.sock')}?db=0"

    def prepare(self) -> None:
        """Make the folders; raise EmbeddedError when this user may not write there."""
        self._make_data()
        for folder in (self.data, self.logs, self.locks, self.data / "files"):
            try:
                folder.mkdir(mode=0o700, exist_ok=True)
            except OSError:
                folder = self.data
            if not os.access(folder, os.W_OK | os.X_OK):
                raise EmbeddedError(
                    f"数据目录 {folder} 属于用户 {_owner_name(folder)}，当前用户不可写。"
                    f"请换回该用户启动，或用 SHOUZE_DATA 指定另一个目录。"
                )
        self.private_folder(self.sockets)

    def private_folder(self, folder: Path) -> Path:
        """Make a 0700 folder of the servers' account, refusing one that somebody else put there."""
        uid = self.account.uid if self.account else os.geteuid()
        gid = self.account.gid if self.account else -1
        try:
            folder.mkdir(mode=0o700)
            os.chown(folder, uid, gid)
        except FileExistsError:
            pass
        found = folder.lstat()
        deadline = time.monotonic() + HANDED_OVER_WITHIN
        while found.st_uid == os.geteuid() != uid and time.monotonic() < deadline:
            time.sleep(0.02)  # another process of ours has just made it and hands it over next
            found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid:
            raise EmbeddedError(
                f"目录 {folder} 属于用户 {_owner_name(folder)}，数据库不能使用它。"
                f"请换回该用户启动，或用 SHOUZE_DATA 指定另一个目录。"
            )
        folder.chmod(0o700)
        return folder

    def keys(self) -> dict[str, str]:
        """Return the keys of this copy, made once and kept in a file that only its owner reads."""
        path = self.data / "secrets"
        if not path.exists():
            made = {
                "SECRET_KEY": secrets.token_urlsafe(50),
                "FIELD_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
                "DIGEST_KEY": secrets.token_urlsafe(50),
            }
            self._make_data()
            lines = "".join(f"{name}={value}\n" for name, value in made.items())
            new = write_private(path.with_name(f"secrets.{os.getpid()}"), lines)
            with suppress(FileExistsError):  # another process was first: its keys count
                os.link(new, path)
            new.unlink()
        return dict(line.split("=", 1) for line in path.read_text().splitlines() if line)


def write_private(path: Path, text: str) -> Path:
    """Write a file that only its owner reads, and return its path."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    return path


def can_enter(folder: Path, account: Account) -> bool:
    """Say whether an account may pass through every folder from the root down to this one."""
    return all(_may(step, account, 0o1) for step in (folder, *folder.parents))


def can_execute(program: Path, account: Account) -> bool:
    """Say whether an account may reach and run a program."""
    return can_enter(program.parent, account) and _may(program, account, 0o5)


def _may(path: Path, account: Account, bits: int) -> bool:
    found = path.stat()
    if found.st_uid == account.uid:
        mode = found.st_mode >> 6
    elif found.st_gid == account.gid:
        mode = found.st_mode >> 3
    else:
        mode = found.st_mode
    return mode & bits == bits


def _owner_name(path: Path) -> str:
    uid = path.lstat().st_uid
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _quoted(path: Path) -> str:
    return quote(str(path), safe="/")
