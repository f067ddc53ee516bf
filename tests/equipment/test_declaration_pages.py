"""使用状态申报 on the desk: the forms, the list with its tabs, the bureau's word."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from equipment.actions.stops import declare_stop
from equipment.models import Declaration, Equipment, StopDeclaration, SuspensionPeriod
from tests.factories import declarations as made
from tests.factories import equipment as machines
from tests.factories.duties import task as todo
from tests.world import NOW, TODAY, World

pytestmark = pytest.mark.usefixtures("at_nine")
LIST = "/declarations/"
As = Callable[[Any], Client]


@pytest.fixture
def admin(world: World, as_: As) -> Client:
    return as_(world.jia_admin)


@pytest.fixture
def bureau(world: World, as_: As) -> Client:
    return as_(world.regulator)


def said(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def url_of(machine: Equipment) -> str:
    return reverse("equipment:declare", args=[machine.code])


def receipt(name: str = "回执.pdf", content: bytes = made.PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/pdf")


class TestDeclare:
    def post(self, client: Client, world: World, **given: Any) -> Any:
        typed = {"kind": "stop", "from_on": TODAY.isoformat(), "reason": "大修 㛃𬭚"}
        return client.post(url_of(world.lift), typed | given)

    @pytest.mark.parametrize(
        ("status", "offered"),
        [
            ("in_use", ["停用", "临时停用", "报废"]),
            ("not_yet_in_use", ["启用", "报废"]),
            ("stopped", ["启用", "报废"]),
            ("scrapped", []),
        ],
    )
    def test_what_may_be_declared_follows_the_status(
        self, admin: Client, world: World, status: str, offered: list[str]
    ) -> None:
        earlier = NOW - timedelta(days=9)
        machine = machines.machine(world.jia, "lift", status=status, now=earlier)
        answer = admin.get(url_of(machine))
        assert [one["label"] for one in answer.context["kinds"]] == offered

    def test_each_matter_says_what_it_does_before_it_is_sent(
        self, admin: Client, world: World
    ) -> None:
        whole = admin.get(url_of(world.lift), {"kind": "temporary"})
        assert "每日待办照常产生，安全员仍须到现场确认设备状态并拍照" in whole.content.decode()
        part = admin.get(url_of(world.lift), headers={"HX-Request": "true"}).content.decode()
        assert "<html" not in part
        assert "先按临时停用对待，每天仍要到现场登记" in part

    def test_without_proof_the_round_is_still_owed(self, admin: Client, world: World) -> None:
        answer = self.post(admin, world)
        assert said(answer) == ["已申报“1号客梯”停用：未免检：监管部门确认前，每日待办照常产生。"]
        assert Declaration.objects.get().reason == "大修 㛃𬭚"

    def test_with_receipt_and_file_it_exempts_from_today(
        self, admin: Client, bureau: Client, world: World, as_: As
    ) -> None:
        earlier = (TODAY - timedelta(days=3)).isoformat()
        answer = self.post(admin, world, receipt_no="007", file=receipt(), from_on=earlier)
        assert said(answer) == ["已申报“1号客梯”停用：2026年11月20日起免检。"]
        found = Declaration.objects.get()
        assert (found.receipt_no, found.file.original_name) == ("007", "回执.pdf")
        door = reverse("units:file", args=[found.file_id])
        assert [client.get(door).status_code for client in (admin, bureau)] == [200, 200]
        assert as_(world.yi_admin).get(door).status_code == 404

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"from_on": ""}, "from_on"),
            ({"from_on": "2026-13-45"}, "from_on"),
            ({"reason": "停" * 201}, "reason"),
            ({"reason": "\x00"}, "reason"),
            ({"receipt_no": "渝停17"}, "file"),
            ({"file": ("回执.pdf", b"")}, "file"),
            ({"file": ("回执.pdf", b"PK\x03\x04not a pdf")}, "file"),
        ],
    )
    def test_what_is_wrong_stands_beside_its_field(
        self, admin: Client, world: World, given: dict[str, Any], field: str
    ) -> None:
        if "file" in given:
            given = {"file": receipt(*given["file"])}
        answer = self.post(admin, world, **{"reason": "<b>留着的</b>"} | given)
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
        if "reason" not in given:
            assert "&lt;b&gt;留着的&lt;/b&gt;" in answer.content.decode()
        assert Declaration.objects.count() == 0

    def test_a_temporary_stop_shortens_the_round(
        self, admin: Client, world: World, as_: As
    ) -> None:
        until = (TODAY + timedelta(days=6)).isoformat()
        answer = self.post(admin, world, kind="temporary", until_on=until, reason="门机待配件")
        assert said(answer)[0].startswith("已申报“1号客梯”临时停用：每日待办照常产生")
        assert StopDeclaration.objects.get().declared_by_name == world.jia_admin.name
        task = todo(world.lift, TODAY)
        page = as_(world.li.user).get(reverse("duties:inspect", args=[task.code]))
        # A short confirmation with no answer given before; the machine is looked at.
        assert page.context["sheet"].round.values["round_status"] == ""
        assert page.context["sheet"].declared.reason == "门机待配件"

    def test_an_overdue_machine_is_not_put_into_use(self, admin: Client, world: World) -> None:
        machine = machines.machine(
            world.jia, "lift", status="stopped", next_inspection_on=TODAY - timedelta(days=1)
        )
        assert "检验已超期，暂不能启用" in admin.get(url_of(machine)).content.decode()
        answer = admin.post(url_of(machine), {"kind": "resume", "from_on": TODAY.isoformat()})
        assert answer.status_code == 422
        assert "请先检验合格" in str(answer.context["form"].non_field_errors())

    def test_a_slip_of_today_is_put_right(self, admin: Client, world: World) -> None:
        fresh = machines.machine(world.jia, "lift", since=TODAY)
        answer = admin.get(url_of(fresh))
        assert [one["label"] for one in answer.context["kinds"]][-1] == "更正为未投用"
        given = {"kind": "correct", "from_on": TODAY.isoformat(), "reason": "选错"}
        assert admin.post(url_of(fresh), given).status_code == 302
        fresh.refresh_from_db()
        assert fresh.status == "not_yet_in_use"


class TestSuspend:
    def test_filed_and_ended(self, admin: Client, world: World) -> None:
        given = {"from_on": TODAY.isoformat(), "until_on": "", "reason": "淡季停产"}
        answer = admin.post("/declarations/suspend/", given)
        found = Declaration.objects.get()
        assert answer.headers["Location"] == f"/declarations/{found.code}/"
        page = admin.get("/declarations/suspend/").content.decode()
        assert "淡季停产" in page
        again = admin.post("/declarations/suspend/", given)
        assert (again.status_code, list(again.context["form"].errors)) == (422, ["from_on"])
        ended = admin.post(f"/declarations/{found.code}/end/", {"reason": "复工"})
        assert said(ended)[-1] == "已登记恢复生产，从今天起每日待办恢复。"
        assert SuspensionPeriod.objects.count() == 0


class TestList:
    @pytest.fixture
    def three(self, world: World) -> list[Declaration]:
        actor = world.actor(world.jia_admin)
        return [made.filed(one, actor=actor) for one in (world.lift, world.crane, world.boiler)]

    def test_the_bureau_begins_with_what_waits(
        self, bureau: Client, three: list[Declaration]
    ) -> None:
        answer = bureau.get(LIST)
        assert [row["one"] for row in answer.context["rows"]] == three
        assert [(tab["label"], tab["count"]) for tab in answer.context["tabs"]] == [
            ("待监管确认", 3),
            ("全部", 3),
            ("临时停用", 0),
        ]

    def test_several_are_confirmed_at_once(
        self, bureau: Client, world: World, three: list[Declaration]
    ) -> None:
        codes = [one.code for one in three[:2]] + ["\x00", "nope"]
        answer = bureau.post(f"{LIST}confirm/", {"d": codes})
        assert said(answer) == ["已确认 2 份申报。"]
        assert Declaration.objects.filter(state="confirmed").count() == 2
        again = bureau.post(f"{LIST}confirm/", {"d": codes[:1]})
        assert said(again)[-1] == "1 份申报已被处理或撤回，未再确认：1号客梯。"
        assert bureau.post(f"{LIST}confirm/", {}).status_code == 409

    @pytest.mark.parametrize("who", ["far_regulator", "yi_admin"])
    def test_others_see_none_of_it(
        self, as_: As, world: World, three: list[Declaration], who: str
    ) -> None:
        client = as_(getattr(world, who))
        assert client.get(LIST).context["page"].paginator.count == 0
        for one in ("", "decide/", "withdraw/", "end/"):
            answer = client.post(f"{LIST}{three[0].code}/{one}", {"do": "confirm"})
            assert answer.status_code in {403, 404, 405}
        assert client.get(f"{LIST}{three[0].code}/").status_code == 404

    def test_words_narrow_it(self, bureau: Client, three: list[Declaration]) -> None:
        rows = bureau.get(LIST, {"keyword": "行车", "kind": "stop"}).context["rows"]
        assert [row["one"].equipment.name for row in rows] == ["2号行车"]
        assert bureau.get(LIST, {"kind": "scrap"}).context["page"].paginator.count == 0
        assert bureau.get(LIST, {"kind": "x", "tab": "x"}).context["page"].paginator.count == 3

    @pytest.mark.parametrize("number", [1, 3])
    @pytest.mark.parametrize("tab", ["filed", "temporary"])
    def test_it_costs_the_same_queries_whatever_its_length(
        self,
        bureau: Client,
        world: World,
        number: int,
        tab: str,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for machine in (world.lift, world.crane, world.boiler)[:number]:
            declare_stop(
                machine, reason="检修", from_on=TODAY, until_on=TODAY, origin="",
                actor=world.actor(world.jia_admin), now=NOW,
            )  # fmt: skip
            made.filed(machine, actor=world.actor(world.jia_admin))
        bureau.get(LIST, {"tab": tab})
        with django_assert_num_queries(9 if tab == "filed" else 7):
            answer = bureau.get(LIST, {"tab": tab})
        assert len(answer.context["rows"]) == number


class TestDecide:
    @pytest.fixture
    def found(self, world: World) -> Declaration:
        return made.filed(world.lift, proven=True, actor=world.actor(world.jia_admin))

    def test_an_objection_without_its_reason_comes_back(
        self, bureau: Client, found: Declaration
    ) -> None:
        url = f"{LIST}{found.code}/decide/"
        answer = bureau.post(url, {"do": "object", "opinion": ""})
        assert (answer.status_code, list(answer.context["decide_form"].errors)) == (
            422,
            ["opinion"],
        )
        told = bureau.post(url, {"do": "object", "opinion": "现场仍在运行"})
        assert told.headers["Location"] == f"{LIST}{found.code}/"
        page = bureau.get(f"{LIST}{found.code}/")
        assert [entry["what"] for entry in page.context["entries"]] == [
            "对使用状态申报提出异议",
            "申报使用状态",
        ]

    def test_the_second_of_two_is_told_with_the_opinion_still_there(
        self, bureau: Client, world: World, found: Declaration
    ) -> None:
        url = f"{LIST}{found.code}/decide/"
        bureau.post(url, {"do": "confirm"})
        answer = bureau.post(url, {"do": "confirm", "opinion": "同意，留着"})
        assert answer.status_code == 409
        body = answer.content.decode()
        assert "这份申报已经处理过或已被撤回" in body
        assert "同意，留着" in body

    def test_the_unit_withdraws(self, admin: Client, world: World, found: Declaration) -> None:
        url = f"{LIST}{found.code}/withdraw/"
        assert admin.post(url, {"reason": ""}).status_code == 422
        assert admin.post(url, {"reason": "误报"}).status_code == 302
        assert admin.post(url, {"reason": "误报"}).status_code == 409
        world.lift.refresh_from_db()
        assert world.lift.status == "in_use"


class TestMachinePage:
    def test_the_whole_history_in_order(self, admin: Client, world: World) -> None:
        found = made.filed(world.lift, proven=True, actor=world.actor(world.jia_admin))
        admin.post(f"{LIST}{found.code}/withdraw/", {"reason": "误报"})
        answer = admin.get(reverse("equipment:detail", args=[world.lift.code]))
        entries = answer.context["timeline"].entries
        assert [entry["at"] for entry in entries] == sorted(
            (entry["at"] for entry in entries), reverse=True
        )
        assert {entry["what"] for entry in entries} == {
            "申报使用状态：停用",
            "撤回使用状态申报：停用",
        }
        assert [row.state.text for row in answer.context["declarations"]] == ["已撤回"]

    def test_a_long_history_is_shown_by_pages(self, admin: Client, world: World) -> None:
        url = reverse("equipment:edit", args=[world.lift.code])
        for number in range(22):
            form = admin.get(url).context["form"].initial
            typed = {key: "" if value is None else value for key, value in form.items()}
            admin.post(url, typed | {"place": f"A座{number}层"})
        detail = reverse("equipment:detail", args=[world.lift.code])
        first = admin.get(detail).context["timeline"]
        assert (len(first.entries), first.next) == (20, 40)
        assert first.entries[0]["note"] == "使用地点：A座20层 → A座21层"
        rest = admin.get(detail, {"history": "40"}).context["timeline"]
        assert (len(rest.entries) > 20, rest.next) == (True, 0)
        assert len(admin.get(detail, {"history": "x9"}).context["timeline"].entries) == 20
