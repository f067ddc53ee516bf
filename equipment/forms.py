"""Forms of the archive: filter, machine, officer."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from config.actor import Actor
from config.errors import RuleBroken
from config.forms import FilterForm, TextField
from equipment import catalogue, queries, validators
from equipment.enums import Category, UseStatus
from equipment.models import Equipment

DUE_CHOICES = (
    ("", "不限"),
    (queries.OVERDUE, "已超期"),
    ("7", "7 天内到期"),
    ("15", "15 天内到期"),
    ("30", "30 天内到期"),
    ("60", "60 天内到期"),
    ("90", "90 天内到期"),
    (queries.NO_DATE, "未填写日期"),
)
RELEASE = "none"


class ArchiveFilter(FilterForm):
    """The filter bar; what is not a known choice is ignored and said beside its field."""

    keyword = TextField(label="关键词", required=False, max_length=60)
    status = forms.ChoiceField(label="使用状态", required=False)
    officer = forms.ChoiceField(label="安全员", required=False)
    due = forms.ChoiceField(label="下次检验", required=False, choices=DUE_CHOICES)
    unit_name = TextField(label="单位名称", required=False, max_length=60)
    category = forms.ChoiceField(
        required=False, choices=[("", ""), *Category.choices], widget=forms.HiddenInput
    )
    unit = forms.SlugField(required=False, max_length=12, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, actor: Actor, officers: list[queries.Officer]) -> None:
        super().__init__(data)
        self.fields["keyword"].widget.attrs["placeholder"] = "名称、代码、证号、内编号、地点"
        self.fields["status"].choices = [("", "不限"), *UseStatus.choices]
        people = [(one.staff.code, one.staff.name) for one in officers]
        self.fields["officer"].choices = [("", "不限"), (queries.NOBODY, "未绑定安全员"), *people]
        if actor.kind != "bureau":
            del self.fields["unit_name"], self.fields["unit"]

    def asked(self) -> queries.Filter:
        """What was asked for, wrong values left out."""
        return queries.Filter(**super().asked())


def _from_rule(check: Any, *args: Any) -> Any:
    try:
        return check(*args)
    except RuleBroken as broken:
        raise forms.ValidationError(broken.message, code=broken.code) from broken


class FactsForm(forms.Form):
    """The facts of a machine, as the edit page shows them."""

    catalogue = forms.CharField(
        label="设备品种",
        widget=forms.Select,
        error_messages={"required": "请选择设备品种。"},
        help_text="设备类别由所选品种决定。",
    )
    name = TextField(
        label="设备名称",
        max_length=80,
        error_messages={"required": "请填写设备名称。"},
        help_text="本单位习惯的叫法，如 1号客梯、B车间行车。",
    )
    equipment_code = TextField(
        label="设备代码",
        required=False,
        max_length=40,
        help_text="17 位；旧设备按铭牌或使用登记证照抄，最多 20 位。",
    )
    registration_no = TextField(
        label="使用登记证编号",
        required=False,
        max_length=60,
        help_text="如 梯11渝A00001(23)；旧证编号照抄。",
    )
    inner_no = TextField(label="单位内编号", required=False, max_length=40)
    place = TextField(
        label="使用地点", max_length=160, error_messages={"required": "请填写使用地点。"}
    )
    quantity = forms.IntegerField(
        label="数量",
        min_value=1,
        max_value=9_999_999,
        initial=1,
        error_messages={
            "required": "请填写数量。",
            "invalid": "数量应为整数。",
            "min_value": "数量至少为 1。",
            "max_value": "数量不能超过 %(limit_value)s。",
        },
        help_text="气瓶、压力管道按登记组一组一条，填写本组数量；其他设备每台一条，填 1。",
    )
    next_inspection_on = forms.DateField(
        label="下次检验日期",
        required=False,
        widget=forms.DateInput,
        help_text="以检验报告为准；只有年月的，填当月最后一天。",
    )
    in_use_since = forms.DateField(label="投入使用日期", required=False, widget=forms.DateInput)
    manufacturer = TextField(label="制造单位", required=False, max_length=120)
    model = TextField(label="型号", required=False, max_length=60)
    product_no = TextField(label="产品编号", required=False, max_length=60)
    rescue_phone = TextField(label="应急救援电话", required=False, max_length=30)

    def __init__(self, *args: Any, day: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.day = day
        choices = [("", "请选择"), *catalogue.grouped_choices(day)]
        self.fields["catalogue"].widget.choices = choices
        self.fields["catalogue"].widget.attrs["data-picker"] = "按名称或代码查找，如 客梯、3110"
        self.fields["quantity"].widget.attrs["inputmode"] = "numeric"
        self.fields["rescue_phone"].widget.attrs["inputmode"] = "tel"

    def clean_catalogue(self) -> str:
        code = self.cleaned_data["catalogue"]
        _from_rule(lambda: catalogue.get_archivable(code, day=self.day))
        return code

    def clean_equipment_code(self) -> str:
        return _from_rule(validators.clean_equipment_code, self.cleaned_data["equipment_code"])

    def clean_registration_no(self) -> str:
        return _from_rule(validators.clean_registration_no, self.cleaned_data["registration_no"])


class AddForm(FactsForm):
    """A new machine: its facts and how it stands today."""

    status = forms.ChoiceField(
        label="使用状态",
        choices=UseStatus.choices,
        initial=UseStatus.IN_USE.value,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择使用状态。"},
        help_text="停用、报废的设备建档后，还须在设备页申报（回执或监管部门确认），在此之前照常生成每日待办。",
    )


class EditForm(FactsForm):
    """Changed facts, with the version the editor saw."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    @staticmethod
    def initial_of(machine: Equipment) -> dict[str, Any]:
        """The form's values for a machine as it is."""
        values = {
            name: getattr(machine, name)
            for name in EditForm.base_fields
            if name not in {"catalogue", "version"}
        }
        return values | {"catalogue": machine.catalogue_id, "version": machine.version}


class AssignForm(forms.Form):
    """Which officer the chosen machines get; RELEASE takes the present one away."""

    officer = forms.ChoiceField(label="安全员", error_messages={"required": "请选择安全员。"})

    def __init__(self, data: Any, *, officers: list[queries.Officer], **kwargs: Any) -> None:
        # Ids of its own: the drawer opens over the list, whose filter has an officer too.
        super().__init__(data, auto_id="assign_%s", **kwargs)
        self.officers = {one.staff.code: one for one in officers}
        people = [
            (code, f"{one.staff.name}（分管：{one.scope_label}；已绑定 {one.machines} 台）")
            for code, one in self.officers.items()
        ]
        self.fields["officer"].choices = [
            ("", "请选择安全员"),
            *people,
            (RELEASE, "解除绑定（暂不指定安全员）"),
        ]

    @property
    def chosen(self) -> queries.Officer | None:
        """The officer chosen, None for a release; the form is valid."""
        return self.officers.get(self.cleaned_data["officer"])
