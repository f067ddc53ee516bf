"""Celery tasks of the archive: thin, safe to run twice, each with a command twin."""

from celery import shared_task
from django.utils import timezone

from equipment.actions import licence_reminders


@shared_task(name="equipment.tasks.remind_licences")
def remind_licences() -> int:
    """Remind of licences that expire (twin: remind_licences)."""
    return licence_reminders.remind(now=timezone.now())
