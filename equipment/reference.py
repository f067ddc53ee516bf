"""Reference data of equipment: the catalogue, titles and documents, licence families."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from config.reference import Row, Tally, overlaps, read, refuse_doubles, stop_if, sync
from equipment.enums import Category
from equipment.models import CatalogueEntry, DutyTitle, LicenceFamily, LicenceItem
from units.models import Rule
from units.models.unit import UnitKind

DATA = Path(__file__).resolve().parent / "data"
POSTS = ("director", "officer")
DOCUMENTS = ("list", "director_duty", "officer_code", "daily", "weekly", "monthly")


def load() -> list[Tally]:
    """Load catalogue, titles and licence families; see config.reference for what loading means."""
    return [
        load_catalogue(DATA / "catalogue.yaml"),
        load_titles(DATA / "titles.yaml"),
        *load_licences(DATA / "licence_families.yaml"),
    ]


def load_catalogue(path: Path) -> Tally:
    """Bring the catalogue to what the file says.

    Raises DataError when a parent is missing, or a code that owes duties is registered in no way
    (decision 4).
    """
    problems: list[str] = []
    document = read(path, problems)
    shared = {"version": document.number("version"), "period": document.period()}
    rows = document.rows("entries")
    document.done()
    values = [_catalogue_entry(row) | shared for row in rows]
    pairs = list(zip(rows, values, strict=True))
    refuse_doubles([(row, (made["code"],)) for row, made in pairs], "code")
    parents = {made["code"]: made["parent_id"] for made in values}
    for row, made in pairs:
        if made["parent_id"] and made["parent_id"] not in parents:
            row.complain("parent", f"的值 {made['parent_id']} 不在本文件中")
        owes = made["duty_category"] != ""
        registered = made["registers"] != CatalogueEntry.Registers.NONE
        if owes != registered:
            row.complain("registers", "：有责任类别的须登记，没有责任类别的不登记")
    stop_if(problems)
    tally = Tally("设备目录")
    sync(CatalogueEntry, ["code"], _parents_first(values), tally)
    return tally


def _catalogue_entry(row: Row) -> dict[str, Any]:
    parent = row.text("parent", pattern=r"[0-9A-Z]{4}", optional=True)
    made = {
        "code": row.text("code", pattern=r"[0-9A-Z]{4}"),
        "name": row.text("name", longest=60),
        "parent_id": parent or None,
        # Written in every row, also when it is "": never derived from the code.
        "duty_category": row.text("duty_category", choices=Category, blank=True),
        "registers": row.text("registers", choices=CatalogueEntry.Registers.values),
    }
    row.done()
    return made


def _parents_first(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Order rows so that each comes after its parent; the tree is three levels deep."""
    done: set[str | None] = {None}
    ordered: list[dict[str, Any]] = []
    waiting = values
    while waiting:
        ready = [made for made in waiting if made["parent_id"] in done]
        if not ready:
            names = "、".join(made["code"] for made in waiting)
            stop_if([f"设备目录：代码 {names} 的上级互相指向，不成树"])
        ordered += ready
        done |= {made["code"] for made in ready}
        waiting = [made for made in waiting if made["code"] not in done]
    return ordered


def load_titles(path: Path) -> Tally:
    """Bring posts' and documents' titles to what the file says: one row per category and subject.

    Raises DataError when a set forgets a subject, a category has no prefix, a set cites a rule
    that is not in the rule table, or two wordings of one title overlap in time.
    """
    problems: list[str] = []
    document = read(path, problems)
    prefixes = _prefixes(document)
    sets = document.rows("sets")
    document.done()
    pairs = [(row, made) for row in sets for made in _titles(row, prefixes)]
    refuse_doubles(
        [(r, (m["unit_kind"], m["category"], m["subject"], m["version"])) for r, m in pairs],
        "version",
    )
    _refuse_overlaps(pairs)
    stop_if(problems)
    tally = Tally("职务与文书名称")
    key = ["unit_kind", "category", "subject", "version"]
    sync(DutyTitle, key, [made for _row, made in pairs], tally)
    return tally


