"""The PDF itself: text, fonts, glyphs and pictures as they reach the reader; what fails fails aloud."""

from __future__ import annotations

import builtins
import io
import logging
import subprocess
import sys
from datetime import date
from pathlib import Path

import pypdf
import pytest
from django.contrib.staticfiles import finders
from django.core.files.storage import default_storage
from django.db import connection
from django.template import engines
from fontTools.ttLib import TTFont
from PIL import Image, ImageFile

from config.clock import at
from config.errors import RuleBroken
from duties.models import ChecklistVersion
from reports import pdf
from reports.actions.issue import issue_daily_check
from reports.models import IssuedDocument
from tests.factories import pictures, records
from tests.factories import reports as made
from tests.reports import pdfs
from tests.world import NOW, TODAY, World
from units import files, photos, signatures

RED, BLUE = (0xC0, 0x30, 0x20), (0x20, 0x60, 0xC0)
RARE = "镕喆堃昇玥赟㛃𬭚"


def printed(world: World, *args: object, **fields: object) -> bytes:
    inspection = made.signed(*(args or (world.lift, world.li)), **fields)
    document = issue_daily_check(inspection, actor=world.actor(world.li), now=NOW)
    return pdfs.content(document)


_plain: list[bytes] = []


@pytest.fixture
def plain(request: pytest.FixtureRequest) -> bytes:
    """An ordinary form, printed once for the tests that only look at it."""
    if not _plain:
        _plain.append(printed(request.getfixturevalue("world")))
    return _plain[0]


@pytest.fixture
def template(tmp_path: Path, settings: object) -> object:
    """Return write(html) -> the name of a template with this body."""
    settings.TEMPLATES = [
        {**settings.TEMPLATES[0], "DIRS": [*settings.TEMPLATES[0]["DIRS"], tmp_path]}
    ]

    def write(body: str) -> str:
        (tmp_path / "try.html").write_text(
            f"<!doctype html><html lang=zh><body>{body}</body></html>"
        )
        return "try.html"

    yield write
    del engines.templates


# ------------------------------------------------------------------ text
def test_everything_on_the_form_can_be_extracted(world: World) -> None:
    said = {
        2: made.fixed("更换灯管", note="维保10分钟到场"),
        3: made.pending(),
        5: made.absent(),
        7: made.pending(0, no_photo_reason="井道内禁止拍照"),
    }
    inspection = made.signed(world.lift, world.li, said=said)
    made.event(made.report(inspection, 3), "ordered", world.wang, at(TODAY, 8, 55), "更换门刀")
    document = issue_daily_check(inspection, actor=world.actor(world.li), now=NOW)
    found = pdfs.text(pdfs.content(document))
    items = [item["item"] for item in inspection.version.items]
    expected = [
        "每日电梯安全检查记录", f"文书编号：{document.number}", f"记录编号：{inspection.code}",
        "依据：《特种设备使用单位落实使用安全主体责任监督管理规定》（国家市场监督管理总局令第74号）",
        "《特种设备使用管理规则》（TSG08—2026）",
        "甲物业管理有限公司", world.jia.credit_code, "1号客梯／曳引驱动乘客电梯",
        inspection.facts["equipment_code"], inspection.facts["registration_no"], "A座大堂",
        "2026年11月20日（08:30–08:41）", *items, "不合格", "无此项", "立即处理：更换灯管",
        "维保10分钟到场", "无法拍照：井道内禁止拍照", "【严重隐患】", "附图1", "附图2",
        "共检查13项：合格9项，不合格3项，无此项1项；发现隐患3项。", "有隐患3项",
        "电梯安全总监王总", "第3项2026年11月20日08:55王总下达整改措施：更换门刀",
        "电梯安全员签名", "李安签名时间：2026年11月20日08:42", inspection.digest,
    ]  # fmt: skip
    assert [words for words in expected if words not in found] == []


def test_rare_characters_of_names_are_text_and_glyph(world: World) -> None:
    """No boxes, and no other characters: each differs from its neighbours and from every other."""
    content = printed(world, facts={"officer_name": f"赵{RARE}", "unit_name": "甲公司"})
    assert f"赵{RARE}签名时间" in pdfs.text(content)
    page = max(n for n, text in enumerate(pdfs.texts(content)) if "镕" in text)
    drawn = {character: pdfs.glyph(content, character, page) for character in RARE}
    thin = {character for character, one in drawn.items() if not 0.08 < pdfs.ink(one) < 0.6}
    assert thin == set()
    others = [pdfs.glyph(content, other, page) for other in "赵签名时间"]
    alike = {c for c in RARE for other in others if pdfs.difference(drawn[c], other) <= 0.15}
    assert alike == set()
    pairs = [(a, b) for a in RARE for b in RARE if a < b]
    assert [(a, b) for a, b in pairs if pdfs.difference(drawn[a], drawn[b]) < 0.1] == []


