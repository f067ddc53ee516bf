"""Reference data of duties: the fixed control checklists, versioned and never edited."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange

from config.clock import start_of
from config.reference import Row, Tally, read, refuse_doubles, stop_if
from duties.enums import Cadence
from duties.models import Checklist, ChecklistItem
from equipment.enums import Category
from equipment.models import LicenceFamily
from units.models.unit import UnitKind

DATA = Path(__file__).resolve().parent / "data"
UNIT_KINDS = (UnitKind.USING, UnitKind.FILLING, UnitKind.PRODUCTION)
LONGEST = 300

# What makes a loaded list the list it is; none of it may change under the same version.
ITEM_FIELDS = ("key", "number", "risk_category", "item", "hazard", "measure", "is_severe")
LIST_FIELDS = ("unit_kind", "category", "cadence", "name")


def load() -> list[Tally]:
    """Load the fixed checklists from duties/data; see config.reference for what loading means."""
    paths = sorted((DATA / "checklists").glob("*.yaml"))
    return load_checklists(paths, DATA / "risk_categories.yaml")


def load_checklists(paths: Iterable[Path], risk_path: Path) -> list[Tally]:
    """Bring the fixed checklists to what the files say, without rewriting history.

    1. A list is known by its code; its versions follow each other in time without overlapping.
    2. A version that the database already has must read exactly as in the file: inspections were
       answered against it. A different wording is refused, with the advice to raise the version.
    3. A new version is a new row with its own items and validity; the one before it ends on the
       day the new one begins. Its rows, and their primary keys, stay.

    Raises DataError in words for whatever is wrong in the files.
    """
    problems: list[str] = []
    allowed = _risk_categories(read(risk_path, problems))
    families = set(LicenceFamily.objects.values_list("unit_kind", "code"))
    rows: list[tuple[Row, dict[str, Any]]] = []
    for path in paths:
        document = read(path, problems)
        rows += [(row, _checklist(row, allowed, families)) for row in document.rows("lists")]
        document.done()
    refuse_doubles([(row, (made["base"], made["version"])) for row, made in rows], "version")
    _refuse_two_lists_for_one_purpose(rows)
    stop_if(problems)
    stored = _stored()
    for row, made in rows:
        _refuse_rewriting(row, made, stored.get((made["base"], made["version"])))
    periods = _timelines(rows, stored)
    stop_if(problems)
    return _write(rows, stored, periods)


def _risk_categories(document: Row) -> dict[str, list[str]]:
    found = {}
    for row in document.rows("risk_categories"):
        found[row.text("unit_kind", choices=UNIT_KINDS)] = row.texts("names")
        row.done()
    document.done()
    return found


def _checklist(
    row: Row, allowed: dict[str, list[str]], families: set[tuple[str, str]]
) -> dict[str, Any]:
    unit_kind = row.text("unit_kind", choices=UNIT_KINDS)
    if unit_kind == UnitKind.USING:
        categories = list(Category.values)
    else:
        categories = sorted(code for kind, code in families if kind == unit_kind)
    base = row.text("code", longest=40, pattern=r"[UFP]-[A-Z]+-[DWM]")
    item_rows = row.rows("items")
    items = [
        _item(item, number, base, allowed.get(unit_kind, []))
        for number, item in enumerate(item_rows, 1)
    ]
    for name in ("key", "item"):
        refuse_doubles([(r, (made[name],)) for r, made in zip(item_rows, items, strict=True)], name)
    made = {
        "base": base,
        "version": row.number("version"),
        "unit_kind": unit_kind,
        "category": row.text("category", choices=categories),
        "cadence": row.text("cadence", choices=Cadence),
        "name": row.text("name", longest=100),
        "period": row.period(),
        "items": items,
    }
    row.done()
    return made


def _item(row: Row, number: int, base: str, allowed: list[str]) -> dict[str, Any]:
    row.label = str(row.values.get("key") or row.label)
    made = {
        "key": row.text("key", longest=60, pattern=rf"{base}-\d\d+"),
        "number": number,
        "risk_category": row.text("risk_category", choices=allowed),
        "item": row.text("item", longest=LONGEST),
        "hazard": row.text("hazard", longest=LONGEST),
        "measure": row.text("measure", longest=LONGEST),
        "is_severe": row.flag("severe"),
    }
    row.done()
    return made


def _refuse_two_lists_for_one_purpose(rows: list[tuple[Row, dict[str, Any]]]) -> None:
    """One code stands for one (unit kind, category, cadence), and the other way round."""
    purpose_of: dict[str, tuple[str, ...]] = {}
    code_of: dict[tuple[str, ...], str] = {}
    for row, made in rows:
        purpose = (made["unit_kind"], made["category"], made["cadence"])
        if purpose_of.setdefault(made["base"], purpose) != purpose:
            row.complain("code", "的适用对象与同代码的另一版本不同")
        if code_of.setdefault(purpose, made["base"]) != made["base"]:
            row.complain("code", f"与 {code_of[purpose]} 的适用单位、适用对象和管控形式相同")


def _stored() -> dict[tuple[str, int], Checklist]:
    """The fixed lists of the database by (code without version, version)."""
    fixed = Checklist.objects.filter(unit=None).prefetch_related("items")
    return {(one.code.rpartition("-V")[0], one.version): one for one in fixed}


def _refuse_rewriting(row: Row, made: dict[str, Any], one: Checklist | None) -> None:
    if one is None:
        return
    advice = "载入过的清单不得修改，请提高 version 并写明新的 valid_from"
    if any(getattr(one, name) != made[name] for name in LIST_FIELDS):
        row.complain("name", f"等与已载入的第 {one.version} 版不同；{advice}")
    if one.period.lower != made["period"].lower:
        row.complain(
            "valid_from", f"与已载入的第 {one.version} 版（{one.period.lower}）不同；{advice}"
        )
    loaded = [{name: getattr(item, name) for name in ITEM_FIELDS} for item in one.items.all()]
    if loaded == made["items"]:
        return
    by_key = {item["key"]: item for item in loaded}
    changed = [item["key"] for item in made["items"] if by_key.get(item["key"]) != item]
    gone = sorted(set(by_key) - {item["key"] for item in made["items"]})
    row.complain(
        "items", f"的 {'、'.join(changed + gone)} 与已载入的第 {one.version} 版不同；{advice}"
    )


def _timelines(
    rows: list[tuple[Row, dict[str, Any]]], stored: dict[tuple[str, int], Checklist]
) -> dict[tuple[str, int], DateRange]:
    """The period of every version: from its own first day until the next version's first day."""
    given: dict[str, list[tuple[int, DateRange, Row | None]]] = {}
    for row, made in rows:
        given.setdefault(made["base"], []).append((made["version"], made["period"], row))
    named = {(made["base"], made["version"]) for _row, made in rows}
    for (base, version), one in stored.items():
        if base in given and (base, version) not in named:
            given[base].append((version, one.period, None))
    periods = {}
    for base, versions in given.items():
        versions.sort(key=lambda entry: entry[0])
        for (version, period, row), (later, after, later_row) in pairwise(versions):
            complain_to = later_row or row
            if after.lower <= period.lower and complain_to:
                complain_to.complain("valid_from", f"：第 {later} 版须晚于第 {version} 版生效")
            ends = _earlier(period.upper, after.lower)
            periods[base, version] = DateRange(period.lower, ends, "[)")
        version, period, _row = versions[-1]
        periods[base, version] = period
    return periods


