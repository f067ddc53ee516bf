"""Catalogue, titles and documents, licence families."""

from collections import Counter
from datetime import date

import pytest

from config.reference import DataError
from equipment.enums import Category
from equipment.models import CatalogueEntry, DutyTitle, LicenceFamily, LicenceItem
from equipment.reference import DOCUMENTS, POSTS
from tests.reference.conftest import Files, counts

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 20)
# The first code of every category's subtree (decision 4); two subtrees owe nothing.
ROOTS = {
    "1000": "boiler",
    "2000": "pressure_vessel",
    "2300": "cylinder",
    "3000": "lift",
    "4000": "crane",
    "5000": "vehicle",
    "6000": "ride",
    "7000": "",
    "8000": "pressure_pipe",
    "9000": "ropeway",
    "F000": "",
}


def ancestors(entry: CatalogueEntry, entries: dict[str, CatalogueEntry]) -> list[str]:
    chain = []
    code: str | None = entry.code
    while code is not None:
        chain.append(code)
        code = entries[code].parent_id
    return chain


def test_every_code_has_its_parent_and_its_category():
    entries = CatalogueEntry.objects.in_bulk()
    assert len(entries) == 157
    assert sorted(e.code for e in entries.values() if e.parent_id is None) == sorted(
        set(ROOTS) - {"2300"}
    )
    for entry in entries.values():
        chain = ancestors(entry, entries)
        assert len(chain) <= 3
        root = "2300" if "2300" in chain else chain[-1]
        assert (entry.code, entry.duty_category) == (entry.code, ROOTS[root])


def test_parents_are_spelt_by_the_codes_but_for_one_safety_accessory():
    """A child shares its parent's leading digits; 7310 安全阀 belongs to F000 安全附件."""
    odd = [
        entry.code
        for entry in CatalogueEntry.objects.exclude(parent=None)
        if not entry.code.startswith(entry.parent_id.rstrip("0"))
    ]
    assert odd == ["7310"]


def test_how_each_category_is_registered():
    found = set(CatalogueEntry.objects.values_list("duty_category", "registers"))
    assert found == {
        ("", "none"),
        ("boiler", "per_device"),
        ("pressure_vessel", "per_device"),
        ("cylinder", "per_unit"),
        ("pressure_pipe", "per_unit"),
        ("lift", "per_device"),
        ("crane", "per_device"),
        ("ropeway", "per_device"),
        ("ride", "per_device"),
        ("vehicle", "per_device"),
    }


def test_the_codes_that_pages_rely_on():
    names = CatalogueEntry.objects.in_bulk(["3110", "4110", "5110", "23T0"])
    assert {code: entry.name for code, entry in names.items()} == {
        "3110": "曳引驱动乘客电梯",
        "4110": "通用桥式起重机",
        "5110": "叉车",
        "23T0": "特种气瓶（内装填料气瓶、纤维缠绕气瓶、低温绝热气瓶）",
    }


def test_every_category_of_a_using_unit_has_all_its_titles():
    for category in Category:
        rows = DutyTitle.objects.filter(
            unit_kind="using", category=category, period__contains=TODAY
        )
        assert Counter(rows.values_list("subject", flat=True)) == Counter(POSTS + DOCUMENTS)
    assert DutyTitle.objects.filter(unit_kind="using").count() == 9 * 8


def test_site_vehicles_are_written_short_inside_titles():
    titles = DutyTitle.objects.filter(unit_kind="using", category=Category.VEHICLE)
    assert dict(titles.values_list("subject", "title")) == {
        "director": "场车安全总监",
        "officer": "场车安全员",
        "list": "场车安全风险管控清单",
        "director_duty": "场车安全总监职责",
        "officer_code": "场车安全员守则",
        "daily": "每日场车安全检查记录",
        "weekly": "每周场车安全排查治理报告",
        "monthly": "每月场车安全调度会议纪要",
    }
    assert set(titles.values_list("prefix", flat=True)) == {"场车"}
    others = DutyTitle.objects.exclude(category__in=[Category.VEHICLE, ""])
    assert {(t.category, t.prefix) for t in others} == {
        (c.value, c.label) for c in Category if c != Category.VEHICLE
    }


def test_production_titles_say_quality_and_the_posts_carry_no_category():
    titles = DutyTitle.objects.filter(unit_kind="production")
    assert titles.get(category="lift", subject="daily").title == "每日电梯质量安全检查记录"
    assert titles.get(category="vehicle", subject="list").title == "场车质量安全风险管控清单"
    assert dict(titles.filter(category="").values_list("subject", "title")) == {
        "director": "质量安全总监",
        "officer": "质量安全员",
    }
    assert titles.count() == 9 * 8 + 2


def test_every_family_has_titles_of_its_category():
    for family in LicenceFamily.objects.all():
        rows = DutyTitle.objects.filter(
            unit_kind=family.unit_kind, category=family.category, period__contains=TODAY
        )
        assert (family.code, rows.count()) == (family.code, 8)


def test_families_and_licence_items():
    kinds = Counter(LicenceFamily.objects.values_list("unit_kind", flat=True))
    assert kinds == {"production": 18, "filling": 2}
    used = set(LicenceItem.objects.values_list("family_id", flat=True))
    assert used == set(LicenceFamily.objects.values_list("code", flat=True))
    assert LicenceItem.objects.count() == 22
    accessory = LicenceItem.objects.get(pk="make-safety-accessory")
    assert accessory.family.name == "压力管道元件（含安全附件）制造"
    assert LicenceItem.objects.get(pk="install-lift").family_id == "lift_installation"
    filling = LicenceItem.objects.get(pk="fill-cylinder")
    assert filling.sub_items == ["压缩气体", "液化气体", "低温液化气体", "溶解乙炔"]


