"""完成情况 of a to-do (decision 8): 应检 = 按时 + 补录 + 漏检 + 未到期, with 免检 beside it (pure).

Lists filter by it, figures count by it: one definition, so a figure equals the list behind it.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import datetime

from django.db import models
from django.db.models import Q

from duties.enums import OPEN_STATES, TaskState


class Completion(models.TextChoices):
    """How a to-do stands to its due time; every to-do is exactly one of the first five."""

    ON_TIME = "on_time", "按时"
    BACKFILLED = "backfilled", "补录"
    MISSED = "missed", "漏检"
    OPEN = "open", "未到期"
    WAIVED = "waived", "免检"
    OWED = "owed", "应检（不含免检）"


@dataclass(frozen=True)
class Numbers:
    """The to-dos of some group by completion: owed = on_time + backfilled + missed + open."""

    on_time: int = 0
    backfilled: int = 0
    missed: int = 0
    open: int = 0
    waived: int = 0

    @property
    def owed(self) -> int:
        return self.on_time + self.backfilled + self.missed + self.open

    @property
    def done(self) -> int:
        return self.on_time + self.backfilled

    @property
    def rate(self) -> str:
        """完成率 in words: what was done of what was owed; a dash when nothing was."""
        return f"{100 * self.done / self.owed:.1f}%" if self.owed else "—"

    def __add__(self, other: Numbers) -> Numbers:
        return Numbers(
            *(mine + more for mine, more in zip(astuple(self), astuple(other), strict=True))
        )


def where(completion: str, now: datetime) -> Q:
    """The to-dos of one completion as of a moment; one that the closing sweep has not reached is
    漏检 all the same."""
    is_open, is_due = Q(state__in=OPEN_STATES), Q(due_at__lte=now)
    return {
        Completion.ON_TIME: Q(state=TaskState.DONE),
        Completion.BACKFILLED: Q(state=TaskState.BACKFILLED),
        Completion.MISSED: Q(state=TaskState.MISSED) | is_open & is_due,
        Completion.OPEN: is_open & ~is_due,
        Completion.WAIVED: Q(state=TaskState.WAIVED),
        Completion.OWED: ~Q(state=TaskState.WAIVED),
    }[Completion(completion)]
