"""Reading applications for use registration: the unit's lists, one batch, its cylinders, its course."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import Http404

from config.actor import Actor
from config.clock import local_day
from config.search import with_words
from cylinders import photo_rules
from cylinders.enums import EDITABLE, BatchState, Claim, Origin, PhotoKind, StepName
from cylinders.models import (
    Batch,
    BatchItem,
    BatchStep,
    CertificateRevision,
    DistrictSetting,
    ItemPhoto,
)
from cylinders.models.batch import BatchItemQuerySet, BatchQuerySet
from equipment.queries import Word
from units.models import Bureau, Region
from units.queries import supervisors_of_region

State = BatchState
OPEN, CLOSED = "open", "closed"
# Tab of the unit's lists -> the states it holds.
TABS: dict[str, tuple[str, tuple[BatchState, ...]]] = {
    "draft": ("草稿", (State.DRAFT,)),
    "correcting": ("待补正", (State.CORRECTING,)),
    OPEN: ("办理中", (State.SUBMITTED, State.ACCEPTED, State.REVIEWED, State.APPROVED)),
    CLOSED: ("已办结", (State.CERTIFIED, State.DECLINED, State.VOIDED)),
}
# Columns of `with_photos`.
NUMBERS = {PhotoKind.STAMP: "stamp_number", PhotoKind.CERTIFICATE: "certificate_number"}


# ------------------------------------------------------------------ one
def get_batch(actor: Actor, code: str) -> Batch:
    """The batch of a code with its unit and district; 404 for a foreign one."""
    rows = Batch.objects.for_actor(actor).select_related("unit", "region")
    found = rows.filter(code=code).first()
    if found is None:
        raise Http404(f"no batch {code} for {actor.kind}")
    return found


def get_item(actor: Actor, code: str) -> BatchItem:
    """The cylinder of a batch by its code, with batch and kind; 404 for a foreign one."""
    rows = BatchItem.objects.for_actor(actor).select_related("batch__unit", "batch__region", "kind")
    found = rows.filter(code=code).first()
    if found is None:
        raise Http404(f"no item {code} for {actor.kind}")
    return found


def released(batch: Batch) -> BatchItemQuerySet:
    """The cylinders of a batch that the bureau has let go of and that may be applied for again.

    What the unit itself took out before it submitted is not among them.
    """
    if batch.submitted_at is None or batch.state in EDITABLE:
        return BatchItem.objects.none()
    by_bureau = Q(removed_at=None) | Q(removed_at__gte=batch.submitted_at)
    return BatchItem.objects.filter(by_bureau, batch=batch, claim=Claim.RELEASED)


# ------------------------------------------------------------------ photographs
def with_photos(items: QuerySet[BatchItem]) -> QuerySet[BatchItem]:
    """Each cylinder with how many photographs it has (`photo_number`), and how many of each kind
    that is asked for (`stamp_number`, `certificate_number`)."""
    return items.annotate(
        photo_number=_photos_of(),
        **{name: _photos_of(kind=kind) for kind, name in NUMBERS.items()},
    )


def _photos_of(**kind: str) -> Coalesce:
    kept = ItemPhoto.objects.filter(item_id=OuterRef("pk"), removed_at=None, **kind).order_by()
    counted = kept.values("item_id").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def is_photographed(origin: str) -> Q:
    """As `photo_rules.enough`, for rows of `with_photos`."""
    needed = {f"{NUMBERS[kind]}__gte": 1 for kind in photo_rules.NEEDED[origin]}
    return Q(photo_number__range=(photo_rules.LEAST, photo_rules.MOST), **needed)


def photo_problem(item: Any, origin: str) -> str:
    """What is missing of the photographs of a row of `with_photos`, in words; "" when nothing is."""
    others = item.photo_number - item.stamp_number - item.certificate_number
    kinds = (
        [PhotoKind.STAMP.value] * item.stamp_number
        + [PhotoKind.CERTIFICATE.value] * item.certificate_number
        + [PhotoKind.REGISTER.value] * others
    )
    return photo_rules.enough(kinds, origin) or ""


@dataclass(frozen=True)
class Figures:
    """How many cylinders a batch holds, how many of them have which photographs."""

    total: int
    photos: int
    without: int
    partial: int

    @property
    def full(self) -> int:
        return self.total - self.without - self.partial


def figures_of(batch: Batch) -> Figures:
    """The numbers of a batch's standing cylinders and their photographs (one query)."""
    lacking = ~is_photographed(batch.origin)
    counted = with_photos(batch.items.standing()).aggregate(
        total=Count("pk"),
        photos=Coalesce(Sum("photo_number"), 0),
        without=Count("pk", filter=Q(photo_number=0)),
        partial=Count("pk", filter=lacking & Q(photo_number__gt=0)),
    )
    return Figures(**counted)


