"""Demo data are played in a child after the first page; an interrupted play is told, not hidden."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from config.embedded import supervisor
from config.embedded.errors import EmbeddedError
from config.embedded.place import Place
from config.embedded.supervisor import Program, Supervisor

Seed = Callable[[str], list[str]]


@pytest.fixture
def seed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Seed:
    """Play a stand-in for `seed_demo` (Python) and return what was said, which `said` keeps, too."""
    place = Place(tmp_path / "data")
    for folder in (place.data, place.logs, place.locks):
        folder.mkdir()
    (place.logs / "setup.log").touch()
    monkeypatch.setattr(supervisor, "QUICK", 0.1)

    def play(source: str) -> list[str]:
        said: list[str] = []

        def say(words: str) -> None:
            said.append(words)
            (tmp_path / "said").write_text("\n".join(said))

        running = Supervisor(place, "8000", say)
        assert running.ownership.take(say) is True
        original = Program.start

        def start(self: Program, keep: tuple[int, ...] = ()) -> None:
            self.command = [sys.executable, "-c", UNTIL + source, str(tmp_path / "said")]
            original(self, keep)

        monkeypatch.setattr(Program, "start", start)
        try:
            running._seed()
        finally:
            monkeypatch.setattr(Program, "start", original)
            running.ownership.release()
        return said

    return play


UNTIL = """
import os, sys, time
def until_said(words):
    while not os.path.exists(sys.argv[1]) or words not in open(sys.argv[1]).read():
        time.sleep(0.02)
"""
LONG = "until_said('三十天')"
TELLING = "正在生成三十天的演示数据（首次启动需要几分钟），完成后在此显示账号……"


def test_a_first_seeding_is_announced_and_forgotten(seed: Seed, tmp_path: Path) -> None:
    assert seed(LONG) == [TELLING]
    assert not (tmp_path / "data" / "demo-data-begun").exists()


def test_a_quick_seeding_needs_no_words(seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "QUICK", 30)
    assert seed("pass") == []


def test_a_failed_seeding_ends_the_start_with_its_last_words(seed: Seed, tmp_path: Path) -> None:
    log = tmp_path / "data" / "log" / "setup.log"
    with pytest.raises(EmbeddedError) as failure:
        seed(f"{LONG}; raise SystemExit('no such street')")
    assert str(failure.value) == (f"演示数据没有生成，日志 {log} 的最后几行：\nno such street")


def test_an_interrupted_seeding_goes_on_and_says_so_once(seed: Seed, tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError):
        seed(f"{LONG}; raise SystemExit(1)")
    assert (tmp_path / "data" / "demo-data-begun").exists()
    (tmp_path / "said").unlink()
    assert seed("pass") == ["演示数据上次生成时被中断，现已补齐。"]
    assert seed("pass") == []


def test_how_far_it_is_gets_told(seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "PROGRESS", 0.1)
    said = seed("print('  演示数据：第 3/31 天', flush=True); until_said('3/31')")
    assert said[0] == TELLING
    assert set(said[1:]) == {"  演示数据：第 3/31 天"}
