"""The command: idempotent, all or nothing, safe when two run at once."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from config import reference
from config.reference import DataError, Tally
from cylinders.models import CylinderKind, CylinderRule, Medium, NumberRule
from duties.models import Checklist, ChecklistItem
from equipment.models import CatalogueEntry, DutyTitle, LicenceFamily, LicenceItem
from tests.threads import done_at_once
from units.models import DutyText, Region, Rule

TABLES = (
    Region,
    Rule,
    DutyText,
    CatalogueEntry,
    DutyTitle,
    LicenceFamily,
    LicenceItem,
    Checklist,
    ChecklistItem,
    CylinderKind,
    Medium,
    CylinderRule,
    NumberRule,
)


def run() -> str:
    out = StringIO()
    call_command("load_reference", stdout=out)
    return out.getvalue()


def everything() -> list[list[dict]]:
    return [list(model.objects.order_by("pk").values()) for model in TABLES]


@pytest.mark.django_db
def test_the_second_run_changes_nothing_and_every_row_stays():
    before = everything()
    rules = Rule.objects.count()
    assert run().splitlines() == [
        "行政区划：新增 0，变更 0，未变 158",
        f"法规标准：新增 0，变更 0，未变 {rules}",
        "岗位职责与守则：新增 0，变更 0，未变 43",
        "设备目录：新增 0，变更 0，未变 157",
        "职务与文书名称：新增 0，变更 0，未变 162",
        "许可清单类别：新增 0，变更 0，未变 20",
        "许可项目：新增 0，变更 0，未变 22",
        "固定清单：新增 0，变更 0，未变 87",
        "管控项：新增 0，变更 0，未变 683",
        "气瓶品种：新增 0，变更 0，未变 10",
        "充装介质：新增 0，变更 0，未变 32",
        "气瓶检验周期与年限：新增 0，变更 0，未变 16",
        "编号规则：新增 0，变更 0，未变 3",
        f"基础数据合计：新增 0，变更 0，未变 {1393 + rules}",
    ]
    assert everything() == before


@pytest.mark.django_db
def test_an_unchanged_load_writes_no_row(django_assert_max_num_queries):
    """One read per table (and the lock, the savepoint, the rules titles cite): no UPDATE at all."""
    with django_assert_max_num_queries(25) as captured:
        run()
    verbs = {query["sql"].split()[0] for query in captured.captured_queries}
    assert verbs == {"SELECT", "SAVEPOINT", "RELEASE"}


@pytest.mark.django_db
def test_the_first_run_fills_empty_tables():
    models = (
        CylinderRule,
        CylinderKind,
        Medium,
        NumberRule,
        ChecklistItem,
        Checklist,
        LicenceItem,
        LicenceFamily,
        DutyTitle,
        DutyText,
        Rule,
    )
    for model in models:
        model.objects.all().delete()
    CatalogueEntry.objects.update(parent=None)
    CatalogueEntry.objects.all().delete()
    Region.objects.update(parent=None)
    Region.objects.all().delete()
    lines = run().splitlines()
    assert lines[0] == "行政区划：新增 158，变更 0，未变 0"
    assert lines[8] == "管控项：新增 683，变更 0，未变 0"
    assert lines[13] == f"基础数据合计：新增 {1393 + Rule.objects.count()}，变更 0，未变 0"


@pytest.mark.django_db
def test_what_was_changed_by_hand_is_put_right():
    Region.objects.filter(pk="500103").update(name="鱼中区")
    CatalogueEntry.objects.filter(pk="3110").update(duty_category="crane")
    lines = run().splitlines()
    assert lines[0] == "行政区划：新增 0，变更 1，未变 157"
    assert lines[3] == "设备目录：新增 0，变更 1，未变 156"
    assert Region.objects.get(pk="500103").name == "渝中区"
    assert CatalogueEntry.objects.get(pk="3110").duty_category == "lift"


@pytest.mark.django_db
def test_a_wrong_file_writes_nothing_at_all(monkeypatch: pytest.MonkeyPatch):
    """Even what earlier loaders of the same run wrote is taken back."""

    def wrong() -> list[Tally]:
        raise DataError(["某文件 第 7 行（X）：字段 name 缺失"])

    Region.objects.filter(pk="500103").update(name="鱼中区")
    monkeypatch.setitem(reference._loaders, "later", wrong)
    with pytest.raises(CommandError) as caught:
        run()
    assert str(caught.value) == (
        "基础数据有误，未写入任何内容：\n某文件 第 7 行（X）：字段 name 缺失"
    )
    assert Region.objects.get(pk="500103").name == "鱼中区"


def test_the_rooms_load_from_the_bottom_up():
    assert list(reference._loaders) == ["units", "equipment", "duties", "cylinders"]


@pytest.mark.django_db
def test_quiet_when_asked(capsys: pytest.CaptureFixture[str]):
    call_command("load_reference", verbosity=0)
    assert capsys.readouterr().out == ""


@pytest.mark.django_db(transaction=True)
def test_two_at_once_create_a_missing_row_once():
    Rule.objects.get(key="tsg-92").delete()
    loaded = done_at_once(*[reference.load_all] * 3)
    created = [sum(tally.created for tally in tallies) for tallies in loaded]
    assert sorted(created) == [0, 0, 1]
    assert Rule.objects.filter(key="tsg-92").count() == 1
