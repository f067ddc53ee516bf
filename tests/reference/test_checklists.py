"""Fixed checklists: complete, stable keys, severity, and versions that never rewrite history."""

from collections import Counter
from datetime import date

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from config.clock import start_of
from config.reference import DataError
from duties.models import Checklist, ChecklistItem
from equipment.enums import Category
from equipment.models import LicenceFamily
from tests.reference.conftest import Files, counts

pytestmark = pytest.mark.django_db

MACHINERY = "checklists/using_machinery.yaml"
ALARM = "轿厢内紧急报警装置（五方通话）能随时与值班人员接通"
RENEWED = "轿厢内紧急报警装置（五方通话）一分钟内与值班人员接通"
FIRST_DAY = date(2023, 5, 5)


def lift_list_starts(version: int, valid_from: str) -> str:
    return (
        f"- code: U-LIFT-D\n  version: {version}\n  unit_kind: using\n  category: lift\n"
        f"  cadence: daily\n  name: 电梯安全风险管控清单（日管控）\n  valid_from: {valid_from}\n"
    )


def renew_lift_list(files: Files) -> None:
    """Version 2 of the lift's daily list: a new wording of item 01, from 2027-03-01."""
    files.edit(MACHINERY, lift_list_starts(1, "2023-05-05"), lift_list_starts(2, "2027-03-01"))
    files.edit(MACHINERY, ALARM, RENEWED)


def test_every_list_and_item_is_there():
    fixed = Checklist.objects.filter(unit=None)
    assert fixed.count() == 29 * 3
    assert ChecklistItem.objects.filter(checklist__in=fixed).count() == 683
    assert ChecklistItem.objects.filter(checklist__in=fixed, is_severe=True).count() == 34
    per_kind = Counter(fixed.values_list("unit_kind", flat=True))
    assert per_kind == {"using": 9 * 3, "filling": 2 * 3, "production": 18 * 3}


def test_every_category_has_its_three_cadences():
    expected = {("using", category.value) for category in Category}
    expected |= set(LicenceFamily.objects.values_list("unit_kind", "code"))
    found: dict[tuple[str, str], Counter[str]] = {}
    for one in Checklist.objects.filter(unit=None):
        found.setdefault((one.unit_kind, one.category), Counter())[one.cadence] += 1
    assert found == {key: Counter({"daily": 1, "weekly": 1, "monthly": 1}) for key in expected}


def test_lists_are_long_enough_for_their_cadence():
    least = {"daily": 10, "weekly": 6, "monthly": 5}
    short = [
        one.code
        for one in Checklist.objects.filter(unit=None).prefetch_related("items")
        if len(one.items.all()) < least[one.cadence]
    ]
    assert short == []


def test_item_keys_are_unique_and_say_where_they_belong():
    items = ChecklistItem.objects.filter(checklist__unit=None).select_related("checklist")
    assert len({item.key for item in items}) == 683
    for item in items:
        assert item.key == f"{item.checklist.code.removesuffix('-V1')}-{item.number:02d}"


def test_severe_items_stand_only_where_a_machine_or_filling_may_hurt_today():
    severe = ChecklistItem.objects.filter(checklist__unit=None, is_severe=True)
    found = Counter(severe.values_list("checklist__unit_kind", "checklist__cadence"))
    assert found == {("using", "daily"): 26, ("filling", "daily"): 8}
    lift = severe.filter(checklist__code="U-LIFT-D-V1").order_by("number")
    assert [item.item for item in lift] == [
        ALARM,
        "层门、轿门开关正常，闭合后用手不能随意扒开，门防夹（防撞击）保护有效",
        "自动扶梯、自动人行道急停开关有效，标识清晰",
    ]


def test_a_list_is_enabled_from_its_first_day():
    one = Checklist.objects.get(code="U-LIFT-D-V1")
    assert (one.name, one.version) == ("电梯安全风险管控清单（日管控）", 1)
    assert (one.period.lower, one.period.upper) == (FIRST_DAY, None)
    assert (one.enabled_at, one.retired_at) == (start_of(FIRST_DAY), None)


def test_a_new_version_ends_the_old_one_and_touches_nothing_else(files: Files):
    old = Checklist.objects.get(code="U-LIFT-D-V1")
    items_before = list(old.items.values())
    renew_lift_list(files)

    lists, items = files.load_checklists()

    assert (counts(lists), counts(items)) == ((1, 1, 86), (13, 0, 683))
    new = Checklist.objects.get(code="U-LIFT-D-V2")
    old.refresh_from_db()
    assert list(old.items.values()) == items_before
    assert (old.period.upper, old.retired_at) == (date(2027, 3, 1), start_of(date(2027, 3, 1)))
    assert (new.period.lower, new.period.upper) == (date(2027, 3, 1), None)
    assert (new.version, new.enabled_at) == (2, start_of(date(2027, 3, 1)))
    assert new.items.get(key="U-LIFT-D-01").item == RENEWED
    assert [item.key for item in new.items.all()] == [item["key"] for item in items_before]


