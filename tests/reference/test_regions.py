"""Regions: whole, a tree by prefix, dated where the country changed."""

from collections import Counter
from datetime import date

import pytest

from config.reference import DataError
from tests.reference.conftest import Files, counts
from units.models import Region

pytestmark = pytest.mark.django_db

BEFORE, AFTER = date(2025, 11, 5), date(2025, 11, 6)


def kinds_of_district(day: date) -> Counter[str]:
    """How many 区, 县 and 自治县 Chongqing has on a day."""
    names = Region.objects.in_force(day).filter(parent_id="500000").values_list("name", flat=True)
    return Counter("自治县" if name.endswith("自治县") else name[-1] for name in names)


def test_chongqing_is_whole_before_and_after_the_change_of_2025():
    assert kinds_of_district(BEFORE) == {"区": 26, "县": 8, "自治县": 4}
    assert kinds_of_district(AFTER) == {"区": 25, "县": 8, "自治县": 4}


def test_abolished_districts_stay_and_name_their_successor():
    ended = Region.objects.exclude(pk__in=Region.objects.in_force(AFTER).values("pk"))
    assert [(r.code, r.name, r.settings["successor"]) for r in ended.order_by("code")] == [
        ("500105", "江北区", "500157"),
        ("500112", "渝北区", "500157"),
    ]
    begun = Region.objects.exclude(pk__in=Region.objects.in_force(BEFORE).values("pk"))
    assert [(r.code, r.name) for r in begun] == [("500157", "两江新区")]


def test_shaanxi_is_whole():
    cities = Region.objects.filter(parent_id="610000").order_by("code")
    assert [(city.name, city.children.count()) for city in cities] == [
        ("西安市", 13),
        ("铜川市", 4),
        ("宝鸡市", 12),
        ("咸阳市", 14),
        ("渭南市", 11),
        ("延安市", 13),
        ("汉中市", 11),
        ("榆林市", 12),
        ("安康市", 10),
        ("商洛市", 7),
    ]
    districts = Region.objects.filter(parent__parent_id="610000").values_list("name", flat=True)
    assert Counter(name[-1] for name in districts) == {"县": 69, "区": 31, "市": 7}
    assert Region.objects.get(pk="610403").settings == {"also_known_as": "杨凌示范区"}


def test_regions_form_a_tree_by_prefix():
    levels = {"province": None, "city": "province", "district": "city"}
    municipality = "500000"
    for region in Region.objects.select_related("parent"):
        if region.level == "province":
            assert region.parent is None
            assert region.code[2:] == "0000"
            continue
        assert region.code.startswith(region.parent.prefix)
        assert region.code != region.parent_id
        expected = "province" if region.parent_id == municipality else levels[region.level]
        assert region.parent.level == expected
    assert Region.objects.filter(level="province").count() == 2


def test_each_province_has_its_labels():
    labels = {
        region.name: (region.settings["labels"]["weekly"], region.settings["backfill_days"])
        for region in Region.objects.filter(level="province")
    }
    assert labels == {"重庆市": ("周排查", 7), "陕西省": ("周汇报", 7)}


def test_a_region_may_set_when_misses_go_up(files: Files):
    files.edit(
        "regions.yaml",
        "  backfill_days: 7\n- {code: '500101'",
        "  backfill_days: 7\n  escalation: {remind_hour: 15}\n- {code: '500101'",
    )
    assert counts(files.load_regions()) == (0, 1, 157)
    assert Region.objects.get(pk="500000").settings["escalation"] == {"remind_hour": 15}
    files.edit("regions.yaml", "{remind_hour: 15}", "{remind_hour: 24, evening: 1}")
    with pytest.raises(DataError) as caught:
        files.load_regions()
    said = "".join(caught.value.problems)
    assert "escalation.remind_hour应为 0 至 23 的整数，现为 24" in said.replace(" 应为", "应为")
    assert "escalation.evening" in said


def test_a_changed_label_is_one_change_and_keeps_the_row(files: Files):
    files.edit("regions.yaml", "  abbreviation: 陕", "  abbreviation: 秦")
    assert counts(files.load_regions()) == (0, 1, 157)
    assert Region.objects.get(pk="610000").settings["abbreviation"] == "秦"
    assert counts(files.load_regions()) == (0, 0, 158)


