"""The general scripts in a real browser, under the real content security policy.

The pages are rendered from templates and answered by route: no server and no database takes part.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from playwright.sync_api import Browser, Page, Request, Route, expect

from config.actor import Actor
from config.menus import Item, Section, Shell
from config.middleware import ContentSecurityPolicyMiddleware
from tests.browser.slow_line import held, next_of

pytestmark = pytest.mark.browser

STATIC = Path(__file__).resolve().parents[2] / "static"
HOST = "http://shouze.test"
SHELL = Shell(
    kind="desk",
    menu=[Section("档案管理", [Item("设备档案", "/list/", "archive", 3, "条", True)])],
    owner_name="甲物业服务有限公司",
    person_name="陈静",
    role_label="单位管理员",
    logout_url="/sign-out/",
)
LIST = """{% extends "layouts/desk.html" %}{% load ui %}{% block page_title %}设备档案{% endblock %}
{% block content %}
<a id="drawer" href="/drawer/" data-drawer>指定安全员</a>
{% confirm_button "注销" "/remove/" "注销后不能再登录。" word="注销" kind="danger" %}
<form id="save" method="post" action="/save/" enctype="multipart/form-data">{% csrf_token %}
<input class="form-control" type="file" name="photo"><button name="do" value="draft">保存草稿</button></form>
<button class="btn btn-primary" id="below" form="save">提交</button>
<div data-selectable><div data-select-bar>已选 <b data-select-count>0</b></div>
<button type="button" data-select-needed>批量修改</button>
<table><thead><tr><th><input type="checkbox" data-select-all></th></tr></thead><tbody>
<tr><td><input type="checkbox" data-select-row></td></tr><tr><td><input type="checkbox" data-select-row></td></tr>
</tbody></table></div>
{% photos pictures %}
{% endblock %}"""
DRAWER = """{% extends "layouts/drawer.html" %}{% block page_title %}指定安全员{% endblock %}
{% block content %}<form method="post" action="/drawer/"><input name="officer" value="{{ typed }}">
<p id="refusal">{{ refusal }}</p><button>提交</button></form>{% endblock %}"""


class Site:
    """Answers the browser's requests and remembers what was posted."""

    def __init__(self, page: Page):
        self.posts: list[Request] = []
        self.lists = 0
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on(
            "console",
            lambda message: self.problems.append(message.text) if message.type == "error" else None,
        )
        page.route(f"{HOST}/**", self.answer)

    def render(self, source: str, **context: object) -> str:
        request = RequestFactory().get("/list/")
        request.actor = Actor(kind="unit")
        pictures = [{"url": f"/static/img/empty-{name}.svg"} for name in ("list", "calm")]
        context |= {"shell": SHELL, "request": request, "csrf_token": "t", "pictures": pictures}
        return Template(source).render(Context(context))

    def answer(self, route: Route, request: Request) -> None:
        path = request.url.removeprefix(HOST).split("?")[0]
        if path.startswith("/static/"):
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            route.fulfill(body=(STATIC / path[8:]).read_bytes(), content_type=kind)
            return
        if request.method == "POST":
            self.posts.append(request)
        if path == "/drawer/":
            self.answer_drawer(route, request)
        elif path == "/save/":
            route.fulfill(status=204)  # the browser stays on the page
        else:
            self.lists += 1
            self.page(route, LIST)

    def answer_drawer(self, route: Route, request: Request) -> None:
        if request.method == "GET":
            self.page(route, DRAWER, typed="", refusal="")
        elif "officer=ok" in (request.post_data or "") or "\r\nok\r\n" in (request.post_data or ""):
            route.fulfill(status=302, headers={"Location": f"{HOST}/elsewhere/"})
        else:
            self.page(route, DRAWER, typed="li", refusal="该人员不是本单位安全员。")

    def page(self, route: Route, source: str, **context: object) -> None:
        route.fulfill(
            body=self.render(source, **context),
            content_type="text/html; charset=utf-8",
            headers={"Content-Security-Policy": ContentSecurityPolicyMiddleware.policy},
        )


@pytest.fixture
def site(page: Page) -> Site:
    site = Site(page)
    page.goto(f"{HOST}/list/")
    return site


