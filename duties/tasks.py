"""Celery tasks of the duties: thin, safe to run twice, each with a command twin."""

import time

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from duties import escalation, generation, selfcheck

# Well within the time limit of a message (config.celery), the longest district included.
WAKE_SECONDS = 240
CHECK_SECONDS = 4 * 3600


@shared_task(name="duties.tasks.wake_generation")
def wake_generation(*, is_share: bool = False) -> list[str]:
    """Wake the generator; what is due is read from the database (twin: generate_tasks).

    Where several districts are due, the wake calls others to share them (GENERATION_SESSIONS in
    all); each takes districts that nobody works on, so it does not matter how many come. A long
    catch-up goes on in a message of its own, so that none outlives its time limit.
    """
    began, now = time.monotonic(), timezone.now()
    if not is_share:
        for _ in range(min(settings.GENERATION_SESSIONS, generation.due_districts(now=now)) - 1):
            _share()
    outcomes = generation.run_due(now=now, seconds=WAKE_SECONDS)
    if time.monotonic() - began >= WAKE_SECONDS:
        _share()
    return [line for outcome in outcomes for line in outcome.lines()]


def _share() -> None:
    wake_generation.apply_async(kwargs={"is_share": True}, expires=3600)


@shared_task(name="duties.tasks.remind_officers")
def remind_officers() -> str:
    """Remind of what is due today and not done (twin: remind_duties)."""
    return str(escalation.remind_due(now=timezone.now()))


@shared_task(name="duties.tasks.escalate_missed")
def escalate_missed() -> str:
    """Tell of what was missed, one step up at a time (twin: remind_duties)."""
    return str(escalation.escalate(now=timezone.now()))


# Acknowledged when it begins: a province takes longer than a message may stay unacknowledged, and a
# check that is lost is made the next night.
@shared_task(
    name="duties.tasks.check_todos",
    acks_late=False,
    soft_time_limit=CHECK_SECONDS,
    time_limit=CHECK_SECONDS + 60,
)
def check_todos() -> str:
    """Compare the to-dos of the last 35 days with the rule (twin: check_todos)."""
    return str(selfcheck.run(now=timezone.now()))
