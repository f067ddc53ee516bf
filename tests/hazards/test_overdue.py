"""逾期 is a stored moment, written once a deadline however often the sweep runs (decision 12)."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.clock import at, end_of
from hazards import actions, tasks, wording
from hazards.models import Hazard, HazardEvent
from tests.factories import hazards as made
from tests.factories.units import appointment
from tests.threads import done_at_once
from tests.world import NOW, TODAY, World
from units.models import AuditEntry, OutboxMessage

YESTERDAY = TODAY - timedelta(days=1)
BEGIN = NOW - timedelta(days=10)


def late(world: World, **fields: object) -> Hazard:
    values = {"state": "pending_rectification", "due_on": YESTERDAY, "found_at": BEGIN}
    return made.hazard(fields.pop("machine", world.lift), **{**values, **fields})


def test_the_moment_is_stored_and_both_are_told_once(world: World) -> None:
    hazard = late(world)
    assert actions.mark_overdue(now=NOW) == 1
    hazard.refresh_from_db()
    assert hazard.overdue_at == end_of(YESTERDAY)
    assert hazard.state == "pending_rectification"
    event = HazardEvent.objects.get()
    assert (event.name, event.by_name, event.by, event.at) == ("overdue", "系统", None, NOW)
    assert AuditEntry.objects.get().verb == "hazard.overdue"
    told = set(
        OutboxMessage.objects.filter(channel="sms").values_list("recipient__name", flat=True)
    )
    assert told == {"李安", "王总"}
    text = OutboxMessage.objects.filter(channel="sms").first().text
    assert text.startswith("隐患整改逾期 1 天：1号客梯（A座大堂）：")

    assert actions.mark_overdue(now=NOW + timedelta(hours=1)) == 0
    assert actions.mark_overdue(now=NOW + timedelta(days=5)) == 0
    assert (HazardEvent.objects.count(), OutboxMessage.objects.filter(channel="sms").count()) == (
        1,
        2,
    )


def test_the_day_itself_is_in_time_until_24_00(world: World) -> None:
    late(world, due_on=TODAY)
    assert actions.mark_overdue(now=at(TODAY, 23, 59)) == 0
    assert actions.mark_overdue(now=end_of(TODAY)) == 1


@pytest.mark.parametrize("state", ["rectified", "reviewed"])
def test_what_is_done_does_not_lapse(world: World, state: str) -> None:
    late(world, state=state)
    made.hazard(world.lift)
    assert actions.mark_overdue(now=NOW) == 0


def test_a_new_deadline_lapses_anew_and_the_first_moment_stays(world: World) -> None:
    world.jia.reviews_hazards = True
    world.jia.save()
    hazard = late(world, due_on=TODAY - timedelta(days=3))
    actions.mark_overdue(now=NOW - timedelta(days=1))
    hazard = actions.submit_rectification(
        hazard, result="已改", photos=[], no_photo_reason="暗", actor=world.actor(world.li), now=NOW
    )
    hazard = actions.send_back(
        hazard, reason="不行", due_on=TODAY, actor=world.actor(world.wang), now=NOW
    )
    assert actions.mark_overdue(now=NOW) == 0
    assert actions.mark_overdue(now=NOW + timedelta(days=1)) == 1
    assert actions.mark_overdue(now=NOW + timedelta(days=2)) == 0
    hazard.refresh_from_db()
    assert hazard.overdue_at == end_of(TODAY - timedelta(days=3))
    assert HazardEvent.objects.filter(name="overdue").count() == 2
    assert OutboxMessage.objects.filter(channel="sms", kind="hazard.overdue").count() == 4


def test_one_person_in_both_posts_is_told_once(world: World) -> None:
    appointment(world.li, "safety_director")
    late(world)
    actions.mark_overdue(now=NOW)
    names = (
        OutboxMessage.objects.filter(channel="sms")
        .order_by("recipient__name")
        .values_list("recipient__name")
    )
    assert sorted(name for (name,) in names) == ["李安", "王总"]


def test_events_and_moments_are_written_set_based(world: World) -> None:
    late(world)
    with CaptureQueriesContext(
        connection,
    ) as one:
        actions.mark_overdue(now=NOW)
    for _ in range(3):
        late(world)
    with CaptureQueriesContext(connection) as three:
        assert actions.mark_overdue(now=NOW) == 3

    def statements(context: CaptureQueriesContext, text: str) -> int:
        return sum(query["sql"].startswith(text) for query in context.captured_queries)

    for text in ('UPDATE "hazards_hazard"', 'INSERT INTO "hazards_hazardevent"'):
        assert (statements(one, text), statements(three, text)) == (1, 1)


def test_batches_go_on_until_nothing_is_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hazards.actions.overdue.BATCH", 2)
    for _ in range(5):
        late(world)
    assert actions.mark_overdue(now=NOW) == 5


def test_a_lapse_goes_up_to_the_principal_and_the_district_once(world: World) -> None:
    """Decision 12: officer and director at once, the principal after 3 days, the district after 7."""
    hazard, other = late(world), late(world, source="weekly", equipment=None)
    Hazard.objects.filter(pk=other.pk).update(due_on=YESTERDAY)
    late(world, machine=world.yi_lift, due_on=TODAY)  # lapses a day later
    done = late(world, state="rectified")

    def goes_up(days: int, hour: int = 9) -> tuple[int, list[tuple[str, str]]]:
        before = set(OutboxMessage.objects.values_list("pk", flat=True))
        count = actions.escalate_overdue(now=at(YESTERDAY + timedelta(days=days), hour))
        new = OutboxMessage.objects.filter(channel="in_app").exclude(pk__in=before)
        return count, sorted(new.values_list("recipient__name", "text"))

    assert goes_up(2) == (0, [])
    assert goes_up(3, hour=7) == (0, [])  # nobody is written to at night
    count, told = goes_up(3)
    assert (count, {name for name, _ in told}) == (2, {"陈责"})
    assert told[0][1].startswith("隐患逾期 3 天仍未整改：")
    assert goes_up(3, hour=10) == (0, [])
    assert [name for name, _ in goes_up(4)[1]] == ["周责"]
    count, told = goes_up(7)
    assert (count, told) == (
        2,
        [
            (
                "渝中区市场监督管理局",
                "甲物业管理有限公司有 1 条周隐患逾期 7 天仍未整改，请督促整改。",
            ),
            (
                "渝中区市场监督管理局",
                "甲物业管理有限公司有 1 条日隐患逾期 7 天仍未整改，请督促整改。",
            ),
        ],
    )
    assert goes_up(8)[0] == 1  # 乙's, a day later; 甲's not again
    for one in (hazard, other):
        assert list(one.events.values_list("label", "by_name")) == [
            ("逾期上报主要负责人", "系统"),
            ("逾期上报区县局", "系统"),
        ]
    assert not done.events.exists()


def test_a_step_that_nobody_took_for_weeks_is_taken_late(world: World) -> None:
    """The workers stood for four weeks: both steps are made good, once."""
    hazard = late(world)
    back = YESTERDAY + timedelta(days=28)
    assert actions.escalate_overdue(now=at(back, 9)) == 2
    assert actions.escalate_overdue(now=at(back, 10)) == 0
    assert list(hazard.events.values_list("label", flat=True)) == [
        "逾期上报主要负责人",
        "逾期上报区县局",
    ]
    audited = AuditEntry.objects.filter(verb="hazard.overdue").values_list("after", flat=True)
    assert sorted(one["told"] for one in audited) == ["district", "principal"]
    text = OutboxMessage.objects.get(recipient__name="陈责", channel="in_app").text
    assert text.startswith("隐患逾期 28 天仍未整改：")


def test_a_unit_is_asked_once_for_its_principal(world: World) -> None:
    """An outage leaves many lapses to go up in one transaction, which holds them."""
    for days in (3, 4, 5):
        late(world, due_on=TODAY - timedelta(days=days))
    with CaptureQueriesContext(connection) as queries:
        assert actions.escalate_overdue(now=NOW) == 3
    assert sum("units_appointment" in one["sql"] for one in queries.captured_queries) == 1


def test_task_and_command_are_thin_twins(world: World) -> None:
    late(world, due_on=TODAY - timedelta(days=5))
    out = StringIO()
    call_command("mark_overdue_hazards", stdout=out)
    assert out.getvalue() == "新标记逾期隐患 1 条\n"
    assert tasks.mark_overdue() == 0


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_write_every_line_once(committed_world: World) -> None:
    for _ in range(6):
        late(committed_world)
    totals = done_at_once(*[lambda: actions.mark_overdue(now=NOW)] * 3)
    assert sum(totals) == 6
    assert HazardEvent.objects.filter(name="overdue").count() == 6
    assert OutboxMessage.objects.filter(channel="sms").count() == 12


def test_overdue_in_words(world: World) -> None:
    hazard = late(world, due_on=TODAY - timedelta(days=3))
    tag = wording.standing(hazard, TODAY, reviews=False)
    assert (tag.kind, tag.word) == ("late", "逾期 3 天")
    assert wording.deadline(hazard, TODAY - timedelta(days=3)) == "今天到期"
    assert wording.deadline(hazard, TODAY - timedelta(days=5)) == "还有 2 天"
    hazard.state = "rectified"
    assert wording.standing(hazard, TODAY, reviews=False).word == "已整改"
    assert wording.standing(hazard, TODAY, reviews=True).word == "待复查"