@pytest.mark.parametrize(
    ("day", "code"),
    [(date(2027, 2, 28), "U-LIFT-D-V1"), (date(2027, 3, 1), "U-LIFT-D-V2")],
)
def test_exactly_one_version_is_in_force_on_a_day(files: Files, day: date, code: str):
    renew_lift_list(files)
    files.load_checklists()
    found = Checklist.objects.filter(
        unit=None, category="lift", cadence="daily", period__contains=day
    )
    assert [one.code for one in found] == [code]


def test_loading_a_new_version_again_changes_nothing(files: Files):
    renew_lift_list(files)
    files.load_checklists()
    before = list(Checklist.objects.order_by("pk").values())
    lists, items = files.load_checklists()
    assert (counts(lists), counts(items)) == ((0, 0, 88), (0, 0, 696))
    assert list(Checklist.objects.order_by("pk").values()) == before


def test_a_file_that_keeps_both_versions_gives_the_same(files: Files):
    """A fresh installation loads the old and the new version at once."""
    path = files.folder / MACHINERY
    text = path.read_text(encoding="utf-8")
    ends = text.index("- code: U-LIFT-W")
    kept = text[text.index(lift_list_starts(1, "2023-05-05")) : ends]
    renew_lift_list(files)
    path.write_text(path.read_text(encoding="utf-8") + kept, encoding="utf-8")
    ChecklistItem.objects.all().delete()
    Checklist.objects.all().delete()

    lists, items = files.load_checklists()

    assert (counts(lists), counts(items)) == ((88, 0, 0), (696, 0, 0))
    found = Checklist.objects.filter(category="lift", cadence="daily").order_by("version")
    assert [(one.version, one.period.lower, one.period.upper) for one in found] == [
        (1, FIRST_DAY, date(2027, 3, 1)),
        (2, date(2027, 3, 1), None),
    ]
    assert [counts(tally)[:2] for tally in files.load_checklists()] == [(0, 0), (0, 0)]


def test_a_list_of_a_unit_is_not_touched(files: Files, world):
    own = Checklist.objects.create(
        unit=world.jia,
        unit_kind="using",
        category="lift",
        cadence="",
        name="甲单位补充清单",
        period=DateRange(FIRST_DAY, None),
    )
    before = Checklist.objects.filter(pk=own.pk).values().get()
    renew_lift_list(files)
    files.load_checklists()
    assert Checklist.objects.filter(pk=own.pk).values().get() == before


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            ALARM,
            RENEWED,
            "（U-LIFT-D）：字段 items 的 U-LIFT-D-01 与已载入的第 1 版不同；载入过的清单不得修改",
        ),
        (
            "    key: U-LIFT-D-13\n".replace("    key", "  - key"),
            "    key: U-LIFT-D-14\n".replace("    key", "  - key"),
            "字段 items 的 U-LIFT-D-14、U-LIFT-D-13 与已载入的第 1 版不同",
        ),
        (
            lift_list_starts(1, "2023-05-05"),
            lift_list_starts(1, "2023-06-01"),
            "字段 valid_from 与已载入的第 1 版（2023-05-05）不同",
        ),
        (
            lift_list_starts(1, "2023-05-05"),
            lift_list_starts(1, "2023-05-05").replace("name: 电梯", "name: 升降梯"),
            "字段 name 等与已载入的第 1 版不同",
        ),
        (
            lift_list_starts(1, "2023-05-05"),
            lift_list_starts(2, "2023-05-05"),
            "字段 valid_from ：第 2 版须晚于第 1 版生效",
        ),
        (
            lift_list_starts(1, "2023-05-05"),
            lift_list_starts(1, "2023-05-05").replace("category: lift", "category: elevator"),
            "字段 category 的值 elevator 不在允许的范围内",
        ),
        (
            lift_list_starts(1, "2023-05-05"),
            lift_list_starts(1, "2023-05-05").replace("cadence: daily", "cadence: weekly"),
            "（U-LIFT-W）：字段 code 与 U-LIFT-D 的适用单位、适用对象和管控形式相同",
        ),
        (
            "key: U-LIFT-D-02",
            "key: U-LIFT-D-01",
            "（U-LIFT-D-01）：字段 key 重复：与 ",
        ),
        (
            "key: U-LIFT-D-02\n    risk_category: 设备类",
            "key: U-LIFT-D-02\n    risk_category: 设计控制",
            "（U-LIFT-D-02）：字段 risk_category 的值 设计控制 不在允许的范围内",
        ),
        (
            "    hazard: 紧急报警装置失效，被困人员无法求救\n",
            "",
            "（U-LIFT-D-01）：字段 hazard 缺失",
        ),
    ],
    ids=[
        "wording",
        "key-gone",
        "first-day",
        "name",
        "not-later",
        "category",
        "two-lists",
        "double-key",
        "risk-category",
        "no-hazard",
    ],
)
def test_what_is_wrong_is_said_in_words(files: Files, old: str, new: str, sentence: str):
    files.edit(MACHINERY, old, new)
    before = list(ChecklistItem.objects.order_by("pk").values())
    with pytest.raises(DataError) as caught:
        files.load_checklists()
    assert sentence in str(caught.value)
    assert list(ChecklistItem.objects.order_by("pk").values()) == before
