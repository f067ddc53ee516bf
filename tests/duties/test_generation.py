"""Generation of to-dos (F47, decisions 4 to 8): what is written, its repetition, its changes."""

from __future__ import annotations

from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, OperationalError
from django.db.backends.postgresql.psycopg_any import DateRange

from config.actor import SYSTEM
from config.clock import at, end_of
from duties import generation, generation_runs
from duties import tasks as tasks_of_beat
from duties.calendar import MachineDay, exemption
from duties.enums import TaskState
from duties.models import GenerationCursor, GenerationRun, Task
from equipment.models import Equipment, OfficerBinding, StatusPeriod
from tests.factories import declarations
from tests.factories import duties as tasks
from tests.factories import equipment as machines
from tests.threads import done_at_once
from tests.world import NOW, TODAY, World
from units.models import AuditEntry

YESTERDAY = TODAY - timedelta(days=1)


# What the cast owes on TODAY: 甲 4 machines and 24 to-dos of the week and month, 乙 1 and 7.
DAILY, ALL = 5, 36


def owed() -> set[tuple]:
    """The set of daily to-dos as (day, machine, assignee, state)."""
    daily = Task.objects.filter(cadence="daily")
    return set(daily.values_list("period_on", "equipment__name", "assignee__name", "state"))


def test_every_machine_in_use_owes_one_with_or_without_officer(world: World) -> None:
    outcome = generation.generate(TODAY, now=NOW)
    assert outcome.created == ALL
    assert outcome.existing == 0
    assert outcome.exempt == {}
    assert owed() == {
        (TODAY, "1号客梯", "李安", "todo"),
        (TODAY, "2号行车", "李安", "todo"),
        (TODAY, "3号锅炉", "张全", "todo"),
        (TODAY, "4号客梯", None, "todo"),
        (TODAY, "乙1号客梯", "孙安", "todo"),
    }
    task = Task.objects.get(equipment=world.lift)
    assert (task.kind, task.cadence, task.level, task.owner_id) == (
        "inspection",
        "daily",
        "officer",
        None,
    )
    assert task.due_at == end_of(TODAY)
    assert task.category == "lift"
    assert len(task.code) == 16


def test_second_run_adds_nothing(world: World) -> None:
    generation.generate(TODAY, now=NOW)
    before = list(Task.objects.order_by("pk").values())
    outcome = generation.generate(TODAY, now=NOW + timedelta(hours=1))
    assert (outcome.created, outcome.existing) == (0, ALL)
    assert list(Task.objects.order_by("pk").values()) == before


def test_only_the_units_asked_for(world: World) -> None:
    outcome = generation.generate(TODAY, now=NOW, unit_ids=[world.yi.pk])
    assert outcome.created == 8
    assert owed() == {(TODAY, "乙1号客梯", "孙安", "todo")}


# From, to (the day after the last), and whether TODAY lies in it.
RANGES = [
    (None, None, False),
    (0, None, True),
    (1, None, False),
    (-9, 0, False),
    (-9, 1, True),
    (-9, None, True),
]


def days(first: int | None, last: int | None) -> DateRange | None:
    """A range of days counted from TODAY."""
    if first is None:
        return None
    upper = None if last is None else TODAY + timedelta(days=last)
    return DateRange(TODAY + timedelta(days=first), upper)


@pytest.mark.parametrize("suspended", [False, True])
@pytest.mark.parametrize(("first", "last", "holds"), RANGES)
@pytest.mark.parametrize("status", ["in_use", "not_yet_in_use", "stopped", "scrapped"])
def test_sql_and_plain_rule_agree(world: World, status, first, last, holds, suspended) -> None:
    """Only the days of `exempt_period` exempt, of a 停用 / 报废 and of a 停产 alike."""
    period = StatusPeriod.objects.get(equipment=world.lift)
    period.status, period.exempt_period = status, days(first, last)
    period.receipt_no = "渝停字2026-001"
    period.save()
    if suspended:
        Equipment.objects.exclude(pk=world.lift.pk).update(unit=world.yi)
        made = declarations.filed(
            None, "suspend", unit=world.jia, actor=world.actor(world.jia_admin)
        )
        made.suspensions.update(
            exempt_period=days(first, last), period=DateRange(TODAY - timedelta(days=9), None)
        )
    expected = exemption(MachineDay(status, is_formal=holds, is_suspended=suspended and holds))
    outcome = generation.generate(TODAY, now=NOW)
    assert outcome.exempt == ({expected: 1} if expected else {})
    owes = Task.objects.filter(equipment=world.lift).exclude(state="waived")
    assert owes.exists() == (expected is None)


