"""证书生成: an approved application becomes registered cylinders and certificates (decision 15, F87)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Count

from config.actor import Actor
from config.clock import local_day
from config.errors import RuleBroken
from config.workflow import transition
from cylinders import hooks
from cylinders.actions.registering import (
    certificates_for,
    lock_unit,
    refuse_twins,
    register,
    standing_of,
)
from cylinders.enums import CylinderState, StepName
from cylinders.models import Batch, BatchStep, Certificate, CertificateRevision, Cylinder
from cylinders.states import seat_of
from units import audit, outbox
from units.roles import Can

LIST_LINK = "/cylinders/certificates/"


def certify(batch: Batch, *, actor: Actor, now: datetime) -> list[CertificateRevision]:
    """Issue the certificates of an approved application; returns their new revisions.

    One transaction, in sets (10,000 cylinders in seconds):
    1. the batch goes from 已审批 to 已发证 under its row lock: a second click finds it done;
    2. the unit's certificates are locked, so that two of its batches follow each other;
    3. a cylinder that was registered meanwhile refuses the whole, and is named;
    4. each kind (车用: each vehicle) gets or keeps its certificate; each cylinder the next code of
       it; an existing one keeps its old code when nobody holds it (F88);
    5. cylinders, their first event, the items' end, revision, step, audit row and message.
    RuleBroken: wrong_state, not_yours (403), no_items, twin_registered, no_number_rule.
    """
    with transaction.atomic():
        batch = transition(batch, "certify", actor=actor, now=now)
        lock_unit(batch.unit_id)
        standing = standing_of(batch)
        if not standing:
            raise RuleBroken("no_items", "本批次没有可以登记的气瓶，不能生成证书，请退件。")
        refuse_twins(batch)
        day = local_day(now)
        keys = {row.key for row in standing}
        certificates = certificates_for(keys, batch, day=day, now=now)
        register(batch, standing, certificates, actor=actor, day=day, now=now)
        added = Counter(certificates[row.key].pk for row in standing)
        revisions = _revise(certificates.values(), added, batch, actor=actor, now=now)
        _tell(batch, len(standing), revisions, actor=actor, now=now)
        hooks.certified(revisions, actor=actor, now=now)
    return revisions


def reprint(
    certificate: Certificate,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    revision: int | None = None,
) -> CertificateRevision:
    """Issue a certificate anew, for a stated reason; earlier revisions and their PDFs stay.

    `revision` is the newest one that the person saw: when there is a newer one by now (two tabs,
    a double click, a batch certified meanwhile) nothing is issued.
    RuleBroken: not_yours (403), no_reason, stale.
    """
    if not is_issuer(certificate, actor):
        raise RuleBroken("not_yours", "只有发证的区县局可以重新打印使用登记证。", status=403)
    if not reason.strip():
        raise RuleBroken("no_reason", "请写明重新打印的原因。", field="reason")
    with transaction.atomic():
        lock_unit(certificate.unit_id)
        certificate = Certificate.objects.select_related("unit").get(pk=certificate.pk)
        if revision is not None and revision != certificate.revision:
            raise RuleBroken(
                "stale",
                f"该证刚刚生成了第 {certificate.revision} 版，没有再次生成。请核对后再决定是否需要。",
            )
        (made,) = _revise(
            [certificate], Counter(), None, actor=actor, now=now, reason=reason.strip()
        )
        audit.record(
            actor,
            audit.Verb.CERTIFICATE_REISSUED,
            certificate,
            now=now,
            after={"number": certificate.number, "revision": made.revision, "reason": made.reason},
        )
        outbox.tell_unit(
            certificate.unit_id,
            kind="cylinder_certificate",
            text=f"使用登记证 {certificate.number} 已由{made.issued_by_name}重新打印，"
            f"现为第 {made.revision} 版。原因：{made.reason}",
            dedupe_key=f"certificate:{certificate.code}:{made.revision}",
            now=now,
            link=f"{LIST_LINK}{certificate.code}/",
        )
        hooks.certified([made], actor=actor, now=now)
    return made


def is_issuer(certificate: Certificate, actor: Actor) -> bool:
    """A person of the bureau of the certificate's own district; the one above only reads."""
    return seat_of(actor) == certificate.region_id and actor.can(Can.CYLINDER_REVIEW)


# ------------------------------------------------------------------ what is written about it
def _revise(
    certificates: Iterable[Certificate],
    added: Counter[int],
    batch: Batch | None,
    *,
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> list[CertificateRevision]:
    """The next revision of each certificate, with what it covers by now."""
    rows = list(certificates)
    covered = dict(
        Cylinder.objects.filter(certificate__in=[one.pk for one in rows])
        .exclude(state=CylinderState.SCRAPPED)
        .order_by()
        .values_list("certificate")
        .annotate(Count("pk"))
    )
    for one in rows:
        one.revision += 1
    Certificate.objects.bulk_update(rows, ["revision", "last_serial"], batch_size=1000)
    return CertificateRevision.objects.bulk_create(
        [
            CertificateRevision(
                certificate=one,
                revision=one.revision,
                batch=batch,
                reason=reason[:200],
                added=added[one.pk],
                total=covered.get(one.pk, 0),
                unit_name=batch.unit_name if batch else one.unit.name,
                issued_by_name=actor.owner_name[:120],
                user_id=actor.user_id,
                issued_at=now,
            )
            for one in rows
        ],
        batch_size=1000,
    )


def _tell(
    batch: Batch,
    cylinders: int,
    revisions: list[CertificateRevision],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Step, audit row, message to the unit."""
    figures = {"cylinders": cylinders, "certificates": len(revisions)}
    named = [one.certificate.number for one in revisions[:20]]
    BatchStep.objects.create(
        batch=batch,
        round=batch.round,
        name=StepName.CERTIFIED,
        details={**figures, "numbers": named},
        user_id=actor.user_id,
        actor_name=actor.name[:120],
        owner_name=actor.owner_name[:120],
        at=now,
    )
    audit.record(
        actor,
        audit.Verb.BATCH_CERTIFIED,
        batch,
        now=now,
        after={"number": batch.number, **figures, "numbers": named},
    )
    several = f"等 {len(revisions)} 张" if len(revisions) > 1 else ""
    outbox.tell_unit(
        batch.unit_id,
        kind="cylinder_batch",
        text=f"申请 {batch.number} 已发证：{cylinders} 只气瓶已登记，"
        f"使用登记证 {named[0]}{several}。可在使用登记证中查看、下载。",
        dedupe_key=f"batch:{batch.code}:certified",
        now=now,
        link=LIST_LINK,
    )
