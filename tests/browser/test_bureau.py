"""The bureau's desk where JavaScript matters: a phone is shown in its place on one click."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.world import World
from units.models import AuditEntry


def test_a_phone_is_shown_where_it_was_masked(
    committed_world: World, live_server: object, open_as: Callable[..., Page]
) -> None:
    world = committed_world
    page = open_as(world.regulator, phone=False)
    page.goto(
        f"{live_server.url}{reverse('reports:region-unit', args=[world.jia.code])}?tab=people"
    )
    row = page.get_by_role("row").filter(has_text="李安")
    expect(row).to_contain_text("138****0001")
    row.get_by_role("button", name="显示李安的完整手机号").click()
    expect(row).to_contain_text("13800000001")
    expect(page.get_by_role("row").filter(has_text="张全")).to_contain_text("138****0002")
    assert AuditEntry.objects.filter(verb="staff.phone_revealed").count() == 1
