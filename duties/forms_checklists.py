"""Forms of a unit's own checklists and their items: they check shape only (F43, F44)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms

from config.forms import TextField
from duties import risk_categories
from duties.actions.checklist_items import LONGEST
from duties.actions.checklists import NAME_LENGTH
from duties.enums import Cadence
from duties.models import Checklist, ChecklistItem
from duties.queries_checklists import STATES
from units.carried import CarriesFiles
from units.forms import DayField
from units.forms_organisation import VersionedForm
from units.uploads import PhotoField

UNKNOWN = "所选的选项不存在，请重新选择。"


class OwnListFilter(forms.Form):
    """What the own lists are narrowed to."""

    q = TextField(
        label="清单名称",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "可只填一部分", "type": "search"}),
    )
    state = forms.ChoiceField(
        label="状态",
        required=False,
        choices=[("", "全部"), *((state, word) for state, (_kind, word) in STATES.items())],
        error_messages={"invalid_choice": UNKNOWN},
    )


class ListForm(VersionedForm):
    """新增自定义管控清单: name, what it is for, from when until when."""

    name = TextField(
        label="清单名称",
        max_length=NAME_LENGTH,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "placeholder": "例如：商场扶梯补充检查"}
        ),
        error_messages={
            "required": "请填写清单名称。",
            "max_length": f"清单名称最多 {NAME_LENGTH} 个字，现在有 %(show_value)s 个。",
        },
    )
    category = forms.ChoiceField(
        label="适用对象",
        help_text="本单位档案中的设备类别、许可类别和充装工位。",
        error_messages={
            "required": "请选择适用对象。",
            "invalid_choice": "所选的适用对象已不在本单位档案中，请重新选择。",
        },
    )
    valid_from = DayField(label="有效期自")
    valid_until = DayField(label="有效期至", required=False, help_text="不填表示长期有效。")

    def __init__(self, *args: Any, subjects: Sequence[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = [("", "请选择"), *subjects]
        self.fields["valid_from"].error_messages["required"] = "请填写有效期自。"

    @staticmethod
    def initial_of(checklist: Checklist) -> dict[str, Any]:
        """The form's values for a list as it is."""
        upper = checklist.period.upper
        return {
            "version": checklist.edit_version,
            "name": checklist.name,
            "category": checklist.category,
            "valid_from": checklist.period.lower,
            "valid_until": upper - timedelta(days=1) if upper else None,
        }


def _long_text(label: str, *, required: bool = True, **kwargs: Any) -> TextField:
    messages = {
        "required": f"请填写{label}。",
        "max_length": f"{label}最多 {LONGEST} 个字，现在有 %(show_value)s 个。",
    }
    placeholder = kwargs.pop("placeholder")
    widget = forms.Textarea(attrs={"rows": 2, "maxlength": LONGEST, "placeholder": placeholder})
    return TextField(
        label=label,
        max_length=LONGEST,
        required=required,
        error_messages=messages,
        widget=widget,
        **kwargs,
    )


class ItemForm(CarriesFiles, VersionedForm):
    """设置管控项: one thing to look at, how often, what is wrong if it fails, what to do about it."""

    cadence = forms.ChoiceField(
        label="管控形式",
        choices=Cadence.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择管控形式。", "invalid_choice": UNKNOWN},
    )
    risk_category = forms.ChoiceField(
        label="风险类别",
        error_messages={"required": "请选择风险类别。", "invalid_choice": UNKNOWN},
    )
    item = _long_text("风险指标", placeholder="要检查什么，例如：扶手带运行无异常抖动、无破损")
    measure = _long_text(
        "管控措施", placeholder="不合格时怎样管控，例如：停梯并设置围挡，通知维保单位更换"
    )
    hazard = _long_text(
        "风险隐患",
        required=False,
        placeholder="例如：扶手带破损，可能夹伤乘客",
        help_text="选填，选择“不合格”时显示；不填则显示“不符合要求：”加风险指标。",
    )
    is_severe = forms.BooleanField(
        label="严重隐患",
        required=False,
        help_text="勾选后，此项不合格时手机端提示立即停止使用。",
    )
    photo = PhotoField(
        label="示意图",
        required=False,
        allow_empty_file=True,
        help_text="选填，JPG、PNG、WebP 或 HEIC 照片，手机端检查此项时可点开查看。",
        widget=forms.FileInput(attrs={"accept": "image/*"}),
        error_messages={"invalid": "文件没有传上来，请重新选择。"},
    )
    without_picture = forms.BooleanField(label="移除现有示意图", required=False)

    def __init__(self, *args: Any, unit_kind: str, has_picture: bool = False, **kwargs: Any):
        super().__init__(*args, **kwargs)
        names = risk_categories.of(unit_kind)
        self.fields["risk_category"].choices = [("", "请选择"), *((one, one) for one in names)]
        if not has_picture:
            del self.fields["without_picture"]

    @staticmethod
    def initial_of(item: ChecklistItem) -> dict[str, Any]:
        """The form's values for an item as it is."""
        names = ("cadence", "risk_category", "item", "measure", "hazard", "is_severe")
        return {
            "version": item.checklist.edit_version,
            **{name: getattr(item, name) for name in names},
        }
