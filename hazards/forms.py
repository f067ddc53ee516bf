"""Forms of the hazards: shape only; the rules are asked again under the lock by the actions."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms

from equipment import subjects
from equipment.enums import Category
from hazards.models import Hazard
from hazards.queries import OPEN
from hazards.states import HazardState
from units.forms_photos import PhotoSlotsForm
from units.models.unit import UnitKind

_DATE_ERRORS = {"required": "请选择整改期限。", "invalid": "日期格式不正确，请重新选择。"}


def _textarea(rows: int = 3, **attrs: Any) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "maxlength": 500, **attrs})


class OrderForm(forms.Form):
    """整改措施 and 整改期限 (F63)."""

    measures = forms.CharField(
        label="整改措施", widget=_textarea(4), error_messages={"required": "请填写整改措施。"}
    )
    due_on = forms.DateField(label="整改期限", error_messages=_DATE_ERRORS)


class DeadlineForm(forms.Form):
    """整改期限 of a weekly or monthly hazard; `seen` is the one the form was opened with."""

    due_on = forms.DateField(label="整改期限", error_messages=_DATE_ERRORS)
    seen = forms.DateField(required=False, widget=forms.HiddenInput)


class RectifyForm(PhotoSlotsForm):
    """整改结果 with photos, or the reason why there are none (F64)."""

    result = forms.CharField(
        label="整改结果",
        widget=_textarea(3, placeholder="例如：已更换门锁触点，试运行正常"),
        error_messages={"required": "请填写整改结果。"},
    )
    no_photo_reason = forms.CharField(
        label="无法拍照的原因",
        required=False,
        widget=forms.TextInput(attrs={"maxlength": 200}),
        help_text="上传了照片则不必填写。",
    )


class ReviewForm(forms.Form):
    """复查通过, with an opinion if there is one."""

    note = forms.CharField(label="复查意见", required=False, widget=_textarea(3))


class SendBackForm(forms.Form):
    """复查退回: why, and until when."""

    reason = forms.CharField(
        label="退回原因", widget=_textarea(3), error_messages={"required": "请填写退回原因。"}
    )
    due_on = forms.DateField(label="新的整改期限", error_messages=_DATE_ERRORS)

    def __init__(self, *args: Any, needs_deadline: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["due_on"].required = needs_deadline


def _choices(every: str, choices: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [("", every), *choices]


class FilterForm(forms.Form):
    """The filter bar of 风险隐患记录; what is not understood filters nothing."""

    keyword = forms.CharField(label="关键词", required=False)
    state = forms.ChoiceField(
        label="状态",
        required=False,
        choices=_choices("全部状态", [(OPEN, "未完成整改"), *HazardState.choices]),
    )
    severity = forms.ChoiceField(
        label="隐患等级", required=False, choices=_choices("全部等级", Hazard.Severity.choices)
    )
    category = forms.ChoiceField(label="类别", required=False)
    overdue = forms.ChoiceField(
        label="逾期",
        required=False,
        choices=_choices("不限", [("now", "逾期未整改"), ("ever", "曾经逾期")]),
    )
    date_from = forms.DateField(label="发现日期起", required=False)
    date_to = forms.DateField(label="发现日期止", required=False)
    machine = forms.CharField(required=False, widget=forms.HiddenInput)
    licence = forms.CharField(required=False, widget=forms.HiddenInput)
    station = forms.CharField(required=False, widget=forms.HiddenInput)
    unit = forms.CharField(required=False, widget=forms.HiddenInput)
    source = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        is_bureau: bool = False,
        unit_kinds: Collection[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = _subjects(unit_kinds)
        self.fields["keyword"].widget.attrs["placeholder"] = (
            "单位、设备、隐患、发现人" if is_bureau else "设备、地点、隐患、发现人"
        )


def _subjects(unit_kinds: Collection[str]) -> list[Any]:
    """What a list is narrowed to: 设备类别, and the licences of producing and filling units."""
    named = [(one.value, one.label) for one in subjects.every() if one.value not in Category.values]
    if unit_kinds and not {*unit_kinds} - {UnitKind.USING}:
        return [("", "全部类别"), *Category.choices]
    return [("", "全部类别"), ("设备类别", Category.choices), ("许可与充装", named)]
