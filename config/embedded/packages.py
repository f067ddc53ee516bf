"""System packages that pip cannot bring: the PDF libraries, and a browser for the browser tests."""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

# Debian package -> the library whose presence proves it.
PDF_LIBRARIES = {
    "libpango-1.0-0": "libpango-1.0.so.0",
    "libpangoft2-1.0-0": "libpangoft2-1.0.so.0",
    "libharfbuzz-subset0": "libharfbuzz-subset.so.0",
}
# Programs that play pages, and the packages to install one from; the first that there is. The
# headless shell is the same browser without its windows: a quarter less work for every page.
BROWSER_PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
BROWSER_PACKAGES = ("chromium-headless-shell", "chromium")


def missing_pdf_packages() -> list[str]:
    """Return the packages whose library cannot be loaded."""
    return [package for package, library in PDF_LIBRARIES.items() if not _loads(library)]


def browser() -> str | None:
    """Return the path of the browser that plays pages, or None where none is installed."""
    return next(filter(None, map(shutil.which, BROWSER_PROGRAMS)), None)


def ensure_browser(log: Path, say: Callable[[str], None]) -> bool:
    """Install a browser where there is none; a distribution may know only the later packages."""
    *first, last = BROWSER_PACKAGES
    for package in first:
        if browser() is None:
            install([package], log, say)
    return ensure(lambda: [] if browser() else [last], "浏览器测试无法运行", log, say)


def install(packages: Iterable[str], log: Path, say: Callable[[str], None]) -> bool:
    """Install system packages as root; return whether that worked, whatever went wrong."""
    names = list(packages)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    say(f"正在安装系统软件包：{' '.join(names)} ……")
    environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    wait = ["-o", "DPkg::Lock::Timeout=300"]
    with log.open("ab") as output:
        # A source that cannot be reached fails the update, while the others are usable.
        for command in (
            ["apt-get", *wait, "update", "-qq"],
            ["apt-get", *wait, "install", "-y", "-qq", "--no-install-recommends", *names],
        ):
            done = subprocess.run(
                command,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
    return done.returncode == 0


def ensure(
    missing: Callable[[], list[str]], consequence: str, log: Path, say: Callable[[str], None]
) -> bool:
    """Install what `missing()` names; what is missing still is told, with its consequence.

    Returns whether all is there.
    """
    names = missing()
    if names:
        install(names, log, say)
        names = missing()
    if names:
        listed = " ".join(names)
        say(f"缺少系统软件包 {listed}，{consequence}。请管理员执行：apt-get install {listed}")
    return not names


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
