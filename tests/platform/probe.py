"""A task that writes down where it ran and stays as long as it is told to: for the worker tests."""

import os
import time
from pathlib import Path

from config.celery import app


@app.task(name="probe.note")
def note(folder: str) -> None:
    """Append our pid to `seen`; while `hold` lies in the folder, do not end."""
    place = Path(folder)
    with (place / "seen").open("a") as file:
        file.write(f"{os.getpid()}\n")
    while (place / "hold").exists():
        time.sleep(0.02)
    with (place / "done").open("a") as file:
        file.write(f"{os.getpid()}\n")
