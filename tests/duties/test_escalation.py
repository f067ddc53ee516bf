"""Reminders of the day and misses going one step up: who is told what, when, and once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from config.clock import at
from duties import escalation
from duties.escalation_timetable import Timetable, timetables
from duties.models import Task
from tests.factories import cover as covers
from tests.factories import duties as tasks
from tests.factories import licences
from tests.factories import units as people
from tests.threads import done_at_once
from tests.world import TODAY, World
from units.models import OutboxMessage, Region
from units.outbox import Letter, tell_many

FOUR = at(TODAY, 16)
MORNING = at(TODAY + timedelta(days=1), 8)
SUNDAY = date(2026, 11, 22)
LAST = date(2026, 11, 30)


def told(kind: str, channel: str = "in_app") -> dict[str, str]:
    found = OutboxMessage.objects.filter(kind=kind, channel=channel)
    return dict(found.values_list("recipient__name", "text"))


def counted() -> dict[str, int]:
    return {
        channel: OutboxMessage.objects.filter(channel=channel).count()
        for channel in ("in_app", "sms")
    }


def region(code: str, **escalation: object) -> None:
    known = Region.objects.get(pk=code)
    known.settings = known.settings | {"escalation": escalation}
    known.save()


# ------------------------------------------------------------------ the day itself
def test_the_reminder_says_what_is_left(world: World) -> None:
    """One message a person with all that is open and due today; nothing about the rest."""
    tasks.task(world.lift)
    tasks.task(world.crane, state="awaiting_signature")
    tasks.task(world.boiler, state="done")
    tasks.task(world.unbound)  # nobody can be reminded of it
    tasks.task(world.lift, TODAY + timedelta(days=1))
    tasks.task(world.jia, assignee=world.wang, owner=world.wang, level="director")  # due on Sunday
    assert str(escalation.remind_due(now=FOUR)).startswith("今日未完成提醒 1 条，")
    assert told("due_today") == {
        "李安": (
            "今天还有 2 项待办未完成：设备巡查 2 台。其中 1 项已填完、待签名。"
            "请在今天 24 点前完成并签名，未完成的记为漏检。"
        )
    }
    message = OutboxMessage.objects.get(kind="due_today", channel="sms")
    assert (message.recipient, message.unit, message.link) == (world.li.user, world.jia, "/m/")
    assert (message.due_at, message.delivered_at) == (FOUR, None)


def test_on_a_sunday_at_the_end_of_a_month_everything_is_due(world: World) -> None:
    unit = world.jia
    wang = {"assignee": world.wang, "owner": world.wang, "level": "director"}
    tasks.task(unit, date(2026, 5, 31), **wang)  # a Sunday and a last day
    tasks.task(unit, date(2026, 5, 31), cadence="monthly", **wang)
    tasks.task(unit, date(2026, 5, 31), kind="weekly_report", **wang)
    now = at(date(2026, 5, 31), 16)
    assert escalation.remind_due(now=now).due == 1
    assert told("due_today")["王总"].startswith(
        "今天还有 3 项待办未完成：周排查 1 项、月调度 1 项、周报告 1 份。"
    )


def test_a_pool_reminds_everybody_who_may_start(world: World) -> None:
    """Within the scope, in office, not away; the minutes of the month go to all who may write them."""
    unit = licences.licensed(world.jia)
    licence = licences.licence(unit)  # 电梯安装: production, lift
    station = licences.station(unit)
    lifts = people.staff(unit, "何质", ("quality_officer", ["lift"]))
    people.staff(unit, "吕炉", ("quality_officer", ["boiler"]))
    away = people.staff(unit, "施假", "quality_officer")
    covers.cover(away, lifts)
    Task.objects.all().delete()  # what the change of licences generated at once
    tasks.task(licence)
    tasks.task(station)
    escalation.remind_due(now=FOUR)
    assert {name: text.split("。")[0] for name, text in told("due_today").items()} == {
        "何质": "今天还有 1 项待办未完成：许可巡查 1 项",
        "李安": "今天还有 1 项待办未完成：工位巡查 1 个",
        "张全": "今天还有 1 项待办未完成：工位巡查 1 个",
    }
    assert "由您和同事中先开始的人完成" in told("due_today")["何质"]
    OutboxMessage.objects.all().delete()
    minutes = {"cadence": "monthly", "kind": "monthly_minutes", "level": "principal"}
    tasks.task(unit, LAST, category="crane", **minutes)
    tasks.task(unit, LAST, category="lift", **minutes)
    escalation.remind_due(now=at(LAST, 16))
    assert {name: text.split("。")[0] for name, text in told("due_today").items()} == {
        "王总": "今天还有 2 项待办未完成：月报告 2 份",
        "赵督": "今天还有 1 项待办未完成：月报告 1 份",
        "陈责": "今天还有 2 项待办未完成：月报告 2 份",
    }


def test_before_its_hour_nothing_after_it_once_until_midnight(world: World) -> None:
    tasks.task(world.lift)
    assert escalation.remind_due(now=FOUR - timedelta(seconds=1)).due == 0
    assert escalation.remind_due(now=at(TODAY, 23, 59)).due == 1
    assert escalation.remind_due(now=at(TODAY, 23, 59)).due == 0
    assert counted() == {"in_app": 1, "sms": 1}


def test_who_has_left_is_not_reminded(world: World) -> None:
    tasks.task(world.lift)
    world.li.ended_on = TODAY
    world.li.save()
    assert escalation.remind_due(now=FOUR).due == 0


# ------------------------------------------------------------------ the morning after
def test_the_director_in_charge_hears_of_officers_misses(world: World) -> None:
    """Wang of everything, Zhao of the crane alone; the unit of the machine nobody is bound to."""
    tasks.task(world.lift, state="missed")
    tasks.task(world.crane)  # still open: the sweep has not come by
    tasks.task(world.boiler, state="backfilled")
    tasks.task(world.unbound, state="missed")
    tasks.task(world.yi_lift, state="waived")
    outcome = escalation.escalate(now=MORNING)
    assert (outcome.missed, outcome.own, outcome.still_missed) == (3, 1, 0)
    tail = "请督促。11月27日 24 点前可以补录，须写明原因，记录始终注明补录。"
    nobody = "其中 1 台设备未绑定安全员，请由管理员在“设备档案”中绑定。"
    assert told("missed") == {
        "王总": (
            "11月20日漏检 3 项（设备巡查 3 台）：1号客梯（李安）、2号行车（李安）、4号客梯（未绑定）。"
            f"{nobody}{tail}"
        ),
        "赵督": f"11月20日漏检 1 项（设备巡查 1 台）：2号行车（李安）。{tail}",
        "甲物业管理有限公司": (
            f"11月20日漏检 1 项（设备巡查 1 台）：4号客梯（未绑定）。{nobody}{tail}"
        ),
    }
    assert set(told("missed", "sms")) == {"王总", "赵督"}
    assert told("missed_own") == {
        "李安": (
            "11月20日漏检 2 项（设备巡查 2 台）。"
            "11月27日 24 点前可以补录，须写明原因，记录始终注明补录。"
        )
    }
    assert told("missed_own", "sms") == {}
    links = dict(OutboxMessage.objects.filter(kind="missed").values_list("recipient__name", "link"))
    assert links["王总"] == "/m/records/"
    assert links["甲物业管理有限公司"] == (
        "/records/?cadence=daily&completion=missed&date_from=2026-11-20&date_to=2026-11-20"
    )


def test_only_five_are_named_and_long_names_are_cut(world: World) -> None:
    world.lift.name = "一" * 60
    world.lift.save()
    for machine in (world.lift, world.crane, world.boiler):
        tasks.task(machine, state="missed")
    for category in ("lift", "crane", "boiler"):
        tasks.task(
            world.jia, SUNDAY, category=category, assignee=world.li, owner=world.li, state="missed"
        )
    escalation.escalate(now=MORNING)
    assert (
        "：一一一一一一一一一一一一一一一…（李安）、2号行车（李安）、3号锅炉（张全）。"
        in told("missed")["王总"]
    )
    Task.objects.filter(cadence="daily").update(
        period_on=SUNDAY, due_at=at(SUNDAY + timedelta(days=1), 0)
    )
    escalation.escalate(now=at(SUNDAY + timedelta(days=1), 8))
    text = OutboxMessage.objects.get(
        recipient=world.wang.user, channel="in_app", dedupe_key__contains=str(SUNDAY)
    ).text
    assert "11月22日漏检 6 项（设备巡查 3 台、周排查 3 项）：" in text
    assert "、电梯周排查（李安）、起重机械周排查（李安）等。" in text


@pytest.mark.parametrize(
    ("level", "kind", "whom"),
    [
        ("officer", "inspection", {"王总"}),
        ("director", "inspection", {"陈责"}),
        ("director", "weekly_report", {"陈责"}),
        ("principal", "weekly_report", {"甲物业管理有限公司"}),
    ],
)
def test_each_level_goes_one_step_up(world: World, level: str, kind: str, whom: set[str]) -> None:
    tasks.task(world.jia, SUNDAY, level=level, kind=kind, state="missed")
    escalation.escalate(now=at(SUNDAY + timedelta(days=1), 9))
    assert set(told("missed")) == whom


def test_without_a_director_the_principal_without_both_the_unit(world: World) -> None:
    tasks.task(world.lift, state="missed")
    world.wang.ended_on = TODAY
    world.wang.save()
    escalation.escalate(now=MORNING)
    assert set(told("missed")) == {"陈责"}
    OutboxMessage.objects.all().delete()
    world.chen.ended_on = TODAY
    world.chen.save()
    escalation.escalate(now=MORNING)
    assert set(told("missed")) == {"甲物业管理有限公司"}


def test_production_goes_to_the_quality_director(world: World) -> None:
    unit = licences.licensed(world.jia)
    people.staff(unit, "严质", ("quality_director", ["lift"]))
    people.staff(unit, "余质", ("quality_director", ["boiler"]))
    licence = licences.licence(unit)
    Task.objects.all().delete()  # what the change of licences generated at once
    tasks.task(licence, state="missed")
    escalation.escalate(now=MORNING)
    assert set(told("missed")) == {"严质"}
    assert "TS3350123-2028（无人领取）" in told("missed")["严质"]


# ------------------------------------------------------------------ days later
def test_after_three_days_the_principal_and_then_silence(world: World) -> None:
    tasks.task(world.lift, state="missed")
    done = tasks.task(world.crane, state="missed")
    kinds: dict[int, list[str]] = {}
    for days in range(1, 12):
        if days == 2:
            Task.objects.filter(pk=done.pk).update(state="backfilled", completed_at=MORNING)
        escalation.escalate(now=at(TODAY + timedelta(days=days), 8))
        kinds[days] = sorted(set(OutboxMessage.objects.values_list("kind", flat=True)))
        OutboxMessage.objects.all().delete()
    # Every morning tells what nobody has been told yet: here the outbox is emptied in between.
    assert {days: said for days, said in kinds.items() if said} == {
        1: ["missed", "missed_own"],
        2: ["missed", "missed_own"],
        4: ["missed_still"],
        5: ["missed_still"],
        6: ["missed_still"],
        7: ["missed_still"],
    }


def test_what_an_outage_kept_quiet_reaches_the_principal(world: World) -> None:
    """Workers stood for six days: what can still be made up is told, what cannot is 漏检 for good."""
    for day in range(4):
        tasks.task(world.lift, TODAY - timedelta(days=day), state="missed")
    escalation.escalate(now=at(TODAY + timedelta(days=6), 8))
    texts = OutboxMessage.objects.filter(kind="missed_still", channel="in_app")
    said = [one.split("：")[0] for one in sorted(texts.values_list("text", flat=True))]
    assert said == [
        "11月19日漏检 1 项（设备巡查 1 台），6 天后仍未补录",
        "11月20日漏检 1 项（设备巡查 1 台），5 天后仍未补录",
    ]


def test_what_the_principal_is_told(world: World) -> None:
    tasks.task(world.lift, state="missed")
    tasks.task(world.crane, state="backfilled")
    tasks.task(world.jia, SUNDAY, level="principal", kind="weekly_report", state="missed")
    escalation.escalate(now=at(TODAY + timedelta(days=4), 8))
    assert told("missed_still") == {
        "陈责": (
            "11月20日漏检 1 项（设备巡查 1 台），3 天后仍未补录：1号客梯（李安）。"
            "请过问；11月27日 24 点后不能再补录。"
        )
    }


def test_a_morning_is_told_once_also_late_and_not_in_the_evening(world: World) -> None:
    tasks.task(world.lift, state="missed")
    day = TODAY + timedelta(days=1)
    assert escalation.escalate(now=at(day, 7, 59)).missed == 0
    assert escalation.escalate(now=at(day, 20)).missed == 0
    assert escalation.escalate(now=at(day, 19, 59)).missed == 1
    assert escalation.escalate(now=at(day + timedelta(days=1), 8)).missed == 0


# ------------------------------------------------------------------ regions, runs, commands
def test_a_region_sets_its_own_hours(world: World) -> None:
    """The district's words count over the province's; nonsense counts as not given."""
    region("500000", remind_hour=15, principal_after_days=2)
    region("500103", remind_hour="früh", morning_hour=9)
    region("500106", morning_hour=True, remind_hour=99)
    by_code = {code: table for table, codes in timetables().items() for code in codes}
    assert by_code["500103"] == Timetable(16, 9, 2, 7)
    assert by_code["500106"] == Timetable(16, 8, 2, 7)
    assert by_code["500101"] == Timetable(15, 8, 2, 7)
    assert by_code["610000"] == Timetable()
    tasks.task(world.lift, state="missed")
    assert escalation.escalate(now=MORNING).missed == 0
    assert escalation.escalate(now=MORNING + timedelta(hours=1)).missed == 1


def test_a_region_without_make_up_says_so(world: World) -> None:
    known = Region.objects.get(pk="500103")
    known.settings = known.settings | {"backfill_days": 0}
    known.save()
    tasks.task(world.lift, state="missed")
    escalation.escalate(now=MORNING)
    assert told("missed")["王总"].endswith("请督促。本地区不能补录。")
    assert escalation.escalate(now=at(TODAY + timedelta(days=4), 8)).still_missed == 0


def test_a_killed_run_goes_on_and_batches_do_not_show(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks.task(world.lift)
    tasks.task(world.yi_lift)
    monkeypatch.setattr(escalation, "BATCH", 1)
    real, calls = tell_many, []

    def dies(letters: list[Letter], **given: Any) -> int:
        calls.append(letters)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(letters, **given)

    monkeypatch.setattr(escalation, "tell_many", dies)
    with pytest.raises(KeyboardInterrupt):
        escalation.remind_due(now=FOUR)
    assert set(told("due_today")) == {"李安"}
    monkeypatch.setattr(escalation, "tell_many", real)
    assert escalation.remind_due(now=FOUR).due == 1
    assert set(told("due_today")) == {"李安", "孙安"}


@pytest.mark.django_db(transaction=True)
def test_two_workers_tell_once(committed_world: World) -> None:
    world = committed_world
    for machine in (world.lift, world.boiler, world.yi_lift):
        tasks.task(machine)
    done = done_at_once(*[lambda: escalation.remind_due(now=FOUR)] * 3)
    assert sorted(one.due for one in done) == [0, 0, 3]
    assert counted() == {"in_app": 3, "sms": 3}


def test_the_number_of_queries_does_not_grow(
    world: World, django_assert_num_queries: Callable[[int], Any]
) -> None:
    tasks.task(world.lift)
    escalation.remind_due(now=FOUR)
    for machine in (world.crane, world.boiler, world.yi_lift):
        tasks.task(machine)
    with django_assert_num_queries(7):  # regions; units twice; savepoint, count, insert
        escalation.remind_due(now=FOUR)


def test_many_letters_are_cut_keep_strange_text_and_are_counted_once(world: World) -> None:
    text = "㛃𬭚%s'\"" + "长" * 600
    letters = [Letter(who.user_id, world.jia.pk, text, "k") for who in (world.li, world.zhang)]
    letters.append(Letter(world.jia_admin.pk, world.jia.pk, "x", "k", by_sms=False))
    assert tell_many(letters, kind="test", now=FOUR) == 3
    assert tell_many(letters, kind="test", now=FOUR) == 0
    assert tell_many([], kind="test", now=FOUR) == 0
    assert told("test", "sms") == {"李安": text[:500], "张全": text[:500]}
    assert told("test")["甲物业管理有限公司"] == "x"


@pytest.mark.parametrize(
    ("at_", "expected"),
    [
        ("2026-11-20 16:00", "今日未完成提醒 1 条，漏检告知本人 0 条，漏检上报 0 条，"),
        ("2026-11-21T08:30", "今日未完成提醒 0 条，漏检告知本人 1 条，漏检上报 1 条，"),
    ],
)
def test_the_command_is_the_twin_of_beat(world: World, at_: str, expected: str) -> None:
    tasks.task(world.lift)
    out = StringIO()
    call_command("remind_duties", "--at", at_, stdout=out)
    assert out.getvalue() == f"{expected}多日未补录上报主要负责人 0 条\n"


def test_the_command_refuses_a_wrong_time_in_words() -> None:
    with pytest.raises(CommandError, match="时间“下午四点”无效"):
        call_command("remind_duties", "--at", "下午四点")


def test_the_tasks_of_beat_are_safe_to_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from duties import tasks as celery_tasks

    tasks.task(world.lift)
    moments: dict[str, datetime] = {"now": FOUR}
    monkeypatch.setattr(celery_tasks.timezone, "now", lambda: moments["now"])
    assert celery_tasks.remind_officers().startswith("今日未完成提醒 1 条")
    assert celery_tasks.remind_officers().startswith("今日未完成提醒 0 条")
    moments["now"] = MORNING
    assert "漏检上报 1 条" in celery_tasks.escalate_missed()
