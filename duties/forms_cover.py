"""Forms of leave cover: they check shape, duties.actions.cover checks the rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from config.forms import TextField
from units.forms import DayField


class CoverForm(forms.Form):
    """Who stands in, from when until when, and why."""

    use_required_attribute = False

    stand_in = forms.ChoiceField(
        label="代班人",
        error_messages={
            "required": "请选择代班人。",
            "invalid_choice": "所选代班人的身份或分管类别不够，或已不在职，请重新选择。",
        },
    )
    from_on = DayField(label="开始日期")
    until_on = DayField(label="结束日期")
    reason = TextField(
        label="请假原因",
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": "例如：年休假、出差", "autocomplete": "off"}),
        help_text="只有本人和单位管理员能看到。",
        error_messages={
            "required": "请填写请假原因，例如“年休假”。",
            "max_length": "请假原因最多 200 个字。",
        },
    )

    def __init__(self, *args: Any, people: Sequence[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["stand_in"].choices = [("", "请选择"), *people]
        self.fields["from_on"].error_messages["required"] = "请选择开始日期。"
        self.fields["until_on"].error_messages["required"] = "请选择结束日期。"


class AbsentForm(forms.Form):
    """Whose to-dos are handed over, on the desk."""

    use_required_attribute = False

    staff = forms.ChoiceField(
        label="请假人",
        error_messages={
            "required": "请选择请假人。",
            "invalid_choice": "请选择本单位在职的安全员、安全总监等人员。",
        },
    )

    def __init__(self, *args: Any, people: Sequence[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["staff"].choices = [("", "请选择"), *people]
