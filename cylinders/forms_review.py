"""Forms of the bureau's desk of use registration. They check shape, the actions check rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from config.forms import TextField
from cylinders.actions.review import LONGEST
from cylinders.actions.settings import LEAST_PERCENT, LEAST_SECONDS, MOST_PERCENT, MOST_SECONDS
from cylinders.enums import Origin
from cylinders.queries_review import OWN, REMOVED, TABS, WAITING, WRONG
from units.models import Region

INCOMPLETE = "页面不完整，请返回后重新打开。"


class ReviewFilter(forms.Form):
    """The filter bar of the list; what is not understood filters nothing."""

    keyword = TextField(
        label="编号",
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"placeholder": "申请编号、气瓶产品编号"}),
    )
    unit = TextField(
        label="使用单位",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "单位名称、信用代码"}),
    )
    waiting = forms.ChoiceField(label="等待时间", required=False, choices=WAITING)
    origin = forms.ChoiceField(
        label="申请类型", required=False, choices=[("", "全部"), *Origin.choices]
    )
    whose = forms.ChoiceField(
        label="由谁办理", required=False, choices=[("", "全部"), (OWN, "我能办理的")]
    )
    region = forms.ChoiceField(label="受理区县", required=False)
    tab = forms.ChoiceField(
        required=False, choices=[(key, key) for key in TABS], widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, regions: Iterable[Region] | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if regions is None:  # a district sees its own ones only
            del self.fields["region"]
            return
        del self.fields["whose"]
        named = [(one.pk, one.name) for one in regions]
        self.fields["region"].choices = [("", "全部"), *named]

    def asked(self) -> dict[str, str]:
        """What was asked for, wrong values left out."""
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}


class ItemFilter(forms.Form):
    """Which cylinders of a batch are listed."""

    show = forms.ChoiceField(
        label="气瓶",
        required=False,
        choices=[("", "全部"), (WRONG, "照片判定错误"), (REMOVED, "已移出")],
    )

    def asked(self) -> str:
        self.is_valid()
        return str(self.cleaned_data.get("show", ""))


class _DecideForm(forms.Form):
    """A decision on the submission (`round`) that its page showed."""

    use_required_attribute = False

    round = forms.IntegerField(
        min_value=1,
        max_value=32767,
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), INCOMPLETE),
    )


def _text(label: str, required: str, rows: int = 3, help_text: str = "") -> TextField:
    return TextField(
        label=label,
        max_length=LONGEST,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": required, "max_length": f"{label}最多 {LONGEST} 个字。"},
    )


class OpinionForm(_DecideForm):
    """受理 and 审批: the opinion, which stands on the registration form."""

    opinion = _text("意见", "请填写意见，单位会看到。")


class SampledForm(OpinionForm):
    """审核: also whether what the second look found wrong leaves the batch."""

    removes_wrong = forms.BooleanField(label="移出抽样复看判定错误的气瓶", required=False)


class PointsForm(_DecideForm):
    """告知补正: everything at once, one thing a line."""

    points = _text(
        "补正内容",
        "请写明需要补正的全部内容，每行一项。",
        rows=6,
        help_text="一次性告知：每行写一项，保存时自动编号。单位会看到全部内容。",
    )


class ReasonForm(_DecideForm):
    """不予受理."""

    reason = _text("理由", "请填写不予受理的理由，单位会看到。")


class ConfirmForm(_DecideForm):
    """证书生成."""


class VoidForm(_DecideForm):
    """驳回（退件）: the batch's number, typed, and why."""

    number = TextField(
        label="申请编号",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={
            "required": "请输入本批次的申请编号，确认要作废整批。",
            "max_length": "与本批次的申请编号不一致。",
        },
    )
    reason = _text("退件原因", "请填写退件原因，单位会看到。")


class SettingForm(forms.Form):
    """What a district settles, as it stood at `version`."""

    use_required_attribute = False

    version = forms.IntegerField(
        min_value=0,
        max_value=2147483647,
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), INCOMPLETE),
    )
    takes_part = forms.BooleanField(label="开通气瓶使用登记", required=False)
    sample_percent = forms.IntegerField(
        label="抽样复看比例",
        min_value=LEAST_PERCENT,
        max_value=MOST_PERCENT,
        help_text="受理时从全部照片中抽取，由审核人员再看一遍；不足一张的按一张。",
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            f"请填写 {LEAST_PERCENT} 到 {MOST_PERCENT} 之间的整数。",
        ),
    )
    least_seconds = forms.DecimalField(
        label="每张最短查看时间",
        min_value=LEAST_SECONDS,
        max_value=MOST_SECONDS,
        max_digits=4,
        decimal_places=1,
        help_text="查看时间更短的照片要再看一遍，才能完成附件审核。",
        error_messages=dict.fromkeys(
            (
                "required", "invalid", "min_value", "max_value",
                "max_digits", "max_decimal_places", "max_whole_digits",
            ),
            f"请填写 {LEAST_SECONDS} 到 {MOST_SECONDS} 之间的秒数，最多一位小数。",
        ),
    )  # fmt: skip
