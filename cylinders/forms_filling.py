"""Forms of the filling data: the list's filter, a new interface key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms

from config.forms import TextField
from cylinders.enums import FillingKind
from cylinders.queries_filling import DAYS_MOST, LIST_DAYS, Filter
from units.forms import DayField

Choices = Sequence[tuple[str, str]]


class FillingFilter(forms.Form):
    """The filter bar of 充装记录; a span that cannot be is said beside its field."""

    first = DayField(label="日期起", required=False)
    last = DayField(label="日期止", required=False)
    keyword = TextField(label="关键词", required=False, max_length=60)
    kind = forms.ChoiceField(
        label="记录种类", required=False, choices=[("", "不限"), *FillingKind.choices]
    )
    station = forms.ChoiceField(label="工位", required=False)
    stopped = forms.ChoiceField(
        label="范围", required=False, choices=[("", "不限"), ("1", "只看禁止充装")]
    )

    def __init__(self, data: Any, *, stations: Choices, is_bureau: bool, day: date) -> None:
        super().__init__(data)
        self.day = day
        self.fields["keyword"].widget.attrs["placeholder"] = (
            "单位、工位、产品编号、登记代码" if is_bureau else "产品编号、登记代码、记录编号"
        )
        if is_bureau:
            del self.fields["station"]
        else:
            self.fields["station"].choices = [("", "不限"), *stations]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", "截止日期早于起始日期。")
        elif first and (last or self.day) - first >= timedelta(days=DAYS_MOST):
            self.add_error("first", f"一次最多查询 {DAYS_MOST} 天，请缩短日期范围。")
        return cleaned

    def asked(self) -> Filter:
        """What was asked for, wrong values left out; always within DAYS_MOST days."""
        self.is_valid()
        given = self.cleaned_data
        last = given.get("last") or self.day
        first = given.get("first") or last - timedelta(days=LIST_DAYS - 1)
        return Filter(
            first=first,
            last=last,
            station=given.get("station", ""),
            kind=given.get("kind", ""),
            stopped=given.get("stopped") == "1",
            keyword=given.get("keyword", ""),
        )


class KeyForm(forms.Form):
    """新建密钥."""

    station = forms.ChoiceField(
        label="工位",
        error_messages={"required": "请选择工位。", "invalid_choice": "所选工位不存在或已停用。"},
    )
    name = TextField(
        label="用途",
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "请填写用途。",
            "max_length": "用途最多 60 个字，现在有 %(show_value)s 个。",
        },
        help_text="写明用在哪套系统或设备上，如：1 号充装秤控制系统。",
    )

    def __init__(self, data: Any, *, stations: Choices) -> None:
        super().__init__(data)
        self.fields["station"].choices = [("", "请选择"), *stations]
