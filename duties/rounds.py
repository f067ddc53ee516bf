"""The rounds as people call them: the five kinds of to-do, and what daily ones are about (no queries)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from config.actor import Actor
from config.natural import Natural
from duties.enums import Cadence, TaskKind
from units.models.unit import UnitKind
from units.roles import DIRECTORS, Role


# ------------------------------------------------------------------ the five rounds
@dataclass(frozen=True)
class Round:
    """One kind of to-do as people call it (M 2.1, 3.1, 4.1) and the page that lists it."""

    key: str
    label: str
    kind: str
    cadence: str
    url_name: str
    icon: str
    # What is counted, and what is still to be done.
    word: str = "项"
    waiting: str = "待完成"


ROUNDS = (
    Round("daily", "日管控", TaskKind.INSPECTION, Cadence.DAILY, "duties:daily", "clipboard-check"),
    Round(
        "weekly", "周排查", TaskKind.INSPECTION, Cadence.WEEKLY, "duties:weekly", "calendar-week"
    ),
    Round(
        "weekly_report",
        "周报告",
        TaskKind.WEEKLY_REPORT,
        Cadence.WEEKLY,
        "duties:weekly-reports",
        "report",
        "份",
        "待提交",
    ),
    Round(
        "monthly",
        "月调度",
        TaskKind.INSPECTION,
        Cadence.MONTHLY,
        "duties:monthly",
        "calendar-month",
    ),
    Round(
        "monthly_minutes",
        "月报告",
        TaskKind.MONTHLY_MINUTES,
        Cadence.MONTHLY,
        "duties:monthly-reports",
        "notes",
        "份",
        "待提交",
    ),
)
# Whose duty each round can be; directors of other kinds and officers see it only if they owe one.
_OFFICER_ROUNDS = {"daily", "weekly", "monthly"}
_DIRECTOR_ROUNDS = {"weekly", "weekly_report", "monthly", "monthly_minutes"}
_PRINCIPAL_ROUNDS = {"monthly", "monthly_minutes"}


def rounds_of(actor: Actor) -> list[Round]:
    """The rounds that a person's identities bring with them, in the usual order."""
    keys: set[str] = set()
    for post in actor.posts:
        if post.role == Role.PRINCIPAL:
            keys |= _PRINCIPAL_ROUNDS
        else:
            keys |= _DIRECTOR_ROUNDS if post.role in DIRECTORS else _OFFICER_ROUNDS
    return [one for one in ROUNDS if one.key in keys]


# ------------------------------------------------------------------ 日管控 (F52)
@dataclass(frozen=True)
class Subject:
    """What daily rounds of a kind of unit are about: the tab, its words, its columns."""

    key: str
    unit_kind: str
    tab: str
    noun: str
    counter: str
    hint: str
    searched: tuple[str, ...]
    order: tuple[Any, ...]
    # What a row of a list prints of it, and the relation that leads there.
    shown: tuple[str, ...]
    shown_of: str


SUBJECTS = (
    Subject(
        "equipment",
        UnitKind.USING.value,
        "设备巡查",
        "设备",
        "台",
        "设备名称、地点、编号",
        (
            "equipment__name",
            "equipment__place",
            "equipment__inner_no",
            "equipment__registration_no",
            "equipment__equipment_code",
        ),
        ("equipment__walk_order",),
        ("equipment__name", "equipment__place", "equipment__inner_no"),
        "equipment",
    ),
    Subject(
        "licence",
        UnitKind.PRODUCTION.value,
        "许可巡查",
        "许可",
        "项",
        "许可类别、许可证编号",
        ("licence__family__name", "licence__number", "licence__scope"),
        ("licence__family_id", Natural("licence__number")),
        ("licence__family__name", "licence__number", "licence__scope"),
        "licence__family",
    ),
    Subject(
        "station",
        UnitKind.FILLING.value,
        "工位巡查",
        "工位",
        "个",
        "工位名称、编号、位置、介质",
        ("station__name", "station__number", "station__place", "station__medium"),
        (Natural("station__number"),),
        ("station__name", "station__number", "station__place", "station__medium"),
        "station",
    ),
)


def subjects_of(kinds: Collection[str]) -> list[Subject]:
    """The tabs of daily rounds for kinds of unit; machines where there is none of them."""
    return [one for one in SUBJECTS if one.unit_kind in kinds] or [SUBJECTS[0]]


def matching(subject: Subject, keyword: str) -> Q:
    found = Q()
    for column in subject.searched:
        found |= Q(**{f"{column}__icontains": keyword})
    return found
