"""Forms of photographs of cylinders: one picture, a ZIP, a picture given to a cylinder by hand."""

from __future__ import annotations

from typing import Any

from django import forms

from config.forms import TextField
from cylinders.actions.photos import kinds_of
from cylinders.models import Batch

KIND_MISSING = {"required": "请选择照片拍的是什么。", "invalid_choice": "请选择照片拍的是什么。"}


class _OfBatch(forms.Form):
    """A form whose kinds are those of the batch's cylinders."""

    use_required_attribute = False

    def __init__(self, *args: Any, batch: Batch, **kwargs: Any):
        super().__init__(*args, **kwargs)
        choices = kinds_of(batch)
        for name in ("kind", "default_kind"):
            if name in self.fields:
                self.fields[name].choices = [*self.fields[name].choices, *choices]


class PhotoForm(_OfBatch):
    """One photograph; the file itself is judged where it is stored."""

    photo = forms.FileField(label="照片", required=False, allow_empty_file=True)
    kind = forms.ChoiceField(label="照片种类", error_messages=KIND_MISSING)
    client_uuid = forms.CharField(
        max_length=36, error_messages={"required": "页面内容不完整，请刷新后重新选择照片。"}
    )


class KindForm(_OfBatch):
    """What a photograph shows after all."""

    kind = forms.ChoiceField(label="照片种类", error_messages=KIND_MISSING)


class ArchiveForm(_OfBatch):
    """A ZIP, and what those pictures show whose names do not say."""

    archive = forms.FileField(
        label="ZIP 压缩包",
        allow_empty_file=True,  # told in our own words, with the other refusals
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip"}),
        error_messages={"required": "请选择 ZIP 压缩包。"},
    )
    default_kind = forms.ChoiceField(
        label="文件名没有写明种类的",
        required=False,
        choices=[("", "不自动归类，逐张指定")],
        error_messages=KIND_MISSING,
    )


class AssignForm(_OfBatch):
    """The cylinder and the kind of a picture, said by hand."""

    text = TextField(
        label="产品编号或序号",
        max_length=60,
        error_messages={
            "required": "请填写产品编号或序号。",
            "max_length": "产品编号最多 60 个字。",
        },
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    kind = forms.ChoiceField(
        label="照片种类", choices=[("", "请选择")], error_messages=KIND_MISSING
    )
