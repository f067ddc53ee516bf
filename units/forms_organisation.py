"""Forms of departments, posts, duty texts and management rules: they check shape only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from config.forms import TextField
from units.carried import CarriesFiles
from units.forms import DayField
from units.models import Department, Position, Regulation
from units.queries_organisation import OTHER
from units.roles import Role
from units.uploads import PdfField


def _text(label: str, longest: int, *, required: bool = False, **kwargs: Any) -> TextField:
    messages = {
        "required": f"请填写{label}。",
        "max_length": f"{label}最多 {longest} 个字，现在有 %(show_value)s 个。",
    }
    kwargs.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off"}))
    return TextField(
        label=label, max_length=longest, required=required, error_messages=messages, **kwargs
    )


class VersionedForm(forms.Form):
    """A form opened at a version; made without one it is for something new."""

    use_required_attribute = False

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args: Any, is_new: bool = False, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if is_new:
            del self.fields["version"]


# ---------------------------------------------------------------- departments
class DepartmentFilter(forms.Form):
    """What the tree is searched for."""

    q = TextField(
        label="部门名称 / 负责人 / 电话",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "可只填一部分", "type": "search"}),
    )


class DepartmentForm(VersionedForm):
    """部门信息: name, what it stands below, head, phone."""

    name = _text("部门名称", 60, required=True)
    parent = forms.ChoiceField(
        label="上级部门",
        required=False,
        error_messages={"invalid_choice": "所选上级部门已被撤销或不可选，请重新选择。"},
    )
    head = _text("负责人", 60, help_text="选填。")
    phone = _text(
        "部门电话",
        30,
        help_text="选填。",
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, departments: Sequence[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["parent"].choices = [("", "（无，作为第一级部门）"), *departments]

    @staticmethod
    def initial_of(department: Department) -> dict[str, Any]:
        """The form's values for a department as it is."""
        return {
            "name": department.name,
            "parent": department.parent.code if department.parent else "",
            "head": department.head,
            "phone": department.phone,
            "version": department.version,
        }


class MoveForm(forms.Form):
    """Where people (and departments) go when what holds them is closed."""

    NOWHERE = "nowhere"

    use_required_attribute = False

    move_to = forms.ChoiceField(
        label="移到",
        error_messages={
            "required": "请选择移到哪里。",
            "invalid_choice": "所选的已被撤销，请重新选择。",
        },
    )

    def __init__(
        self,
        *args: Any,
        choices: Sequence[tuple[str, str]],
        nowhere: str,
        is_needed: bool,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        if not is_needed:
            del self.fields["move_to"]
            return
        self.fields["move_to"].choices = [("", "请选择"), *choices, (self.NOWHERE, nowhere)]


# ---------------------------------------------------------------- posts
POSITION_TYPES = [*Role.choices, (OTHER, "其他岗位")]


class PositionFilter(forms.Form):
    """Query by 名称 / 类型 (F10)."""

    q = TextField(
        label="岗位名称",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "可只填一部分", "type": "search"}),
    )
    role = forms.ChoiceField(
        label="岗位类型", required=False, choices=[("", "全部类型"), *POSITION_TYPES]
    )


class PositionForm(VersionedForm):
    """A post: name, type, note."""

    name = _text("岗位名称", 60, required=True)
    role = forms.ChoiceField(
        label="岗位类型",
        choices=[("", "请选择"), *POSITION_TYPES],
        help_text="安全员类岗位可查看守则，安全总监类岗位和主要负责人可查看岗位职责。",
        error_messages={
            "required": "请选择岗位类型。",
            "invalid_choice": "所选岗位类型不存在，请重新选择。",
        },
    )
    note = _text("说明", 200, help_text="选填。")

    def clean_role(self) -> str:
        """The role, "" for 其他岗位 (as the model holds it)."""
        role = self.cleaned_data["role"]
        return "" if role == OTHER else role

    @staticmethod
    def initial_of(position: Position) -> dict[str, Any]:
        """The form's values for a post as it is."""
        return {
            "name": position.name,
            "role": position.role or OTHER,
            "note": position.note,
            "version": position.version,
        }


class DutyForm(forms.Form):
    """Which text is shown: kind of unit, category, the day it is in force on."""

    kind = forms.ChoiceField(label="单位类型", required=False)
    category = forms.ChoiceField(label="设备类别", required=False)
    on = DayField(label="施行日期", required=False)

    def __init__(
        self,
        *args: Any,
        kinds: Sequence[tuple[str, str]],
        categories: Sequence[tuple[str, str]],
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kinds
        self.fields["category"].choices = categories
        for name, choices in (("kind", kinds), ("category", categories)):
            if len(choices) < 2:
                self.fields[name].widget = forms.HiddenInput()


# ---------------------------------------------------------------- management rules
class RegulationFilter(forms.Form):
    """Query by name, type and state (F18)."""

    STATES = (("", "现行"), ("closed", "已废止"), ("all", "全部"))

    q = TextField(
        label="制度名称",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "可只填一部分", "type": "search"}),
    )
    kind = forms.ChoiceField(
        label="制度类型", required=False, choices=[("", "全部类型"), *Regulation.Kind.choices]
    )
    state = forms.ChoiceField(label="状态", required=False, choices=STATES)


class RegulationForm(CarriesFiles, VersionedForm):
    """Name and type of a management rule; the PDF too when it is new."""

    name = _text("制度名称", 100, required=True)
    kind = forms.ChoiceField(
        label="制度类型",
        choices=[("", "请选择"), *Regulation.Kind.choices],
        error_messages={
            "required": "请选择制度类型。",
            "invalid_choice": "所选制度类型不存在，请重新选择。",
        },
    )
    file = PdfField(label="制度文件")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if "version" in self.fields:
            del self.fields["file"]


class EditionForm(CarriesFiles, VersionedForm):
    """A new PDF in place of the present one, and what changed."""

    file = PdfField(label="新的制度文件")
    note = _text("修订说明", 200, required=True, help_text="改了什么、为什么改，一两句话。")