def test_the_page_breaks_no_policy(page: Page, site: Site) -> None:
    assert site.problems == []
    assert page.evaluate("htmx.config.allowEval") is False
    assert page.evaluate("document.querySelectorAll('style').length") == 0


def test_drawer_shows_the_refusal_and_keeps_the_input(page: Page, site: Site) -> None:
    page.click("#drawer")
    expect(page.locator("#sz-drawer")).to_be_visible()
    page.fill("#sz-drawer input[name=officer]", "li")
    page.click("#sz-drawer button:has-text('提交')")
    expect(page.locator("#refusal")).to_have_text("该人员不是本单位安全员。")
    expect(page.locator("#sz-drawer input[name=officer]")).to_have_value("li")
    assert (site.lists, [p.headers["hx-request"] for p in site.posts]) == (1, ["true"])


def test_drawer_reloads_the_list_when_done(page: Page, site: Site) -> None:
    page.goto(f"{HOST}/list/?kind=lift&page=2")
    page.click("#drawer")
    page.fill("#sz-drawer input[name=officer]", "ok")
    with page.expect_navigation():
        page.click("#sz-drawer button:has-text('提交')")
    assert page.url == f"{HOST}/list/?kind=lift&page=2"
    expect(page.locator("#sz-drawer")).not_to_be_visible()
    assert len(site.posts) == 1


def test_drawer_says_when_the_line_is_cut(page: Page, site: Site) -> None:
    page.click("#drawer")
    page.wait_for_selector("#sz-drawer[open]")
    page.route(f"{HOST}/drawer/", lambda route: route.abort())
    page.fill("#sz-drawer input[name=officer]", "li")
    page.click("#sz-drawer button:has-text('提交')")
    told = page.locator("[data-unsent]")
    expect(told).to_have_text("网络中断，尚未提交，请重试。已填写的内容还在本页。")
    expect(page.locator("#sz-drawer input[name=officer]")).to_have_value("li")
    expect(page.locator("#sz-drawer button:has-text('提交')")).to_be_enabled()
    page.unroute(f"{HOST}/drawer/")
    # The line may break in the middle of the answer, too.
    page.evaluate(
        "() => { Response.prototype.text = () => Promise.reject(new TypeError('Failed to fetch')); }"
    )
    page.click("#sz-drawer button:has-text('提交')")
    page.wait_for_timeout(100)
    expect(told).to_have_text("网络中断，尚未提交，请重试。已填写的内容还在本页。")
    page.route(f"{HOST}/drawer/", lambda route: route.fulfill(status=413))
    page.click("#sz-drawer button:has-text('提交')")
    expect(told).to_contain_text("文件太大，没有提交成功。")


# Headers, and then nothing more.
STALLED = """() => {
  window.fetch = async (url, { signal }) => new Response(new ReadableStream({
    start: (body) => signal.addEventListener("abort", () => body.error(signal.reason)),
  }));
}"""


def test_an_answer_that_stops_in_the_middle_is_given_up(page: Page, site: Site) -> None:
    page.clock.install()
    page.click("#drawer")
    page.wait_for_selector("#sz-drawer[open]")
    page.evaluate(STALLED)
    page.click("#sz-drawer button:has-text('提交')")
    page.clock.run_for(180_000)
    expect(page.locator("#sz-drawer [data-unsent]")).to_contain_text("网络中断")


def test_a_drawer_that_is_closed_while_it_is_sent_opens_again(page: Page, site: Site) -> None:
    """Another form in its place would be overwritten by the answer, or hide that it failed."""
    page.click("#drawer")
    page.fill("#sz-drawer input[name=officer]", "li")
    routes = held(page, f"{HOST}/drawer/")
    page.click("#sz-drawer button:has-text('提交')")
    page.keyboard.press("Escape")
    expect(page.locator("#sz-drawer")).to_be_hidden()
    page.click("#drawer")
    expect(page.locator("#sz-drawer input[name=officer]")).to_have_value("li")
    expect(page.locator("#sz-drawer button:has-text('提交')")).to_be_disabled()
    next_of(routes, page).abort()
    expect(page.locator("#sz-drawer [data-unsent]")).to_contain_text("网络中断")


