"""What a unit does to registered cylinders, one or many: labels, forms, words around them."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms

from cylinders import forms_archive as asked
from cylinders.cylinder_states import MOVES, TRANSITIONS
from cylinders.enums import CylinderState
from cylinders.models import Cylinder


@dataclass(frozen=True)
class Act:
    """One thing to do: which rows of the transition table it may be, its form, what it brings."""

    key: str
    label: str
    form: type[forms.Form]
    names: tuple[str, ...]
    effects: tuple[str, ...]
    # Fields that begin with today.
    today: tuple[str, ...] = ("on",)
    icon: str = "refresh"
    is_final: bool = False


ACTS: dict[str, Act] = {
    one.key: one
    for one in (
        Act(
            "move",
            "流转",
            asked.MoveForm,
            tuple(MOVES.values()),
            ("只改变气瓶所处的位置，写入气瓶履历；不代替充装、收发记录。",),
            (),
        ),
        Act(
            "send",
            "送检",
            asked.SendForm,
            ("send",),
            ("状态变为“检验中”，登记检验结果前不得充装。",),
            icon="send",
        ),
        Act(
            "inspect",
            "检验合格",
            asked.PassForm,
            ("pass", "pass_stopped"),
            (
                "下次检验日期随之更新，气瓶恢复为“在用-空瓶”；停用的仍为停用，另行办理启用。",
                "检验不合格的请用“检验不合格”登记并报废。",
            ),
            ("inspected_on",),
            icon="clipboard-check",
        ),
        Act(
            "fail",
            "检验不合格",
            asked.FailForm,
            ("fail",),
            (
                "检验不合格的气瓶须去功能化并报废（TSG 23-2021），不能恢复使用。",
                "登记代码、产品编号保留在档案中，不能再次登记。",
            ),
            ("inspected_on", "on"),
            is_final=True,
        ),
        Act(
            "stop",
            "停用",
            asked.StopForm,
            ("stop",),
            ("停用期间不得充装；检验仍会到期，超期的须先检验再启用。",),
        ),
        Act(
            "restart",
            "启用",
            asked.RestartForm,
            ("restart",),
            ("恢复为“在用-空瓶”。检验超期、使用年限届满的不能启用。",),
        ),
        Act("lose", "丢失", asked.LoseForm, ("lose",), ("公开页面提示拾到者交还；不得充装。",)),
        Act(
            "find",
            "找回",
            asked.FindForm,
            ("find",),
            ("恢复为“在用-空瓶”；丢失期间已超期的，须先检验。",),
        ),
        Act(
            "scrap",
            "报废",
            asked.ScrapForm,
            ("scrap",),
            (
                "须先去功能化（压扁、切割等）并上传证明，报废后不能恢复使用。",
                "登记代码、产品编号保留在档案中，不能再次登记。",
            ),
            is_final=True,
        ),
    )
}
_SOURCES = {row.name: row.sources for row in TRANSITIONS}


def acts_for(cylinder: Cylinder | None) -> list[Act]:
    """What may be done to a cylinder as it stands (None = to any), in the order of the table."""
    if cylinder is None:
        return list(ACTS.values())
    return [
        act for act in ACTS.values() if any(cylinder.state in _SOURCES[name] for name in act.names)
    ]


def is_changeable(cylinder: Cylinder) -> bool:
    """Whether its facts may change: not when it is scrapped or lost."""
    return cylinder.state not in (CylinderState.SCRAPPED, CylinderState.LOST)
