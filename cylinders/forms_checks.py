"""The form of one photograph in 审核附件 and in the second look at the sample."""

from __future__ import annotations

from typing import Any

from django import forms

from config.forms import TextField
from cylinders.check_rules import LONGEST_REASON, REASONS
from cylinders.enums import Verdict

JOINT = "；"


class CheckForm(forms.Form):
    """正确 or 错误 with its reason: one of the common ones, or typed.

    `seen_ms` and `token` say how long it was looked at; what is no number there counts as nothing
    measured, which the server then bounds by itself.
    """

    photo = forms.UUIDField()
    verdict = forms.ChoiceField(
        label="图片与信息是否一致",
        choices=Verdict.choices,
        error_messages={
            "required": "请选择“正确”或“错误”。",
            "invalid_choice": "请选择“正确”或“错误”。",
        },
    )
    common = forms.ChoiceField(
        label="常见原因", choices=[(one, one) for one in REASONS], required=False
    )
    reason = TextField(
        label="其他原因或补充说明",
        required=False,
        max_length=LONGEST_REASON,
        error_messages={"max_length": f"错误原因最多 {LONGEST_REASON} 个字。"},
    )
    seen_ms = forms.CharField(required=False)
    token = forms.CharField(required=False)
    at = forms.IntegerField(required=False, min_value=1, max_value=10**6)
    go = forms.CharField(required=False)

    def clean_seen_ms(self) -> int | None:
        """Milliseconds the page measured; None without a measurement, 0 for what is no number."""
        text = self.cleaned_data["seen_ms"]
        if not text:
            return None
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0

    def clean(self) -> dict[str, Any]:
        """The chosen reason and what was typed besides are one sentence."""
        found = super().clean() or {}
        said = [found.get("common", ""), found.get("reason", "")]
        found["reason"] = JOINT.join(dict.fromkeys(filter(None, said)))
        return found


def split_reason(reason: str) -> dict[str, str]:
    """A kept reason as the form shows it again: the common one, and what was typed besides."""
    first, _, rest = reason.partition(JOINT)
    return {"common": first, "reason": rest} if first in REASONS else {"reason": reason}
