"""Documents of weekly reports, minutes and of rounds that are not a machine's daily one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from config.errors import RuleBroken
from duties.actions.reports import countersign
from duties.models import Task
from duties.queries_reports import get_minutes
from equipment import subjects
from reports import queries, queries_reports
from reports.actions.issue import issue_daily_check
from reports.actions.reports import issue_report
from reports.documents.daily_check import DailyCheck
from reports.documents.frozen import freeze, thaw
from reports.models import IssuedDocument
from tests.factories import duties as tasks
from tests.factories import duty_reports as made
from tests.factories import licences, rounds
from tests.factories import reports as inspections
from tests.reports import pdfs
from tests.world import NOW, TODAY, World
from units.models import Unit

SignIn = Callable[..., Client]


def body(response: object) -> str:
    return unescape(response.content.decode())


def weekly(world: World, **words: str):
    return made.weekly(made.weekly_task(world.jia, world.wang), world.actor(world.wang), **words)


def minutes(world: World, **words: object):
    return made.minutes(made.monthly_task(world.jia), world.actor(world.wang), **words)


def renewed(subject: object, **fields: object) -> Task:
    """A to-do in the place of the one that adding the licence or station made already."""
    mine = Task.objects.filter(state="todo", kind="inspection")
    if isinstance(subject, Unit):
        mine.filter(unit=subject, category=fields["category"]).delete()
    else:
        mine.filter(**{type(subject).__name__.lower(): subject}).delete()
    return tasks.task(subject, TODAY, **fields)


def round_of(world: World, name: str):
    """A signed round of every kind of subject but a machine."""
    unit = licences.licensed(world.jia)
    task = {
        "licence": lambda: renewed(licences.licence(unit), assignee=world.li),
        "station": lambda: renewed(licences.station(unit), assignee=world.li),
        "week": lambda: renewed(
            unit, category="lift", level="director", owner=world.zhao, assignee=world.wang,
            stands_in_for=world.zhao,
        ),
        "month": lambda: renewed(
            unit, category=subjects.FILLING, cadence="monthly", level="principal",
            assignee=world.chen,
        ),
    }[name]()  # fmt: skip
    actor = world.actor(task.assignee)
    return rounds.submit(task, actor, answers={2: rounds.failed("pending")}), actor


@pytest.mark.parametrize(
    ("name", "title", "number", "post", "facts"),
    [
        (
            "licence", "每日电梯质量安全检查记录", "日检-20261120-", "质量安全员",
            {"许可证编号": "TS3350123-2028", "许可有效期": "2024年12月1日 至 2028年11月30日"},
        ),
        (
            "station", "每日气瓶安全检查记录", "日检-20261120-", "气瓶安全员",
            {"工位名称": "1#充装工位", "工位编号": "1#", "充装介质": "液化石油气", "位置": "充装间"},
        ),
        (
            "week", "电梯安全周排查记录", "周检-20261116-", "电梯安全总监",
            {"检查类别": "电梯", "检查层级": "安全总监"},
        ),
        (
            "month", "气瓶安全月调度检查记录", "月检-20261101-", "主要负责人",
            {"检查类别": "充装单位", "检查层级": "主要负责人"},
        ),
    ],
    ids=["licence", "station", "week", "month"],
)  # fmt: skip
def test_forms_of_all_rounds(
    world: World, name: str, title: str, number: str, post: str, facts: dict
) -> None:
    inspection, actor = round_of(world, name)
    form = queries.build_daily_check(inspection, as_of=NOW, number=f"{number}1")
    assert (form.title, form.officer_title, form.hazard_count) == (title, post, 1)
    told = {fact.label: fact.text for fact in form.facts}
    assert {label: told[label] for label in facts} == facts
    assert thaw(DailyCheck, freeze(form)) == form
    daily = name in {"licence", "station"}
    assert (form.report_to != "", form.is_daily) == (daily, daily)
    assert form.lines[1].handling.startswith("待处理，已上报。" if daily else "待处理，列入整改。")
    assert [mark.text for mark in form.marks] == (["王总代赵督检查。"] if name == "week" else [])


def test_a_round_is_issued_as_its_own_kind(world: World, as_: SignIn) -> None:
    inspection, actor = round_of(world, "week")
    document = issue_daily_check(inspection, actor=actor, now=NOW)
    assert (document.kind, document.number) == (
        "weekly_check", f"周检-20261116-{document.pk:06d}",
    )  # fmt: skip
    assert issue_daily_check(inspection, actor=actor, now=NOW) == document
    text = pdfs.text(pdfs.content(document))
    assert all(word in text for word in ("电梯安全周排查记录", "2026年第47周", "王总代赵督检查"))
    client = as_(world.jia_admin)
    moved = client.get(reverse("reports:daily-check", args=[inspection.code]))
    assert moved.url == reverse("reports:round-check", args=[inspection.code])
    assert document.number in body(client.get(moved.url))
    assert moved.url in body(client.get(reverse("reports:document-list")))


@pytest.mark.parametrize(
    ("name", "family"),
    [("licence", "lift_installation"), ("station", "cylinder_filling"), ("month", "filling")],
)
def test_the_list_is_narrowed_to_a_family_of_licences(
    world: World, as_: SignIn, name: str, family: str
) -> None:
    """A unit chooses among what it can have; a bureau among everything."""
    inspection, actor = round_of(world, name)
    document = issue_daily_check(inspection, actor=actor, now=NOW)
    for user in (world.jia_admin, world.regulator):
        client = as_(user)
        address = reverse("reports:document-list")
        found = [client.get(address, {"category": one}) for one in (family, "crane")]
        assert [one.context["page"].paginator.count for one in found] == [1, 0]
        assert document.number in body(found[0])


def test_a_document_issued_before_the_other_rounds_still_reads(world: World) -> None:
    """Content that was frozen before cadence, level and facts existed."""
    inspection = inspections.signed(world.lift, world.li)
    content = freeze(queries.build_daily_check(inspection, as_of=NOW, number="日检-1"))
    for later in ("cadence", "level", "facts"):
        del content[later]
    form = thaw(DailyCheck, content)
    assert (form.cadence, form.level, form.facts, form.is_daily) == ("daily", "officer", (), True)


def test_the_short_confirmation_is_printed_as_such(world: World) -> None:
    """临时停用: what was declared, how the machine was found, the photo of it or why none."""
    inspection = inspections.signed(
        world.lift, world.li, round_status="stopped", stop_reason="检修",
        facts={
            "declared_stop": {
                "reason": "检修", "from_on": "2026-11-18", "until_on": "2026-11-22",
                "no_photo_reason": "井道封闭", "photos": [],
            },
            "signed_together": [
                {"code": "AAA", "name": "1号客梯"}, {"code": "BBB", "name": "2号行车"},
            ],
        },
    )  # fmt: skip
    form = queries.build_daily_check(inspection, as_of=NOW)
    assert [(mark.label, mark.text) for mark in form.marks] == [
        (
            "临时停用",
            "2026年11月18日至2026年11月22日申报临时停用，原因：检修。现场确认设备状态：仍停用。"
            "无法拍照：井道封闭。",
        )
    ]
    assert form.signed_with == ("1号客梯（AAA）", "2号行车（BBB）")
    assert (form.lines, form.is_stopped) == ((), True)


# ------------------------------------------------------------------ weekly reports, minutes
def test_a_weekly_report_is_issued_once_with_its_frozen_figures(world: World) -> None:
    report = weekly(world)
    actor = world.actor(world.wang)
    document = issue_report(report, actor=actor, now=NOW)
    assert issue_report(report, actor=world.actor(world.jia_admin), now=NOW) == document
    assert (document.title, document.number, document.revision) == (
        "每周电梯安全排查治理报告", f"周报-20261116-{document.pk:06d}", 1,
    )  # fmt: skip
    assert document.file.original_name == "每周电梯安全排查治理报告_电梯_20261116.pdf"
    form = queries_reports.form_of(document)
    assert [(choice.text, choice.is_ticked) for choice in form.choices] == [
        ("安全风险可控，无较大安全风险隐患", True),
        ("存在安全风险隐患，需尽快采取防范措施", False),
    ]
    text = pdfs.text(pdfs.content(document))
    for words in ("上周共排查0个电梯", "检查㛃记大厦电梯底坑", "2026年第46周", "电梯安全总监签名"):
        assert words in text


def test_minutes_get_a_new_revision_when_the_principal_signs(world: World, as_: SignIn) -> None:
    found = minutes(world)
    wang, chen = world.actor(world.wang), world.actor(world.chen)
    first = issue_report(found, actor=wang, now=NOW)
    assert "尚未签名" in pdfs.text(pdfs.content(first))
    before = pdfs.content(first)
    countersign(found, signature=lambda: made.ink(chen), actor=chen, now=NOW + timedelta(hours=1))
    found = get_minutes(wang, found.code)
    client = as_(world.jia_admin)
    url = reverse("reports:monthly-minutes", args=[found.code])
    page = body(client.get(url))
    assert ("生成 PDF" in page, first.number in page, "陈责" in page) == (True, True, True)
    client.post(reverse("reports:monthly-minutes-issue", args=[found.code]))
    second = IssuedDocument.objects.get(subject_code=found.code, revision=2)
    assert issue_report(found, actor=wang, now=NOW) == second
    names = [one.name for one in queries_reports.form_of(second).signatures]
    assert names == ["王总", "陈责"]
    first.refresh_from_db()
    assert (pdfs.content(first), first.revision) == (before, 1)
    assert "尚未签名" in body(client.get(f"{url}?revision=1"))
    assert client.get(f"{url}?revision=3").status_code == 404
    rows = body(client.get(reverse("reports:document-list"), {"keyword": "王总"}))
    assert (first.number in rows, second.number in rows) == (True, True)


def test_marks_of_a_late_report_by_a_stand_in(world: World) -> None:
    task = made.weekly_task(
        world.jia, world.zhao, "crane", assignee=world.wang, stands_in_for=world.zhao
    )
    now = task.due_at + timedelta(hours=9)
    report = made.weekly(task, world.actor(world.wang), now=now, backfill_reason="出差")
    form = queries_reports.build(report, as_of=now)
    assert [(mark.label, mark.text) for mark in form.marks] == [
        ("代班", "王总代赵督填报。"),
        (
            "补录",
            "第46周(11.9–11.15)的报告自 2026年11月16日 起应报，逾期未报，"
            "2026年11月23日 09:00 补录。补录原因：出差",
        ),
    ]
    assert thaw(queries_reports.WeeklyReportForm, freeze(form)) == form


def test_only_the_units_own_people_issue(world: World, as_: SignIn) -> None:
    report = weekly(world)
    for who in (world.regulator, world.qian):
        with pytest.raises(RuleBroken) as broken:
            issue_report(report, actor=world.actor(who), now=NOW)
        assert (broken.value.code, broken.value.status) == ("not_yours", 403)
    page = body(as_(world.regulator).get(reverse("reports:weekly-report", args=[report.code])))
    assert ("每周电梯安全排查治理报告" in page, "生成 PDF</button>" in page) == (True, False)
