"""The outbox: delivered once, retried with growing waits, given up with a reason."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from tests.threads import done_at_once
from tests.units.postbox import Postbox
from tests.world import NOW, World
from units import delivery, sms, tasks
from units.models import OutboxMessage
from units.outbox import tell

DOWN = sms.SmsError("连接不上短信网关。", is_outage=True)


def write(
    world: World, key: str = "hazard:1", channel: str = OutboxMessage.Channel.SMS, **fields: Any
) -> OutboxMessage:
    message = {"kind": "hazard", "text": "有新的隐患待整改。", "dedupe_key": key}
    tell(world.li, **message, now=NOW, channel=channel, **fields)
    return OutboxMessage.objects.get(dedupe_key__startswith=key, channel=channel)


def test_a_due_message_goes_out_with_its_link(
    world: World, postbox: type[Postbox], settings: Any
) -> None:
    settings.PUBLIC_URL = "https://shouze.example"
    message = write(world, link="/m/hazards/")
    assert str(delivery.drain(now=NOW)) == "送达 1，待重试 0，放弃 0"
    message.refresh_from_db()
    assert postbox.sent == [("13800000001", "有新的隐患待整改。 https://shouze.example/m/hazards/")]
    assert (message.delivered_at, message.attempts) == (NOW, 1)


def test_a_second_run_sends_nothing(world: World, postbox: type[Postbox]) -> None:
    write(world)
    delivery.drain(now=NOW)
    assert str(delivery.drain(now=NOW)) == "送达 0，待重试 0，放弃 0"
    assert len(postbox.sent) == 1


def test_a_message_waits_for_its_time(world: World, postbox: type[Postbox]) -> None:
    write(world, due_at=NOW + timedelta(hours=1))
    delivery.drain(now=NOW)
    assert postbox.sent == []
    delivery.drain(now=NOW + timedelta(hours=1))
    assert len(postbox.sent) == 1


def test_failures_wait_longer_each_time_and_end_after_five(
    world: World, postbox: type[Postbox]
) -> None:
    message = write(world)
    postbox.refuses["13800000001"] = DOWN
    now, waits = NOW, []
    for _ in range(4):
        assert str(delivery.drain(now=now)) == "送达 0，待重试 1，放弃 0"
        message.refresh_from_db()
        waits.append(message.due_at - now)
        assert str(delivery.drain(now=now)) == "送达 0，待重试 0，放弃 0"
        now = message.due_at
    assert waits == [
        timedelta(minutes=1),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
    ]
    assert str(delivery.drain(now=now)) == "送达 0，待重试 0，放弃 1"
    message.refresh_from_db()
    assert (message.attempts, message.given_up_at, message.last_error) == (
        5,
        now,
        "5 次未送达：连接不上短信网关。",
    )
    postbox.refuses.clear()
    delivery.drain(now=now + timedelta(days=1))
    assert postbox.sent == []


def test_one_failing_message_does_not_hold_up_the_others(
    world: World, postbox: type[Postbox]
) -> None:
    write(world)
    tell(world.wang, kind="k", text="二", dedupe_key="two", now=NOW)
    postbox.refuses["13800000001"] = DOWN
    assert str(delivery.drain(now=NOW)) == "送达 1，待重试 1，放弃 0"
    assert postbox.sent == [("13800000003", "二")]


def test_somebody_who_left_gets_no_more_news_of_the_unit(
    world: World, postbox: type[Postbox]
) -> None:
    message = write(world)
    world.li.ended_on = date(2026, 11, 20)
    world.li.save()
    assert str(delivery.drain(now=NOW)) == "送达 0，待重试 0，放弃 1"
    message.refresh_from_db()
    assert (message.last_error, postbox.sent) == ("收件人已不在该单位。", [])


def test_without_a_phone_there_is_nothing_to_send_to(world: World, postbox: type[Postbox]) -> None:
    message = write(world)
    world.li.user.phone = None
    world.li.user.save()
    delivery.drain(now=NOW)
    message.refresh_from_db()
    assert (message.last_error, message.given_up_at) == ("收件人没有手机号。", NOW)


def test_a_message_inside_the_product_is_delivered_by_being_there(
    world: World, postbox: type[Postbox]
) -> None:
    message = write(world, channel=OutboxMessage.Channel.IN_APP)
    delivery.drain(now=NOW)
    message.refresh_from_db()
    assert (message.delivered_at, postbox.sent) == (NOW, [])


def test_task_and_command_drain(world: World, postbox: type[Postbox], capsys: Any) -> None:
    write(world)
    tasks.drain_outbox()
    call_command("drain_outbox")
    assert len(postbox.sent) == 1
    assert capsys.readouterr().out == "送达 0，待重试 0，放弃 0\n"


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_every_message_once(
    committed_world: World, postbox: type[Postbox]
) -> None:
    for number in range(20):
        tell(committed_world.li, kind="k", text=str(number), dedupe_key=f"n{number}", now=NOW)
    outcomes = done_at_once(*[lambda: delivery.drain(now=NOW)] * 2)
    assert sorted(int(text) for _, text in postbox.sent) == list(range(20))
    assert sum(outcome.delivered for outcome in outcomes) == 20


def test_the_worker_is_woken_after_commit(
    world: World, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    woken: list[dict[str, Any]] = []
    monkeypatch.setattr(tasks.drain_outbox, "apply_async", lambda **how: woken.append(how))
    with django_capture_on_commit_callbacks(execute=True):
        write(world)
        assert woken == []
    assert woken == [{"expires": 120, "retry": False}]
    with django_capture_on_commit_callbacks(execute=True):
        write(world)  # the same message again
        write(world, key="later", due_at=NOW + timedelta(hours=1))
    assert len(woken) == 1


def test_a_broker_that_is_down_does_not_undo_the_change(
    world: World, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def refuse(**how: Any) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr(tasks.drain_outbox, "apply_async", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        write(world)
    assert OutboxMessage.objects.filter(channel="sms").count() == 1


def test_a_run_ends_when_the_gateway_is_down(world: World, postbox: type[Postbox]) -> None:
    for number in range(8):
        write(world, key=f"hazard:{number}:")
    postbox.refuses["13800000001"] = DOWN
    assert str(delivery.drain(now=NOW)) == "送达 0，待重试 5，放弃 0"
    postbox.refuses.clear()
    assert str(delivery.drain(now=NOW)) == "送达 3，待重试 0，放弃 0"


def test_an_unexpected_error_blocks_nobody(
    world: World, postbox: type[Postbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    message = write(world)
    sound = postbox.send

    def breaks(self: Postbox, phone: str, text: str) -> None:
        if phone == "13800000001":
            raise ValueError("unexpected")
        sound(self, phone, text)

    monkeypatch.setattr(Postbox, "send", breaks)
    tell(world.zhang, kind="hazard", text="有新的隐患。", dedupe_key="other", now=NOW)
    assert str(delivery.drain(now=NOW)) == "送达 1，待重试 1，放弃 0"
    message.refresh_from_db()
    assert message.last_error == "发送时出错：unexpected"


def test_the_newest_does_not_wait_behind_thousands(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every fifth place is the newest one's; all go out in the end, each once."""
    sent: list[str] = []
    monkeypatch.setattr(delivery.sms, "send", lambda phone, text: sent.append(text))
    for number in range(12):
        moment = NOW + timedelta(minutes=number)
        tell(world.li, kind="test", text=f"第{number}条", dedupe_key=str(number), now=moment)
    later = NOW + timedelta(hours=1)
    assert delivery.drain(now=later).delivered == 12
    assert sent[:6] == ["第0条", "第1条", "第2条", "第3条", "第11条", "第4条"]
    assert len(set(sent)) == 12
