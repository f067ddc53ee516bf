"""许可: entering, naming, closing, expiry and reminders, hand-over (F28)."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.actor import SYSTEM
from config.clock import at
from config.errors import RuleBroken
from config.reference import DataError
from equipment import licence_rules
from equipment.actions import licences as actions
from equipment.actions.licence_reminders import remind
from equipment.models import Licence, LicenceBinding, LicenceItem
from equipment.queries_licences import expiry_word, find_family
from tests.factories import licences as made
from tests.factories import papers
from tests.factories import units as people
from tests.world import NOW, TODAY, World
from units.actions.staff import Identity, change_staff, deregister_staff
from units.models import OutboxMessage, Staff

LIST, ADD = "/licences/", "/licences/add/"
DATA = {
    "family": "lift_installation",
    "items": ["install-lift"],
    "scope": "曳引驱动乘客电梯A2",
    "number": "ts3350123—2028",
    "valid_from": "2024-12-01",
    "valid_until": "2028-11-30",
    "issued_on": "2024-12-01",
    "issuer": "重庆市市场监督管理局",
    "address": "渝中区民权路1号",
}


@pytest.fixture
def zhou(world: World) -> Staff:
    """A 质量安全员 of 甲, which now produces and fills too."""
    made.licensed(world.jia)
    return people.staff(world.jia, "周质", "quality_officer", mobile="13977770001")


@pytest.fixture
def admin(world: World, zhou: Staff, as_: Any) -> Client:
    return as_(world.jia_admin)


def refused(call: Any) -> RuleBroken:
    with pytest.raises(RuleBroken) as broken:
        call()
    return broken.value


def periods(licence: Licence) -> list[tuple[str, date, date | None]]:
    return [
        (one.staff.name, one.period.lower, one.period.upper)
        for one in LicenceBinding.objects.filter(licence=licence).order_by("period")
    ]


# ---------------------------------------------------------------- pages
def test_other_units_have_neither_page_nor_menu_entry(world: World, as_: Any) -> None:
    client = as_(world.yi_admin)
    assert [client.get(url).status_code for url in (LIST, ADD, "/stations/")] == [404] * 3
    assert client.post(ADD, DATA).status_code == 404
    assert 'href="/licences/"' not in client.get("/departments/").content.decode()


def test_a_producer_sees_licences_but_no_stations(world: World, as_: Any) -> None:
    made.licensed(world.yi, "production")
    client = as_(world.yi_admin)
    text = client.get("/departments/").content.decode()
    assert ('href="/licences/"' in text, 'href="/stations/"' in text) == (True, False)
    assert (client.get(LIST).status_code, client.get("/stations/").status_code) == (200, 404)


def test_a_licence_is_entered_with_scan_and_officer(
    world: World, zhou: Staff, admin: Client
) -> None:
    groups = admin.get(ADD).context["groups"]
    assert [(label, len(families)) for label, families in groups] == [
        ("生产单位许可", 18),
        ("充装单位许可", 2),
    ]
    page = admin.get(ADD, {"family": "lift_installation"})
    assert page.context["form"].initial["items"] == ["install-lift"]
    assert [label for _, label in page.context["form"].fields["officer"].choices] == [
        "暂不指定（由全体质量安全员认领）",
        "周质",
    ]
    response = admin.post(ADD, {**DATA, "officer": zhou.code, "file": papers.upload()})
    licence = Licence.objects.get()
    assert response["Location"] == f"/licences/{licence.code}/"
    assert (licence.number, licence.officer, licence.valid_until) == (
        "TS3350123-2028",
        zhou,
        date(2028, 11, 30),
    )
    assert [one.code for one in licence.items.all()] == ["install-lift"]
    assert LicenceBinding.objects.get(licence=licence).period.upper is None
    text = admin.get(response["Location"]).content.decode()
    assert "曳引驱动乘客电梯A2" in text and "查看扫描件" in text
    assert admin.get(f"/files/{licence.file_id}/").status_code == 200


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"items": []}, "items", "请至少选择一个许可项目。"),
        ({"items": ["make-lift"]}, "items", "所选许可项目不属于这一类别"),
        ({"number": ""}, "number", "请填写许可证编号。"),
        ({"number": "TS<script>"}, "number", "许可证编号只能有字母、数字、汉字和横线"),
        ({"number": "1" * 41}, "number", "许可证编号最多 40 个字"),
        ({"number": "TS3350123-2027"}, "number", "这个编号的同类许可本单位已登记过"),
        ({"valid_until": "2024-11-30"}, "valid_until", "有效期至不能早于有效期自。"),
        ({"valid_until": "明年"}, "valid_until", "请按"),
        ({"valid_from": "0204-12-01"}, "valid_from", "有效期自不合理"),
        ({"issued_on": "2099-01-01"}, "issued_on", "发证日期不能晚于今天。"),
        ({"officer": "NOSUCH"}, "officer", "所选人员已不在职或不符合条件"),
        ({"file": b"MZ\x90"}, "file", "只能上传 PDF、JPG、PNG"),
    ],
)
def test_a_bad_licence_comes_back_with_what_was_typed(
    change: dict[str, Any], field: str, words: str, world: World, admin: Client
) -> None:
    made.licence(world.jia, number="TS3350123-2027")
    posted = {**DATA, **change}
    if "file" in posted:
        posted["file"] = papers.upload(posted["file"], "证.exe")
    response = admin.post(ADD, posted)
    assert response.status_code == 422
    assert words in response.context["form"].errors[field][0]
    assert "渝中区民权路1号" in response.content.decode()
    assert Licence.objects.count() == 1


def test_families_of_other_kinds_and_numbers_of_other_units_are_refused(world: World) -> None:
    made.licensed(world.yi, "production")
    made.licensed(world.jia)
    broken = refused(lambda: made.licence(world.yi, "cylinder_filling"))
    assert (broken.code, broken.field) == ("family_kind", "family")
    made.licence(world.jia)
    assert "已由其他单位登记" in refused(lambda: made.licence(world.yi)).message
    made.licence(world.yi, "crane_installation")  # the same certificate, another family


def test_odd_but_possible_licences_are_accepted_with_hints(world: World) -> None:
    made.licensed(world.jia)
    plain = made.licence(world.jia)
    assert actions.hints(plain, day=TODAY) == []
    odd = made.licence(
        world.jia, "crane_installation", number="渝充123", valid_until=date(2030, 1, 1)
    )
    assert len(actions.hints(odd, day=TODAY)) == 2
    late = made.licence(world.jia, number="TS3350124-2027", valid_until=date(2026, 1, 1))
    assert [one[:12] for one in actions.hints(late, day=TODAY)] == [
        "许可证编号末尾的年份是 ",
        "这张许可证已经过期：到期",
    ]


def test_the_second_of_two_editors_is_told(world: World, zhou: Staff, admin: Client) -> None:
    licence = made.licence(world.jia)
    url = f"/licences/{licence.code}/edit/"
    data = {**DATA, "version": "1", "officer": zhou.code, "address": "新址"}
    assert admin.post(url, data).status_code == 302
    response = admin.post(url, {**data, "address": "另一处"})
    assert response.status_code == 409
    text = response.content.decode()
    assert "刚刚被他人修改过" in text and "新址" in text and "另一处" in text
    licence.refresh_from_db()
    assert (licence.address, licence.officer, licence.version) == ("新址", zhou, 2)


def test_the_list_says_how_validity_stands(world: World, admin: Client) -> None:
    made.licence(world.jia)
    made.licence(world.jia, number="A-1", valid_until=date(2020, 1, 1), valid_from=date(2016, 1, 1))
    rows = admin.get(LIST).context["rows"]
    assert [row["licence"].number for row in rows] == ["A-1", "TS3350123-2028"]
    assert [row["word"].kind for row in rows] == ["danger", "done"]
    expired = admin.get(LIST, {"state": "expired"}).context["rows"]
    assert [row["licence"].number for row in expired] == ["A-1"]
    assert len(admin.get(LIST, {"q": "3350", "officer": "none"}).context["rows"]) == 1


@pytest.mark.parametrize(
    ("days", "word"),
    [
        (181, ("done", "有效")),
        (180, ("late", "180 天后到期")),
        (0, ("late", "今天到期")),
        (-1, ("danger", "已过期 1 天")),
    ],
)
def test_expiry_in_words(days: int, word: tuple[str, str], world: World) -> None:
    made.licensed(world.jia)
    licence = made.licence(world.jia, valid_until=TODAY + timedelta(days=days))
    found = expiry_word(licence, TODAY)
    assert (found.kind, found.text) == word


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same(rows: int, world: World, admin: Client) -> None:
    for number in range(rows):
        made.licence(world.jia, number=f"TS335012{number}-2028")
    with CaptureQueriesContext(connection) as captured:
        admin.get(LIST, headers={"HX-Request": "true"})
    assert len([q for q in captured if "equipment_licence" in q["sql"]]) == 3


# ---------------------------------------------------------------- who answers
def test_officers_are_dated_and_have_to_fit(world: World, zhou: Staff) -> None:
    licence = made.licence(world.jia)
    for wrong, code in ((world.li, "not_an_officer"), (world.sun, "officer_elsewhere")):
        broken = refused(
            lambda wrong=wrong: actions.assign(licence, officer=wrong, actor=SYSTEM, now=NOW)
        )
        assert (broken.code, broken.field) == (code, "officer")
    narrow = people.staff(world.jia, "吴窄", ("quality_officer", ["crane"]), mobile="13977770002")
    broken = refused(lambda: actions.assign(licence, officer=narrow, actor=SYSTEM, now=NOW))
    assert broken.code == "officer_scope"
    actions.assign(licence, officer=zhou, actor=SYSTEM, now=NOW)
    other = people.staff(world.jia, "郑换", "quality_officer", mobile="13977770003")
    licence.refresh_from_db()
    actions.assign(licence, officer=other, actor=SYSTEM, now=NOW + timedelta(days=3))
    day = TODAY + timedelta(days=3)
    assert periods(licence) == [("周质", TODAY, day), ("郑换", day, None)]


def test_deregistering_moves_licences_to_a_colleague_who_fits(world: World, zhou: Staff) -> None:
    licence = made.licence(world.jia, officer=zhou)
    other = people.staff(world.jia, "郑换", "quality_officer", mobile="13977770003")
    leave = {"reason": "离职", "actor": world.actor(world.jia_admin), "now": NOW}
    broken = refused(lambda: deregister_staff(zhou, hand_over_to=world.li, **leave))
    assert (broken.code, broken.field) == ("not_an_officer", "hand_over_to")
    deregister_staff(zhou, hand_over_to=other, **leave)
    licence.refresh_from_db()
    assert licence.officer == other


def test_an_identity_that_a_licence_needs_cannot_be_taken_away(world: World, zhou: Staff) -> None:
    made.licence(world.jia, officer=zhou)
    broken = refused(
        lambda: change_staff(
            zhou,
            version=1,
            name="周质",
            phone="13977770001",
            identities=[Identity("operator")],
            actor=world.actor(world.jia_admin),
            now=NOW,
        )
    )
    assert (broken.code, "1 张负责的许可" in broken.message) == ("stranded", True)


def test_closing_releases_the_officer_and_waits_for_stations(
    world: World, zhou: Staff, admin: Client
) -> None:
    licence = made.licence(world.jia, officer=zhou)
    url = f"/licences/{licence.code}/close/"
    assert admin.post(url).status_code == 422
    assert admin.post(url, {"reason": "到期未换证"}).status_code == 302
    licence.refresh_from_db()
    assert (licence.officer, licence.close_reason) == (None, "到期未换证")
    assert LicenceBinding.objects.filter(period__upper_inf=True).count() == 0
    assert admin.post(url, {"reason": "再来"}).status_code == 409
    filling = made.licence(world.jia, "cylinder_filling", number="TS4-1")
    made.station(world.jia, licence=filling)
    response = admin.post(f"/licences/{filling.code}/close/", {"reason": "换证"})
    assert response.status_code == 422
    assert "还有 1 个工位属于这张许可" in response.content.decode()


# ---------------------------------------------------------------- reminders
def test_reminders_come_at_each_stage_once(world: World, zhou: Staff) -> None:
    licence = made.licence(world.jia, officer=zhou, valid_until=TODAY + timedelta(days=200))

    def on(days_before: int) -> int:
        return remind(now=at(licence.valid_until - timedelta(days=days_before), 9))

    assert [on(days) for days in (181, 180, 179, 60, 59, 30, 0, -1, -40)] == [
        0, 1, 0, 1, 0, 1, 0, 1, 0,
    ]  # fmt: skip
    in_app = OutboxMessage.objects.filter(kind="licence.expiring", channel="in_app")
    assert in_app.filter(recipient=world.jia_admin).count() == 4
    assert in_app.filter(recipient=zhou.user).count() == 4
    first = in_app.filter(recipient=world.jia_admin).earliest("id")
    assert first.link == f"/licences/{licence.code}/"
    assert "还有 180 天。换证申请应在到期 6 个月前提出" in first.text
    assert in_app.filter(recipient=world.yi_admin).count() == 0


def test_a_missed_day_is_made_up_for_and_a_renewed_licence_starts_anew(
    world: World, zhou: Staff
) -> None:
    licence = made.licence(world.jia, valid_until=TODAY + timedelta(days=45))
    assert remind(now=NOW) == 1  # the stage T-60, though day 60 was slept through
    Licence.objects.filter(pk=licence.pk).update(valid_until=TODAY + timedelta(days=50))
    assert remind(now=NOW) == 1
    actions.close_licence(licence, reason="注销", actor=SYSTEM, now=NOW)
    assert remind(now=NOW + timedelta(days=30)) == 0


def test_the_command_is_the_twin_of_the_task(world: World, capsys: Any) -> None:
    made.licensed(world.jia)
    made.licence(world.jia, valid_until=date(2020, 1, 1), valid_from=date(2016, 1, 1))
    call_command("remind_licences")
    call_command("remind_licences")
    assert capsys.readouterr().out == "新提醒许可 1 张\n新提醒许可 0 张\n"


# ---------------------------------------------------------------- data
def test_the_rule_in_force_and_a_wrong_file(tmp_path: Path) -> None:
    rule = licence_rules.rule_on(TODAY)
    assert (rule.apply_before_months, rule.remind_days, rule.confidence) == (6, (180, 60, 30), "M")
    text = licence_rules.PATH.read_text(encoding="utf-8").replace("[180, 60, 30]", "soon")
    (tmp_path / "rules.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="remind_days"):
        licence_rules.load(tmp_path / "rules.yaml")


@pytest.mark.django_db
def test_an_import_row_finds_its_family_by_name() -> None:
    kinds = ["production"]
    assert find_family("电梯安装（含修理）", kinds=kinds, day=TODAY).code == "lift_installation"
    assert find_family("气瓶充装", kinds=kinds, day=TODAY) is None
    assert LicenceItem.objects.get(pk="install-lift").family_id == "lift_installation"
