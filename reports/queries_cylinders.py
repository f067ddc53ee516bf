"""Reading what the documents of use registration are made of, and those that were issued."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, QuerySet, Sum

from config.actor import Actor
from config.clock import local_day
from cylinders import queries_certificates
from cylinders.enums import BatchState, Origin
from cylinders.models import Batch, BatchItem, Certificate, CertificateRevision, CylinderFacts
from cylinders.queries_batches import bureau_of
from cylinders.states import seat_of
from reports.documents import cylinder_certificate, cylinder_form, cylinder_summary
from reports.documents.cylinder_certificate import Certificate as CertificateForm
from reports.documents.cylinder_form import Figure, Form, StepLine
from reports.documents.cylinder_summary import PART, Summary, parts_of
from reports.documents.frozen import thaw
from reports.documents.parts import Citation
from reports.models import DocumentKind, IssuedDocument
from units.models import Rule, StoredFile
from units.roles import Can

FORMS: dict[str, type] = {
    DocumentKind.CYLINDER_FORM.value: Form,
    DocumentKind.CYLINDER_SUMMARY.value: Summary,
    DocumentKind.CYLINDER_CERTIFICATE.value: CertificateForm,
}
KINDS = tuple(FORMS)
RULES = ("special-equipment-safety-law", "tsg-08", "tsg-23")
# Certificate numbers that the form names; a batch of vehicles has thousands.
NAMED = 8


def may_issue(actor: Actor, *, unit_id: int, region_code: str | None) -> bool:
    """The unit itself, and the bureau of the very district that registers."""
    if actor.kind == "bureau":
        return seat_of(actor) == region_code and actor.can(Can.CYLINDER_REVIEW)
    return actor.unit_id == unit_id and actor.can(Can.CYLINDER_MANAGE)


def region_of(certificate: Certificate, revision: CertificateRevision) -> str:
    """The district that issued a revision: its batch's, which need not be the first one's."""
    return revision.batch.region_id if revision.batch else certificate.region_id


def may_read(actor: Actor, stored: StoredFile) -> bool:
    """The unit's people, and the bureaus over the unit or over the district that registered it."""
    if not actor.can(Can.DOCUMENT_VIEW) or stored.unit is None:
        return False
    if actor.kind != "bureau":
        return actor.unit_id is not None and actor.unit_id == stored.unit_id
    prefix = actor.region_prefix
    if prefix is None:
        return False
    if stored.unit.region_id.startswith(prefix):
        return True
    documents = IssuedDocument.objects.filter(file=stored, kind__in=KINDS)
    return documents.filter(content__region_code__startswith=prefix).exists()


def issued(kind: DocumentKind, subject: str) -> list[IssuedDocument]:
    """The documents issued of a subject, the latest revision first."""
    found = IssuedDocument.objects.filter(kind=kind, subject_code=subject)
    return list(found.select_related("file").order_by("-revision"))


def form_of(document: IssuedDocument) -> Form | Summary | CertificateForm:
    """The document exactly as it was issued."""
    return thaw(FORMS[document.kind], document.content)


def cite(day: date) -> tuple[Citation, ...]:
    """What the documents cite, in the editions of their day."""
    found = {rule.key: rule for rule in Rule.objects.in_force(day).filter(key__in=RULES)}
    return tuple(
        Citation(key, found[key].number, found[key].title, "") for key in RULES if key in found
    )


# ------------------------------------------------------------------ 使用登记表
def form_basis(batch: Batch) -> str:
    """What the form rests on: another one is due once there is another step."""
    return f"{batch.round}:{batch.state}:{batch.steps.count()}"


def build_form(batch: Batch, *, as_of: datetime, number: str = "", revision: int = 1) -> Form:
    """The form of an application as it stands."""
    day = local_day(as_of)
    numbers = list(
        batch.certificate_revisions.order_by("id").values_list("certificate__number", flat=True)
    )
    figures = _figures(batch)
    bureau = bureau_of(batch.region_id)
    return Form(
        kind=cylinder_form.KIND,
        number=number,
        revision=revision,
        title=cylinder_form.TITLE,
        batch_code=batch.code,
        application_no=batch.number,
        origin_label=str(Origin(batch.origin).label),
        state_label=str(BatchState(batch.state).label),
        region_code=batch.region_id or "",
        authority=bureau.name if bureau else "",
        unit_name=batch.unit_name,
        credit_code=batch.credit_code,
        address=batch.address,
        postcode=batch.postcode,
        legal_representative=batch.legal_representative,
        contact_name=batch.contact_name,
        safety_department=batch.safety_department,
        safety_manager=batch.safety_manager,
        submitted_at=batch.submitted_at,
        figures=figures,
        total=sum(one.number for one in figures),
        steps=_steps(batch),
        certificates=tuple(numbers[:NAMED]),
        certificates_more=max(len(numbers) - NAMED, 0),
        document_on=day,
        rules=cite(day),
        basis=form_basis(batch),
        as_of=as_of,
    )


def _figures(batch: Batch) -> tuple[Figure, ...]:
    rows = (
        BatchItem.objects.standing()
        .filter(batch=batch)
        .order_by("kind__position", "medium")
        .values_list("kind__name", "medium")
        .annotate(Count("pk"))
    )
    return tuple(Figure(kind, medium, number) for kind, medium, number in rows)


