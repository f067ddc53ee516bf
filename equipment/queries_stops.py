"""Reading 临时停用 (decision 6): one, the list by state, how each stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q
from django.http import Http404

from config.actor import Actor
from config.words import cn_date
from equipment.models import Equipment, StopDeclaration
from equipment.models.machine import StopDeclarationQuerySet
from equipment.queries import Word
from equipment.words import span
from units.roles import Role

RUNNING, COMING, OVER, REJECTED = "running", "coming", "over", "rejected"
LABELS = {RUNNING: "生效中", COMING: "未开始", OVER: "已结束", REJECTED: "已驳回"}
KINDS = {RUNNING: "late", COMING: "open", OVER: "neutral", REJECTED: "danger"}
ON_A_MACHINE = 10


def where(state: str, day: date) -> Q:
    """The set twin of `state_of`."""
    if state == REJECTED:
        return Q(rejected_at__isnull=False)
    gone = Q(period__endswith__lte=day) | Q(ended_on__lte=day)
    if state == OVER:
        return Q(rejected_at=None) & gone
    begun = Q(period__startswith__lte=day)
    return Q(rejected_at=None) & ~gone & (begun if state == RUNNING else ~begun)


def state_of(stop: StopDeclaration, day: date) -> str:
    """How a declaration stands on a day."""
    if stop.rejected_at is not None:
        return REJECTED
    if stop.period.upper <= day or (stop.ended_on is not None and stop.ended_on <= day):
        return OVER
    return RUNNING if stop.period.lower <= day else COMING


@dataclass(frozen=True)
class Standing:
    """A declaration in words: its state, its days, and what became of it."""

    stop: StopDeclaration
    state: str
    word: Word
    days: str
    note: str

    @property
    def is_open(self) -> bool:
        """Whether it holds or is still to begin: it can be rejected or ended."""
        return self.state in (RUNNING, COMING)


def standing(stop: StopDeclaration, day: date) -> Standing:
    """How a declaration reads on a day."""
    state = state_of(stop, day)
    word = Word(KINDS[state], LABELS[state])
    return Standing(stop, state, word, span(stop.period), _note(stop))


def _note(stop: StopDeclaration) -> str:
    if stop.rejected_at is not None:
        return f"{stop.rejected_by_name}驳回：{stop.reject_reason}"
    if stop.ended_on is not None:
        return f"{stop.ended_by_name}提前结束，{cn_date(stop.ended_on)}起恢复正常巡查"
    return ""


def get_stop(actor: Actor, code: str) -> StopDeclaration:
    """The declaration of a code with its machine; Http404 for a foreign unit's."""
    found = _described(StopDeclaration.objects.for_actor(actor)).filter(code=code).first()
    if found is None:
        raise Http404(f"no stop declaration {code} for {actor.kind}")
    return found


def _described(rows: StopDeclarationQuerySet) -> StopDeclarationQuerySet:
    return rows.select_related("equipment__unit", "equipment__officer", "declared_by", "file")


def seen_by(actor: Actor) -> StopDeclarationQuerySet:
    """What a person's phone lists: the principal the unit's, a 安全总监 those of his scope, an officer
    those of his machines and his own."""
    rows = _described(StopDeclaration.objects.for_actor(actor))
    if actor.has_role(Role.PRINCIPAL):
        return rows
    seen = Q(equipment__officer_id=actor.staff_id) | Q(declared_by_id=actor.staff_id)
    return rows.filter(seen | _directed(actor)) if actor.staff_id is not None else rows.none()


def _directed(actor: Actor) -> Q:
    scope = Q(pk__in=[])
    for post in actor.posts:
        if post.role == Role.SAFETY_DIRECTOR:
            scope |= Q(equipment__category__in=post.categories) if post.categories else ~Q(pk=None)
    return scope


def state_counts(rows: StopDeclarationQuerySet, day: date) -> dict[str, int]:
    """Rows in every state, in one query."""
    return rows.order_by().aggregate(
        **{state: Count("pk", filter=where(state, day)) for state in LABELS}
    )


def to_watch(actor: Actor, *, day: date) -> int:
    """How many 临时停用 hold today in what a director or the principal oversees (phone home)."""
    rows = StopDeclaration.objects.for_actor(actor).filter(where(RUNNING, day))
    if not actor.has_role(Role.PRINCIPAL):
        rows = rows.filter(_directed(actor))
    return rows.count()


def latest_of(machine: Equipment, day: date) -> list[Standing]:
    """The declarations of one machine, the latest first."""
    rows = machine.stop_declarations.select_related("declared_by").order_by("-period", "-id")
    return [standing(row, day) for row in rows[:ON_A_MACHINE]]


def last_open(machine: Equipment, day: date) -> StopDeclaration | None:
    """The last declaration of a machine that holds or is still to begin: a renewal goes on after it."""
    is_open = where(RUNNING, day) | where(COMING, day)
    return machine.stop_declarations.filter(is_open).order_by("-period").first()