def kinds_of(batch: Batch) -> list[tuple[str, int]]:
    """(设备品种, number) of a batch's standing cylinders."""
    rows = batch.items.standing().order_by("kind__position").values_list("kind__name")
    return list(rows.annotate(n=Count("pk")))


# ------------------------------------------------------------------ cylinders of a batch
def items_of(batch: Batch, asked: Mapping[str, Any]) -> QuerySet[BatchItem]:
    """The standing cylinders of a batch under a filter, in the order of the workbook."""
    rows = with_photos(batch.items.standing().select_related("kind"))
    rows = with_words(
        rows,
        asked.get("keyword", ""),
        "product_no",
        "manufacturer",
        "inner_no",
        "old_code",
        "qr_url",
        "plate",
        "vin",
    )
    match asked.get("photos"):
        case "full":
            rows = rows.filter(is_photographed(batch.origin))
        case "none":
            rows = rows.filter(photo_number=0)
        case "partial":
            rows = rows.exclude(is_photographed(batch.origin)).filter(photo_number__gt=0)
    if "only" in asked:
        rows = rows.filter(pk__in=asked["only"])
    return rows.order_by("number", "pk")


def removed_items(batch: Batch) -> QuerySet[BatchItem]:
    """What was taken out of a batch, with the reason, in the order of the workbook."""
    rows = batch.items.exclude(removed_at=None).select_related("kind")
    return rows.order_by("number", "pk")


def revisions_of(batch: Batch) -> QuerySet[CertificateRevision]:
    """The revisions of certificates that a batch brought forth."""
    rows = CertificateRevision.objects.filter(batch=batch)
    return rows.select_related("certificate__kind").order_by("certificate__number")


# ------------------------------------------------------------------ lists
def batches(actor: Actor, asked: Mapping[str, Any]) -> QuerySet[Batch]:
    """The batches of a list, the latest first, each with its number of `cylinders` and of those
    without enough photographs (`unphotographed`, only while the unit may still add some)."""
    rows = _matching(actor, asked)
    if asked.get("tab") in TABS:
        rows = rows.filter(state__in=TABS[asked["tab"]][1])
    lacking = {
        origin: _items_where(
            ~is_photographed(origin), batch__origin=origin, batch__state__in=EDITABLE
        )
        for origin in Origin.values
    }
    return (
        rows.select_related("unit", "region")
        .annotate(
            cylinders=_items_where(Q()),
            unphotographed=lacking[Origin.NEW] + lacking[Origin.EXISTING],
        )
        .order_by("-id")
    )


def _items_where(condition: Q, **more: Any) -> Coalesce:
    rows = BatchItem.objects.filter(batch_id=OuterRef("pk"), removed_at=None, **more).order_by()
    if condition:
        rows = with_photos(rows).filter(condition)
    counted = rows.values("batch_id").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _matching(actor: Actor, asked: Mapping[str, Any]) -> BatchQuerySet:
    rows = Batch.objects.for_actor(actor)
    rows = with_words(
        rows, asked.get("keyword", ""), "number", "code__iexact", "unit_name", "region__name"
    )
    return rows.filter(origin=asked["origin"]) if asked.get("origin") else rows


def counts(actor: Actor, asked: Mapping[str, Any]) -> dict[str, int]:
    """How many batches each tab holds under a filter (one query)."""
    rows = _matching(actor, asked).order_by().values_list("state").annotate(n=Count("pk"))
    by_state = dict(rows)
    return {
        tab: sum(by_state.get(state.value, 0) for state in states)
        for tab, (_, states) in TABS.items()
    }


def correcting(actor: Actor) -> BatchQuerySet:
    """What the unit has been asked to correct: the badge of the menu."""
    return Batch.objects.for_actor(actor).filter(state=State.CORRECTING)


# ------------------------------------------------------------------ districts and bureaus
def districts() -> QuerySet[Region]:
    """The districts whose bureaus take part in the registration (F78)."""
    takes_part = DistrictSetting.objects.filter(takes_part=True).values("region_id")
    return Region.objects.filter(pk__in=takes_part).select_related("parent").order_by("code")


def takes_part(region_code: str | None) -> bool:
    """Whether the bureau of a district takes applications."""
    rows = DistrictSetting.objects.filter(takes_part=True)
    return region_code is not None and rows.filter(region_id=region_code).exists()


def bureau_of(region_code: str | None) -> Bureau | None:
    """The bureau that handles the applications of a district; the next one above without one."""
    return next(iter(supervisors_of_region(region_code)), None) if region_code else None