def test_a_renamed_code_is_one_change_and_a_new_code_one_new_row(files: Files):
    files.edit("catalogue.yaml", "name: 叉车,", "name: 叉车（含堆垛车）,")
    files.append(
        "catalogue.yaml",
        "- {code: '5190', name: 其他, parent: '5100', duty_category: vehicle,"
        " registers: per_device}\n",
    )
    assert counts(files.load_catalogue()) == (1, 1, 156)
    assert counts(files.load_catalogue()) == (0, 0, 158)


def test_a_new_wording_of_titles_is_a_new_set_from_its_own_day(files: Files):
    path = files.folder / "titles.yaml"
    text = path.read_text(encoding="utf-8")
    first = text.index("- name: 生产单位职务")
    ended = text[:first] + text[first:].replace(
        "valid_from: 2023-05-05", "valid_from: 2023-05-05\n  valid_to: 2027-12-31"
    )
    renewed = text[first:].replace("version: 1", "version: 2")
    renewed = renewed.replace("2023-05-05", "2028-01-01").replace("质量安全总监", "首席质量官")
    path.write_text(ended + renewed, encoding="utf-8")
    assert counts(files.load_titles()) == (2, 2, 160)
    post = DutyTitle.objects.filter(unit_kind="production", category="", subject="director")
    assert post.get(period__contains=date(2027, 12, 31)).title == "质量安全总监"
    assert post.get(period__contains=date(2028, 1, 1)).title == "首席质量官"
    assert counts(files.load_titles()) == (0, 0, 164)


CATALOGUE, TITLES, LICENCES = "catalogue.yaml", "titles.yaml", "licence_families.yaml"


@pytest.mark.parametrize(
    ("name", "old", "new", "sentence"),
    [
        (
            CATALOGUE,
            "{code: '3110', name: 曳引驱动乘客电梯, parent: '3100', duty_category: lift,",
            "{code: '3110', name: 曳引驱动乘客电梯, parent: '3900', duty_category: lift,",
            "（3110）：字段 parent 的值 3900 不在本文件中",
        ),
        (
            CATALOGUE,
            "{code: '3110', name: 曳引驱动乘客电梯, parent: '3100', duty_category: lift,",
            "{code: '3110', name: 曳引驱动乘客电梯, parent: '3100',",
            "（3110）：字段 duty_category 缺失",
        ),
        (
            CATALOGUE,
            "{code: '3110', name: 曳引驱动乘客电梯, parent: '3100', duty_category: lift,",
            "{code: '3110', name: 曳引驱动乘客电梯, parent: '3100', duty_category: '',",
            "（3110）：字段 registers ：有责任类别的须登记，没有责任类别的不登记",
        ),
        (
            CATALOGUE,
            "{code: '3100', name: 曳引与强制驱动电梯, parent: '3000',",
            "{code: '3100', name: 曳引与强制驱动电梯, parent: '3110',",
            "的上级互相指向，不成树",
        ),
        (
            TITLES,
            "rule: order-73\n  version: 1\n  valid_from: 2023-05-05\n  categories: ['']",
            "rule: order-99\n  version: 1\n  valid_from: 2023-05-05\n  categories: ['']",
            "（生产单位职务）：字段 rule 的值 order-99 不在法规标准表中",
        ),
        (
            TITLES,
            "categories: [cylinder, pressure_vessel]",
            "categories: [cylinder, tanker]",
            "（充装单位）：字段 categories 的值 tanker 没有对应的 prefixes 行",
        ),
        (
            TITLES,
            "subjects: {director: 质量安全总监, officer: 质量安全员}",
            "subjects: {director: 质量安全总监}",
            "（生产单位职务）：字段 subjects 应恰好包含 director、officer",
        ),
        (
            TITLES,
            "name: 场（厂）内专用机动车辆, prefix",
            "name: 场车, prefix",
            "字段 name 应为 场（厂）内专用机动车辆",
        ),
        (
            LICENCES,
            "name: 气瓶制造\n  family: cylinder_manufacture",
            "name: 气瓶制造\n  family: bottle_manufacture",
            "（make-cylinder）：字段 family 的值 bottle_manufacture 不在 families 中",
        ),
        (
            LICENCES,
            "code: cylinder_filling, name: 气瓶充装, unit_kind: filling",
            "code: cylinder_filling, name: 气瓶充装, unit_kind: using",
            "（cylinder_filling）：字段 unit_kind 的值 using 不在允许的范围内",
        ),
        (
            LICENCES,
            "sub_items: [压缩气体, 液化气体, 低温液化气体, 溶解乙炔]",
            "sub_items: 溶解乙炔",
            "（fill-cylinder）：字段 sub_items 应为非空的文本列表",
        ),
    ],
    ids=[
        "parent",
        "no-category",
        "unregistered",
        "circle",
        "rule",
        "category",
        "subjects",
        "label",
        "family",
        "unit-kind",
        "sub-items",
    ],
)
def test_what_is_wrong_is_said_in_words(files: Files, name: str, old: str, new: str, sentence: str):
    files.edit(name, old, new)
    load = {
        CATALOGUE: files.load_catalogue,
        TITLES: files.load_titles,
        LICENCES: files.load_licences,
    }[name]
    with pytest.raises(DataError) as caught:
        load()
    assert sentence in str(caught.value)


def test_two_wordings_at_once_are_refused(files: Files):
    path = files.folder / "titles.yaml"
    text = path.read_text(encoding="utf-8")
    again = text[text.index("- name: 生产单位职务") :].replace("version: 1", "version: 2")
    path.write_text(text + again, encoding="utf-8")
    with pytest.raises(DataError, match="字段 valid_from 与第 .* 行的 质量安全总监 有效期重叠"):
        files.load_titles()
