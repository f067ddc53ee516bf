"""Tenancy: what 甲 writes moves nobody else's lists, counts, badges and figures."""

from __future__ import annotations

import io
import re

import pytest
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from tests.access.routes import ROUTES
from tests.access.samples import build
from tests.access.test_matrix import client_of
from tests.factories import cylinders
from tests.world import World

LISTS = [
    route
    for route in ROUTES
    if not route.takes_object and route.declared.capability is not None and route.declared.reads
]


def visible(client: Client, url: str) -> tuple[int, str]:
    """The page without what differs between two loads: tokens, ids, request numbers."""
    answer = client.get(url)
    content = b"".join(answer.streaming_content if answer.streaming else [answer.content])
    if content.startswith(b"PK"):  # a workbook: what stands in its cells
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        return answer.status_code, str(book.get_sheet_by_index(0).to_python())
    text = content.decode()
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text)
    text = re.sub(r'"(?:X-)?CSRF[^"]*":\s*"[^"]+"', "", text, flags=re.I)
    text = re.sub(r"[0-9a-f]{16,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "", text)
    return answer.status_code, re.sub(r"\d{1,2}:\d{2}(:\d{2})?", "", text)


@pytest.mark.parametrize("role", ["yi_admin", "sun", "qian", "zhou", "far_regulator"])
def test_foreign_data_move_no_page(role: str, world: World) -> None:
    """Lists, counts, badges and figures stay the same when 甲 gets records."""
    client = client_of(world, role)
    cylinders.setting()  # the district's, not 甲's
    before = {route.name: visible(client, reverse(route.name)) for route in LISTS}
    build(world)
    moved = [
        route.name for route in LISTS if visible(client, reverse(route.name)) != before[route.name]
    ]
    assert moved == []
    assert any(status == 200 for status, _ in before.values())
