"""The harness of the races loses nothing: what an act returns, is refused with, or breaks on."""

from __future__ import annotations

import threading

import pytest
from django.db import connections

from config.errors import RuleBroken
from tests import threads
from tests.threads import at_once, begin, done_and_refused, done_at_once, told_at_once
from tests.waiting import PATIENCE

pytestmark = pytest.mark.django_db


def refused() -> None:
    raise RuleBroken("closed", "已关闭。")


def broken() -> None:
    raise ValueError("broken")


def test_every_act_answers_in_order() -> None:
    meeting = threading.Barrier(2)  # passed only by two who run at the same time
    first, second, third = at_once(
        lambda: meeting.wait(PATIENCE), refused, lambda: meeting.wait(PATIENCE)
    )
    assert sorted([first.value, third.value]) == [0, 1]
    assert (second.value, second.code, second.message) == (None, "closed", "已关闭。")
    assert (first.refusal, first.code, first.message) == (None, "", "")
    assert told_at_once(refused, lambda: None) == ["closed", ""]
    assert done_at_once(lambda: 1, lambda: 2) == [1, 2]
    done, refusals = done_and_refused(lambda: 1, refused, lambda: 3)
    assert (done, [one.code for one in refusals]) == ([1, 3], ["closed"])


def test_an_error_fails_the_test() -> None:
    with pytest.raises(ExceptionGroup) as failed:
        at_once(refused, broken, lambda: None)
    assert [repr(one) for one in failed.value.exceptions] == ["ValueError('broken')"]
    with pytest.raises(ExceptionGroup) as failed:
        done_at_once(lambda: 1, refused)
    assert [repr(one) for one in failed.value.exceptions] == ["RuleBroken('已关闭。')"]
    with pytest.raises(ValueError, match="broken"):
        begin(broken).result(PATIENCE)


def test_an_act_that_does_not_end_fails_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "PATIENCE", 0.1)
    released = threading.Event()
    with pytest.raises(AssertionError, match="1 of 1 acts did not end"):
        at_once(released.wait)
    released.set()


def test_the_connection_of_an_act_is_closed() -> None:
    def act() -> object:
        connections["default"].ensure_connection()
        return connections["default"]  # this thread's own

    assert begin(act).result(PATIENCE).connection is None
