"""批量修改: the drawer, what will change, the hint without officers, nothing by halves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from equipment.models import Equipment
from equipment.views import assign
from tests.factories import equipment as machines
from tests.factories import units as people
from tests.world import World

pytestmark = pytest.mark.usefixtures("at_nine")
URL = "/equipment/assign/"
As = Callable[[Any], Client]


@pytest.fixture
def admin(world: World, as_: As) -> Client:
    return as_(world.jia_admin)


def changes(answer: Any) -> list[tuple[str, str, str, str]]:
    return [
        (one.machine.name, one.before, one.after, one.refusal) for one in answer.context["changes"]
    ]


def test_the_ticked_machines_are_listed(admin: Client, world: World) -> None:
    answer = admin.get(URL, {"m": [world.lift.code, world.unbound.code, world.yi_lift.code]})
    assert changes(answer) == [("1号客梯", "李安", "李安", ""), ("4号客梯", "", "", "")]
    choices = [label for _, label in answer.context["form"].fields["officer"].choices]
    assert choices == [
        "请选择安全员",
        "李安（分管：全部类别；已绑定 2 台）",
        "张全（分管：全部类别；已绑定 1 台）",
        "解除绑定（暂不指定安全员）",
    ]


def test_the_whole_filter_result_is_chosen(admin: Client, world: World) -> None:
    for number in range(30):
        machines.machine(world.jia, "ride", name=f"转马{number:02d}")
    answer = admin.get(URL, {"all": "1", "filter": "category=ride&size=10&page=2", "m": ["x"]})
    assert len(answer.context["machines"]) == 30
    body = answer.content.decode()
    assert body.count('name="m"') == 0
    assert 'name="filter" value="category=ride&amp;size=10&amp;page=2"' in body
    assert answer.context["next"] == "/equipment/?category=ride&size=10&page=2"


def test_the_change_is_carried_out_and_told(admin: Client, world: World) -> None:
    codes = [world.lift.code, world.unbound.code, world.boiler.code]
    answer = admin.post(
        URL, {"m": codes, "officer": world.zhang.code, "do": "submit", "next": "/equipment/?page=2"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "/equipment/?page=2")
    assert [str(one) for one in get_messages(answer.wsgi_request)] == [
        "已将 2 台设备绑定给张全；其余 1 台原本如此，未改动。"
    ]
    assert set(Equipment.objects.filter(officer=world.zhang).values_list("name", flat=True)) == {
        "1号客梯",
        "3号锅炉",
        "4号客梯",
    }


def test_releasing(admin: Client, world: World) -> None:
    answer = admin.post(URL, {"m": [world.lift.code], "officer": "none", "do": "submit"})
    assert [str(one) for one in get_messages(answer.wsgi_request)] == ["已解除 1 台设备的绑定。"]
    world.lift.refresh_from_db()
    assert world.lift.officer is None


def test_a_preview_shows_what_would_change_and_writes_nothing(admin: Client, world: World) -> None:
    narrow = people.staff(world.jia, "何梯", ("safety_officer", ["lift"]))
    given = {
        "m": [world.lift.code, world.crane.code, world.unbound.code],
        "officer": narrow.code,
        "do": "preview",
    }
    answer = admin.post(URL, given)
    assert answer.status_code == 200
    assert changes(answer) == [
        ("2号行车", "李安", "何梯", "起重机械不在分管范围内"),
        ("1号客梯", "李安", "何梯", ""),
        ("4号客梯", "", "何梯", ""),
    ]
    headers = {"HX-Request": "true", "HX-Target": "assign-preview"}
    part = admin.post(URL, given, headers=headers).content.decode()
    assert "<html" not in part
    assert "只修改合适的 2 台" in part
    summary = answer.context["summary"]
    assert (summary.moving, summary.same, summary.unfit) == (
        [("李安", 1), ("未绑定", 1)],
        0,
        [("起重机械不在分管范围内", 1)],
    )
    assert Equipment.objects.filter(officer=narrow).count() == 0


def test_a_machine_outside_the_scope_stops_everything(admin: Client, world: World) -> None:
    narrow = people.staff(world.jia, "何梯", ("safety_officer", ["lift"]))
    given = {"m": [world.unbound.code, world.crane.code], "officer": narrow.code, "do": "submit"}
    answer = admin.post(URL, given)
    assert answer.status_code == 422
    assert answer.context["form"].errors == {
        "officer": [
            "何梯（分管：电梯）不能绑定：2号行车（起重机械不在分管范围内）。所选设备均未修改。"
        ]
    }
    assert Equipment.objects.filter(officer=narrow).count() == 0


def test_no_choice_is_an_error_beside_the_select(admin: Client, world: World) -> None:
    for officer in ("", "somebody", world.sun.code):
        answer = admin.post(URL, {"m": [world.lift.code], "officer": officer, "do": "submit"})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["officer"])


def test_without_officers_it_says_where_to_add_one(as_: As, world: World) -> None:
    unit = people.unit("无人单位")
    lone = machines.machine(unit, "lift")
    body = as_(people.account("unit", "nobody", unit)).get(URL, {"m": [lone.code]}).content.decode()
    assert "本单位还没有安全员" in body
    assert "单位设置--人员管理" in body
    assert 'href="/staff/add/"' in body


def test_nothing_chosen_says_so(admin: Client) -> None:
    assert "还没有选择设备" in admin.get(URL).content.decode()


def test_codes_that_are_none_are_left_out(admin: Client, world: World) -> None:
    answer = admin.get(URL, {"m": ["\x00", "'; --", world.lift.code]})
    assert [one.machine.name for one in answer.context["changes"]] == ["1号客梯"]


def test_too_many_are_refused_in_words(
    admin: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assign, "MOST", 2)
    codes = [world.lift.code, world.crane.code, world.boiler.code]
    given = {"m": codes, "officer": world.zhang.code, "do": "submit"}
    assert "选择的设备太多" in admin.post(URL, given).content.decode()
    assert Equipment.objects.filter(officer=world.zhang).count() == 1


def test_only_pages_of_ours_are_gone_back_to(admin: Client, world: World) -> None:
    given = {"m": [world.lift.code], "officer": "none", "next": "https://evil.example/"}
    assert admin.post(URL, given).headers["Location"] == "/equipment/"


def test_a_next_that_is_no_address_leads_to_the_list(admin: Client, world: World) -> None:
    answer = admin.post(
        URL,
        {"m": [world.lift.code], "officer": world.zhang.code, "do": "submit", "next": "nowhere"},
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "/equipment/")
    world.lift.refresh_from_db()
    assert world.lift.officer_id == world.zhang.pk


def test_only_those_that_fit_are_changed_when_asked(admin: Client, world: World) -> None:
    narrow = people.staff(world.jia, "何梯", ("safety_officer", ["lift"]))
    given = {"m": [world.unbound.code, world.crane.code], "officer": narrow.code, "do": "fit"}
    assert admin.post(URL, given).status_code == 302
    assert [one.name for one in Equipment.objects.filter(officer=narrow)] == ["4号客梯"]


def test_codes_of_other_pages_come_joined(admin: Client, world: World) -> None:
    codes = f"{world.crane.code}.{world.yi_lift.code}."
    answer = admin.get(URL, {"m": world.lift.code, "codes": codes})
    assert [one.name for one in answer.context["machines"]] == ["2号行车", "1号客梯"]


class TestEverythingOfTheFilter:
    """选择全部 N 台: the filter goes along, not three thousand codes."""

    GIVEN = {"all": "1", "filter": "category=lift"}

    def stamp(self, admin: Client) -> str:
        return admin.get(URL, self.GIVEN).context["stamp"]

    def test_it_is_carried_out_for_what_was_shown(self, admin: Client, world: World) -> None:
        given = self.GIVEN | {"officer": world.zhang.code, "do": "submit"}
        answer = admin.post(URL, given | {"stamp": self.stamp(admin)})
        assert answer.status_code == 302
        assert answer.cookies[assign.CLEAR_TICKS].value == "1"
        assert Equipment.objects.filter(officer=world.zhang).count() == 3

    def test_what_changed_meanwhile_is_shown_first(self, admin: Client, world: World) -> None:
        stamp = self.stamp(admin)
        machines.machine(world.jia, "lift", name="刚建档的梯")
        given = self.GIVEN | {"officer": world.zhang.code, "do": "submit", "stamp": stamp}
        answer = admin.post(URL, given)
        assert answer.status_code == 409
        assert "所选设备刚刚有变动" in answer.content.decode()
        assert Equipment.objects.filter(officer=world.zhang).count() == 1
        again = admin.post(URL, given | {"stamp": answer.context["stamp"]})
        assert again.status_code == 302
        assert Equipment.objects.filter(officer=world.zhang).count() == 4

    def test_a_long_list_is_summed_up(
        self, admin: Client, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(assign, "SHOWN", 1)
        answer = admin.post(URL, self.GIVEN | {"officer": world.zhang.code, "do": "preview"})
        assert (len(answer.context["changes"]), answer.context["more"]) == (1, 1)
        assert answer.context["summary"].total == 2
