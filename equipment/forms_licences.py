"""Forms of licences and stations: they check shape, the actions check rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from config.forms import TextField
from equipment.models import Licence, LicenceFamily, LicenceItem, Station
from equipment.queries_licences import CLOSED, EXPIRED, SOON
from units.carried import CarriesFiles
from units.forms import DayField
from units.forms_organisation import VersionedForm
from units.models import Staff
from units.uploads import DocumentField

NOBODY = "none"
Choices = Sequence[tuple[str, str]]


def _text(label: str, longest: int, *, required: bool = False, **kwargs: Any) -> TextField:
    messages = {
        "required": f"请填写{label}。",
        "max_length": f"{label}最多 {longest} 个字，现在有 %(show_value)s 个。",
    }
    kwargs.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off"}))
    return TextField(
        label=label, max_length=longest, required=required, error_messages=messages, **kwargs
    )


def officer_choices(
    people: Sequence[Staff], *, role: str, kept: Staff | None = None
) -> list[tuple[str, str]]:
    """Who may be chosen, the present one always among them; "" = nobody by name."""
    choices = [("", f"暂不指定（由全体{role}认领）")]
    choices += [(one.code, one.name) for one in people]
    if kept is not None and kept.pk not in {one.pk for one in people}:
        choices.append((kept.code, f"{kept.name}（现任，已不符合条件）"))
    return choices


# ---------------------------------------------------------------- licences
class LicenceFilter(forms.Form):
    """Query by words, validity and who answers."""

    STATES = (
        ("", "全部在册"),
        (SOON, "即将到期"),
        (EXPIRED, "已过期"),
        (CLOSED, "已注销"),
    )

    q = TextField(
        label="许可证编号 / 类别",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "可只填一部分", "type": "search"}),
    )
    state = forms.ChoiceField(label="有效期", required=False, choices=STATES)
    officer = forms.ChoiceField(label="责任人", required=False)

    def __init__(self, data: Any, *, officers: Choices):
        super().__init__(data)
        self.fields["officer"].choices = [("", "不限"), (NOBODY, "未指定"), *officers]


class LicenceForm(CarriesFiles, VersionedForm):
    """A licence of one family; the family is chosen before and carried along."""

    items = forms.MultipleChoiceField(
        label="许可项目",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "请至少选择一个许可项目。",
            "invalid_choice": "所选许可项目不属于这一类别，请重新选择。",
        },
    )
    scope = _text("子项目与参数", 200)
    number = _text(
        "许可证编号",
        40,
        required=True,
        help_text="照许可证填写，如 TS3350123-2028。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    valid_from = DayField(label="有效期自")
    valid_until = DayField(label="有效期至")
    issued_on = DayField(label="发证日期", required=False)
    issuer = _text("发证机关", 80)
    address = _text("许可地址", 160)
    officer = forms.ChoiceField(
        label="责任人",
        required=False,
        error_messages={"invalid_choice": "所选人员已不在职或不符合条件，请重新选择。"},
    )
    file = DocumentField(label="许可证扫描件", required=False)

    def __init__(
        self, *args: Any, items: Sequence[LicenceItem], officers: Choices, role: str, **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        self.known_items = {one.code: one for one in items}
        self.fields["items"].choices = [(one.code, one.name) for one in items]
        self.fields["officer"].choices = officers
        self.fields[
            "officer"
        ].help_text = f"只列出分管范围符合的{role}；每日许可巡查的待办由此人完成。"
        for name, label in (("valid_from", "有效期自"), ("valid_until", "有效期至")):
            self.fields[name].error_messages["required"] = f"请填写{label}。"
        subs = "、".join(sub for one in items for sub in one.sub_items)
        self.fields["scope"].help_text = (
            f"选填，照许可证填写。如：{subs}。" if subs else "选填，照许可证填写。"
        )

    def chosen_items(self) -> list[LicenceItem]:
        """The items of a valid form."""
        return [self.known_items[code] for code in self.cleaned_data["items"]]

    @staticmethod
    def initial_of(licence: Licence) -> dict[str, Any]:
        """The form's values for a licence as it is."""
        names = ("scope", "number", "valid_from", "valid_until", "issued_on", "issuer", "address")
        return {name: getattr(licence, name) for name in names} | {
            "items": [one.code for one in licence.items.all()],
            "officer": licence.officer.code if licence.officer else "",
            "version": licence.version,
        }


class CloseForm(forms.Form):
    """Why a licence or a station is taken off the books."""

    use_required_attribute = False

    reason = _text("原因", 200, required=True)

    def __init__(self, *args: Any, label: str, help_text: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = label
        self.fields["reason"].help_text = help_text
        self.fields["reason"].error_messages["required"] = f"请填写{label}。"


def grouped_families(families: Sequence[LicenceFamily]) -> list[tuple[str, list[LicenceFamily]]]:
    """(生产单位许可, families) and (充装单位许可, families), those that there are."""
    groups: dict[str, list[LicenceFamily]] = {}
    for one in families:
        groups.setdefault(f"{one.get_unit_kind_display()}许可", []).append(one)
    return list(groups.items())


# ---------------------------------------------------------------- stations
class StationFilter(forms.Form):
    """Query by words, state and who answers."""

    q = TextField(
        label="工位名称 / 编号 / 介质",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "可只填一部分", "type": "search"}),
    )
    state = forms.ChoiceField(
        label="状态", required=False, choices=(("", "在用"), (CLOSED, "已停用"))
    )
    officer = forms.ChoiceField(label="责任人", required=False)

    def __init__(self, data: Any, *, officers: Choices):
        super().__init__(data)
        self.fields["officer"].choices = [("", "不限"), (NOBODY, "未指定"), *officers]


class StationForm(VersionedForm):
    """A station: number, name, medium, place, licence, who answers."""

    number = _text("工位编号", 30, required=True, help_text="本单位自己的编号，如 1#、A-02。")
    name = _text("工位名称", 60, required=True)
    medium = _text("充装介质", 60, required=True, help_text="如 液化石油气、氧气、氩气。")
    place = _text("位置", 120)
    licence = forms.ChoiceField(
        label="所属许可",
        required=False,
        error_messages={"invalid_choice": "所选许可已注销，请重新选择。"},
    )
    officer = forms.ChoiceField(
        label="责任人",
        required=False,
        help_text="只列出安全员；每日工位巡查的待办由此人完成。",
        error_messages={"invalid_choice": "所选人员已不在职或不符合条件，请重新选择。"},
    )

    def __init__(self, *args: Any, licences: Sequence[Licence], officers: Choices, **kwargs: Any):
        super().__init__(*args, **kwargs)
        named = [(one.code, f"{one.family.name}（{one.number}）") for one in licences]
        self.fields["licence"].choices = [("", "暂不选择"), *named]
        self.fields["officer"].choices = officers

    @staticmethod
    def initial_of(station: Station) -> dict[str, Any]:
        """The form's values for a station as it is."""
        names = ("number", "name", "medium", "place", "version")
        return {name: getattr(station, name) for name in names} | {
            "licence": station.licence.code if station.licence else "",
            "officer": station.officer.code if station.officer else "",
        }
