"""The form of one cylinder of an application: the columns of the workbook, judged by the same code."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms

from config.excel.columns import Column
from config.excel.columns_dates import DateColumn
from config.excel.columns_numbers import DecimalColumn, IntegerColumn
from config.forms import TextField
from cylinders.fact_rules import Wrong
from cylinders.imports.columns import columns_of
from cylinders.models import BatchItem
from cylinders.rules import Book
from units.forms_organisation import VersionedForm

# How the columns are grouped on the page.
GROUPS = (
    ("品种与制造", ("kind", "medium", "model", "manufacturer", "maker_licence", "product_no")),
    ("参数", ("nominal_pressure", "test_pressure", "volume", "wall_thickness", "tare")),
    ("日期", ("made_on", "life_years", "last_inspected_on", "next_inspection_on")),
    ("标识", ("qr_url", "inner_no", "owner", "old_code")),
    ("车用气瓶", ("plate", "vin")),
    ("其他", ("note",)),
)


class Cell(TextField):
    """What is typed for a column; whether it will do is said by the column, with all the others."""

    def validate(self, value: Any) -> None:
        """Nothing: `required` marks the field on the page only."""


class ItemForm(VersionedForm):
    """Every fact of a cylinder as typed; `changes` goes to `judge_changes` and `change_item`."""

    def __init__(self, *args: Any, item: BatchItem, on: date, **kwargs: Any):
        columns = columns_of(Book.on(on), item.batch.origin)
        kwargs.setdefault("initial", _initial(item, columns))
        super().__init__(*args, **kwargs)
        for column in columns:
            self.fields[column.name] = Cell(
                label=column.label,
                required=bool(column.required),
                help_text=column.note,
                widget=_widget(column, kwargs["initial"][column.name]),
            )

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names]) for title, names in GROUPS]

    @property
    def changes(self) -> dict[str, str]:
        """What was typed, by column."""
        return {name: text for name, text in self.cleaned_data.items() if name != "version"}

    def refuse(self, wrongs: Iterable[Wrong]) -> None:
        """Put what is wrong beside its fields, all at once."""
        for wrong in wrongs:
            self.add_error(wrong.name, forms.ValidationError(f"{wrong.text}。", code=wrong.code))


def _initial(item: BatchItem, columns: list[Column]) -> dict[str, Any]:
    values = {column.name: column.show(getattr(item, column.name)) for column in columns}
    return values | {"version": item.version}


def _widget(column: Column, present: str) -> forms.Widget:
    if column.name == "kind":
        offered = list(dict.fromkeys([*column.choices, present]))
        return forms.Select(choices=[(name, name) for name in offered])
    if type(column) is DateColumn:
        return forms.DateInput()
    if column.name == "note":
        return forms.Textarea(attrs={"rows": 2})
    attrs = {"autocomplete": "off"}
    if isinstance(column, DecimalColumn):
        attrs["inputmode"] = "decimal"
    elif isinstance(column, IntegerColumn):
        attrs["inputmode"] = "numeric"
    return forms.TextInput(attrs=attrs)
