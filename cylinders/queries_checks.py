"""Reading the looks at a batch's photographs: order, progress, the sample, agreement (F85, D13)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import (
    Case,
    CharField,
    Count,
    F,
    FilteredRelation,
    Min,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
    Window,
)
from django.db.models.functions import MD5, Collate, Concat, Greatest, RowNumber
from django.http import Http404

from config.actor import Actor
from cylinders.check_rules import LEAST_SECONDS, SAMPLE_PERCENT, Progress
from cylinders.enums import BatchState, CheckStep, PhotoKind, Verdict
from cylinders.models import Batch, DistrictSetting, ItemPhoto, PhotoCheck
from cylinders.photo_rules import MOST, SHORT

# How a photograph stands in a step; what one can jump to.
UNSEEN, AGAIN, WRONG, FINE = "unseen", "again", "wrong", "fine"
OPEN = (UNSEEN, AGAIN)
LABELS = {UNSEEN: "未审核", AGAIN: "需复看", WRONG: "错误", FINE: "正确"}
KINDS = {UNSEEN: "neutral", AGAIN: "late", WRONG: "danger", FINE: "done"}
MOST_LISTED = 50
# As long as BatchItem.removed_reason.
MOST_REASON = 500
ORDER = (F("item__number").asc(), F("pk").asc())


# ------------------------------------------------------------------ the batch
def get_batch(actor: Actor, code: str) -> Batch:
    """The batch with unit, district and the district's setting; 404 for a foreign one."""
    rows = Batch.objects.for_actor(actor).select_related("unit", "region__cylinder_setting")
    found = rows.filter(code=code).first()
    if found is None:
        raise Http404(f"no batch {code} for {actor.kind}")
    return found


def setting_of(batch: Batch) -> DistrictSetting:
    """The setting of the batch's district; the defaults (unsaved) where it has none."""
    try:
        return batch.region.cylinder_setting
    except ObjectDoesNotExist:
        return DistrictSetting(
            region=batch.region, sample_percent=SAMPLE_PERCENT, least_seconds=LEAST_SECONDS
        )


def least_ms(batch: Batch) -> int:
    """The shortest look, in milliseconds, that lets a photograph pass in the batch's district."""
    return int(setting_of(batch).least_seconds * 1000)


def is_checked(batch: Batch) -> bool:
    """Whether the photographs of the present round were finished (完成)."""
    at, submitted = batch.checked_at, batch.submitted_at
    return at is not None and submitted is not None and at >= submitted


def step_open(batch: Batch) -> CheckStep | None:
    """The step in which photographs are judged now: 受理 until 完成, the sample while 已受理."""
    if batch.state == BatchState.SUBMITTED and not is_checked(batch):
        return CheckStep.ACCEPT
    return CheckStep.SAMPLE if batch.state == BatchState.ACCEPTED else None


# ------------------------------------------------------------------ photographs of a step
def photos_of(batch: Batch, step: CheckStep) -> QuerySet[ItemPhoto]:
    """The photographs of a step in the order of the pages, each with `standing` and its judgement.

    At 受理: those of the standing cylinders; once finished, as they were at that moment. For the
    sample: those drawn from what stood when the batch was accepted.
    """
    drawn = sample_of(batch) if step == CheckStep.SAMPLE else _present(batch)
    return with_standing(drawn, batch, step).order_by("item__number", "pk")


def _present(batch: Batch) -> QuerySet[ItemPhoto]:
    rows = ItemPhoto.objects.filter(item__batch=batch)
    finished = batch.checked_at if is_checked(batch) else batch.closed_at
    if finished is None:
        return rows.filter(item__removed_at=None, removed_at=None)
    return rows.filter(
        Q(item__removed_at=None) | Q(item__removed_at__gte=finished),
        Q(removed_at=None) | Q(removed_at__gte=finished),
    )


def with_standing(rows: QuerySet[ItemPhoto], batch: Batch, step: CheckStep) -> QuerySet[ItemPhoto]:
    """Each photograph with its judgement of this round (`judged_…`) and how it stands by it."""
    mine = Q(checks__step=step, checks__round=batch.round)
    is_short = Q(own__verdict=Verdict.CORRECT, own__longest_ms__lt=least_ms(batch))
    return rows.alias(own=FilteredRelation("checks", condition=mine)).annotate(
        judged=F("own__verdict"),
        judged_reason=F("own__reason"),
        judged_ms=F("own__longest_ms"),
        judged_by=F("own__user_name"),
        judged_by_id=F("own__user_id"),
        standing=Case(
            When(own__pk=None, then=Value(UNSEEN)),
            When(own__verdict=Verdict.WRONG, then=Value(WRONG)),
            When(is_short, then=Value(AGAIN)),
            default=Value(FINE),
            output_field=CharField(),
        ),
    )


