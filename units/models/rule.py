"""The dated rule table: which order, law or technical specification is in force on a day."""

from __future__ import annotations

from datetime import date

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Value


class RuleQuerySet(models.QuerySet["Rule"]):
    def in_force(self, day: date) -> RuleQuerySet:
        """Rules in force on a day."""
        return self.filter(period__contains=day)


class Rule(models.Model):
    """One edition of a rule (domain.md: every citation is a dated row); owned by the platform."""

    key = models.CharField("规则", max_length=40)
    number = models.CharField("文号", max_length=80)
    title = models.CharField("名称", max_length=120)
    period = DateRangeField("施行期间")
    # {topic: {category or "": "第七十二条"}}, e.g. {"daily": {"lift": "…"}}.
    articles = models.JSONField("条款", default=dict, blank=True)
    confidence = models.CharField("可信度", max_length=1, default="H")
    note = models.TextField("备注", blank=True)

    objects = RuleQuerySet.as_manager()

    class Meta:
        verbose_name = "法规标准"
        ordering = ["key", "period"]
        constraints = [
            ExclusionConstraint(
                name="rule_editions_do_not_overlap",
                expressions=[
                    # Text equality inside GiST without btree_gist: compare the key's hash range.
                    (
                        Func(
                            Func(F("key"), function="hashtext"),
                            Func(F("key"), function="hashtext"),
                            Value("[]"),
                            function="int8range",
                        ),
                        RangeOperators.EQUAL,
                    ),
                    ("period", RangeOperators.OVERLAPS),
                ],
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"
