"""Reading people's certificates (F16): the list over all people, and what expires when."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404

from config.actor import Actor
from config.search import with_words
from units.models import Certificate, Staff

SOON_DAYS = 60
EXPIRED, EXPIRING = "expired", "soon"


def in_use(actor: Actor) -> QuerySet[Certificate]:
    """Certificates on the books of people in office, whom the actor may see."""
    return Certificate.objects.for_actor(actor).open().filter(staff__ended_on=None)


def expiring(actor: Actor, *, day: date, days: int = SOON_DAYS) -> QuerySet[Certificate]:
    """Certificates that end from `day` on within so many days; those past their end left out."""
    return in_use(actor).filter(valid_until__range=(day, day + timedelta(days=days)))


def expired(actor: Actor, *, day: date) -> QuerySet[Certificate]:
    """Certificates whose last day lies before `day`."""
    return in_use(actor).filter(valid_until__lt=day)


def certificate_list(
    actor: Actor, *, words: str = "", kind: str = "", expiry: str = "", day: date
) -> QuerySet[Certificate]:
    """The certificates for a list page, those that end first on top, without an end last.

    `words`: holder, number, item or issuer, all of them found. `expiry`: expired | soon | "".
    """
    if expiry == EXPIRED:
        found = expired(actor, day=day)
    elif expiry == EXPIRING:
        found = expiring(actor, day=day)
    else:
        found = in_use(actor)
    if kind:
        found = found.filter(kind=kind)
    found = with_words(found, words, "staff__name", "number", "item", "issuer")
    return found.select_related("staff", "file").order_by("valid_until", "id")


def get_certificate(actor: Actor, code: str) -> Certificate:
    """One certificate of the actor's people by public code; Http404 for anybody else's."""
    found = (
        Certificate.objects.for_actor(actor)
        .select_related("staff__unit", "unit", "file")
        .filter(code=code)
        .first()
    )
    if found is None:
        raise Http404
    return found


def certificates_of(staff: Staff) -> list[Certificate]:
    """Every certificate of a person, those on the books first, then by end."""
    rows = Certificate.objects.filter(staff=staff).select_related("file")
    return sorted(
        rows, key=lambda one: (one.closed_at is not None, one.valid_until or date.max, one.pk)
    )


def first_end() -> Subquery:
    """For a list of Staff: when the first of a person's certificates ends."""
    rows = Certificate.objects.open().filter(staff_id=OuterRef("pk"), valid_until__isnull=False)
    return Subquery(rows.order_by("valid_until").values("valid_until")[:1])


def validity(until: date | None, *, day: date) -> tuple[str, str]:
    """(kind, words) of a certificate's end for `{% status %}`: 有效, 还有 12 天, 已过期."""
    if until is None:
        return "done", "长期有效"
    left = (until - day).days
    if left < 0:
        return "danger", "已过期"
    if left <= SOON_DAYS:
        return "late", f"还有 {left} 天" if left else "今天到期"
    return "done", "有效"