def test_the_only_fonts_are_ours_and_embedded(world: World) -> None:
    content = printed(world, said={2: made.fixed()})
    assert pdfs.fonts(content) == {"Shouze-NotoSansSC": True, "Shouze-NotoSansSC-Bold": True}


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Shouze-NotoSansSC", "NotoSansSC-Regular.ttf"),
        ("Shouze-NotoSansSC-Bold", "NotoSansSC-Bold.ttf"),
    ],
)
def test_the_embedded_outlines_are_those_of_our_font(plain: bytes, name: str, file: str) -> None:
    """A name proves nothing: the glyphs are compared point by point."""
    embedded = pdfs.outlines(plain, name)
    whole = pdfs.shapes(TTFont(finders.find(f"fonts/{file}")), embedded)
    assert len(embedded) > 20
    assert [number for number, points in embedded.items() if whole.get(number) != points] == []


def test_characters_without_a_glyph_are_spelled_and_explained(world: World) -> None:
    content = printed(world, said={2: {"result": "pass", "note": "好😀𠮷\u202e的"}})
    found = pdfs.text(content)
    assert "好〔U+1F600〕〔U+20BB7〕的" in found
    assert "注：〔U+…〕表示本文书字库未收录的字符" in found
    assert set(pdfs.fonts(content)) == {"Shouze-NotoSansSC", "Shouze-NotoSansSC-Bold"}
    assert IssuedDocument.objects.get().content["lines"][1]["note"] == "好😀𠮷\u202e的"


def test_an_ordinary_form_has_no_such_note(plain: bytes) -> None:
    assert "字库未收录" not in pdfs.text(plain)


def test_html_is_shown_as_text(world: World) -> None:
    note = "<script>alert(1)</script><img src=x>&amp;"
    found = pdfs.text(printed(world, said={2: {"result": "pass", "note": note}}))
    assert "<script>alert(1)</script><imgsrc=x>&amp;" in found


def test_the_title_of_the_file_is_the_form(world: World) -> None:
    content = printed(world)
    meta = pypdf.PdfReader(io.BytesIO(content)).metadata
    assert meta.title == f"每日电梯安全检查记录 {IssuedDocument.objects.get().number}"
    assert meta.author == "甲物业管理有限公司"


# ------------------------------------------------------------------ pictures and signature
def test_photos_and_signature_are_in_the_picture(world: World) -> None:
    with_photos = printed(world, said={2: made.fixed(pictures=2)}, colours=("#c03020", "#2060c0"))
    pages = [pdfs.picture(with_photos, n, 1) for n in range(len(pdfs.texts(with_photos)))]
    red = max(pdfs.share_of(page, RED) for page in pages)
    blue = max(pdfs.share_of(page, BLUE) for page in pages)
    # Three quarters of an 86 × 64 mm picture on an A4 page.
    assert (0.04 < red < 0.09, 0.04 < blue < 0.09) == (True, True)
    without = printed(world, world.crane, world.li)
    assert [
        pdfs.share_of(pdfs.picture(without, n, 1), RED) for n in range(len(pdfs.texts(without)))
    ] == [0.0] * len(pdfs.texts(without))


def test_the_signature_is_drawn_beside_the_name(plain: bytes) -> None:
    page = next(n for n, text in enumerate(pdfs.texts(plain)) if "签名时间" in text)
    drawn = pdfs.picture(plain, page, 4)
    left, bottom, _, top = pdfs.where(plain, "签名时间", page)
    height = drawn.height
    # The box left of the words, as wide as the signature (48 mm = 136 pt).
    area = drawn.crop(
        (
            int((left - 150) * 4),
            int(height - (top + 22) * 4),
            int((left - 20) * 4),
            int(height - (bottom - 22) * 4),
        )
    )
    assert 0.01 < pdfs.ink(area) < 0.3


def test_a_photographed_signature_is_printed(world: World) -> None:
    actor = world.actor(world.li)
    photo = photos.store_photo(
        pictures.upload(pictures.jpeg(600, 240, "#2060c0")), unit_id=world.jia.pk,
        client_uuid="11111111-1111-4111-8111-111111111111", purpose=signatures.PURPOSE,
        actor=actor, now=NOW,
    )  # fmt: skip
    signature = signatures.store_signature(photo=photo, actor=actor, now=NOW)
    content = printed(world, signature=signature)
    shares = [
        pdfs.share_of(pdfs.picture(content, n, 1), BLUE) for n in range(len(pdfs.texts(content)))
    ]
    assert max(shares) > 0.003