def progress(batch: Batch, step: CheckStep = CheckStep.ACCEPT) -> Progress:
    """How many photographs of a step there are, were seen, are wrong, and must be seen again."""
    return Progress(**photos_of(batch, step).order_by().aggregate(**_COUNTED))


_COUNTED = {
    "total": Count("pk"),
    "seen": Count("pk", filter=~Q(standing=UNSEEN)),
    "wrong": Count("pk", filter=Q(standing=WRONG)),
    "again": Count("pk", filter=Q(standing=AGAIN)),
}


@dataclass(frozen=True)
class Walk:
    """Progress of a step, on which page one gets to the next photograph of a standing, and the keys
    of the photographs `around` the present page (those of its cylinder and the next one)."""

    progress: Progress
    jumps: dict[str, int | None]
    around: tuple[int, ...]

    @property
    def next_open(self) -> int | None:
        """The next page that keeps 完成 from being done."""
        return self.jumps[UNSEEN] or self.jumps[AGAIN]


def walk(batch: Batch, step: CheckStep, at: int = 0) -> Walk:
    """Progress, and what lies before and behind page `at`: one query over the whole step."""
    rows = photos_of(batch, step).order_by()
    numbered = rows.annotate(at=Window(RowNumber(), order_by=ORDER))
    asked: dict[str, Any] = {}
    for standing in (UNSEEN, AGAIN, WRONG):
        asked[f"{standing}_next"] = Min("at", filter=Q(standing=standing, at__gt=at))
        asked[f"{standing}_first"] = Min("at", filter=Q(standing=standing))
    near = Q(at__gt=at - MOST, at__lt=at + MOST)
    found = numbered.aggregate(**_COUNTED, **asked, around=ArrayAgg("pk", filter=near, default=[]))
    return Walk(
        Progress(**{name: found[name] for name in _COUNTED}),
        {
            standing: found[f"{standing}_next"] or found[f"{standing}_first"]
            for standing in (UNSEEN, AGAIN, WRONG)
        },
        tuple(found["around"]),
    )


def spread(batch: Batch, step: CheckStep, found: Walk, at: int) -> dict[int, ItemPhoto]:
    """The photographs around page `at` by their pages, with cylinder and standing (one query)."""
    rows = with_standing(ItemPhoto.objects.filter(pk__in=found.around), batch, step)
    rows = rows.select_related("photo", "item__kind").order_by("item__number", "pk")
    return dict(enumerate(rows, max(1, at - MOST + 1)))


def listed(batch: Batch, step: CheckStep, standings: Iterable[str], most: int) -> list[ItemPhoto]:
    """The first photographs of some standings, with their page (`at`), cylinder and judgement."""
    rows = photos_of(batch, step).annotate(at=Window(RowNumber(), order_by=ORDER))
    # Beside the window's own column in one condition, so that all are numbered before some are left.
    rows = rows.filter(Q(standing__in=standings) | Q(at=0))
    return list(rows.select_related("item", "photo")[:most])


def find_photo(batch: Batch, step: CheckStep, code: Any) -> ItemPhoto:
    """A photograph of the batch by its code, with its standing; 404 for a foreign one.

    Whether it belongs to the step is asked by the action, under its lock.
    """
    rows = ItemPhoto.objects.filter(item__batch=batch, photo__code=code)
    found = with_standing(rows, batch, step).select_related("item__batch", "photo").first()
    if found is None:
        raise Http404(f"no photograph {code} in {batch.code}")
    return found


def last_save(user_id: int | None) -> datetime | None:
    """When a person judged a photograph last, of whichever batch."""
    rows = PhotoCheck.objects.filter(user_id=user_id).order_by("-last_at")
    return rows.values_list("last_at", flat=True).first()


