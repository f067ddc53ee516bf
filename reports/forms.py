"""The filter of the list of issued documents."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms

from config.forms import TextField
from duties.forms_desk import category_choices
from reports.models import DocumentKind
from reports.queries import DocumentFilter


class DocumentFilterForm(forms.Form):
    """GET filter; what is not understood is said beside its field and narrows nothing."""

    keyword = TextField(
        label="关键词",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "文书编号、设备、登记证编号、姓名"}),
    )
    kind = forms.ChoiceField(
        label="表单种类", required=False, choices=[("", "全部"), *DocumentKind.choices]
    )
    first_on = forms.DateField(
        label="文书日期起",
        required=False,
        widget=forms.DateInput(),
        error_messages={"invalid": "请填写正确的日期。"},
    )
    last_on = forms.DateField(
        label="文书日期止",
        required=False,
        widget=forms.DateInput(),
        error_messages={"invalid": "请填写正确的日期。"},
    )
    category = forms.ChoiceField(label="类别", required=False)

    def __init__(self, data: Any, *, unit_kinds: Collection[str], is_bureau: bool) -> None:
        super().__init__(data)
        self.fields["category"].choices = [("", "全部"), *category_choices(unit_kinds, is_bureau)]

    def clean(self) -> dict:
        data = super().clean()
        first, last = data.get("first_on"), data.get("last_on")
        if first and last and first > last:
            self.add_error("last_on", "结束日期不能早于开始日期。")
        return data

    def wanted(self) -> DocumentFilter:
        """The filter as far as the form is valid."""
        self.full_clean()
        data = self.cleaned_data
        return DocumentFilter(
            first_on=data.get("first_on"),
            last_on=data.get("last_on"),
            category=data.get("category") or "",
            keyword=data.get("keyword") or "",
            kind=data.get("kind") or "",
        )
