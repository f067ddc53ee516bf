"""Pools: to-dos nobody is named for, which belong to whoever starts them (decisions 4, 5, 9).

One table says who may; the filter for lists and the check of a single to-do are both read from it.
A machine without an officer is no pool: it is 未绑定, and nobody may start its round.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Q

from config.actor import Actor
from duties.enums import OPEN_STATES, Level, TaskKind, TaskState
from duties.models import Task
from equipment import subjects
from units.models import Staff
from units.models.unit import UnitKind
from units.roles import Role

NOBODY = Q(pk__in=())
# A missed to-do of a pool may be made up by whoever could have done it.
CLAIMABLE_STATES = (*OPEN_STATES, TaskState.MISSED)


@dataclass(frozen=True)
class Pool:
    """To-dos of one kind, level and kind of unit (None = any), and the identity that may take them.

    `is_scoped`: only those whose duty category is in the scope of that identity.
    """

    kind: str
    level: str
    unit_kind: str | None
    role: str
    is_scoped: bool = False

    def holds(self, task: Task) -> bool:
        return (
            task.kind == self.kind
            and task.level == self.level
            and self.unit_kind in {None, task.unit_kind}
            and task.owner_id is None
        )

    def admits(self, task: Task, actor: Actor) -> bool:
        category = subjects.duty_category(task.category) if self.is_scoped else None
        return self.holds(task) and actor.has_role(self.role, category)

    def where(self, actor: Actor) -> Q:
        """The to-dos of this pool that the actor's identities admit him to; NOBODY for none."""
        if not actor.has_role(self.role):
            return NOBODY
        found = Q(kind=self.kind, level=self.level)
        if self.unit_kind is not None:
            found &= Q(unit_kind=self.unit_kind)
        if self.is_scoped:
            covered = sorted(
                subject.value
                for subject in subjects.every()
                if subject.unit_kind == self.unit_kind
                and actor.has_role(self.role, subject.category)
            )
            found &= Q(category__in=covered)
        return found


_INSPECTION, _WEEKLY, _MINUTES = (
    TaskKind.INSPECTION,
    TaskKind.WEEKLY_REPORT,
    TaskKind.MONTHLY_MINUTES,
)
_USING, _PRODUCTION, _FILLING = UnitKind.USING, UnitKind.PRODUCTION, UnitKind.FILLING

POOLS = (
    Pool(_INSPECTION, Level.OFFICER, _PRODUCTION, Role.QUALITY_OFFICER, is_scoped=True),
    Pool(_INSPECTION, Level.OFFICER, _FILLING, Role.SAFETY_OFFICER),
    Pool(_INSPECTION, Level.DIRECTOR, _FILLING, Role.SAFETY_DIRECTOR),
    Pool(_INSPECTION, Level.PRINCIPAL, None, Role.PRINCIPAL),
    Pool(_WEEKLY, Level.DIRECTOR, _FILLING, Role.SAFETY_DIRECTOR),
    Pool(_WEEKLY, Level.PRINCIPAL, None, Role.PRINCIPAL),
    Pool(_MINUTES, Level.PRINCIPAL, None, Role.PRINCIPAL),
    Pool(_MINUTES, Level.PRINCIPAL, _USING, Role.SAFETY_DIRECTOR, is_scoped=True),
    Pool(_MINUTES, Level.PRINCIPAL, _FILLING, Role.SAFETY_DIRECTOR, is_scoped=True),
    Pool(_MINUTES, Level.PRINCIPAL, _PRODUCTION, Role.QUALITY_DIRECTOR, is_scoped=True),
)


def claimable(actor: Actor, unit_kind: str | None = None) -> Q:
    """The to-dos of the actor's unit that nobody has yet and that he may start or make up; where the
    caller asks for those of one kind of unit alone, said in fewer words."""
    found = doors(actor, unit_kind)
    if found is NOBODY:
        return NOBODY
    free = Q(assignee=None, owner=None, unit_id=actor.unit_id, state__in=CLAIMABLE_STATES)
    return free & found


def left_behind(actor: Actor) -> Q:
    """Missed to-dos of the actor's pools whose taker has left the unit: others may make them up."""
    found = doors(actor)
    if found is NOBODY:
        return NOBODY
    missed = Q(owner=None, unit_id=actor.unit_id, state=TaskState.MISSED)
    return missed & has_left(actor) & found


def has_left(actor: Actor) -> Q:
    """To-dos whose assignee has left the actor's unit."""
    gone = Staff.objects.filter(unit_id=actor.unit_id, ended_on__isnull=False)
    return Q(assignee__in=gone.values("pk"))


def doors(actor: Actor, unit_kind: str | None = None) -> Q:
    """The to-dos of every pool that the actor's identities admit him to; NOBODY for none."""
    if actor.staff_id is None:
        return NOBODY
    asked = [pool for pool in POOLS if unit_kind is None or pool.unit_kind in {None, unit_kind}]
    found = [door for pool in asked if (door := pool.where(actor)) is not NOBODY]
    return reduce(or_, found) if found else NOBODY


def mine(actor: Actor) -> Q:
    """The to-dos that are this person's to do: assigned to him, or free for him to take."""
    if actor.staff_id is None:
        return NOBODY
    assigned = Q(assignee_id=actor.staff_id)
    free = claimable(actor)
    return assigned if free is NOBODY else assigned | free | left_behind(actor)


def may_claim(task: Task, actor: Actor) -> bool:
    """Whether the actor may take this to-do now: `claimable` or `left_behind` for one row."""
    return (
        actor.staff_id is not None
        and is_free(task)
        and task.unit_id == actor.unit_id
        and task.state in CLAIMABLE_STATES
        and any(pool.admits(task, actor) for pool in POOLS)
    )


def is_free(task: Task) -> bool:
    """Whether nobody has a to-do, or nobody any more who could make it up."""
    if task.assignee_id is None:
        return True
    return task.state == TaskState.MISSED and task.assignee.ended_on is not None


def is_pooled(task: Task) -> bool:
    """Whether a to-do comes from a pool, whoever has it now."""
    return any(pool.holds(task) for pool in POOLS)


def takers(task: Task) -> str:
    """Who may start a pooled to-do, in words: 质量安全员; empty for a to-do of nobody's choice."""
    roles = dict.fromkeys(str(Role(pool.role).label) for pool in POOLS if pool.holds(task))
    return "或".join(roles)
