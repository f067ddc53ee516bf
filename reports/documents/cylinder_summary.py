"""气瓶基本信息汇总表 (domain 6.2): of an application, or of a revision of a certificate (decision 15).

A table of more than PART rows is issued as numbered parts, each a document of its own: layout takes
time and memory by the row, and a part is a stack of paper one can still hold.
Pure: rows of models go in, a frozen dataclass comes out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from config.words import plain_number
from cylinders.enums import IN_USE, CylinderState, Origin
from cylinders.models import CylinderFacts
from reports.documents.parts import Citation

KIND = "cylinder_summary"
TITLE = "气瓶基本信息汇总表"
# Rows of one part; measured in docs/decisions.md.
PART = 500

COLUMNS = (
    "序号",
    "设备品种",
    "充装介质",
    "制造单位",
    "制造年月",
    "公称压力（MPa）",
    "容积（L）",
    "设计壁厚（mm）",
    "最近一次检验日期",
    "下次检验日期",
    "气瓶使用登记代码",
    "变更情况",
    "停用情况",
    "出厂编号",
    "厂内编号",
)


@dataclass(frozen=True, slots=True)
class Summary:
    """One part of the table. `rows` holds the cells as text, in the order of COLUMNS."""

    kind: str
    number: str
    revision: int
    title: str
    # What the table belongs to, and its number: 申请编号 or 使用登记证编号.
    subject_label: str
    subject_no: str
    unit_name: str
    credit_code: str
    region_code: str
    authority: str
    part: int
    parts: int
    total: int
    rows: tuple[tuple[str, ...], ...]
    document_on: date
    rules: tuple[Citation, ...]
    basis: str
    as_of: datetime

    @property
    def columns(self) -> tuple[str, ...]:
        return COLUMNS

    @property
    def first(self) -> str:
        return self.rows[0][0] if self.rows else "0"

    @property
    def last(self) -> str:
        return self.rows[-1][0] if self.rows else "0"


def parts_of(total: int) -> int:
    """In how many parts a table of so many rows is issued; an empty one is one part."""
    return max(1, -(-total // PART))


def row(number: int, facts: CylinderFacts, *, origin: str) -> tuple[str, ...]:
    """The cells of one cylinder; `facts` is an item of an application or a registered cylinder."""
    state = getattr(facts, "state", "")
    code = getattr(facts, "registration_code", "") or facts.old_code
    return (
        str(number),
        facts.kind.name,
        facts.medium,
        facts.manufacturer,
        f"{facts.made_on:%Y-%m}",
        plain_number(facts.nominal_pressure),
        plain_number(facts.volume),
        _number(facts.wall_thickness),
        _day(facts.last_inspected_on),
        _day(facts.next_inspection_on),
        code or "—",
        "存量补登记" if origin == Origin.EXISTING else "新增",
        "—" if not state or state in IN_USE else str(CylinderState(state).label),
        facts.product_no,
        facts.inner_no or "—",
    )


def rows(found: Iterable[CylinderFacts], *, first: int, origin: str) -> tuple[tuple[str, ...], ...]:
    """The rows of a part, numbered on from `first`."""
    return tuple(row(number, one, origin=origin) for number, one in enumerate(found, first))


def _day(value: date | None) -> str:
    return f"{value:%Y-%m-%d}" if value else "—"


def _number(value: Decimal | None) -> str:
    return plain_number(value) or "—"
