"""Folders that the servers' account may enter, short enough for a unix socket."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded.place import SYSTEM_HOME, Place


@pytest.fixture(scope="session")
def short_folder() -> Iterator[Path]:
    """One folder for the whole run; pytest's own lie too deep and are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="sz", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def data(short_folder: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A data directory that does not exist yet; what its servers kept elsewhere goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="d", dir=short_folder)) / "v"
    folder.parent.chmod(0o755)
    yield folder
    home = Place(folder).home_if_known
    if home.is_relative_to(SYSTEM_HOME):
        shutil.rmtree(home)
