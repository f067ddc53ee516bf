"""Which cylinder and what a photograph shows, told by the name of its file (F81). Pure.

A product number counts only as a whole: it may stand between signs or Chinese characters, never
inside a longer number. What could be two cylinders is nobody's; a person decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from cylinders.enums import PhotoKind
from cylinders.words import plain

_HAN = "\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_PIECE = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
_INDEX = re.compile(r"0?[1-9]")
# A camera counts its own pictures: IMG_0018 says nothing about cylinder 0018.
_CAMERAS = frozenset(
    {"IMG", "DSC", "DSCN", "DSCF", "DCIM", "PXL", "MVIMG", "VID", "WX", "MMEXPORT", "SCREENSHOT"}
    | {"PHOTO", "PIC", "微信图片", "图片", "照片"}
)
_WORDS: tuple[tuple[PhotoKind, tuple[str, ...]], ...] = (
    (PhotoKind.STAMP, ("钢印", "镂空", "产品编码")),
    (PhotoKind.CERTIFICATE, ("监检", "监督检验")),
    (PhotoKind.REGISTER, ("登记", "检验报告", "报告")),
    (PhotoKind.CERTIFICATE, ("证书", "合格证")),
)
_LETTERS = {
    **dict.fromkeys(("GY", "GANGYIN", "STAMP"), PhotoKind.STAMP),
    **dict.fromkeys(("JJ", "JIANJIAN", "ZS", "JJZS", "CERT", "CERTIFICATE"), PhotoKind.CERTIFICATE),
    **dict.fromkeys(("DJ", "BG", "REG", "REPORT"), PhotoKind.REGISTER),
}
_ENDS = sorted(_LETTERS, key=len, reverse=True)
_SHOWN = 6


class Named(Protocol):
    """What is read of a cylinder."""

    number: int
    product_no: str
    manufacturer: str
    made_on: date


@dataclass(frozen=True)
class Match:
    """The cylinder and the kind if both are clear, else why not. `item` alone may be clear."""

    item: Named | None
    kind: str
    reason: str = ""

    @property
    def is_clear(self) -> bool:
        return self.item is not None and bool(self.kind)


@dataclass(frozen=True)
class _Run:
    """Neighbouring pieces of a name that are a product number; `after` stand behind it."""

    key: str
    items: Sequence[Named]
    rest: tuple[str, ...]
    after: tuple[str, ...]


class Matcher:
    """Finds the cylinders of one batch by names of files; made once, asked for each name."""

    def __init__(self, items: Iterable[Named], kinds: Sequence[str]):
        """In: the cylinders, and the kinds that a photograph of theirs may show."""
        self.items = list(items)
        self.kinds = [str(one) for one in kinds]
        self._index: dict[str, list[Named]] = {}
        for item in self.items:
            key = "".join(_pieces(item.product_no))
            if key:
                self._index.setdefault(key, []).append(item)
        self._longest = max((len(_pieces(one.product_no)) for one in self.items), default=0) + 6

    def match(self, name: str, default_kind: str = "") -> Match:
        """The match of one path (`folder/0018-钢印.jpg`); `default_kind` where no kind is said."""
        parts = [part for part in name.replace("\\", "/").split("/") if part.strip()]
        if not parts:
            return Match(None, "", "文件没有名称")
        parts[-1] = re.sub(r"\.\w{1,5}$", "", parts[-1])
        levels = [_pieces(part) for part in reversed(parts)]
        is_camera = bool(levels[0]) and levels[0][0] in _CAMERAS
        found, said = self._number(levels, is_camera)
        if not found:
            reason = "文件名是相机编号，没有产品编号" if is_camera else ""
            return Match(None, "", said or reason or "文件名中没有本批次任何气瓶的产品编号")
        kind = self._kind(levels, found) or (default_kind if default_kind in self.kinds else "")
        item = self._one_of(found.items, levels)
        if item is None:
            return Match(None, kind, _several(found.items))
        if not kind:
            words = "钢印、监检证书还是原登记资料" if len(self.kinds) > 2 else "钢印还是监检证书"
            return Match(item, "", f"文件名没有写明是{words}")
        return Match(item, kind)

    def find(self, text: str) -> tuple[Named | None, str]:
        """The cylinder a person typed: a product number, or 序号; else why not in words."""
        typed = "".join(_pieces(text))
        if not typed:
            return None, "请填写产品编号或序号"
        found = self._index.get(typed, [])
        if len(found) == 1:
            return found[0], ""
        if found:
            return None, f"{_several(found)}，请改填序号"
        digits = re.fullmatch(r"(?:序号|NO)?([0-9]{1,6})", typed)
        if digits:
            wanted = int(digits[1])
            by_number = next((one for one in self.items if one.number == wanted), None)
            if by_number is not None:
                return by_number, ""
        return None, "本批次没有这个产品编号或序号的气瓶"

    def _number(self, levels: list[list[str]], is_camera: bool) -> tuple[_Run | None, str]:
        """The longest product number of the file's own name, else of the folders around it."""
        lone = None
        for depth, pieces in enumerate(levels):
            if depth == 0 and is_camera:
                continue
            runs = self._runs(pieces)
            if depth == 0 and len(pieces) == 1 and _INDEX.fullmatch(pieces[0]):
                lone, runs = runs, []  # 0018/1.jpg
            if runs:
                return _best(runs)
        return _best(lone) if lone else (None, "")

    def _runs(self, pieces: list[str]) -> list[_Run]:
        exact, loose = [], []
        for start in range(len(pieces)):
            for end in range(start + 1, min(len(pieces), start + self._longest) + 1):
                if start and end == len(pieces) == start + 1 and _INDEX.fullmatch(pieces[start]):
                    continue  # the 1 of 0018-1
                key = "".join(pieces[start:end])
                items = self._index.get(key)
                if items is None:
                    items, key, cut = self._without_ending(pieces[start:end])
                    if items is None:
                        continue
                    after = (cut, *pieces[end:])
                else:
                    after = tuple(pieces[end:])
                run = _Run(key, items, (*pieces[:start], *after), after)
                fit = _fit(pieces[start:end], items)
                if fit is not None:
                    (exact if fit else loose).append(run)
        return exact or loose

    def _without_ending(self, pieces: list[str]) -> tuple[list[Named] | None, str, str]:
        """0018GY is 0018 with its kind."""
        last = pieces[-1]
        for end in _ENDS:
            if last.endswith(end) and len(last) > len(end):
                key = "".join(pieces)[: -len(end)]
                if key in self._index:
                    return self._index[key], key, end
        return None, "", ""

    def _one_of(self, items: Sequence[Named], levels: list[list[str]]) -> Named | None:
        """The one cylinder; of several with the same number the one whose manufacturer or month of
        manufacture the path names."""
        left = list(items)
        pieces = [piece for level in levels for piece in level]
        if len(left) > 1:
            makers = {one.manufacturer: plain(one.manufacturer) for one in left}
            hints = [one for one in pieces if len(one) > 1 and not one.isdecimal()]
            named = [
                one
                for one in left
                if any(h in makers[one.manufacturer] for h in hints if not _is_common(h, makers))
            ]
            left = named or left
        if len(left) > 1:
            pairs = {a + b for a, b in zip(pieces, pieces[1:], strict=False)} | set(pieces)
            left = [one for one in left if f"{one.made_on:%Y%m}" in pairs] or left
        return left[0] if len(left) == 1 else None

    def _kind(self, levels: list[list[str]], found: _Run) -> str:
        """What the rest of the name says, then the folders, then the number behind it (-1, -2)."""
        own = next((i for i, level in enumerate(levels) if found.key in "".join(level)), 0)
        for depth, level in enumerate(levels):
            kind = _said(found.rest if depth == own else level)
            if kind:
                return kind if kind in self.kinds else ""
        after = found.after if own == 0 else tuple(levels[0])
        if after and _INDEX.fullmatch(after[-1]):
            first, others = PhotoKind.STAMP, PhotoKind.CERTIFICATE
            if PhotoKind.REGISTER in self.kinds:
                return (first if int(after[-1]) == 1 else PhotoKind.REGISTER).value
            return {1: first.value, 2: others.value}.get(int(after[-1]), "")
        return ""


