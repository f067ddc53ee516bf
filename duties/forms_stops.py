"""Forms of 临时停用 on the phone: they check shape, equipment.actions.stops checks the rules."""

from __future__ import annotations

from django import forms

from config.forms import TextField
from equipment.actions.stops import LONGEST_DAYS, REASON_LIMIT
from units.forms import DayField


class StopForm(forms.Form):
    """Why a machine is out of use, and from when until when."""

    use_required_attribute = False

    stop_reason = TextField(
        label="停用原因",
        max_length=REASON_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "例如：门机故障，等待配件"}),
        error_messages={
            "required": "请填写停用原因。",
            "max_length": f"停用原因最多 {REASON_LIMIT} 个字。",
        },
    )
    from_on = DayField(label="开始日期")
    until_on = DayField(label="截止日期", help_text=f"含这一天，一次最多 {LONGEST_DAYS} 天。")
    # Names this page: sent twice it is one declaration.
    client_uuid = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from_on"].error_messages["required"] = "请选择开始日期。"
        self.fields["until_on"].error_messages["required"] = "请选择截止日期。"


class RejectForm(forms.Form):
    """Why a 临时停用 is rejected."""

    use_required_attribute = False

    reason = TextField(
        label="驳回原因",
        max_length=REASON_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "例如：现场核实设备仍在使用"}),
        help_text="申报人和这台设备的安全员会看到。",
        error_messages={
            "required": "请填写驳回原因，申报人会看到。",
            "max_length": f"驳回原因最多 {REASON_LIMIT} 个字。",
        },
    )
