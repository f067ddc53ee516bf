"""The nightly self-check: silent when all is as the rule says, in words when it is not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.actor import SYSTEM
from config.clock import at
from duties import selfcheck
from duties.actions.cover import name_cover
from duties.generation import run_due
from duties.models import GenerationCursor, SelfCheck, Task
from equipment.actions.binding import assign_officer
from equipment.actions.licences import change_licence
from equipment.actions.machine import change_equipment
from equipment.models import CatalogueEntry, OfficerBinding, StatusPeriod
from tests.factories import declarations, licences
from tests.factories import units as people
from tests.world import World
from units.models import Appointment, OutboxMessage

FIRST = date(2026, 10, 30)  # a Friday; the end of a month and a Monday follow
LAST = date(2026, 11, 4)
NIGHT = at(LAST, 2)


@pytest.fixture
def nights(world: World) -> World:
    """Generated night by night, with a re-binding and a formal stop on the way."""
    for model in (StatusPeriod, OfficerBinding, Appointment):
        model.objects.update(created_at=at(date(2024, 1, 1), 9))
    for number in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=number)
        run_due(now=at(day, 0, 5))
        given = {"actor": world.actor(world.jia_admin), "now": at(day, 9)}
        if day == date(2026, 11, 1):
            assign_officer([world.lift], officer=world.zhang, **given)
        if day == date(2026, 11, 2):
            declarations.filed(world.boiler, proven=True, **given)
    return world


def check(days: int = 35) -> SelfCheck:
    return selfcheck.run(now=NIGHT, days=days)


def test_all_is_well(nights: World) -> None:
    found = check()
    assert (found.differences, found.lines) == (0, [])
    assert found.owed > 50
    assert (found.first_on, found.last_on) == (date(2026, 10, 1), LAST)
    assert OutboxMessage.objects.filter(kind="self_check").count() == 0
    # Work done before the facts changed is not too much.
    done = Task.objects.filter(equipment=nights.boiler, period_on=date(2026, 11, 2))
    done.update(state="done", completed_at=NIGHT, missed_at=None, waived_at=None, waive_reason="")
    # Nor is a to-do wrongly placed that a stand-in has.
    cover = {"from_on": LAST, "until_on": LAST + timedelta(days=1), "reason": "年假"}
    given = {"actor": nights.actor(nights.li), "now": at(LAST, 1)}
    name_cover(nights.li, stand_in=nights.zhang, **cover, **given)
    assert Task.objects.filter(stands_in_for=nights.li).count() > 0
    with CaptureQueriesContext(connection) as few:
        assert check().lines == []
    for number in range(5):
        people.unit(f"新{number}公司")
    with CaptureQueriesContext(connection) as many:
        check()
    assert len(many) == len(few)


def test_what_is_missing_or_too_much_is_said_in_words(nights: World) -> None:
    world = nights
    platform = people.account("platform", "platform", world.jia)
    lift = Task.objects.filter(equipment=world.lift)
    lift.filter(period_on__in=[FIRST, date(2026, 11, 2), date(2026, 11, 3)]).delete()
    stopped = Task.objects.filter(equipment=world.crane, period_on=date(2026, 11, 1))
    stopped.update(state="waived", missed_at=None, waived_at=NIGHT, waive_reason="已办理停用手续")
    too_much = Task.objects.filter(equipment=world.boiler, period_on=date(2026, 11, 3))
    assert too_much.count() == 0
    Task.objects.create(
        unit=world.jia, period_on=date(2026, 11, 3), kind="inspection", cadence="daily",
        level="officer", equipment=world.boiler, category="boiler", state="missed",
        missed_at=NIGHT, due_at=at(LAST, 0), created_at=NIGHT,
    )  # fmt: skip
    weekly = {"cadence": "weekly", "category": "crane", "level": "director"}
    Task.objects.filter(kind="inspection", owner=world.zhao, **weekly).delete()
    Task.objects.filter(kind="monthly_minutes", category="lift", unit=world.yi).delete()
    lift.filter(period_on=LAST).update(assignee=world.li)
    found = check()
    assert sorted(found.lines) == sorted([
        "甲物业管理有限公司 1号客梯 日管控：缺 10月30日、11月2日至11月3日",
        "甲物业管理有限公司 2号行车 日管控：缺 11月1日",
        "甲物业管理有限公司 3号锅炉 日管控：多出 11月3日",
        "甲物业管理有限公司 起重机械 周排查（安全总监 赵督）：缺 "
        "第44周(10.26–11.1)、第45周(11.2–11.8)",
        "乙机械有限公司 电梯 月报告（主要负责人）：缺 2026年10月、2026年11月",
        "甲物业管理有限公司 1号客梯 日管控：负责人不符 11月4日",
    ])  # fmt: skip
    assert found.differences == 6
    message = OutboxMessage.objects.get(kind="self_check")
    assert message.recipient_id == platform.pk
    assert "发现 6 处差异" in message.text
    check()
    assert OutboxMessage.objects.filter(kind="self_check").count() == 1


def test_what_was_written_down_afterwards_is_no_error(nights: World) -> None:
    """A fact recorded on 4 November about the days from the 1st on: told apart."""
    world = nights
    days = DateRange(date(2026, 11, 1), date(2026, 11, 3))
    StatusPeriod.objects.filter(equipment=world.crane).update(
        period=DateRange(date(2024, 1, 1), days.lower)
    )
    for status, period in (
        ("not_yet_in_use", days),
        ("in_use", DateRange(days.upper, None)),
    ):
        StatusPeriod.objects.create(
            equipment=world.crane, status=status, period=period, created_at=at(LAST, 1)
        )
    found = check()
    assert found.differences == 0
    late = "（该日之后才登记，属事后变更）"
    assert set(found.lines) == {
        f"甲物业管理有限公司 2号行车 日管控：多出 11月1日至11月2日{late}",
        *(
            f"甲物业管理有限公司 起重机械 {what}：多出 第44周(10.26–11.1){late}"
            for what in (
                "周排查（安全员 李安）", "周排查（安全总监 王总）", "周排查（安全总监 赵督）",
                "周报告（安全总监 王总）", "周报告（安全总监 赵督）",
            )
        ),
    }  # fmt: skip


def test_a_corrected_type_or_first_day_is_no_error(nights: World) -> None:
    """The type of a machine and the first day of a licence are not dated: what was owed before the
    correction is not held against it."""
    world = nights
    made = licences.licence(licences.licensed(world.jia), now=at(date(2026, 11, 2), 9))
    run_due(now=at(LAST, 0, 5))
    given = {"actor": SYSTEM, "now": at(LAST, 1)}
    crane = CatalogueEntry.objects.get(pk="4110")
    change_equipment(world.lift, version=1, changes={"catalogue": crane}, **given)
    kept = {name: getattr(made, name) for name in ("number", "valid_until")}
    change_licence(
        made, version=1, items=list(made.items.all()), valid_from=date(2026, 11, 3), **kept, **given
    )
    found = check()
    assert (found.differences, len(found.lines) > 0) == (0, True)
    assert all("属事后变更" in line for line in found.lines)
    Task.objects.filter(equipment=world.lift, period_on=date(2026, 11, 3)).delete()
    assert check().differences == 1


def test_a_generator_that_stood_still_is_an_error(nights: World) -> None:
    GenerationCursor.objects.filter(region_id="500103").update(generated_until=date(2026, 11, 2))
    GenerationCursor.objects.filter(region_id="500106").delete()
    found = check()
    assert found.lines == [
        "渝中区：待办只生成到 11月2日，之后的日期没有核对。",
        "沙坪坝区：待办还没有生成过，之后的日期没有核对。",
    ]
    assert found.differences == 2


def test_the_command_says_it_and_ends_with_one(
    nights: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody wrote into the tables behind the product's back."""
    monkeypatch.setattr(timezone, "now", lambda: NIGHT)
    call_command("check_todos", "--days", "5")
    assert "2026-10-31 至 2026-11-04：应有" in capsys.readouterr().out
    bound = OfficerBinding.objects.filter(equipment=nights.lift, period__contains=LAST)
    bound.update(staff=nights.li, created_at=at(LAST, 1))
    with pytest.raises(SystemExit) as ended:
        call_command("check_todos")
    assert ended.value.code == 1
    assert "1号客梯 日管控：负责人不符 11月4日\n" in capsys.readouterr().out
    for days in ("0", "61"):
        with pytest.raises(CommandError, match="1 至 60"):
            call_command("check_todos", "--days", days)