# ------------------------------------------------------------------ the course of a batch
STATE_KINDS = {
    State.DRAFT: "neutral",
    State.SUBMITTED: "open",
    State.CORRECTING: "late",
    State.ACCEPTED: "open",
    State.REVIEWED: "open",
    State.APPROVED: "open",
    State.CERTIFIED: "done",
    State.DECLINED: "danger",
    State.VOIDED: "danger",
}
# What comes next and who does it.
NEXT = {
    State.DRAFT: "导入气瓶、上传照片，信息齐全后由本单位提交使用登记表。",
    State.SUBMITTED: "等待登记机关审核附件并决定是否受理，5 个工作日内答复。",
    State.CORRECTING: "请按登记机关的补正意见修改，改好后重新提交。",
    State.ACCEPTED: "已受理，等待登记机关审核。",
    State.REVIEWED: "审核已通过，等待登记机关审批。",
    State.APPROVED: "审批已通过，等待登记机关生成使用登记证。",
    State.CERTIFIED: "已发证，每只气瓶都已登记到气瓶档案。",
    State.DECLINED: "登记机关不予受理，本批气瓶没有登记。改正后可以重新申请。",
    State.VOIDED: "登记机关已退件，本批作废，气瓶没有登记。改正后可以重新申请。",
}
STEP_LABELS = ("提交", "受理", "审核", "审批", "发证")
STOPPED = {State.DECLINED: "不予受理", State.VOIDED: "已退件"}
STEP_KINDS = {
    StepName.RETURNED: "late",
    StepName.DECLINED: "danger",
    StepName.VOIDED: "danger",
    StepName.CERTIFIED: "done",
    StepName.SUBMITTED: "open",
    StepName.RESUBMITTED: "open",
}
_DETAILS = {"cylinders": "气瓶 {} 只", "photos": "照片 {} 张", "removed": "移出气瓶 {} 只"}


@dataclass(frozen=True)
class Steps:
    """The step bar of a batch: labels with their dates, where it stands, what was said."""

    labels: list[tuple[str, str]]
    current: int
    is_stopped: bool
    state: Word
    next: str
    entries: list[dict[str, Any]]

    @property
    def said(self) -> str:
        """The latest opinion of the bureau."""
        return self.entries[0]["opinion"] if self.entries else ""


def state_word(batch: Batch) -> Word:
    """How the state of a batch reads."""
    state = State(batch.state)
    return Word(STATE_KINDS[state], str(state.label))


def steps_of(batch: Batch) -> Steps:
    """Where a batch stands, and who did what about it, the latest first (one query)."""
    state = State(batch.state)
    current = _current(batch, state)
    days = (
        batch.submitted_at,
        batch.accepted_at,
        batch.reviewed_at,
        batch.approved_at,
        batch.certified_at,
    )
    labels = [(label, _short(day)) for label, day in zip(STEP_LABELS, days, strict=True)]
    if state in STOPPED:
        labels[current - 1] = (STOPPED[state], _short(batch.closed_at))
    if state == State.CORRECTING:
        labels[0] = ("补正", _short(batch.returned_at))
    steps = sorted(batch.steps.all(), key=lambda step: step.pk, reverse=True)
    return Steps(
        labels, current, state in STOPPED, state_word(batch), NEXT[state], list(map(_entry, steps))
    )


def _short(moment: datetime | None) -> str:
    """11.20: five of them stand side by side on a phone; the whole date is told below."""
    return f"{local_day(moment):%-m.%-d}" if moment else ""


def _current(batch: Batch, state: BatchState) -> int:
    """The step that is waited for, from 1; where it ended for a stopped one, 6 when all is done."""
    if state in (State.DRAFT, State.CORRECTING):
        return 1
    done = [batch.accepted_at, batch.reviewed_at, batch.approved_at, batch.certified_at]
    return 2 + sum(at is not None for at in done)


def _entry(step: BatchStep) -> dict[str, Any]:
    """One step as the timeline shows it."""
    figures = [
        words.format(step.details[name])
        for name, words in _DETAILS.items()
        if step.details.get(name)
    ]
    if step.is_repeated_person:
        figures.append("登记机关可办理的人员不足三人，由同一人办理，已记录")
    note = "\n".join(filter(None, [step.opinion, "，".join(figures)]))
    who = [step.owner_name, step.actor_name]
    return {
        "at": step.at,
        "who": " ".join(dict.fromkeys(filter(None, who))),
        "what": step.get_name_display(),
        "note": note,
        "opinion": step.opinion,
        "kind": STEP_KINDS.get(StepName(step.name), "neutral"),
    }


def outdated_items(batch: Batch, *, on: date) -> QuerySet[BatchItem]:
    """Standing cylinders whose next inspection has come while the batch lay there."""
    return batch.items.standing().filter(next_inspection_on__lte=on)