def test_a_machine_archived_later_owes_nothing_before(world: World) -> None:
    machines.machine(world.yi, "crane", since=TODAY, name="新行车")
    generation.generate(YESTERDAY, now=NOW)
    assert len(owed()) == DAILY
    assert exemption(MachineDay(None)) == "not_archived"
    assert not Task.objects.filter(equipment__name="新行车").exists()


def test_a_past_day_uses_the_binding_of_that_day(world: World) -> None:
    OfficerBinding.objects.filter(equipment=world.lift).update(
        period=DateRange(date(2024, 1, 1), TODAY)
    )
    machines.bind(world.lift, world.zhang, since=TODAY)
    generation.generate(YESTERDAY, now=NOW)
    generation.generate(TODAY, now=NOW)
    who = dict(Task.objects.filter(equipment=world.lift).values_list("period_on", "assignee__name"))
    assert who == {YESTERDAY: "李安", TODAY: "张全"}


def test_four_at_once_make_the_same_set(committed_world: World) -> None:
    for number in range(60):
        machines.machine(
            committed_world.jia, "lift", officer=committed_world.li, name=f"批{number}"
        )
    outcomes = done_at_once(*[lambda: generation.generate(TODAY, now=NOW)] * 4)
    assert sorted(outcome.created for outcome in outcomes) == [0, 0, 0, ALL + 60]
    assert Task.objects.count() == ALL + 60
    assert Task.objects.filter(cadence="daily").values("equipment").distinct().count() == 65


def test_closing_turns_open_into_missed_and_nothing_else(world: World) -> None:
    tasks.task(world.lift, YESTERDAY)
    tasks.task(world.crane, YESTERDAY, state="in_progress")
    tasks.task(world.boiler, YESTERDAY, state="awaiting_signature")
    tasks.task(world.unbound, YESTERDAY, state="waived")
    tasks.task(world.yi_lift, YESTERDAY, state="done")
    tasks.task(world.lift, TODAY)
    assert generation.close_expired(now=NOW) == 3
    states = {
        (day, name): state
        for day, name, state in Task.objects.values_list("period_on", "equipment__name", "state")
    }
    assert states == {
        (YESTERDAY, "1号客梯"): "missed",
        (YESTERDAY, "2号行车"): "missed",
        (YESTERDAY, "3号锅炉"): "missed",
        (YESTERDAY, "4号客梯"): "waived",
        (YESTERDAY, "乙1号客梯"): "done",
        (TODAY, "1号客梯"): "todo",
    }
    assert generation.close_expired(now=NOW) == 0


def test_due_at_midnight_sharp(world: World) -> None:
    tasks.task(world.lift, TODAY)
    assert generation.close_expired(now=end_of(TODAY) - timedelta(microseconds=1)) == 0
    assert generation.close_expired(now=end_of(TODAY)) == 1


def start_after(day: date, region: str = "500103") -> None:
    """A district that has been generated and closed up to a day."""
    GenerationCursor.objects.create(region_id=region, generated_until=day, closed_until=day)


def test_run_due_makes_up_for_days_without_beat(world: World) -> None:
    start_after(TODAY - timedelta(days=9))
    outcomes = generation.run_due(now=NOW)
    assert [outcome.day for outcome in outcomes] == [
        TODAY - timedelta(days=n) for n in range(8, -1, -1)
    ]
    daily = Task.objects.filter(cadence="daily")
    assert daily.count() == 9 * DAILY
    assert daily.filter(state=TaskState.MISSED).count() == 8 * DAILY
    weeks = Task.objects.filter(cadence="weekly").values_list("period_on", "state").distinct()
    assert set(weeks) == {(date(2026, 11, 9), "missed"), (date(2026, 11, 16), "todo")}
    assert generation.run_due(now=NOW) == []
    cursor = GenerationCursor.objects.get(region_id="500103")
    assert (cursor.generated_until, cursor.closed_until) == (TODAY, YESTERDAY)


