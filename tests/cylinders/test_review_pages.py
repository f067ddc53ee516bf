"""The bureau's desk of use registration: list, one batch, decisions and their pages, settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import cylinders as made
from tests.world import World

As = Callable[[Any], Client]


def test_pages_open(world: World, as_: As) -> None:
    batch = made.batch(world.jia, state="submitted")
    made.complete_item(batch)
    client = as_(world.regulator)
    for url in (
        reverse("cylinders:review-list"),
        reverse("cylinders:review", args=[batch.code]),
        reverse("cylinders:review-decide", args=[batch.code]),
        reverse("cylinders:void", args=[batch.code]),
        reverse("cylinders:settings"),
        "/bureau/desk/",
    ):
        assert (url, client.get(url).status_code) == (url, 200)
