"""Reference data of cylinders: loaded once, found by the words people use, dated rules."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from config.errors import RuleBroken
from config.reference import DataError
from cylinders.identity import identity_of, label_of
from cylinders.models import CylinderKind
from cylinders.reference import DATA, load, load_cylinders
from cylinders.rules import Book, Found, add_months, end_of_life, next_inspection
from tests.factories import cylinders as make
from tests.world import TODAY, World


def test_loading_again_changes_nothing(db: None) -> None:
    assert [(one.created, one.changed, one.unchanged) for one in load()] == [
        (0, 0, 10),
        (0, 0, 32),
        (0, 0, 16),
        (0, 0, 3),
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("aliases: [LNG]", "aliases: [LNG, LPG]", "（lng）：字段 aliases 重复：与"),
        ("natures: [lng], insp", "natures: [lng, cng], insp", ""),
        (
            "natures: [cng], inspection_months: 36, life_years: 15",
            "natures: [cmg], inspection_months: 36, life_years: 15",
            "字段 natures 的值 cmg",
        ),
        ("kind: lpg, natures", "kind: lqg, natures", "字段 kind 的值 lqg 不在本文件的品种中"),
        (
            "catalogue: '2320', aliases: [液化",
            "catalogue: '9999', aliases: [液化",
            "字段 catalogue 的值 9999",
        ),
        (
            "kind: vehicle_lng, natures: [lng]",
            "kind: cryogenic, natures: [lng]",
            "的品种、性质和有效期间重叠",
        ),
    ],
)
def test_a_wrong_file_writes_nothing(
    db: None, tmp_path: Path, old: str, new: str, said: str
) -> None:
    text = (DATA / "cylinders.yaml").read_text(encoding="utf-8")
    assert text.count(old) == 1
    path = tmp_path / "cylinders.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    if not said:
        assert sum(one.created for one in load_cylinders(path)) == 1
        return
    with pytest.raises(DataError) as caught:
        load_cylinders(path)
    assert len(caught.value.problems) == 1
    assert said in caught.value.problems[0]


@pytest.mark.parametrize(
    ("kind", "medium", "months", "life", "names"),
    [
        ("lpg", "LPG", 48, 8, "液化石油气"),
        ("seamless_steel", "高纯氩", 60, 30, "氩气"),
        ("seamless_steel", "ＣＯ２ + 氩气", 36, 30, "氩气、二氧化碳"),
        ("seamless_steel", "氩气、氯气", 24, 12, "氩气、氯"),
        ("wound", "呼吸空气", 36, 15, "呼吸空气"),
    ],
)
def test_rule_of_kind_and_medium(
    db: None, kind: str, medium: str, months: int, life: int, names: str
) -> None:
    found = Book.on(TODAY).rule(kind, medium)
    assert isinstance(found, Found)
    assert (found.inspection_months, found.life_years, found.names) == (months, life, names)


def test_what_has_no_rule_says_why(db: None) -> None:
    book = Book.on(TODAY)
    assert book.rule("lpg", "氧气") == (
        "液化石油气钢瓶不能充装氧气，可充装：液化石油气、丙烷、丁烷、丙烯"
    )
    assert str(book.rule("lpg", "水")).startswith("“水”不在充装介质表中")
    assert Book.on(date(2020, 1, 1)).kinds == {}


def test_periods_count_by_month() -> None:
    found = Found(CylinderKind(), "", "lpg", 48, 8, 4)
    assert next_inspection(found, made_on=date(2024, 5, 1), last_on=None) == date(2028, 5, 31)
    assert next_inspection(found, made_on=date(2018, 5, 1), last_on=date(2024, 2, 29)) == date(
        2028, 2, 29
    )
    assert end_of_life(date(2018, 11, 1), 8) == date(2026, 11, 30)
    assert add_months(date(2024, 1, 31), 1) == date(2024, 2, 29)


def test_identity_does_not_mind_width_case_and_blanks() -> None:
    one = identity_of("重庆某钢瓶（集团）有限公司", "ab 001", date(2024, 5, 1))
    assert one == identity_of("重庆某钢瓶(集团) 有限公司", "ＡＢ００１", date(2024, 5, 31))
    assert one != identity_of("重庆某钢瓶(集团)有限公司", "AB001", date(2024, 6, 1))
    assert len(identity_of("﷽" * 120, "1" * 60, date(2024, 5, 1))) <= 220


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" HTTPS://QP.Example.CN:443/q/Ab1 ", "https://qp.example.cn/q/Ab1"),
        ("http://10.0.0.8:8080/x?id=1#2", "http://10.0.0.8:8080/x?id=1#2"),
        ("ｈｔｔｐｓ：//qp.example.cn", "label_bad"),
        ("https://qp.example.cn", "https://qp.example.cn/"),
        ("12345678", "label_bad"),
        ("javascript:alert(1)", "label_bad"),
        ("https://", "label_bad"),
        ("https://a.cn@evil.cn/x", "label_bad"),
        ("https://[::1", "label_bad"),
        ("https://qp.example.cn/" + "x" * 300, "label_long"),
    ],
)
def test_label_is_a_url(typed: str, stored: str) -> None:
    try:
        found = label_of(typed)
    except RuleBroken as broken:
        found = broken.code
    assert found == stored


def test_factory_makes_what_the_database_takes(world: World) -> None:
    batch = make.batch(world.jia)
    assert make.complete_item(batch).photos.count() == 2
    assert make.registered(world.yi).ends_on == date(2032, 5, 31)
    held = make.item(make.batch(world.yi, state="submitted"), kind_id="wound", medium="氢气")
    assert (held.claim, held.nature) == ("held", "general")
