"""Celery tasks of the hazards: thin, safe to run twice, each with a command twin."""

from celery import shared_task
from django.utils import timezone

from hazards import actions


@shared_task(name="hazards.tasks.mark_overdue")
def mark_overdue() -> int:
    """Write down deadlines that have passed, let lapses go up (twin: mark_overdue_hazards)."""
    now = timezone.now()
    marked = actions.mark_overdue(now=now)
    actions.escalate_overdue(now=now)
    return marked
