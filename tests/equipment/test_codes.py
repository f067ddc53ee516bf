"""一码通 (F37): giving codes, replacing a lost one, the list, the drawing that a scanner reads."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import zxingcpp
from django.db import IntegrityError, transaction
from django.test import Client
from PIL import Image

from config.errors import RuleBroken
from equipment import qr
from equipment.actions import codes as actions
from equipment.models import DeviceCode, Equipment
from tests.factories import codes
from tests.factories import equipment as machines
from tests.world import NOW, World
from units.models import AuditEntry, User

LIST = "/codes/"
As = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _address(settings: object) -> None:
    settings.PUBLIC_URL = "https://shouze.example/"


def live(machine: Equipment) -> DeviceCode:
    return DeviceCode.objects.get(equipment=machine, retired_at=None)


# ------------------------------------------------------------------ actions
def test_a_machine_gets_one_code(world: World) -> None:
    actor = world.actor(world.jia_admin)
    first = actions.issue_code(world.lift, actor=actor, now=NOW)
    assert actions.issue_code(world.lift, actor=actor, now=NOW) == first
    assert (len(first.token), first.issued_at) == (10, NOW)
    assert AuditEntry.objects.filter(verb="device_code.issued").count() == 1


def test_the_database_admits_one_live_code(world: World) -> None:
    codes.device_code(world.lift)
    with pytest.raises(IntegrityError), transaction.atomic():
        codes.device_code(world.lift)


def test_many_machines_get_codes_by_three_queries(
    world: World, django_assert_num_queries: Callable
) -> None:
    codes.device_code(world.lift)
    ids = list(Equipment.objects.values_list("pk", flat=True))
    with django_assert_num_queries(4):  # savepoint, those without, insert, release
        assert actions.issue_codes(ids, now=NOW) == len(ids) - 1
    assert actions.issue_codes(ids, now=NOW) == 0
    assert DeviceCode.objects.filter(retired_at=None).count() == len(ids)


def test_a_lost_code_is_replaced(world: World) -> None:
    actor = world.actor(world.jia_admin)
    old = codes.device_code(world.lift)
    later = NOW + timedelta(days=1)
    fresh = actions.replace_code(
        world.lift, token=old.token, reason="标签丢失", actor=actor, now=later
    )
    old.refresh_from_db()
    assert (old.retired_at, old.retire_reason) == (later, "标签丢失")
    assert live(world.lift) == fresh
    entry = AuditEntry.objects.get(verb="device_code.replaced")
    assert (entry.before, entry.after) == (
        {"token": old.token},
        {"token": fresh.token, "reason": "标签丢失"},
    )


@pytest.mark.parametrize(
    ("reason", "token", "code"),
    [("", None, "reason_needed"), ("长" * 101, None, "reason_long"), ("丢失", "AAAA", "stale")],
)
def test_a_refused_replacement_changes_nothing(
    world: World, reason: str, token: str | None, code: str
) -> None:
    held = codes.device_code(world.lift)
    with pytest.raises(RuleBroken) as refused:
        actions.replace_code(
            world.lift,
            token=token or held.token,
            reason=reason,
            actor=world.actor(world.jia_admin),
            now=NOW,
        )
    assert refused.value.code == code
    assert live(world.lift) == held


def test_another_unit_replaces_nothing(world: World) -> None:
    held = codes.device_code(world.lift)
    with pytest.raises(RuleBroken) as refused:
        actions.replace_code(
            world.lift, token=held.token, reason="x", actor=world.actor(world.yi_admin), now=NOW
        )
    assert refused.value.status == 404


# ------------------------------------------------------------------ drawing
def test_a_scanner_reads_the_picture(world: World, as_: As) -> None:
    held = codes.device_code(world.lift)
    url = f"/codes/{world.lift.code}/image/"
    answer = as_(world.jia_admin).get(url, {"download": "png"})
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(answer.content)))
    assert [one.text for one in found] == [f"https://shouze.example/c/{held.token}/"]
    drawn = as_(world.jia_admin).get(url)
    assert (drawn["Content-Type"], drawn.content[:5]) == ("image/svg+xml", b"<?xml")
    assert as_(world.jia_admin).get(f"/codes/{world.crane.code}/image/").status_code == 404


def test_the_drawing_on_pages_holds_no_style(world: World) -> None:
    drawn = qr.inline_svg("ACDEFGHJKN")
    assert drawn.startswith("<svg")
    assert re.findall(r"style=|<script|on\w+=", drawn) == []


# ------------------------------------------------------------------ pages
def test_the_list_shows_codes_and_who_lacks_one(world: World, as_: As) -> None:
    held = codes.device_code(world.lift)
    machines.machine(world.jia, "lift", name="报废客梯", status="scrapped")
    page = as_(world.jia_admin).get(LIST)
    rows = {one.name: one.token for one in page.context["page"]}
    assert rows == {"1号客梯": held.token, "2号行车": None, "3号锅炉": None, "4号客梯": None}
    assert page.context["bare"] == 3


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"category": "crane"}, ["2号行车"]),
        ({"keyword": "A座"}, ["1号客梯"]),
        ({"officer": "none"}, ["4号客梯"]),
        ({"state": "coded"}, ["1号客梯"]),
        ({"state": "bare", "category": "lift"}, ["4号客梯"]),
        ({"category": "nonsense", "state": "x", "keyword": "不存在的"}, []),
    ],
)
def test_the_list_is_narrowed(
    world: World, as_: As, asked: dict[str, str], expected: list[str]
) -> None:
    codes.device_code(world.lift)
    page = as_(world.jia_admin).get(LIST, asked)
    assert [one.name for one in page.context["page"]] == expected


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_takes_the_same_queries(
    world: World, as_: As, rows: int, django_assert_max_num_queries: Callable
) -> None:
    for number in range(rows):
        codes.device_code(machines.machine(world.far_unit, "lift", name=f"{number}号梯"))
    client = as_(world.far_admin)
    with django_assert_max_num_queries(14) as asked:
        client.get(LIST)
    own = [one["sql"] for one in asked.captured_queries if "equipment_devicecode" in one["sql"]]
    assert len(own) == 2  # the rows, and how many lack a code (the count needs no code)


def test_everything_gets_its_code_by_one_button(world: World, as_: As) -> None:
    codes.device_code(world.lift)
    client = as_(world.jia_admin)
    page = client.post("/codes/issue/", follow=True).content.decode()
    assert "已为 3 台设备赋码。" in page
    assert DeviceCode.objects.filter(equipment__unit=world.yi).count() == 0
    assert "所有设备都已赋码。" in client.post("/codes/issue/", follow=True).content.decode()


def test_one_machine_gets_its_code_and_a_new_one(world: World, as_: As) -> None:
    client = as_(world.jia_admin)
    url = f"/codes/{world.lift.code}/"
    assert client.post(url)["Location"] == url
    held = live(world.lift)
    form = client.get(f"{url}replace/").context["form"]
    assert form["token"].value() == held.token
    given = {"reason": "污损", "token": held.token}
    assert client.post(f"{url}replace/", given)["Location"] == url
    page = client.get(url).content.decode()
    assert live(world.lift).token in page
    assert "挂失：污损" in page


def test_two_people_replacing_at_once(world: World, as_: As) -> None:
    held = codes.device_code(world.lift)
    client = as_(world.jia_admin)
    url = f"/codes/{world.lift.code}/replace/"
    given = {"reason": "丢失", "token": held.token}
    assert client.post(url, given).status_code == 302
    second = client.post(url, given)
    assert second.status_code == 409
    assert "刚刚被他人更换过" in second.content.decode()
    assert second.context["form"]["reason"].value() == "丢失"
    assert DeviceCode.objects.filter(equipment=world.lift).count() == 2


@pytest.mark.parametrize("reason", ["", "长" * 101, "\0"])
def test_a_wrong_reason_is_answered_beside_its_field(world: World, as_: As, reason: str) -> None:
    held = codes.device_code(world.lift)
    url = f"/codes/{world.lift.code}/replace/"
    answer = as_(world.jia_admin).post(url, {"reason": reason, "token": held.token})
    assert answer.status_code == 422
    assert "reason" in answer.context["form"].errors
    assert live(world.lift) == held


def test_the_ticked_machines_are_exported(world: World, as_: As) -> None:
    from python_calamine import CalamineWorkbook

    held = codes.device_code(world.lift)
    Equipment.objects.filter(pk=world.lift.pk).update(name="=1+1")
    client = as_(world.jia_admin)

    def rows(**query: str) -> list[list[object]]:
        answer = client.get("/codes/export/", query)
        book = CalamineWorkbook.from_filelike(io.BytesIO(answer.getvalue()))
        return book.get_sheet_by_index(0).to_python()[3:]

    (row,) = rows(m=world.lift.code)
    assert (row[0], row[7], row[8]) == (
        "=1+1",
        held.token,
        f"https://shouze.example/c/{held.token}/",
    )
    assert len(rows(filter="category=lift")) == 2
    assert len(rows(m=world.yi_lift.code)) == 0


def test_the_machines_page_shows_its_code(world: World, as_: As) -> None:
    held = codes.device_code(world.lift)
    url = f"/equipment/{world.lift.code}/"
    page = as_(world.jia_admin).get(url).content.decode()
    assert f"识别码 {held.token}" in page
    assert f'src="/codes/{world.lift.code}/image/"' in page
    assert held.token not in as_(world.regulator).get(url).content.decode()
