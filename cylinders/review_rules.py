"""Rules of the bureau's desk: three different people, and five working days to accept.

The three steps 受理, 审核 and 审批 of one batch belong to three people (decision 15, F87). A bureau
that has fewer spreads them as far as its people go: whoever has had a step may take another one only
when no colleague is left without one, and that is written into the step (`is_repeated_person`).
The same holds for 审核 and who judged photographs of the round in 审核附件: nobody looks at a sample of
what he has judged himself, whoever pressed 受理 (D13).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from config.actor import Actor
from config.errors import RuleBroken
from cylinders.enums import BatchState, CheckStep, StepName
from cylinders.models import Batch, BatchStep, PhotoCheck
from equipment.queries import Word
from units.models import User

# The steps that want different people.
EYES = (StepName.ACCEPTED, StepName.REVIEWED, StepName.APPROVED)
# States whose next step is one of them and may therefore be closed to somebody.
WATCHED = (BatchState.ACCEPTED, BatchState.REVIEWED)
NAMED = 3
# Among the details of 受理: the users who judged the photographs.
JUDGES = "judges"
# 受理 within five working days (domain 7); weekends are the only days off that are known.
ACCEPTANCE_DAYS = 5
SATURDAY = 5


# ------------------------------------------------------------------ three people
@dataclass(frozen=True)
class Eyes:
    """Whether the next step is open to a person; `sentence` says why not, or that it is logged."""

    is_refused: bool = False
    is_repeated: bool = False
    sentence: str = ""


def people_of(batch: Batch) -> list[BatchStep]:
    """The steps 受理, 审核, 审批 that were taken, in their order, each with who took it."""
    found = [step for step in batch.steps.all() if step.name in EYES]
    return sorted(found, key=lambda step: step.pk)


def eyes_on(batch: Batch, actor: Actor) -> Eyes:
    """Whether the actor may take the next of the three steps of a batch."""
    taken = people_of(batch)
    own = [step for step in taken if step.user_id == actor.user_id]
    did = "、".join(step.get_name_display() for step in own)
    had = {step.user_id for step in taken}
    if not own:
        judges = _judges(taken)
        if actor.user_id not in judges:
            return Eyes()
        did = "审核附件"
        had |= judges
    others = _without_a_step(actor, had)
    if others:
        named = "、".join(others[:NAMED]) + (" 等" if len(others) > NAMED else "")
        return Eyes(
            is_refused=True,
            sentence=f"您已办理本批次的{did}。受理、审核、审批须由不同的人办理，请由 {named} 办理。",
        )
    return Eyes(
        is_repeated=True,
        sentence=f"您已办理本批次的{did}。本局没有其他人可以办理，允许由您继续，"
        "系统会记为“同一人办理”，单位在进度中可以看到。",
    )


def refuse_same_person(batch: Batch, actor: Actor) -> bool:
    """Refuse the next of the three steps to who has had one; return whether it counts as repeated.

    True only where no active account of the bureau is left without a step of this batch.
    Raises RuleBroken same_person, naming who may go on.
    """
    eyes = eyes_on(batch, actor)
    if eyes.is_refused:
        raise RuleBroken("same_person", eyes.sentence)
    return eyes.is_repeated


def judges_of(batch: Batch) -> list[int]:
    """Who judged photographs of this round in 审核附件; kept in the step of 受理 (JUDGES)."""
    rows = PhotoCheck.objects.filter(
        photo__item__batch=batch, step=CheckStep.ACCEPT, round=batch.round
    )
    return sorted(set(rows.order_by().values_list("user_id", flat=True).distinct()))


def _judges(taken: list[BatchStep]) -> set[int]:
    """Whom 审核附件 keeps from the next step: its judges while 审核 is next, nobody otherwise."""
    if [step.name for step in taken] != [StepName.ACCEPTED]:
        return set()
    return set(taken[0].details.get(JUDGES, ()))


def _without_a_step(actor: Actor, had: set[int | None]) -> list[str]:
    """Names of the bureau's active accounts but those that have had a part already."""
    staff = User.objects.filter(kind=User.Kind.BUREAU, bureau_id=actor.bureau_id, is_active=True)
    free = staff.exclude(pk__in=[pk for pk in had if pk is not None]).order_by("pk")
    return list(free.values_list("name", flat=True)[: NAMED + 1])


# ------------------------------------------------------------------ working days
def working_days(after: date, until: date) -> int:
    """How many working days lie after a day, up to and including another."""
    days = (after + timedelta(days=number) for number in range(1, (until - after).days + 1))
    return sum(day.weekday() < SATURDAY for day in days)


def due_on(submitted_on: date) -> date:
    """The last working day on which a batch submitted on a day may be accepted in time."""
    day, left = submitted_on, ACCEPTANCE_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < SATURDAY
    return day


def first_in_time(day: date) -> date:
    """The earliest day of submission that is not late on `day`; what came before it is."""
    found = day
    while due_on(found - timedelta(days=1)) >= day:
        found -= timedelta(days=1)
    return found


def limit_word(submitted_on: date, day: date) -> Word:
    """How much of the five working days is left, or by how much they are over, in words."""
    due = due_on(submitted_on)
    if day > due:
        over = working_days(due, day)
        return Word("danger", f"已超期 {over} 个工作日" if over else "已超期")
    left = working_days(day, due)
    if not left:
        return Word("late", "今天到期")
    return Word("late" if left == 1 else "open", f"还剩 {left} 个工作日")
