"""Celery tasks of the duties: thin, safe to run twice, each with a command twin."""

from celery import shared_task
from django.utils import timezone

from duties import generation


@shared_task(name="duties.tasks.wake_generation")
def wake_generation() -> list[str]:
    """Wake the generator; what is due is read from the database (twin: generate_tasks)."""
    outcomes = generation.run_due(now=timezone.now())
    return [line for outcome in outcomes for line in outcome.lines()]
