"""Template tags: what comes in, what is printed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory

from config import words
from config.actor import ANONYMOUS, Actor
from config.clock import SHANGHAI
from config.menus import Entry, build_shell, register_badge
from config.paging import paginate


def render(source: str, **context: object) -> str:
    context.setdefault("request", RequestFactory().get("/x/?kind=lift&size=10&page=3"))
    return Template("{% load ui %}" + source).render(Context(context))


class Sample(forms.Form):
    name = forms.CharField(label="名称", help_text="与登记证一致")
    code = forms.RegexField(r"^\d{3}$", label="代码", error_messages={"invalid": "应为3位数字。"})
    due = forms.DateField(label="日期", initial=date(2026, 11, 20))
    at = forms.DateTimeField(label="时间", required=False)
    state = forms.ChoiceField(
        label="状态", choices=[("u", "在用"), ("s", "停用")], widget=forms.RadioSelect
    )
    roles = forms.MultipleChoiceField(
        label="身份", choices=[("a", "总监"), ("b", "安全员")], widget=forms.CheckboxSelectMultiple
    )
    kind = forms.ChoiceField(label="品种", choices=[("", "请选择"), ("1", "客梯")])
    note = forms.CharField(label="备注", widget=forms.Textarea, required=False)
    photo = forms.FileField(label="照片", required=False)
    agree = forms.BooleanField(label="属实")


@pytest.mark.parametrize(
    ("shown", "value"),
    [
        (words.cn_date(date(2026, 11, 5)), "2026年11月5日"),
        (words.cn_day(date(2026, 11, 5)), "11月5日"),
        (words.cn_month(date(2026, 11, 5)), "2026年11月"),
        (words.cn_week(date(2026, 11, 20)), "第47周(11.16–11.22)"),
        (words.cn_week(date(2027, 1, 1)), "第53周(12.28–1.3)"),
        (words.cn_week(datetime(2026, 11, 22, 16, 30, tzinfo=UTC)), "第48周(11.23–11.29)"),
        (words.cn_moment(datetime(2026, 11, 20, 1, 5, tzinfo=UTC)), "11月20日 09:05"),
        (words.cn_datetime(datetime(2026, 11, 20, 16, 0, tzinfo=UTC)), "2026年11月21日 00:00"),
        (words.cn_date(datetime(2026, 11, 20, 16, 0, tzinfo=UTC)), "2026年11月21日"),
        (words.cn_date(None), ""),
        (words.cn_moment(None), ""),
        (words.masked_phone("13812345678"), "138****5678"),
        (words.masked_phone("+8613812345678"), "+86138****5678"),
        (words.masked_phone("12345"), "***45"),
        (words.masked_phone(None), ""),
    ],
)
def test_words_and_dates(shown: str, value: str) -> None:
    assert shown == value


def test_a_naive_moment_is_refused() -> None:
    naive = datetime(2026, 11, 20, 9, 5, tzinfo=SHANGHAI).replace(tzinfo=None)
    with pytest.raises(ValueError, match="naive"):
        words.cn_moment(naive)


def test_status_is_dot_and_word_and_escapes() -> None:
    assert render('{% status "late" word %}', word="逾期<b>") == (
        '<span class="sz-tag sz-tag--late"><span class="sz-tag__dot" aria-hidden="true"></span>'
        "逾期&lt;b&gt;</span>"
    )
    with pytest.raises(TemplateSyntaxError):
        render('{% status "purple" "x" %}')


def test_a_cell_without_value_has_no_status() -> None:
    line = '{% cell "申请离职" value=word kind="late" %}'
    found = ["sz-tag" in render(line, word=word) for word in ("", "待单位处理")]
    assert found == [False, True]


@pytest.mark.parametrize(
    ("count", "shown"), [(0, ""), (None, ""), (3, "3"), (99, "99"), (100, "99+")]
)
def test_badge(count: int | None, shown: str) -> None:
    html = render('{% badge count "条待办" %}', count=count)
    assert html == (
        f'<span class="sz-badge">{shown}<span class="visually-hidden">条待办</span></span>'
        if shown
        else ""
    )


def test_field_keeps_what_was_typed_and_says_what_is_wrong() -> None:
    form = Sample({"name": "1号<梯>", "code": "12", "due": "2026-12-01"})
    html = render("{% field form.code %}", form=form)
    assert 'value="12"' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_code_error"' in html
    assert '<div class="sz-field__error" id="id_code_error">' in html
    assert "应为3位数字。" in html
    named = render("{% field form.name %}", form=form)
    assert 'value="1号&lt;梯&gt;"' in named
    assert 'aria-describedby="id_name_helptext"' in named
    assert '<p class="sz-field__help" id="id_name_helptext">与登记证一致</p>' in named


def test_field_marks_what_is_required() -> None:
    form = Sample()
    assert render("{% field form.name %}", form=form).count("sz-star") == 1
    assert render("{% field form.note %}", form=form).count("sz-star") == 0


def test_dates_use_the_browsers_picker_with_iso_values() -> None:
    html = render("{% field form.due %}{% field form.at %}", form=Sample())
    assert '<input type="date" name="due" value="2026-11-20"' in html
    assert '<input type="datetime-local" name="at"' in html


def test_choices_are_labelled_inputs() -> None:
    form = Sample({"state": "s", "roles": ["b"]})
    html = render('{% field form.state style="buttons" %}{% field form.roles %}', form=form)
    assert html.count('<label class="sz-choice"') == 4
    assert html.count('role="radiogroup"') == 1
    assert html.count('role="group"') == 1
    assert html.count(" checked") == 2
    assert 'type="radio" name="state" value="s"' in html
    assert html.count('class="form-check-input"') == 4


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("note", '<textarea name="note"'),
        ("kind", 'class="form-select"'),
        ("photo", 'type="file"'),
        ("agree", 'type="checkbox"'),
    ],
)
def test_every_kind_of_widget(name: str, part: str) -> None:
    html = render("{% field one %}", one=Sample()[name])
    assert part in html
    assert html.count(f'name="{name}"') == 1


def test_form_errors_link_to_the_fields() -> None:
    form = Sample({"name": "x", "code": "12"})
    form.is_valid()
    form.add_error(None, "该代码已登记。")
    html = render("{% form_errors form %}", form=form)
    assert "<p>该代码已登记。</p>" in html
    assert '<a href="#id_code">代码</a>' in html
    assert '<a href="#id_state">状态</a>' in html
    assert render("{% form_errors form %}", form=Sample()).strip() == ""


@pytest.mark.parametrize(
    ("query", "number", "size", "shown"),
    [
        ("", 1, 20, 20),
        ("?page=3&size=50", 3, 50, 50),
        ("?page=999&size=100", 5, 100, 37),
        ("?page=x&size=7", 1, 20, 20),
        ("?size=99999999", 1, 20, 20),
    ],
)
def test_paginate(query: str, number: int, size: int, shown: int) -> None:
    page, asked = paginate(RequestFactory().get("/" + query), list(range(437)))
    assert (page.number, asked, len(page.object_list)) == (number, size, shown)


def test_pagination_keeps_the_filter() -> None:
    page = Paginator(list(range(437)), 10).get_page(3)
    html = render("{% pagination page 10 %}", page=page)
    assert "共 437 条" in html
    assert 'href="?kind=lift&amp;size=10&amp;page=4"' in html
    assert 'href="?kind=lift&amp;size=50"' in html
    assert '<span class="sz-pages__link is-active" aria-current="page">3</span>' in html


def test_filter_bar_opens_when_a_further_condition_is_set() -> None:
    class Filter(forms.Form):
        a = forms.CharField(required=False)
        b = forms.CharField(required=False)
        c = forms.CharField(required=False)
        d = forms.CharField(required=False)

    closed = render("{% filter_bar form %}", form=Filter({"a": "1"}))
    opened = render("{% filter_bar form %}", form=Filter({"d": "1"}))
    assert '<details class="sz-filter__more">' in closed
    assert '<details class="sz-filter__more" open>' in opened
    assert '<input type="hidden" name="size" value="10">' in closed


def test_once_renders_once_and_holds_nothing_that_may_differ() -> None:
    source = '{% load ui %}{% once %}{% icon "bell" %}{% comment %}x{% endcomment %}{% endonce %}{{ shell }}'
    template = Template(source)
    first, second = (template.render(Context({"shell": one})) for one in ("a", "b"))
    assert (first[:-1], first[-1], second[-1]) == (second[:-1], "a", "b")
    assert first[:-1] == render('{% icon "bell" %}')
    for part in ("{{ shell }}", "{% if shell %}x{% endif %}", "{% csrf_token %}"):
        with pytest.raises(TemplateSyntaxError, match="which may differ"):
            Template(f"{{% load ui %}}{{% once %}}{part}{{% endonce %}}")


def test_back_url_never_leaves_the_site() -> None:
    factory = RequestFactory()
    ours = factory.get("/x/", headers={"referer": "http://testserver/list/?page=2"})
    theirs = factory.get("/x/", headers={"referer": "http://evil.example/"})
    assert render("{% back_url %}", request=ours) == "http://testserver/list/?page=2"
    assert render("{% back_url %}", request=theirs) == "/"


def test_facts_show_a_dash_for_nothing_but_keep_zero() -> None:
    html = render("{% facts pairs %}", pairs=[("维保单位", ""), ("隐患", 0)])
    assert html.count("<dd>—</dd>") == 1
    assert html.count("<dd>0</dd>") == 1


def test_timeline_and_steps() -> None:
    at = datetime(2026, 11, 20, 1, 5, tzinfo=UTC)
    html = render("{% timeline rows %}", rows=[{"at": at, "who": "李明", "what": "发现隐患"}])
    assert "2026年11月20日 09:05" in html
    assert "sz-line__item--neutral" in html
    bar = render("{% steps labels 2 %}", labels=["一", "二", "三"])
    assert [bar.count(f"is-{state}") for state in ("done", "now", "next")] == [1, 1, 1]


def actor(kind: str, *capabilities: str) -> Actor:
    return Actor(kind=kind, name="陈静", owner_name="甲", capabilities=frozenset(capabilities))


def shell_for(who: Actor, path: str = "/") -> object:
    request = RequestFactory().get(path)
    request.actor = who
    return build_shell(request)


def test_a_visitor_gets_no_menu() -> None:
    shell = shell_for(ANONYMOUS)
    assert (shell.kind, shell.menu, shell.tabbar, shell.logout_url) == ("public", [], [], "")


def test_menu_shows_what_the_actor_may_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "config.menus.MENU",
        (
            Entry("首页", "home", "home", "x:see", ("desk",)),
            Entry("健康", "healthz", "check", "x:see", ("desk",), "系统"),
            Entry("无权", "healthz", "check", "x:other", ("desk",), "系统"),
            Entry("他处", "healthz", "check", "x:see", ("bureau",), "系统"),
            Entry("未建", "home:missing", "check", "x:see", ("desk",), "系统"),
        ),
    )
    monkeypatch.setattr("config.menus._badges", {})
    register_badge("healthz", lambda who: 7 if who.can("x:see") else 0)
    shell = shell_for(actor("unit", "x:see"), "/healthz/")
    assert [(s.label, [(i.label, i.badge, i.active) for i in s.items]) for s in shell.menu] == [
        ("", [("首页", 0, False)]),
        ("系统", [("健康", 7, True)]),
    ]
    assert (shell.kind, shell.role_label) == ("desk", "单位管理员")
    assert shell_for(actor("unit")).menu == []


def test_each_kind_of_account_has_its_shell() -> None:
    kinds = [shell_for(actor(kind)).kind for kind in ("person", "unit", "bureau", "platform")]
    assert kinds == ["field", "desk", "bureau", "bureau"]
