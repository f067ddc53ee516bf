"""Forms of certificates: the list's filter, 重新打印."""

from __future__ import annotations

from typing import Any

from django import forms

from config.forms import FilterForm, TextField
from cylinders.queries_certificates import CertificateFilter

REASON_LIMIT = 200


class CertificateFilterForm(FilterForm):
    """GET filter of the list; what is not a known choice narrows nothing."""

    keyword = TextField(label="关键词", required=False, max_length=60)
    kind = forms.ChoiceField(label="设备品种", required=False)

    def __init__(self, data: Any, *, kinds: list[tuple[str, str]], is_bureau: bool) -> None:
        super().__init__(data)
        unit = "、使用单位" if is_bureau else ""
        self.fields["keyword"].widget.attrs["placeholder"] = f"登记证编号、车辆{unit}"
        self.fields["kind"].choices = [("", "不限"), *kinds]

    def asked(self) -> CertificateFilter:
        """What was asked for, wrong values left out."""
        return CertificateFilter(**super().asked())


class ReprintForm(forms.Form):
    """重新打印: why, and which revision the page showed."""

    reason = TextField(
        label="重新打印的原因",
        max_length=REASON_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "请写明重新打印的原因。",
            "max_length": "原因最多 %(limit_value)d 个字。",
        },
        help_text="如：证书遗失、污损、使用单位更名。原因会告知单位，并记在版次中。",
    )
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)
