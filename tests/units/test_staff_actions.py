"""People of a unit: registering, changing, deregistering (F12–F14, decisions 2 and 3)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from config.actor import SYSTEM
from config.errors import RuleBroken
from tests.factories.units import appointment
from tests.world import NOW, TODAY, World
from units import crypto
from units.actions.staff import Identity, add_staff, change_staff, deregister_staff
from units.identities import EXCLUDED_SENTENCE
from units.models import Appointment, AuditEntry, Staff, User

OFFICER = Identity("safety_officer")
ID_NUMBER = "11010519491231002X"
OTHER_ID = "500103199001011232"
TOMORROW = NOW + timedelta(days=1)


def add(world: World, **changes: Any) -> Staff:
    values: dict[str, Any] = {
        "name": "吴新",
        "phone": "13900000001",
        "identities": [OFFICER],
        "actor": world.actor(world.jia_admin),
        "now": NOW,
    }
    return add_staff(changes.pop("unit", world.jia), **(values | changes))


def change(world: World, staff: Staff, **changes: Any) -> Staff:
    posts = Appointment.objects.in_force(TODAY).filter(staff=staff)
    values: dict[str, Any] = {
        "version": staff.version,
        "name": staff.name,
        "phone": staff.user.phone,
        "identities": [Identity(one.role, tuple(one.categories)) for one in posts],
        "job_number": staff.job_number,
        "actor": world.actor(world.jia_admin),
        "now": NOW,
    }
    return change_staff(staff, **(values | changes))


def leave(world: World, staff: Staff, **changes: Any) -> Staff:
    values: dict[str, Any] = {
        "reason": "离职",
        "actor": world.actor(world.jia_admin),
        "now": NOW,
    }
    return deregister_staff(staff, **(values | changes))


def refusal(call: Any, *args: Any, **kwargs: Any) -> tuple[str, str | None]:
    with pytest.raises(RuleBroken) as refused:
        call(*args, **kwargs)
    return refused.value.message, refused.value.field


def periods(staff: Staff) -> list[tuple[str, date, date | None, list[str]]]:
    return [
        (one.role, one.period.lower, one.period.upper, one.categories)
        for one in Appointment.objects.filter(staff=staff).order_by("role_slot", "period")
    ]


# ---------------------------------------------------------------- adding
def test_a_person_is_registered(world: World) -> None:
    staff = add(
        world,
        identities=[Identity("safety_officer"), Identity("safety_director", ("crane", "lift"))],
        id_number=ID_NUMBER.lower(),
        job_number="A-7",
        started_on=date(2020, 5, 1),
    )
    staff.refresh_from_db()
    assert (staff.name, staff.job_number, staff.started_on, staff.ended_on, staff.version) == (
        "吴新",
        "A-7",
        date(2020, 5, 1),
        None,
        1,
    )
    user = staff.user
    assert (user.kind, user.phone, user.name, user.has_usable_password()) == (
        "person",
        "13900000001",
        "吴新",
        False,
    )
    assert crypto.decrypt(user.id_number_encrypted) == ID_NUMBER
    assert user.id_number_digest == crypto.digest(ID_NUMBER)
    # Identities count from registration: nobody can vouch for what was before.
    assert periods(staff) == [
        ("safety_director", TODAY, None, ["lift", "crane"]),
        ("safety_officer", TODAY, None, []),
    ]
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.unit_id, entry.actor_name) == (
        "staff.added",
        world.jia.pk,
        world.jia.name,
    )
    assert entry.after == {
        "name": "吴新",
        "identities": ["安全总监（电梯、起重机械）", "安全员"],
        "job_number": "A-7",
        "started_on": "2020-05-01",
    }


@pytest.mark.parametrize("name", ["㛃𬭚", "阿依古丽·买买提", "<script>alert(1)</script>", "O'Neil"])
def test_any_name_is_kept_as_it_is(world: World, name: str) -> None:
    staff = Staff.objects.get(pk=add(world, name=name).pk)
    assert (staff.name, staff.user.name) == (name, name)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("１３９００００００９９", "13900000099"),
        ("139 0000 0099", "13900000099"),
        ("+86-139-0000-0099", "13900000099"),
    ],
)
def test_a_phone_is_normalised(world: World, typed: str, stored: str) -> None:
    assert add(world, phone=typed).user.phone == stored


def test_a_scope_of_all_categories_is_no_scope(world: World) -> None:
    every = (
        "boiler",
        "pressure_vessel",
        "cylinder",
        "pressure_pipe",
        "lift",
        "crane",
        "ropeway",
        "ride",
        "vehicle",
    )
    staff = add(world, identities=[Identity("safety_officer", every)])
    assert periods(staff) == [("safety_officer", TODAY, None, [])]


@pytest.mark.parametrize(
    ("changes", "sentence", "field"),
    [
        ({"name": "  "}, "请填写姓名。", "name"),
        ({"name": "长" * 61}, "姓名最多 60 个字。", "name"),
        ({"phone": ""}, "请填写手机号。", "phone"),
        ({"phone": "139"}, "手机号应为 11 位数字、以 1 开头，现为 3 位，请核对。", "phone"),
        ({"job_number": "1" * 31}, "工号最多 30 个字。", "job_number"),
        (
            {"id_number": "110105194912310021"},
            "身份证件号码的校验位不对，请逐位核对。",
            "id_number",
        ),
        ({"started_on": date(2026, 11, 21)}, "入职日期不能晚于今天。", "started_on"),
        ({"started_on": date(1949, 1, 1)}, "入职日期不合理，请核对年份。", "started_on"),
        ({"identities": []}, "请至少选择一个身份。", "identities"),
        ({"identities": [Identity("king")]}, "所选身份不存在，请重新选择。", "identities"),
        ({"identities": [OFFICER, OFFICER]}, "同一身份只能选择一次。", "identities"),
        (
            {"identities": [Identity("safety_officer", ("submarine",))]},
            "分管设备类别不存在，请重新选择。",
            "identities",
        ),
        (
            {"identities": [Identity("principal", ("lift",))]},
            "主要负责人不分管设备类别。",
            "identities",
        ),
        (
            {"identities": [Identity("quality_director"), Identity("quality_officer")]},
            EXCLUDED_SENTENCE,
            "identities",
        ),
    ],
)
def test_a_registration_is_refused_beside_its_field(
    world: World, changes: dict[str, Any], sentence: str, field: str
) -> None:
    before = (Staff.objects.count(), User.objects.count(), Appointment.objects.count())
    assert refusal(add, world, **changes) == (sentence, field)
    assert (Staff.objects.count(), User.objects.count(), Appointment.objects.count()) == before
    assert AuditEntry.objects.count() == 0


def test_director_and_officer_in_one_person_is_allowed(world: World) -> None:
    staff = add(world, identities=[Identity("safety_director"), OFFICER])
    assert [row[0] for row in periods(staff)] == ["safety_director", "safety_officer"]


def test_only_the_units_own_admin_registers(world: World) -> None:
    for actor in (
        world.actor(world.yi_admin),
        world.actor(world.wang),
        world.actor(world.regulator),
    ):
        with pytest.raises(RuleBroken) as refused:
            add(world, actor=actor)
        assert (refused.value.code, refused.value.status) == ("not_yours", 403)
    assert add(world, actor=SYSTEM).unit == world.jia


# ---------------------------------------------------------------- phones and people
def test_a_phone_employed_elsewhere_is_refused_without_naming_the_unit(world: World) -> None:
    sentence, field = refusal(add, world, phone="13800000006")
    assert (sentence, field) == ("该手机号已在其他单位登记，请先由原单位注销。", "phone")


def test_a_phone_employed_here_names_the_colleague(world: World) -> None:
    assert refusal(add, world, phone="13800000001") == (
        "该手机号已登记在本单位的李安名下。",
        "phone",
    )


def test_the_same_person_comes_back_as_the_same_user(world: World) -> None:
    leave(world, world.zhang)
    back = add(
        world, unit=world.yi, name="张全", phone="13800000002", actor=world.actor(world.yi_admin)
    )
    assert back.user == world.zhang.user
    assert (back.pk != world.zhang.pk, back.unit) == (True, world.yi)
    world.zhang.refresh_from_db()
    assert (world.zhang.ended_on, world.zhang.name) == (TODAY, "张全")


def test_another_name_with_the_same_phone_is_another_person(world: World) -> None:
    leave(world, world.zhang)
    new = add(world, name="新人", phone="13800000002")
    old = User.objects.get(pk=world.zhang.user_id)
    assert (new.user != old, old.phone, new.user.phone) == (True, None, "13800000002")
    assert Staff.objects.get(pk=world.zhang.pk).user == old


def test_another_id_number_with_the_same_name_and_phone_is_another_person(world: World) -> None:
    first = add(world, id_number=ID_NUMBER)
    leave(world, first)
    second = add(world, id_number=OTHER_ID)
    assert second.user != first.user
    assert User.objects.get(pk=first.user_id).phone is None


def test_the_same_person_under_a_new_phone_is_found_by_id_number(world: World) -> None:
    first = add(world, id_number=ID_NUMBER)
    leave(world, first)
    back = add(world, id_number=ID_NUMBER, phone="13900000077")
    assert (back.user, back.user.phone) == (first.user, "13900000077")


def test_an_id_number_employed_elsewhere_is_refused(world: World) -> None:
    add(world, unit=world.yi, id_number=ID_NUMBER, actor=world.actor(world.yi_admin))
    assert refusal(add, world, name="别名", phone="13900000088", id_number=ID_NUMBER) == (
        "该证件号码已在其他单位登记，请先由原单位注销。",
        "id_number",
    )
    assert refusal(
        add,
        world,
        unit=world.yi,
        phone="13900000088",
        id_number=ID_NUMBER,
        actor=world.actor(world.yi_admin),
    ) == ("该证件号码已登记在本单位的吴新名下。", "id_number")


# ---------------------------------------------------------------- changing
def test_identities_end_and_begin_on_the_day_of_the_change(world: World) -> None:
    changed = change(
        world,
        world.wang,
        identities=[Identity("safety_director", ("lift",)), Identity("principal")],
        now=TOMORROW,
    )
    assert changed.version == 2
    day = TODAY + timedelta(days=1)
    assert periods(world.wang) == [
        ("principal", day, None, []),
        ("safety_director", date(2024, 1, 1), day, []),
        ("safety_director", day, None, ["lift"]),
    ]
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.before, entry.after) == (
        "staff.changed",
        {"identities": ["安全总监"]},
        {"identities": ["主要负责人", "安全总监（电梯）"]},
    )


def test_what_began_today_is_corrected_in_place(world: World) -> None:
    staff = add(world, identities=[OFFICER, Identity("principal")])
    change(world, staff, identities=[Identity("safety_officer", ("lift",))])
    assert periods(staff) == [("safety_officer", TODAY, None, ["lift"])]


def test_an_identity_can_be_given_again_later(world: World) -> None:
    day = TODAY + timedelta(days=1)
    staff = add(world, identities=[OFFICER, Identity("principal")])
    staff = change(world, staff, identities=[OFFICER], now=TOMORROW)
    change(world, staff, identities=[OFFICER, Identity("principal")], now=TOMORROW)
    assert periods(staff) == [
        ("principal", TODAY, day, []),
        ("principal", day, None, []),
        ("safety_officer", TODAY, None, []),
    ]


def test_saving_without_a_change_changes_nothing(world: World) -> None:
    assert change(world, world.zhao).version == 1
    assert AuditEntry.objects.count() == 0


def test_name_job_number_phone_and_id_number_change(world: World) -> None:
    changed = change(
        world, world.wang, name="王总监", job_number="9", phone="13900000055", id_number=ID_NUMBER
    )
    user = User.objects.get(pk=world.wang.user_id)
    assert (changed.name, changed.job_number, changed.version) == ("王总监", "9", 2)
    assert (user.name, user.phone, crypto.decrypt(user.id_number_encrypted)) == (
        "王总监",
        "13900000055",
        ID_NUMBER,
    )
    entry = AuditEntry.objects.get()
    assert entry.before == {"name": "王总", "job_number": ""}
    # The trail is for ever: it never holds a phone or an id number.
    assert entry.after == {
        "name": "王总监",
        "job_number": "9",
        "phone": "已更换",
        "id_number": "已更换",
    }


def test_an_id_number_is_left_alone_or_cleared(world: World) -> None:
    staff = add(world, id_number=ID_NUMBER)
    staff = change(world, staff, name="吴新新")
    assert crypto.decrypt(User.objects.get(pk=staff.user_id).id_number_encrypted) == ID_NUMBER
    staff = change(world, staff, id_number="")
    user = User.objects.get(pk=staff.user_id)
    assert (user.id_number_encrypted, user.id_number_digest) == ("", "")


def test_the_second_editor_is_told_and_nothing_is_overwritten(world: World) -> None:
    change(world, world.wang, name="王甲")
    sentence, field = refusal(change, world, world.wang, name="王乙", version=1)
    assert (sentence.startswith("此人的资料刚刚被别人修改过，您的修改尚未保存。"), field) == (
        True,
        None,
    )
    assert Staff.objects.get(pk=world.wang.pk).name == "王甲"


@pytest.mark.parametrize(
    ("phone", "sentence"),
    [
        ("13800000001", "该手机号已登记在本单位的李安名下。"),
        ("13800000006", "该手机号已在其他单位登记，请先由原单位注销。"),
    ],
)
def test_a_phone_of_somebody_employed_cannot_be_taken(
    world: World, phone: str, sentence: str
) -> None:
    assert refusal(change, world, world.wang, phone=phone) == (sentence, "phone")
    assert User.objects.get(pk=world.wang.user_id).phone == "13800000003"


def test_a_phone_left_behind_can_be_taken(world: World) -> None:
    leave(world, world.zhang)
    change(world, world.wang, phone="13800000002")
    assert User.objects.get(pk=world.wang.user_id).phone == "13800000002"
    assert User.objects.get(pk=world.zhang.user_id).phone is None


def test_an_id_number_of_somebody_employed_cannot_be_taken(world: World) -> None:
    add(world, id_number=ID_NUMBER)
    assert refusal(change, world, world.wang, id_number=ID_NUMBER) == (
        "该证件号码已登记在本单位的吴新名下。",
        "id_number",
    )


def test_the_excluded_pair_is_refused_on_change_too(world: World) -> None:
    pair = [Identity("quality_officer"), Identity("quality_director")]
    assert refusal(change, world, world.wang, identities=pair) == (EXCLUDED_SENTENCE, "identities")


def test_machines_do_not_lose_their_officer_by_the_way(world: World) -> None:
    sentence = "李安名下还有 {} 台绑定设备需要原来的身份，请先改由他人负责，再取消或缩小该身份。"
    assert refusal(change, world, world.li, identities=[Identity("principal")]) == (
        sentence.format(2),
        "identities",
    )
    narrow = [Identity("safety_officer", ("lift",))]
    assert refusal(change, world, world.li, identities=narrow) == (sentence.format(1), "identities")
    assert (
        change(world, world.li, identities=[Identity("safety_officer", ("lift", "crane"))]).version
        == 2
    )


def test_somebody_deregistered_is_not_changed(world: World) -> None:
    left = leave(world, world.zhang)
    assert refusal(change, world, left, name="张", identities=[OFFICER]) == (
        "张全已注销，不能再修改。",
        None,
    )


def test_only_the_units_own_admin_changes(world: World) -> None:
    for call in (change, leave):
        with pytest.raises(RuleBroken) as refused:
            call(world, world.li, actor=world.actor(world.yi_admin))
        assert refused.value.code == "not_yours"


# ---------------------------------------------------------------- leaving
def test_leaving_ends_employment_and_identities_and_keeps_the_rows(world: World) -> None:
    appointment(world.wang, "principal", since=TODAY)
    ended = leave(world, world.wang, reason=" 退休：年满 ")
    assert (ended.ended_on, ended.end_reason, ended.version) == (TODAY, "退休：年满", 2)
    # What began today keeps this one day: the record shows that it was.
    assert periods(world.wang) == [
        ("principal", TODAY, TODAY + timedelta(days=1), []),
        ("safety_director", date(2024, 1, 1), TODAY, []),
    ]
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.before) == (
        "staff.deregistered",
        {"identities": ["主要负责人", "安全总监"]},
    )
    assert entry.after == {"reason": "退休：年满", "hand_over_to": "", "moved": {}}


def test_machines_go_to_the_successor(world: World) -> None:
    leave(world, world.li, hand_over_to=world.zhang)
    world.lift.refresh_from_db()
    world.crane.refresh_from_db()
    assert (world.lift.officer, world.crane.officer) == (world.zhang, world.zhang)
    entry = AuditEntry.objects.get(verb="staff.deregistered")
    assert entry.after["hand_over_to"] == "张全"
    assert entry.after["moved"]["绑定设备"] == 2


def test_without_a_successor_machines_are_released(world: World) -> None:
    leave(world, world.li)
    world.lift.refresh_from_db()
    assert world.lift.officer is None


def test_a_successor_who_cannot_take_a_machine_stops_everything(world: World) -> None:
    sentence, field = refusal(leave, world, world.li, hand_over_to=world.wang)
    assert field == "hand_over_to"
    assert "安全员" in sentence
    world.li.refresh_from_db()
    world.lift.refresh_from_db()
    assert (world.li.ended_on, world.lift.officer) == (None, world.li)


def test_a_successor_is_an_employed_colleague(world: World) -> None:
    left = leave(world, world.zhang)
    for successor in (left, world.sun, world.li):
        assert refusal(leave, world, world.li, hand_over_to=successor) == (
            "接手人应为本单位在职的其他人员，请重新选择。",
            "hand_over_to",
        )


@pytest.mark.parametrize(
    ("reason", "sentence"), [(" ", "请填写注销原因。"), ("因" * 201, "注销原因最多 200 个字。")]
)
def test_leaving_needs_a_reason(world: World, reason: str, sentence: str) -> None:
    assert refusal(leave, world, world.wang, reason=reason) == (sentence, "reason")


def test_nobody_leaves_twice(world: World) -> None:
    leave(world, world.wang)
    assert refusal(leave, world, world.wang) == ("王总已注销，不能再修改。", None)
    assert AuditEntry.objects.count() == 1


def test_a_day_in_the_middle_of_an_appointment_stays_in_force_before_the_end(world: World) -> None:
    leave(world, world.wang)
    yesterday = TODAY - timedelta(days=1)
    held = Appointment.objects.filter(staff=world.wang)
    assert [held.in_force(yesterday).count(), held.in_force(TODAY).count()] == [1, 0]
    assert held.get().period == DateRange(date(2024, 1, 1), TODAY, "[)")
