"""Celery tasks of cylinders; thin, safe to run twice."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from cylinders import reminders
from cylinders.actions import photo_archives
from units.loader import load_actor

# Well within the limit of a task; a large ZIP wakes the next run.
UNPACKS_FOR = timedelta(minutes=3)


@shared_task
def unpack_photos(archive_id: int) -> None:
    """Attach the pictures of an uploaded ZIP to their cylinders."""
    has_more = photo_archives.run(
        archive_id, actor_of=load_actor, clock=timezone.now, most=UNPACKS_FOR
    )
    if has_more:
        unpack_photos.apply_async(args=[archive_id], retry=False)


@shared_task
def resume_photos() -> None:
    """Take up the ZIPs that a lost message or a dead worker left behind."""
    for archive_id in photo_archives.unfinished(now=timezone.now()):
        unpack_photos.apply_async(args=[archive_id], expires=120, retry=False)


@shared_task(name="cylinders.tasks.remind_cylinders")
def remind_cylinders() -> int:
    """Move what is overdue into 待检, tell units what falls due (twin: remind_cylinders)."""
    return reminders.remind(now=timezone.now()).units
