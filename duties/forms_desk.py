"""The filter bar of 风险管控记录."""

from __future__ import annotations

from typing import Any

from django import forms

from config.forms import TextField
from duties.completion import Completion
from duties.enums import Cadence
from duties.queries_desk import RecordFilter
from equipment.enums import Category


class RecordFilterForm(forms.Form):
    """What is not understood filters nothing, and is said beside its field."""

    date_from = forms.DateField(label="应检日期起", required=False)
    date_to = forms.DateField(label="应检日期止", required=False)
    completion = forms.ChoiceField(
        label="完成情况", required=False, choices=[("", "不限"), *Completion.choices]
    )
    keyword = TextField(label="设备", required=False, max_length=60)
    person = TextField(label="责任人", required=False, max_length=60)
    category = forms.ChoiceField(
        label="设备类别", required=False, choices=[("", "不限"), *Category.choices]
    )
    cadence = forms.ChoiceField(
        required=False, choices=[("", ""), *Cadence.choices], widget=forms.HiddenInput
    )
    machine = forms.CharField(required=False, max_length=12, widget=forms.HiddenInput)
    unit = forms.CharField(required=False, max_length=12, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, is_bureau: bool) -> None:
        super().__init__(data)
        where = "名称、代码、证号、地点"
        self.fields["keyword"].widget.attrs["placeholder"] = (
            f"单位、{where}" if is_bureau else where
        )
        self.fields["person"].widget.attrs["placeholder"] = "姓名"
        if is_bureau:
            self.fields["keyword"].label = "单位、设备"

    def asked(self) -> RecordFilter:
        """What was asked for, wrong values left out."""
        self.is_valid()
        return RecordFilter(**{key: value for key, value in self.cleaned_data.items() if value})