def test_the_boxes_are_drawn(plain: bytes) -> None:
    """The ticked box holds more ink than the empty one."""
    drawn, scale = pdfs.picture(plain, 0, 8), 8

    def before(words: str) -> float:
        left, bottom, _, top = pdfs.where(plain, words)
        height = drawn.height
        box = (
            (left - 12.5) * scale,
            height - top * scale,
            (left - 1.5) * scale,
            height - bottom * scale,
        )
        return pdfs.ink(drawn.crop(tuple(round(edge) for edge in box)))

    in_use, stopped = before("在用"), before("停用")
    assert 0.05 < stopped < in_use - 0.05


# ------------------------------------------------------------------ pages
def long_list(count: int, words: str = "检查项目文字说明") -> ChecklistVersion:
    items = [
        {
            "key": f"LONG-{n}", "number": n, "risk_category": "设备类", "item": f"第{n}条{words * 6}",
            "hazard": "隐患" * 20, "measure": "措施" * 20, "is_severe": False, "source": "fixed",
        }
        for n in range(1, count + 1)
    ]  # fmt: skip
    return ChecklistVersion.objects.create(
        content_hash=f"{count:064d}", unit_kind="using", category="lift", cadence="daily",
        items=items, item_count=count, created_at=NOW,
    )  # fmt: skip


def test_a_long_list_breaks_over_pages_with_head_number_and_page_count(world: World) -> None:
    content = printed(world, version=long_list(60), said={40: made.fixed(pictures=3)})
    number = IssuedDocument.objects.get().number
    pages = ["".join(page.split()) for page in pdfs.texts(content)]
    assert len(pages) >= 5
    for n, page in enumerate(pages, 1):
        assert f"第{n}页/共{len(pages)}页" in page
        assert f"文书编号：{number}" in page
    listing = [page for page in pages if "措施措施" in page]
    assert [("检查项目（风险点）" in page) for page in listing] == [True] * len(listing)
    # No item is torn apart: number and whole text stand on one page.
    whole = [
        sum(f"第{n}条{'检查项目文字说明' * 6}" in page for page in listing) for n in range(1, 61)
    ]
    assert whole == [1] * 60


def test_long_words_stay_inside_their_cells(world: World) -> None:
    word = "ABCDEFGHIJ" * 45
    content = printed(
        world, said={2: {"result": "pass", "note": word}},
        facts={"place": "Q" * 160, "equipment_name": "超长设备名称" * 13},
    )  # fmt: skip
    assert word in pdfs.text(content)
    for n in range(len(pdfs.texts(content))):
        drawn = pdfs.picture(content, n, 1)
        # Nothing runs into the margins (13 mm = 37 pt) at either side.
        margins = (
            drawn.crop((0, 0, 34, drawn.height)),
            drawn.crop((drawn.width - 34, 0, drawn.width, drawn.height)),
        )
        assert [pdfs.ink(margin) for margin in margins] == [0.0, 0.0]


def test_marks_stand_on_the_printed_form(world: World) -> None:
    content = printed(
        world, day=date(2026, 11, 15), state="backfilled", timing="backfilled",
        backfill_reason="手机故障", round_status="stopped", stop_reason="停电",
        received_at=at(date(2026, 11, 18), 9),
    )  # fmt: skip
    found = pdfs.text(content)
    assert (
        "补录应检日期2026年11月15日，逾期未检，2026年11月18日09:00补录。补录原因：手机故障" in found
    )
    assert "停用设备停用，未逐项检查。停用原因：停电" in found


def test_an_april_record_printed_in_november_cites_the_rule_of_april(world: World) -> None:
    found = pdfs.text(printed(world, day=date(2026, 4, 15)))
    assert ("TSG08—2017" in found, "TSG08—2026" in found) == (True, False)


# ------------------------------------------------------------------ what fails fails aloud
def refusal(name: str, stored_files: tuple = (), **context: object) -> RuleBroken:
    with pytest.raises(RuleBroken) as broken:
        pdf.render(name, context, stored_files=stored_files)
    assert broken.value.code == "pdf_failed"
    return broken.value


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/x.png",
        "https://example.com/x.png",
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "data:image/png;base64,iVBORw0KGgo=",
        "shouze://static/../manage.py",
        "shouze://static/no-such.svg",
        "shouze://file/00000000-0000-4000-8000-000000000000",
    ],
)
def test_nothing_is_fetched_but_our_own(template: object, db: None, url: str) -> None:
    refusal(template(f'<p>字</p><img src="{url}">'))


