"""Certificates of people (F16): entered, changed, closed, listed by end, reminded of."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.clock import at
from config.errors import RuleBroken
from tests.factories import papers
from tests.factories.people_papers import certificate
from tests.world import NOW, TODAY, World
from units import queries_certificates, reminders
from units.actions.certificates import Paper, add_certificate, change_certificate
from units.actions.staff import deregister_staff
from units.models import AuditEntry, Certificate, OutboxMessage

LIST = "/certificates/"
DATA = {
    "kind": "operator",
    "number": " Ｔ５００１ ",
    "item": "㛃𬭚<b>",
    "issuer": "渝中区局",
    "issued_on": "2024-01-31",
    "valid_until": "2028年1月30日",
}


@pytest.fixture
def admin(world: World, as_: Any) -> Client:
    return as_(world.jia_admin)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("units.views.certificates.timezone.now", lambda: NOW)


def add_url(world: World) -> str:
    return f"/staff/{world.li.code}/certificates/add/"


def test_entered_with_its_scan_and_shown_on_the_persons_page(world: World, admin: Client) -> None:
    answer = admin.post(add_url(world), {**DATA, "file": papers.upload(name="证书.pdf")})
    assert answer.headers["Location"] == f"/staff/{world.li.code}/#certificates"
    paper = Certificate.objects.get()
    assert (paper.number, paper.item, paper.valid_until) == (
        "T5001",
        "㛃𬭚<b>",
        date(2028, 1, 30),
    )
    page = admin.get(f"/staff/{world.li.code}/").content.decode()
    assert ("㛃𬭚&lt;b&gt;" in page, f"/files/{paper.file_id}/" in page) == (True, True)
    assert admin.get(f"/files/{paper.file_id}/").status_code == 200
    entry = AuditEntry.objects.get(verb="certificate.added")
    assert (entry.unit_id, entry.after["staff_code"]) == (world.jia.pk, world.li.code)


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"kind": ""}, "kind", "请选择证书类别。"),
        ({"kind": "x"}, "kind", "证书类别不存在，请重新选择。"),
        ({"number": "\x00 "}, "number", None),
        ({"number": "1" * 61}, "number", "证书编号最多 60 个字。"),
        ({"item": "长" * 81}, "item", "作业项目最多 80 个字。"),
        ({"issued_on": "2026-11-21"}, "issued_on", "发证日期不能晚于今天。"),
        ({"issued_on": "31.1"}, "issued_on", "请按“2026-11-20”的样子填写日期。"),
        ({"valid_until": "2024-01-30"}, "valid_until", "有效期不能早于发证日期。"),
        ({"valid_until": "9999-01-30"}, "valid_until", "日期不合理，请核对年份。"),
        ({"file": papers.upload(b"", "x.pdf")}, "file", "文件是空的，请重新选择。"),
        ({"file": papers.upload(b"PK\x03\x04 zip", "证书.pdf")}, "file", None),
    ],
)
def test_a_bad_entry_is_answered_beside_its_field(
    world: World, admin: Client, changes: dict[str, Any], field: str, sentence: str | None
) -> None:
    answer = admin.post(add_url(world), {**DATA, **changes})
    errors = answer.context["form"].errors
    assert (answer.status_code, list(errors)) == (422, [field])
    if sentence:
        assert errors[field] == [sentence]
    assert answer.context["form"]["item"].value() == {**DATA, **changes}["item"]
    assert Certificate.objects.count() == 0


def test_the_same_certificate_twice_is_refused_and_free_again_once_closed(
    world: World, admin: Client
) -> None:
    admin.post(add_url(world), DATA)
    again = admin.post(f"/staff/{world.zhang.code}/certificates/add/", DATA)
    assert again.context["form"].errors == {
        "number": ["本单位已登记相同的证书（类别、编号和作业项目都相同），请核对编号。"]
    }
    admin.post(f"/certificates/{Certificate.objects.get().code}/close/")
    assert admin.post(f"/staff/{world.zhang.code}/certificates/add/", DATA).status_code == 302


def test_the_second_of_two_editors_is_told(world: World, admin: Client) -> None:
    paper = certificate(world.li)
    url = f"/certificates/{paper.code}/edit/"
    assert admin.post(url, {**DATA, "version": 1}).status_code == 302
    late = admin.post(url, {**DATA, "number": "X2", "version": 1})
    assert (late.status_code, late.context["form"]["number"].value()) == (409, "X2")
    assert ("证书编号", "T5001") in late.context["current"]
    assert Certificate.objects.get().number == "T5001"
    assert admin.post(url, {**DATA, "number": "X2", "version": 2}).status_code == 302


def test_a_change_keeps_the_scan_and_writes_only_what_changed(world: World) -> None:
    paper = certificate(world.li)
    actor = world.actor(world.jia_admin)
    new = Paper(paper.kind, paper.number, paper.item, valid_until=date(2030, 1, 1))
    changed = change_certificate(paper, version=1, paper=new, actor=actor, now=NOW)
    same = change_certificate(changed, version=2, paper=new, actor=actor, now=NOW)
    assert (changed.version, same.version) == (2, 2)
    entry = AuditEntry.objects.get(verb="certificate.changed")
    assert (entry.before, entry.after["valid_until"]) == (
        {"valid_until": "2028-01-31"},
        "2030-01-01",
    )


def test_closed_is_closed_and_who_left_gets_none(world: World, admin: Client) -> None:
    paper = certificate(world.zhang)
    for expected in (302, 409):
        assert admin.post(f"/certificates/{paper.code}/close/").status_code == expected
    actor = world.actor(world.jia_admin)
    deregister_staff(world.zhang, reason="离职", actor=actor, now=NOW)
    with pytest.raises(RuleBroken) as refusal:
        add_certificate(world.zhang, paper=Paper("operator", "1"), actor=actor, now=NOW)
    assert refusal.value.code == "deregistered"


# ---------------------------------------------------------------- list
def some(world: World) -> dict[str, Certificate]:
    """One certificate at each side of every edge, and those that count nowhere."""
    found = {
        "past": certificate(world.li, TODAY - timedelta(days=1)),
        "today": certificate(world.li, TODAY),
        "edge": certificate(world.zhang, TODAY + timedelta(days=60)),
        "later": certificate(world.zhang, TODAY + timedelta(days=61)),
        "endless": certificate(world.wang, None),
    }
    certificate(world.li, TODAY, closed_at=NOW)
    certificate(world.zhao, TODAY)
    certificate(world.sun, TODAY)
    deregister_staff(world.zhao, reason="离职", actor=world.actor(world.jia_admin), now=NOW)
    return found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["past", "today", "edge", "later", "endless"]),
        ({"expiry": "expired"}, ["past"]),
        ({"expiry": "soon"}, ["today", "edge"]),
        ({"expiry": "rubbish"}, ["past", "today", "edge", "later", "endless"]),
        ({"q": "张"}, ["edge", "later"]),
        ({"q": "叉车 李"}, ["past", "today"]),
        ({"kind": "manager"}, []),
    ],
)
def test_the_list_is_narrowed(
    world: World, admin: Client, query: dict[str, str], found: list[str]
) -> None:
    papers_by_name = some(world)
    rows = admin.get(LIST, query).context["rows"]
    assert [row["paper"] for row in rows] == [papers_by_name[one] for one in found]


def test_counts_for_the_dashboard_are_those_of_the_tabs(world: World, admin: Client) -> None:
    some(world)
    tabs = admin.get(LIST).context["tabs"]
    actor = world.actor(world.jia_admin)
    assert [tab["count"] for tab in tabs] == [
        5,
        queries_certificates.expired(actor, day=TODAY).count(),
        queries_certificates.expiring(actor, day=TODAY).count(),
    ]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_for_one_and_three(world: World, as_: Any, rows: int) -> None:
    for _ in range(rows):
        certificate(world.li)
    client = as_(world.jia_admin)
    with CaptureQueriesContext(connection) as captured:
        assert len(client.get(LIST, headers={"HX-Request": "true"}).context["rows"]) == rows
    assert len(captured) == 4  # session, account with unit; count, rows


# ---------------------------------------------------------------- reminders
@pytest.mark.parametrize(
    ("left", "told"),
    [(61, 0), (60, 1), (31, 1), (7, 1), (0, 1), (-1, 1), (-30, 1), (-31, 0)],
)
def test_who_is_reminded(world: World, left: int, told: int) -> None:
    certificate(world.li, TODAY + timedelta(days=left))
    assert reminders.remind_certificates(now=NOW) == told
    assert reminders.remind_certificates(now=NOW) == 0
    recipients = set(OutboxMessage.objects.values_list("recipient", "channel"))
    wanted = {
        (world.li.user_id, "sms"),
        (world.li.user_id, "in_app"),
        (world.jia_admin.pk, "in_app"),
    }
    assert recipients == (wanted if told else set())


def test_each_stage_is_told_once_and_a_renewal_starts_afresh(world: World) -> None:
    paper = certificate(world.li, TODAY + timedelta(days=60))
    days = [TODAY + timedelta(days=number) for number in range(0, 91)]
    told = [day for day in days if reminders.remind_certificates(now=at(day, 8))]
    assert [(paper.valid_until - day).days for day in told] == [60, 30, 7, -1]
    Certificate.objects.update(valid_until=days[-1] + timedelta(days=30))
    assert reminders.remind_certificates(now=at(days[-1], 8)) == 1
    text = OutboxMessage.objects.filter(recipient=world.li.user).latest("pk").text
    assert "还有 30 天" in text


def test_the_command_says_what_it_did(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("remind")
    assert capsys.readouterr().out.startswith("证书到期提醒 0 份")
