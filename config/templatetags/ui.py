"""Template tags and filters of both shells: `{% load ui %}` (usage in docs/design.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms, template
from django.conf import settings
from django.core.paginator import Page
from django.forms.boundfield import BoundField
from django.templatetags.static import StaticNode
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString

from config import html, words
from config.html import SPRITE, badge, icon

register = template.Library()

__all__ = ["SPRITE", "badge", "icon", "register"]

STATUS_KINDS = ("done", "late", "danger", "open", "neutral")
FILTERS_SHOWN = 3

# message level -> (icon, word read aloud before the text)
ALERTS = {
    "success": ("circle-check", "成功"),
    "info": ("info-circle", "提示"),
    "debug": ("info-circle", "提示"),
    "warning": ("alert-triangle", "注意"),
    "error": ("alert-circle", "错误"),
}


def _kind(kind: str) -> str:
    if kind not in STATUS_KINDS:
        raise template.TemplateSyntaxError(
            f"unknown status kind {kind!r}, use one of {STATUS_KINDS}"
        )
    return kind


@register.simple_tag
def csrf_cookie() -> str:
    """The name of the cookie that changes with a new sign-in (submit.js looks at it)."""
    return settings.CSRF_COOKIE_NAME


# ------------------------------------------------------------------ constant parts
_STEADY = (
    template.base.TextNode,
    template.defaulttags.CommentNode,
    template.defaulttags.LoadNode,
    template.loader_tags.IncludeNode,
    StaticNode,
)


class _OnceNode(template.Node):
    """What `once` encloses, rendered by the first page that shows it."""

    def __init__(self, nodelist: template.NodeList) -> None:
        self.nodelist = nodelist
        self._html: SafeString | None = None

    def render(self, context: template.Context) -> SafeString:
        if self._html is None:
            self._html = self.nodelist.render(context.new({}))
        return self._html


@register.tag
def once(parser: template.base.Parser, token: template.base.Token) -> _OnceNode:
    """{% once %}…{% endonce %}: a part that reads the same on every page and for everybody, kept
    for the life of the process. Within it there are only text, static files, icons and includes of
    such; anything else is refused when the template is compiled. An include is rendered without a
    context, so nothing of one person can stand in it for all others."""
    nodelist = parser.parse(("endonce",))
    parser.delete_first_token()
    for node in nodelist:
        if not (isinstance(node, _STEADY) or getattr(node, "func", None) is icon):
            raise template.TemplateSyntaxError(f"{{% once %}} holds {node!r}, which may differ")
    return _OnceNode(nodelist)


# ------------------------------------------------------------------ small marks
register.simple_tag(icon)
register.simple_tag(badge)
register.simple_tag(html.tab_bar)


@register.simple_tag
def status(kind: str, word: Any) -> SafeString:
    """A state as dot and word; `kind` is done | late | danger | open | neutral."""
    return format_html(
        '<span class="sz-tag sz-tag--{}"><span class="sz-tag__dot" aria-hidden="true"></span>{}</span>',
        _kind(kind),
        word,
    )


@register.inclusion_tag("components/alert.html")
def alert(kind: str, text: Any) -> dict[str, Any]:
    """A message in words: `kind` is a Django message level tag (success, info, warning, error)."""
    icon_name, word = ALERTS.get(kind, ALERTS["info"])
    role = "alert" if kind in ("error", "warning") else "status"
    return {"kind": kind, "text": text, "icon_name": icon_name, "word": word, "role": role}


# ------------------------------------------------------------------ getting about
@register.simple_tag
def back(url: str, label: str = "返回") -> SafeString:
    """The back link of the phone header and of printed pages."""
    return html.back(url, label)


@register.simple_tag(takes_context=True)
def back_url(context: template.Context, fallback: str = "/") -> str:
    """Where the visitor came from, if that was a page of ours; else `fallback`."""
    request = context["request"]
    referer = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(referer, {request.get_host()}, request.is_secure()):
        return referer
    return fallback


@register.simple_tag
def crumb(label: Any, url: str = "") -> SafeString:
    """One step of the breadcrumb; without `url` it is where we are."""
    if url:
        return format_html('<li class="breadcrumb-item"><a href="{}">{}</a></li>', url, label)
    return format_html('<li class="breadcrumb-item active" aria-current="page">{}</li>', label)


@register.simple_tag
def tabs(items: Iterable[Mapping[str, Any]], label: str = "分类") -> SafeString:
    """Tabs as links. In: items of label, url, active, and optionally count."""
    return html.tabs(items, label)


@register.simple_tag(takes_context=True)
def pagination(context: template.Context, page: Page, size: int = 20) -> SafeString:
    """共 N 条, page links and page sizes; every other parameter of the URL is kept."""
    return html.pagination(context["request"].GET, page, size)


@register.inclusion_tag("components/filter_bar.html", takes_context=True)
def filter_bar(
    context: template.Context, form: forms.BaseForm, target: str = "", auto: bool = True
) -> dict[str, Any]:
    """A GET form: three fields, the rest under 展开, 查询 and 重置.

    With `target` (a CSS selector) htmx swaps only that element, which the view renders from its
    `_partial.html`; without JavaScript the whole page comes. `auto` sends when a choice changes.
    """
    fields = [form[name] for name in form.fields if not form[name].is_hidden]
    request = context["request"]
    more = fields[FILTERS_SHOWN:]
    return {
        "request": request,
        "form": form,
        "first": fields[:FILTERS_SHOWN],
        "more": more,
        "open": any(bf.value() not in (None, "", [], False) for bf in more),
        "target": target,
        "auto": auto,
        "size": request.GET.get("size", ""),
    }


# ------------------------------------------------------------------ forms
_CONTROL_CLASS = {"select": "form-select", "checkbox": "form-check-input"}
_NATIVE_FORMATS = {
    forms.DateInput: ("date", "%Y-%m-%d"),
    forms.DateTimeInput: ("datetime-local", "%Y-%m-%dT%H:%M"),
    forms.TimeInput: ("time", "%H:%M"),
}


def _widget_kind(widget: forms.Widget) -> str:
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "group"
    if isinstance(widget, forms.CheckboxInput):
        return "checkbox"
    if isinstance(widget, forms.Select):
        return "select"
    if isinstance(widget, forms.FileInput):
        return "file"
    return "control"


def _group_role(widget: forms.Widget) -> str:
    # Django derives CheckboxSelectMultiple from RadioSelect, so ask for the former.
    return "group" if isinstance(widget, forms.CheckboxSelectMultiple) else "radiogroup"


def _use_native_input(widget: forms.Widget) -> None:
    """Give date and time widgets the browser's own picker, which wants ISO values."""
    for widget_class, (input_type, value_format) in _NATIVE_FORMATS.items():
        if isinstance(widget, widget_class):
            widget.input_type = input_type
            widget.format = value_format


