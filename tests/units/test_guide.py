"""The user guide (F99): every chapter renders, names real menus, and shows pictures that exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image

from config import menus
from reports.demo import guide_tour
from tests.world import World
from units import guide

ROOMS = ("config", "units", "equipment", "hazards", "duties", "cylinders", "reports")
FILES = sorted(guide.FOLDER.glob("*.md"))

LABELS = {
    name
    for entry in (*menus.MENU, *menus.TABBAR, *menus.PERSON_MENU)
    for name in (entry.label, entry.section)
}
TITLES = [
    "开始使用", "单位注册与登录", "单位设置", "人员", "档案管理", "导入导出", "使用状态申报",
    "一码通", "责任落实与手机端巡查", "隐患", "周排查、月调度和报告", "消息与客服",
    "监管端", "气瓶使用登记",
]  # fmt: skip


def test_the_chapters_in_order() -> None:
    assert [chapter.title for chapter in guide.chapters()] == TITLES
    assert [path.name for path in FILES if not guide.FILE.fullmatch(path.name)] == []


def test_the_contents_are_open_to_everybody(db: None) -> None:
    body = Client().get("/guide/").content.decode()
    assert [title for title in TITLES if title not in body] == []
    assert 'href="/guide/start/"' in body


@pytest.mark.parametrize("chapter", guide.chapters(), ids=lambda chapter: chapter.slug)
def test_a_chapter_renders(chapter: guide.Chapter, db: None) -> None:
    answer = Client().get(chapter.url)
    assert answer.status_code == 200
    page = answer.context["page"]
    assert chapter.title in answer.content.decode()
    assert len(page.sections) >= 2
    anchors = re.findall(r'id="(s\d+)"', page.html)
    assert anchors == [anchor for anchor, _ in page.sections]
    # Nothing of the markdown is left over, and every link leads somewhere.
    text = re.sub(r"<[^>]+>", "", page.html)
    assert re.findall(r"\*\*|\]\(|^#+ |!\[", text, re.M) == []
    for url in re.findall(r'href="(/guide/[^"#]*)', page.html):
        assert Client().get(url).status_code == 200


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_menus_are_called_by_their_names(path: Any) -> None:
    named = re.findall(r"`([^`]+)`", path.read_text("utf-8"))
    assert [one for one in named if one not in LABELS] == []


def test_buttons_and_pages_are_called_as_they_are() -> None:
    """What a chapter quotes stands so in a template, a form or a sentence of the product."""
    sources = [
        path
        for folder in (*ROOMS, "templates")
        for path in (settings.BASE_DIR / folder).rglob("*")
        if path.suffix in {".html", ".py", ".yaml"} and "demo" not in path.parts
    ]
    said = "\n".join(path.read_text("utf-8") for path in sources)
    quoted = {
        (path.name, one)
        for path in FILES
        for one in re.findall(r"“([^”]+)”", path.read_text("utf-8"))
    }
    assert {one for one in quoted if one[1] not in said} == set()


def test_every_picture_is_there_used_and_small() -> None:
    named = {name for path in FILES for name in guide.PICTURE.findall(path.read_text("utf-8"))}
    images = sorted((guide.FOLDER / "images").glob("*.png"))
    assert named == {path.name for path in images}
    for path in images:
        assert path.stat().st_size <= 150 * 1024, path.name
        with Image.open(path) as image:
            assert image.format == "PNG"
            assert guide._size(path) == image.size


def test_every_picture_can_be_taken_again() -> None:
    """`./shouze screens --guide` takes the pictures that the chapters name, no others."""
    named = {name for path in FILES for name in guide.PICTURE.findall(path.read_text("utf-8"))}
    source = Path(guide_tour.__file__).read_text("utf-8")
    taken = re.findall(r'(?:Picture|_hazard_page)\(\s*"([a-z0-9-]+)"', source)
    assert {f"{name}.png" for name in taken} == named
    assert len(taken) == len(named)


def test_an_unknown_chapter_is_not_found(db: None) -> None:
    assert Client().get("/guide/zz/").status_code == 404
    assert Client().post("/guide/").status_code == 405


def test_raw_html_is_text_and_foreign_pictures_are_refused() -> None:
    parser = guide._parser()
    assert "&lt;script&gt;" in parser.render("a <script>alert(1)</script>")
    with pytest.raises(ValueError):
        parser.render("![x](https://example.com/x.png)")


def test_it_is_linked_from_top_bar_help_and_sign_in(world: World, as_: Any) -> None:
    pages = {
        "/sign-in/": Client(),
        "/m/sign-in/": Client(),
        "/help/": Client(),
        "/dashboard/": as_(world.jia_admin),
        "/bureau/": as_(world.regulator),
    }
    for url, client in pages.items():
        assert 'href="/guide/"' in client.get(url).content.decode(), url
    assert 'href="/guide/"' in as_(world.li.user).get("/help/").content.decode()
