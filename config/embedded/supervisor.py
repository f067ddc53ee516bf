"""The demo: one process that starts everything, watches it, and takes it down again.

1. Refuse what cannot work before anything runs: a data directory in use, a taken port.
2. PostgreSQL and Redis, then migrate and reference data (safe to repeat), then web: a page
   answers from here on. The first time the demo data take minutes; worker and beat wait for
   them, because they act on the real day while the history is still being played.
3. Worker and beat; then the accounts are printed.
4. A child that ends is started again, later and later; Ctrl-C and SIGTERM stop all of them in
   the opposite order; after a kill -9 the kernel ends them.
"""

import errno
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from django.core.management import call_command
from django.db import DatabaseError, connections
from django.db.migrations.exceptions import InconsistentMigrationHistory

from config.embedded import packages
from config.embedded.errors import EmbeddedError
from config.embedded.locks import Ownership
from config.embedded.place import PROJECT, Place
from config.embedded.processes import spawn, stop, tail
from config.embedded.services import Services

HOST = "127.0.0.1"
LONGEST_PAUSE = 30
CELERY = ["celery", "-A", "config.celery"]
QUIET = ["--loglevel", "warning"]
QUICK = 5  # seconds after which a seeding is one that makes something
PROGRESS = 20  # seconds between two words about how far the seeding is
CALM = 60  # seconds after which an ended child counts as a fresh mishap


class Stopped(BaseException):
    """Somebody asked us to stop (Ctrl-C, SIGTERM, a closed terminal)."""


class Program:
    """One of our own processes: web, worker or beat."""

    def __init__(
        self,
        title: str,
        log: Path,
        arguments: list[str],
        stop_steps: tuple[tuple[int, float], ...],
        extra: tuple[int, ...] = (),
    ) -> None:
        self.title = title
        self.log = log
        self.command = [sys.executable, "-m", *arguments]
        self.stop_steps = stop_steps
        self.extra = extra
        self.child: subprocess.Popen | None = None

    def start(self, keep: tuple[int, ...] = ()) -> None:
        """Start the process; returns at once."""
        self.child = spawn(
            self.command,
            log=self.log,
            environ=os.environ | {"PYTHONUNBUFFERED": "1"},
            death_signal=signal.SIGKILL,
            keep=(*keep, *self.extra),
            cwd=PROJECT,
        )

    def stop(self) -> None:
        if self.child is not None:
            stop(self.child, *self.stop_steps)


class Watched:
    """A running program or server and what we remember of its mishaps."""

    def __init__(self, part: object) -> None:
        self.part = part
        self.began = time.monotonic()
        self.mishaps = 0
        self.due: float | None = None

    def look(self, now: float, keep: tuple[int, ...], say: Callable[[str], None]) -> None:
        """Notice an end, decide when to start again, and do so when the moment has come."""
        if self.due is None:
            if self.part.child.poll() is None:
                return
            self.mishaps = 0 if now - self.began > CALM else self.mishaps
            pause = min(2**self.mishaps, LONGEST_PAUSE)
            self.mishaps += 1
            self.due = now + pause
            say(
                f"{self.part.title}意外退出（代码 {self.part.child.returncode}），"
                f"{pause} 秒后重新启动。日志：{self.part.log}"
            )
        elif now >= self.due:
            self.due, self.began = None, now
            try:
                self.part.start(keep)
            except EmbeddedError as error:
                say(str(error))


