"""Reference data of the shared tables: regions (GB/T 2260) and the dated rule table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from config.reference import (
    Row,
    Tally,
    overlaps,
    read,
    refuse_doubles,
    stop_if,
    sync,
)
from units.duty_texts import load_duty_texts
from units.models import Region, Rule

DATA = Path(__file__).resolve().parent / "data"
LABELS = ("daily", "weekly", "monthly", "weekly_report", "weekly_report_title", "monthly_minutes")
# The leading digits of its parent's code, per level of the parent.
# Setting -> its largest value: hours of the day, days after the due time.
ESCALATION = {"remind_hour": 23, "morning_hour": 19, "principal_after_days": 60}
PREFIX_DIGITS = {Region.Level.PROVINCE: 2, Region.Level.CITY: 4}
# What an article may be cited for (documents ask by these names).
TOPICS = ("chapter", "appointment", "principal", "penalty", "daily", "weekly", "monthly")
CONFIDENCE = ("H", "M", "L")


def load() -> list[Tally]:
    """Load regions, rules and duty texts from units/data; see config.reference for what loading means."""
    return [
        load_regions(DATA / "regions.yaml"),
        load_rules(DATA / "rules.yaml"),
        load_duty_texts(DATA / "duty_texts.yaml"),
    ]


def load_regions(path: Path) -> Tally:
    """Bring the regions to what the file says.

    Raises DataError when codes do not form a tree by prefix, or a label set is incomplete
    (decision 14). A region that ended stays, with its period closed.
    """
    problems: list[str] = []
    document = read(path, problems)
    label_sets = _label_sets(document)
    rows = document.rows("regions")
    document.done()
    values = [_region(row, label_sets) for row in rows]
    pairs = list(zip(rows, values, strict=True))
    refuse_doubles([(row, (made["code"],)) for row, made in pairs], "code")
    levels = {made["code"]: made["level"] for made in values}
    for row, made in pairs:
        _check_place_in_tree(row, made, levels)
    stop_if(problems)
    tally = Tally("行政区划")
    order = list(Region.Level.values)
    values.sort(key=lambda made: order.index(made["level"]))
    sync(Region, ["code"], values, tally)
    return tally


def _label_sets(document: Row) -> dict[str, dict[str, str]]:
    sets: dict[str, dict[str, str]] = document.mapping("label_sets")
    for name, labels in sets.items():
        missing = [label for label in LABELS if not labels.get(label)]
        unknown = [label for label in labels if label not in LABELS]
        if missing or unknown:
            document.complain(
                f"label_sets.{name}",
                f"缺少 {'、'.join(missing) or '无'}，不认识 {'、'.join(unknown) or '无'}",
            )
    return sets


def _region(row: Row, label_sets: dict[str, dict[str, str]]) -> dict[str, Any]:
    level = row.text("level", choices=Region.Level.values)
    parent = row.text("parent", pattern=r"\d{6}", optional=True)
    settings: dict[str, Any] = {}
    for name in ("also_known_as", "successor"):
        if text := row.text(name, longest=40, optional=True):
            settings[name] = text
    if hours := _escalation(row):
        settings["escalation"] = hours
    if level == Region.Level.PROVINCE:
        chosen = row.text("label_set", choices=label_sets)
        settings["labels"] = label_sets.get(chosen, {})
        settings["abbreviation"] = row.text("abbreviation", longest=1)
        settings["backfill_days"] = row.number("backfill_days", lowest=0)
    made = {
        "code": row.text("code", pattern=r"\d{6}"),
        "name": row.text("name", longest=40),
        "level": level,
        "parent_id": parent or None,
        "settings": settings,
        "period": row.period(open_start=True),
    }
    row.done()
    return made


def _escalation(row: Row) -> dict[str, int]:
    """When people of a region are reminded and misses go up (duties.escalation_timetable)."""
    given = row.mapping("escalation")
    for name, value in given.items():
        longest = ESCALATION.get(name)
        if longest is None:
            row.complain(f"escalation.{name}", f"不认识，应为 {'、'.join(ESCALATION)} 之一")
        elif isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= longest:
            row.complain(f"escalation.{name}", f"应为 0 至 {longest} 的整数，现为 {value!r}")
    return given


def _check_place_in_tree(row: Row, made: dict[str, Any], levels: dict[str, str]) -> None:
    parent, code = made["parent_id"], made["code"]
    successor = made["settings"].get("successor")
    if successor and successor not in levels:
        row.complain("successor", f"的值 {successor} 不在本文件中")
    if made["level"] == Region.Level.PROVINCE:
        if parent is not None or not code.endswith("0000"):
            row.complain("parent", "：省级代码应以 0000 结尾且没有上级")
        return
    digits = PREFIX_DIGITS.get(levels.get(parent, ""))
    if digits is None:
        row.complain("parent", f"的值 {parent} 不是本文件中的省级或市级代码")
    elif code[:digits] != parent[:digits] or code == parent:
        row.complain("parent", f"的值 {parent} 与代码 {code} 的前 {digits} 位不一致")


def load_rules(path: Path) -> Tally:
    """Bring the rule table to what the file says.

    An edition is found again by key and number; its dates may be corrected. Raises DataError when
    two editions of one key would be in force on the same day, in the file or with the database.
    """
    problems: list[str] = []
    document = read(path, problems)
    rows = document.rows("rules")
    document.done()
    values = [_rule(row) for row in rows]
    pairs = list(zip(rows, values, strict=True))
    refuse_doubles([(row, (made["key"], made["number"])) for row, made in pairs], "number")
    editions = [(made["key"], made["number"], made["period"]) for made in values]
    named = {edition[:2] for edition in editions}
    stored = Rule.objects.values_list("key", "number", "period")
    editions += [edition for edition in stored if edition[:2] not in named]
    for row, made in pairs:
        for key, number, period in editions:
            if key == made["key"] and number != made["number"] and overlaps(period, made["period"]):
                row.complain("valid_from", f"与同一规则的 {number} 施行期间重叠")
    stop_if(problems)
    tally = Tally("法规标准")
    sync(Rule, ["key", "number"], values, tally)
    return tally


def _rule(row: Row) -> dict[str, Any]:
    articles = row.mapping("articles")
    for topic, by_category in articles.items():
        if topic not in TOPICS or not isinstance(by_category, dict):
            row.complain("articles", f"的条目 {topic} 不认识，或不是“类别: 条款”")
    made = {
        "key": row.text("key", longest=40, pattern=r"[a-z0-9]+(-[a-z0-9]+)*"),
        "number": row.text("number", longest=80),
        "title": row.text("title", longest=120),
        "period": row.period(),
        "articles": articles,
        "confidence": row.text("confidence", choices=CONFIDENCE),
        "note": row.text("note", longest=2000, optional=True),
    }
    row.done()
    return made
