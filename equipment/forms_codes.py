"""Forms of 一码通: the list's filter, 换码, what the public reports, its answer."""

from __future__ import annotations

from typing import Any

from django import forms

from config.forms import FilterForm, TextField
from equipment import queries
from equipment.actions.codes import REASON_LIMIT
from equipment.actions.public import ANSWER_LIMIT, CONTACT_LIMIT, PHOTOS_MOST, TEXT_LIMIT
from equipment.enums import Category
from equipment.models import PublicReport
from equipment.queries_codes import BARE, CODED, CodeFilter
from units.carried import CarriesFiles
from units.uploads import PhotoField


class CodeListFilter(FilterForm):
    """The filter bar of 一码通; what is not a known choice is ignored."""

    keyword = TextField(label="关键词", required=False, max_length=60)
    category = forms.ChoiceField(
        label="设备类别", required=False, choices=[("", "不限"), *Category.choices]
    )
    officer = forms.ChoiceField(label="安全员", required=False)
    state = forms.ChoiceField(
        label="赋码",
        required=False,
        choices=[("", "不限"), (CODED, "已赋码"), (BARE, "未赋码")],
    )

    def __init__(self, data: Any, *, officers: list[queries.Officer]) -> None:
        super().__init__(data)
        self.fields["keyword"].widget.attrs["placeholder"] = "名称、代码、证号、内编号、地点"
        people = [(one.staff.code, one.staff.name) for one in officers]
        self.fields["officer"].choices = [("", "不限"), (queries.NOBODY, "未绑定安全员"), *people]

    def asked(self) -> CodeFilter:
        """What was asked for, wrong values left out."""
        return CodeFilter(**super().asked())


class ReplaceForm(forms.Form):
    """挂失换码: why, and which code the page showed."""

    reason = TextField(
        label="换码原因",
        max_length=REASON_LIMIT,
        error_messages={
            "required": "请填写换码原因。",
            "max_length": "换码原因最多 %(limit_value)d 个字。",
        },
        help_text="如：标签丢失、污损、贴错设备。",
    )
    token = forms.CharField(required=False, widget=forms.HiddenInput)


class PhotosInput(forms.FileInput):
    """A file input that takes several pictures."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return files.getlist(name)


class PhotosField(PhotoField):
    """Several uploads as a list; each is checked as a photograph by the action."""

    widget = PhotosInput(attrs={"accept": "image/*", "multiple": True})

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        uploads = [upload for upload in (data or []) if upload]
        if len(uploads) > PHOTOS_MOST:
            raise forms.ValidationError(f"照片最多 {PHOTOS_MOST} 张。", code="photos_many")
        return uploads


class ReportForm(CarriesFiles):
    """报告问题: no account, works without JavaScript."""

    kind = forms.ChoiceField(
        label="问题类型",
        choices=PublicReport.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "请选择问题类型。",
            "invalid_choice": "请从列出的问题类型中选择。",
        },
    )
    text = TextField(
        label="问题描述",
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": "请描述看到的问题。",
            "max_length": "问题描述最多 %(limit_value)d 个字。",
        },
    )
    photo = PhotosField(label="照片", required=False, help_text=f"可不传；最多 {PHOTOS_MOST} 张。")
    contact = TextField(
        label="联系方式",
        required=False,
        max_length=CONTACT_LIMIT,
        error_messages={"max_length": "联系方式最多 %(limit_value)d 个字。"},
        help_text="可不填；只给使用单位用于回电。",
    )
    # Nobody sees this field; who fills it in is a program.
    website = forms.CharField(
        label="此栏请留空",
        required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise forms.ValidationError("提交没有受理，请返回重新填写。", code="not_a_person")
        return ""


class ReportAnswerForm(forms.Form):
    """How the unit handled a report."""

    answer = TextField(
        label="处理情况",
        max_length=ANSWER_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "请填写处理情况。",
            "max_length": "处理情况最多 %(limit_value)d 个字。",
        },
        help_text="核实结果和采取的措施；保存后不能修改。",
    )


class ReportListFilter(FilterForm):
    """The filter bar of 公众报告."""

    keyword = TextField(label="关键词", required=False, max_length=60)
    kind = forms.ChoiceField(
        label="问题类型", required=False, choices=[("", "不限"), *PublicReport.Kind.choices]
    )
    state = forms.ChoiceField(
        label="状态",
        required=False,
        choices=[("", "不限"), ("waiting", "待处理"), ("answered", "已处理")],
    )
    machine = forms.SlugField(required=False, max_length=12, widget=forms.HiddenInput)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["keyword"].widget.attrs["placeholder"] = "设备名称、内容、编号"
