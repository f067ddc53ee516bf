"""Real-browser tests: Debian's chromium driven by Playwright, with the fonts that we ship."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.staticfiles.handlers import StaticFilesHandlerMixin
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from playwright.sync_api import Browser, BrowserContext, Page

from tests import chromium
from tests.browser.slow_line import NOTE_TOASTS
from units.models import User

ROOT = Path(__file__).resolve().parents[2]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is a browser test."""
    for item in items:
        if Path(item.fspath).is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.usefixtures("time_of_the_day"))
            if chromium.PROGRAM is None:
                item.add_marker(
                    pytest.mark.skip(reason="没有找到 chromium：apt-get install chromium")
                )


@pytest.fixture(scope="session", autouse=True)
def _fonts_of_our_own() -> None:
    """Let fontconfig find the vendored Chinese font, whatever the machine has."""
    folder = Path.home() / ".local" / "share" / "fonts" / "shouze"
    if not folder.exists():  # nor where the link's checkout is gone; other processes do the same
        folder.parent.mkdir(parents=True, exist_ok=True)
        ours = folder.with_name(f"shouze.{os.getpid()}")
        ours.symlink_to(ROOT / "static" / "fonts")
        ours.replace(folder)
        if shutil.which("fc-cache"):
            subprocess.run(["fc-cache", "-f", str(folder.parent)], check=False)


@pytest.fixture(scope="session", autouse=True)
def _static_files_are_kept() -> Iterator[None]:
    """A browser keeps style and scripts between two pages, as it does with the product's server."""

    def serve(self: StaticFilesHandlerMixin, request: HttpRequest) -> HttpResponseBase:
        response = served(self, request)
        response["Cache-Control"] = "max-age=600"
        return response

    served = StaticFilesHandlerMixin.serve
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StaticFilesHandlerMixin, "serve", serve)
        yield


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", "0")
    return {"executable_path": chromium.PROGRAM, "args": chromium.ARGUMENTS}


def session_cookie(user: User) -> dict[str, str]:
    """A signed-in session for a user, as the cookie that the sign-in page would have set."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "units.auth.ShouzeBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key}


@pytest.fixture
def open_as(browser: Browser, live_server: object) -> Iterator[Callable[..., Page]]:
    """Return open_as(user, width=390, javascript=True): a page of a signed-in person.

    A script error or a refused resource on any of these pages fails the test.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(
        user: User | None = None, *, phone: bool = True, javascript: bool = True, **options: object
    ) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport=PHONE if phone else DESK,
            has_touch=phone,
            is_mobile=phone,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            java_script_enabled=javascript,
            **options,
        )
        contexts.append(context)
        if javascript:
            context.add_init_script(NOTE_TOASTS)
        if user is not None:
            context.add_cookies([{**session_cookie(user), "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(chromium.PATIENCE)
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda message: (
                complaints.append(f"{page.url}: {message.text}")
                if message.type == "error" and "Content Security Policy" in message.text
                else None
            ),
        )
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
