"""Forms of a unit's registration and of 企业信息: they check shape, the actions check rules."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from config.forms import TextField
from units import profile
from units.forms import PhoneField
from units.models import Registration, Unit
from units.models.unit import UnitKind
from units.queries_registration import region_choices
from units.validators import credit_code_problem, username_problem

PASSWORD_HELP = "至少 8 位，不能全是数字，不能是常见密码，也不能与账号相近。"  # noqa: S105  a sentence


def _text(label: str, longest: int, *, required: bool = True, **kwargs: Any) -> TextField:
    errors = {"required": f"请填写{label}。", "max_length": f"{label}最多 {longest} 个字。"}
    attrs = kwargs.pop("attrs", {"autocomplete": "off"})
    return TextField(
        label=label,
        max_length=longest,
        required=required,
        error_messages=errors,
        widget=forms.TextInput(attrs=attrs),
        **kwargs,
    )


class RegistrationForm(forms.Form):
    """A unit, who is to be asked, and the account it wants."""

    use_required_attribute = False

    name = _text(
        "单位名称",
        120,
        help_text="与营业执照一致的全称。",
        attrs={"autocomplete": "organization"},
    )
    credit_code = _text(
        "统一社会信用代码",
        40,
        help_text="18 位，见营业执照。",
        attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
    kinds = forms.MultipleChoiceField(
        label="单位类型",
        choices=UnitKind.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="可多选，如既使用又充装。",
        error_messages={
            "required": "请至少选择一个单位类型。",
            "invalid_choice": "所选单位类型不存在，请重新选择。",
        },
    )
    region = forms.ChoiceField(
        label="所在区县",
        help_text="由这里的区县市场监管局审核。",
        error_messages={
            "required": "请选择所在区县。",
            "invalid_choice": "所选区县已撤销或不存在，请重新选择。",
        },
    )
    address = _text("地址", 160, attrs={"autocomplete": "street-address"})
    contact_name = _text("联系人", 40, attrs={"autocomplete": "name"})
    contact_phone = PhoneField(label="联系人手机号", help_text="验证码和审核结果都发到这个手机号。")
    username = _text(
        "账号",
        40,
        help_text="登录用，3 至 40 位小写字母、数字、点、横线或下划线。",
        attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = forms.CharField(
        label="密码",
        strip=False,
        max_length=128,
        help_text=PASSWORD_HELP,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "请设置密码。", "max_length": "密码最多 128 位。"},
    )
    repeat = forms.CharField(
        label="再填一次密码",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "请再填一次密码。"},
    )

    def __init__(self, *args: Any, day: date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["region"].choices = [("", "请选择"), *region_choices(day)]
        self.fields["region"].widget.attrs["data-regions"] = ""

    def clean_credit_code(self) -> str:
        code = self.cleaned_data["credit_code"].replace(" ", "").upper()
        if problem := credit_code_problem(code):
            raise forms.ValidationError(problem, code="credit_code_wrong")
        return code

    def clean_username(self) -> str:
        username = self.cleaned_data["username"].lower()
        if problem := username_problem(username):
            raise forms.ValidationError(problem, code="username_wrong")
        return username

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, second = cleaned.get("password"), cleaned.get("repeat")
        if first != second and "repeat" not in self.errors and "password" not in self.errors:
            self.add_error("repeat", "两次填写的密码不一致。")
        return cleaned

    def facts(self) -> dict[str, Any]:
        """What is applied for, without the password; JSON-ready."""
        kept = {"password", "repeat", "version"}
        return {name: value for name, value in self.cleaned_data.items() if name not in kept}


class MendForm(RegistrationForm):
    """A returned registration as it was opened at `version`; an empty password stays as it is."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["password"].required = False
        self.fields["repeat"].required = False
        self.fields["password"].help_text = f"不填表示沿用原来设置的密码。{PASSWORD_HELP}"

    @staticmethod
    def initial_of(registration: Registration) -> dict[str, Any]:
        """The form's values for a registration as it is."""
        names = ("name", "credit_code", "kinds", "address", "contact_name", "contact_phone")
        values = {name: getattr(registration, name) for name in (*names, "username", "version")}
        return values | {"region": registration.region_id}


class ProfileForm(forms.Form):
    """企业信息 as it was opened at `version`; which fields are required depends on the kinds."""

    use_required_attribute = False

    legal_representative = _text("法定代表人", 40)
    address = _text("地址", 160, attrs={"autocomplete": "street-address"})
    postcode = _text("邮政编码", 6, attrs={"inputmode": "numeric", "autocomplete": "postal-code"})
    contact_name = _text("联系人", 40)
    contact_phone = _text("联系电话", 30, attrs={"inputmode": "tel", "autocomplete": "off"})
    landline = _text("单位固定电话", 30, attrs={"inputmode": "tel", "autocomplete": "off"})
    email = _text("电子邮箱", 80, attrs={"inputmode": "email", "autocomplete": "off"})
    industry = _text("所属行业", 40, help_text="如 房屋建筑业、物业管理、化工。")
    safety_department = _text(
        "安全管理机构",
        60,
        help_text="按规定设置的特种设备安全管理机构；未单独设置的填写承担该职责的部门。",
    )
    safety_phone = _text("安全管理机构电话", 30, attrs={"inputmode": "tel", "autocomplete": "off"})
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args: Any, kinds: list[str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        for fact in profile.FACTS:
            self.fields[fact.name].required = fact.is_required(kinds)

    def shown(self) -> list[BoundField]:
        """The fields in the order of the page."""
        return [self[fact.name] for fact in profile.FACTS]

    @staticmethod
    def initial_of(unit: Unit) -> dict[str, Any]:
        """The form's values for a unit as it is."""
        return {fact.name: getattr(unit, fact.name) for fact in profile.FACTS} | {
            "version": unit.version
        }
