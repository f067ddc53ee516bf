"""To-dos: what is owed, by whom, for which day or period."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q

from config.codes import new_code
from config.workflow import Transition
from duties.enums import OPEN_STATES, Cadence, Level, TaskKind, TaskState
from duties.states import TRANSITIONS
from equipment import subjects
from equipment.models import Equipment, Licence, Station
from units.models import Staff, Unit
from units.models.owned import OwnedQuerySet
from units.models.unit import UnitKind

if TYPE_CHECKING:
    from config.actor import Actor


class TaskQuerySet(OwnedQuerySet["Task"]):
    def assigned_to(self, actor: Actor) -> TaskQuerySet:
        """To-dos that this person is to do now (re-binding and stand-in included)."""
        if actor.staff_id is None:
            return self.none()
        return self.filter(assignee_id=actor.staff_id)

    def open(self) -> TaskQuerySet:
        return self.filter(state__in=OPEN_STATES)


class Task(models.Model):
    """One to-do (待办), unique by the key of decision 7.

    `period_on` is the first day of the period it is owed in: the day, the Monday, the first of the
    month. A daily one is about a machine, a licence or a station; the others about a `category`
    (equipment.subjects: Category of a using unit, licence family of a production unit, FILLING of a
    filling unit). `owner` is part of the key (empty for daily to-dos, filling units, principals,
    minutes and pools); `assignee` is who does it now, `stands_in_for` whom he stands in for
    (请假代班): neither is part of a key. Rows are created by duties.generation only and change state
    by config.workflow or by the closing statement of duties.closing.
    """

    TRANSITIONS: ClassVar[tuple[Transition, ...]] = TRANSITIONS

    # Unique by a constraint of its own: `unique=True` would add a second index for LIKE.
    code = models.CharField(max_length=16, default=new_code)
    period_on = models.DateField("应检日期")
    # No index of its own: the key begins with the unit.
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="tasks", db_index=False)
    unit_kind = models.CharField(
        "单位类型", max_length=12, choices=UnitKind.choices, default=UnitKind.USING
    )
    kind = models.CharField(max_length=20, choices=TaskKind.choices)
    cadence = models.CharField("管控形式", max_length=10, choices=Cadence.choices)
    level = models.CharField(max_length=10, choices=Level.choices)
    equipment = models.ForeignKey(
        Equipment,
        models.PROTECT,
        null=True,
        related_name="tasks",
        verbose_name="设备",
        db_index=False,
    )
    licence = models.ForeignKey(
        Licence,
        models.PROTECT,
        null=True,
        related_name="tasks",
        verbose_name="许可",
        db_index=False,
    )
    station = models.ForeignKey(
        Station,
        models.PROTECT,
        null=True,
        related_name="tasks",
        verbose_name="工位",
        db_index=False,
    )
    category = models.CharField("设备类别", max_length=40, blank=True)
    owner = models.ForeignKey(
        Staff, models.PROTECT, null=True, related_name="owed_tasks", db_index=False
    )
    assignee = models.ForeignKey(
        Staff, models.PROTECT, null=True, related_name="tasks", db_index=False
    )
    stands_in_for = models.ForeignKey(
        Staff, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name="代班"
    )
    state = models.CharField("状态", max_length=20, choices=TaskState.choices)
    due_at = models.DateTimeField("截止时间")
    started_at = models.DateTimeField("开始时间", null=True)
    finished_at = models.DateTimeField("完成填写时间", null=True)
    completed_at = models.DateTimeField("完成时间", null=True)
    missed_at = models.DateTimeField("漏检时间", null=True)
    waived_at = models.DateTimeField("免检时间", null=True)
    waive_reason = models.CharField("免检原因", max_length=200, blank=True)
    created_at = models.DateTimeField()

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = "待办"
        ordering = ["period_on", "id"]
        constraints = [
            models.UniqueConstraint(fields=["code"], name="task_code"),
            models.UniqueConstraint(
                fields=[
                    "unit",
                    "period_on",
                    "kind",
                    "cadence",
                    "level",
                    "equipment",
                    "licence",
                    "station",
                    "category",
                    "owner",
                ],
                nulls_distinct=False,
                name="task_key",
            ),
            models.CheckConstraint(
                name="task_state_done",
                condition=Q(state__in=["done", "backfilled"], completed_at__isnull=False)
                | ~Q(state__in=["done", "backfilled"]) & Q(completed_at=None),
            ),
            models.CheckConstraint(
                name="task_state_missed",
                condition=Q(state__in=["missed", "backfilled"], missed_at__isnull=False)
                | ~Q(state__in=["missed", "backfilled"]) & Q(missed_at=None),
            ),
            models.CheckConstraint(
                name="task_state_waived",
                condition=Q(state="waived", waived_at__isnull=False) & ~Q(waive_reason="")
                | ~Q(state="waived") & Q(waived_at=None, waive_reason=""),
            ),
            models.CheckConstraint(
                name="task_subject_fits_kind",
                condition=Q(cadence="daily")
                & (
                    Q(equipment__isnull=False, licence=None, station=None)
                    | Q(equipment=None, licence__isnull=False, station=None)
                    | Q(equipment=None, licence=None, station__isnull=False)
                )
                | ~Q(cadence="daily") & Q(equipment=None, licence=None, station=None),
            ),
        ]
        indexes = [
            models.Index(
                fields=["assignee", "period_on"],
                condition=Q(state__in=["todo", "in_progress", "awaiting_signature"]),
                name="task_open_by_assignee",
            ),
            # What closing finds, and the open ones of a unit; as small as today's work.
            models.Index(
                fields=["unit", "due_at"],
                condition=Q(state__in=["todo", "in_progress", "awaiting_signature"]),
                name="task_open_by_due",
            ),
            # What a person or a pool may still make up; missed ones only, so as small as they are few.
            models.Index(
                fields=["unit", "period_on"],
                condition=Q(state="missed"),
                name="task_missed_by_unit",
            ),
            # The lists of weekly reports and minutes of a district, without its inspections.
            models.Index(
                fields=["kind", "-period_on"],
                condition=~Q(kind="inspection"),
                name="task_reports_by_period",
            ),
            models.Index(fields=["equipment", "-period_on"], name="task_by_equipment"),
            models.Index(
                fields=["licence", "-period_on"],
                condition=Q(licence__isnull=False),
                name="task_by_licence",
            ),
            models.Index(
                fields=["station", "-period_on"],
                condition=Q(station__isnull=False),
                name="task_by_station",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period_on} {self.get_cadence_display()} {self.subject_name}"

    @property
    def subject_name(self) -> str:
        """What it is about: the machine, licence or station by name, else the category's name."""
        subject = self.equipment or self.licence or self.station
        return str(subject) if subject is not None else subjects.label(self.category)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES
