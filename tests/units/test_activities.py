"""Drills and trainings (F21, F23): entered, changed, assessed, made void, listed, reminded of."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.clock import at
from config.errors import RuleBroken
from tests.factories import organisation, papers
from tests.factories import units as people
from tests.factories.people_papers import activity
from tests.world import NOW, TODAY, World
from units import queries_activities, reminders
from units.actions.activities import Outcome, close_activity, enter_results
from units.actions.staff import deregister_staff
from units.models import Activity, AuditEntry, OutboxMessage, Participation

DRILLS, TRAININGS = "/drills/", "/trainings/"
DATA = {
    "title": "㛃𬭚<b> 培训",
    "held_on": "2026-06-16",
    "place": "会议室",
    "hours": "１.５",
    "organiser": "commissioned",
    "agency": "市特检院",
    "content": "第一行\r\n第二行",
    "summary": "",
}


@pytest.fixture
def admin(world: World, as_: Any) -> Client:
    return as_(world.jia_admin)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("units.views.activities.timezone.now", lambda: NOW)


def data(world: World, **changes: Any) -> dict[str, Any]:
    return {**DATA, "people": [world.li.code, world.wang.code], **changes}


def names(of: Activity) -> list[str]:
    return [one.staff.name for one in of.participations.order_by("staff_id")]


# ---------------------------------------------------------------- entering
def test_a_training_with_people_and_papers(world: World, admin: Client) -> None:
    files = [papers.upload(name="签到表.pdf"), papers.upload(papers.pdf("2"), name="试卷.pdf")]
    answer = admin.post(f"{TRAININGS}add/", data(world, files=files))
    made = Activity.objects.get()
    assert answer.headers["Location"] == f"/activities/{made.code}/"
    assert (made.kind, made.hours, made.content, names(made), made.files.count()) == (
        "training",
        Decimal("1.5"),
        "第一行\n第二行",
        ["李安", "王总"],
        2,
    )
    page = admin.get(f"/activities/{made.code}/").content.decode()
    assert ("㛃𬭚&lt;b&gt; 培训" in page, "未考核 2" in page) == (True, True)
    for one in made.files.all():
        assert admin.get(f"/files/{one.pk}/").status_code == 200
    staff_page = admin.get(f"/staff/{world.li.code}/").context["panels"]
    panel = next(one for one in staff_page if one.title == "培训与演练 1 次")
    assert panel.rows[0].note == "安全培训，1.5 学时"


def test_a_drill_has_neither_hours_nor_results(world: World, admin: Client) -> None:
    admin.post(f"{DRILLS}add/", data(world, organiser="own"))
    made = Activity.objects.get()
    assert (made.kind, made.hours, made.agency) == ("drill", None, "")
    assert "登记考核结果" not in admin.get(f"/activities/{made.code}/").content.decode()
    assert admin.get(f"/trainings/{made.code}/results/").status_code == 404
    assert admin.get(f"/trainings/{made.code}/edit/").status_code == 404


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"title": "\x00"}, "title", None),
        ({"title": "长" * 101}, "title", "名称最多 100 个字。"),
        ({"held_on": "2026-11-21"}, "held_on", "日期不能晚于今天，请在举办后登记。"),
        ({"held_on": ""}, "held_on", "请填写举办日期。"),
        ({"held_on": "1026-11-21"}, "held_on", "日期不合理，请核对年份。"),
        ({"hours": "0"}, "hours", "学时应大于 0、不超过 999。"),
        ({"hours": "一"}, "hours", "学时请填数字，例如 4 或 1.5。"),
        ({"agency": ""}, "agency", "委托机构组织的，请填写受托机构名称。"),
        ({"content": ""}, "content", "请填写内容。"),
        ({"content": "长" * 2001}, "content", "内容最多 2000 个字。"),
        ({"people": []}, "people", "请至少选择一名参加人员。"),
        ({"people": ["NOSUCH"]}, "people", "所选人员已不在本单位，请重新选择。"),
        ({"files": papers.upload(b"GIF89a", "a.pdf")}, "files", None),
        ({"files": [papers.upload(papers.pdf(str(n))) for n in range(11)]}, "files", None),
    ],
)
def test_a_bad_entry_is_answered_beside_its_field(
    world: World, admin: Client, changes: dict[str, Any], field: str, sentence: str | None
) -> None:
    answer = admin.post(f"{TRAININGS}add/", data(world, **changes))
    errors = answer.context["form"].errors
    assert (answer.status_code, list(errors)) == (422, [field])
    if sentence:
        assert errors[field] == [sentence]
    wanted = set(changes.get("people", [world.li.code, world.wang.code]))
    assert (answer.context["ticked"], Activity.objects.count()) == (wanted, 0)


def test_a_foreign_units_person_is_not_offered(world: World, admin: Client) -> None:
    answer = admin.post(f"{DRILLS}add/", data(world, people=[world.sun.code]))
    assert list(answer.context["form"].errors) == ["people"]


def test_the_picker_shows_people_by_department(world: World, admin: Client) -> None:
    department = organisation.department(world.jia, "工程部")
    organisation.put(world.li, world.zhang, department=department)
    groups = admin.get(f"{DRILLS}add/").context["form"].groups
    assert [(one.name, [p.name for p in one.people]) for one in groups] == [
        ("工程部", ["张全", "李安"]),
        ("未分配部门", ["王总", "赵督", "陈责"]),
    ]


# ---------------------------------------------------------------- changing
def test_changing_people_and_papers(world: World, admin: Client) -> None:
    admin.post(f"{TRAININGS}add/", data(world, files=papers.upload()))
    made = Activity.objects.get()
    paper = made.files.get()
    changes = {
        "people": [world.li.code, world.zhao.code],
        "without": [str(paper.pk)],
        "files": papers.upload(papers.pdf("new"), name="新.pdf"),
        "version": 1,
    }
    assert admin.post(f"/trainings/{made.code}/edit/", data(world, **changes)).status_code == 302
    made.refresh_from_db()
    assert (names(made), made.version) == (["李安", "赵督"], 2)
    assert [one.original_name for one in made.files.all()] == ["新.pdf"]
    entry = AuditEntry.objects.get(verb="activity.changed")
    assert (entry.after["came"], entry.after["went"]) == (["赵督"], ["王总"])


def test_the_second_of_two_editors_is_told(world: World, admin: Client) -> None:
    made = activity(world.jia, world.li)
    url = f"/trainings/{made.code}/edit/"
    assert admin.post(url, data(world, version=1)).status_code == 302
    late = admin.post(url, data(world, title="后到", version=1))
    assert (late.status_code, late.context["form"]["title"].value()) == (409, "后到")
    assert ("参加人员", "李安、王总") in late.context["current"]
    made.refresh_from_db()
    assert made.title == "㛃𬭚<b> 培训"


def test_who_left_stays_in_a_record_and_cannot_be_added(world: World, admin: Client) -> None:
    made = activity(world.jia, world.zhao)
    deregister_staff(world.zhao, reason="离职", actor=world.actor(world.jia_admin), now=NOW)
    both = data(world, people=[world.zhao.code, world.li.code], version=1)
    assert admin.post(f"/trainings/{made.code}/edit/", both).status_code == 302
    assert names(made) == ["李安", "赵督"]
    other = activity(world.jia, world.li)
    answer = admin.post(f"/trainings/{other.code}/edit/", both)
    assert list(answer.context["form"].errors) == ["people"]


# ---------------------------------------------------------------- results
def test_results_show_scores_without_needless_zeros(world: World, admin: Client) -> None:
    made = activity(world.jia, world.li)
    one = made.participations.get()
    Participation.objects.filter(pk=one.pk).update(result="passed", score=92)
    form = admin.get(f"/trainings/{made.code}/results/").context["form"]
    assert form[f"score_{one.pk}"].value() == "92"


def test_results_of_everybody(world: World, admin: Client) -> None:
    made = activity(world.jia, world.li, world.zhang, world.wang)
    first, second, third = made.participations.order_by("id")
    sheet = {
        "version": 1,
        f"result_{first.pk}": "passed",
        f"score_{first.pk}": "９５.5",
        f"result_{second.pk}": "failed",
        f"score_{second.pk}": "",
        f"result_{third.pk}": "",
    }
    assert admin.post(f"/trainings/{made.code}/results/", sheet).status_code == 302
    rows = made.participations.order_by("id").values_list("result", "score")
    assert list(rows) == [("passed", Decimal("95.5")), ("failed", None), ("", None)]
    page = admin.get(f"/activities/{made.code}/")
    assert page.context["tally"] == "合格 1，不合格 1，缺考 0，未考核 1"
    panels = admin.get(f"/staff/{world.li.code}/").context["panels"]
    row = panels[0].rows[0]
    assert (row.word, row.note) == ("合格", "安全培训，95.5 分")
    late = admin.post(f"/trainings/{made.code}/results/", sheet)
    assert (late.status_code, late.context["current"][0]) == (409, ("李安", "合格，95.5 分"))
    # Whoever has been assessed is not dropped from the record unawares.
    left_out = admin.post(
        f"/trainings/{made.code}/edit/", data(world, people=[world.wang.code], version=2)
    )
    assert "李安、张全已登记考核结果" in left_out.context["form"].errors["people"][0]


@pytest.mark.parametrize(
    ("result", "score", "code"),
    [
        ("excellent", None, "result_unknown"),
        ("passed", Decimal("100.5"), "score_wrong"),
        ("passed", Decimal("-1"), "score_wrong"),
        ("absent", Decimal("60"), "score_needless"),
        ("", Decimal("60"), "score_needless"),
    ],
)
def test_a_bad_result_writes_nothing(
    world: World, result: str, score: Decimal | None, code: str
) -> None:
    made = activity(world.jia, world.li, world.zhang)
    first, second = made.participations.order_by("id")
    outcomes = {first.pk: Outcome("passed"), second.pk: Outcome(result, score)}
    with pytest.raises(RuleBroken) as refusal:
        enter_results(
            made, version=1, outcomes=outcomes, actor=world.actor(world.jia_admin), now=NOW
        )
    assert refusal.value.code == code
    assert Participation.objects.filter(result="passed").count() == 0


# ---------------------------------------------------------------- void
def test_void_with_a_reason_and_out_of_every_count(world: World, admin: Client) -> None:
    made = activity(world.jia, world.li)
    url = f"/activities/{made.code}/close/"
    assert admin.post(url, {"reason": ""}).context["void_form"].errors == {
        "reason": ["请填写作废原因。"]
    }
    assert admin.post(url, {"reason": "重复登记"}).status_code == 302
    assert admin.post(url, {"reason": "再来"}).status_code == 422
    assert admin.get(f"/trainings/{made.code}/edit/").status_code == 409
    assert admin.get(TRAININGS).context["rows"] == []
    assert admin.get(TRAININGS, {"state": "void"}).context["rows"] == [made]
    assert admin.get(f"/staff/{world.li.code}/").context["panels"][0].rows == []
    actor = world.actor(world.jia_admin)
    assert queries_activities.missing_this_year(actor, day=TODAY) == ["drill", "training"]


# ---------------------------------------------------------------- list
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["b", "a"]),
        ({"year": "2025"}, ["a"]),
        ({"year": "1999"}, ["b", "a"]),
        ({"q": "困人"}, ["a"]),
        ({"q": "张"}, ["b"]),
        ({"q": "没有"}, []),
    ],
)
def test_the_list_is_narrowed(
    world: World, admin: Client, query: dict[str, str], found: list[str]
) -> None:
    activity(
        world.jia, world.li, kind="drill", title="a", content="电梯困人", held_on=date(2025, 5, 1)
    )
    activity(world.jia, world.zhang, kind="drill", title="b")
    activity(world.jia, world.zhang)
    activity(world.yi, world.sun, kind="drill")
    assert [one.title for one in admin.get(DRILLS, query).context["rows"]] == found


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_for_one_and_three(world: World, as_: Any, rows: int) -> None:
    for _ in range(rows):
        activity(world.jia, world.li, world.zhang)
    client = as_(world.jia_admin)
    with CaptureQueriesContext(connection) as captured:
        assert len(client.get(TRAININGS).context["rows"]) == rows
    # Session, account with unit; years, count, rows, what is missing; the counts of the menu.
    assert len(captured) == 7


def test_the_picker_of_300_people_costs_four_queries(world: World) -> None:
    for number in range(300):
        people.staff(world.jia, f"人{number:03d}", "operator")
    actor = world.actor(world.jia_admin)
    with CaptureQueriesContext(connection) as captured:
        groups = queries_activities.candidates(actor, on=TODAY)
    assert (sum(len(one.people) for one in groups), len(captured)) == (305, 2)


# ---------------------------------------------------------------- what is missing
def test_what_is_missing_this_year(world: World) -> None:
    actor = world.actor(world.jia_admin)
    activity(world.jia, world.li, held_on=date(2025, 12, 31))
    activity(world.yi, world.sun, kind="drill")
    assert queries_activities.missing_this_year(actor, day=TODAY) == ["drill", "training"]
    activity(world.jia, world.li, kind="drill", held_on=date(2026, 1, 1))
    assert queries_activities.missing_this_year(actor, day=TODAY) == ["training"]
    assert queries_activities.missing_this_year(world.actor(world.regulator), day=TODAY) == []


def test_the_unit_is_told_from_october_on_once_a_month(world: World) -> None:
    activity(world.jia, world.li, kind="drill")
    days = [date(2026, month, day) for month in range(9, 13) for day in (1, 2)]
    told = [(day, reminders.remind_activities(now=at(day, 8))) for day in days]
    # 甲 lacks a training, 乙 and 丙 both; nothing in September, nothing twice in a month.
    assert told == [(day, 5 if day.month >= 10 and day.day == 1 else 0) for day in days]
    mine = OutboxMessage.objects.filter(recipient=world.jia_admin).values_list("text", flat=True)
    assert len(mine) == 3
    assert all("还没有登记安全培训" in text for text in mine)


def test_only_the_unit_itself_may(world: World) -> None:
    made = activity(world.jia, world.li)
    for who in (world.yi_admin, world.li, world.regulator):
        with pytest.raises(RuleBroken) as refusal:
            close_activity(made, reason="x", actor=world.actor(who), now=NOW)
        assert refusal.value.status == 403