def match(
    names: Iterable[str], items: Iterable[Named], kinds: Sequence[str], default_kind: str = ""
) -> dict[str, Match]:
    """The match of every name; see Matcher."""
    matcher = Matcher(items, kinds)
    return {name: matcher.match(name, default_kind) for name in names}


def _pieces(text: str) -> list[str]:
    return _PIECE.findall(unicodedata.normalize("NFKC", text).upper())


def _fit(pieces: Sequence[str], items: Sequence[Named]) -> bool | None:
    """True if the name breaks the number only where the number itself does, False if it breaks it
    elsewhere too, None if what it breaks off is the count of a picture (0018-1 is not 00181)."""
    own = _breaks(_pieces(items[0].product_no))
    extra = _breaks(pieces) - own
    if not extra:
        return True
    if _INDEX.fullmatch(pieces[-1]) and len("".join(pieces[:-1])) in extra:
        return None
    return False


def _breaks(pieces: Sequence[str]) -> set[int]:
    at, found = 0, set()
    for piece in pieces[:-1]:
        at += len(piece)
        found.add(at)
    return found


def _best(runs: list[_Run]) -> tuple[_Run | None, str]:
    longest = max(len(run.key) for run in runs)
    best = {run.key: run for run in runs if len(run.key) == longest}
    if len(best) == 1:
        return next(iter(best.values())), ""
    numbers = "、".join(run.items[0].product_no for run in best.values())
    return None, f"文件名中有 {len(best)} 个产品编号（{numbers}）"


def _several(items: Sequence[Named]) -> str:
    shown = "、".join(str(one.number) for one in items[:_SHOWN])
    more = " 等" if len(items) > _SHOWN else ""
    return f"有 {len(items)} 只气瓶的产品编号都是 {items[0].product_no}（序号 {shown}{more}）"


def _is_common(hint: str, makers: dict[str, str]) -> bool:
    """A word that every manufacturer's name holds tells nothing."""
    return all(hint in name for name in makers.values())


def _said(pieces: Sequence[str]) -> str:
    """The kind that words say; "" when none or when 钢印 and 证书 are both named."""
    text = " ".join(pieces)
    found = [kind for kind, words in _WORDS if any(word in text for word in words)]
    found += [_LETTERS[piece] for piece in pieces if piece in _LETTERS]
    if not found or (PhotoKind.STAMP in found and len(set(found)) > 1):
        return ""
    return found[0].value
