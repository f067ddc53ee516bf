"""The embedded servers for the length of one management command."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from config.embedded.locks import Ownership
from config.embedded.place import Place
from config.embedded.services import Services

EMBEDDED_SETTINGS = {"config.settings.dev", "config.settings.test"}
# Commands that touch no database, and the demo, which runs the servers itself.
WITHOUT_SERVERS = {
    "collectstatic",
    "compilemessages",
    "demo",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "startapp",
    "startproject",
    "version",
}


def say(sentence: str) -> None:
    """Tell the person something without mixing it into the command's own output."""
    print(sentence, file=sys.stderr, flush=True)


@contextmanager
def services_for(command: str, arguments: Sequence[str] = ()) -> Iterator[None]:
    """Make DATABASE_URL and REDIS_URL point at running servers while the block runs.

    Nothing happens with other settings than the embedded ones, when both URLs are given, or for a
    command that needs no database. Otherwise the servers of the running owner (a demo, another
    command) are used; without one, this process owns them until its command and all that borrowed
    them have ended. Raises EmbeddedError with a sentence when that is impossible.
    """
    place = Place.from_environment()
    os.environ["SHOUZE_DATA"] = str(place.data)  # children work in another folder
    if not _needs_servers(command, arguments):
        yield
        return
    if command in {"test", "bench"}:
        place.prepare()
        place = place.tests
    ownership, services = _own_or_borrow(place, command)
    try:
        yield
    finally:
        try:
            if services is not None:
                ownership.wait_for_users(say)
        finally:
            if services is not None:
                services.stop()
            ownership.release()


def _needs_servers(command: str, arguments: Sequence[str]) -> bool:
    if os.environ.get("DJANGO_SETTINGS_MODULE") not in EMBEDDED_SETTINGS:
        return False
    if command in WITHOUT_SERVERS or command.startswith("-") or {"-h", "--help"} & set(arguments):
        return False
    if command == "check" and not any(part.startswith("--database") for part in arguments):
        return False
    return not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))


def _own_or_borrow(place: Place, command: str) -> tuple[Ownership, Services | None]:
    """Return the ownership and the started servers, or None for servers that somebody else runs."""
    place.prepare()
    ownership = Ownership(place, f"manage.py {command}")
    while not ownership.take(say):
        urls = ownership.borrow()
        if urls is not None:
            missing = {name: url for name, url in urls.items() if not os.environ.get(name)}
            os.environ.update(missing)
            return ownership, None
        time.sleep(0.05)
    services = Services(place, say=say)
    try:
        services.start(ownership.inherited)
    except BaseException:
        services.stop()
        ownership.release()
        raise
    os.environ.update(services.urls)
    ownership.announce(services.urls)
    return ownership, services
