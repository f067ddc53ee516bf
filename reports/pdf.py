"""The one renderer of documents: HTML of ours to PDF, without network and without silent loss.

WeasyPrint and its system libraries load on first use, so that nothing but PDFs depends on them.
Everything a document shows comes from this machine: our static files and the stored files the
document names. Whatever cannot be fetched, decoded or drawn fails the document, in words.
"""

from __future__ import annotations

import atexit
import functools
import logging
import threading
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from PIL import ImageFile

from config.embedded.packages import PDF_LIBRARIES, missing_pdf_packages
from config.errors import RuleBroken
from units import files
from units.models import StoredFile

logger = logging.getLogger(__name__)

STATIC = "shouze://static/"
FILE = "shouze://file/"
FONTS = ("fonts/NotoSansSC-Regular.ttf", "fonts/NotoSansSC-Bold.ttf")
STYLE = "css/pdf.css"

# WeasyPrint's font configuration is not made for threads.
_one_at_a_time = threading.Lock()


class NotDrawn(RuntimeError):
    """Something the document shows could not be fetched, decoded or drawn."""


def render(template: str, context: dict[str, Any], *, stored_files: Iterable[StoredFile]) -> bytes:
    """Render a template to PDF bytes.

    In: a template that refers to files as `shouze://static/<path>` and `shouze://file/<id>`, and
    the stored files it may show. Characters our font lacks are spelled 〔U+1F44D〕 and the template
    gets `unknown_characters` to say so.
    RuleBroken: pdf_unavailable (system libraries missing), pdf_failed (a picture is damaged …).
    """
    with _one_at_a_time:
        engine = _engine()
    html, unknown = spell_unknown(render_to_string(template, {**context, "unknown_characters": ()}))
    if unknown:
        context = {**context, "unknown_characters": unknown}
        html, _ = spell_unknown(render_to_string(template, context))
    allowed = {str(stored.pk): stored for stored in stored_files}
    try:
        with _one_at_a_time:
            return engine.draw(html, allowed)
    except NotDrawn as failure:
        logger.error("document not rendered: %s", failure)
        raise RuleBroken(
            "pdf_failed", "表单中的照片、签名或字体无法读取，PDF 没有生成，请联系平台管理员。"
        ) from failure


def spell_unknown(text: str) -> tuple[str, tuple[str, ...]]:
    """Spell characters outside our font as 〔U+…〕; invisible and direction marks are dropped.

    Returns the text and the characters that were spelled. No font is asked for help: what the
    machine happens to have installed must not change a document.
    """
    drawable = _drawable()
    table: dict[int, str] = {}
    unknown = []
    for character in sorted(set(text)):
        if unicodedata.category(character) == "Cf" or _selects_variant(character):
            table[ord(character)] = ""
        elif not character.isspace() and ord(character) not in drawable:
            table[ord(character)] = f"〔U+{ord(character):04X}〕"
            unknown.append(character)
    return text.translate(table), tuple(unknown)


def _selects_variant(character: str) -> bool:
    return 0xFE00 <= ord(character) <= 0xFE0F or 0xE0100 <= ord(character) <= 0xE01EF


@functools.cache
def _drawable() -> frozenset[int]:
    """The code points both weights of our font can draw."""
    from fontTools.ttLib import TTFont

    maps = []
    for name in FONTS:
        with TTFont(_static_path(name), lazy=True) as font:
            maps.append(frozenset(font.getBestCmap()))
    return frozenset.intersection(*maps)


def _static_path(name: str) -> Path:
    found = finders.find(name)
    if found is None:
        raise NotDrawn(f"static file {name} is missing")
    return Path(found)


@functools.cache
def _engine() -> Any:
    """WeasyPrint with one font configuration and style sheet per process."""
    try:
        import weasyprint
    except OSError as error:
        names = " ".join(missing_pdf_packages() or PDF_LIBRARIES)
        logger.error("WeasyPrint cannot load its libraries: %s", error)
        raise RuleBroken(
            "pdf_unavailable",
            f"本服务器缺少生成 PDF 的系统软件包，请管理员执行：apt-get install {names}",
            status=503,
        ) from error
    for chatty in ("weasyprint.progress", "fontTools"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # Let go while Python still stands: the font configuration then removes its copies of the fonts.
    atexit.register(_engine.cache_clear)
    # WeasyPrint makes Pillow accept torn pictures in the whole process; here they fail aloud.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    return _Engine(weasyprint)


class _Engine:
    """What is kept between documents; used under the lock."""

    def __init__(self, weasyprint: Any):
        from weasyprint.text.fonts import FontConfiguration

        self.html = weasyprint.HTML
        self.fonts = FontConfiguration()
        self.fetcher = _fetcher_class()
        self.style = weasyprint.CSS(
            url=STATIC + STYLE, url_fetcher=self.fetcher({}), font_config=self.fonts
        )

    def draw(self, html: str, allowed: dict[str, StoredFile]) -> bytes:
        from weasyprint.urls import FatalURLFetchingError

        complaints = _Complaints()
        log = logging.getLogger("weasyprint")
        log.addHandler(complaints)
        try:
            content = self.html(string=html, url_fetcher=self.fetcher(allowed)).write_pdf(
                stylesheets=[self.style],
                font_config=self.fonts,
                optimize_images=True,
                jpeg_quality=80,
                dpi=200,
                pdf_tags=True,
                custom_metadata=True,
            )
        except FatalURLFetchingError as failure:
            raise NotDrawn(str(failure)) from failure
        finally:
            log.removeHandler(complaints)
        if complaints.heard:
            raise NotDrawn("; ".join(complaints.heard))
        return content


class _Complaints(logging.Handler):
    """Collects what WeasyPrint only logs: a picture or a font that it left out."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())


@functools.cache
def _fetcher_class() -> Any:
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class OurFilesOnly(URLFetcher):
        """Reads static files and the named stored files; there is no other way out."""

        def __init__(self, allowed: dict[str, StoredFile]):
            super().__init__(allowed_protocols=(), allow_redirects=False, fail_on_errors=True)
            self.allowed = allowed

        def fetch(self, url: str, headers: Any = None) -> Any:
            try:
                content, content_type = self._read(url)
            except (OSError, NotDrawn, files.FileDamaged) as failure:
                raise FatalURLFetchingError(f"{url}: {failure}") from failure
            return URLFetcherResponse(url, content, {"Content-Type": content_type})

        def _read(self, url: str) -> tuple[bytes, str]:
            if url.startswith(STATIC):
                path = _static_path(url.removeprefix(STATIC))
                return path.read_bytes(), _STATIC_TYPES.get(path.suffix, files.UNKNOWN)
            stored = self.allowed.get(url.removeprefix(FILE)) if url.startswith(FILE) else None
            if stored is None:
                raise NotDrawn("not a file of this document")
            return files.read_bytes(stored), stored.content_type

    return OurFilesOnly


_STATIC_TYPES = {".css": "text/css", ".ttf": "font/ttf", ".svg": "image/svg+xml"}
