"""How long a photograph was looked at, and which ones are drawn again: pure rules."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core import signing

from cylinders import check_rules as rules
from cylinders.check_rules import Progress
from cylinders.enums import CheckStep
from tests.factories.units import NOW

LOOK = {"step": CheckStep.ACCEPT, "round_": 1, "user_id": 7}


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("total", "percent", "size"),
    [(0, 5, 0), (1, 5, 1), (20, 5, 1), (21, 5, 2), (30_000, 5, 1500), (7, 100, 7), (90, 0, 1)],
)
def test_the_sample_is_the_percentage_rounded_up_and_one_at_least(
    total: int, percent: int, size: int
) -> None:
    assert rules.sample_size(total, percent) == size


def test_the_draw_depends_on_the_seed_and_nothing_else() -> None:
    codes = [f"code-{number}" for number in range(50)]

    def first(seed: str) -> list[str]:
        return sorted(codes, key=lambda code: rules.sample_rank(seed, code))[:10]

    assert first("a") == first("a")
    assert first("a") != first("b")


@pytest.mark.parametrize(
    ("seen_ms", "given_out", "last_save", "counted"),
    [
        (1500, after(-2), None, 1500),
        (5000, after(-2), None, 2000),  # more than there was time for
        (None, after(-2), None, 2000),  # no JavaScript: the server's bound
        (-5, after(-2), None, 0),
        (1500, None, None, 0),  # no valid token
        (1500, after(-2), after(-2), 1500),  # given out with the previous judgement
        (1500, after(-2), after(-1), 0),  # another one was judged meanwhile, or this one already
        (10**9, after(-3600), None, 300_000),  # at most five minutes a look
    ],
)
def test_a_look_counts_what_was_measured_within_what_was_possible(
    seen_ms: int | None, given_out: datetime | None, last_save: datetime | None, counted: int
) -> None:
    found = rules.look_ms(seen_ms, given_out=given_out, last_save=last_save, now=NOW)
    assert found == counted


def test_a_token_says_to_the_microsecond_when_it_was_given_out() -> None:
    token = rules.give_out("code", now=after(0.123456), **LOOK)
    assert rules.given_out_at(token, "code", now=after(9), **LOOK) == after(0.123456)


@pytest.mark.parametrize(
    ("token", "about"),
    [
        ("", {}),
        ("𬭚" * 9, {}),
        (signing.dumps(["code", "accept", 1, 7, 0], salt="another"), {}),
        (signing.dumps("text", salt="cylinders.look"), {}),
        (signing.dumps(["code", "accept", 1, 7, 10**40], salt="cylinders.look"), {}),
        (rules.give_out("other", now=NOW, **LOOK), {}),
        (rules.give_out("code", now=NOW, **LOOK), {"round_": 2}),
        (rules.give_out("code", now=NOW, **LOOK), {"user_id": 8}),
        (rules.give_out("code", now=NOW, **LOOK), {"step": CheckStep.SAMPLE}),
        (rules.give_out("code", now=after(-7300), **LOOK), {}),
        (rules.give_out("code", now=after(60), **LOOK), {}),
    ],
    # A token carries the second of its signature: as an id it would differ between two processes.
    ids=(
        "empty", "rare characters", "another salt", "text", "beyond time", "another photograph",
        "another round", "another person", "another step", "too old", "of the future",
    ),
)  # fmt: skip
def test_a_forged_foreign_or_old_token_is_none(token: str, about: dict[str, object]) -> None:
    look = LOOK | about
    assert rules.given_out_at(token, "code", now=after(1), **look) is None


@pytest.mark.parametrize(
    ("progress", "sentence"),
    [
        (Progress(total=0, seen=0, wrong=0, again=0), "没有可以审核的照片。"),
        (Progress(total=9, seen=5, wrong=1, again=0), "还有 4 张未审核。"),
        (
            Progress(total=9, seen=8, wrong=1, again=2),
            "还有 1 张未审核，2 张查看时间太短、需复看。",
        ),
        (Progress(total=9, seen=9, wrong=9, again=0), ""),
    ],
)
def test_what_is_left_is_said_in_words(progress: Progress, sentence: str) -> None:
    assert progress.sentence == sentence
    assert progress.is_complete == (sentence == "")
