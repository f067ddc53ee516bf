"""What says that the subject of a daily to-do stands still without letting it off (decision 6).

A 临时停用 that holds; a formal 停用 or 报废 that exempts from nothing yet, because its papers or the
bureau's word are outstanding, and to which the bureau has not objected; a 停产 of the unit in the same
position. On such a day the round is the short confirmation: 设备状态 and a photo.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import OuterRef, Subquery

from duties.enums import Cadence
from duties.models import Task
from equipment.enums import UseStatus
from equipment.models import Declaration, StatusPeriod, StopDeclaration, SuspensionPeriod

TEMPORARY, SUSPENDED = "临时停用", "停产"
WAITS, UNDECLARED = "待监管确认", "未办理手续"


@dataclass(frozen=True)
class Standstill:
    """Why a subject is taken to stand still on a day, and what of it may be looked up.

    `word` is 临时停用, 停用, 报废 or 停产; `pending` what is outstanding ("" for a 临时停用); `last`
    None = until further notice; `stop` the 临时停用 itself.
    """

    word: str
    reason: str
    first: date
    last: date | None = None
    pending: str = ""
    stop: StopDeclaration | None = None

    @property
    def label(self) -> str:
        """临时停用, 停用（待监管确认）"""
        return f"{self.word}（{self.pending}）" if self.pending else self.word

    @property
    def is_declared(self) -> bool:
        return self.pending != UNDECLARED

    @property
    def is_suspension(self) -> bool:
        return self.word == SUSPENDED

    @property
    def said(self) -> str:
        """已申报临时停用; 已申报停用，待监管确认; 登记为停用，未办理手续"""
        begin = "已申报" if self.is_declared else "登记为"
        return f"{begin}{self.word}" + (f"，{self.pending}" if self.pending else "")

    @property
    def sentence(self) -> str:
        """这台设备已申报停用，监管部门尚未确认"""
        who = "本单位" if self.is_suspension else "这台设备"
        if not self.is_declared:
            return f"{who}登记为{self.word}，尚未办理{self.word}手续"
        return f"{who}已申报{self.word}" + ("，监管部门尚未确认" if self.pending else "")


def standstill_of(task: Task) -> Standstill | None:
    """What holds of a to-do on its day; None where its round is the normal one (two queries at most
    where something holds, one else, none for weekly and monthly ones)."""
    if task.cadence != Cadence.DAILY:
        return None
    row = Task.objects.filter(pk=task.pk).annotate(**found_ids()).order_by().first()
    return read([row]).get(task.pk) if row is not None else None


def found_ids(prefix: str = "") -> dict[str, Subquery]:
    """Annotations for `read`: the ids of what holds on the day of the to-do that `prefix` leads to."""
    day, machine = OuterRef(f"{prefix}period_on"), OuterRef(f"{prefix}equipment_id")
    stops = StopDeclaration.objects.in_force(day).filter(equipment_id=machine)
    return {
        "stop_id": Subquery(stops.order_by("-id").values("pk")[:1]),
        "status_id": Subquery(
            StatusPeriod.objects.filter(
                equipment_id=machine,
                period__contains=day,
                status__in=(UseStatus.STOPPED, UseStatus.SCRAPPED),
            )
            .exclude(exempt_period__contains=day)
            .exclude(declaration__state=Declaration.State.OBJECTED)
            .order_by("-id")
            .values("pk")[:1]
        ),
        "suspension_id": Subquery(
            SuspensionPeriod.objects.filter(
                unit_id=OuterRef(f"{prefix}unit_id"), period__contains=day
            )
            .exclude(exempt_period__contains=day)
            .order_by("-id")
            .values("pk")[:1]
        ),
    }


def read(rows: Iterable[Any]) -> dict[int, Standstill]:
    """What holds by the key of an annotated row: its 临时停用 before a formal one, the machine's own
    before its unit's. No query when nothing holds."""
    found: dict[int, tuple[str, int]] = {}
    for row in rows:
        for kind in _READERS:
            pk = getattr(row, f"{kind}_id")
            if pk is not None:
                found[row.pk] = (kind, pk)
                break
    made: dict[tuple[str, int], Standstill] = {}
    for kind, (model, related, of) in _READERS.items():
        wanted = {pk for its, pk in found.values() if its == kind}
        if wanted:
            several = model.objects.select_related(*related).in_bulk(wanted)
            made |= {(kind, pk): of(one) for pk, one in several.items()}
    return {pk: made[key] for pk, key in found.items()}


def _temporary(stop: StopDeclaration) -> Standstill:
    return Standstill(TEMPORARY, stop.reason, *_days(stop.period), stop=stop)


def _formal(period: StatusPeriod) -> Standstill:
    word = str(UseStatus(period.status).label)
    pending = WAITS if period.declaration_id is not None else UNDECLARED
    reason = period.reason or f"设备档案登记为{word}"
    return Standstill(word, reason, *_days(period.period), pending=pending)


def _suspended(row: SuspensionPeriod) -> Standstill:
    return Standstill(SUSPENDED, row.declaration.reason, *_days(row.period), pending=WAITS)


def _days(period: Any) -> tuple[date, date | None]:
    return period.lower, period.upper - timedelta(days=1) if period.upper else None


_READERS: dict[str, tuple[Any, tuple[str, ...], Any]] = {
    "stop": (StopDeclaration, (), _temporary),
    "status": (StatusPeriod, (), _formal),
    "suspension": (SuspensionPeriod, ("declaration",), _suspended),
}
