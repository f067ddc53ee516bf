"""Forms of declarations about use: one for each matter, the bureau's word, the list's filter."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from config.forms import FilterForm, TextField
from equipment.models import Declaration
from equipment.queries_declarations import CORRECT, TEMPORARY
from units.carried import CarriesFiles
from units.uploads import DocumentField

RECEIPT_HELP = "登记机关受理停用、报废后给出的编号；没有的留空，由监管部门在本平台确认。"
FILE_HELP = "回执、登记表或现场照片，PDF、JPG、PNG，不超过 20 MB。填写了回执编号的必须上传。"


class _DeclareForm(CarriesFiles):
    """What every declaration about a machine says: from when and why."""

    from_on = forms.DateField(
        label="开始日期",
        widget=forms.DateInput,
        error_messages={"required": "请填写开始日期。", "invalid": "请填写正确的日期。"},
    )
    reason = TextField(
        label="原因",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "请填写原因。"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Ids of its own: the drawer opens over pages whose forms have such fields too.
        super().__init__(*args, auto_id="declare_%s", **kwargs)


class FormalForm(_DeclareForm):
    """停用 or 报废: with receipt and file where there are any."""

    receipt_no = TextField(
        label="办理回执编号", required=False, max_length=60, help_text=RECEIPT_HELP
    )
    file = DocumentField(label="证明材料", required=False, help_text=FILE_HELP)


class TemporaryForm(_DeclareForm):
    """临时停用: until when."""

    until_on = forms.DateField(
        label="截止日期",
        widget=forms.DateInput,
        error_messages={"required": "请填写截止日期。", "invalid": "请填写正确的日期。"},
        help_text="一次最多 30 天，到期可再次申报。",
    )
    file = DocumentField(
        label="证明材料", required=False, help_text="可不传；PDF、JPG、PNG，不超过 20 MB。"
    )
    field_order = ("from_on", "until_on", "reason", "file")


class ResumeForm(_DeclareForm):
    """启用 (also putting into use what was not yet): from when, and a word if there is one to say."""

    reason = TextField(
        label="说明",
        required=False,
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="如 检修完成、自行检查合格。",
    )


class CorrectForm(_DeclareForm):
    """A machine archived today as 在用 by a slip of the keyboard."""


class SuspendForm(FormalForm):
    """停产 of the unit, with its end when it is known."""

    until_on = forms.DateField(
        label="结束日期",
        required=False,
        widget=forms.DateInput,
        error_messages={"invalid": "请填写正确的日期。"},
        help_text="最后一个停产日；尚不能确定的留空，恢复生产时再登记。",
    )
    field_order = ("from_on", "until_on", "reason", "receipt_no", "file")


FORMS: dict[str, type[_DeclareForm]] = {
    Declaration.Kind.STOP.value: FormalForm,
    Declaration.Kind.SCRAP.value: FormalForm,
    Declaration.Kind.RESUME.value: ResumeForm,
    TEMPORARY: TemporaryForm,
    CORRECT: CorrectForm,
}


class DecideForm(forms.Form):
    """The bureau's word on a declaration."""

    opinion = TextField(
        label="处理意见",
        required=False,
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="提出异议时必须写明理由，单位会看到。",
    )


class ReasonForm(forms.Form):
    """Why a declaration is withdrawn, or a 停产 ended."""

    reason = TextField(
        label="原因", required=False, max_length=200, widget=forms.Textarea(attrs={"rows": 2})
    )


class DeclarationFilter(FilterForm):
    """The filter bar of the list; what is not a known choice asks for nothing."""

    keyword = TextField(label="关键词", required=False, max_length=60)
    kind = forms.ChoiceField(
        label="申报事项", required=False, choices=[("", "不限"), *Declaration.Kind.choices]
    )
    receipt = forms.ChoiceField(
        label="办理回执",
        required=False,
        choices=[("", "不限"), ("given", "已填写回执"), ("none", "没有回执")],
    )
    tab = forms.SlugField(required=False, max_length=12, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, is_bureau: bool) -> None:
        super().__init__(data)
        self.fields["keyword"].widget.attrs["placeholder"] = (
            "单位名称、设备名称、回执编号" if is_bureau else "设备名称、回执编号"
        )


def first_initial(kind: str, day: date) -> dict[str, Any]:
    """What a fresh form of a matter begins with."""
    return {"from_on": day} | ({"until_on": day} if kind == TEMPORARY else {})
