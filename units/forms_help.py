"""Forms of 联系客服: a question, its answer, the platform's filter."""

from __future__ import annotations

import re

from django import forms

from config.forms import FilterForm, TextField
from units.actions.tickets import ANSWER_LIMIT, TEXT_LIMIT

_PAGE = re.compile(r"/[\x21-\x7e]{0,299}")
_REQUEST_ID = re.compile(r"[0-9a-f]{16}")


def plain_page(text: str) -> str:
    """The path of a page of ours without its query, "" for anything else."""
    path = text.split("?", 1)[0].split("#", 1)[0]
    return path if _PAGE.fullmatch(path) and not path.startswith("//") else ""


def plain_request_id(text: str) -> str:
    """A request id as our middleware makes it, "" for anything else."""
    return text if _REQUEST_ID.fullmatch(text) else ""


class TicketForm(forms.Form):
    """A question; page and request id are carried along, shown, and never an error."""

    text = TextField(
        label="问题描述",
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": "请描述遇到的问题。",
            "max_length": "问题描述最多 %(limit_value)d 个字。",
        },
        help_text="在做什么、出现了什么、希望怎样。",
    )
    contact = TextField(
        label="联系方式",
        required=False,
        max_length=40,
        error_messages={"max_length": "联系方式最多 %(limit_value)d 个字。"},
        help_text="可不填；答复会出现在“消息”里。",
    )
    page = forms.CharField(required=False, widget=forms.HiddenInput)
    request_id = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_page(self) -> str:
        return plain_page(self.cleaned_data["page"])

    def clean_request_id(self) -> str:
        return plain_request_id(self.cleaned_data["request_id"])


class AnswerForm(forms.Form):
    """The platform's answer."""

    text = TextField(
        label="答复",
        max_length=ANSWER_LIMIT,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={
            "required": "请填写答复。",
            "max_length": "答复最多 %(limit_value)d 个字。",
        },
        help_text="提交后不能修改，提问人会收到站内消息。",
    )


class TicketFilter(FilterForm):
    """The filter bar of 客服工单."""

    keyword = TextField(label="关键词", required=False, max_length=60)
    state = forms.ChoiceField(
        label="状态",
        required=False,
        choices=[("", "不限"), ("waiting", "待答复"), ("answered", "已答复")],
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["keyword"].widget.attrs["placeholder"] = "内容、单位、提问人、请求编号"
