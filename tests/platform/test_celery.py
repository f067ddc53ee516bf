"""The beat table and the promises of the Celery settings."""

from datetime import UTC, datetime, timedelta

import pytest
from celery import current_app
from celery.schedules import crontab

from config.celery import app, broker_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("unix:///run/x/redis.sock?db=0", "redis+socket:///run/x/redis.sock?virtual_host=0"),
        ("unix:///run/x/redis.sock?db=7", "redis+socket:///run/x/redis.sock?virtual_host=7"),
        ("unix:///run/x/redis.sock", "redis+socket:///run/x/redis.sock?virtual_host=0"),
        ("redis://redis:6379/0", "redis://redis:6379/0"),
        ("rediss://user:p@cache:6380/2", "rediss://user:p@cache:6380/2"),
    ],
)
def test_broker_addresses(url: str, expected: str) -> None:
    assert broker_url(url) == expected


def test_tasks_survive_a_worker() -> None:
    options = app.conf.broker_transport_options
    assert app.conf.task_acks_late is True
    assert app.conf.task_reject_on_worker_lost is True
    assert app.conf.worker_prefetch_multiplier == 1
    assert options["unacked_restore_interval"] == 5
    assert options["unacked_restore_throttle"] == 1
    assert app.conf.task_time_limit < options["visibility_timeout"]


def test_the_app_is_the_current_one_in_every_thread() -> None:
    assert current_app._get_current_object() is app


def test_every_entry_of_the_beat_table_is_a_task() -> None:
    app.loader.import_default_modules()
    wanted = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert wanted - set(app.tasks) == set()


@pytest.mark.parametrize(
    ("now", "wait"),
    [
        # 2026-11-19 16:04 UTC is 00:04 on the 20th in Shanghai.
        (datetime(2026, 11, 19, 16, 4, tzinfo=UTC), timedelta(minutes=1)),
        (datetime(2026, 11, 19, 16, 6, tzinfo=UTC), timedelta(hours=23, minutes=59)),
    ],
)
def test_the_day_is_generated_five_minutes_past_midnight_in_shanghai(
    now: datetime, wait: timedelta
) -> None:
    schedule: crontab = app.conf.beat_schedule["wake-generation"]["schedule"]
    local = now.astimezone(app.timezone)
    due = crontab(
        hour=schedule._orig_hour, minute=schedule._orig_minute, app=app, nowfun=lambda: local
    )
    assert due.remaining_estimate(local) == wait


def test_repeated_messages_do_not_pile_up() -> None:
    """With no worker for a day, a sweep is worth one message, not hundreds."""
    sweeps = {name: entry for name, entry in app.conf.beat_schedule.items() if "options" in entry}
    assert set(app.conf.beat_schedule) - set(sweeps) == {"wake-generation"}
    assert {
        name: entry["options"]["expires"] > 0 for name, entry in sweeps.items()
    } == dict.fromkeys(sweeps, True)
