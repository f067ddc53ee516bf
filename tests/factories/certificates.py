"""Factories of certificates: applications on their way to 证书生成, with the steps that led there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from config.actor import Actor
from cylinders.actions.certify import certify
from cylinders.enums import BatchState, StepName
from cylinders.models import Batch, BatchStep, Certificate
from tests.factories import cylinders as made
from tests.factories.units import NOW
from units.models import Unit

OPINIONS = {
    StepName.ACCEPTED: "材料齐全，予以受理。",
    StepName.REVIEWED: "照片与信息一致，同意。",
    StepName.APPROVED: "同意登记。",
}


def approved(unit: Unit, count: int = 1, *, now: datetime = NOW, **fields: Any) -> Batch:
    """An approved application of some LPG cylinders, with the opinions of the three steps."""
    batch = made.batch(unit, state=BatchState.APPROVED, **fields)
    for _ in range(count):
        made.item(batch)
    for name, opinion in OPINIONS.items():
        BatchStep.objects.create(
            batch=batch,
            round=batch.round,
            name=name,
            opinion=opinion,
            actor_name=f"{StepName(name).label}员",
            owner_name="渝中区市场监督管理局",
            at=now,
        )
    return batch


def certified(
    unit: Unit, count: int = 1, *, by: Actor, now: datetime = NOW, **fields: Any
) -> Certificate:
    """A certificate by the action itself, from an application of some cylinders."""
    batch = approved(unit, count, now=now, **fields)
    (revision,) = certify(batch, actor=by, now=now)
    return revision.certificate
