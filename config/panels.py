"""Cards that higher rooms show on a page of a lower one: what they hold, and who adds them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Generic, TypeVar

from config.actor import Actor

Subject = TypeVar("Subject")


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
    """A card; `url` leads to the whole list, `empty` explains a blank.

    `picture` is the address of a drawing of ours that is shown above the rows (the QR code).
    """

    title: str
    rows: list[PanelRow] = field(default_factory=list)
    url: str = ""
    link_label: str = "查看全部"
    empty: str = "暂无记录"
    picture: str = ""


class Panels(Generic[Subject]):
    """The panels of one kind of page."""

    def __init__(self) -> None:
        self._makers: list[Callable[[Subject, Actor], list[Panel]]] = []

    def register(self, maker: Callable[[Subject, Actor], list[Panel]]) -> None:
        """Add panels; called once by an app in AppConfig.ready(): `maker(subject, actor)`."""
        if maker not in self._makers:
            self._makers.append(maker)

    def of(self, subject: Subject, actor: Actor) -> list[Panel]:
        """The panels of a subject in the order in which the apps registered."""
        return [panel for maker in self._makers for panel in maker(subject, actor)]
