"""Forms of the imports: the upload, and how wrong rows are treated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from config.excel import guard
from config.excel.guard import FILE_LARGEST, MB
from units.carried import CarriesFiles
from units.queries_imports import ALL_OR_NOTHING, CORRECT_ONLY


class WorkbookField(forms.FileField):
    """An .xlsx; the import judges it. `preview` does for a form that is refused."""

    def preview(self, upload: Any) -> bytes:
        """No picture; RuleBroken for what is no workbook."""
        guard.check(upload, name=upload.name or "")
        return b""


class UploadForm(CarriesFiles):
    """One workbook, and what its kind asks for besides (`extra`: form fields by name)."""

    file = WorkbookField(
        label="Excel 文件",
        allow_empty_file=True,  # told in our own words, with the other refusals
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        error_messages={"required": "请选择要导入的 Excel 文件。"},
        help_text="只接受 .xlsx。先检查、再预览，您确认之后才会写入。",
    )

    def __init__(
        self, *args: Any, extra: Mapping[str, forms.Field] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._extra = tuple(extra or {})
        self.fields |= dict(extra or {})

    @property
    def extra(self) -> list[forms.BoundField]:
        """The fields that the kind added."""
        return [self[name] for name in self._extra]

    @property
    def given(self) -> dict[str, Any]:
        """What was given in them."""
        return {name: self.cleaned_data[name] for name in self._extra}

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if upload.size > FILE_LARGEST:
            raise forms.ValidationError(
                f"文件超过 {FILE_LARGEST // MB} MB，请分成几个文件导入。", code="file_too_large"
            )
        return upload


class ApplyForm(forms.Form):
    """The yes to a preview: its digest, and what happens while some rows are wrong."""

    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    mode = forms.ChoiceField(
        label="有错误的行",
        widget=forms.RadioSelect,
        required=False,
        choices=[
            (CORRECT_ONLY, "只导入正确的行，有错误的行改好后再上传"),
            (ALL_OR_NOTHING, "全部正确才导入"),
        ],
    )
