"""Forms of a unit's applications for use registration: they check shape, the actions check rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from config.forms import FilterForm, TextField
from cylinders.enums import Origin
from cylinders.models import Batch, BatchItem
from units.forms_organisation import VersionedForm

REASON_LONGEST = BatchItem._meta.get_field("removed_reason").max_length
INPUT = {
    "postcode": {"inputmode": "numeric"},
    "contact_phone": {"inputmode": "tel"},
    "safety_phone": {"inputmode": "tel"},
}
UNIT_FIELDS = ("legal_representative", "address", "postcode", "contact_name", "contact_phone")
SAFETY_FIELDS = ("safety_department", "safety_manager", "safety_phone")


def _basic(name: str) -> TextField:
    column = Batch._meta.get_field(name)
    label = str(column.verbose_name)
    return TextField(
        label=label,
        max_length=column.max_length,
        required=False,
        error_messages={"max_length": f"{label}最多 {column.max_length} 个字。"},
        widget=forms.TextInput(attrs={"autocomplete": "off", **INPUT.get(name, {})}),
    )


class BasicsForm(VersionedForm):
    """基本信息 of unit and safety department, and the district while it may still be chosen."""

    region = forms.ChoiceField(
        label="受理区县",
        required=False,
        help_text="只列出已开通气瓶使用登记的区县。",
        error_messages={"invalid_choice": "所选区县尚未开通气瓶使用登记，请重新选择。"},
    )

    def __init__(self, *args: Any, regions: Sequence[tuple[str, str]] | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name in (*UNIT_FIELDS, *SAFETY_FIELDS):
            self.fields[name] = _basic(name)
        if regions is None:
            del self.fields["region"]
        else:
            self.fields["region"].choices = [("", "请选择"), *regions]

    @property
    def of_unit(self) -> list[forms.BoundField]:
        return [self[name] for name in UNIT_FIELDS]

    @property
    def of_safety(self) -> list[forms.BoundField]:
        return [self[name] for name in SAFETY_FIELDS]

    @staticmethod
    def initial_of(batch: Batch) -> dict[str, Any]:
        """The form's values for a batch as it is."""
        values = {name: getattr(batch, name) for name in (*UNIT_FIELDS, *SAFETY_FIELDS)}
        return values | {"region": batch.region_id or "", "version": batch.version}


class AddForm(forms.Form):
    """Whether new cylinders are registered, or existing ones again (F76, F88)."""

    use_required_attribute = False

    origin = forms.ChoiceField(
        label="申请类型",
        choices=Origin.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "请选择申请类型。",
            "invalid_choice": "没有这种申请类型，请重新选择。",
        },
    )


class BatchFilter(FilterForm):
    """The filter bar of a list of applications; what is not a known choice asks for nothing."""

    keyword = TextField(
        label="关键词",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "申请编号、区县", "type": "search"}),
    )
    origin = forms.ChoiceField(
        label="申请类型", required=False, choices=[("", "不限"), *Origin.choices]
    )
    tab = forms.SlugField(required=False, max_length=12, widget=forms.HiddenInput)


class ItemFilter(FilterForm):
    """The filter bar of a batch's cylinders (C 三.4)."""

    keyword = TextField(
        label="关键词",
        required=False,
        max_length=60,
        widget=forms.TextInput(
            attrs={"placeholder": "产品编号、制造单位、二维码", "type": "search"}
        ),
    )
    photos = forms.ChoiceField(
        label="是否上传附件",
        required=False,
        choices=[("", "全部"), ("full", "已上传"), ("none", "未上传"), ("partial", "不完整")],
    )
    problem = forms.ChoiceField(
        label="存在的问题",
        required=False,
        choices=[
            ("", "不限"),
            ("wrong", "照片被标为错误"),
            ("twin", "已在别处登记或申请"),
            ("outdated", "下次检验日期已到"),
        ],
    )


class RemoveForm(forms.Form):
    """Why ticked cylinders leave the batch."""

    use_required_attribute = False

    reason = TextField(
        label="移出原因",
        max_length=REASON_LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "请填写移出原因，如“重复导入”。",
            "max_length": f"移出原因最多 {REASON_LONGEST} 个字。",
        },
    )


class SubmitForm(forms.Form):
    """The statement of truth of the registration form (使用登记表)."""

    use_required_attribute = False

    is_true = forms.BooleanField(
        label="本单位声明：所填报的气瓶信息和上传的照片真实、一致，气瓶由本单位使用并承担安全管理责任。",
        error_messages={"required": "请先核对并勾选声明。"},
    )