class Supervisor:
    """The running demo of one place on one port."""

    def __init__(self, place: Place, port: str, say: Callable[[str], None]) -> None:
        self.place = place
        self.port = port
        self.say = say
        self.ownership = Ownership(place, "shouze demo")
        self.watched: list[Watched] = []
        self.parts: list[object] = []

    def run(self, *, demo_data: bool = True) -> None:
        """Start everything and stay until told to stop. Raises EmbeddedError with a sentence."""
        listener = None
        try:
            _catch_signals()
            self.place.prepare()
            if not self.ownership.take(self.say):
                raise self.ownership.refuse()
            listener = listen(self.port)
            self._start(listener, demo_data)
            while True:
                self._look_after()
        except Stopped:
            self.say("正在停止……")
        finally:
            for part in reversed(self.parts):
                part.stop()
            if listener is not None:
                listener.close()
            self.ownership.release()
        self.say("已停止。")

    def _start(self, listener: socket.socket, demo_data: bool) -> None:
        began = time.monotonic()
        self.say(f"守责正在启动……（数据目录 {self.place.data}）")
        packages.ensure(
            packages.missing_pdf_packages,
            "PDF 页面暂不可用，其他功能不受影响",
            self.place.logs / "packages.log",
            self.say,
        )
        services = Services(self.place, say=self.say)
        for server in services.servers:
            self._add(server)
            self.say(f"  {server.title}：{server.describe()}")
        os.environ.update(services.urls)
        self.ownership.announce(services.urls)
        self._prepare_database()
        web = self._web(listener)
        self._add(web)
        self._wait_for_page(web)
        self.say(f"\n网页已可打开（{time.monotonic() - began:.1f} 秒）：http://{HOST}:{self.port}/")
        if demo_data:
            self._seed()
        self._add(self._worker())
        self._add(self._beat())
        self._print_welcome(time.monotonic() - began)

    def _look_after(self) -> None:
        time.sleep(0.3)
        for watched in self.watched:
            watched.look(time.monotonic(), self.ownership.inherited, self.say)

    def _add(self, part: object) -> None:
        self.parts.append(part)
        part.start(self.ownership.inherited)
        self.watched.append(Watched(part))

    def _prepare_database(self) -> None:
        self.say("  正在检查数据表和基础数据……")
        log = self.place.logs / "setup.log"
        with log.open("a") as output:
            try:
                call_command("migrate", interactive=False, stdout=output)
                call_command("load_reference", stdout=output)
            except InconsistentMigrationHistory as error:
                traceback.print_exc(file=output)
                raise EmbeddedError(
                    f"数据目录 {self.place.data} 是由另一个版本建立的，与当前程序的数据表不一致。"
                    f"演示数据可以删除该目录后重新启动；详情见日志 {log}"
                ) from error
            except DatabaseError as error:
                traceback.print_exc(file=output)
                raise EmbeddedError(f"数据表没有准备好：{error}\n详情见日志 {log}") from error
        connections.close_all()

    def _seed(self) -> None:
        """Play the demo data in a child (a second time it finds them and ends at once).

        What was broken off goes on at the next start; a note in the data directory tells of it.
        """
        begun = self.place.data / "demo-data-begun"
        was_broken_off = begun.exists()
        log = self.place.logs / "setup.log"
        start = log.stat().st_size
        seed = Program("演示数据", log, ["django", "seed_demo"], ())
        self.parts.append(seed)
        seed.start(self.ownership.inherited)
        began = told = time.monotonic()
        while seed.child.poll() is None:
            if not begun.exists() and time.monotonic() - began > QUICK:
                self.say("正在生成三十天的演示数据（首次启动需要几分钟），完成后在此显示账号……")
                begun.touch()
            if time.monotonic() - told > PROGRESS:
                told = time.monotonic()
                self._tell_progress(log, start)
            self._look_after()
        self.parts.remove(seed)
        if seed.child.returncode != 0:
            raise EmbeddedError(
                f"演示数据没有生成，日志 {log} 的最后几行：\n{tail(log, 20, start)}"
            )
        begun.unlink(missing_ok=True)
        if was_broken_off:
            self.say("演示数据上次生成时被中断，现已补齐。")

    def _tell_progress(self, log: Path, start: int) -> None:
        """Say the last line of the seeding that tells of a day."""
        days = [line for line in tail(log, 20, start).splitlines() if "演示数据：第" in line]
        if days:
            self.say(days[-1])

    def _web(self, listener: socket.socket) -> Program:
        configuration = str(Path(__file__).with_name("gunicorn_conf.py"))
        number = listener.fileno()
        return Program(
            "网页服务",
            self.place.logs / "web.log",
            ["gunicorn", "-c", configuration, "-b", f"fd://{number}", "config.wsgi:application"],
            ((signal.SIGTERM, 12),),
            extra=(number,),
        )

    def _worker(self) -> Program:
        return Program(
            "后台任务",
            self.place.logs / "worker.log",
            [*CELERY, "worker", "--concurrency=2", *QUIET, "--without-gossip", "--without-mingle"],
            ((signal.SIGTERM, 10), (signal.SIGQUIT, 3)),
        )

    def _beat(self) -> Program:
        schedule = f"--schedule={self.place.data / 'beat-schedule'}"
        return Program(
            "定时器",
            self.place.logs / "beat.log",
            [*CELERY, "beat", *QUIET, "--pidfile=", schedule],
            ((signal.SIGTERM, 5),),
        )

    def _wait_for_page(self, web: Program) -> None:
        """Wait until the health page answers; any other end of waiting is a failed start."""
        start = web.log.stat().st_size
        while (status := _health(self.port)) != 200:
            if status is not None or web.child.poll() is not None:
                how = "没有启动" if status is None else f"出错（{status}）"
                raise EmbeddedError(
                    f"网页服务{how}，日志 {web.log} 的最后几行：\n{tail(web.log, 20, start)}"
                )
            time.sleep(0.05)

    def _print_welcome(self, seconds: float) -> None:
        self.say(f"守责已就绪（{seconds:.1f} 秒）：http://{HOST}:{self.port}/")
        if find_spec("reports.demo.accounts") is not None:
            for line in import_module("reports.demo.accounts").lines():
                self.say(line)
            connections.close_all()
        self.say(f"日志：{self.place.logs}    停止：按 Ctrl-C")


def listen(port: str) -> socket.socket:
    """Take the port at once, before anybody else; visitors queue until the web server is up.

    Raises EmbeddedError when the port is taken, forbidden or no port.
    """
    if not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65536:
        raise EmbeddedError(f"PORT={port} 不是有效的端口，请用 1 到 65535 之间的数字。")
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, int(port)))
        listener.listen(512)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise EmbeddedError(
                f"端口 {port} 已被其他程序占用。"
                f"请换一个端口启动，例如：PORT={_free_port()} ./shouze demo"
            ) from error
        if error.errno == errno.EACCES:
            raise EmbeddedError(
                f"当前用户不能使用端口 {port}，请用 PORT 指定 1024 以上的端口。"
            ) from error
        raise
    return listener


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def _health(port: str) -> int | None:
    """Return the status of the health page, None while nobody answers."""
    connection = http.client.HTTPConnection(HOST, int(port), timeout=5)
    try:
        connection.request("GET", "/healthz/")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _catch_signals() -> None:
    """Turn the first request to stop into Stopped; after a second one the kernel ends us all."""

    def stop_once(number: int, frame: object) -> None:
        for each in watched:
            signal.signal(each, signal.SIG_DFL)
        raise Stopped

    watched = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # not under nohup
        watched.append(signal.SIGHUP)
    for number in watched:
        signal.signal(number, stop_once)
