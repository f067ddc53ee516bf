"""Pure rules of a cylinder's photographs: how many, of what kind (F81, C 三.4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from cylinders.enums import Origin, PhotoKind

LEAST, MOST = 2, 4

# What a photograph of a new or an existing cylinder may show. An existing one was registered once
# already: papers of that registration stand for the certificate of its manufacture.
KINDS: dict[str, tuple[PhotoKind, ...]] = {
    Origin.NEW: (PhotoKind.STAMP, PhotoKind.CERTIFICATE),
    Origin.EXISTING: (PhotoKind.STAMP, PhotoKind.CERTIFICATE, PhotoKind.REGISTER),
}
# Of each of these one at least.
NEEDED: dict[str, tuple[PhotoKind, ...]] = {
    Origin.NEW: (PhotoKind.STAMP, PhotoKind.CERTIFICATE),
    Origin.EXISTING: (PhotoKind.STAMP,),
}
SHORT = {
    PhotoKind.STAMP: "钢印",
    PhotoKind.CERTIFICATE: "监检证书",
    PhotoKind.REGISTER: "原登记资料",
}


def enough(kinds: Iterable[str], origin: str) -> str | None:
    """What is still missing as one sentence, or None when the photographs will do.

    In: the kinds of a cylinder's photographs (one each) and the origin of its batch.
    """
    found = Counter(kinds)
    number = sum(found.values())
    missing = [one for one in NEEDED[origin] if not found[one]]
    if not number:
        words = "、".join(f"{SHORT[one]}至少 1 张" for one in NEEDED[origin])
        return f"还没有照片，需要 {LEAST}–{MOST} 张，其中{words}。"
    if missing:
        return f"还缺{'、'.join(SHORT[one] for one in missing)}照片。"
    if number < LEAST:
        return f"还缺 {LEAST - number} 张照片，每只气瓶需要 {LEAST}–{MOST} 张。"
    if number > MOST:
        return f"照片有 {number} 张，每只气瓶最多 {MOST} 张，请删除多余的。"
    return None
