"""A person's wish to leave (decision 2): asked, withdrawn, refused, granted, in force by itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from config.errors import RuleBroken
from duties import generation
from duties.models import Task
from tests.factories.people_papers import leave_request
from tests.threads import at_once
from tests.world import NOW, TODAY, World
from units import queries_leave
from units.actions.leave import (
    ANSWER_WITHIN,
    ask_to_leave,
    lapse_requests,
    refuse_leave,
    withdraw_leave,
)
from units.actions.staff import Identity, add_staff, deregister_staff
from units.models import AuditEntry, LeaveRequest, OutboxMessage, Staff

ASK, LIST = "/m/leave/", "/staff/leave/"
LATER = NOW + ANSWER_WITHIN


@pytest.fixture
def li(world: World, as_: Any) -> Client:
    return as_(world.li.user)


@pytest.fixture
def admin(world: World, as_: Any) -> Client:
    return as_(world.jia_admin)


def ask(world: World, staff: Staff | None = None) -> LeaveRequest:
    staff = staff or world.li
    return ask_to_leave(staff, reason="已解除合同", actor=world.actor(staff), now=NOW)


def told(kind: str) -> set[tuple[int, str]]:
    return set(OutboxMessage.objects.filter(kind=kind).values_list("recipient", "channel"))


# ---------------------------------------------------------------- the person
def test_asking_tells_the_unit_and_shows_the_state(world: World, li: Client) -> None:
    assert "绑定设备 2 台" in li.get(ASK).content.decode()
    assert li.post(ASK, {"reason": "㛃𬭚<b>\x00 回乡"}).headers["Location"] == ASK
    asked = LeaveRequest.objects.get()
    assert (asked.reason, asked.takes_effect_at - asked.requested_at) == (
        "㛃𬭚<b> 回乡",
        timedelta(days=3),
    )
    assert told("leave_requested") == {(world.jia_admin.pk, "in_app")}
    page = li.get(ASK)
    assert (page.context["open"], "撤回申请" in page.content.decode()) == (asked, True)
    assert "待单位处理" in li.get("/m/me/").content.decode()


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("", "请填写离职说明，例如“已与单位解除合同”。"),
        ("长" * 201, "离职说明最多 200 个字。"),
    ],
)
def test_a_bad_request_is_answered_beside_its_field(
    world: World, li: Client, reason: str, sentence: str
) -> None:
    answer = li.post(ASK, {"reason": reason, "x": "1"})
    assert (answer.status_code, answer.context["form"].errors) == (422, {"reason": [sentence]})
    assert LeaveRequest.objects.count() == 0


def test_one_open_request_at_a_time(world: World, li: Client) -> None:
    ask(world)
    answer = li.post(ASK, {"reason": "再来"})
    assert answer.context["form"].non_field_errors() == [
        "您已提交离职申请，正在等待单位处理，不必重复提交。"
    ]
    assert LeaveRequest.objects.count() == 1


def test_withdrawn_and_asked_again(world: World, li: Client) -> None:
    ask(world)
    assert li.post("/m/leave/withdraw/").status_code == 302
    assert li.post("/m/leave/withdraw/").status_code == 409
    ask(world)
    states = list(LeaveRequest.objects.order_by("id").values_list("state", flat=True))
    assert states == ["withdrawn", "open"]


def test_nobody_asks_for_somebody_else(world: World) -> None:
    for call in (
        lambda: ask_to_leave(world.li, reason="x", actor=world.actor(world.zhang), now=NOW),
        lambda: withdraw_leave(world.li, actor=world.actor(world.zhang), now=NOW),
        lambda: refuse_leave(world.li, opinion="x", actor=world.actor(world.yi_admin), now=NOW),
    ):
        with pytest.raises(RuleBroken) as refusal:
            call()
        assert (refusal.value.code, refusal.value.status) == ("not_yours", 403)


# ---------------------------------------------------------------- the unit
def test_a_refused_person_reads_why_and_whom_to_phone(
    world: World, li: Client, admin: Client
) -> None:
    ask(world)
    url = f"/staff/{world.li.code}/leave/refuse/"
    empty = admin.post(url, {"opinion": ""})
    assert empty.context["form"].errors == {"opinion": ["请填写退回原因，申请人会看到。"]}
    assert admin.post(url, {"opinion": "设备未移交"}).headers["Location"] == LIST
    assert told("leave_refused") == {(world.li.user_id, "sms"), (world.li.user_id, "in_app")}
    page = li.get(ASK).content.decode()
    assert ("设备未移交" in page, "023-63800000" in page) == (True, True)
    late = admin.post(url, {"opinion": "再退"})
    assert "这份离职申请已经处理或撤回" in late.content.decode()


def test_granting_is_deregistering_with_everything_prefilled(world: World, admin: Client) -> None:
    ask(world)
    url = f"/staff/{world.li.code}/deregister/"
    form = admin.get(url).context["form"]
    assert {name: form[name].value() for name in form.fields} == {
        "reason": "离职",
        "note": "已解除合同",
        "hand_over_to": world.zhang.code,
    }
    admin.post(url, {"reason": "离职", "hand_over_to": world.zhang.code})
    asked = LeaveRequest.objects.get()
    world.lift.refresh_from_db()
    assert (asked.state, asked.decided_at is None, world.lift.officer) == (
        "granted",
        False,
        world.zhang,
    )
    assert AuditEntry.objects.filter(verb="leave.granted", actor_code=world.jia_admin.code).exists()


def test_the_badge_the_list_and_the_persons_page_show_it(world: World, admin: Client) -> None:
    asked = ask(world)
    other = leave_request(world.sun)
    assert list(queries_leave.badge(world.actor(world.jia_admin))) == [asked]
    assert not queries_leave.badge(world.actor(world.li))
    assert [one for one, _ in admin.get(LIST).context["rows"]] == [asked]
    assert "份离职申请待处理" in admin.get("/staff/").content.decode()
    assert admin.get(f"/staff/{world.li.code}/").context["leaving"] == asked
    assert admin.get(f"/staff/{other.staff.code}/leave/refuse/").status_code == 404


# ---------------------------------------------------------------- by itself
def test_unanswered_for_three_days_it_takes_effect(world: World) -> None:
    generation.generate(TODAY + ANSWER_WITHIN, now=LATER)
    asked = ask(world)
    assert lapse_requests(now=LATER - timedelta(seconds=1)) == 0
    assert [lapse_requests(now=LATER), lapse_requests(now=LATER)] == [1, 0]
    asked.refresh_from_db()
    for row in (world.li, world.lift):
        row.refresh_from_db()
    assert (asked.state, world.li.ended_on, world.lift.officer) == ("lapsed", LATER.date(), None)
    assert world.li.end_reason == "本人申请离职，单位逾期未处理"
    task = Task.objects.get(equipment=world.lift)
    assert (task.assignee, task.state) == (None, "todo")
    assert told("leave_lapsed") == {
        (world.jia_admin.pk, "in_app"),
        (world.li.user_id, "in_app"),
        (world.li.user_id, "sms"),
    }
    verbs = AuditEntry.objects.filter(actor_kind="system").values_list("verb", flat=True)
    assert {"staff.deregistered", "leave.lapsed"} <= set(verbs)


def test_afterwards_the_phone_is_free_for_another_unit(world: World, li: Client) -> None:
    ask(world)
    lapse_requests(now=LATER)
    assert li.get(ASK).status_code == 302  # signed out
    again = add_staff(
        world.yi,
        name="李安",
        phone="13800000001",
        identities=[Identity("safety_officer")],
        actor=world.actor(world.yi_admin),
        now=LATER,
    )
    assert (again.user_id, again.unit) == (world.li.user_id, world.yi)


def test_answered_ones_never_lapse(world: World) -> None:
    admin = world.actor(world.jia_admin)
    ask(world)
    refuse_leave(world.li, opinion="未移交", actor=admin, now=NOW)
    ask(world, world.zhang)
    deregister_staff(world.zhang, reason="离职", actor=admin, now=NOW)
    ask(world, world.wang)
    withdraw_leave(world.wang, actor=world.actor(world.wang), now=NOW)
    assert lapse_requests(now=LATER) == 0
    assert Staff.objects.get(pk=world.li.pk).ended_on is None


def test_one_that_must_wait_does_not_keep_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for staff in (world.li, world.wang):
        ask(world, staff)

    def busy(*args: object, **kwargs: object) -> None:
        raise RuleBroken("generating", "正在生成当天的待办，请一分钟后再试。")

    monkeypatch.setattr("equipment.hooks._hooks", [busy])
    assert lapse_requests(now=LATER) == 1
    monkeypatch.undo()
    assert lapse_requests(now=LATER) == 1


def test_the_command(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    leave_request(world.zhao, at=NOW - timedelta(days=40))
    call_command("lapse_leaves")
    assert capsys.readouterr().out == "自动生效的离职申请 1 份\n"


# ---------------------------------------------------------------- the same second
@pytest.mark.parametrize("decision", ["refuse", "grant", "withdraw"])
def test_a_decision_in_the_second_of_the_lapse(committed_world: World, decision: str) -> None:
    """Whoever is first wins; the other finds an answered request and changes nothing."""
    world = committed_world
    asked = ask(world)
    admin, li = world.actor(world.jia_admin), world.actor(world.li)
    calls = {
        "refuse": lambda: refuse_leave(world.li, opinion="未移交", actor=admin, now=LATER),
        "grant": lambda: deregister_staff(
            world.li, hand_over_to=world.zhang, reason="离职", actor=admin, now=LATER
        ),
        "withdraw": lambda: withdraw_leave(world.li, actor=li, now=LATER),
    }
    decided, lapsed = at_once(calls[decision], lambda: lapse_requests(now=LATER))
    assert lapsed.refusal is None
    asked.refresh_from_db()
    world.li.refresh_from_db()
    world.lift.refresh_from_db()
    if lapsed.value == 1:
        assert decided.code in {"answered", "deregistered"}
        assert (asked.state, world.lift.officer) == ("lapsed", None)
    else:
        assert (decided.code, lapsed.value) == ("", 0)
        wanted = {"refuse": "refused", "grant": "granted", "withdraw": "withdrawn"}
        officer = world.zhang if decision == "grant" else world.li
        assert (asked.state, world.lift.officer) == (wanted[decision], officer)
    assert (
        AuditEntry.objects.filter(object_code=asked.code).exclude(verb="leave.requested").count()
        == 1
    )
