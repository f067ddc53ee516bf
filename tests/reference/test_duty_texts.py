"""Duty texts: every post of the Orders has one, under the titles of the documents."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from config.reference import DataError, Tally
from equipment.enums import Category
from equipment.models import DutyTitle
from tests.reference.conftest import Files, counts
from units.duty_texts import load_duty_texts
from units.models import DutyText

pytestmark = pytest.mark.django_db
NINE = {str(value) for value in Category.values}


def load(files: Files) -> Tally:
    return load_duty_texts(files.folder / "duty_texts.yaml")


def test_every_post_has_a_text_for_every_category_of_its_kind() -> None:
    found: dict[tuple[str, str], set[str]] = {}
    for one in DutyText.objects.in_force(date(2026, 11, 21)):
        found.setdefault((one.unit_kind, one.role), set()).add(one.category)
    assert found == {
        ("using", "principal"): {""},
        ("using", "safety_director"): NINE,
        ("using", "safety_officer"): NINE,
        ("filling", "principal"): {""},
        ("filling", "safety_director"): {"cylinder", "pressure_vessel"},
        ("filling", "safety_officer"): {"cylinder", "pressure_vessel"},
        ("production", "principal"): {""},
        ("production", "quality_director"): NINE,
        ("production", "quality_officer"): NINE,
    }


def test_titles_are_those_of_the_documents() -> None:
    subjects = {
        "safety_director": "director_duty",
        "quality_director": "director_duty",
        "safety_officer": "officer_code",
        "quality_officer": "officer_code",
    }
    for one in DutyText.objects.exclude(role="principal"):
        official = DutyTitle.objects.get(
            unit_kind=one.unit_kind, category=one.category, subject=subjects[one.role]
        )
        assert one.title == official.title


def test_the_lift_officers_code_says_what_only_lifts_have() -> None:
    [text] = DutyText.objects.filter(
        unit_kind="using", role="safety_officer", category="lift"
    ).values_list("clauses", flat=True)
    assert text[2] == "妥善保管电梯专用钥匙和工具，确保专人使用。"
    assert text[5] == "对电梯维护保养过程和结果进行监督确认，配合做好现场安全工作。"
    assert text[-1] == "履行市场监督管理部门规定和本单位要求的其他电梯使用安全管理职责。"
    assert not any("{X}" in line for one in DutyText.objects.all() for line in one.clauses)


def test_loading_again_changes_nothing(files: Files) -> None:
    assert counts(load(files)) == (0, 0, DutyText.objects.count())


def test_a_new_version_is_a_new_row_and_ends_the_former_one(files: Files) -> None:
    head = "- role: principal\n  unit_kind: filling\n"
    body = "  version: 1\n  valid_from: 2023-05-05\n"
    text = (files.folder / "duty_texts.yaml").read_text(encoding="utf-8")
    start = text.index(head)
    ended = text[start:].replace(body, body + "  valid_to: 2026-12-31\n", 1)
    newer = "\n".join(
        [
            head.rstrip(),
            "  rule: order-74",
            "  title: 充装单位主要负责人安全职责",
            "  version: 2",
            "  valid_from: 2027-01-01",
            "  confidence: L",
            "  clauses: [新的职责。]",
            "  categories: {'': {}}\n",
        ]
    )
    (files.folder / "duty_texts.yaml").write_text(text[:start] + ended + newer, encoding="utf-8")
    created, changed, _same = counts(load(files))
    assert (created, changed) == (1, 1)
    texts = DutyText.objects.filter(role="principal", unit_kind="filling")
    assert [one.version for one in texts.in_force(date(2026, 12, 31))] == [1]
    assert [one.clauses for one in texts.in_force(date(2027, 1, 1))] == [["新的职责。"]]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("  rule: order-73\n  title: 生产", "  rule: order-1\n  title: 生产", "order-1 不在法规标准表中"),
        ("    lift: {prefix: 电梯}\n", "    lift: {}\n", "没有 prefix"),
        ("title: 充装单位主要负责人安全职责", "titel: 充装", "titel 不认识"),
        ("    crane: {prefix: 起重机械}\n", "    crane: [起重机械]\n", "应只含"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_said_in_words(files: Files, old: str, new: str, complaint: str) -> Any:
    path = files.folder / "duty_texts.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    before = DutyText.objects.count()
    with pytest.raises(DataError) as wrong:
        load(files)
    assert complaint in str(wrong.value)
    assert DutyText.objects.count() == before
