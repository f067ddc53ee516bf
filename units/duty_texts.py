"""Reading the file of duty texts: titles and clauses per role, kind of unit and category (F11)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from config.reference import Row, Tally, overlaps, read, refuse_doubles, stop_if, sync
from units.models import DutyText, Rule
from units.models.unit import UnitKind
from units.roles import Role

CONFIDENCE = ("H", "M", "L")
KEY = ["role", "unit_kind", "category", "version"]


def load_duty_texts(path: Path) -> Tally:
    """Bring the duty texts to what the file says: one row per category and version.

    Raises DataError when a text cites a rule that is not in the rule table, has no clauses, leaves
    a placeholder unfilled, or would be in force together with another version of itself.
    """
    problems: list[str] = []
    document = read(path, problems)
    rows = document.rows("texts")
    document.done()
    rules = set(Rule.objects.values_list("key", flat=True))
    pairs = [(row, made) for row in rows for made in _texts(row, rules)]
    refuse_doubles([(row, tuple(made[name] for name in KEY)) for row, made in pairs], "version")
    for row, made in pairs:
        for _other, earlier in pairs:
            same = all(made[name] == earlier[name] for name in KEY[:3])
            is_later = same and earlier["version"] < made["version"]
            if is_later and overlaps(earlier["period"], made["period"]):
                row.complain("valid_from", f"与第 {earlier['version']} 版施行期间重叠")
    stop_if(problems)
    tally = Tally("岗位职责与守则")
    sync(DutyText, KEY, [made for _row, made in pairs], tally)
    return tally


def _texts(row: Row, rules: set[str]) -> list[dict[str, Any]]:
    rule = row.text("rule", longest=40)
    if rule and rule not in rules:
        row.complain("rule", f"的值 {rule} 不在法规标准表中")
    title = row.text("title", longest=80)
    common = row.texts("clauses")
    shared = {
        "role": row.text("role", choices=Role.values),
        "unit_kind": row.text("unit_kind", choices=UnitKind.values),
        "rule_key": rule,
        "version": row.number("version"),
        "confidence": row.text("confidence", choices=CONFIDENCE),
        "period": row.period(),
    }
    categories = row.mapping("categories")
    if not categories:
        row.complain("categories", "应至少有一个类别（不分类别写 ''）")
    row.done()
    made = []
    for category, own in categories.items():
        prefix, clauses = _own(row, category, own, common)
        text = [title, *clauses]
        if not prefix and any("{X}" in line for line in text):
            row.complain("categories", f"的 {category!r} 没有 prefix，而文本中有 {{X}}")
        title_here, *clauses_here = [line.replace("{X}", prefix) for line in text]
        made.append(shared | {"category": category, "title": title_here, "clauses": clauses_here})
    return made


def _own(row: Row, category: str, own: Any, common: list[str]) -> tuple[str, list[str]]:
    """The prefix of a category and its clauses: its own, or the common ones with its extra."""
    if not isinstance(own, dict) or not set(own) <= {"prefix", "clauses", "extra"}:
        row.complain("categories", f"的 {category!r} 应只含 prefix、clauses、extra")
        return "", common
    for name in ("clauses", "extra"):
        value = own.get(name, [])
        if not isinstance(value, list) or any(type(line) is not str for line in value):
            row.complain("categories", f"的 {category!r} 中 {name} 应为文本列表")
            return "", common
    clauses = list(own.get("clauses") or common)
    extra = own.get("extra", [])
    return own.get("prefix", ""), [*clauses[:-1], *extra, *clauses[-1:]]
