"""Weekly reports and monthly minutes: who writes, what is frozen, races, refusals (F69, F71)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, InternalError, transaction

from config.clock import at, end_of
from config.errors import RuleBroken
from duties import queries_reports as queries
from duties.actions.report_drafts import save_draft
from duties.actions.reports import countersign
from duties.enums import TaskKind
from duties.forms_reports import WeeklyReportForm
from duties.models import MonthlyMinutes, ReportDraft, Tally, WeeklyReport
from equipment import subjects
from tests.factories import duties as tasks
from tests.factories import duty_reports as made
from tests.factories import hazards, licences, records
from tests.factories import units as people
from tests.threads import told_at_once
from tests.world import NOW, TODAY, World
from units.models import AuditEntry, OutboxMessage, Region

WEEKLY, MONTHLY = TaskKind.WEEKLY_REPORT.value, TaskKind.MONTHLY_MINUTES.value


def refused(code: str, call) -> RuleBroken:
    with pytest.raises(RuleBroken) as broken, transaction.atomic():
        call()
    assert broken.value.code == code
    return broken.value


# ------------------------------------------------------------------ figures
def test_figures_count_what_was_done_in_the_week_in_shanghai(world: World) -> None:
    """Two rounds of one machine are one; Sunday 23:59 is in, Monday 00:00 is not."""
    for day, moment in (
        (made.LAST_MONDAY, at(made.LAST_MONDAY, 0)),
        (date(2026, 11, 15), end_of(date(2026, 11, 15)) - timedelta(seconds=1)),
        (made.MONDAY, at(made.MONDAY, 0)),
    ):
        records.inspection(tasks.task(world.lift, day, state="done"), world.li, received_at=moment)
    done = tasks.task(world.unbound, made.LAST_MONDAY, state="done")
    records.inspection(
        done, world.li, received_at=at(made.LAST_MONDAY, 9), round_status="stopped", stop_reason="检修"
    )  # fmt: skip
    last = at(date(2026, 11, 12), 9)
    hazards.hazard(world.lift, found_at=last, state="rectified", immediate=True)
    hazards.hazard(world.lift, found_at=last)
    hazards.hazard(world.crane, found_at=last)
    hazards.hazard(world.lift, found_at=at(made.MONDAY, 8))
    task = made.weekly_task(world.jia, world.wang)
    assert queries.report_figures(task) == {
        "last": {
            "first_on": "2026-11-09", "last_on": "2026-11-15",
            "inspected": 1, "hazards": 2, "rectified": 1,
        },
        "this": {
            "first_on": "2026-11-16", "last_on": "2026-11-22",
            "inspected": 1, "hazards": 1, "rectified": 0,
        },
    }  # fmt: skip
    sentence = queries.figures_sentence("上周", queries.report_figures(task)["last"], "lift")
    assert sentence == "上周共排查 1 个电梯，共发现隐患 2 条，整改完成 1 条。"


def test_figures_are_frozen_at_signing(world: World) -> None:
    found = hazards.hazard(world.lift, found_at=at(made.MONDAY, 8))
    task = made.weekly_task(world.jia, world.wang)
    report = made.weekly(task, world.actor(world.wang))
    hazards.hazard(world.lift, found_at=at(made.MONDAY, 9))
    assert (report.figures["this"]["hazards"], queries.report_figures(task)["this"]["hazards"]) == (
        1, 2,
    )  # fmt: skip
    report.refresh_from_db()
    assert (report.week_on, report.period_on) == (made.LAST_MONDAY, made.MONDAY)
    assert queries.proposed(task)["main_hazards"].startswith(
        f"1. 1号客梯（A座大堂）：{found.description}"
    )


def test_figures_of_a_filling_unit_take_in_all_its_families(world: World) -> None:
    unit = licences.licensed(world.jia)
    station = licences.station(unit)
    done = tasks.task(station, TODAY, state="done")
    assert (done.category, done.unit_kind) == ("cylinder_filling", "filling")
    task = made.weekly_task(world.jia, world.wang, subjects.FILLING)
    hazards.hazard(
        world.lift, category="cylinder_filling", station=station, equipment=None,
        finder=world.li, found_at=NOW,
    )  # fmt: skip
    assert queries.report_figures(task)["this"]["hazards"] == 1
    assert queries.counted_noun(subjects.FILLING) == "个工位"
    assert queries.counted_noun("lift_installation") == "个许可"


# ------------------------------------------------------------------ weekly reports
def test_a_director_signs_and_the_to_do_is_done(world: World) -> None:
    task = made.weekly_task(world.jia, world.wang)
    report = made.weekly(task, world.actor(world.wang))
    task.refresh_from_db()
    assert (task.state, task.completed_at, task.assignee_id) == ("done", NOW, world.wang.pk)
    assert (report.timing, report.level, report.next_work) == (
        "on_time", "director", "检查㛃记大厦电梯底坑",
    )  # fmt: skip
    assert report.facts == {
        "unit_name": "甲物业管理有限公司",
        "credit_code": world.jia.credit_code,
        "category_label": "电梯",
        "author_name": "王总",
        "author_post": "电梯安全总监",
        "on_behalf_of": "",
        "needs_principal": False,
    }
    entry = AuditEntry.objects.get(verb="weekly_report.signed")
    assert (entry.object_code, entry.after["digest"]) == (report.code, report.digest)


def test_a_signed_report_never_changes(world: World) -> None:
    made.weekly(made.weekly_task(world.jia, world.wang), world.actor(world.wang))
    for change in (
        lambda: WeeklyReport.objects.update(next_work="改"),
        lambda: WeeklyReport.objects.all().delete(),
    ):
        with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
            change()


def test_sent_twice_it_is_one_report_and_another_is_told(world: World) -> None:
    task, key = made.weekly_task(world.jia, world.wang), uuid.uuid4()
    actor = world.actor(world.wang)
    first = made.weekly(task, actor, client_uuid=key)
    assert made.weekly(task, actor, client_uuid=key) == first
    told = refused("already_done", lambda: made.weekly(task, actor))
    assert told.message == "该报告已由王总于 11月20日 09:00 提交，不能再次提交。"


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"main_hazards": " \n "}, "main_hazards"),
        ({"next_work": ""}, "next_work"),
        ({"evaluation": ""}, "evaluation"),
        ({"last_week": "长" * 2001}, "last_week"),
    ],
)
def test_what_is_missing_is_said_beside_its_field(world: World, words: dict, field: str) -> None:
    task = made.weekly_task(world.jia, world.wang)
    with pytest.raises(RuleBroken) as broken:
        made.weekly(task, world.actor(world.wang), **words)
    assert broken.value.field == field
    assert not WeeklyReport.objects.exists()


def test_who_may_write_a_weekly_report(world: World) -> None:
    """The director who owes it; without a director principals and the officer in charge (W 4.6)."""
    directors = made.weekly_task(world.jia, world.wang)
    orphan = made.weekly_task(world.jia, None, "boiler", level="principal")
    cast = ("li", "zhang", "wang", "zhao", "chen", "sun", "zhou")
    allowed = {
        task: [who for who in cast if queries.may_write(task, world.actor(getattr(world, who)))]
        for task in (directors, orphan)
    }
    assert allowed == {directors: ["wang"], orphan: ["zhang", "chen"]}
    told = refused("not_yours", lambda: made.weekly(directors, world.actor(world.zhao)))
    assert (told.status, told.message) == (403, "该报告现由王总负责，您不能填写。")


def test_any_director_of_a_filling_unit_writes_its_report(world: World) -> None:
    """The pool of a filling unit is all its safety directors, whatever their scope (decision 4)."""
    zhao = world.actor(world.zhao)  # 起重机械 only
    task = made.weekly_task(world.jia, None, subjects.FILLING)
    assert queries.may_write(task, zhao)
    report = made.weekly(task, zhao)
    assert (report.author, report.level) == (world.zhao, "director")


def test_the_officer_in_charge_writes_for_the_principal_and_is_the_author(world: World) -> None:
    task = made.weekly_task(world.jia, None, "boiler", level="principal", assignee=world.chen)
    report = made.weekly(task, world.actor(world.zhang))
    task.refresh_from_db()
    assert (report.level, report.facts["author_post"]) == ("officer", "锅炉安全员")
    assert (task.assignee_id, task.state) == (world.zhang.pk, "done")


def test_a_stand_in_writes_for_the_absent_director(world: World) -> None:
    task = made.weekly_task(
        world.jia, world.zhao, "crane", assignee=world.wang, stands_in_for=world.zhao
    )
    report = made.weekly(task, world.actor(world.wang))
    assert (report.author_name, report.facts["on_behalf_of"]) == ("王总", "赵督")


def test_a_late_report_is_backfilled_with_a_reason_and_tallied(world: World) -> None:
    task = made.weekly_task(world.jia, world.wang)
    now = task.due_at + timedelta(days=2)
    actor = world.actor(world.wang)
    told = refused("backfill_reason_missing", lambda: made.weekly(task, actor, now=now))
    assert told.field == "backfill_reason"
    report = made.weekly(task, actor, now=now, backfill_reason="出差")
    task.refresh_from_db()
    assert (task.state, report.timing, report.backfill_reason) == (
        "backfilled", "backfilled", "出差",
    )  # fmt: skip
    tally = Tally.objects.get(unit=world.jia, kind=WEEKLY)
    assert (tally.on_time, tally.backfilled, tally.missed) == (0, 1, 0)


def test_after_seven_days_a_missed_report_stays_missed(world: World) -> None:
    task = made.weekly_task(world.jia, world.wang)
    now = task.due_at + timedelta(days=7)
    refused(
        "backfill_closed",
        lambda: made.weekly(task, world.actor(world.wang), now=now, backfill_reason="忘记"),
    )
    assert queries.mine(world.actor(world.wang), WEEKLY, now=now).to_make_up == []
    before = queries.mine(world.actor(world.wang), WEEKLY, now=now - timedelta(seconds=1))
    assert before.to_make_up == [task]


def test_a_deregistered_director_is_told(world: World) -> None:
    task = made.weekly_task(world.jia, world.wang)
    actor = world.actor(world.wang)
    world.wang.ended_on = TODAY
    world.wang.save(update_fields=["ended_on"])
    refused("deregistered", lambda: made.weekly(task, actor))


# ------------------------------------------------------------------ drafts
def test_each_person_has_a_draft_of_a_pooled_report(world: World) -> None:
    task = made.monthly_task(world.jia)
    for who in (world.wang, world.chen):
        save_draft(
            task, fields={"place": who.name, "rogue": "x"}, client_uuid=uuid.uuid4(),
            actor=world.actor(who), now=NOW,
        )  # fmt: skip
    task.refresh_from_db()
    assert (task.state, task.assignee_id) == ("todo", None)
    assert {one.staff.name: one.fields["place"] for one in ReportDraft.objects.all()} == {
        "王总": "王总",
        "陈责": "陈责",
    }
    assert "rogue" not in ReportDraft.objects.first().fields


def test_a_second_tab_is_told_and_overwrites_nothing(world: World) -> None:
    task, actor = made.weekly_task(world.jia, world.wang), world.actor(world.wang)

    def save(text: str, rev: int) -> ReportDraft:
        return save_draft(
            task, fields={"next_work": text}, client_uuid=uuid.uuid4(), rev=rev,
            actor=actor, now=NOW,
        )  # fmt: skip

    assert save("甲页", 0).rev == 1
    refused("draft_changed", lambda: save("乙页", 0))
    assert ReportDraft.objects.get().fields["next_work"] == "甲页"
    assert save("甲页", 0).rev == 1  # the same again is no conflict
    task.refresh_from_db()
    assert (task.state, task.started_at) == ("in_progress", NOW)


# ------------------------------------------------------------------ monthly minutes
def test_minutes_to_sign_are_told_on_the_principals_home(world: World, as_: Callable) -> None:
    made.minutes(made.monthly_task(world.jia), world.actor(world.wang))
    homes = [as_(one.user).get("/m/").content.decode() for one in (world.chen, world.wang)]
    assert ["待签名的月报告" in home for home in homes] == [True, False]


def test_a_director_generates_and_the_principal_signs_once(world: World) -> None:
    task = made.monthly_task(world.jia)
    minutes = made.minutes(task, world.actor(world.wang), summary="本月隐患清零")
    task.refresh_from_db()
    assert (task.state, task.assignee_id, minutes.level) == ("done", world.wang.pk, "director")
    assert minutes.photos.count() == 1
    told = OutboxMessage.objects.get(recipient=world.chen.user, channel="in_app")
    assert told.text == "王总已生成2026年11月电梯月调度报告，请您签名。"
    assert told.link == f"/m/reports/monthly/{minutes.code}/"
    chen = world.actor(world.chen)
    assert list(queries.waiting_for_principal(chen)) == [minutes]
    refused("not_yours", lambda: _countersign(minutes, world.actor(world.wang)))
    signed = _countersign(minutes, chen)
    assert _countersign(minutes, chen) == signed
    assert (signed.name, list(queries.waiting_for_principal(chen))) == ("陈责", [])
    assert AuditEntry.objects.filter(verb="minutes.countersigned").count() == 1
    second = people.staff(world.jia, "副负责", "principal")
    told = refused("already_signed", lambda: _countersign(minutes, world.actor(second)))
    assert told.message == "该月报告已由陈责于 2026年11月20日 09:00 签名。"


def _countersign(minutes: MonthlyMinutes, actor):
    return countersign(minutes, signature=lambda: made.ink(actor), actor=actor, now=NOW)


def test_what_the_principal_generates_needs_no_second_signature(world: World) -> None:
    minutes = made.minutes(made.monthly_task(world.jia), world.actor(world.chen))
    assert (minutes.level, minutes.facts["needs_principal"]) == ("principal", False)
    assert not OutboxMessage.objects.exists()
    refused("not_asked", lambda: _countersign(minutes, world.actor(world.chen)))


def test_who_may_generate_minutes(world: World) -> None:
    lift, crane = made.monthly_task(world.jia), made.monthly_task(world.jia, "crane")
    cast = ("li", "wang", "zhao", "chen", "zhou")
    allowed = {
        task: [who for who in cast if queries.may_write(task, world.actor(getattr(world, who)))]
        for task in (lift, crane)
    }
    assert allowed == {lift: ["wang", "chen"], crane: ["wang", "zhao", "chen"]}


@pytest.mark.parametrize(
    ("held_at", "code"),
    [
        (at(date(2026, 10, 31), 23, 59), "held_at_out_of_month"),
        (at(date(2026, 12, 1), 0), "held_at_out_of_month"),
        (NOW + timedelta(minutes=1), "held_at_in_future"),
        (at(date(2126, 11, 20), 9), "held_at_out_of_month"),
    ],
)
def test_the_meeting_lies_in_the_month_and_not_ahead(world: World, held_at, code: str) -> None:
    task = made.monthly_task(world.jia)
    told = refused(code, lambda: made.minutes(task, world.actor(world.wang), held_at=held_at))
    assert told.field == "held_at"


def test_minutes_want_one_to_nine_own_photographs_used_once(world: World) -> None:
    task, actor = made.monthly_task(world.jia), world.actor(world.wang)
    refused("no_photo", lambda: made.minutes(task, actor, photos=[]))
    foreign = made.page(world.actor(world.qian))
    refused("foreign_photo", lambda: made.minutes(task, actor, photos=[foreign]))
    one = made.page(actor)
    made.minutes(task, actor, photos=[one, one])
    other = made.monthly_task(world.jia, "crane")
    refused("photo_used", lambda: made.minutes(other, actor, photos=[one]))


@pytest.mark.django_db(transaction=True)
def test_two_generate_at_once_and_one_record_comes_of_it(committed_world: World) -> None:
    world = committed_world
    task = made.monthly_task(world.jia)
    actors = [world.actor(world.wang), world.actor(world.chen)]
    pages = {actor.staff_id: [made.page(actor)] for actor in actors}
    told = told_at_once(
        *(
            lambda actor=actor: made.minutes(task, actor, photos=pages[actor.staff_id])
            for actor in actors
        )
    )
    assert sorted(told) == ["", "already_done"]
    assert MonthlyMinutes.objects.count() == 1
    assert AuditEntry.objects.filter(verb="minutes.signed").count() == 1


# ------------------------------------------------------------------ words of the region
@pytest.mark.parametrize(
    ("labels", "menu", "title"),
    [
        ({}, "周排查报告", "每周电梯安全排查治理报告"),
        ({"weekly_report": "周汇报"}, "周汇报", "每周电梯安全排查治理报告"),
        (
            {
                "weekly_report": "周排查整治报告",
                "weekly_report_title": "每周{X}安全排查整治报告",
            },
            "周排查整治报告",
            "每周电梯安全排查整治报告",
        ),
    ],
)
def test_the_province_names_the_weekly_report(
    world: World, labels: dict, menu: str, title: str
) -> None:
    province = Region.objects.get(pk="500000")
    province.settings = {**province.settings, "labels": labels}
    province.save(update_fields=["settings"])
    assert queries.report_menu_word("500103") == menu
    asked = {"unit_kind": "using", "category": "lift", "subject": "weekly", "region": "500103"}
    assert queries.document_title(**asked, day=TODAY) == title


def test_titles_of_families_and_filling_units(world: World) -> None:
    given = {"subject": "weekly", "region": "500103", "day": TODAY}
    titles = [
        queries.document_title(unit_kind=kind, category=category, **given)
        for kind, category in (
            ("production", "lift_installation"), ("filling", subjects.FILLING), ("using", "vehicle"),
        )
    ]  # fmt: skip
    assert titles == [
        "每周电梯质量安全排查治理报告",
        "每周气瓶安全排查治理报告",
        "每周场车安全排查治理报告",
    ]


def test_a_production_unit_answers_for_quality_too() -> None:
    choices = {
        kind: list(WeeklyReportForm(unit_kind=kind, is_missed=False).fields["evaluation"].choices)
        for kind in ("production", "using")
    }
    assert choices == {
        "production": [
            ("controlled", "质量安全风险可控，无较大质量安全风险隐患"),
            ("at_risk", "存在质量安全风险隐患，需尽快采取防范措施"),
        ],
        "using": [
            ("controlled", "安全风险可控，无较大安全风险隐患"),
            ("at_risk", "存在安全风险隐患，需尽快采取防范措施"),
        ],
    }