def _control_attrs(bound: BoundField, kind: str, help_id: str) -> dict[str, Any]:
    widget = bound.field.widget
    css = [widget.attrs.get("class", ""), _CONTROL_CLASS.get(kind, "form-control")]
    described = [help_id] if help_id else []
    attrs: dict[str, Any] = {}
    if bound.errors:
        css.append("is-invalid")
        attrs["aria-invalid"] = "true"
        described.append(f"{bound.auto_id}_error")
    if described:
        attrs["aria-describedby"] = " ".join(described)
    attrs["class"] = " ".join(filter(None, css))
    return attrs


@register.inclusion_tag("components/field.html")
def field(
    bound: BoundField, label: str = "", help: str = "", style: str = "", unit: str = ""
) -> dict[str, Any]:
    """A form field: label with required star, widget, help, and its errors beside it.

    `style`: "" | "buttons" (choices as big buttons) | "inline" (choices on one line) | "row" (label
    left of the widget). `unit` is shown after the input (台, 天). What was typed is kept.
    """
    kind = _widget_kind(bound.field.widget)
    _use_native_input(bound.field.widget)
    help_text = help or bound.help_text
    help_id = f"{bound.auto_id}_helptext" if help_text and bound.auto_id else ""
    attrs = _control_attrs(bound, kind, help_id)
    choices = []
    if kind == "group":
        for sub in bound.subwidgets:
            sub.data["attrs"].update({"class": "form-check-input"})
            sub.data["attrs"].pop("required", None)
            choices.append({"input": sub.tag(), "id": sub.id_for_label, "label": sub.choice_label})
    return {
        "bound": bound,
        "kind": kind,
        "style": style,
        "unit": unit,
        "label": label or bound.label,
        "help_text": help_text,
        "help_id": help_id,
        "error_id": f"{bound.auto_id}_error",
        "widget": "" if kind == "group" else bound.as_widget(attrs=attrs),
        "choices": choices,
        "required": bound.field.required,
        "errors": bound.errors,
        "role": _group_role(bound.field.widget),
        "described": attrs.get("aria-describedby", ""),
    }


