"""`./shouze demo`: refuses in words, runs beside another copy, mends itself, leaves nothing behind."""

import http.client
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded.errors import EmbeddedError
from config.embedded.place import Place
from config.embedded.supervisor import listen
from tests.platform.running import Demo, command, free_port, processes_of, user_of
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def copies(short_folder: Path) -> Iterator[tuple[Demo, Demo]]:
    """Two copies with their own data and port, started at the same time."""
    both = tuple(Demo(short_folder / name, free_port()) for name in ("first", "second"))
    try:
        for demo in both:
            demo.wait_until_ready()
        yield both
    finally:
        for demo in both:
            demo.stop(signal.SIGKILL)


@pytest.fixture
def first(copies: tuple[Demo, Demo]) -> Demo:
    return copies[0]


@pytest.fixture
def second(copies: tuple[Demo, Demo]) -> Demo:
    return copies[1]


def status(port: int, path: str = "/healthz/") -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


def test_two_copies_answer_side_by_side(first: Demo, second: Demo) -> None:
    assert [status(first.port), status(second.port)] == [200, 200]
    assert f"http://127.0.0.1:{first.port}/" in first.words
    clusters = [{*demo.data.glob("pgdata-*")} for demo in (first, second)]
    assert [len(found) for found in clusters] == [1, 1]
    assert clusters[0].isdisjoint(clusters[1])


def test_keys_sockets_and_uploads_are_closed_to_others(first: Demo) -> None:
    modes = {name: oct((first.data / name).stat().st_mode)[-3:] for name in ("secrets", "files")}
    assert modes == {"secrets": "600", "files": "700"}
    assert oct(Place(first.data).sockets.stat().st_mode)[-3:] == "700"


def test_database_and_broker_run_as_an_ordinary_user(first: Demo) -> None:
    servers = [first.child("/postgres -D"), first.child("redis-server")]
    assert 0 not in {user_of(pid) for pid in servers}


def test_a_taken_port_is_told_before_anything_starts(data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = command(data, "demo", PORT=str(port))
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr.startswith(f"端口 {port} 已被其他程序占用。请换一个端口启动，例如：PORT=")
    assert refused.stderr.count("\n") == 1
    assert [*data.glob("pgdata-*")] == []


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "８０"])
def test_a_port_that_is_none_is_told(port: str) -> None:
    with pytest.raises(EmbeddedError) as refusal:
        listen(port)
    assert str(refusal.value) == f"PORT={port} 不是有效的端口，请用 1 到 65535 之间的数字。"


def test_a_data_directory_in_use_is_told(first: Demo) -> None:
    refused = command(first.data, "demo", PORT=str(free_port()))
    assert refused.returncode == 1
    assert refused.stderr == (
        f"数据目录 {first.data} 正被进程 {first.process.pid}（shouze demo）使用。"
        "请先停止它，或用 SHOUZE_DATA 和 PORT 另起一份。\n"
    )
    assert status(first.port) == 200


def test_a_file_in_place_of_the_data_directory_is_told(data: Path) -> None:
    data.parent.joinpath("f").write_text("")
    refused = command(data.parent / "f" / "data", "demo")
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert refused.stderr.startswith(f"无法建立数据目录 {data.parent / 'f' / 'data'}（")


def test_a_command_uses_the_running_demo_s_database(first: Demo) -> None:
    before = processes_of(first.data)
    done = command(first.data, "load_reference")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("基础数据合计：新增 0，变更 0，未变 ")
    servers = {pid for pid, line in before.items() if "/postgres -D" in line}
    after = {pid for pid, line in processes_of(first.data).items() if "/postgres -D" in line}
    assert after == servers


@pytest.mark.parametrize("words", ["gunicorn", "celery -A config.celery worker"])
def test_a_child_that_dies_is_started_again(first: Demo, words: str) -> None:
    old = first.child(words)
    told = first.words.count("意外退出（代码 -9）")
    before = processes_of(first.data)
    os.kill(old, signal.SIGKILL)
    until(lambda: first.words.count("意外退出（代码 -9）") > told)

    def is_back() -> bool:
        pids = {pid for pid, line in processes_of(first.data).items() if words in line}
        return bool(pids) and not pids & set(before) and status(first.port) == 200

    until(is_back)


def test_the_database_comes_back_after_a_kill(first: Demo) -> None:
    old = first.child("/postgres -D")
    os.kill(old, signal.SIGKILL)
    until(lambda: first.child("/postgres -D") not in {0, old} and status(first.port) == 200)


def test_nothing_survives_a_kill_of_the_supervisor(second: Demo) -> None:
    assert len(processes_of(second.data)) > 6
    assert second.stop(signal.SIGKILL) == -signal.SIGKILL
    until(lambda: processes_of(second.data) == {})
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", second.port))


def test_the_next_start_is_quick_and_stops_in_order(second: Demo) -> None:
    """Runs after the kill above: the same data, at once; Ctrl-C ends all of it with code 0."""
    again = Demo(second.data, second.port)
    again.wait_until_ready()
    assert status(again.port) == 200
    assert again.stop(signal.SIGINT) == 0
    assert again.words.splitlines()[-2:] == ["正在停止……", "已停止。"]
    assert processes_of(second.data) == {}


def test_sigterm_stops_it_too(first: Demo) -> None:
    assert first.stop(signal.SIGTERM) == 0
    assert processes_of(first.data) == {}
