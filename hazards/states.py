"""Hazard states and the one table of transitions (decision 12); buttons and tests come from it."""

from __future__ import annotations

from typing import Any

from django.db import models

from config.actor import Actor
from config.workflow import Transition
from equipment import subjects
from units.roles import OFFICERS, Role


class HazardState(models.TextChoices):
    PENDING_ORDER = "pending_order", "待下达"
    PENDING_RECTIFICATION = "pending_rectification", "待整改"
    RECTIFIED = "rectified", "已整改"
    REVIEWED = "reviewed", "已复查"


class Source(models.TextChoices):
    """The round a hazard was found in; decides who closes it."""

    DAILY = "daily", "日隐患"
    WEEKLY = "weekly", "周隐患"
    MONTHLY = "monthly", "月隐患"


def acts_as_director(hazard: Any, actor: Actor) -> bool:
    """The director of the fitting kind whose scope covers the hazard's subject; the principal where
    there is none (decision 5)."""
    if actor.unit_id is None or actor.unit_id != hazard.unit_id:
        return False
    subject = subjects.of(hazard.category)
    if actor.has_role(subjects.DIRECTOR_OF[subject.unit_kind], subject.category):
        return True
    return actor.has_role(Role.PRINCIPAL) and not hazard.has_director()


def may_rectify(hazard: Any, actor: Actor) -> bool:
    """Daily: the present officer of what was inspected or his stand-in; weekly: a director; monthly: the
    principal."""
    if actor.unit_id is None or actor.unit_id != hazard.unit_id:
        return False
    if hazard.source == Source.DAILY:
        return any(actor.has_role(role) for role in OFFICERS) and hazard.is_rectifier(actor)
    if hazard.source == Source.WEEKLY:
        return acts_as_director(hazard, actor)
    return actor.has_role(Role.PRINCIPAL)


def may_schedule(hazard: Any, actor: Actor) -> bool:
    """Weekly and monthly hazards get their deadline from who closes them; daily ones by the order."""
    return hazard.source != Source.DAILY and may_rectify(hazard, actor)


def may_review(hazard: Any, actor: Actor) -> bool:
    """Daily, where the unit asks for it: a director who did not do the rectification himself.

    Weekly and monthly hazards are closed by directors and principals themselves (decision 12).
    """
    return (
        hazard.source == Source.DAILY
        and hazard.unit.reviews_hazards
        and hazard.rectified_by_id != actor.staff_id
        and acts_as_director(hazard, actor)
    )


TRANSITIONS = (
    Transition(
        "order",
        frozenset({HazardState.PENDING_ORDER.value}),
        HazardState.PENDING_RECTIFICATION.value,
        "下达整改措施",
        acts_as_director,
        stamps="ordered",
        refused="该隐患的整改措施已经下达，不能重复下达。",
    ),
    Transition(
        "schedule",
        frozenset({HazardState.PENDING_RECTIFICATION.value}),
        HazardState.PENDING_RECTIFICATION.value,
        "设定整改期限",
        may_schedule,
    ),
    Transition(
        "rectify",
        frozenset({HazardState.PENDING_RECTIFICATION.value}),
        HazardState.RECTIFIED.value,
        "确认完成整改",
        may_rectify,
        stamps="rectified",
    ),
    Transition(
        "review",
        frozenset({HazardState.RECTIFIED.value}),
        HazardState.REVIEWED.value,
        "复查通过",
        may_review,
        stamps="reviewed",
    ),
    Transition(
        "send_back",
        frozenset({HazardState.RECTIFIED.value}),
        HazardState.PENDING_RECTIFICATION.value,
        "复查退回",
        may_review,
    ),
)
