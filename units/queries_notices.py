"""Reading notices: as the bureau follows them up, and as a unit receives them (F18)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import Http404

from config.actor import Actor
from config.codes import normalise
from config.search import with_words
from units.models import Notice, NoticeReceipt, StoredFile, Unit
from units.models.desk import NoticeQuerySet
from units.models.unit import UnitQuerySet
from units.roles import Can

FOUND_MOST = 50
UNREAD = Exists(NoticeReceipt.objects.filter(notice_id=OuterRef("pk"), read_at=None))


# ---------------------------------------------------------------- the bureau's side
def notices(actor: Actor, asked: Mapping[str, str]) -> NoticeQuerySet:
    """The notices of a list, the latest first: the bureau's own and those of bureaus below."""
    found = Notice.objects.for_actor(actor).select_related("bureau")
    found = with_words(found, asked.get("keyword", ""), "title")
    own = Q(bureau_id=actor.bureau_id)
    if asked.get("source"):
        found = found.filter(own) if asked["source"] == "own" else found.exclude(own)
    state = asked.get("state", "")
    if state == "withdrawn":
        found = found.filter(withdrawn_at__isnull=False)
    elif state:
        found = found.filter(withdrawn_at=None).filter(UNREAD if state == "unread" else ~UNREAD)
    return found.order_by("-id")


def unread_notices(actor: Actor) -> NoticeQuerySet:
    """The bureau's own notices that some unit has not read yet: a to-do of its desk."""
    return notices(actor, {"state": "unread", "source": "own"})


def get_notice(actor: Actor, code: str) -> Notice:
    """A notice of the regulator's subtree; Http404 for every other."""
    found = (
        Notice.objects.for_actor(actor).select_related("bureau", "file").filter(code=code).first()
    )
    if found is None:
        raise Http404
    return found


@dataclass(frozen=True)
class Reach:
    """How many units a notice reached and how many of them confirmed it."""

    total: int = 0
    read: int = 0

    @property
    def unread(self) -> int:
        return self.total - self.read


def reach_of(notice_ids: Collection[int]) -> dict[int, Reach]:
    """The reach of every notice of one page (one query)."""
    rows = (
        NoticeReceipt.objects.filter(notice_id__in=notice_ids)
        .order_by()
        .values_list("notice_id")
        .annotate(total=Count("pk"), read=Count("read_at"))
    )
    return {notice_id: Reach(total, read) for notice_id, total, read in rows}


def receipts(notice: Notice, asked: Mapping[str, str]) -> QuerySet[NoticeReceipt]:
    """The units of a notice, those that have not read it first."""
    found = NoticeReceipt.objects.filter(notice=notice).select_related("unit__region")
    found = with_words(found, asked.get("keyword", ""), "unit__name", "unit__credit_code")
    if asked.get("read"):
        found = found.filter(read_at__isnull=asked["read"] == "no")
    return found.order_by("-read_at", "unit_id")


def units_found(actor: Actor, words: str, *, but: Collection[str]) -> list[Unit]:
    """The units of the subtree that fit the words, for picking receivers; not those picked."""
    wanted = normalise(words).split()
    if not wanted:
        return []
    found: UnitQuerySet = Unit.objects.for_actor(actor).select_related("region")
    for word in wanted:
        found = found.filter(
            Q(name__icontains=word) | Q(credit_code__icontains=word) | Q(address__icontains=word)
        )
    return list(found.exclude(code__in=but).order_by("name", "id")[:FOUND_MOST])


def units_picked(actor: Actor, codes: Collection[str]) -> list[Unit]:
    """The units of the subtree with these codes; others are left out."""
    found: UnitQuerySet = Unit.objects.for_actor(actor).select_related("region")
    return list(found.filter(code__in=codes).order_by("name", "id"))


# ---------------------------------------------------------------- the unit's side
def received(actor: Actor) -> QuerySet[NoticeReceipt]:
    """What a unit received, the latest first; `notice.withdrawn_at` marks what was withdrawn."""
    if actor.kind != "unit":
        return NoticeReceipt.objects.none()
    found: QuerySet[NoticeReceipt] = NoticeReceipt.objects.for_actor(actor)
    return found.select_related("notice__bureau", "notice__file").order_by("-notice_id")


def unread(actor: Actor) -> QuerySet[NoticeReceipt]:
    """What a unit received and has still to confirm, the latest first."""
    return received(actor).filter(read_at=None, notice__withdrawn_at=None)


def badge(actor: Actor) -> QuerySet[NoticeReceipt]:
    """The badge of 管理制度: notices that the unit has still to confirm."""
    found = unread(actor)
    return found if actor.kind == "unit" else found.none()


def get_received(actor: Actor, code: str) -> NoticeReceipt:
    """One received notice; Http404 for everybody else's."""
    found = received(actor).filter(code=code).first()
    if found is None:
        raise Http404
    return found


def may_read_file(actor: Actor, stored_file: StoredFile) -> bool:
    """Who may read the PDF of a notice: the bureaus over its writer, the units that received it."""
    if actor.kind == "bureau":
        return Notice.objects.for_actor(actor).filter(file=stored_file).exists()
    if not actor.can(Can.NOTICE_READ):
        return False
    mine = received(actor).filter(notice__file=stored_file, notice__withdrawn_at=None)
    return mine.exists()
