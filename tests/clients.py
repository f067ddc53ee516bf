"""Clients of the suite: all of them hand their requests to one handler."""

from __future__ import annotations

from django.test import Client
from django.test.client import ClientHandler

from units.models import User

# A handler of its own would load all middleware again for each client's few requests.
HANDLER = ClientHandler(enforce_csrf_checks=False)


def client(user: User | None = None) -> Client:
    """Return a client, of nobody or signed in as a user."""
    made = Client()
    made.handler = HANDLER
    if user is not None:
        made.force_login(user, backend="units.auth.ShouzeBackend")
    return made
