"""Reading the bureau's desk: what waits for whom and since when, one batch's cylinders and figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import (
    Count,
    Exists,
    Func,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    prefetch_related_objects,
)
from django.db.models.functions import Coalesce

from config.actor import Actor
from config.clock import local_day, start_of
from config.codes import normalise
from config.search import with_words
from cylinders import queries_checks
from cylinders.check_rules import LEAST_SECONDS, SAMPLE_PERCENT
from cylinders.enums import BatchState, CheckStep, StepName, Verdict
from cylinders.models import Batch, BatchItem, BatchStep, DistrictSetting, ItemPhoto, PhotoCheck
from cylinders.models.batch import BatchQuerySet
from cylinders.review_rules import EYES, WATCHED, first_in_time, limit_word
from cylinders.states import seat_of
from equipment.queries import Word
from units.models import AuditEntry, Region, User

State = BatchState
ALL = "all"
# Tab of the list -> label and states; the first four are what the bureau does itself.
TABS: dict[str, tuple[str, tuple[BatchState, ...]]] = {
    "accept": ("待受理", (State.SUBMITTED,)),
    "review": ("待审核", (State.ACCEPTED,)),
    "approve": ("待审批", (State.REVIEWED,)),
    "certify": ("待发证", (State.APPROVED,)),
    "correcting": ("待单位补正", (State.CORRECTING,)),
    "certified": ("已发证", (State.CERTIFIED,)),
    "closed": ("不予受理、退件", (State.DECLINED, State.VOIDED)),
    ALL: ("全部", tuple(state for state in State if state != State.DRAFT)),
}
TO_DO = ("accept", "review", "approve", "certify")
# Since when a batch waits in its state.
SINCE = {
    State.SUBMITTED: "submitted_at",
    State.CORRECTING: "returned_at",
    State.ACCEPTED: "accepted_at",
    State.REVIEWED: "reviewed_at",
    State.APPROVED: "approved_at",
}
LATE, OWN = "late", "own"
WAITING = (
    ("", "不限"),
    ("3", "3 天以上"),
    ("7", "7 天以上"),
    ("15", "15 天以上"),
    (LATE, "受理已超期"),
)
# After so many days a step that has no legal limit is shown as late.
LONG_WAIT = 7
# Cylinders of a batch: those with a photograph marked 错误, those taken out.
WRONG, REMOVED = "wrong", "removed"
PREFIX_OF_DISTRICT = 6
TRAIL_LIMIT = 20


# ------------------------------------------------------------------ what waits
def to_handle(actor: Actor) -> BatchQuerySet:
    """What the actor may do the next step of; of its districts a city's bureau handles nothing."""
    rows = Batch.objects.for_actor(actor).filter(
        region_id=seat_of(actor), state__in=[state for key in TO_DO for state in TABS[key][1]]
    )
    return rows.exclude(_is_for_others(actor))


def _is_for_others(actor: Actor) -> Q:
    """The next step belongs to a colleague (as review_rules.eyes_on says of one batch)."""
    taken = BatchStep.objects.filter(name__in=EYES)
    own = taken.filter(batch=OuterRef("pk"), user=actor.user_id)
    by_colleague = taken.filter(batch=OuterRef(OuterRef("pk")), user=OuterRef("pk"))
    staff = User.objects.filter(kind=User.Kind.BUREAU, bureau=actor.bureau_id, is_active=True)
    free = staff.exclude(Exists(by_colleague))
    had_a_step = Q(Exists(own), Exists(free), state__in=WATCHED)
    accepted = taken.filter(batch=OuterRef("pk"), name=StepName.ACCEPTED)
    by_me = accepted.filter(details__judges__contains=actor.user_id)
    by_them = BatchStep.objects.filter(
        batch=OuterRef(OuterRef("pk")),
        name=StepName.ACCEPTED,
        details__judges__contains=Func(OuterRef("pk"), function="to_jsonb"),
    )
    fresh = free.exclude(Exists(by_them))
    return had_a_step | Q(Exists(by_me), Exists(fresh), ~Exists(own), state=State.ACCEPTED)


