"""风险管控记录: every to-do stands in the list, blanks are explained; the record page (F66)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from duties.models import Task
from tests.factories import duties as tasks
from tests.factories import equipment as machines
from tests.factories import licences, records
from tests.factories import units as people
from tests.world import NOW, TODAY, World
from units.models import AuditEntry

As = Callable[[Any], Client]
URL = "/records/"
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture(autouse=True)
def _at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def history(world: World) -> World:
    """One to-do of every completion in 甲, one done in 乙."""
    done = tasks.task(world.lift, TODAY, state="done")
    records.inspection(done, world.li, failing=2)
    tasks.task(world.crane, TODAY)
    tasks.task(world.unbound, TODAY)
    tasks.task(world.boiler, TODAY, state="waived")
    tasks.task(world.lift, YESTERDAY, state="missed")
    late = tasks.task(world.crane, YESTERDAY, state="backfilled")
    records.inspection(late, world.zhang, timing="backfilled", backfill_reason="当日停电")
    tasks.task(world.unbound, YESTERDAY)  # open, but its day is over: the sweep has not come yet
    other = tasks.task(world.yi_lift, TODAY, state="done")
    records.inspection(other, world.sun)
    return world


def rows(answer: Any) -> list[tuple[str, date, str, str, str]]:
    return [
        (row.subject, row.task.period_on, row.person, row.word, row.note)
        for row in answer.context["rows"]
    ]


def names(answer: Any) -> list[str]:
    return [row.subject for row in answer.context["rows"]]


def total(answer: Any) -> int:
    return int(re.search(r"共 (\d+) 条", answer.content.decode()).group(1))


def test_every_to_do_is_listed_and_every_blank_explained(history: World, as_: As) -> None:
    answer = as_(history.jia_admin).get(URL)
    assert rows(answer) == [
        ("3号锅炉", TODAY, "张全", "免检", "设备停用"),
        ("2号行车", TODAY, "李安", "未到期", "待巡查"),
        ("1号客梯", TODAY, "李安", "按时", ""),
        ("4号客梯", TODAY, "", "未到期", "待巡查，未绑定安全员"),
        ("2号行车", YESTERDAY, "张全", "补录", "补录原因：当日停电"),
        ("1号客梯", YESTERDAY, "李安", "漏检", "截至 2026年11月19日 23:59 未提交"),
        ("4号客梯", YESTERDAY, "", "漏检", "截至 2026年11月19日 23:59 未提交，未绑定安全员"),
    ]
    tabs = [(tab["label"], tab["count"], tab["active"]) for tab in answer.context["tabs"]]
    assert tabs == [("日管控", 7, True), ("周排查", 0, False), ("月调度", 0, False)]


def test_a_done_row_leads_to_record_and_form(history: World, as_: As) -> None:
    body = as_(history.jia_admin).get(URL).content.decode()
    code = Task.objects.get(equipment=history.lift, period_on=TODAY).inspection.code
    assert f'href="/records/{code}/">查看明细' in body
    assert f'href="/documents/daily/{code}/">记录表单' in body
    assert f'href="/records/{code}/#hazards">2 项' in body


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"completion": "on_time"}, ["1号客梯"]),
        ({"completion": "backfilled"}, ["2号行车"]),
        ({"completion": "missed"}, ["1号客梯", "4号客梯"]),
        ({"completion": "open"}, ["2号行车", "4号客梯"]),
        ({"completion": "waived"}, ["3号锅炉"]),
        (
            {"completion": "owed", "date_from": "2026-11-20", "date_to": "2026-11-20"},
            ["2号行车", "1号客梯", "4号客梯"],
        ),
        ({"date_to": "2026-11-19"}, ["2号行车", "1号客梯", "4号客梯"]),
        ({"category": "boiler"}, ["3号锅炉"]),
        ({"keyword": "行车"}, ["2号行车", "2号行车"]),
        ({"keyword": "A座 客梯"}, ["1号客梯", "1号客梯"]),
        ({"person": "李安", "completion": "open"}, ["2号行车"]),
        ({"person": "张全", "completion": "backfilled"}, ["2号行车"]),
        ({"keyword": "没有"}, []),
        ({"cadence": "weekly"}, []),
        ({"completion": "zz", "date_from": "zz", "category": "zz", "cadence": "zz"}, None),
    ],
)
def test_filters(history: World, as_: As, asked: dict[str, str], found: list[str] | None) -> None:
    answer = as_(history.jia_admin).get(URL, asked)
    if found is None:
        assert total(answer) == 7
    else:
        assert names(answer) == found


def test_control_characters_filter_nothing(history: World, as_: As) -> None:
    client = as_(history.jia_admin)
    nonsense = dict.fromkeys(("keyword", "person", "unit", "machine", "completion"), "\x00")
    assert total(client.get(URL, nonsense)) == 7
    assert client.get("/records/%00/").status_code == 404


def test_the_completions_add_up(history: World, as_: As) -> None:
    client = as_(history.jia_admin)
    numbers = {
        key: len(names(client.get(URL, {"completion": key})))
        for key in ("owed", "on_time", "backfilled", "missed", "open", "waived")
    }
    assert numbers == {
        "owed": 6, "on_time": 1, "backfilled": 1, "missed": 2, "open": 2, "waived": 1
    }  # fmt: skip


def test_weekly_and_monthly_rows_of_every_level_and_kind(world: World, as_: As) -> None:
    licences.licensed(world.jia, "using", "production")
    mine = {"owner": world.li, "assignee": world.li}
    Task.objects.all().delete()
    tasks.task(world.jia, category="lift", **mine)
    director = {"level": "director", "owner": world.wang, "assignee": world.wang}
    tasks.task(
        world.jia, category="lift", state="missed", day=TODAY - timedelta(days=7), **director
    )
    tasks.task(world.jia, category="lift_installation")
    tasks.task(world.jia, kind="weekly_report", **director)
    client = as_(world.jia_admin)
    answer = client.get(URL, {"cadence": "weekly"})
    assert [(row.subject, row.level, row.period, row.person, row.word) for row in
            answer.context["rows"]] == [
        ("电梯", "安全员", "第47周(11.16–11.22)", "李安", "未到期"),
        ("电梯安装（含修理）", "质量安全员", "第47周(11.16–11.22)", "", "未到期"),
        ("电梯", "安全总监", "第46周(11.9–11.15)", "王总", "漏检"),
    ]  # fmt: skip
    numbers = {one["label"]: one["value"] for one in answer.context["numbers"]}
    assert numbers == {
        "应检": 3, "按时": 0, "补录": 0, "漏检": 1, "未到期": 2, "免检": 0
    }  # fmt: skip
    found = {
        key: names(client.get(URL, {"cadence": "weekly", **asked}))
        for key, asked in {
            "level": {"level": "director"},
            "category": {"category": "lift_installation"},
            "keyword": {"keyword": "安装"},
            "kind": {"kind": "weekly_report"},
        }.items()
    }
    assert found == {
        "level": ["电梯"],
        "category": ["电梯安装（含修理）"],
        "keyword": ["电梯安装（含修理）"],
        "kind": ["电梯"],
    }
    assert "周报告" in client.get(URL).content.decode()


def test_the_export_has_the_rows_of_the_tab(world: World, as_: As) -> None:
    tasks.task(world.jia, category="lift", owner=world.li, assignee=world.li)
    stream = as_(world.jia_admin).get("/records/export/", {"cadence": "weekly"})
    sheet = load_workbook(BytesIO(b"".join(stream.streaming_content))).active
    lines = [[str(cell) for cell in row if cell] for row in sheet.iter_rows(values_only=True)]
    assert [line for line in lines if "第47周(11.16–11.22)" in line][0][1:3] == ["电梯", "电梯"]


def test_without_dates_the_last_thirty_days_are_shown(history: World, as_: As) -> None:
    tasks.task(history.lift, TODAY - timedelta(days=29), state="missed")
    tasks.task(history.lift, TODAY - timedelta(days=30), state="missed")
    client = as_(history.jia_admin)
    assert total(client.get(URL)) == 8
    assert total(client.get(URL, {"date_from": "", "date_to": ""})) == 9
    assert 'value="2026-10-22"' in client.get(URL).content.decode()


def test_one_machine(history: World, as_: As) -> None:
    answer = as_(history.jia_admin).get(URL, {"machine": history.lift.code})
    assert names(answer) == ["1号客梯", "1号客梯"]
    assert "只看：1号客梯" in answer.content.decode()


def test_a_stop_in_the_round_is_explained(history: World, as_: As) -> None:
    done = tasks.task(history.boiler, YESTERDAY, state="done")
    records.inspection(done, history.zhang, round_status="stopped", stop_reason="停炉检修")
    answer = as_(history.jia_admin).get(URL, {"category": "boiler", "completion": "on_time"})
    assert [(row.word, row.note) for row in answer.context["rows"]] == [
        ("按时", "当日停用：停炉检修")
    ]


class TestRegulator:
    def test_sees_its_subtree_with_units(self, history: World, as_: As) -> None:
        answer = as_(history.regulator).get(URL, {"completion": "on_time"})
        assert names(answer) == ["1号客梯", "乙1号客梯"]
        assert "乙机械有限公司" in answer.content.decode()
        found = as_(history.regulator).get(URL, {"keyword": "乙机械"})
        assert names(found) == ["乙1号客梯"]

    def test_narrows_to_a_unit(self, history: World, as_: As) -> None:
        answer = as_(history.regulator).get(URL, {"unit": history.yi.code})
        assert names(answer) == ["乙1号客梯"]
        assert "只看：乙机械有限公司" in answer.content.decode()

    def test_another_district_sees_nothing(self, history: World, as_: As) -> None:
        answer = as_(history.far_regulator).get(URL, {"unit": history.yi.code})
        assert names(answer) == []


@pytest.mark.parametrize("number", [1, 3])
def test_queries_do_not_grow(
    world: World, as_: As, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    officer = people.staff(world.far_unit, "吴查", "safety_officer")
    for _ in range(number):
        machine = machines.machine(world.far_unit, "lift", officer=officer)
        records.inspection(tasks.task(machine, TODAY, state="done"), officer)
    client = as_(world.far_admin)
    with django_assert_num_queries(5):
        answer = client.get(URL)
    assert len(answer.context["rows"]) == number


class TestRecord:
    def test_items_answers_hazards_and_signature(self, history: World, as_: As) -> None:
        task = Task.objects.get(equipment=history.lift, period_on=TODAY)
        inspection = task.inspection
        hazard = records.hazard(inspection)
        answer = as_(history.jia_admin).get(f"{URL}{inspection.code}/")
        lines = answer.context["lines"]
        assert [line.item["number"] for line in lines] == list(
            range(1, len(inspection.answers) + 1)
        )
        assert [line.result for line in lines[:3]] == ["不合格", "不合格", "合格"]
        assert dict(lines[0].details) == {
            "风险隐患": inspection.version.items[0]["hazard"],
            "处理方式": "待处理",
            "无法拍照原因": "现场禁止拍照",
        }
        assert [(one.hazard, one.standing.word) for one in answer.context["hazards"]] == [
            (hazard, "待下达")
        ]
        facts = dict(answer.context["facts"])
        assert (facts["设备名称"], facts["巡查人"], facts["完成情况"]) == (
            "1号客梯",
            "李安",
            "按时",
        )
        body = answer.content.decode()
        assert f'href="/files/{inspection.signature.image_id}/"' in body
        assert f'href="/documents/daily/{inspection.code}/"' in body
        assert inspection.digest in body

    def test_photos_stand_at_their_item(self, history: World, as_: As) -> None:
        from duties.models import InspectionPhoto
        from units.models import Photo

        inspection = Task.objects.get(equipment=history.lift, period_on=TODAY).inspection
        key = inspection.answers[1]["key"]
        original = records.stored_file(history.jia.pk, "photo_original", b"a")
        copy = records.stored_file(history.jia.pk, "inspection_photo", b"b")
        photo = Photo.objects.create(
            unit=history.jia,
            client_uuid=records.NO_SUCH_UUID,
            original=original,
            copy=copy,
            width=10,
            height=10,
            created_at=NOW,
        )
        InspectionPhoto.objects.create(inspection=inspection, item_key=key, photo=photo)
        lines = as_(history.jia_admin).get(f"{URL}{inspection.code}/").context["lines"]
        assert [line.photos for line in lines[:3]] == [
            [],
            [{"url": f"/files/{copy.pk}/", "caption": "现场照片 1"}],
            [],
        ]

    def test_the_regulator_reads_it_and_a_stranger_does_not(self, history: World, as_: As) -> None:
        code = Task.objects.get(equipment=history.lift, period_on=TODAY).inspection.code
        found = {
            who: as_(getattr(history, who)).get(f"{URL}{code}/").status_code
            for who in ("jia_admin", "regulator", "yi_admin", "far_regulator")
        }
        assert found == {"jia_admin": 200, "regulator": 200, "yi_admin": 404, "far_regulator": 404}

    def test_people_are_sent_to_the_phones_page(self, history: World, as_: As) -> None:
        code = Task.objects.get(equipment=history.lift, period_on=TODAY).inspection.code
        client = as_(history.li.user)
        assert client.get(URL).headers["Location"] == "/m/records/"
        assert client.get(f"{URL}{code}/").headers["Location"] == f"/m/records/{code}/"
        assert as_(history.sun.user).get(f"{URL}{code}/").status_code == 404

    def test_reading_writes_nothing(self, history: World, as_: As) -> None:
        before = AuditEntry.objects.count()
        as_(history.jia_admin).get(URL)
        assert AuditEntry.objects.count() == before


def test_a_machines_page_shows_its_latest_to_dos(history: World, as_: As) -> None:
    answer = as_(history.jia_admin).get(f"/equipment/{history.lift.code}/")
    panel = next(one for one in answer.context["panels"] if one.title == "近期待办与巡查")
    code = Task.objects.get(equipment=history.lift, period_on=TODAY).inspection.code
    assert [(row.at, row.text, row.word, row.url) for row in panel.rows] == [
        (TODAY, "日管控 · 李安", "按时", f"/records/{code}/"),
        (YESTERDAY, "日管控 · 李安", "漏检", ""),
    ]
    listed = as_(history.jia_admin).get(panel.url)
    assert names(listed) == ["1号客梯", "1号客梯"]
