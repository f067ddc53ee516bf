#!/usr/bin/env python3
"""Django's command line; starts the embedded database and broker when a command needs them."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def main() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    os.environ.setdefault(
        "DJANGO_SETTINGS_MODULE",
        "config.settings.test" if command in {"test", "bench"} else "config.settings.dev",
    )
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        _start_again_inside_the_environment()
        raise
    from config.embedded.errors import EmbeddedError
    from config.embedded.hosting import services_for

    try:
        with services_for(command, sys.argv[2:]):
            execute_from_command_line(sys.argv)
    except EmbeddedError as error:
        sys.exit(str(error))


def _start_again_inside_the_environment() -> None:
    """Replace this process by the same command under .venv, or say what to run first."""
    python = ROOT / ".venv" / "bin" / "python"
    if python.exists() and Path(sys.prefix).resolve() != (ROOT / ".venv").resolve():
        os.execv(python, [str(python), *sys.argv])
    if not python.exists():
        sys.exit("还没有 Python 环境，请先执行：./shouze demo")


if __name__ == "__main__":
    main()
