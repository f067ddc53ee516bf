"""Forms of registered cylinders: the list's filter, one form for each act, one for each change."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from config.actor import Actor
from config.forms import FilterForm, TextField
from cylinders import queries_archive as archive
from cylinders.actions.states import PROOF_NEEDED
from cylinders.cylinder_states import MOVES
from cylinders.enums import CylinderState
from cylinders.models import Cylinder
from units.carried import CarriesFiles
from units.uploads import DocumentField

DUE_CHOICES = (
    ("", "不限"),
    (archive.OVERDUE, "已超期"),
    (archive.SOON, "30 天内到期"),
    (archive.OK, "正常"),
)
LIFE_CHOICES = (
    ("", "不限"),
    (archive.PAST, "已届满"),
    (archive.LIFE_SOON, "90 天内届满"),
    (archive.OK, "正常"),
)
SCRAP_WORD = "报废"


class ArchiveFilter(FilterForm):
    """The filter bar; what is not a known choice is ignored and said beside its field."""

    keyword = TextField(label="关键词", required=False, max_length=300)
    due = forms.ChoiceField(label="检验", required=False, choices=DUE_CHOICES)
    state = forms.ChoiceField(
        label="状态", required=False, choices=[("", "不限"), *CylinderState.choices]
    )
    life = forms.ChoiceField(label="使用年限", required=False, choices=LIFE_CHOICES)
    kind = forms.ChoiceField(label="设备品种", required=False)
    medium = forms.ChoiceField(label="充装介质", required=False)
    certificate = TextField(label="使用登记证编号", required=False, max_length=40)
    unit_name = TextField(label="单位名称", required=False, max_length=60)
    tab = forms.SlugField(required=False, max_length=12, widget=forms.HiddenInput)
    unit = forms.SlugField(required=False, max_length=12, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, actor: Actor, day: date) -> None:
        super().__init__(data)
        is_bureau = actor.kind == "bureau"
        self.fields["keyword"].widget.attrs["placeholder"] = (
            "完整的产品编号、登记代码或标签网址"
            if is_bureau
            else "产品编号、内编号、登记代码、标签"
        )
        self.fields["kind"].choices = [("", "不限"), *archive.kinds(day)]
        self.fields["medium"].choices = [("", "不限"), *archive.media(day)]
        if not is_bureau:
            del self.fields["unit_name"], self.fields["unit"]

    def asked(self) -> archive.Filter:
        """What was asked for, wrong values left out."""
        return archive.Filter(**super().asked())


def _day(label: str, **kwargs: Any) -> forms.DateField:
    errors = {"required": f"请填写{label}。", "invalid": "请填写正确的日期。"}
    return forms.DateField(label=label, widget=forms.DateInput, error_messages=errors, **kwargs)


def _text(label: str, limit: int, **kwargs: Any) -> TextField:
    errors = {"required": f"请填写{label}。"}
    return TextField(label=label, max_length=limit, error_messages=errors, **kwargs)


def _reason(label: str, **kwargs: Any) -> TextField:
    return _text(label, 200, widget=forms.Textarea(attrs={"rows": 2}), **kwargs)


# ------------------------------------------------------------------ acts
class ActForm(CarriesFiles):
    """What every act is asked for besides its own fields: nothing. Ids of its own for the drawer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="act_%s", **kwargs)


class MoveForm(ActForm):
    """流转."""

    state = forms.ChoiceField(
        label="转为",
        choices=[(state.value, state.label) for state in MOVES],
        widget=forms.RadioSelect,
        error_messages={"required": "请选择要转为的状态。"},
        help_text="超期、超年限的不能转为满瓶、配送中、客户处；超期的待检气瓶检验合格后才能转出。",
    )


class SendForm(ActForm):
    """送检."""

    agency = _text("检验机构", 120)
    on = _day("送检日期")


class _ReportForm(ActForm):
    """The report of an inspection."""

    agency = _text("检验机构", 120)
    report_no = _text("检验报告编号", 60)
    inspected_on = _day("检验日期")
    file = DocumentField(
        label="检验报告", required=False, help_text="可不传；PDF、JPG、PNG，不超过 20 MB。"
    )


class PassForm(_ReportForm):
    """检验合格."""

    next_on = _day(
        "下次检验日期",
        required=False,
        help_text="留空的，按每只气瓶的品种和介质的检验周期推算；填写的不能晚于推算的日期。",
    )
    field_order = ("agency", "report_no", "inspected_on", "next_on", "file")


