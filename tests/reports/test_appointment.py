"""任命书 (F20): one letter an identity, dated, revisions, PDF from the frozen content, in the list."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from config.errors import RuleBroken
from reports.actions.appointment import issue_appointment_letter
from reports.models import IssuedDocument
from reports.queries_appointment import build_letter, letter_of, posts_in_force
from tests.factories import organisation
from tests.factories import units as people
from tests.reports.pdfs import text as text_of
from tests.world import NOW, TODAY, World
from units.actions.staff import Identity, change_staff, deregister_staff
from units.models import Staff
from units.roles import Role


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.views.appointment.timezone.now", lambda: NOW)


@pytest.fixture
def admin(world: World, as_: Any) -> Client:
    return as_(world.jia_admin)


def url(staff: Staff, what: str = "") -> str:
    return f"/documents/appointment/{staff.code}/{what}"


def issue(
    world: World, staff: Staff, role: str = "safety_officer", now: Any = NOW
) -> IssuedDocument:
    actor = world.actor(world.jia_admin)
    return issue_appointment_letter(staff, role=role, actor=actor, now=now)


def draft(staff: Staff, now: Any = NOW) -> Any:
    post = posts_in_force(staff, on=now.date())[0]
    return build_letter(post, staff, as_of=now, revision=1)


# ---------------------------------------------------------------- what it says
def test_an_officers_letter_names_scope_machines_and_principal(world: World) -> None:
    organisation.put(world.li, department=organisation.department(world.jia, "工程部"))
    letter = draft(world.li)
    assert (letter.role_label, letter.scope_label, letter.appointed_by) == (
        "安全员",
        "全部类别",
        "陈责",
    )
    assert (letter.begins_on, letter.document_on) == (date(2024, 1, 1), TODAY)
    assert [(one.number, one.name, one.place) for one in letter.machines] == [
        (1, "2号行车", "B车间"),
        (2, "1号客梯", "A座大堂"),
    ]
    assert (letter.department, letter.is_officer) == ("工程部", True)


@pytest.mark.parametrize(
    ("role", "keys"),
    [
        ("principal", ["order-74", "tsg-08"]),
        ("safety_director", ["order-74", "tsg-08"]),
        ("quality_director", ["order-73"]),
        ("quality_officer", ["order-73"]),
        ("quality_system", ["tsg-07"]),
        ("operator", ["special-equipment-safety-law"]),
        ("tester", ["special-equipment-safety-law"]),
    ],
)
def test_the_rules_are_those_of_the_identity(world: World, role: str, keys: list[str]) -> None:
    staff = people.staff(world.jia, "某", role)
    letter = draft(staff)
    assert [rule.key for rule in letter.rules] == keys
    assert letter.appointed_by == ("" if role == "principal" else "陈责")


def test_the_editions_are_those_of_its_own_date(world: World) -> None:
    before = NOW.replace(year=2026, month=4, day=30)
    numbers = [[rule.number for rule in draft(world.li, at).rules][1] for at in (before, NOW)]
    assert numbers == ["TSG 08—2017", "TSG 08—2026"]


def test_the_article_stands_where_the_scope_is_one_category(world: World) -> None:
    staff = people.staff(world.jia, "电", ("safety_officer", ["lift"]))
    assert draft(staff).rules[0].article == "第七十一条"
    assert draft(world.li).rules[0].article == ""


# ---------------------------------------------------------------- issuing
def test_issued_once_and_again_only_when_something_changed(world: World) -> None:
    first = issue(world, world.li)
    assert issue(world, world.li, now=NOW + timedelta(hours=1)) == first
    change_staff(
        world.li,
        version=1,
        name="李安",
        phone="13800000001",
        identities=[Identity("safety_officer", ("lift", "crane"))],
        actor=world.actor(world.jia_admin),
        now=NOW,
    )
    second = issue(world, Staff.objects.get(pk=world.li.pk), now=NOW + timedelta(days=1))
    assert (first.revision, second.revision, second.number != first.number) == (1, 2, True)
    assert [letter_of(one).scope_label for one in (first, second)] == [
        "全部类别",
        "电梯、起重机械",
    ]


def test_the_pdf_says_what_the_page_says(world: World, admin: Client) -> None:
    Staff.objects.filter(pk=world.li.pk).update(name="㛃𬭚<b>")
    answer = admin.post(url(world.li, "issue/"), {"role": "safety_officer"})
    assert answer.headers["Location"] == f"{url(world.li)}?role=safety_officer"
    document = IssuedDocument.objects.get()
    assert document.number.startswith("任命-20261120-")
    page = admin.get(answer.headers["Location"]).content.decode()
    opened = admin.get(f"/files/{document.file_id}/")
    text = text_of(b"".join(opened.streaming_content)).replace("\n", "")
    for words in (document.number, "任命书", "1号客梯", "陈责", "第 1 版"):
        assert (words in page, words.replace(" ", "") in text.replace(" ", "")) == (True, True)
    assert "㛃𬭚&lt;b&gt;" in page
    # What must stay erasable is not in a document that is kept for ever.
    assert "13800000001" not in str(document.content)


def test_old_revisions_stay_readable(world: World, admin: Client) -> None:
    issue(world, world.li)
    changed = admin.get(url(world.li)).content.decode()
    assert "已于" in changed
    world.lift.officer = None
    world.lift.save(update_fields=["officer"])
    draft_page = admin.get(url(world.li))
    assert (draft_page.context["issued"], draft_page.context["is_changed"]) == (None, True)
    admin.post(url(world.li, "issue/"), {"role": "safety_officer"})
    assert admin.get(url(world.li), {"revision": "1"}).context["doc"].machines[1].name == "1号客梯"
    assert admin.get(url(world.li)).context["doc"].revision == 2
    assert admin.get(url(world.li), {"revision": "9"}).status_code == 404


def test_two_identities_are_two_letters(world: World, admin: Client) -> None:
    people.appointment(world.li, "safety_director")
    page = admin.get(url(world.li))
    assert [one[0] for one in page.context["roles"]] == ["safety_director", "safety_officer"]
    issue(world, world.li, "safety_director")
    assert admin.get(url(world.li), {"role": "safety_officer"}).context["issued"] is None
    assert admin.get(url(world.li), {"role": "safety_director"}).context["issued"] is not None
    panels = admin.get(f"/staff/{world.li.code}/").context["panels"]
    rows = next(one for one in panels if one.title == "任命书").rows
    assert [(row.text, row.word) for row in rows] == [
        ("安全总监任命书", "已生成"),
        ("安全员任命书", "未生成"),
    ]


# ---------------------------------------------------------------- who and when not
def test_who_left_keeps_the_letter_and_gets_no_new_one(world: World, admin: Client) -> None:
    document = issue(world, world.li)
    deregister_staff(world.li, reason="离职", actor=world.actor(world.jia_admin), now=NOW)
    assert admin.get(url(world.li)).context["issued"] == document
    answer = admin.post(url(world.li, "issue/"), {"role": "safety_officer"})
    assert (answer.status_code, "现在没有这个身份" in answer.content.decode()) == (409, True)


@pytest.mark.parametrize("role", ["", "rubbish", Role.PRINCIPAL])
def test_an_identity_the_person_has_not(world: World, admin: Client, role: str) -> None:
    answer = admin.post(url(world.li, "issue/"), {"role": role})
    assert (answer.status_code, IssuedDocument.objects.count()) == (409, 0)


def test_people_read_their_own_letter_only(world: World, as_: Any) -> None:
    assert as_(world.li.user).get(url(world.li)).status_code == 200
    assert as_(world.zhang.user).get(url(world.li)).status_code == 404
    assert as_(world.regulator).get(url(world.li)).status_code == 200
    assert as_(world.li.user).post(url(world.li, "issue/")).status_code == 403
    with pytest.raises(RuleBroken) as refusal:
        issue_appointment_letter(
            world.li, role="safety_officer", actor=world.actor(world.yi_admin), now=NOW
        )
    assert refusal.value.status == 403


def test_letters_stand_in_the_list_under_their_kind(world: World, admin: Client) -> None:
    document = issue(world, world.li)
    for query, found in (
        ({}, [document]),
        ({"kind": "appointment"}, [document]),
        ({"kind": "daily_check"}, []),
        ({"keyword": "李安"}, [document]),
    ):
        rows = admin.get("/documents/", query).context["rows"]
        assert [row["document"] for row in rows] == found
    row = admin.get("/documents/").context["rows"][0]
    assert (row["about"], row["person"]) == ("安全员", "李安")
    assert admin.get(row["url"]).context["issued"] == document