def is_supervisor(actor: Actor) -> bool:
    """A bureau above the districts: it reads, its districts handle. A city without districts that
    takes part handles its own."""
    if len(actor.region_prefix or "") >= PREFIX_OF_DISTRICT:
        return False
    return not DistrictSetting.objects.filter(pk=seat_of(actor)).exists()


def late(actor: Actor, day: date) -> BatchQuerySet:
    """Submitted batches whose five working days are over, the oldest first."""
    return Batch.objects.for_actor(actor).filter(_is_late(day)).order_by("submitted_at", "id")


def _is_late(day: date) -> Q:
    return Q(state=State.SUBMITTED, submitted_at__lt=start_of(first_in_time(day)))


# ------------------------------------------------------------------ list
@dataclass(frozen=True)
class Tab:
    """One tab of the list with its number."""

    key: str
    label: str
    count: int


def tabs(actor: Actor, asked: Mapping[str, Any], day: date) -> list[Tab]:
    """The four steps always, other states when they occur, 全部 (one query)."""
    rows = _matching(actor, asked, day).order_by().values_list("state").annotate(n=Count("pk"))
    by_state = dict(rows)
    found = [
        Tab(key, label, sum(by_state.get(state.value, 0) for state in states))
        for key, (label, states) in TABS.items()
    ]
    return [tab for tab in found if tab.count or tab.key in (*TO_DO, ALL)]


def batches(actor: Actor, asked: Mapping[str, Any], day: date) -> BatchQuerySet:
    """The batches of a list: what is to do the longest waiting first, others the latest first.

    Each with its steps (`taken`), the number of its cylinders, and `is_for_others`.
    """
    rows = _matching(actor, asked, day)
    tab = asked.get("tab", ALL)
    rows = rows.filter(state__in=TABS[tab][1]) if tab in TABS else rows
    steps = BatchStep.objects.filter(name__in=EYES).order_by("id")
    rows = rows.select_related("region").prefetch_related(Prefetch("steps", steps, "taken"))
    if tab in (*TO_DO, "correcting"):
        return rows.order_by(SINCE[TABS[tab][1][0]], "id")
    return rows.order_by("-submitted_at", "-id")


def _matching(actor: Actor, asked: Mapping[str, Any], day: date) -> BatchQuerySet:
    rows = Batch.objects.for_actor(actor)
    rows = with_words(rows, asked.get("unit", ""), "unit_name", "credit_code")
    for word in normalise(asked.get("keyword", "")).split():
        item = BatchItem.objects.filter(batch=OuterRef("pk"))
        is_in_it = item.filter(Q(product_no__iexact=word) | Q(qr_url=word))
        rows = rows.filter(Q(number__icontains=word) | Exists(is_in_it))
    if asked.get("origin"):
        rows = rows.filter(origin=asked["origin"])
    if asked.get("region"):
        rows = rows.filter(region=asked["region"])
    if asked.get("whose") == OWN:
        rows = rows.filter(pk__in=to_handle(actor).values("pk"))
    return rows.filter(_waits(asked["waiting"], day)) if asked.get("waiting") else rows


def _waits(waiting: str, day: date) -> Q:
    if waiting == LATE:
        return _is_late(day)
    before = start_of(day - timedelta(days=int(waiting) - 1))
    found = Q()
    for state, since in SINCE.items():
        found |= Q(("state", state), (f"{since}__lt", before))
    return found


def numbers_of(batches: Iterable[Batch]) -> dict[int, int]:
    """How many cylinders each of some batches holds (one query)."""
    rows = BatchItem.objects.standing().filter(batch__in=[one.pk for one in batches])
    return dict(rows.order_by().values_list("batch_id").annotate(n=Count("pk")))


def regions(actor: Actor) -> list[Region]:
    """The districts below a bureau that take part or have taken part, for the filter."""
    rows = DistrictSetting.objects.filter(region__code__startswith=actor.region_prefix)
    return [row.region for row in rows.select_related("region").order_by("region_id")]