@register.inclusion_tag("components/carried.html")
def carried(bound: BoundField) -> dict[str, Any]:
    """The files of a field that wait for the next try of a refused form (units.carried).

    Part of `field`; a page that builds its file input by itself adds it below.
    """
    form = bound.form
    carries = hasattr(form, "put_files_aside")
    return {
        "name": bound.html_name,
        "files": form.carried(bound.name) if carries else (),
        "left": form.left(bound.name) if carries else (),
        "several": getattr(bound.field.widget, "allow_multiple_selected", False),
    }


@register.inclusion_tag("components/form_errors.html")
def form_errors(form: forms.BaseForm) -> dict[str, Any]:
    """The summary above a form that came back: its own errors and a link to each wrong field."""
    wrong = [bf for bf in form if bf.errors and not bf.is_hidden]
    hidden = [e for bf in form.hidden_fields() for e in bf.errors]
    return {"general": [*form.non_field_errors(), *hidden], "wrong": wrong}


@register.inclusion_tag("components/confirm_button.html", takes_context=True)
def confirm_button(
    context: template.Context, label: str, url: str, text: str, word: str = "", kind: str = "quiet"
) -> dict[str, Any]:
    """A one-button POST form that asks first; with `word` the person types it to go on.

    `kind`: quiet | primary | danger.
    """
    return {
        "request": context["request"],
        "csrf_token": context["csrf_token"],
        "label": label,
        "url": url,
        "text": text,
        "word": word,
        "kind": kind,
    }


# ------------------------------------------------------------------ showing things
@register.inclusion_tag("components/empty_state.html")
def empty_state(
    title: str, text: str = "", url: str = "", action: str = "", image: str = "list"
) -> dict[str, Any]:
    """Nothing here, why, and the next step. `image`: list | calm | search."""
    return {
        "title": title,
        "text": text,
        "url": url,
        "action": action,
        "image": f"img/empty-{image}.svg",
    }


@register.inclusion_tag("components/steps.html")
def steps(labels: Iterable[Any], current: int, stopped: bool = False) -> dict[str, Any]:
    """A step bar; `current` counts from 1, a number past the end means all done.

    A label may be a pair of label and note (a date). `stopped`: it ended for good at `current`.
    """
    now = "stopped" if stopped else "now"
    rows = []
    for number, label in enumerate(labels, 1):
        words, note = label if isinstance(label, tuple) else (label, "")
        state = "done" if number < current else now if number == current else "next"
        rows.append({"label": words, "note": note, "number": number, "state": state})
    return {"rows": rows}


@register.inclusion_tag("components/timeline.html")
def timeline(entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Who did what, when. In: entries of at, who, what, and optionally note, kind, photos."""
    defaults = {"note": "", "kind": "neutral", "photos": []}
    return {"entries": [{**defaults, **entry} for entry in entries]}


@register.inclusion_tag("components/facts.html")
def facts(pairs: Iterable[tuple[str, Any]], columns: int = 2) -> dict[str, Any]:
    """A definition list; empty values are shown as a dash."""
    return {"pairs": [(k, "—" if v in (None, "") else v) for k, v in pairs], "columns": columns}


@register.inclusion_tag("components/photos.html")
def photos(items: Iterable[Mapping[str, Any]], label: str = "照片") -> dict[str, Any]:
    """Thumbnails that open the full picture. In: items of url, and optionally thumb_url, caption."""
    return {
        "items": [
            {
                "url": item["url"],
                "thumb_url": item.get("thumb_url") or item["url"],
                "caption": item.get("caption") or f"{label} {number}",
            }
            for number, item in enumerate(items, 1)
        ]
    }


@register.inclusion_tag("components/cell.html")
def cell(
    title: Any,
    url: str = "",
    note: Any = "",
    value: Any = "",
    icon_name: str = "",
    count: int = 0,
    kind: str = "",
) -> dict[str, Any]:
    """One row of a phone list. `kind` turns `value` into a status tag."""
    return {
        "title": title,
        "url": url,
        "note": note,
        "value": value,
        "icon_name": icon_name,
        "count": count,
        "kind": _kind(kind) if kind else "",
    }


# ------------------------------------------------------------------ words and dates
for _filter in (
    words.cn_date,
    words.cn_day,
    words.cn_month,
    words.cn_moment,
    words.cn_datetime,
    words.cn_week,
    words.masked_phone,
):
    register.filter(_filter.__name__, _filter)