def test_a_region_that_ends_keeps_its_row(files: Files):
    files.edit(
        "regions.yaml",
        "name: 忠县, level: district, parent: '500000'",
        "name: 忠县, level: district, parent: '500000', valid_to: 2027-03-31",
    )
    assert counts(files.load_regions()) == (0, 1, 157)
    assert not Region.objects.in_force(date(2027, 4, 1)).filter(pk="500233").exists()
    assert Region.objects.in_force(date(2027, 3, 31)).filter(pk="500233").exists()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "{code: '610102', name: 新城区, level: district, parent: '610100'}",
            "{code: '610102', name: 新城区, level: district, parent: '610200'}",
            "字段 parent 的值 610200 与代码 610102 的前 4 位不一致",
        ),
        (
            "{code: '610102', name: 新城区, level: district, parent: '610100'}",
            "{code: '610102', name: 新城区, level: district, parent: '619900'}",
            "字段 parent 的值 619900 不是本文件中的省级或市级代码",
        ),
        (
            "{code: '610102', name: 新城区, level: district, parent: '610100'}",
            "{code: '610103', name: 新城区, level: district, parent: '610100'}",
            "字段 code 重复",
        ),
        (
            "{code: '610102', name: 新城区, level: district, parent: '610100'}",
            "{code: 610102, name: 新城区, level: district, parent: '610100'}",
            "字段 code 应为文本，现为 610102（代码请加引号）",
        ),
        (
            "{code: '610102', name: 新城区, level: district, parent: '610100'}",
            "{code: '610102', name: 新城区, level: county, parent: '610100'}",
            "字段 level 的值 county 不在允许的范围内",
        ),
        (
            "{code: '610102', name: 新城区, level: district, parent: '610100'}",
            "{code: '610102', nmae: 新城区, level: district, parent: '610100'}",
            "字段 nmae 不认识，请检查拼写",
        ),
        (
            "{code: '500156', name: 武隆区, level: district, parent: '500000'}",
            "{code: '500156', name: 武隆区, level: district, parent: '500000', successor: '509999'}",
            "字段 successor 的值 509999 不在本文件中",
        ),
        ("label_set: shaanxi", "label_set: henan", "字段 label_set 的值 henan 不在允许的范围内"),
        (
            "weekly: 周汇报",
            "weeekly: 周汇报",
            "字段 label_sets.shaanxi 缺少 weekly，不认识 weeekly",
        ),
        ("valid_from: 2025-11-06", "valid_from: 十一月", "字段 valid_from 应为日期（年-月-日）"),
    ],
    ids=[
        "foreign-parent",
        "unknown-parent",
        "double-code",
        "number-for-text",
        "unknown-level",
        "misspelt-field",
        "unknown-successor",
        "unknown-label-set",
        "incomplete-label-set",
        "no-date",
    ],
)
def test_what_is_wrong_is_said_in_words(files: Files, old: str, new: str, sentence: str):
    files.edit("regions.yaml", old, new)
    before = list(Region.objects.order_by("code").values())
    with pytest.raises(DataError) as caught:
        files.load_regions()
    assert sentence in str(caught.value)
    assert "regions.yaml 第 " in caught.value.problems[0]
    assert list(Region.objects.order_by("code").values()) == before


def test_everything_wrong_is_said_at_once_with_its_lines(files: Files):
    path = files.folder / "regions.yaml"
    path.write_text(
        "label_sets: {}\n"
        "regions:\n"
        "- {code: '50', name: 重庆市, level: province, abbreviation: 渝, label_set: x,"
        " backfill_days: 7}\n"
        "- {code: '500101', level: district, parent: '500000'}\n",
        encoding="utf-8",
    )
    with pytest.raises(DataError) as caught:
        files.load_regions()
    assert [problem.removeprefix(path.as_posix()) for problem in caught.value.problems] == [
        " 第 3 行（50）：字段 label_set 的值 x 不在允许的范围内（）",
        " 第 3 行（50）：字段 code 的格式不对：50",
        " 第 4 行（500101）：字段 name 缺失",
        " 第 3 行（50）：字段 parent ：省级代码应以 0000 结尾且没有上级",
        " 第 4 行（500101）：字段 parent 的值 500000 不是本文件中的省级或市级代码",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("regions: [", "不是有效的 YAML"),
        ("- a\n- b\n", "第 1 行：文件应为键值表"),
        (
            "label_sets: {}\nregions:\n- {code: '1', code: '2'}\n",
            "第 3 行：不是有效的 YAML（字段重复：code）",
        ),
        ("label_sets: {}\nregions: []\n", "字段 regions 应为非空列表"),
        ("label_sets: {}\nregions: [重庆]\n", "第 1 项：应为键值表，现为 '重庆'"),
    ],
    ids=["no-yaml", "no-mapping", "double-field", "empty", "no-row"],
)
def test_a_broken_file_is_named(files: Files, text: str, sentence: str):
    (files.folder / "regions.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        files.load_regions()
    assert sentence in str(caught.value)


def test_a_missing_file_is_named(files: Files):
    (files.folder / "regions.yaml").unlink()
    with pytest.raises(DataError, match="regions.yaml：无法读取"):
        files.load_regions()
