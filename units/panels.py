"""What apps show on a person's page: cards with rows; higher rooms add theirs (as equipment.panels)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from config.actor import Actor
from units.models import Staff


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
    """A card on a person's page; `url` leads to the whole list, `empty` explains a blank."""

    title: str
    rows: list[PanelRow] = field(default_factory=list)
    url: str = ""
    link_label: str = "查看全部"
    empty: str = "暂无记录"


PanelMaker = Callable[[Staff, Actor], list[Panel]]

_makers: list[PanelMaker] = []


def register(maker: PanelMaker) -> None:
    """Add panels; called once by an app in AppConfig.ready(): `maker(staff, actor)`."""
    if maker not in _makers:
        _makers.append(maker)


def panels_of(staff: Staff, actor: Actor) -> list[Panel]:
    """The panels of a person in the order in which the apps registered."""
    return [panel for maker in _makers for panel in maker(staff, actor)]
