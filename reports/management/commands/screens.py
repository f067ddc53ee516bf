"""`manage.py screens`: a picture of every page at 1440 px and 390 px, from a running demo.

With `--guide` it takes the pictures of the user guide instead.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management.base import BaseCommand, CommandError, CommandParser
from PIL import Image

from config.embedded import packages
from reports.demo import guide_tour, tour
from units.models import User

SIZES = {"1440": (1440, 900), "390": (390, 844)}
# The guide: one window's worth of a page, small enough to read beside its text.
GUIDE_DESK, GUIDE_PHONE = (1200, 800), (390, 780)
TALLEST = 2400
COLOURS, GUIDE_COLOURS = 128, 256
FLAGS = ("--no-sandbox", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--no-first-run", "--disable-gpu", "--disable-quic", "--lang=zh-CN")  # fmt: skip
# Chromium words its own parts (date fields) in the language of its process.
CHINESE = {"LANG": "zh_CN.UTF-8", "LANGUAGE": "zh_CN"}


class Command(BaseCommand):
    help = "给每个页面在 1440 和 390 像素宽度各拍一张图，存入 docs/screens（需要演示正在运行）。"

    def add_arguments(self, parser: CommandParser) -> None:
        port = os.environ.get("PORT", "8000")
        parser.add_argument("--url", default=f"http://127.0.0.1:{port}", help="演示的地址")
        parser.add_argument("--out", default="", help="存到哪个文件夹")
        parser.add_argument(
            "--guide", action="store_true", help="改拍使用手册的图片，存入 docs/guide/images"
        )
        parser.add_argument("--only", default="", help="只拍名称中含有此文字的页面")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from playwright.sync_api import sync_playwright
        except ImportError as error:
            raise CommandError("拍图需要测试依赖，请先执行一次 ./shouze test。") from error
        chromium = packages.browser()
        if chromium is None:
            raise CommandError("没有找到 chromium，请先安装：apt-get install chromium")
        self.base, self.only = options["url"], options["only"]
        self.cookies = {who: _session(user) for who, user in tour.people().items()}
        # Asked before the driver runs: its loop lets nobody query in this thread.
        pictures = list(guide_tour.pictures()) if options["guide"] else []
        stops = [] if options["guide"] else tour.stops()
        with sync_playwright() as driver:
            self.browser = driver.chromium.launch(
                executable_path=chromium, args=list(FLAGS), env={**os.environ, **CHINESE}
            )
            if options["guide"]:
                self._guide(
                    pictures, Path(options["out"] or settings.BASE_DIR / "docs/guide/images")
                )
            else:
                self._pages(stops, Path(options["out"] or settings.BASE_DIR / "docs/screens"))
            self.browser.close()

    def _pages(self, stops: list[tour.Stop], out: Path) -> None:
        stops = [stop for stop in stops if self.only in stop.slug]
        for width, size in SIZES.items():
            (out / width).mkdir(parents=True, exist_ok=True)
            for stop in stops:
                page = self._open(stop.who, size, is_phone=width == "390")
                self._shoot(page, stop, out / width / f"{stop.slug}.png")
                page.context.close()
        self.stdout.write(f"已拍 {len(stops)} 个页面，各两种宽度：{out}")

    def _guide(self, pictures: list[guide_tour.Picture], out: Path) -> None:
        out.mkdir(parents=True, exist_ok=True)
        taken = 0
        for picture in pictures:
            if self.only not in picture.name:
                continue
            url = picture.url()
            if not url:
                self.stderr.write(f"{picture.name}: 演示里没有可拍的页面，跳过")
                continue
            wide, high = GUIDE_PHONE if picture.is_phone else GUIDE_DESK
            size = (wide, picture.height or high)
            page = self._open(picture.who, size, is_phone=picture.is_phone)
            self._visit(page, picture.name, picture.who, url)
            for row in range(picture.ticks):
                page.locator("[data-select-row]").nth(row).check()
            self._tap(page, picture.name, picture.steps)
            page.wait_for_timeout(400)  # a drawer slides in
            _save(page.screenshot(), out / f"{picture.name}.png", GUIDE_COLOURS)
            page.context.close()
            taken += 1
        self.stdout.write(f"已拍 {taken} 张手册图片：{out}")

    def _open(self, who: str, size: tuple[int, int], *, is_phone: bool) -> Any:
        """A fresh page of somebody's; its context is closed by the caller."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            is_mobile=is_phone,
            has_touch=is_phone,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
        )
        if self.cookies[who]:
            context.add_cookies([{**self.cookies[who], "url": self.base}])
        page = context.new_page()
        page.set_default_timeout(20_000)
        return page

    def _visit(self, page: Any, slug: str, who: str, url: str) -> None:
        answer = page.goto(self.base + url)
        if answer.status >= 400 and "not-found" not in slug:
            self.stderr.write(f"{slug}: {url} 返回 {answer.status}")
        if who != "nobody" and "sign-in" in page.url:
            raise CommandError(f"{slug}: 没有登录成功；演示用别的端口时，请设置同样的 PORT。")

    def _tap(self, page: Any, slug: str, steps: tuple[str, ...]) -> None:
        """Tap what the steps name. A step on the way may be taken already: a round that was begun
        opens at its first item without an answer."""
        for step in steps:
            named = page.locator("label:visible, button:visible, a:visible").filter(has_text=step)
            if named.count() == 0:
                if step == steps[-1]:
                    self.stderr.write(f"{slug}: 页面上没有「{step}」")
                continue
            named.first.click()
            page.wait_for_timeout(250)

    def _shoot(self, page: Any, stop: tour.Stop, target: Path) -> None:
        self._visit(page, stop.slug, stop.who, stop.url)
        self._tap(page, stop.slug, stop.steps)
        page.wait_for_timeout(150)
        wide = page.viewport_size["width"]
        if page.evaluate("document.documentElement.scrollWidth") > wide:
            self.stderr.write(f"{stop.slug}: 页面比 {wide} 像素宽")
        # As tall as the page, so that bars fixed to the bottom stand at its end.
        height = page.evaluate("document.documentElement.scrollHeight")
        high = min(max(height, page.viewport_size["height"]), TALLEST)
        page.set_viewport_size({"width": wide, "height": high})
        page.wait_for_timeout(150)
        _save(page.screenshot(), target)


def _save(picture: bytes, target: Path, colours: int = COLOURS) -> None:
    """A palette keeps the pictures of all pages small enough to be part of the repository."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(colours, dither=Image.Dither.NONE).save(target, optimize=True)


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
