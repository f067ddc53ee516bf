"""The filter bar of 风险管控记录."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms

from config.forms import TextField
from duties.completion import Completion
from duties.enums import Cadence, Level, TaskKind
from duties.queries_desk import RecordFilter
from equipment import subjects
from equipment.enums import Category
from units.models.unit import UnitKind

# What is no inspection has a list of its own; figures lead here with its `kind`.
REPORTS = [one for one in TaskKind.choices if one[0] != TaskKind.INSPECTION]


def category_choices(unit_kinds: Collection[str], is_bureau: bool) -> list[Any]:
    """The categories to choose from: of machines, and where they may occur of licences too."""
    machines = list(Category.choices)
    others = [
        (one.value, one.label)
        for one in (subjects.every() if is_bureau or set(unit_kinds) - {UnitKind.USING} else [])
        if one.value not in Category.values and (is_bureau or one.unit_kind in unit_kinds)
    ]
    if not others:
        return machines
    return [("设备类别", machines), ("许可与充装", others)]


class RecordFilterForm(forms.Form):
    """What is not understood filters nothing, and is said beside its field."""

    date_from = forms.DateField(label="应检日期起", required=False)
    date_to = forms.DateField(label="应检日期止", required=False)
    completion = forms.ChoiceField(
        label="完成情况", required=False, choices=[("", "不限"), *Completion.choices]
    )
    level = forms.ChoiceField(label="层级", required=False, choices=[("", "不限"), *Level.choices])
    keyword = TextField(label="对象", required=False, max_length=60)
    person = TextField(label="责任人", required=False, max_length=60)
    category = forms.ChoiceField(label="类别", required=False)
    kind = forms.ChoiceField(
        label="工作内容", required=False, choices=[("", "巡查、排查、调度"), *REPORTS]
    )
    cadence = forms.ChoiceField(
        required=False, choices=[("", ""), *Cadence.choices], widget=forms.HiddenInput
    )
    machine = forms.CharField(required=False, max_length=12, widget=forms.HiddenInput)
    unit = forms.CharField(required=False, max_length=12, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, unit_kinds: Collection[str], is_bureau: bool) -> None:
        super().__init__(data)
        where = "名称、代码、证号、地点"
        self.fields["category"].choices = [("", "不限"), *category_choices(unit_kinds, is_bureau)]
        self.fields["keyword"].widget.attrs["placeholder"] = (
            f"单位、{where}" if is_bureau else where
        )
        self.fields["person"].widget.attrs["placeholder"] = "姓名"
        if is_bureau:
            self.fields["keyword"].label = "单位、对象"

    def asked(self) -> RecordFilter:
        """What was asked for, wrong values left out."""
        self.is_valid()
        return RecordFilter(**{key: value for key, value in self.cleaned_data.items() if value})
