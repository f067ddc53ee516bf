"""How the form of a round speaks of itself, by cadence, level and what it is about (no queries)."""

from __future__ import annotations

from dataclasses import dataclass

from config.words import cn_date, cn_month, cn_week
from duties.documents import post_of
from duties.enums import Cadence
from duties.models import Task
from duties.wording import SIGNERS, title
from equipment import subjects
from units.models.unit import UnitKind

_PERIODS = {Cadence.DAILY: cn_date, Cadence.WEEKLY: cn_week, Cadence.MONTHLY: cn_month}


@dataclass(frozen=True)
class RoundWords:
    """The words of one to-do on its form, its check page and its receipt."""

    # 1号客梯, 电梯安装（含修理）, 工位巡查, as in the lists
    name: str
    # 日管控, 周排查, 月调度
    round: str
    # 2026年11月20日, 第47周(11.16–11.22), 2026年11月
    period: str
    # Where, and as what: the line below the name.
    about: str
    # What 待处理 leads to, below the choice.
    pending: str
    # Who is told of a severe one, and what is to be stopped.
    told: str
    stop: str
    vow: str
    # 巡查, 周排查, 月调度: what was submitted; and who did it.
    receipt: str
    signer: str
    # The short confirmation of a day of 停用 or 停产 (decision 6): its two choices and its photo.
    status: str
    still: str
    running: str
    photo: str


def words_of(task: Task) -> RoundWords:
    """Return the words of a to-do; reads what `get_task` has joined."""
    cadence = Cadence(task.cadence)
    label = str(cadence.label)
    is_daily = cadence == Cadence.DAILY
    director = str(subjects.DIRECTOR_OF[task.unit_kind].label)
    return RoundWords(
        name=title(task),
        round=label,
        period=_PERIODS[cadence](task.period_on),
        about=_about(task),
        pending=_pending(cadence, director),
        told="主要负责人" if cadence == Cadence.MONTHLY else director,
        stop=_stop(task),
        vow=f"本人已{'到现场按清单巡查' if is_daily else f'按清单开展{label}'}，以上内容真实。",
        receipt="巡查" if is_daily else label,
        signer=SIGNERS[cadence],
        **_standing(task),
    )


def _pending(cadence: Cadence, director: str) -> str:
    if cadence == Cadence.DAILY:
        return f"上报{director}"
    if cadence == Cadence.WEEKLY:
        return f"列入周隐患，由{director}确认整改"
    return "列入月隐患，由主要负责人确认整改"


def _stop(task: Task) -> str:
    if task.equipment_id is not None:
        return "请立即停止使用该设备"
    return {
        UnitKind.PRODUCTION.value: "请立即停止相关生产活动",
        UnitKind.FILLING.value: "请立即停止充装",
    }.get(task.unit_kind, "请立即停止使用相关设备")


def _standing(task: Task) -> dict[str, str]:
    """How 设备状态 is asked for; a licence and a station are asked on a day of 停产 only."""
    if task.equipment_id is not None:
        words = ("设备状态", "仍停用", "实际在用", "设备照片")
    else:
        filling = task.unit_kind == UnitKind.FILLING
        words = ("生产状态", "仍停产", f"实际在{'充装' if filling else '生产'}", "现场照片")
    return dict(zip(("status", "still", "running", "photo"), words, strict=True))


def _about(task: Task) -> str:
    if task.equipment_id is not None:
        machine = task.equipment
        number = f"编号 {machine.inner_no}" if machine.inner_no else ""
        parts = [machine.place, number, machine.catalogue.name]
    elif task.licence_id is not None:
        parts = [f"许可证 {task.licence.number}", task.licence.scope]
    elif task.station_id is not None:
        station = task.station
        parts = [f"编号 {station.number}", station.medium, station.place]
    else:
        parts = [f"{post_of(task)}{Cadence(task.cadence).label}"]
    return " · ".join(part for part in parts if part)
