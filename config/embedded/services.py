"""The embedded servers of one copy: those that DATABASE_URL and REDIS_URL do not replace."""

import os
from collections.abc import Callable, Mapping

from config.embedded.broker import RedisServer
from config.embedded.place import Place
from config.embedded.postgres import PostgresServer


class Services:
    """PostgreSQL and Redis of one place; start() and stop() in the right order."""

    def __init__(
        self,
        place: Place,
        environ: Mapping[str, str] = os.environ,
        say: Callable[[str], None] = print,
    ) -> None:
        self.urls = {
            "DATABASE_URL": environ.get("DATABASE_URL") or place.database_url,
            "REDIS_URL": environ.get("REDIS_URL") or place.redis_url,
        }
        self.servers: list[PostgresServer | RedisServer] = []
        if not environ.get("DATABASE_URL"):
            self.servers.append(PostgresServer(place, say))
        if not environ.get("REDIS_URL"):
            self.servers.append(RedisServer(place))

    def start(self, keep: tuple[int, ...] = ()) -> None:
        for server in self.servers:
            server.start(keep)

    def stop(self) -> None:
        for server in reversed(self.servers):
            server.stop()