def test_destructive_step_wants_the_word_typed(page: Page, site: Site) -> None:
    page.click("button:has-text('注销')")
    yes = page.locator("[data-confirm-slot=yes]")
    expect(yes).to_be_disabled()
    page.fill("#sz-confirm-input", "注")
    expect(yes).to_be_disabled()
    page.click("#sz-confirm button:has-text('取消')")
    assert site.posts == []
    page.click("button:has-text('注销')")
    page.fill("#sz-confirm-input", "注销")
    with page.expect_navigation():
        yes.click()
    assert [post.url for post in site.posts] == [f"{HOST}/remove/"]


def test_double_tap_posts_once_with_file_and_button(page: Page, site: Site) -> None:
    page.set_input_files(
        "input[name=photo]",
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8evidence"},
    )
    with page.expect_request(f"{HOST}/save/"):
        page.evaluate(
            "() => { const b = document.querySelector('#save button'); b.click(); b.click(); b.click(); }"
        )
    expect(page.locator("#save button")).to_be_disabled()
    expect(page.locator("#below")).to_be_disabled()
    page.wait_for_timeout(300)
    assert len(site.posts) == 1
    body = site.posts[0].post_data_buffer or b""
    assert b'name="do"\r\n\r\ndraft' in body
    assert b'filename="a.jpg"' in body


SHOWN = "persisted => void window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted}))"


def test_a_page_from_the_back_cache_can_submit_again(page: Page, site: Site) -> None:
    button = page.locator("#save button")
    page.evaluate("() => document.querySelector('#save button').click()")
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("aria-busy", "true")
    page.evaluate(SHOWN, True)
    expect(button).to_be_enabled()
    expect(button).not_to_have_attribute("aria-busy", "true")


def test_a_page_whose_last_picture_comes_late_is_not_sent_twice(page: Page, site: Site) -> None:
    with page.expect_request(f"{HOST}/save/"):
        page.evaluate("() => document.querySelector('#save button').click()")
    expect(page.locator("#save button")).to_be_disabled()
    page.evaluate(SHOWN, False)  # what the browser says once everything has been loaded
    expect(page.locator("#save button")).to_be_disabled()
    page.evaluate("() => document.querySelector('#save').requestSubmit()")
    page.wait_for_timeout(300)
    assert len(site.posts) == 1


def test_ticked_rows_are_counted(page: Page, site: Site) -> None:
    bar, button = page.locator("[data-select-bar]"), page.locator("[data-select-needed]")
    expect(bar).to_be_hidden()
    expect(button).to_be_disabled()
    page.check("[data-select-all]")
    expect(page.locator("[data-select-count]")).to_have_text("2")
    expect(button).to_be_enabled()
    page.uncheck("[data-select-row] >> nth=0")
    expect(page.locator("[data-select-count]")).to_have_text("1")
    assert page.evaluate("document.querySelector('[data-select-all]').indeterminate") is True


def test_pictures_open_turn_and_close(page: Page, site: Site) -> None:
    page.click(".sz-photos__link >> nth=0")
    caption = page.locator("[data-lightbox-slot=caption]")
    expect(caption).to_have_text("照片 1（1/2）")
    page.keyboard.press("ArrowRight")
    expect(caption).to_have_text("照片 2（2/2）")
    page.keyboard.press("r")
    expect(page.locator("[data-lightbox-slot=image]")).to_have_class("turn-1")
    page.keyboard.press("Escape")
    expect(page.locator("#sz-lightbox")).not_to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["with-js", "without-js"])
def test_menu_opens_on_a_phone(browser: Browser, scripts: bool) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, java_script_enabled=scripts, has_touch=True
    )
    try:
        page = context.new_page()
        Site(page)
        page.goto(f"{HOST}/list/")
        side = page.locator("#side-menu")
        expect(side).to_be_hidden()
        page.tap(".sz-top__menu")
        expect(side).to_be_visible()
        page.tap(".sz-side__close")
        expect(side).to_be_hidden()
    finally:
        context.close()


@pytest.mark.parametrize("size", ["16px", "23.8px"])
def test_nothing_runs_off_a_phone(browser: Browser, size: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    try:
        page = context.new_page()
        Site(page)
        page.goto(f"{HOST}/list/")
        page.evaluate("size => { document.documentElement.style.fontSize = size; }", size)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
    finally:
        context.close()
