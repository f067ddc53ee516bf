"""The dated rule table: the edition in force on a day, never two at once."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from config.reference import DataError
from equipment.enums import Category
from tests.reference.conftest import Files, counts
from units.models import Rule

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("key", "day", "number"),
    [
        ("tsg-08", date(2017, 7, 31), None),
        ("tsg-08", date(2026, 4, 30), "TSG 08—2017"),
        ("tsg-08", date(2026, 5, 1), "TSG 08—2026"),
        ("tsg-23", date(2021, 6, 1), "TSG 23—2021"),
        ("tsg-23", date(2024, 12, 31), "TSG 23—2021"),
        ("tsg-23", date(2025, 1, 1), "TSG 23—2021（含第1号修改单 TSG 23/XG1—2024）"),
        ("tsg-31", date(2025, 12, 31), "TSG D0001—2009"),
        ("tsg-31", date(2026, 1, 1), "TSG 31—2025"),
        ("tsg-92", date(2026, 6, 30), None),
        ("tsg-92", date(2026, 7, 1), "TSG 92—2026"),
        ("order-73", date(2023, 5, 4), None),
        ("order-73", date(2023, 5, 5), "国家市场监督管理总局令第73号"),
        ("order-74", date(2023, 5, 5), "国家市场监督管理总局令第74号"),
        ("tsg-t7001", date(2026, 11, 20), "TSG T7001—2023"),
    ],
)
def test_the_edition_in_force_on_a_day(key: str, day: date, number: str | None):
    found = Rule.objects.in_force(day).filter(key=key).values_list("number", flat=True)
    assert list(found) == ([number] if number else [])


def test_keys_of_the_product_are_all_there():
    assert set(Rule.objects.values_list("key", flat=True)) == {
        "special-equipment-safety-law",
        "special-equipment-regulation",
        "order-73",
        "order-74",
        "equipment-catalogue",
        "licence-catalogue",
        "tsg-07",
        "tsg-08",
        "tsg-11",
        "tsg-21",
        "tsg-23",
        "tsg-31",
        "tsg-51",
        "tsg-81",
        "tsg-92",
        "tsg-t5002",
        "tsg-t7001",
        "tsg-t7008",
    }


def test_editions_of_one_key_never_overlap_in_the_data():
    for rule in Rule.objects.all():
        others = Rule.objects.filter(key=rule.key, period__overlap=rule.period)
        assert list(others) == [rule]


def test_the_database_refuses_two_editions_at_once():
    with pytest.raises(IntegrityError), transaction.atomic():
        Rule.objects.create(
            key="tsg-08",
            number="TSG 08—2099",
            title="特种设备使用管理规则",
            period=DateRange(date(2099, 1, 1), None),
        )


def test_order_74_has_a_chapter_for_every_category_without_gaps():
    chapters = Rule.objects.get(key="order-74").articles["chapter"]
    assert set(chapters) == set(Category.values)
    assert chapters["boiler"] == "第四条至第十九条"
    assert chapters["lift"] == "第六十八条至第八十三条"
    assert chapters["vehicle"] == "第一百三十二条至第一百四十七条"


def test_articles_are_cited_for_known_categories_only():
    cited = {
        category
        for rule in Rule.objects.all()
        for by_category in rule.articles.values()
        for category in by_category
    }
    assert cited <= {"", *Category.values}


def test_a_corrected_date_moves_the_boundary_and_keeps_both_rows(files: Files):
    before = dict(Rule.objects.filter(key="tsg-08").values_list("number", "pk"))
    files.edit("rules.yaml", "valid_to: 2026-04-30", "valid_to: 2026-05-31")
    files.edit("rules.yaml", "valid_from: 2026-05-01", "valid_from: 2026-06-01")
    total = Rule.objects.count()
    assert counts(files.load_rules()) == (0, 2, total - 2)
    assert Rule.objects.in_force(date(2026, 5, 31)).get(key="tsg-08").number == "TSG 08—2017"
    assert dict(Rule.objects.filter(key="tsg-08").values_list("number", "pk")) == before
    assert counts(files.load_rules()) == (0, 0, total)


def test_a_boundary_moves_back_as_well(files: Files):
    files.edit("rules.yaml", "valid_to: 2026-04-30", "valid_to: 2026-02-28")
    files.edit("rules.yaml", "valid_from: 2026-05-01", "valid_from: 2026-03-01")
    assert files.load_rules().changed == 2
    assert Rule.objects.in_force(date(2026, 3, 1)).get(key="tsg-08").number == "TSG 08—2026"


def test_a_new_edition_is_a_new_row(files: Files):
    files.edit(
        "rules.yaml",
        "  valid_from: 2026-07-01\n",
        "  valid_from: 2026-07-01\n  valid_to: 2029-12-31\n",
    )
    files.append(
        "rules.yaml",
        "- key: tsg-92\n  number: TSG 92—2030\n  title: 安全附件\n"
        "  valid_from: 2030-01-01\n  confidence: L\n",
    )
    total = Rule.objects.count()
    assert counts(files.load_rules()) == (1, 1, total - 1)
    assert Rule.objects.in_force(date(2030, 1, 1)).get(key="tsg-92").number == "TSG 92—2030"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "valid_to: 2026-04-30",
            "valid_to: 2026-05-01",
            "（tsg-08）：字段 valid_from 与同一规则的 TSG 08—2026 施行期间重叠",
        ),
        (
            "number: TSG 92—2026",
            "number: TSG 92-2026",
            "（tsg-92）：字段 valid_from 与同一规则的 TSG 92—2026 施行期间重叠",
        ),
        (
            "valid_to: 2026-04-30",
            "valid_to: 2016-04-30",
            "（tsg-08）：字段 valid_to （2016-04-30）早于 valid_from（2017-08-01）",
        ),
        ("confidence: L", "confidence: X", "（tsg-92）：字段 confidence 的值 X 不在允许的范围内"),
        ("key: tsg-92", "key: TSG 92", "字段 key 的格式不对：TSG 92"),
        (
            "penalty: {vehicle: 第一百四十条}",
            "fines: {vehicle: 第一百四十条}",
            "（order-73）：字段 articles 的条目 fines 不认识",
        ),
    ],
    ids=["overlap", "overlap-with-stored", "backwards", "confidence", "key", "topic"],
)
def test_what_is_wrong_is_said_in_words(files: Files, old: str, new: str, sentence: str):
    files.edit("rules.yaml", old, new)
    before = list(Rule.objects.order_by("pk").values())
    with pytest.raises(DataError) as caught:
        files.load_rules()
    assert sentence in str(caught.value)
    assert list(Rule.objects.order_by("pk").values()) == before
