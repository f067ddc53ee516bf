"""Celery tasks of the documents: thin, safe to run twice; the pages and a command do the same."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from cylinders.models import CertificateRevision
from reports.actions import paperwork
from units.loader import load_actor
from units.models import User


@shared_task
def write_certificates(revision_ids: list[int], user_id: int) -> None:
    """The 使用登记证 of revisions just issued (twin: manage.py issue_certificates)."""
    actor = load_actor(User.objects.get(pk=user_id))
    for revision in CertificateRevision.objects.filter(pk__in=revision_ids).order_by("pk"):
        paperwork.write_certificate(revision, actor=actor, now=timezone.now())


@shared_task
def write_summary(subject: str, code: str, revision: int | None, user_id: int) -> None:
    """The next part of a summary table, then wakes itself for the one after it."""
    actor = load_actor(User.objects.get(pk=user_id))
    now = timezone.now()
    if paperwork.write_next_part(subject, code, revision, actor=actor, now=now):
        write_summary.apply_async((subject, code, revision, user_id), retry=False)