def _earlier(one: date | None, other: date) -> date:
    return other if one is None else min(one, other)


def _write(
    rows: list[tuple[Row, dict[str, Any]]],
    stored: dict[tuple[str, int], Checklist],
    periods: dict[tuple[str, int], DateRange],
) -> list[Tally]:
    lists, items = Tally("固定清单"), Tally("管控项")
    for key, one in stored.items():
        period = periods.get(key, one.period)
        items.unchanged += len(one.items.all())
        if one.period.upper == period.upper:
            lists.unchanged += 1
            continue
        one.period = period
        one.retired_at = start_of(period.upper) if period.upper else None
        one.save(update_fields=["period", "retired_at"])
        lists.changed += 1
    for _row, made in rows:
        key = (made["base"], made["version"])
        if key in stored:
            continue
        period = periods[key]
        one = Checklist.objects.create(
            code=f"{made['base']}-V{made['version']}",
            version=made["version"],
            period=period,
            enabled_at=start_of(period.lower),
            retired_at=start_of(period.upper) if period.upper else None,
            **{name: made[name] for name in LIST_FIELDS},
        )
        ChecklistItem.objects.bulk_create(
            ChecklistItem(checklist=one, **item) for item in made["items"]
        )
        lists.created += 1
        items.created += len(made["items"])
    return [lists, items]
