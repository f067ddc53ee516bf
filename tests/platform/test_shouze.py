"""The shell script `shouze`, with a stand-in for Python that writes down what it is asked."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.embedded.place import PROJECT
from tests.waiting import PATIENCE

# `-m venv DIR` makes DIR/bin/python a copy of this script; `-c` goes to the real Python.
STAND_IN = """#!/bin/sh
case "$1" in
-c) [ "${FAKE_OLD:-}" = 1 ] && exit 1; exec @PYTHON@ "$@" ;;
-m) case "$2" in
    venv) mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; : >"$3/pyvenv.cfg" ;;
    uv) sleep 0.2; for part; do last=$part; done; echo "sync $last" >>"$LOG" ;;
    esac ;;
*) shift; echo "run $*" >>"$LOG" ;;
esac
"""
NAMES = ("python3", "python3.11", "python3.12", "python3.13", "python3.14")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the script, its requirement files and a PATH whose Python is the stand-in."""
    folder = tmp_path / "守责 project"
    (folder / "config" / "requirements").mkdir(parents=True)
    for name in ("run", "test"):
        (folder / "config" / "requirements" / f"{name}.txt").write_text(f"{name}==1\n")
    (folder / "shouze").write_text((PROJECT / "shouze").read_text())
    programs = folder / "programs"
    programs.mkdir()
    for name in NAMES:
        (programs / name).write_text(STAND_IN.replace("@PYTHON@", sys.executable))
        (programs / name).chmod(0o755)
    return folder


def start(project: Path, *arguments: str, **more: str) -> subprocess.Popen[str]:
    environ = {
        "PATH": f"{project / 'programs'}:/usr/bin:/bin",
        "HOME": str(project),
        "LOG": str(project / "log"),
    }
    return subprocess.Popen(
        ["sh", project / "shouze", *arguments],
        env=environ | more,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(project: Path, *arguments: str, **more: str) -> tuple[int, str]:
    """Run the script and return its exit code and what it said."""
    process = start(project, *arguments, **more)
    _, said = process.communicate(timeout=PATIENCE)
    return process.returncode, said


def log(project: Path) -> list[str]:
    return (project / "log").read_text().replace(f"{project}/config/requirements/", "").splitlines()


def test_makes_the_environment_once_and_hands_arguments_over(project: Path) -> None:
    assert run(project, "demo", "--empty", "a b") == (
        0,
        "正在准备 Python 环境（仅首次或依赖变化时）……\n",
    )
    assert run(project, "demo") == (0, "")
    assert log(project) == ["sync run.txt", "run demo --empty a b", "run demo"]


def test_a_changed_requirement_file_is_synchronised(project: Path) -> None:
    run(project, "migrate")
    (project / "config" / "requirements" / "run.txt").write_text("run==2\n")
    run(project, "migrate")
    assert log(project) == ["sync run.txt", "run migrate"] * 2


def test_an_environment_made_for_tests_is_never_cut_back(project: Path) -> None:
    run(project, "demo")
    run(project, "test", "-q")
    run(project, "demo")
    (project / "config" / "requirements" / "test.txt").write_text("test==2\n")
    run(project, "demo")
    assert log(project) == [
        *("sync run.txt", "run demo", "sync test.txt", "run test -q", "run demo"),
        *("sync test.txt", "run demo"),
    ]


def test_starts_at_the_same_time_prepare_it_once(project: Path) -> None:
    processes = [start(project, "demo") for _ in range(4)]
    assert [process.wait(PATIENCE) for process in processes] == [0, 0, 0, 0]
    assert log(project) == ["sync run.txt", *["run demo"] * 4]


def test_an_environment_without_its_python_is_made_anew(project: Path) -> None:
    run(project, "demo")
    (project / ".venv" / "bin" / "python").unlink()
    assert run(project, "demo")[0] == 0
    assert log(project) == ["sync run.txt", "run demo"] * 2


def test_an_old_python_is_told_in_words(project: Path) -> None:
    assert run(project, "demo", FAKE_OLD="1") == (
        1,
        "需要 Python 3.11 或更高版本，这台机器上没有找到。"
        "请先安装，例如：apt-get install python3 python3-venv\n",
    )


def test_a_folder_of_something_else_is_not_touched(project: Path, tmp_path: Path) -> None:
    full = tmp_path / "documents"
    full.mkdir()
    (full / "letter").write_text("dear")
    code, said = run(project, "demo", SHOUZE_VENV=str(full))
    assert (code, said.splitlines()[-1]) == (
        1,
        f"{full} 里有别的内容，不是 Python 环境。请用 SHOUZE_VENV 指定一个空目录。",
    )
    assert (full / "letter").read_text() == "dear"


def test_without_a_command_it_says_how_to_use_it(project: Path) -> None:
    assert run(project) == (
        1,
        "用法：./shouze demo 启动演示；./shouze test 运行测试；./shouze help 列出全部命令。\n",
    )


def test_scripts_are_executable() -> None:
    scripts = ("shouze", "manage.py", ".ci/run", "config/requirements/compile")
    assert [name for name in scripts if not os.access(PROJECT / name, os.X_OK)] == []
