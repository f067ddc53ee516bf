"""How far generation has come, what it left behind: runs, cursors, tallies, self-checks (D1)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from duties.enums import Cadence, Level, TaskKind
from units.models import Region, Unit


class GenerationRun(models.Model):
    """What one run of the generator did for one day; the answer to "did it run last night?"."""

    day = models.DateField("日期")
    # None: a run for chosen units or for everybody at once.
    region = models.ForeignKey(Region, models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    created = models.PositiveIntegerField(default=0)
    existing = models.PositiveIntegerField(default=0)
    exempt = models.JSONField(default=dict)
    missed = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "生成记录"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(finished_at__gte=F("started_at")),
                name="run_finishes_after_start",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day}"


class GenerationCursor(models.Model):
    """How far a district has been generated and closed; what a catch-up continues from (D1)."""

    region = models.OneToOneField(
        Region, models.PROTECT, primary_key=True, related_name="generation_cursor"
    )
    # The last day whose to-dos all exist.
    generated_until = models.DateField("已生成至", null=True)
    # Every period that ended on or before this day is closed and tallied.
    closed_until = models.DateField("已关闭至", null=True)

    class Meta:
        verbose_name = "生成进度"

    def __str__(self) -> str:
        return f"{self.region_id} {self.generated_until}"


class Tally(models.Model):
    """The to-dos of one unit, period and category by completion, once the period is closed.

    应检 = on_time + backfilled + missed; 免检 (waived) beside it (decision 8). Written only by
    duties.tallies; what is not closed yet (GenerationCursor.closed_until) is counted raw.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="tallies", db_index=False)
    period_on = models.DateField("应检日期")
    cadence = models.CharField(max_length=10, choices=Cadence.choices)
    kind = models.CharField(max_length=20, choices=TaskKind.choices)
    level = models.CharField(max_length=10, choices=Level.choices)
    category = models.CharField(max_length=40)
    on_time = models.PositiveIntegerField("按时", default=0)
    backfilled = models.PositiveIntegerField("补录", default=0)
    missed = models.PositiveIntegerField("漏检", default=0)
    waived = models.PositiveIntegerField("免检", default=0)

    class Meta:
        verbose_name = "完成情况汇总"
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "period_on", "cadence", "kind", "level", "category"],
                name="tally_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.period_on}"


class SelfCheck(models.Model):
    """One nightly comparison of the to-dos that exist with the rule; differences in words (D1)."""

    checked_at = models.DateTimeField("核对时间")
    first_on = models.DateField("核对自")
    last_on = models.DateField("核对至")
    owed = models.PositiveIntegerField("应有", default=0)
    differences = models.PositiveIntegerField("差异", default=0)
    # Sentences, the first hundreds of them.
    lines = models.JSONField("差异说明", default=list)
    seconds = models.FloatField("用时（秒）", default=0)

    class Meta:
        verbose_name = "生成核对"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.last_on} {self.differences}"
