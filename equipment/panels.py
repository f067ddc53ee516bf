"""What higher rooms show on a machine's page: recent to-dos, inspections, hazards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from config.actor import Actor
from equipment.models import Equipment


@dataclass(frozen=True)
class PanelRow:
    """One line of a panel: what, when, and its state in words (`kind` as for `{% status %}`)."""

    text: str
    at: date | datetime | None = None
    note: str = ""
    word: str = ""
    kind: str = "neutral"
    url: str = ""


@dataclass(frozen=True)
class Panel:
    """A card on the machine's page; `url` leads to the whole list, `empty` explains a blank.

    `picture` is the address of a drawing of ours that is shown above the rows (the QR code).
    """

    title: str
    rows: list[PanelRow] = field(default_factory=list)
    url: str = ""
    link_label: str = "查看全部"
    empty: str = "暂无记录"
    picture: str = ""


PanelMaker = Callable[[Equipment, Actor], list[Panel]]

_makers: list[PanelMaker] = []


def register(maker: PanelMaker) -> None:
    """Add panels; called once by an app in AppConfig.ready(): `maker(equipment, actor)`."""
    if maker not in _makers:
        _makers.append(maker)


def panels_of(equipment: Equipment, actor: Actor) -> list[Panel]:
    """The panels of a machine in the order in which the apps registered."""
    return [panel for maker in _makers for panel in maker(equipment, actor)]