class _ScrapFields(forms.Form):
    """去功能化 and its proof; the word is typed because nothing brings a cylinder back."""

    reason = _reason("报废原因")
    method = _text("去功能化方式", 60, help_text="如 压扁、切割、钻孔。")
    on = _day("去功能化日期")
    confirm = TextField(
        label=f"请输入“{SCRAP_WORD}”二字确认",
        max_length=10,
        error_messages={"required": f"报废后不能恢复，请输入“{SCRAP_WORD}”二字确认。"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_confirm(self) -> str:
        if self.cleaned_data["confirm"] != SCRAP_WORD:
            raise forms.ValidationError(
                f"报废后不能恢复，请输入“{SCRAP_WORD}”二字确认。", code="not_confirmed"
            )
        return SCRAP_WORD


class FailForm(_ScrapFields, _ReportForm):
    """检验不合格, and so 报废."""

    reason = _reason("不合格原因")
    proof = DocumentField(
        label="去功能化证明",
        help_text="照片或处置单位的证明；PDF、JPG、PNG，不超过 20 MB。",
        error_messages={"required": PROOF_NEEDED},
    )
    field_order = (
        "agency",
        "report_no",
        "inspected_on",
        "file",
        "reason",
        "method",
        "on",
        "proof",
        "confirm",
    )


class ScrapForm(_ScrapFields, ActForm):
    """报废."""

    file = DocumentField(
        label="去功能化证明",
        help_text="照片或处置单位的证明；PDF、JPG、PNG，不超过 20 MB。",
        error_messages={"required": PROOF_NEEDED},
    )
    field_order = ("reason", "method", "on", "file", "confirm")


class StopForm(ActForm):
    """停用."""

    reason = _reason("停用原因")
    on = _day("停用日期")


class RestartForm(ActForm):
    """启用."""

    reason = _reason("说明", required=False)
    on = _day("启用日期")
    field_order = ("on", "reason")


class LoseForm(ActForm):
    """丢失."""

    reason = _reason("丢失情况", help_text="何时何地、是否报警；公开页面不显示。")
    on = _day("丢失日期")


class FindForm(ActForm):
    """找回."""

    reason = _reason("找回情况")
    on = _day("找回日期")


# ------------------------------------------------------------------ changes
class ChangeForm(CarriesFiles):
    """What every change is asked for: the version that was shown."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2_000_000_000)

    def __init__(self, *args: Any, cylinder: Cylinder, day: date, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="change_%s", **kwargs)
        self.fields["version"].initial = cylinder.version
        self.set_up(cylinder, day)

    def set_up(self, cylinder: Cylinder, day: date) -> None:
        """Fill in what the cylinder says."""


class FactsForm(ChangeForm):
    """What the unit itself decides about a cylinder."""

    inner_no = _text("单位内编号", 40, required=False)
    owner = _text("产权单位", 120, required=False, help_text="与使用单位相同的留空。")
    plate = _text("车牌号", 20, required=False)
    note = _text("备注", 200, required=False)
    reason = _reason("变更说明", required=False)

    def set_up(self, cylinder: Cylinder, day: date) -> None:
        if not cylinder.kind.is_vehicle:
            del self.fields["plate"]
        for name in ("inner_no", "owner", "plate", "note"):
            if name in self.fields:
                self.fields[name].initial = getattr(cylinder, name)


class LabelForm(ChangeForm):
    """换码."""

    qr_url = _text(
        "新标签的 URL", 300, help_text="用手机扫新标签后看到的网址，以 http 或 https 开头。"
    )
    reason = _reason("换码原因")


class MediumForm(ChangeForm):
    """Another medium, by an inspection report."""

    medium = forms.ChoiceField(
        label="变更后的充装介质", error_messages={"required": "请选择充装介质。"}
    )
    agency = _text("检验机构", 120)
    report_no = _text("检验报告编号", 60)
    inspected_on = _day("检验日期")
    file = DocumentField(
        label="检验报告",
        error_messages={"required": "变更充装介质须上传检验报告。"},
    )

    def set_up(self, cylinder: Cylinder, day: date) -> None:
        others = [one for one in archive.media(day) if one[0] != cylinder.medium]
        self.fields["medium"].choices = [("", "请选择"), *others]


class LifeForm(ChangeForm):
    """Some more years, by an assessment report."""

    years = forms.TypedChoiceField(
        label="延长年数", coerce=int, error_messages={"required": "请选择延长年数。"}
    )
    agency = _text("评定机构", 120)
    report_no = _text("评定报告编号", 60)
    inspected_on = _day("评定日期")
    file = DocumentField(
        label="安全评定报告",
        error_messages={"required": "延长使用年限须上传安全评定报告。"},
    )

    def __init__(self, *args: Any, most: int, **kwargs: Any) -> None:
        self.most = most
        super().__init__(*args, **kwargs)

    def set_up(self, cylinder: Cylinder, day: date) -> None:
        years = range(1, self.most + 1)
        self.fields["years"].choices = [("", "请选择"), *((one, f"{one} 年") for one in years)]


class LookUpForm(forms.Form):
    """The public look-up; the maker narrows a product number down."""

    q = TextField(
        label="标签网址、登记代码或产品编号",
        max_length=300,
        error_messages={"required": "请输入要查询的编号，或粘贴标签的网址。"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    maker = TextField(label="制造单位（可不填）", required=False, max_length=120)