# ------------------------------------------------------------------ the sample
def sample_of(batch: Batch) -> QuerySet[ItemPhoto]:
    """The photographs that the 审核 person sees again; none before the batch is accepted.

    The same ones whenever it is asked: what stood at 受理 in the order of `sample_rank`, as many as
    the percentage frozen then says (`sample_size`). A cylinder that is taken out later stays in its sample.
    """
    if batch.accepted_at is None or not batch.sample_seed:
        return ItemPhoto.objects.none()
    stood = ItemPhoto.objects.filter(
        Q(item__removed_at=None) | Q(item__removed_at__gt=batch.accepted_at),
        Q(removed_at=None) | Q(removed_at__gt=batch.accepted_at),
        item__batch=batch,
    )
    percent = batch.sample_percent or 0
    said = Concat(Value(f"{batch.sample_seed}:"), "sha256", output_field=TextField())
    rank = Collate(MD5(said), "C")
    drawn = stood.annotate(
        place=Window(RowNumber(), order_by=[rank, F("pk")]), number=Window(Count("*"))
    ).filter(place__lte=Greatest(1, (F("number") * percent + 99) / 100))
    return ItemPhoto.objects.filter(pk__in=drawn.order_by().values("pk"))


@dataclass(frozen=True)
class Agreement:
    """What the second look at the sample says of the first one.

    `sampled` photographs were drawn, `looked` of them judged again, `agreed` likewise; `own` were
    judged by one and the same person both times; `again` were shown too shortly. `by_others` were
    judged the second time by somebody else than the person asked about.
    """

    sampled: int
    looked: int
    agreed: int
    again: int
    own: int
    disagreements: tuple[ItemPhoto, ...]
    by_others: int = 0

    @property
    def is_complete(self) -> bool:
        return self.looked == self.sampled and not self.again

    @property
    def percent(self) -> str:
        """Agreement in per cent with one decimal, rounded down ("" before the first look)."""
        if not self.looked:
            return ""
        tenths = self.agreed * 1000 // self.looked
        return f"{tenths // 10}" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}"

    @property
    def sentence(self) -> str:
        """The result in words, for pages and for the step of the batch."""
        if not self.looked:
            return f"抽样 {self.sampled} 张，尚未复看。"
        left = self.sampled - self.looked
        words = f"抽样 {self.sampled} 张，已复看 {self.looked} 张，一致 {self.agreed} 张（{self.percent}%）"
        words += f"，不一致 {self.looked - self.agreed} 张" if self.looked > self.agreed else ""
        words += f"，未复看 {left} 张" if left else ""
        words += f"，查看时间太短 {self.again} 张" if self.again else ""
        return words + "。"


def agreement(batch: Batch, *, user_id: int | None = None) -> Agreement:
    """How the sample of a batch was judged the second time; all zero before 受理.

    Each of the `disagreements` carries `judged…` (second) and `first…` (受理).
    """
    first = Q(checks__step=CheckStep.ACCEPT, checks__round=batch.round)
    rows = with_standing(sample_of(batch), batch, CheckStep.SAMPLE).annotate(
        before=FilteredRelation("checks", condition=first),
        first=F("before__verdict"),
        first_reason=F("before__reason"),
        first_by=F("before__user_name"),
        first_by_id=F("before__user_id"),
    )
    differs = Q(judged__isnull=False) & ~Q(judged=F("first"))
    found = rows.aggregate(
        sampled=Count("pk"),
        looked=Count("pk", filter=~Q(standing=UNSEEN)),
        differing=Count("pk", filter=differs),
        again=Count("pk", filter=Q(standing=AGAIN)),
        own=Count("pk", filter=Q(judged_by_id=F("first_by_id"))),
        by_others=Count("pk", filter=~Q(standing=UNSEEN) & ~Q(judged_by_id=user_id)),
    )
    listed: tuple[ItemPhoto, ...] = ()
    differing = found.pop("differing")
    if differing:
        shown = rows.filter(differs).select_related("item", "photo")
        listed = tuple(shown.order_by("item__number", "pk")[:MOST_LISTED])
    return Agreement(**found, agreed=found["looked"] - differing, disagreements=listed)


def wrong_items(batch: Batch) -> dict[int, str]:
    """The standing cylinders with a photograph marked 错误 in this round, each with its reasons."""
    marked = PhotoCheck.objects.filter(
        photo__item__batch=batch,
        photo__item__removed_at=None,
        photo__removed_at=None,
        round=batch.round,
        verdict=Verdict.WRONG,
    ).select_related("photo")
    reasons: dict[int, list[str]] = {}
    for check in marked.order_by("photo__item_id", "photo_id", "pk"):
        words = f"{SHORT[PhotoKind(check.photo.kind)]}照片：{check.reason}"
        reasons.setdefault(check.photo.item_id, []).append(words)
    return {item: "；".join(dict.fromkeys(words))[:MOST_REASON] for item, words in reasons.items()}
