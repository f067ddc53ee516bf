"""Reading use registration certificates: the list, one with its revisions, the public check."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.http import Http404
from django.urls import reverse

from config.actor import Actor
from config.search import with_words
from cylinders.enums import IN_USE, Claim, CylinderState, EventKind
from cylinders.models import (
    Batch,
    BatchItem,
    Certificate,
    CertificateRevision,
    Cylinder,
    CylinderEvent,
    CylinderKind,
)
from cylinders.models.certificate import CertificateQuerySet
from equipment import qr
from units.models.owned import OwnedQuerySet


@dataclass(frozen=True)
class CertificateFilter:
    """What the list of certificates is narrowed to; empty values narrow nothing."""

    keyword: str = ""
    kind: str = ""


def list_certificates(actor: Actor, wanted: CertificateFilter) -> CertificateQuerySet:
    """The certificates an actor may see, newest first, each with `covered` and `renewed_at` of its
    newest revision (not counted anew: a certificate may cover ten thousands)."""
    newest = CertificateRevision.objects.filter(
        certificate=OuterRef("pk"), revision=OuterRef("revision")
    )
    rows = (
        Certificate.objects.for_actor(actor)
        .select_related("unit", "kind", "region")
        .annotate(
            covered=Subquery(newest.values("total")[:1]),
            renewed_at=Subquery(newest.values("issued_at")[:1]),
        )
    )
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    return with_words(rows, wanted.keyword, "number", "vehicle", "unit__name")


def kinds() -> list[tuple[str, str]]:
    """Every kind of cylinder, also of days gone by: certificates of it may exist."""
    return list(CylinderKind.objects.order_by("position").values_list("code", "name"))


def get_certificate(actor: Actor, code: str) -> Certificate:
    """A certificate the actor may see; Http404 for every other."""
    found = (
        Certificate.objects.for_actor(actor)
        .select_related("unit", "kind", "region")
        .filter(code=code)
        .first()
    )
    if found is None:
        raise Http404("no such certificate")
    return found


def revisions_of(certificate: Certificate) -> list[CertificateRevision]:
    """Every issue of a certificate, newest first."""
    return list(certificate.revisions.select_related("batch").order_by("-revision"))


def cylinders_of(certificate: Certificate, keyword: str = "") -> OwnedQuerySet:
    """The cylinders that hang on a certificate, in the order of their registration."""
    rows = Cylinder.objects.filter(certificate=certificate).order_by("id")
    return with_words(rows, keyword, "registration_code", "product_no", "inner_no")


@dataclass(frozen=True)
class Covered:
    """How many cylinders a certificate covers now, and how they stand."""

    total: int
    in_use: int
    stopped: int
    scrapped: int

    @property
    def other(self) -> int:
        """Due, being inspected or lost."""
        return self.total - self.in_use - self.stopped - self.scrapped


def covered_by(certificate: Certificate) -> Covered:
    """The cylinders of a certificate by what they are now."""
    return Covered(
        **Cylinder.objects.filter(certificate=certificate)
        .order_by()
        .aggregate(
            total=Count("pk"),
            in_use=Count("pk", filter=Q(state__in=IN_USE)),
            stopped=Count("pk", filter=Q(state=CylinderState.STOPPED)),
            scrapped=Count("pk", filter=Q(state=CylinderState.SCRAPPED)),
        )
    )


# ------------------------------------------------------------------ the public check
@dataclass(frozen=True)
class Check:
    """What the public check page says of a certificate; `shown` is the revision on the paper."""

    certificate: Certificate
    newest: CertificateRevision
    shown: CertificateRevision | None
    # Every cylinder of it is scrapped.
    is_empty: bool = False

    @property
    def is_outdated(self) -> bool:
        """The paper is an earlier revision."""
        return self.shown is not None and self.shown.revision < self.newest.revision


def check(token: str, revision: str) -> Check | None:
    """The certificate behind a QR and the revision it names; None when there is none such."""
    found = Certificate.objects.select_related("unit", "kind", "region").filter(token=token).first()
    if found is None:
        return None
    issued = {str(one.revision): one for one in found.revisions.order_by("-revision")}
    newest = issued.get(str(found.revision))
    if newest is None or (revision and revision not in issued):
        return None
    live = Cylinder.objects.filter(certificate=found).exclude(state=CylinderState.SCRAPPED)
    return Check(found, newest, issued.get(revision), is_empty=not live.exists())


# ------------------------------------------------------------------ what the summary table lists
def items_of_batch(batch: Batch) -> OwnedQuerySet:
    """The cylinders of an application that are still in it."""
    return (
        BatchItem.objects.standing()
        .filter(batch=batch)
        .select_related("kind", "cylinder")
        .order_by("number")
    )


def cylinders_of_revision(revision: CertificateRevision) -> OwnedQuerySet:
    """What a revision's summary table lists: the cylinders its batch added; of a reprint, those
    that the certificate covered by then."""
    rows = Cylinder.objects.filter(certificate_id=revision.certificate_id).select_related("kind")
    if revision.batch_id is not None:
        return rows.filter(item__batch_id=revision.batch_id, item__claim=Claim.DONE).order_by("id")
    earlier = CertificateRevision.objects.filter(
        certificate_id=revision.certificate_id,
        revision__lt=revision.revision,
        batch__isnull=False,
    )
    gone = CylinderEvent.objects.filter(
        cylinder=OuterRef("pk"), kind=EventKind.SCRAPPED, at__lte=revision.issued_at
    )
    return rows.filter(~Exists(gone), item__batch__in=earlier.values("batch")).order_by("id")


def check_url(certificate: Certificate, revision: int | None = None) -> str:
    """The public check page of a certificate; of one revision when it stands on that paper."""
    path = reverse("cylinders:public-certificate", args=[certificate.token])
    return qr.absolute(f"{path}?v={revision}" if revision else path)