# ------------------------------------------------------------------ settings
def districts(actor: Actor, day: date) -> list[tuple[Region, DistrictSetting]]:
    """The districts whose setting a bureau may change, each with it (the defaults without one);
    a city that has none is its own."""
    rows = Region.objects.pickable(day).filter(code__startswith=actor.region_prefix)
    found = rows.select_related("cylinder_setting", "parent").order_by("code")
    return [(one, _setting(one)) for one in found]


def _setting(region: Region) -> DistrictSetting:
    try:
        return region.cylinder_setting
    except ObjectDoesNotExist:
        return DistrictSetting(
            region=region,
            version=0,
            sample_percent=SAMPLE_PERCENT,
            least_seconds=LEAST_SECONDS,
        )


def setting_of(region: Region) -> DistrictSetting:
    """The setting of a district as it is now; version 0 = nobody has settled anything yet."""
    return _setting(Region.objects.select_related("cylinder_setting").get(pk=region.pk))


def trail_of_setting(region: Region) -> list[AuditEntry]:
    """Who changed a district's setting, the latest first."""
    rows = AuditEntry.objects.filter(
        object_type=DistrictSetting._meta.label_lower, object_code=region.pk
    )
    return list(rows.order_by("-id")[:TRAIL_LIMIT])


# ------------------------------------------------------------------ words
def waiting_word(batch: Batch, day: date) -> Word | None:
    """How long a batch waits: what is left of 受理's working days, or the days of another step."""
    state = State(batch.state)
    if state not in SINCE:
        return None
    since = getattr(batch, SINCE[state])
    if state == State.SUBMITTED:
        return limit_word(local_day(since), day)
    days = (day - local_day(since)).days
    text = f"已等待 {days} 天" if days else "今天转来"
    return Word("late" if days >= LONG_WAIT else "open", text)


# ------------------------------------------------------------------ one batch
def get_batch(actor: Actor, code: str) -> Batch:
    """The batch with unit, district, its setting and the steps taken; 404 for a foreign one."""
    found = queries_checks.get_batch(actor, code)
    prefetch_related_objects([found], "steps")
    return found


@dataclass(frozen=True)
class Figure:
    """The cylinders of one kind and medium in a batch."""

    kind: str
    medium: str
    standing: int
    removed: int


def figures(batch: Batch) -> list[Figure]:
    """How many cylinders of each kind and medium a batch holds and has lost (one query)."""
    rows = batch.items.order_by("kind__position", "medium").values_list("kind__name", "medium")
    counted = rows.annotate(
        standing=Count("pk", filter=Q(removed_at=None)),
        removed=Count("pk", filter=Q(removed_at__isnull=False)),
    )
    return [Figure(*row) for row in counted]


def items(batch: Batch, show: str = "") -> QuerySet[BatchItem]:
    """The cylinders of a batch in the order of the workbook, each with its photographs' judgement.

    `photo_number`, `judged_number` of this round, and `wrong_reasons`. `show` is WRONG, REMOVED or "".
    """
    photos = ItemPhoto.objects.filter(item=OuterRef("pk"), removed_at=None).order_by()
    checks = PhotoCheck.objects.filter(photo__item=OuterRef("pk"), round=batch.round).order_by()
    wrong = checks.filter(verdict=Verdict.WRONG)
    rows = batch.items.select_related("kind").annotate(
        photo_number=_count(photos, "item"),
        judged_number=_count(checks.filter(step=CheckStep.ACCEPT), "photo__item"),
        wrong_reasons=ArraySubquery(wrong.order_by("pk").values("reason")),
    )
    if show == WRONG:
        rows = rows.filter(Exists(wrong))
    elif show == REMOVED:
        rows = rows.exclude(removed_at=None)
    return rows.order_by("number", "pk")


def _count(rows: QuerySet, by: str) -> Coalesce:
    counted = rows.values(by).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
