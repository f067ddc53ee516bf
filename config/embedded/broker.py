"""The embedded Redis: carries messages on a unix socket only, kept in an append-only file."""

import os
import signal
import subprocess
import time
from pathlib import Path

from config.embedded.engines import find_redis, runnable_redis
from config.embedded.errors import EmbeddedError
from config.embedded.place import Place
from config.embedded.processes import spawn, stop, tail

# One for the demo; a test run takes the first one free.
REDIS_DATABASES = 64


class RedisServer:
    """One Redis and, while started, its process as our direct child."""

    title = "消息队列"

    def __init__(self, place: Place) -> None:
        self.place = place
        self.log = place.logs / "redis.log"
        self.child: subprocess.Popen | None = None
        self.version = ""

    @property
    def socket(self) -> Path:
        return self.place.sockets / "redis.sock"

    def start(self, keep: tuple[int, ...] = ()) -> None:
        """Start it and return once it answers; raises EmbeddedError with the log's last lines."""
        self.place.prepare()
        program = runnable_redis(find_redis(), self.place)
        folder = self.place.private_folder(self.place.home / "redis")
        start = self.log.stat().st_size if self.log.exists() else 0
        # SIGKILL when we die: every answered command is already with the kernel, and an orderly
        # end would remove the socket that our successor has just made.
        self.child = spawn(
            [program, *self._options(folder)],
            log=self.log,
            account=self.place.account,
            environ={"PATH": os.defpath, "HOME": str(self.place.home), "LC_ALL": "C"},
            death_signal=signal.SIGKILL,
            keep=keep,
            cwd=Path("/"),
        )
        while not self._answers():
            if self.child.poll() is not None:
                raise EmbeddedError(
                    f"消息队列没有启动，日志 {self.log} 的最后几行：\n{tail(self.log, start=start)}"
                )
            time.sleep(0.02)

    def stop(self) -> None:
        if self.child is not None:
            stop(self.child, (signal.SIGTERM, 10))

    def describe(self) -> str:
        return f"Redis {self.version}（内置）"

    def _options(self, folder: Path) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(folder),
            "daemonize": "no",
            "databases": str(REDIS_DATABASES),
            "save": "",
            "appendonly": "no" if self.place.throwaway else "yes",
            "appendfsync": "everysec",
        }
        return [part for name, value in options.items() for part in (f"--{name}", value)]

    def _answers(self) -> bool:
        """Say whether OUR server answers (an older one might still do)."""
        import redis

        with redis.Redis(unix_socket_path=str(self.socket)) as client:
            try:
                found = client.info("server")
            except (redis.ConnectionError, FileNotFoundError):
                return False
        self.version = found["redis_version"]
        return found["process_id"] == self.child.pid
