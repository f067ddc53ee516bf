"""Looking at PDFs: their text, their fonts, their pixels."""

from __future__ import annotations

import functools
import io
import re
from collections.abc import Iterable
from typing import Any

import pypdf
import pypdfium2
from fontTools.ttLib import TTFont
from PIL import Image

from reports.models import IssuedDocument
from units import files


def content(document: IssuedDocument) -> bytes:
    return files.read_bytes(document.file)


@functools.lru_cache(maxsize=4)
def texts(pdf: bytes) -> list[str]:
    """The text of each page as a reader extracts it."""
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def text(pdf: bytes) -> str:
    """The text of all pages without blanks and line breaks: a cell may break anywhere."""
    return re.sub(r"\s+", "", "".join(texts(pdf)))


def fonts(pdf: bytes) -> dict[str, bool]:
    """Every font the pages name, without its subset prefix -> whether its outlines are embedded."""
    found: dict[str, bool] = {}
    for page in pypdf.PdfReader(io.BytesIO(pdf)).pages:
        for reference in page["/Resources"].get("/Font", {}).values():
            font = reference.get_object()
            inner: Any = font
            if "/DescendantFonts" in font:
                inner = font["/DescendantFonts"][0].get_object()
            descriptor = inner["/FontDescriptor"].get_object()
            name = re.sub(r"^[A-Z]{6}\+", "", str(font["/BaseFont"]).lstrip("/"))
            found[name] = bool({"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor))
    return found


def outlines(pdf: bytes, font_name: str) -> dict[int, object]:
    """The outlines in an embedded font by glyph id (the subset keeps the ids of the whole font)."""
    for page in pypdf.PdfReader(io.BytesIO(pdf)).pages:
        for reference in page["/Resources"].get("/Font", {}).values():
            font = reference.get_object()
            if str(font["/BaseFont"]).endswith(font_name):
                descriptor = (
                    font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
                )
                program = TTFont(io.BytesIO(descriptor["/FontFile2"].get_object().get_data()))
                return shapes(program)
    raise AssertionError(f"{font_name} is not in the file")


def shapes(font: TTFont, numbers: Iterable[int] | None = None) -> dict[int, object]:
    """The outlines of glyphs that have one, by glyph id; all of them unless some are named."""
    table, order = font["glyf"], font.getGlyphOrder()
    names = {n: order[n] for n in (range(len(order)) if numbers is None else numbers)}
    return {
        number: list(table[name].getCoordinates(table)[0])
        for number, name in names.items()
        if table[name].numberOfContours > 0
    }


@functools.lru_cache(maxsize=4)
def picture(pdf: bytes, page: int = 0, scale: float = 2) -> Image.Image:
    return pypdfium2.PdfDocument(pdf)[page].render(scale=scale).to_pil().convert("RGB")


def where(pdf: bytes, wanted: str, page: int = 0) -> tuple[float, float, float, float]:
    """The box of the first place a text stands on a page: left, bottom, right, top in points."""
    text_page = pypdfium2.PdfDocument(pdf)[page].get_textpage()
    start = text_page.get_text_range().index(wanted)
    boxes = [text_page.get_charbox(index) for index in range(start, start + len(wanted))]
    return (
        min(box[0] for box in boxes), min(box[1] for box in boxes),
        max(box[2] for box in boxes), max(box[3] for box in boxes),
    )  # fmt: skip


def glyph(pdf: bytes, character: str, page: int = 0, scale: float = 6) -> Image.Image:
    """How one character is drawn, in grey."""
    drawn = picture(pdf, page, scale)
    height = pypdfium2.PdfDocument(pdf)[page].get_height()
    left, bottom, right, top = where(pdf, character, page)
    box = (left * scale, (height - top) * scale, right * scale, (height - bottom) * scale)
    return drawn.crop(tuple(round(edge) for edge in box)).convert("L").resize((48, 48))


def ink(image: Image.Image) -> float:
    """The share of dark pixels."""
    pixels = image.convert("L").get_flattened_data()
    return sum(value < 128 for value in pixels) / len(pixels)


def difference(one: Image.Image, other: Image.Image) -> float:
    """The share of pixels in which two pictures of one size differ clearly."""
    pairs = zip(one.get_flattened_data(), other.get_flattened_data(), strict=True)
    return sum(abs(a - b) > 96 for a, b in pairs) / (one.width * one.height)


def share_of(image: Image.Image, colour: tuple[int, int, int], near: int = 24) -> float:
    """The share of pixels of about one colour."""
    red, green, blue = colour
    close = sum(
        count
        for count, (r, g, b) in image.getcolors(maxcolors=image.width * image.height)
        if abs(r - red) <= near and abs(g - green) <= near and abs(b - blue) <= near
    )
    return close / (image.width * image.height)