@pytest.mark.parametrize(
    "tag",
    [
        '<link rel="stylesheet" href="http://127.0.0.1:9/x.css">',
        "<style>@import 'http://x/y.css';</style>",
    ],
)
def test_style_from_elsewhere_is_refused(template: object, db: None, tag: str) -> None:
    refusal(template(f"{tag}<p>字</p>"))


def test_another_documents_file_is_not_shown(template: object, world: World) -> None:
    stored = records.stored_file(world.jia.pk, "signature", pictures.jpeg(20, 20))
    refusal(template(f'<img src="shouze://file/{stored.pk}">'))


def test_a_named_file_is_shown(template: object, world: World) -> None:
    stored = records.stored_file(world.jia.pk, "signature", pictures.jpeg(200, 200, "#2060c0"))
    content = pdf.render(
        template(f'<img alt="图" src="shouze://file/{stored.pk}">'), {}, stored_files=[stored]
    )
    assert pdfs.share_of(pdfs.picture(content, 0, 1), BLUE) > 0.02


@pytest.mark.parametrize("damage", ["missing", "changed", "no picture"])
def test_a_damaged_photo_fails_the_document_in_words(
    world: World, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    inspection = made.signed(world.lift, world.li, said={2: made.fixed()})
    copy = inspection.photos.get().photo.copy
    path = Path(default_storage.path(copy.storage_name))
    if damage == "missing":
        path.unlink()
    elif damage == "changed":
        path.write_bytes(path.read_bytes() + b"x")
    else:
        path.write_bytes(b"\xff\xd8\xff no picture")
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(
                "UPDATE units_storedfile SET sha256 = %s WHERE id = %s",
                [files.digest(path.read_bytes()), copy.pk],
            )
            cursor.execute("SET LOCAL session_replication_role = origin")
    with pytest.raises(RuleBroken) as broken, caplog.at_level(logging.ERROR):
        issue_daily_check(inspection, actor=world.actor(world.li), now=NOW)
    assert broken.value.message == (
        "表单中的照片、签名或字体无法读取，PDF 没有生成，请联系平台管理员。"
    )
    assert "document not rendered" in caplog.text
    assert IssuedDocument.objects.count() == 0


def test_a_torn_photo_is_not_printed_half(template: object, world: World) -> None:
    noise = pictures.encoded(Image.effect_noise((400, 300), 80).convert("RGB"))
    stored = records.stored_file(world.jia.pk, "signature", noise[: len(noise) // 2])
    name = template(f'<img alt="图" src="shouze://file/{stored.pk}">')
    refusal(name, (stored,))
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


def test_missing_system_libraries_are_named_in_one_sentence(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def broken_import(name: str, *args: object, **kwargs: object) -> object:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *args, **kwargs)

    pdf._engine.cache_clear()
    monkeypatch.setattr(builtins, "__import__", broken_import)
    monkeypatch.setattr(
        pdf, "missing_pdf_packages", lambda: ["libpango-1.0-0", "libharfbuzz-subset0"]
    )
    inspection = made.signed(world.lift, world.li)
    with pytest.raises(RuleBroken) as broken:
        issue_daily_check(inspection, actor=world.actor(world.li), now=NOW)
    assert (broken.value.code, broken.value.status, broken.value.message) == (
        "pdf_unavailable",
        503,
        "本服务器缺少生成 PDF 的系统软件包，请管理员执行："
        "apt-get install libpango-1.0-0 libharfbuzz-subset0",
    )
    assert IssuedDocument.objects.count() == 0


def test_nothing_loads_weasyprint_before_a_pdf_is_wanted() -> None:
    """In a fresh process: the whole product without the library."""
    code = (
        "import sys, django; django.setup(); from django.urls import get_resolver; "
        "get_resolver().url_patterns; import config.celery; "
        "assert 'weasyprint' not in sys.modules, 'loaded'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr[-500:]) == (0, "")


# ------------------------------------------------------------------ spelling
@pytest.mark.parametrize(
    ("text", "expected", "unknown"),
    [
        ("电梯 lift\n①〇䶮", "电梯 lift\n①〇䶮", ()),
        ("👍", "〔U+1F44D〕", ("👍",)),
        ("a\u200bb\ufeffc\u202ed", "abcd", ()),
        ("❤\ufe0f", "〔U+2764〕", ("❤",)),
        ("葛\U000e0100", "葛", ()),
        ("\x07", "〔U+0007〕", ("\x07",)),
    ],
)
def test_spelling(text: str, expected: str, unknown: tuple[str, ...]) -> None:
    assert pdf.spell_unknown(text) == (expected, unknown)
