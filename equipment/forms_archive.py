"""Forms of the bureaus' historical machines: the filter, and why a machine is declined."""

from __future__ import annotations

from django import forms

from config.forms import TextField
from equipment.queries_archive import STATES, WAITING


class ArchiveListFilter(forms.Form):
    """Words and a state; a state nobody knows is 待认领."""

    keyword = TextField(
        label="关键词",
        required=False,
        max_length=60,
        widget=forms.TextInput(
            attrs={"placeholder": "设备名称、代码、证号、单位名称、信用代码", "type": "search"}
        ),
    )
    state = forms.ChoiceField(required=False, choices=STATES, widget=forms.HiddenInput)

    def asked(self) -> tuple[str, str]:
        """(state, keyword), wrong values left out."""
        self.is_valid()
        cleaned = self.cleaned_data
        return cleaned.get("state") or WAITING, cleaned.get("keyword", "")


class DeclineForm(forms.Form):
    """Why ticked machines are not the unit's own."""

    use_required_attribute = False

    reason = TextField(
        label="否认原因",
        max_length=200,
        error_messages={
            "required": "请填写否认原因，市场监管局要据此核对。",
            "max_length": "否认原因最多 200 个字。",
        },
        # A textarea: Enter in a one-line input would press the form's first button, 认领.
        widget=forms.Textarea(
            attrs={"rows": 2, "placeholder": "如：已转让给某公司、已拆除注销、不属于本单位"}
        ),
    )