def _steps(batch: Batch) -> tuple[StepLine, ...]:
    return tuple(
        StepLine(
            name=step.get_name_display(),
            office=step.owner_name,
            person=step.actor_name,
            at=step.at,
            opinion=step.opinion,
            is_repeated_person=step.is_repeated_person,
        )
        for step in batch.steps.order_by("id")
    )


# ------------------------------------------------------------------ 汇总表
@dataclass(frozen=True)
class Table:
    """A summary table before it is cut into parts: of an application, or of a revision."""

    subject: str
    unit_id: int
    subject_label: str
    subject_no: str
    unit_name: str
    credit_code: str
    region_code: str
    authority: str
    origin: str
    found: QuerySet[CylinderFacts]
    total: int
    basis: str
    document_on: date
    # Given for a certificate; of an application the next one whenever its basis differs.
    revision: int | None = None

    @property
    def parts(self) -> int:
        return parts_of(self.total)

    def subject_of(self, part: int) -> str:
        return f"{self.subject}-{part}"

    def issued(self) -> tuple[int, dict[int, IssuedDocument]]:
        """(revision, its parts that are issued by their number), as of the present basis."""
        revision = self.revision
        if revision is None:
            latest = issued(DocumentKind.CYLINDER_SUMMARY, self.subject_of(1))
            revision = latest[0].revision if latest else 1
            if latest and latest[0].content["basis"] != self.basis:
                revision += 1
        wanted = [self.subject_of(part) for part in range(1, self.parts + 1)]
        found = IssuedDocument.objects.filter(
            kind=DocumentKind.CYLINDER_SUMMARY, subject_code__in=wanted, revision=revision
        )
        by_part = {
            int(one.subject_code.rpartition("-")[2]): one
            for one in found.defer("content").select_related("file")
        }
        return revision, by_part


def table_of_batch(batch: Batch, *, day: date) -> Table:
    """The table of an application: what is in it now."""
    found = queries_certificates.items_of_batch(batch)
    sums = found.order_by().aggregate(total=Count("pk"), versions=Sum("version"))
    bureau = bureau_of(batch.region_id)
    return Table(
        subject=batch.code,
        unit_id=batch.unit_id,
        subject_label="申请编号",
        subject_no=batch.number,
        unit_name=batch.unit_name,
        credit_code=batch.credit_code,
        region_code=batch.region_id or "",
        authority=bureau.name if bureau else "",
        origin=batch.origin,
        found=found,
        total=sums["total"],
        basis=f"{batch.round}:{sums['total']}:{sums['versions']}:{batch.certified_at is not None}",
        document_on=day,
    )


def table_of_revision(certificate: Certificate, revision: CertificateRevision) -> Table:
    """The table of a certificate's revision: what its batch added; all of it after a reprint."""
    found = queries_certificates.cylinders_of_revision(revision)
    batch = revision.batch
    return Table(
        subject=certificate.code,
        unit_id=certificate.unit_id,
        subject_label="使用登记证编号",
        subject_no=certificate.number,
        unit_name=revision.unit_name,
        credit_code=batch.credit_code if batch else certificate.unit.credit_code,
        region_code=region_of(certificate, revision),
        authority=revision.issued_by_name,
        origin=batch.origin if batch else Origin.NEW,
        found=found,
        total=found.order_by().count(),
        basis=f"r{revision.revision}",
        document_on=local_day(revision.issued_at),
        revision=revision.revision,
    )


def build_part(
    table: Table, part: int, *, as_of: datetime, number: str = "", revision: int = 1
) -> Summary:
    """One part of a table, with the cylinders as they stand."""
    first = (part - 1) * PART
    return Summary(
        kind=cylinder_summary.KIND,
        number=number,
        revision=revision,
        title=cylinder_summary.TITLE,
        subject_label=table.subject_label,
        subject_no=table.subject_no,
        unit_name=table.unit_name,
        credit_code=table.credit_code,
        region_code=table.region_code,
        authority=table.authority,
        part=part,
        parts=table.parts,
        total=table.total,
        rows=cylinder_summary.rows(
            table.found[first : first + PART], first=first + 1, origin=table.origin
        ),
        document_on=table.document_on,
        rules=cite(table.document_on),
        basis=table.basis,
        as_of=as_of,
    )


# ------------------------------------------------------------------ 使用登记证
def build_certificate(
    certificate: Certificate, revision: CertificateRevision, *, as_of: datetime, number: str = ""
) -> CertificateForm:
    """A revision of a certificate, as it was issued; the address is the application's own."""
    batch = revision.batch
    day = local_day(revision.issued_at)
    return CertificateForm(
        kind=cylinder_certificate.KIND,
        number=number,
        revision=revision.revision,
        title=cylinder_certificate.TITLE,
        certificate_no=certificate.number,
        certificate_code=certificate.code,
        region_code=region_of(certificate, revision),
        unit_name=revision.unit_name,
        credit_code=batch.credit_code if batch else certificate.unit.credit_code,
        address=batch.address if batch else certificate.unit.address,
        kind_label=certificate.kind.name,
        vehicle=certificate.vehicle,
        total=revision.total,
        added=revision.added,
        application_no=batch.number if batch else "",
        reason=revision.reason,
        authority=revision.issued_by_name,
        first_issued_on=local_day(certificate.created_at),
        issued_on=day,
        check_url=queries_certificates.check_url(certificate, revision.revision),
        rules=cite(day),
        as_of=as_of,
    )
