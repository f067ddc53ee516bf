"""Celery tasks of the shared tables; thin, safe to run twice."""

from celery import shared_task
from django.utils import timezone

from units import delivery


@shared_task
def drain_outbox() -> None:
    """Deliver what is due in the outbox (command twin: manage.py drain_outbox)."""
    delivery.drain(now=timezone.now())
