"""Registration of units: who may decide what in which state, and races (F1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.test import Client

from config.actor import ANONYMOUS
from config.errors import RuleBroken
from tests.factories import units as people
from tests.threads import at_once
from tests.world import NOW, World
from units import archives
from units.actions import registration as actions
from units.actions.accounts import seal_password
from units.actions.staff import Identity, add_staff
from units.loader import load_actor
from units.models import AuditEntry, Region, Registration, Unit, User
from units.roles import Role

PASSWORD = "Zhuce-2026-ok"
CREDIT = people.credit_code(7101)


def submit(**changed: Any) -> Registration:
    username = changed.get("username", "xincheng")
    facts = {
        "name": "渝中新城物业有限公司",
        "credit_code": CREDIT,
        "kinds": ["using"],
        "region": Region.objects.get(pk=changed.pop("region", "500103")),
        "address": "民权路9号",
        "contact_name": "新人",
        "contact_phone": "13912345678",
        "username": username,
        "password_hash": seal_password(PASSWORD, username=username, name="新城"),
    }
    return actions.submit_registration(**facts | changed, actor=ANONYMOUS, now=NOW)


def put(state: str, monkeypatch: pytest.MonkeyPatch, regulator: Any) -> Registration:
    """A registration in a state, brought there by the actions themselves."""
    if state in {"claimed", "objected"}:
        known = [archives.Waiting("渝中新城物业有限公司", "500103", 2)]
        monkeypatch.setattr(archives, "_finders", [lambda code: known])
    made = submit()
    if state == "returned":
        return actions.send_back(made, opinion="请改", actor=regulator, now=NOW)
    if state == "approved":
        return actions.approve(made, actor=regulator, now=NOW)
    if state == "objected":
        return actions.object_to(made, opinion="冒名", actor=regulator, now=NOW)
    return made


DECISIONS: dict[str, tuple[Callable[..., Registration], dict[str, str], str, str]] = {
    "approve": (actions.approve, {}, "submitted", "approved"),
    "send_back": (actions.send_back, {"opinion": "名称不符"}, "submitted", "returned"),
    "object_to": (actions.object_to, {"opinion": "冒名注册"}, "claimed", "objected"),
}


@pytest.mark.parametrize("state", Registration.State.values)
@pytest.mark.parametrize("decision", DECISIONS)
def test_every_decision_in_every_state(
    world: World, monkeypatch: pytest.MonkeyPatch, decision: str, state: str
) -> None:
    regulator = world.actor(world.regulator)
    made = put(state, monkeypatch, regulator)
    act, words, source, target = DECISIONS[decision]
    if state == source:
        done = act(made, **words, actor=regulator, now=NOW, version=made.version)
        assert (done.state, done.opinion, done.version) == (
            target,
            words.get("opinion", ""),
            made.version + 1,
        )
        assert done.decided_by_name == "渝中区市场监督管理局 渝中区市场监督管理局"
    else:
        with pytest.raises(RuleBroken) as broken:
            act(made, **words, actor=regulator, now=NOW)
        assert broken.value.code == "wrong_state"
        assert Registration.objects.get().state == state


@pytest.mark.parametrize("decision", ["approve", "send_back"])
@pytest.mark.parametrize("who", ["far_regulator", "jia_admin", "wang"])
def test_only_a_bureau_above_the_district_decides(world: World, who: str, decision: str) -> None:
    made = submit()
    act, words, _, _ = DECISIONS[decision]
    with pytest.raises(RuleBroken) as broken:
        act(made, **words, actor=world.actor(getattr(world, who)), now=NOW)
    assert (broken.value.code, broken.value.status) == ("not_yours", 403)


def test_a_bureau_that_saw_an_older_version_is_told(world: World) -> None:
    regulator = world.actor(world.regulator)
    made = submit()
    seen = made.version
    back = actions.send_back(made, opinion="请改", actor=regulator, now=NOW)
    actions.resubmit(back, back.version, name="改了的有限公司", actor=ANONYMOUS, now=NOW)
    with pytest.raises(RuleBroken) as broken:
        actions.approve(made, version=seen, actor=regulator, now=NOW)
    assert broken.value.code == "stale"
    assert Unit.objects.filter(credit_code=CREDIT).count() == 0


def test_approving_opens_the_unit_and_its_account(world: World) -> None:
    made = actions.approve(submit(), actor=world.actor(world.regulator), now=NOW)
    unit = Unit.objects.get(credit_code=CREDIT)
    assert made.unit == unit
    assert (unit.address, unit.contact_name, unit.contact_phone) == (
        "民权路9号",
        "新人",
        "13912345678",
    )
    account = User.objects.get(username="xincheng")
    assert (account.kind, account.unit, account.check_password(PASSWORD)) == ("unit", unit, True)
    trail = AuditEntry.objects.filter(object_code=made.code).order_by("id")
    assert [(row.verb, row.actor_name) for row in trail] == [
        ("registration.submitted", "注册申请人"),
        ("registration.approved", "渝中区市场监督管理局"),
    ]
    assert "13912345678" not in str([(row.before, row.after) for row in trail])


def test_an_account_name_taken_meanwhile_is_a_reason_to_return(world: World) -> None:
    made = submit()
    people.account("unit", "xincheng", world.far_unit)
    with pytest.raises(RuleBroken) as broken:
        actions.approve(made, actor=world.actor(world.regulator), now=NOW)
    assert broken.value.message == "账号“xincheng”已被占用，请退回申请，请申请人换一个账号。"
    assert (Registration.objects.get().state, Unit.objects.filter(credit_code=CREDIT).count()) == (
        "submitted",
        0,
    )


def test_objecting_closes_the_account_and_its_sessions(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = put("claimed", monkeypatch, None)
    client = Client()
    client.force_login(User.objects.get(username="xincheng"), backend="units.auth.ShouzeBackend")
    assert client.get("/account/").status_code == 200
    person = add_staff(
        made.unit,
        name="冒名安全员",
        phone="13611112222",
        identities=[Identity(Role.SAFETY_OFFICER)],
        actor=load_actor(User.objects.get(username="xincheng")),
        now=NOW,
    )
    phone = Client()
    phone.force_login(person.user, backend="units.auth.ShouzeBackend")
    assert phone.get("/m/me/").status_code == 200
    actions.object_to(made, opinion="冒名注册", actor=world.actor(world.regulator), now=NOW)
    assert client.get("/account/").status_code == 302
    assert phone.get("/m/me/").status_code == 302
    person.refresh_from_db()
    assert person.end_reason == "监管部门撤销认领开户"
    assert authenticate(None, username="xincheng", password=PASSWORD) is None
    with pytest.raises(RuleBroken) as broken:
        submit(username="again")
    assert broken.value.code == "credit_code_taken"


@pytest.mark.parametrize("opinion", ["", "  \n", "长" * 201])
@pytest.mark.parametrize("act", [actions.send_back, actions.object_to])
def test_an_opinion_is_needed_and_fits(world: World, act: Any, opinion: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        act(submit(), opinion=opinion, actor=world.actor(world.regulator), now=NOW)
    assert broken.value.field == "opinion"


def test_a_mended_credit_code_may_not_be_somebody_elses(world: World) -> None:
    back = actions.send_back(submit(), opinion="请改", actor=world.actor(world.regulator), now=NOW)
    with pytest.raises(RuleBroken) as broken:
        actions.resubmit(
            back, back.version, credit_code=world.yi.credit_code, actor=ANONYMOUS, now=NOW
        )
    assert (broken.value.code, broken.value.field) == ("credit_code_taken", "credit_code")


def test_a_returned_application_keeps_nobody_out(world: World) -> None:
    """A stranger applied with the unit's credit code; once sent back, the unit itself may apply."""
    bureau = world.actor(world.regulator)
    strange = actions.send_back(submit(), opinion="非本单位申请", actor=bureau, now=NOW)
    own = submit(contact_phone="13600000000")
    assert (own.state, own.username) == ("submitted", strange.username)
    with pytest.raises(RuleBroken) as broken:
        actions.resubmit(strange, strange.version, actor=ANONYMOUS, now=NOW)
    assert (broken.value.code, broken.value.field) == ("registration_open", "credit_code")
    actions.approve(own, actor=bureau, now=NOW)
    with pytest.raises(RuleBroken) as broken:
        actions.resubmit(strange, strange.version, actor=ANONYMOUS, now=NOW)
    assert broken.value.code == "credit_code_taken"


def test_an_abolished_district_is_refused(world: World) -> None:
    gone = Region.objects.exclude(period__contains=NOW.date()).first()
    assert gone is not None
    with pytest.raises(RuleBroken) as broken:
        submit(region=gone.pk)
    assert broken.value.code == "region_wrong"


@pytest.mark.parametrize("archived", [False, True], ids=["waits", "claimed"])
def test_two_tabs_make_one_registration(
    committed_world: World, monkeypatch: pytest.MonkeyPatch, archived: bool
) -> None:
    """Names differ, so that in the second case one is claimed and the other would wait."""
    known = [archives.Waiting("第0标签有限公司", "500103", 2)] if archived else []
    monkeypatch.setattr(archives, "_finders", [lambda code: known])
    outcomes = at_once(
        *(
            lambda n=number: submit(name=f"第{n}标签有限公司", username=f"tab{n}")
            for number in range(4)
        )
    )
    assert Registration.objects.count() == 1
    [made] = [one.value for one in outcomes if not one.refusal]
    assert made.state in {"submitted", "claimed"}
    told = {one.code for one in outcomes if one.refusal}
    assert told <= {"registration_open", "credit_code_taken"}
