"""Forms of sign-in, accounts and people: they check shape, the actions check rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from config.codes import normalise
from config.forms import TextField
from units.auth import CODE_LENGTH
from units.identities import (
    EXCLUDED_SENTENCE,
    HINTS,
    Identity,
    category_choices,
    exclude_each_other,
)
from units.models import Appointment
from units.roles import SCOPED_ROLES, Role
from units.validators import phone_problem

DAY_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d")


class PhoneField(TextField):
    """A mobile number; blanks, dashes and +86 are taken off."""

    def __init__(self, **kwargs: Any):
        attrs = {"inputmode": "tel", "autocomplete": kwargs.pop("autocomplete", "tel")}
        kwargs.setdefault("widget", forms.TextInput(attrs=attrs))
        kwargs.setdefault(
            "error_messages",
            {"required": "请填写手机号。", "max_length": "手机号应为 11 位数字，请核对。"},
        )
        super().__init__(label=kwargs.pop("label", "手机号"), max_length=30, **kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value).replace(" ", "").replace("-", "")
        text = text.removeprefix("+86") if text.startswith("+") else text
        if text and (problem := phone_problem(text)):
            raise forms.ValidationError(problem, code="phone_wrong")
        return text


class DayField(forms.DateField):
    """A date picked or typed in any usual way, also in full-width digits."""

    def __init__(self, **kwargs: Any):
        message = "请按“2026-11-20”的样子填写日期。"
        super().__init__(
            input_formats=DAY_FORMATS,
            widget=forms.DateInput(),
            error_messages={"invalid": message},
            **kwargs,
        )

    def to_python(self, value: Any) -> date | None:
        return super().to_python(normalise(value) if isinstance(value, str) else value)


# ---------------------------------------------------------------- sign-in
class PasswordSignInForm(forms.Form):
    """Account and password, for units and bureaus."""

    use_required_attribute = False

    username = TextField(
        label="账号",
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
        error_messages={"required": "请填写账号。", "max_length": "账号最多 40 位，请核对。"},
    )
    password = forms.CharField(
        label="密码",
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "请填写密码。", "max_length": "密码最多 128 位，请核对。"},
    )
    remember = forms.BooleanField(label="保持登录两周（公用电脑勿选）", required=False)

    def clean_username(self) -> str:
        return self.cleaned_data["username"].lower()


class PhoneSignInForm(forms.Form):
    """The phone that a code is asked for."""

    use_required_attribute = False

    phone = PhoneField(autocomplete="tel-national")


class CodeForm(forms.Form):
    """The one-time code; anything but six digits is a slip, not a try."""

    use_required_attribute = False

    code = TextField(
        label="验证码",
        max_length=20,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}
        ),
        error_messages={"required": "请填写短信里的验证码。"},
    )

    def clean_code(self) -> str:
        code = self.cleaned_data["code"].replace(" ", "").replace("-", "")
        if len(code) != CODE_LENGTH or not (code.isascii() and code.isdigit()):
            raise forms.ValidationError(f"验证码为 {CODE_LENGTH} 位数字，请核对。", code="shape")
        return code


class PasswordChangeForm(forms.Form):
    """The old password and the new one twice."""

    use_required_attribute = False

    old_password = forms.CharField(
        label="原密码",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "请填写原密码。"},
    )
    new_password = forms.CharField(
        label="新密码",
        strip=False,
        max_length=128,
        help_text="至少 8 位，不能全是数字，不能是常见密码，也不能与账号相近。",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "请填写新密码。", "max_length": "密码最多 128 位。"},
    )
    repeat = forms.CharField(
        label="再填一次新密码",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "请再填一次新密码。"},
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, second = cleaned.get("new_password"), cleaned.get("repeat")
        if first and second and first != second:
            self.add_error("repeat", "两次填写的新密码不一致。")
        return cleaned


# ---------------------------------------------------------------- people
class StaffFilterForm(forms.Form):
    """What the list of people is narrowed by (F12)."""

    STATES = (("employed", "在职"), ("left", "已注销"), ("all", "全部"))
    NO_DEPARTMENT = "none"

    q = TextField(
        label="姓名 / 手机号 / 岗位",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "可只填一部分", "type": "search"}),
    )
    department = forms.ChoiceField(label="部门（含下级）", required=False)
    role = forms.ChoiceField(
        label="身份", required=False, choices=[("", "全部身份"), *Role.choices]
    )
    state = forms.ChoiceField(label="状态", required=False, choices=STATES)

    def __init__(self, *args: Any, departments: Sequence[tuple[str, str]] = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["department"].choices = [
            ("", "全部部门"),
            *departments,
            (self.NO_DEPARTMENT, "未分配部门"),
        ]


@dataclass(frozen=True)
class RoleRow:
    """One identity as the form shows it."""

    value: str
    label: str
    input_id: str
    is_chosen: bool
    duty: str
    holder: str
    scope: BoundField | None


class IdentityForm(forms.Form):
    """Step 1: identities and, where a role has one, the scope (empty = all categories)."""

    use_required_attribute = False

    identities = forms.MultipleChoiceField(
        label="身份",
        choices=Role.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "请至少选择一个身份。",
            "invalid_choice": "所选身份不存在，请重新选择。",
        },
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for role in SCOPED_ROLES:
            self.fields[f"scope_{role}"] = forms.MultipleChoiceField(
                label=f"{role.label}的分管设备类别",
                choices=category_choices(),
                required=False,
                widget=forms.CheckboxSelectMultiple,
                error_messages={"invalid_choice": "分管设备类别不存在，请重新选择。"},
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if exclude_each_other(cleaned.get("identities", ())):
            self.add_error("identities", EXCLUDED_SENTENCE)
        return cleaned

    def chosen(self) -> list[Identity]:
        """The identities of a valid form; the scope of a role that is not ticked is left out."""
        return [
            Identity(role, tuple(self.cleaned_data.get(f"scope_{role}", ())))
            for role in self.cleaned_data["identities"]
        ]

    def rows(self) -> Iterator[RoleRow]:
        """Every identity with its hint and its scope field, for the template."""
        ticked = self["identities"].value() or []
        for role in Role:
            hint = HINTS[role]
            yield RoleRow(
                value=role.value,
                label=str(role.label),
                input_id=f"{self['identities'].auto_id}_{role.value}",
                is_chosen=role.value in ticked,
                duty=hint.duty,
                holder=hint.holder,
                scope=self[f"scope_{role}"] if role in SCOPED_ROLES else None,
            )

    @staticmethod
    def initial_of(posts: Sequence[Appointment]) -> dict[str, Any]:
        """The initial values that stand for the identities in force."""
        initial: dict[str, Any] = {"identities": [post.role for post in posts]}
        initial.update({f"scope_{post.role}": post.categories for post in posts})
        return initial


class PersonForm(IdentityForm):
    """Step 2: the person, with the identities of step 1 carried along."""

    DETAILS = (
        "name", "phone", "department", "position", "id_number", "job_number", "started_on"
    )  # fmt: skip

    name = TextField(
        label="姓名",
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "请填写姓名。", "max_length": "姓名最多 60 个字。"},
    )
    phone = PhoneField(autocomplete="off", help_text="用于登录手机端，须由本人使用。")
    department = forms.ChoiceField(
        label="部门",
        required=False,
        error_messages={"invalid_choice": "该部门已撤销，请重新选择。"},
    )
    position = forms.ChoiceField(
        label="岗位",
        required=False,
        error_messages={"invalid_choice": "该岗位已撤销，请重新选择。"},
    )
    id_number = TextField(
        label="身份证件号码",
        required=False,
        max_length=40,
        help_text="选填，18 位；加密保存，页面上只显示前后几位。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    job_number = TextField(
        label="工号",
        required=False,
        max_length=30,
        help_text="选填。",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": "工号最多 30 个字。"},
    )
    started_on = DayField(label="入职日期", required=False, help_text="不填为今天。")

    def __init__(
        self,
        *args: Any,
        departments: Sequence[tuple[str, str]] = (),
        positions: Sequence[tuple[str, str]] = (),
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        for name, choices, where in (
            ("department", departments, "部门管理"),
            ("position", positions, "岗位管理"),
        ):
            field = self.fields[name]
            field.choices = [("", "未选择"), *choices]
            hint = "选填。" if choices else f"选填；先在“{where}”中新增后可选。"
            field.help_text = hint

    def details(self) -> list[BoundField]:
        """The fields of step 2, in order."""
        return [self[name] for name in self.DETAILS if name in self.fields]

    def carried(self, *, details: bool) -> list[tuple[str, str]]:
        """(name, value) of what was typed in the other step, for hidden inputs."""
        names = [name for name in self.fields if (name in self.DETAILS) == details]
        data = self.data
        pairs = []
        for name in names:
            values = data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
            pairs += [(name, value) for value in values]
        return pairs


class PersonEditForm(PersonForm):
    """A registration as it was opened at `version`."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        del self.fields["started_on"]
        self.fields["id_number"].help_text = "不填表示不修改；加密保存，页面上只显示前后几位。"


