"""Documents of use registration that the worker writes: certificates, parts of a long table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from config.actor import Actor
from config.clock import local_day
from config.errors import RuleBroken
from cylinders.models import Batch, Certificate, CertificateRevision
from reports import queries_cylinders as queries
from reports.actions import cylinders as actions
from reports.models import DocumentKind, IssuedDocument
from reports.queries_cylinders import Table

BATCH, REVISION = "batch", "revision"
# Certificates written without being asked for; of more (车用, one a vehicle) on demand.
UNASKED = 200


def certified(revisions: Iterable[CertificateRevision], *, actor: Actor, now: datetime) -> None:
    """After certificates were issued: have the worker write them (cylinders.hooks).

    Without a broker nothing is lost: the page offers 生成 PDF.
    """
    from reports.tasks import write_certificates

    wanted = [one.pk for one in revisions][:UNASKED]
    if wanted and actor.user_id is not None:
        transaction.on_commit(
            lambda: write_certificates.apply_async((wanted, actor.user_id), retry=False),
            robust=True,
        )


def ask_summary(table: Table, *, actor: Actor) -> None:
    """Have the worker write the parts of a table that are missing."""
    from reports.tasks import write_summary

    of = BATCH if table.revision is None else REVISION
    given = (of, table.subject, table.revision, actor.user_id)
    transaction.on_commit(lambda: write_summary.apply_async(given, retry=False), robust=True)


def write_certificate(
    revision: CertificateRevision, *, actor: Actor, now: datetime
) -> IssuedDocument:
    """Write the certificate of a revision unless it is there."""
    certificate = Certificate.objects.select_related("unit", "kind", "region").get(
        pk=revision.certificate_id
    )
    return actions.issue_certificate(certificate, revision, actor=actor, now=now)


def write_next_part(
    subject: str, code: str, revision: int | None, *, actor: Actor, now: datetime
) -> bool:
    """Write the first missing part of a table; whether another one is missing after it.

    Two workers on one table meet at its lock: the second finds the part there.
    """
    with transaction.atomic():
        table = _table(subject, code, revision, now)
        part = actions.next_part(table)
        if part is None:
            return False
        try:
            actions.issue_part(table, part, actor=actor, now=now)
        except RuleBroken as broken:
            if broken.code == "issue_in_progress":
                return False
            raise
        return part < table.parts


def unwritten() -> list[CertificateRevision]:
    """The newest revisions whose document was never written: a message or a worker got lost."""
    written = IssuedDocument.objects.filter(kind=DocumentKind.CYLINDER_CERTIFICATE)
    known = set(written.order_by().values_list("subject_code", "revision"))
    rows = CertificateRevision.objects.select_related("certificate", "user").order_by("pk")
    return [
        one
        for one in rows.iterator(chunk_size=2000)
        if one.revision == one.certificate.revision
        and (one.certificate.code, one.revision) not in known
    ]


def _table(subject: str, code: str, revision: int | None, now: datetime) -> Table:
    if subject == BATCH:
        batch = Batch.objects.select_related("unit", "region").get(code=code)
        return queries.table_of_batch(batch, day=local_day(now))
    certificate = Certificate.objects.select_related("unit", "kind", "region").get(code=code)
    found = certificate.revisions.select_related("batch").get(revision=revision)
    return queries.table_of_revision(certificate, found)
