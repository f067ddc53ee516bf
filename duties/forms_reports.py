"""Forms of weekly reports and monthly minutes: shape only; the actions ask the rules again."""

from __future__ import annotations

from typing import Any

from django import forms

from config.forms import FilterForm, TextField
from duties.actions.reports import TEXT_LIMIT
from duties.completion import Completion
from duties.enums import Evaluation
from duties.queries_reports_desk import ReportFilter
from units.forms_photos import PhotoSlotsForm


def _area(rows: int, **attrs: Any) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "maxlength": TEXT_LIMIT, **attrs})


class ReportForm(forms.Form):
    """What both kinds post: which page it is, and why it is late.

    `unit_kind` is whose report it is, `is_missed` whether it is made up for.
    """

    client_uuid = forms.UUIDField(widget=forms.HiddenInput)
    rev = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)
    signature_strokes = forms.CharField(required=False, widget=forms.HiddenInput)
    backfill_reason = TextField(
        label="补录原因",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": 200}),
        error_messages={"required": "请填写补录原因。"},
    )

    def __init__(self, *args: Any, unit_kind: str, is_missed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "evaluation" in self.fields:
            self.fields["evaluation"].choices = [
                (one.value, one.words(unit_kind)) for one in Evaluation
            ]
        if not is_missed:
            del self.fields["backfill_reason"]


class WeeklyReportForm(ReportForm):
    """周排查治理报告 (M 3.4); the evaluation has no default."""

    last_week = TextField(
        label="上周问题整改情况", required=False, max_length=TEXT_LIMIT, widget=_area(4)
    )
    main_hazards = TextField(
        label="本周主要安全风险隐患和整改情况",
        max_length=TEXT_LIMIT,
        widget=_area(5),
        error_messages={"required": "请填写本周主要安全风险隐患和整改情况。"},
    )
    evaluation = forms.ChoiceField(
        label="本周安全管理情况评价",
        widget=forms.RadioSelect,
        error_messages={
            "required": "请选择本周安全管理情况评价。",
            "invalid_choice": "请选择本周安全管理情况评价。",
        },
    )
    next_work = TextField(
        label="下周工作重点",
        max_length=TEXT_LIMIT,
        widget=_area(4, placeholder="请输入"),
        error_messages={"required": "请填写下周工作重点。"},
    )


class MinutesForm(PhotoSlotsForm, ReportForm):
    """月调度会议报告 (M 3.5): meeting time, photographed minutes; the rest if one likes."""

    photo_slots = 9
    photo_label = "会议纪要照片"

    held_at = forms.DateTimeField(
        label="会议时间",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"required": "请选择会议时间。", "invalid": "请选择正确的会议时间。"},
    )
    place = TextField(label="会议地点", required=False, max_length=120)
    summary = TextField(
        label="会议内容摘要", required=False, max_length=TEXT_LIMIT, widget=_area(4)
    )


class ReportFilterForm(FilterForm):
    """The filter bar of both lists; what is not understood filters nothing, and is said."""

    date_from = forms.DateField(label="应报日期起", required=False)
    date_to = forms.DateField(label="应报日期止", required=False)
    completion = forms.ChoiceField(
        label="完成情况", required=False, choices=[("", "不限"), *Completion.choices]
    )
    category = forms.ChoiceField(label="类别", required=False)
    keyword = TextField(label="填报人", required=False, max_length=60)
    unit = forms.CharField(required=False, max_length=12, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, categories: list[tuple[str, str]], is_bureau: bool) -> None:
        super().__init__(data)
        self.fields["category"].choices = [("", "不限"), *categories]
        if is_bureau:
            self.fields["keyword"].label = "单位、填报人"
        self.fields["keyword"].widget.attrs["placeholder"] = "单位、姓名" if is_bureau else "姓名"

    def asked(self) -> ReportFilter:
        """What was asked for, wrong values left out."""
        return ReportFilter(**super().asked())