class DeregisterForm(forms.Form):
    """Why a person leaves and who takes over."""

    REASONS = ("离职", "退休", "调离岗位", "登记有误")
    OTHER = "其他"
    NOBODY = "nobody"

    use_required_attribute = False

    reason = forms.ChoiceField(
        label="注销原因",
        choices=[(one, one) for one in (*REASONS, OTHER)],
        widget=forms.RadioSelect,
        error_messages={"required": "请选择注销原因。"},
    )
    note = TextField(
        label="说明",
        required=False,
        max_length=150,
        help_text="选“其他”时必填。",
        error_messages={"max_length": "说明最多 150 个字。"},
    )
    hand_over_to = forms.ChoiceField(
        label="移交给",
        error_messages={
            "required": "请选择接手人，或选择暂不移交。",
            "invalid_choice": "接手人已不在职，请重新选择。",
        },
    )

    def __init__(self, *args: Any, colleagues: Sequence[tuple[str, str]], holds: bool, **kw: Any):
        super().__init__(*args, **kw)
        if not holds:
            del self.fields["hand_over_to"]
            return
        self.fields["hand_over_to"].choices = [
            ("", "请选择"),
            *colleagues,
            (self.NOBODY, "暂不移交（设备变为未绑定安全员，待办无人负责）"),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("reason") == self.OTHER and not cleaned.get("note"):
            self.add_error("note", "请说明原因。")
        return cleaned

    def reason_in_words(self) -> str:
        """离职：说明"""
        note = self.cleaned_data["note"]
        return f"{self.cleaned_data['reason']}：{note}" if note else self.cleaned_data["reason"]
