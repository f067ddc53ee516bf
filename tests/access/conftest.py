"""One set of samples a module: building it for each of hundreds of routes would take minutes.

It is built in a transaction that the module leaves open; every test plays in a savepoint of it that
is rolled back. A test of this folder therefore asks for `samples` (or for `world`, in a module of
its own), never for both, and never for `db`, whose end would close the connection.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.db import transaction
from django.test import client as django_client
from django.test import override_settings

from config import menus
from tests import world as worlds
from tests.access.samples import Samples, build
from tests.access.test_matrix import ROLES, SESSIONS, STRANGERS, client_of


@pytest.fixture(scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture(autouse=True)
def _files_in_tmp(settings: Any, _folder: Path) -> None:
    """Stored files outlive a test here, as the rows that name them do."""
    for name, value in _storage(_folder).items():
        setattr(settings, name, value)


def _storage(folder: Path) -> dict[str, Any]:
    default = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(folder), "base_url": None},
    }
    return {"FILES_ROOT": folder, "STORAGES": {**project.STORAGES, "default": default}}


@pytest.fixture(scope="module")
def _built(django_db_setup: None, django_db_blocker: Any, _folder: Path) -> Iterator[Samples]:
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(**_storage(_folder)):
            made = build(worlds.build())
        for role in (*ROLES, *STRANGERS):
            if role != "nobody":
                client = client_of(made.world, role)
                SESSIONS[role] = client.cookies[project.SESSION_COOKIE_NAME].value
        yield made
        SESSIONS.clear()
        transaction.set_rollback(True)


@pytest.fixture
def samples(
    _built: Samples, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Samples]:
    """One object of every kind, fresh for this test.

    Thousands of answers are looked at for their status alone: what stands beside the entries of
    the menu is not counted for each of them, nor is every template's context kept.
    """
    monkeypatch.setattr(menus, "_counts", lambda _table, _kind, _actor, known: dict(known))
    monkeypatch.setattr(django_client, "store_rendered_templates", lambda *_, **__: None)
    with django_db_blocker.unblock(), transaction.atomic():
        yield copy.deepcopy(_built)
        transaction.set_rollback(True)
