"""Names of files -> cylinder and kind of photograph (F81)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from cylinders.enums import Origin
from cylinders.photo_names import Matcher
from cylinders.photo_rules import KINDS, enough


@dataclass(frozen=True)
class Bottle:
    number: int
    product_no: str
    manufacturer: str = "重庆某钢瓶制造有限公司"
    made_on: date = date(2024, 5, 1)


BATCH = [
    Bottle(1, "LB-2024-0018"),
    Bottle(2, "0019"),
    Bottle(3, "00191"),
    Bottle(4, "gy-077"),
    Bottle(5, "渝A0020"),
    Bottle(6, "555", "山东民生机械有限公司"),
    Bottle(7, "555", "江苏民诚机械有限公司"),
    Bottle(8, "666", made_on=date(2023, 1, 1)),
    Bottle(9, "666", made_on=date(2023, 2, 1)),
    Bottle(10, "20231"),
    Bottle(11, "7"),
    Bottle(12, "LB-2024"),
]
NO_NUMBER = "文件名中没有本批次任何气瓶的产品编号"
NO_KIND = "文件名没有写明是钢印还是监检证书"

NAMES = [
    # (name, 序号, kind)
    ("LB-2024-0018_钢印.jpg", 1, "stamp"),
    ("lb20240018监检证书.HEIC", 1, "certificate"),
    ("ＬＢ－２０２４－００１８ 镂空码.jpeg", 1, "stamp"),
    ("LB_2024_0018-2.jpg", 1, "certificate"),
    ("LB-2024-1.jpg", 12, "stamp"),
    ("0019-1.jpg", 2, "stamp"),
    ("0019 (2).jpg", 2, "certificate"),
    ("00191-1.jpg", 3, "stamp"),
    ("0019gy.jpg", 2, "stamp"),
    ("0019_CERT.png", 2, "certificate"),
    ("GY-077-jj.jpg", 4, "certificate"),
    ("渝A0020钢印.webp", 5, "stamp"),
    ("钢印/0019.jpg", 2, "stamp"),
    ("监检证书\\第一批\\0019.jpg", 2, "certificate"),
    ("0019/钢印.jpg", 2, "stamp"),
    ("0019/IMG_20231.jpg", 2, ""),
    ("0019/1.jpg", 2, "stamp"),
    ("7/2.jpg", 11, "certificate"),
    ("7-钢印.jpg", 11, "stamp"),
    ("山东民生/555-钢印.jpg", 6, "stamp"),
    ("江苏民诚_555_监检.jpg", 7, "certificate"),
    ("666-202302-钢印.jpg", 9, "stamp"),
    ("2023 1 钢印.jpg", None, ""),
    ("100191-钢印.jpg", None, ""),
    ("0019-LB-2024-0018-钢印.jpg", 1, "stamp"),
]


@pytest.mark.parametrize(("name", "number", "kind"), NAMES)
def test_a_name_tells_the_cylinder_and_the_kind(name: str, number: int | None, kind: str) -> None:
    found = Matcher(BATCH, KINDS[Origin.NEW]).match(name)
    assert (found.item.number if found.item else None, found.kind) == (number, kind)
    assert bool(found.reason) == (not found.is_clear)


REASONS = [
    ("IMG_0019.jpg", "文件名是相机编号，没有产品编号"),
    ("风景.jpg", NO_NUMBER),
    ("0019.jpg", NO_KIND),
    ("0019-钢印和监检证书.jpg", NO_KIND),
    ("0019-登记证.jpg", NO_KIND),
    ("0019-3.jpg", NO_KIND),
    ("555-钢印.jpg", "有 2 只气瓶的产品编号都是 555（序号 6、7）"),
    ("机械/555-钢印.jpg", "有 2 只气瓶的产品编号都是 555（序号 6、7）"),
    ("00191与20231钢印.jpg", "文件名中有 2 个产品编号（00191、20231）"),
    (".jpg", NO_NUMBER),
    ("", "文件没有名称"),
    ("<script>alert(1)</script>😀\x00.jpg", NO_NUMBER),
]


@pytest.mark.parametrize(("name", "reason"), REASONS)
def test_what_is_not_clear_says_why(name: str, reason: str) -> None:
    assert Matcher(BATCH, KINDS[Origin.NEW]).match(name).reason == reason


def test_existing_cylinders_may_show_their_old_papers() -> None:
    matcher = Matcher(BATCH, KINDS[Origin.EXISTING])
    said = {
        name: matcher.match(name).kind for name in ("0019-登记证.jpg", "0019-2.jpg", "0019-1.jpg")
    }
    assert list(said.values()) == ["register", "register", "stamp"]
    assert matcher.match("0019.jpg", "stamp").kind == "stamp"


def test_what_a_person_types_is_a_number_or_an_ordinal() -> None:
    find = Matcher(BATCH, KINDS[Origin.NEW]).find
    assert find("lb 2024 0018")[0].number == 1
    assert find("序号8")[0].number == 8
    assert find("7")[0].number == 11  # a product number comes first
    assert find("555") == (None, "有 2 只气瓶的产品编号都是 555（序号 6、7），请改填序号")
    assert find("99") == (None, "本批次没有这个产品编号或序号的气瓶")
    assert find(" ") == (None, "请填写产品编号或序号")


@pytest.mark.parametrize(
    ("origin", "kinds", "missing"),
    [
        ("new", [], "还没有照片，需要 2–4 张，其中钢印至少 1 张、监检证书至少 1 张。"),
        ("new", ["stamp"], "还缺监检证书照片。"),
        ("new", ["stamp", "stamp"], "还缺监检证书照片。"),
        ("new", ["stamp", "certificate"], None),
        ("new", ["stamp", "certificate", "stamp", "stamp"], None),
        ("existing", [], "还没有照片，需要 2–4 张，其中钢印至少 1 张。"),
        ("existing", ["stamp"], "还缺 1 张照片，每只气瓶需要 2–4 张。"),
        ("existing", ["register", "register"], "还缺钢印照片。"),
        ("existing", ["stamp", "stamp"], None),
        ("existing", ["stamp", "register"], None),
    ],
)
def test_how_many_photographs_are_enough(
    origin: str, kinds: list[str], missing: str | None
) -> None:
    assert enough(kinds, origin) == missing
