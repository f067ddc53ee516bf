"""工位管理 of filling units: entering, editing, naming, closing (F17)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.errors import RuleBroken
from equipment.models import Station, StationBinding
from tests.factories import licences as made
from tests.world import NOW, TODAY, World
from units.actions.staff import deregister_staff

LIST, ADD = "/stations/", "/stations/add/"
DATA = {"number": "001", "name": "㛃号工位<b>", "medium": "液化石油气", "place": "充装间"}


@pytest.fixture
def admin(world: World, as_: Any) -> Client:
    made.licensed(world.jia, "using", "filling")
    return as_(world.jia_admin)


def names(response: Any) -> list[str]:
    return [one.name for one in response.context["page"]]


def test_a_station_is_entered_with_licence_and_officer(world: World, admin: Client) -> None:
    licence = made.licence(world.jia, "cylinder_filling", number="TS4-1")
    data = {**DATA, "licence": licence.code, "officer": world.li.code}
    assert admin.post(ADD, data).status_code == 302
    station = Station.objects.get()
    assert (station.number, station.licence, station.officer) == ("001", licence, world.li)
    assert StationBinding.objects.get().period.lower >= TODAY
    text = admin.get(LIST).content.decode()
    assert "㛃号工位&lt;b&gt;" in text and "TS4-1" in text


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"name": ""}, "name", "请填写工位名称。"),
        ({"number": ""}, "number", "请填写工位编号。"),
        ({"medium": "气" * 61}, "medium", "充装介质最多 60 个字"),
        ({"number": "１#"}, "number", "已有编号为“1#”的工位。"),
        ({"licence": "NOSUCH"}, "licence", "所选许可已注销"),
        ({"officer": "NOSUCH"}, "officer", "所选人员已不在职或不符合条件"),
    ],
)
def test_a_bad_station_is_refused_beside_its_field(
    change: dict[str, str], field: str, words: str, world: World, admin: Client
) -> None:
    made.station(world.jia)
    response = admin.post(ADD, {**DATA, **change})
    assert response.status_code == 422
    assert words in response.context["form"].errors[field][0]
    assert "充装间" in response.content.decode()
    assert Station.objects.count() == 1


def test_two_editors_and_closing(world: World, admin: Client) -> None:
    station = made.station(world.jia, officer=world.li)
    url = f"/stations/{station.code}/"
    data = {**DATA, "number": "1#", "version": "1", "officer": world.zhang.code}
    assert admin.post(f"{url}edit/", data).status_code == 302
    response = admin.post(f"{url}edit/", {**data, "name": "又一个"})
    assert response.status_code == 409
    assert "刚刚被他人修改过" in response.content.decode()
    station.refresh_from_db()
    assert (station.name, station.officer, station.version) == (DATA["name"], world.zhang, 2)
    assert admin.post(f"{url}close/").status_code == 422
    assert admin.post(f"{url}close/", {"reason": "拆除"}).status_code == 302
    station.refresh_from_db()
    assert (station.officer, station.close_reason) == (None, "拆除")
    assert names(admin.get(LIST)) == []
    assert names(admin.get(LIST, {"state": "closed"})) == [DATA["name"]]
    assert admin.get(f"{url}edit/").status_code == 409


def test_another_filling_unit_finds_no_station_of_ours(world: World, as_: Any) -> None:
    made.licensed(world.jia)
    made.licensed(world.yi)
    station, licence = made.station(world.jia), made.licence(world.jia)
    client = as_(world.yi_admin)
    urls = [f"/stations/{station.code}/edit/", f"/licences/{licence.code}/edit/"]
    assert [client.get(url).status_code for url in urls] == [404, 404]
    assert [client.post(url).status_code for url in urls] == [404, 404]
    assert names(client.get(LIST)) == []


def test_only_filling_units_and_own_filling_licences(world: World) -> None:
    with pytest.raises(RuleBroken) as broken:
        made.station(world.yi)
    assert (broken.value.code, broken.value.status) == ("not_filling", 404)
    made.licensed(world.jia)
    with pytest.raises(RuleBroken) as broken:
        made.station(world.jia, licence=made.licence(world.jia))
    assert (broken.value.code, broken.value.field) == ("licence_wrong", "licence")


def test_deregistering_hands_stations_over_or_releases_them(world: World) -> None:
    made.licensed(world.jia)
    mine, also = (made.station(world.jia, number, officer=world.li) for number in ("1#", "2#"))
    actor = world.actor(world.jia_admin)
    deregister_staff(world.li, hand_over_to=world.zhang, reason="离职", actor=actor, now=NOW)
    held = set(Station.objects.values_list("officer__name", flat=True))
    assert held == {"张全"}
    deregister_staff(world.zhang, reason="离职", actor=actor, now=NOW)
    for station in (mine, also):
        station.refresh_from_db()
    assert (mine.officer, also.officer) == (None, None)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_is_searched_and_costs_the_same(rows: int, world: World, admin: Client) -> None:
    for number in range(rows):
        made.station(world.jia, f"{number}#", officer=world.li)
    with CaptureQueriesContext(connection) as captured:
        assert len(names(admin.get(LIST, headers={"HX-Request": "true"}))) == rows
    assert len([q for q in captured if "equipment_station" in q["sql"]]) == 2
    assert names(admin.get(LIST, {"q": "0#", "officer": world.li.code})) == ["0#充装工位"]
    assert names(admin.get(LIST, {"officer": "none"})) == []
