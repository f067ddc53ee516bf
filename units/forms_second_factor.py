"""Forms of the second factor: they check shape, units.second_factor checks codes."""

from __future__ import annotations

from django import forms

from config.forms import TextField
from units.auth import CODE_LENGTH

RECOVERY_LENGTH = 8


class NewFactorForm(forms.Form):
    """The code that proves that the secret has arrived on the phone."""

    use_required_attribute = False
    lengths: tuple[int, ...] = (CODE_LENGTH,)

    code = TextField(
        label="动态口令",
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={
            "required": "请填写动态口令。",
            "max_length": f"动态口令为 {CODE_LENGTH} 位数字，请核对。",
        },
    )

    def clean_code(self) -> str:
        """Digits of a right number only: anything else is a slip, not a try."""
        code = self.cleaned_data["code"].replace(" ", "").replace("-", "")
        if not (code.isascii() and code.isdigit() and len(code) in self.lengths):
            said = f"动态口令为 {CODE_LENGTH} 位数字"
            if RECOVERY_LENGTH in self.lengths:
                said += f"，备用码为 {RECOVERY_LENGTH} 位数字"
            raise forms.ValidationError(f"{said}，请核对。", code="shape")
        return code


class SecondFactorForm(NewFactorForm):
    """A code of the phone, or a recovery code."""

    lengths = (CODE_LENGTH, RECOVERY_LENGTH)

    def __init__(self, *args: object, **kwargs: object):
        super().__init__(*args, **kwargs)
        self.fields["code"].label = "动态口令或备用码"
        self.fields["code"].widget.attrs["autofocus"] = True


class ProofForm(SecondFactorForm):
    """Password and code, before the second factor itself is changed."""

    password = forms.CharField(
        label="登录密码",
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "请填写登录密码。", "max_length": "密码最多 128 位，请核对。"},
    )
    field_order = ("password", "code")

    def __init__(self, *args: object, **kwargs: object):
        super().__init__(*args, **kwargs)
        del self.fields["code"].widget.attrs["autofocus"]
