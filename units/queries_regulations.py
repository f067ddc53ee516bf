"""Reading management rules (管理制度) and their editions (F18)."""

from __future__ import annotations

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.http import Http404

from config.actor import Actor
from config.search import with_words
from units.models import Regulation, RegulationEdition


def regulation_list(
    actor: Actor, *, words: str = "", kind: str = "", state: str = ""
) -> QuerySet[Regulation]:
    """The actor's rules, each with `latest` (its last edition alone), newest first.

    `state`: "" = in force | closed | all.
    """
    rules = Regulation.objects.for_actor(actor)
    if state == "closed":
        rules = rules.exclude(closed_at=None)
    elif state != "all":
        rules = rules.open()
    rules = with_words(rules, words, "name")
    if kind:
        rules = rules.filter(kind=kind)
    last = (
        RegulationEdition.objects.filter(regulation=OuterRef("regulation"))
        .order_by("-number")
        .values("number")[:1]
    )
    latest = RegulationEdition.objects.filter(number=Subquery(last)).select_related("file")
    return rules.prefetch_related(Prefetch("editions", latest, to_attr="latest")).order_by("-id")


def get_regulation(actor: Actor, code: str) -> Regulation:
    """One of the actor's rules, also a withdrawn one; Http404 for anybody else's."""
    found = Regulation.objects.for_actor(actor).filter(code=code).first()
    if found is None:
        raise Http404
    return found


def editions_of(regulation: Regulation) -> list[RegulationEdition]:
    """Every edition, the latest first."""
    return list(regulation.editions.select_related("file").order_by("-number"))


def regulation_count(actor: Actor) -> int:
    """How many rules the actor's unit has in force."""
    return Regulation.objects.for_actor(actor).open().count()
