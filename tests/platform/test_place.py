"""The folder of the sockets: made by whoever comes first, waited for by whoever comes second."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from config.embedded.errors import EmbeddedError
from config.embedded.place import Account, Place

NOBODY = Account("nobody", 65534, 65534)
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands folders over")


def place(data: Path) -> Place:
    made = Place(data)
    made.__dict__["account"] = NOBODY
    return made


@as_root
def test_a_folder_that_is_just_being_handed_over_is_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)  # another process stands between making and handing over
    timer = threading.Timer(0.2, os.chown, (folder, NOBODY.uid, NOBODY.gid))
    timer.start()
    assert place(tmp_path).private_folder(folder) == folder
    timer.join()


@as_root
def test_a_folder_of_somebody_else_is_refused_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    os.chown(folder, 12345, 12345)
    with pytest.raises(EmbeddedError, match="数据库不能使用它"):
        place(tmp_path).private_folder(folder)
