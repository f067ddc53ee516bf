"""Forms of certificates, requests to leave, drills and trainings: they check shape only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from config.codes import normalise
from config.forms import TextField
from config.words import plain_number
from units.actions.activities import MAX_FILES, Held, Outcome
from units.actions.certificates import Paper
from units.carried import CarriesFiles
from units.forms import DayField
from units.models import Activity, Certificate, Participation, Staff
from units.queries_activities import Group
from units.queries_certificates import EXPIRED, EXPIRING, SOON_DAYS
from units.uploads import DocumentField, DocumentsField


class LinesField(forms.CharField):
    """A text of several lines, normalised; line breaks stay."""

    def __init__(self, *, rows: int = 4, **kwargs: Any):
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": rows}))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        return normalise(text.replace("\r\n", "\n")) if text else text


class NumberField(forms.DecimalField):
    """A number with at most one decimal, also in full-width digits."""

    def __init__(self, *, message: str, **kwargs: Any):
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal"}))
        errors = dict.fromkeys(
            ("invalid", "max_decimal_places", "max_digits", "max_whole_digits", "min_value",
             "max_value"), message,
        )  # fmt: skip
        super().__init__(
            required=False, max_digits=5, decimal_places=1, error_messages=errors, **kwargs
        )

    def to_python(self, value: Any) -> Decimal | None:
        return super().to_python(normalise(value) if isinstance(value, str) else value)


# ---------------------------------------------------------------- certificates
class CertificateFilterForm(forms.Form):
    """What the list of certificates is narrowed by."""

    q = TextField(
        label="姓名 / 编号 / 作业项目",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "可只填一部分", "type": "search"}),
    )
    expiry = forms.ChoiceField(
        label="有效期",
        required=False,
        choices=[("", "全部"), (EXPIRED, "已过期"), (EXPIRING, f"{SOON_DAYS}天内到期")],
    )
    kind = forms.ChoiceField(
        label="证书类别", required=False, choices=[("", "全部类别"), *Certificate.Kind.choices]
    )


class CertificateForm(CarriesFiles):
    """One certificate and its scan."""

    use_required_attribute = False

    kind = forms.ChoiceField(
        label="证书类别",
        choices=[("", "请选择"), *Certificate.Kind.choices],
        error_messages={
            "required": "请选择证书类别。",
            "invalid_choice": "证书类别不存在，请重新选择。",
        },
    )
    number = TextField(
        label="证书编号",
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "请填写证书编号。", "max_length": "证书编号最多 60 个字。"},
    )
    item = TextField(
        label="作业项目",
        required=False,
        max_length=80,
        help_text="选填，例如：叉车司机 N1、电梯修理 T。",
        error_messages={"max_length": "作业项目最多 80 个字。"},
    )
    issuer = TextField(
        label="发证机关",
        required=False,
        max_length=80,
        help_text="选填。",
        error_messages={"max_length": "发证机关最多 80 个字。"},
    )
    issued_on = DayField(label="发证日期", required=False, help_text="选填。")
    valid_until = DayField(label="有效期至", required=False, help_text="长期有效的不填。")
    file = DocumentField(label="扫描件", required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, required=False)

    def paper(self) -> Paper:
        """What was typed, for the action."""
        return Paper(**{field: self.cleaned_data[field] for field in Paper.__dataclass_fields__})

    def fields_shown(self) -> list[BoundField]:
        return [self[name] for name in self.fields if name != "version"]

    @staticmethod
    def initial_of(certificate: Certificate) -> dict[str, Any]:
        initial = {field: getattr(certificate, field) for field in Paper.__dataclass_fields__}
        return {**initial, "version": certificate.version}


# ---------------------------------------------------------------- leave
class LeaveForm(forms.Form):
    """Why a person wants to leave."""

    use_required_attribute = False

    reason = LinesField(
        label="离职说明",
        rows=3,
        max_length=200,
        error_messages={
            "required": "请填写离职说明，例如“已与单位解除合同”。",
            "max_length": "离职说明最多 200 个字。",
        },
    )


class RefuseForm(forms.Form):
    """Why the unit sends a request back."""

    use_required_attribute = False

    opinion = LinesField(
        label="退回原因",
        rows=3,
        max_length=200,
        help_text="申请人会看到，并会看到辖区市场监管局的电话。",
        error_messages={
            "required": "请填写退回原因，申请人会看到。",
            "max_length": "退回原因最多 200 个字。",
        },
    )


# ---------------------------------------------------------------- drills and trainings
class ActivityFilterForm(forms.Form):
    """What the list of drills or trainings is narrowed by."""

    q = TextField(
        label="名称 / 内容 / 参加人员",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "可只填一部分", "type": "search"}),
    )
    year = forms.TypedChoiceField(label="年份", required=False, coerce=int, empty_value=None)
    state = forms.ChoiceField(
        label="状态", required=False, choices=[("", "有效"), ("void", "已作废")]
    )

    def __init__(self, *args: Any, years: Sequence[int] = (), **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = [("", "全部年份"), *((one, f"{one}年") for one in years)]


class ActivityForm(CarriesFiles):
    """A drill or a training: what, when, where, by whom, who took part, which papers."""

    use_required_attribute = False

    title = TextField(
        label="名称",
        max_length=100,
        error_messages={"required": "请填写名称。", "max_length": "名称最多 100 个字。"},
    )
    held_on = DayField(label="举办日期")
    place = TextField(
        label="地点",
        required=False,
        max_length=120,
        help_text="选填。",
        error_messages={"max_length": "地点最多 120 个字。"},
    )
    hours = NumberField(label="学时", help_text="选填。", message="学时请填数字，例如 4 或 1.5。")
    organiser = forms.ChoiceField(
        label="组织方式",
        choices=Activity.Organiser.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择组织方式。"},
    )
    agency = TextField(
        label="受托机构",
        required=False,
        max_length=120,
        help_text="委托机构组织的必填。",
        error_messages={"max_length": "受托机构最多 120 个字。"},
    )
    content = LinesField(
        label="内容",
        max_length=2000,
        error_messages={"required": "请填写内容。", "max_length": "内容最多 2000 个字。"},
    )
    summary = LinesField(
        label="总结评估",
        required=False,
        max_length=2000,
        help_text="选填：发现的问题和改进措施。",
        error_messages={"max_length": "总结评估最多 2000 个字。"},
    )
    files = DocumentsField(label="附件", required=False, max_files=MAX_FILES)
    people = forms.MultipleChoiceField(
        label="参加人员",
        error_messages={
            "required": "请至少选择一名参加人员。",
            "invalid_choice": "所选人员已不在本单位，请重新选择。",
        },
    )
    without = forms.MultipleChoiceField(
        label="移除的附件",
        required=False,
        error_messages={"invalid_choice": "要移除的附件不存在，请刷新后重试。"},
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, required=False)

    def __init__(
        self,
        *args: Any,
        kind: str,
        groups: Sequence[Group],
        held_files: Sequence[tuple[str, str]] = (),
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.groups = groups
        self.held_files = held_files
        self.fields["held_on"].error_messages["required"] = "请填写举办日期。"
        self.fields["people"].choices = [
            (one.code, one.name) for group in groups for one in group.people
        ]
        self.fields["without"].choices = list(held_files)
        if kind != Activity.Kind.TRAINING:
            del self.fields["hours"]

    def facts(self) -> list[BoundField]:
        """The short fields, two in a row."""
        names = ("title", "held_on", "place", "hours", "organiser", "agency")
        return [self[name] for name in names if name in self.fields]

    def held(self) -> Held:
        """What was typed, for the action."""
        names = [name for name in Held.__dataclass_fields__ if name in self.fields]
        return Held(**{name: self.cleaned_data[name] for name in names})

    def chosen_people(self) -> list[Staff]:
        codes = set(self.cleaned_data["people"])
        return [one for group in self.groups for one in group.people if one.code in codes]

    def ticked(self) -> set[str]:
        """The codes of the people ticked, for the template."""
        return set(self["people"].value() or ())

    def files_shown(self) -> list[tuple[str, str, bool]]:
        """(id, name, is to be removed) of the papers that are there already."""
        gone = set(self["without"].value() or ())
        return [(key, name, key in gone) for key, name in self.held_files]

    @staticmethod
    def initial_of(activity: Activity, people: Sequence[Participation]) -> dict[str, Any]:
        initial = {field: getattr(activity, field) for field in Held.__dataclass_fields__}
        codes = [one.staff.code for one in people]
        return {**initial, "people": codes, "version": activity.version}


class ResultsForm(forms.Form):
    """The assessment of every participant of a training, one row each."""

    use_required_attribute = False

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args: Any, people: Sequence[Participation], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.people = people
        for one in people:
            self.fields[f"result_{one.pk}"] = forms.ChoiceField(
                label=f"{one.staff.name}的考核结果",
                required=False,
                choices=Participation.Result.choices,
                initial=one.result,
                error_messages={"invalid_choice": "考核结果不存在，请重新选择。"},
            )
            self.fields[f"score_{one.pk}"] = NumberField(
                label=f"{one.staff.name}的成绩",
                min_value=0,
                max_value=100,
                initial=plain_number(one.score),
                message="成绩请填 0 到 100 的数字。",
            )

    def rows(self) -> Iterator[tuple[Participation, BoundField, BoundField]]:
        for one in self.people:
            yield one, self[f"result_{one.pk}"], self[f"score_{one.pk}"]

    def outcomes(self) -> dict[int, Outcome]:
        """What was entered, by key of Participation."""
        given = self.cleaned_data
        return {
            one.pk: Outcome(given[f"result_{one.pk}"], given[f"score_{one.pk}"])
            for one in self.people
        }


class VoidForm(forms.Form):
    """Why a record is made void."""

    use_required_attribute = False

    reason = TextField(
        label="作废原因",
        max_length=200,
        error_messages={"required": "请填写作废原因。", "max_length": "作废原因最多 200 个字。"},
    )
