"""Forms of the bureau's desk: registrations and notices. They check shape, the actions check rules."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms

from config.forms import TextField
from units.carried import CarriesFiles
from units.models import Notice
from units.models.unit import UnitKind
from units.queries_desk import FILTERS
from units.uploads import PdfField


class RegistrationFilter(forms.Form):
    """The filter bar of 单位注册; what is not understood filters nothing."""

    keyword = TextField(
        label="关键词",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "单位名称、信用代码、联系人、手机号"}),
    )
    state = forms.ChoiceField(
        required=False,
        choices=[("", ""), *((key, label) for key, label, _ in FILTERS)],
        widget=forms.HiddenInput,
    )

    def asked(self) -> dict[str, str]:
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in ("keyword", "state")}


class DecisionForm(forms.Form):
    """What a bureau decides on a registration as it saw it at `version`."""

    APPROVE, SEND_BACK, OBJECT, ACCEPT = "approve", "send_back", "object", "accept"

    use_required_attribute = False

    do = forms.ChoiceField(
        choices=[(one, one) for one in (APPROVE, SEND_BACK, OBJECT, ACCEPT)],
        widget=forms.HiddenInput,
        error_messages={"required": "请选择通过或退回。", "invalid_choice": "请选择通过或退回。"},
    )
    version = forms.IntegerField(
        min_value=1,
        widget=forms.HiddenInput,
        error_messages={
            "required": "页面不完整，请重新打开。",
            "invalid": "页面不完整，请重新打开。",
        },
    )
    opinion = TextField(
        label="审核意见",
        required=False,
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": "审核意见最多 200 个字。"},
    )


class NoticeFilter(forms.Form):
    """The filter bar of 通知公告."""

    STATES = (
        ("", "全部"),
        ("unread", "还有单位未读"),
        ("read", "全部已读"),
        ("withdrawn", "已撤回"),
    )
    SOURCES = (("", "全部"), ("own", "本局下发"), ("below", "下级下发"))

    keyword = TextField(label="标题", required=False, max_length=60)
    state = forms.ChoiceField(label="阅读情况", required=False, choices=STATES)
    source = forms.ChoiceField(label="下发机构", required=False, choices=SOURCES)

    def asked(self) -> dict[str, str]:
        """What was asked for, wrong values left out."""
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}


class NoticeForm(CarriesFiles):
    """A notice and to whom it goes; the units to choose from are found by `look`."""

    MOST = 500  # units that can be ticked

    use_required_attribute = False

    title = TextField(
        label="标题",
        max_length=100,
        error_messages={"required": "请填写标题。", "max_length": "标题最多 100 个字。"},
    )
    text = TextField(
        label="正文",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"max_length": "正文最多 4000 个字，更长的内容请作为附件。"},
    )
    file = PdfField(label="附件", required=False)
    audience = forms.ChoiceField(
        label="发送范围",
        choices=Notice.Audience.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "请选择发送范围。",
            "invalid_choice": "请选择发送范围。",
        },
    )
    kinds = forms.MultipleChoiceField(
        label="单位类型",
        required=False,
        choices=UnitKind.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "请选择单位类型。"},
    )
    look = TextField(
        label="查找单位",
        required=False,
        max_length=60,
        widget=forms.TextInput(
            attrs={"placeholder": "名称、信用代码、地址", "autocomplete": "off"}
        ),
    )

    def chosen(self) -> list[str]:
        """The public codes of the units that are ticked, odd values left out."""
        return clean_codes(self.data.getlist("unit") if hasattr(self.data, "getlist") else [])


def clean_codes(codes: Iterable[str]) -> list[str]:
    """Public codes as they were given, odd ones and repetitions left out, at most one too many."""
    found = dict.fromkeys(code for code in codes if code.isascii() and code.isalnum())
    return list(found)[: NoticeForm.MOST + 1]


class ReceiptFilter(forms.Form):
    """Which units of a notice are listed."""

    keyword = TextField(label="单位", required=False, max_length=60)
    read = forms.ChoiceField(
        label="阅读情况", required=False, choices=[("", "全部"), ("no", "未读"), ("yes", "已读")]
    )

    def asked(self) -> dict[str, str]:
        """What was asked for, wrong values left out."""
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}


class WithdrawForm(forms.Form):
    """Why a notice is withdrawn."""

    use_required_attribute = False

    reason = TextField(
        label="撤回原因",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "请填写撤回原因。", "max_length": "撤回原因最多 200 个字。"},
        help_text="收到通知的单位会看到。",
    )
