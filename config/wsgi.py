"""WSGI entry point for gunicorn."""

import os
import re
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")

_HOP = re.compile(r"\[([0-9a-fA-F:.]+)\](?::\d+)?|([\d.]+)(?::\d+)?|([0-9a-fA-F:.]+)", re.ASCII)

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def behind_proxies(application: Application, count: int) -> Application:
    """Return an application that sees the visitor's address instead of our own proxy's.

    Each of our `count` proxies appended the address it was called from to X-Forwarded-For; what
    stands further left was written by the visitor and is not believed. Rate limits and audit rows
    depend on it. With 0 proxies the header is ignored.
    """
    if count <= 0:
        return application

    def seeing_the_visitor(environ: dict[str, Any], start_response: Callable[..., Any]):
        hops = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
        address = _address(hops[-count]) if len(hops) >= count else ""
        if address:
            environ["REMOTE_ADDR"] = address
        return application(environ, start_response)

    return seeing_the_visitor


def _address(hop: str) -> str:
    """The IP address of a hop, without a port some proxies add; "" when it is none."""
    match = _HOP.fullmatch(hop.strip())
    try:
        return str(ip_address(match[1] or match[2] or match[3])) if match else ""
    except ValueError:
        return ""


application = behind_proxies(get_wsgi_application(), int(os.environ.get("TRUSTED_PROXIES") or 0))
