"""`manage.py screens`: a picture of every page at 1440 px and 390 px, from a running demo."""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management.base import BaseCommand, CommandError, CommandParser
from PIL import Image

from reports.demo import tour
from units.models import User

SIZES = {"1440": (1440, 900), "390": (390, 844)}
TALLEST = 2400
FLAGS = ("--no-sandbox", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run", "--disable-gpu", "--disable-quic", "--lang=zh-CN")  # fmt: skip
# Chromium words its own parts (date fields) in the language of its process.
CHINESE = {"LANG": "zh_CN.UTF-8", "LANGUAGE": "zh_CN"}


class Command(BaseCommand):
    help = "给每个页面在 1440 和 390 像素宽度各拍一张图，存入 docs/screens（需要演示正在运行）。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="演示的地址")
        parser.add_argument("--out", default=str(settings.BASE_DIR / "docs" / "screens"))
        parser.add_argument("--only", default="", help="只拍名称中含有此文字的页面")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from playwright.sync_api import sync_playwright
        except ImportError as error:
            raise CommandError("拍图需要测试依赖，请先执行一次 ./shouze test。") from error
        chromium = shutil.which("chromium")
        if chromium is None:
            raise CommandError("没有找到 chromium，请先安装：apt-get install chromium")
        cookies = {who: _session(user) for who, user in tour.people().items()}
        stops = [stop for stop in tour.stops() if options["only"] in stop.slug]
        out = Path(options["out"])
        with sync_playwright() as driver:
            browser = driver.chromium.launch(
                executable_path=chromium, args=list(FLAGS), env={**os.environ, **CHINESE}
            )
            for width, (wide, high) in SIZES.items():
                (out / width).mkdir(parents=True, exist_ok=True)
                for stop in stops:
                    context = browser.new_context(
                        viewport={"width": wide, "height": high},
                        is_mobile=width == "390",
                        has_touch=width == "390",
                        locale="zh-CN",
                        timezone_id="Asia/Shanghai",
                    )
                    if cookies[stop.who]:
                        context.add_cookies([{**cookies[stop.who], "url": options["url"]}])
                    page = context.new_page()
                    page.set_default_timeout(20_000)
                    self._shoot(page, stop, options["url"], out / width / f"{stop.slug}.png")
                    context.close()
            browser.close()
        self.stdout.write(f"已拍 {len(stops)} 个页面，各两种宽度：{out}")

    def _shoot(self, page: Any, stop: tour.Stop, base: str, target: Path) -> None:
        answer = page.goto(base + stop.url)
        if answer.status >= 400 and "not-found" not in stop.slug:
            self.stderr.write(f"{stop.slug}: {stop.url} 返回 {answer.status}")
        if stop.who != "nobody" and "sign-in" in page.url:
            raise CommandError(f"{stop.slug}: 没有登录成功；演示用别的端口时，请设置同样的 PORT。")
        for step in stop.steps:
            named = page.locator("label:visible, button:visible, a:visible").filter(has_text=step)
            if named.count() == 0:
                self.stderr.write(f"{stop.slug}: 页面上没有「{step}」")
                break
            named.first.click()
            page.wait_for_timeout(250)
        page.wait_for_timeout(150)
        wide = page.viewport_size["width"]
        if page.evaluate("document.documentElement.scrollWidth") > wide:
            self.stderr.write(f"{stop.slug}: 页面比 {wide} 像素宽")
        # As tall as the page, so that bars fixed to the bottom stand at its end.
        height = page.evaluate("document.documentElement.scrollHeight")
        high = min(max(height, page.viewport_size["height"]), TALLEST)
        page.set_viewport_size({"width": wide, "height": high})
        page.wait_for_timeout(150)
        picture = page.screenshot()
        # A palette keeps the pictures of all pages small enough to be part of the repository.
        image = Image.open(io.BytesIO(picture)).convert("RGB")
        image.quantize(128, dither=Image.Dither.NONE).save(target, optimize=True)


def _session(user: User | None) -> dict[str, str] | None:
    """A signed-in session as the sign-in page would have made it."""
    if user is None:
        return None
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key}
