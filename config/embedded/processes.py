"""Children that die with the process that started them, and how to stop one in an orderly way."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from config.embedded.place import Account

PR_SET_PDEATHSIG = 1
LOG_LIMIT = 10 * 1024 * 1024
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(death_signal: int = signal.SIGKILL) -> None:
    """Ask the kernel to send this process a signal when the thread that started it dies.

    Linux only; elsewhere an orderly stop of the parent still stops its children. The setting is
    lost by a change of user, so it comes after that; workers forked later must ask for themselves.
    """
    if _libc is not None and _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path | None = None,
    account: Account | None = None,
    environ: Mapping[str, str] | None = None,
    death_signal: int = signal.SIGTERM,
    keep: Sequence[int] = (),
    cwd: Path | None = None,
) -> subprocess.Popen:
    """Start a child in a session of its own (so Ctrl-C reaches only us) that dies when we die.

    log takes stdout and stderr (appended); account is the user to become; keep are descriptors
    the child inherits. Raises OSError when the program cannot be started.
    """
    parent = os.getpid()

    def in_the_child() -> None:
        die_with_parent(death_signal)
        if os.getppid() != parent:  # the parent died before the kernel knew of our wish
            os._exit(1)

    identity = {}
    if account is not None:
        identity = {"user": account.uid, "group": account.gid, "extra_groups": []}
    output = open_log(log) if log else None
    try:
        return subprocess.Popen(
            [os.fspath(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            env=dict(environ) if environ is not None else None,
            cwd=cwd,
            start_new_session=True,
            pass_fds=keep,
            preexec_fn=in_the_child,  # safe: the launcher has no threads
            **identity,
        )
    finally:
        if output:
            output.close()


def open_log(path: Path):
    """Open a log for appending; a large one is put aside first (one old copy is kept)."""
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


def tail(path: Path, lines: int = 8, start: int = 0) -> str:
    """Return the last lines of a log written since byte `start`."""
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(start)
        return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])


def stop(child: subprocess.Popen, *steps: tuple[int, float]) -> None:
    """Send each (signal, seconds to wait) until the child is gone; then kill its session."""
    for number, patience in steps:
        if child.poll() is not None:
            break
        child.send_signal(number)
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            continue
    with suppress(ProcessLookupError, PermissionError):  # nobody of that session may be left
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
