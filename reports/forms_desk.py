"""The filter bar of 辖区单位."""

from __future__ import annotations

from typing import Any

from django import forms

from config.forms import FilterForm, TextField
from reports.statistics import UnitFilter
from units.models.unit import UnitKind


class UnitFilterForm(FilterForm):
    """What is not understood filters nothing, and is said beside its field."""

    keyword = TextField(label="单位", required=False, max_length=60)
    kind = forms.ChoiceField(
        label="单位类型", required=False, choices=[("", "不限"), *UnitKind.choices]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["keyword"].widget.attrs["placeholder"] = "名称、信用代码、地址"

    def asked(self) -> UnitFilter:
        """What was asked for, wrong values left out."""
        return UnitFilter(**super().asked())
