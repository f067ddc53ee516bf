"""充装记录 and 充装数据接口 on the desk (F89)."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone

from config.clock import local_day
from cylinders.enums import FillingKind
from cylinders.filling.take_in import take_in
from cylinders.models import ApiKey, FillingRecord
from equipment.actions.stations import close_station
from tests.factories import cylinders, filling
from tests.world import World
from units.crypto import decrypt
from units.models import AuditEntry, User

As = Callable[[User], Client]
LIST = "/filling/records/"


@pytest.fixture
def key(world: World) -> ApiKey:
    return filling.key(filling.station(world.jia))[0]


@pytest.fixture
def admin(world: World, as_: As) -> Client:
    return as_(world.jia_admin)


def sent(key: ApiKey, *named: str, days: int = 0) -> list[FillingRecord]:
    now = timezone.now()
    rows = [filling.fill(one, now - timedelta(days=days)) for one in named]
    return [
        FillingRecord.objects.get(code=one["code"])
        for one in take_in(key, FillingKind.FILL, rows, now=now)["results"]
    ]


# ------------------------------------------------------------------ keys
def test_a_key_is_made_and_its_secret_shown_once(world: World, admin: Client) -> None:
    station = filling.station(world.jia)
    given = {"station": station.code, "name": "1 号秤<b>㛃"}
    made = admin.post("/filling/keys/add/", given)
    key = ApiKey.objects.get()
    secret = decrypt(key.secret_encrypted)
    assert (made.status_code, made.context["secret"]) == (201, secret)
    assert made["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    shown = admin.get("/filling/keys/").content.decode()
    assert key.key_id in shown and secret not in shown and "<b>" not in shown
    entry = AuditEntry.objects.get(verb="api_key.added")
    assert entry.after == {"station": "1#", "name": "1 号秤<b>㛃", "key_id": key.key_id}
    twice = admin.post("/filling/keys/add/", given)
    assert twice.status_code == 422
    assert "已有用途为“1 号秤<b>㛃”的密钥" in twice.context["form"].errors["name"][0]
    assert ApiKey.objects.count() == 1


def test_a_wrong_key_form_says_so_beside_the_field(world: World, admin: Client) -> None:
    good = {"station": filling.station(world.jia).code, "name": "秤"}
    for wrong in (
        {"station": filling.station(world.yi).code},
        {"station": ""},
        {"name": "  "},
        {"name": "长" * 61},
        {"name": "\u0000"},
    ):
        answer = admin.post("/filling/keys/add/", good | wrong)
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, list(wrong))
    assert ApiKey.objects.count() == 0


def test_a_key_is_revoked_once_and_by_its_own_unit(
    world: World, admin: Client, as_: As, key: ApiKey
) -> None:
    url = f"/filling/keys/{key.code}/revoke/"
    filling.station(world.yi)
    assert as_(world.yi_admin).post(url).status_code == 404
    assert as_(world.regulator).post(url).status_code == 403
    assert admin.post(url).status_code == 302
    again = admin.post(url)
    assert (again.status_code, "已经停用" in again.content.decode()) == (409, True)
    key.refresh_from_db()
    assert key.revoked_by_name == world.jia_admin.name
    assert AuditEntry.objects.filter(verb="api_key.revoked").count() == 1


def test_only_a_filling_unit_with_stations_makes_keys(world: World, admin: Client) -> None:
    assert admin.get("/filling/keys/").status_code == 404
    station = filling.station(world.jia)
    assert "还没有密钥" in admin.get("/filling/keys/").content.decode()
    close_station(station, reason="拆除", actor=world.actor(world.jia_admin), now=timezone.now())
    assert "先登记充装工位" in admin.get("/filling/keys/").content.decode()
    assert "先登记充装工位" in admin.get("/filling/keys/add/").content.decode()


# ------------------------------------------------------------------ records
@pytest.mark.parametrize("number", [1, 3])
def test_the_list_of_a_unit_and_of_its_bureau(
    world: World, admin: Client, as_: As, key: ApiKey, number: int, django_assert_num_queries: Any
) -> None:
    names = [cylinders.registered(world.jia).qr_url for _ in range(number)]
    records = sent(key, *names)
    bureau = as_(world.regulator)
    for client, cost in ((admin, 6), (bureau, 5)):
        client.get(LIST)
        with django_assert_num_queries(cost):
            answer = client.get(LIST)
        assert {row["record"] for row in answer.context["rows"]} == set(records)
    assert as_(world.far_regulator).get(LIST).context["rows"] == []
    assert as_(world.yi_admin).get(LIST).context["rows"] == []


def test_filters_narrow_the_list_and_its_export(world: World, admin: Client, key: ApiKey) -> None:
    own = cylinders.registered(world.jia, product_no="P0007")
    fine, stopped = sent(key, own.qr_url, "https://qp.example.cn/q/none")
    (old,) = sent(key, own.qr_url, days=20)
    today = local_day(timezone.now())

    def listed(**asked: Any) -> list[FillingRecord]:
        return [row["record"] for row in admin.get(LIST, asked).context["rows"]]

    assert set(listed()) == {fine, stopped}
    assert listed(stopped="1") == [stopped]
    assert listed(keyword="p0007") == [fine]
    assert listed(first=today - timedelta(days=30)) == [*listed(), old]
    assert listed(kind="check") == [] and listed(station=key.station.code) == listed()
    wrong = admin.get(LIST, {"first": today, "last": today - timedelta(days=1)})
    assert wrong.context["form"].errors == {"last": ["截止日期早于起始日期。"]}
    far = admin.get(LIST, {"first": date(2020, 1, 1), "keyword": "\u0000<script>"})
    assert list(far.context["form"].errors) == ["first"]
    book = admin.get(f"{LIST}export/", {"stopped": "1"})
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(book))).active
    values = [cell.value for cell in sheet[4]]
    assert (values[0], values[8], values[11]) == (world.jia.name, "14.5 kg", "未办理使用登记")
    assert sheet.max_row == 4


def test_a_record_shows_every_field_and_what_was_said(
    world: World, admin: Client, as_: As, key: ApiKey
) -> None:
    foreign = cylinders.registered(world.yi, product_no="SECRET7")
    (record,) = sent(key, foreign.qr_url)
    answer = admin.get(f"{LIST}{record.code}/")
    facts = dict(answer.context["facts"])
    assert (facts["充装量"], facts["充装介质"], facts["枪号"]) == ("14.5 kg", "液化石油气", "未填")
    page = answer.content.decode()
    assert "该气瓶由其他单位办理使用登记，只能由登记单位充装。" in page
    assert "SECRET7" not in page and world.yi.name not in page
    assert as_(world.yi_admin).get(f"{LIST}{record.code}/").status_code == 404
    assert as_(world.far_regulator).get(f"{LIST}{record.code}/").status_code == 404
    assert "SECRET7" in as_(world.regulator).get(f"{LIST}{record.code}/").content.decode()


def test_a_cylinder_shows_its_fillings(world: World, admin: Client, as_: As, key: ApiKey) -> None:
    own = cylinders.registered(world.jia)
    (record,) = sent(key, own.qr_url)
    url = f"/filling/cylinders/{own.code}/"
    assert [row["record"] for row in admin.get(url).context["rows"]] == [record]
    assert admin.get(f"/cylinders/archive/{own.code}/").context["fillings"] == [record]
    assert as_(world.yi_admin).get(url).status_code == 404
