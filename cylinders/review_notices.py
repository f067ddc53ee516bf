"""What a unit is told about the bureau's decisions on its application, each once."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from cylinders.enums import StepName
from cylinders.models import BatchStep
from units.outbox import tell_unit

KIND = "cylinder_batch"
QUOTED = 200


def tell_unit_decided(step: BatchStep, *, now: datetime) -> bool:
    """Tell the unit of a step, if it concerns it before the certificate; False if it does not."""
    text = _text(step)
    if not text:
        return False
    batch = step.batch
    page = "cylinders:batch" if step.name == StepName.RETURNED else "cylinders:progress"
    return bool(
        tell_unit(
            batch.unit_id,
            kind=f"{KIND}.{step.name}",
            text=text,
            dedupe_key=f"{KIND}:{batch.code}:{step.round}:{step.name}",
            link=reverse(page, args=[batch.code]),
            now=now,
        )
    )


def _text(step: BatchStep) -> str:
    """The sentence of a step; 审核 that removes nothing and 审批 are only seen in 进度."""
    what = f"气瓶使用登记申请 {step.batch.number} "
    removed = step.details.get("removed", 0)
    left = step.details.get("cylinders", 0)
    said = _quoted(step.opinion)
    out = f"其中 {removed} 只因照片与信息不符已移出，可以重新申请，原因见进度。" if removed else ""
    if step.name == StepName.ACCEPTED:
        return f"{what}已受理，登记 {left} 只。{out}"
    if step.name == StepName.REVIEWED and removed:
        return f"{what}已通过审核，登记 {left} 只。{out}"
    if step.name == StepName.RETURNED:
        return f"{what}需要补正：{said}。请修改后重新提交。"
    if step.name == StepName.DECLINED:
        return f"{what}不予受理：{said}。{left} 只气瓶可以重新申请。"
    if step.name == StepName.VOIDED:
        return f"{what}已被退件，整批作废：{said}。{left} 只气瓶可以重新申请。"
    return ""


def _quoted(opinion: str) -> str:
    """An opinion within a sentence; a long one is cut, the page has it whole."""
    text = "；".join(opinion.split("\n")).rstrip("。；")
    return text if len(text) <= QUOTED else f"{text[:QUOTED]}……"
