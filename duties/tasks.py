"""Celery tasks of the duties: thin, safe to run twice, each with a command twin."""

from celery import shared_task
from django.utils import timezone

from duties import escalation, generation, selfcheck


@shared_task(name="duties.tasks.wake_generation")
def wake_generation() -> list[str]:
    """Wake the generator; what is due is read from the database (twin: generate_tasks)."""
    outcomes = generation.run_due(now=timezone.now())
    return [line for outcome in outcomes for line in outcome.lines()]


@shared_task(name="duties.tasks.remind_officers")
def remind_officers() -> str:
    """Remind of what is due today and not done (twin: remind_duties)."""
    return str(escalation.remind_due(now=timezone.now()))


@shared_task(name="duties.tasks.escalate_missed")
def escalate_missed() -> str:
    """Tell of what was missed, one step up at a time (twin: remind_duties)."""
    return str(escalation.escalate(now=timezone.now()))


@shared_task(name="duties.tasks.check_todos")
def check_todos() -> str:
    """Compare the to-dos of the last 35 days with the rule (twin: check_todos)."""
    return str(selfcheck.run(now=timezone.now()))