def test_a_long_catch_up_stops_in_time_and_goes_on_in_a_message_of_its_own(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_after(TODAY - timedelta(days=3))
    start_after(TODAY, "500106")
    assert [outcome.day for outcome in generation.run_due(now=NOW, seconds=0)] == [
        TODAY - timedelta(days=2)
    ]
    sent = []
    monkeypatch.setattr(tasks_of_beat.timezone, "now", lambda: NOW)
    monkeypatch.setattr(tasks_of_beat, "WAKE_SECONDS", 0)
    monkeypatch.setattr(tasks_of_beat.wake_generation, "apply_async", lambda **o: sent.append(o))
    tasks_of_beat.wake_generation()
    assert (len(sent), latest_generated()) == (1, TODAY - timedelta(days=1))
    monkeypatch.setattr(tasks_of_beat, "WAKE_SECONDS", 60)
    tasks_of_beat.wake_generation()
    assert (len(sent), latest_generated()) == (1, TODAY)


def test_a_wake_calls_others_to_share_the_districts_that_are_due(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.GENERATION_SESSIONS = 3
    monkeypatch.setattr(tasks_of_beat.timezone, "now", lambda: NOW)
    sent = []
    monkeypatch.setattr(
        tasks_of_beat.wake_generation,
        "apply_async",
        lambda *, kwargs, **options: sent.append(kwargs),
    )
    tasks_of_beat.wake_generation()  # two districts: more than one other would find nothing to do
    assert (sent, latest_generated()) == ([{"is_share": True}], TODAY)
    tasks_of_beat.wake_generation()
    GenerationCursor.objects.filter(region_id="500103").update(generated_until=YESTERDAY)
    tasks_of_beat.wake_generation()
    GenerationCursor.objects.update(generated_until=YESTERDAY)
    tasks_of_beat.wake_generation(is_share=True)
    assert (len(sent), latest_generated()) == (1, TODAY)


def latest_generated() -> date:
    return GenerationCursor.objects.get(region_id="500103").generated_until


def test_run_due_starts_with_today_on_a_new_platform(world: World) -> None:
    assert [outcome.day for outcome in generation.run_due(now=NOW)] == [TODAY]
    runs = GenerationRun.objects.order_by("region_id").values_list("region_id", "day", "created")
    assert list(runs) == [("500103", TODAY, ALL), ("500106", TODAY, 0)]


def test_a_run_made_ahead_does_not_count_as_done(world: World) -> None:
    """What was bound since is in it when its day comes, and what has moved since is moved."""
    tomorrow = TODAY + timedelta(days=1)
    generation.run_due(now=NOW)
    generation.run_day(tomorrow, now=NOW)
    machines.machine(world.yi, "crane", since=TODAY, name="新行车")
    OfficerBinding.objects.filter(equipment=world.lift).update(
        period=DateRange(date(2024, 1, 1), tomorrow)
    )
    machines.bind(world.lift, world.zhang, since=tomorrow)
    outcomes = generation.run_due(now=NOW + timedelta(days=1))
    assert [outcome.day for outcome in outcomes] == [tomorrow]
    mine = Task.objects.filter(period_on=tomorrow)
    assert mine.get(equipment__name="新行车").state == "todo"
    assert mine.get(equipment=world.lift).assignee == world.zhang


def standing() -> set[tuple[Any, ...]]:
    columns = ("unit", "period_on", "kind", "cadence", "level", "equipment", "category", "assignee")
    return set(Task.objects.values_list(*columns))


@pytest.mark.django_db(transaction=True)
def test_several_sessions_share_a_day_by_hand(
    committed_world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in one session; where one part fails, the others stand, and the next run makes it good."""
    machines.machine(committed_world.far_unit, "lift")
    alone = generation.run_day(TODAY, now=NOW)
    rows = standing()
    Task.objects.all().delete()
    settings.GENERATION_SESSIONS = 3  # of which two find districts
    generate = generation_runs.generate

    def failing(day: date, *, now: Any, regions: list[str]) -> generation.Outcome:
        if "500103" in regions:
            raise OperationalError("gone")
        return generate(day, now=now, regions=regions)

    monkeypatch.setattr(generation_runs, "generate", failing)
    with pytest.raises(OperationalError, match="gone"):
        generation.run_day(TODAY, now=NOW)
    far = Task.objects.count()
    assert {task.unit for task in Task.objects.all()} == {committed_world.far_unit}
    monkeypatch.setattr(generation_runs, "generate", generate)
    shared = generation.run_day(TODAY, now=NOW)
    assert (alone.created, shared.created, shared.existing) == (ALL + far, ALL, far)
    assert shared.exempt == alone.exempt
    assert standing() == rows
    runs = GenerationRun.objects.order_by("pk").values_list("region", "created", "existing")
    assert list(runs) == [(None, ALL + far, 0), (None, ALL, far)]


def test_a_day_by_hand_inside_a_transaction_sees_what_it_wrote(world: World, settings: Any) -> None:
    """Other sessions would neither see the world of this test nor wait for it to end."""
    settings.GENERATION_SESSIONS = 2
    assert generation.run_day(TODAY, now=NOW).created == ALL


def test_a_run_ahead_leaves_the_running_week_alone(world: World) -> None:
    """Facts of a day to come do not move what is owed this week already."""
    generation.generate(TODAY, now=NOW)
    OfficerBinding.objects.filter(equipment=world.boiler).update(
        period=DateRange(date(2024, 1, 1), TODAY + timedelta(days=1))
    )
    generation.generate(TODAY + timedelta(days=1), now=NOW)
    assert not Task.objects.filter(state="waived").exists()


def test_a_past_day_made_good_by_hand_leaves_its_week_as_it_ended(world: World) -> None:
    """The boiler was 张's until Thursday: on Sunday nobody's week of it was his any more."""
    monday = date(2026, 11, 9)
    OfficerBinding.objects.filter(equipment=world.boiler).update(
        period=DateRange(date(2024, 1, 1), monday + timedelta(days=3))
    )
    generation.generate(monday, now=NOW)
    daily = Task.objects.get(equipment=world.boiler)
    assert daily.assignee == world.zhang
    assert not Task.objects.filter(owner=world.zhang).exists()


def test_one_district_that_fails_does_not_hold_up_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    start_after(date(9999, 12, 30), "500106")
    GenerationCursor.objects.filter(region_id="500106").update(generated_until=date(1, 1, 1))
    rows = generation_runs.bring_in_line

    def failing(scope: Any, *given: Any, **named: Any) -> generation.Outcome:
        if scope.regions == ("500106",):
            raise DatabaseError("broken")
        return rows(scope, *given, **named)

    monkeypatch.setattr(generation_runs, "bring_in_line", failing)
    with pytest.raises(DatabaseError, match="broken"):
        generation.run_due(now=NOW)
    assert Task.objects.count() == ALL
    untouched = GenerationCursor.objects.get(region_id="500106")
    assert untouched.generated_until == date(1, 1, 1)


def test_new_binding_gives_the_existing_row_its_officer(world: World) -> None:
    generation.generate(TODAY, now=NOW)
    machines.bind(world.unbound, world.zhang, since=TODAY)
    outcome = generation.refresh_today([world.unbound.pk], day=TODAY, now=NOW)
    assert (outcome.created, outcome.moved) == (2, 1)
    assert Task.objects.get(equipment=world.unbound).assignee == world.zhang


def test_new_machine_owes_at_once(world: World) -> None:
    generation.generate(TODAY, now=NOW)
    new = machines.machine(world.jia, "crane", officer=world.li, since=TODAY)
    assert generation.refresh_today([new.pk], day=TODAY, now=NOW).created == 1
    assert generation.refresh_today([new.pk], day=TODAY, now=NOW).created == 0
    assert Task.objects.get(equipment=new).assignee == world.li


def test_rebinding_moves_open_todos_only(world: World) -> None:
    tasks.task(world.lift, TODAY, state="in_progress", started_at=NOW)
    tasks.task(world.crane, TODAY, state="done")
    for machine in (world.lift, world.crane):
        OfficerBinding.objects.filter(equipment=machine).update(
            period=DateRange(date(2024, 1, 1), TODAY)
        )
        machines.bind(machine, world.zhang, since=TODAY)
    generation.refresh_today([world.lift.pk, world.crane.pk], day=TODAY, now=NOW)
    assert Task.objects.get(equipment=world.lift).assignee == world.zhang
    assert Task.objects.get(equipment=world.crane).assignee == world.li


def test_release_leaves_the_todo_without_assignee(world: World) -> None:
    generation.generate(TODAY, now=NOW)
    OfficerBinding.objects.filter(equipment=world.lift).update(
        period=DateRange(date(2024, 1, 1), TODAY)
    )
    generation.refresh_today([world.lift.pk], day=TODAY, now=NOW)
    task = Task.objects.get(equipment=world.lift)
    assert (task.state, task.assignee) == ("todo", None)


def test_another_category_changes_only_what_is_not_begun(world: World) -> None:
    """A round that was begun has its checklist already; two categories in one record fit nobody."""
    generation.generate(TODAY, now=NOW)
    Task.objects.filter(equipment=world.crane).update(state="in_progress", started_at=NOW)
    machines_of_both = [world.lift.pk, world.crane.pk]
    Equipment.objects.filter(pk__in=machines_of_both).update(category="boiler")
    generation.refresh_today(machines_of_both, day=TODAY, now=NOW)
    assert Task.objects.get(equipment=world.lift).category == "boiler"
    assert Task.objects.get(equipment=world.crane).category == "crane"


def test_formal_stop_waives_and_reuse_restores(world: World) -> None:
    generation.generate(TODAY, now=NOW)
    period = StatusPeriod.objects.get(equipment=world.lift)
    period.period = DateRange(date(2024, 1, 1), TODAY)
    period.save()
    stopped = StatusPeriod.objects.create(
        equipment=world.lift,
        status="stopped",
        period=DateRange(TODAY, None),
        exempt_period=DateRange(TODAY, None),
        created_at=NOW,
    )
    generation.refresh_today([world.lift.pk], day=TODAY, actor=SYSTEM, now=NOW)
    task = Task.objects.get(equipment=world.lift)
    assert (task.state, task.waive_reason, task.waived_at) == ("waived", "已办理停用手续", NOW)
    assert AuditEntry.objects.filter(verb="task.waived", object_code=task.code).count() == 1
    stopped.status, stopped.exempt_period = "in_use", None
    stopped.save()
    generation.refresh_today([world.lift.pk], day=TODAY, now=NOW)
    task.refresh_from_db()
    assert (task.state, task.waive_reason, task.waived_at) == ("todo", "", None)
    assert task.assignee == world.li


def test_command_prints_what_it_did_and_can_be_repeated(world: World) -> None:
    StatusPeriod.objects.filter(equipment=world.crane).update(status="not_yet_in_use")
    out = StringIO()
    call_command("generate_tasks", date="2026-11-20", stdout=out)
    call_command("generate_tasks", date="2026-11-20", stdout=out)
    assert out.getvalue().splitlines() == [
        "2026-11-20：新建 25 条，已有 0 条，免检 1 台",
        "  免检原因：设备未投入使用 1 台",
        "2026-11-20：新建 0 条，已有 25 条，免检 1 台",
        "  免检原因：设备未投入使用 1 台",
    ]


@pytest.mark.parametrize("text", ["2026-13-01", "20.11.2026", "1999-01-01", "2126-01-01"])
def test_command_refuses_a_bad_date_in_words(db: None, text: str) -> None:
    with pytest.raises(CommandError, match="日期|只能生成"):
        call_command("generate_tasks", date=text)
    assert Task.objects.count() == 0


def test_shanghai_day_not_utc_day(world: World) -> None:
    just_after_midnight = at(date(2026, 11, 21), 0, 5)
    assert [outcome.day for outcome in generation.run_due(now=just_after_midnight)] == [
        date(2026, 11, 21)
    ]
