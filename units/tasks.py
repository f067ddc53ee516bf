"""Celery tasks of the shared tables; thin, safe to run twice."""

from celery import shared_task
from django.utils import timezone

from units import carried, delivery
from units.actions import imports
from units.loader import load_actor


@shared_task
def drain_outbox() -> None:
    """Deliver what is due in the outbox (command twin: manage.py drain_outbox).

    A run that ended at its limit wakes the next one: thousands of reminders do not wait for beat.
    """
    if delivery.drain(now=timezone.now()).has_more:
        drain_outbox.apply_async(expires=120, retry=False)


# Imported where they run: the actions below write messages, and the outbox wakes the task above.
@shared_task
def lapse_leaves() -> None:
    """Requests to leave that nobody answered take effect (twin: manage.py lapse_leaves)."""
    from units.actions.leave import lapse_requests

    lapse_requests(now=timezone.now())


@shared_task
def remind() -> None:
    """Certificates that end, drills and trainings not held (twin: manage.py remind)."""
    from units import reminders

    reminders.remind_certificates(now=timezone.now())
    reminders.remind_activities(now=timezone.now())


@shared_task
def sweep_files() -> None:
    """Files of refused forms that nobody sent again go (twin: manage.py sweep_files)."""
    carried.sweep(now=timezone.now())


@shared_task
def run_import(job_id: int) -> None:
    """Check or write an import job, whichever it waits for; safe to run twice."""
    if not imports.run_check(job_id, actor_of=load_actor, clock=timezone.now):
        imports.run_apply(job_id, actor_of=load_actor, now=timezone.now())


@shared_task
def resume_imports() -> None:
    """Take up the jobs that a lost message or a dead worker left behind."""
    for job_id, _state in imports.unfinished(now=timezone.now()):
        run_import(job_id)