def _prefixes(document: Row) -> dict[str, str]:
    prefixes = {"": ""}
    for row in document.rows("prefixes"):
        category = row.text("category", choices=Category)
        name = row.text("name", longest=40)
        if category and name != Category(category).label:
            row.complain("name", f"应为 {Category(category).label}")
        prefixes[category] = row.text("prefix", longest=40)
        row.done()
    return prefixes


def _titles(row: Row, prefixes: dict[str, str]) -> list[dict[str, Any]]:
    unit_kind = row.text("unit_kind", choices=UnitKind.values)
    version, period = row.number("version"), row.period()
    row.text("name")
    rule = row.text("rule", longest=40)
    if rule and not Rule.objects.filter(key=rule).exists():
        row.complain("rule", f"的值 {rule} 不在法规标准表中")
    categories = row.texts("categories")
    subjects = row.mapping("subjects")
    row.done()
    for category in categories:
        if category not in prefixes:
            row.complain("categories", f"的值 {category} 没有对应的 prefixes 行")
    expected = POSTS if categories == [""] else POSTS + DOCUMENTS
    if set(subjects) != set(expected):
        row.complain("subjects", f"应恰好包含 {'、'.join(expected)}")
    return [
        {
            "unit_kind": unit_kind,
            "category": category,
            "subject": subject,
            "title": str(title).replace("{X}", prefixes.get(category, "")),
            "prefix": prefixes.get(category, ""),
            "period": period,
            "version": version,
        }
        for category in categories
        for subject, title in subjects.items()
    ]


def _refuse_overlaps(pairs: list[tuple[Row, dict[str, Any]]]) -> None:
    seen: dict[tuple[str, str, str], list[tuple[Row, dict[str, Any]]]] = {}
    for row, made in pairs:
        same = seen.setdefault((made["unit_kind"], made["category"], made["subject"]), [])
        for other, earlier in same:
            if overlaps(earlier["period"], made["period"]) and other is not row:
                row.complain("valid_from", f"与第 {other.line} 行的 {earlier['title']} 有效期重叠")
        same.append((row, made))


def load_licences(path: Path) -> list[Tally]:
    """Bring licence families and the licence items mapped onto them to what the file says."""
    problems: list[str] = []
    document = read(path, problems)
    shared = {"version": document.number("version"), "period": document.period()}
    family_rows, item_rows = document.rows("families"), document.rows("items")
    document.done()
    families = [_family(row) | shared for row in family_rows]
    items = [_item(row) | shared for row in item_rows]
    codes = {made["code"] for made in families}
    for rows, values in ((family_rows, families), (item_rows, items)):
        pairs = zip(rows, values, strict=True)
        refuse_doubles([(row, (made["code"],)) for row, made in pairs], "code")
    for row, made in zip(item_rows, items, strict=True):
        if made["family_id"] not in codes:
            row.complain("family", f"的值 {made['family_id']} 不在 families 中")
    stop_if(problems)
    tallies = [Tally("许可清单类别"), Tally("许可项目")]
    sync(LicenceFamily, ["code"], families, tallies[0])
    sync(LicenceItem, ["code"], items, tallies[1])
    return tallies


def _family(row: Row) -> dict[str, Any]:
    made = {
        "code": row.text("code", longest=40, pattern=r"[a-z]+(_[a-z]+)*"),
        "name": row.text("name", longest=60),
        "unit_kind": row.text("unit_kind", choices=(UnitKind.PRODUCTION, UnitKind.FILLING)),
        "category": row.text("category", choices=Category),
    }
    row.done()
    return made


def _item(row: Row) -> dict[str, Any]:
    made = {
        "code": row.text("code", longest=60, pattern=r"[a-z]+(-[a-z]+)*"),
        "licence_type": row.text("licence_type", longest=40),
        "name": row.text("name", longest=120),
        "sub_items": row.texts("sub_items", optional=True),
        "family_id": row.text("family", longest=40),
    }
    row.done()
    return made
