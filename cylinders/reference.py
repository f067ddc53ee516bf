"""Reference data of cylinders: kinds, media, periods and lives, number patterns (domain 6.3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from config.reference import Row, Tally, overlaps, read, refuse_doubles, stop_if, sync
from cylinders.enums import Nature
from cylinders.models import CylinderKind, CylinderRule, Medium, NumberRule
from cylinders.numbers import PARTS, fill
from cylinders.words import plain
from equipment.models import CatalogueEntry

DATA = Path(__file__).resolve().parent / "data"
CONFIDENCE = ("H", "M", "L")


def load() -> list[Tally]:
    """Load cylinders.yaml; see config.reference for what loading means."""
    return load_cylinders(DATA / "cylinders.yaml")


def load_cylinders(path: Path) -> list[Tally]:
    """Bring kinds, media, rules and number patterns to what the file says.

    Raises DataError when a kind's catalogue code is unknown, one word names two kinds or two media,
    a rule names an unknown kind, or two rules of one kind and nature share a day.
    """
    problems: list[str] = []
    document = read(path, problems)
    document.number("version")
    shared = {"period": document.period()}
    kinds = [(row, _kind(row) | shared) for row in document.rows("kinds")]
    media = [(row, _medium(row) | shared) for row in document.rows("media")]
    rules = [(row, _rule(row, shared["period"])) for row in document.rows("rules")]
    numbers = [(row, _number(row)) for row in document.rows("numbers")]
    document.done()
    for pairs in (kinds, media):
        refuse_doubles([(row, (made["code"],)) for row, made in pairs], "code")
        words = [
            (row, (word,))
            for row, made in pairs
            for word in dict.fromkeys(map(plain, [made["name"], *made["aliases"]]))
        ]
        refuse_doubles(words, "aliases")
        for place, (_row, made) in enumerate(pairs, 1):
            made["position"] = place
    _check_kinds(kinds, rules)
    _refuse_overlaps(rules)
    first_days = [(row, (made["key"], made["period"].lower)) for row, made in numbers]
    refuse_doubles(first_days, "valid_from")
    stop_if(problems)
    tallies = [Tally("气瓶品种"), Tally("充装介质"), Tally("气瓶检验周期与年限"), Tally("编号规则")]
    sync(CylinderKind, ["code"], [made for _row, made in kinds], tallies[0])
    sync(Medium, ["code"], [made for _row, made in media], tallies[1])
    sync(CylinderRule, ["kind_id", "natures", "period"], [made for _r, made in rules], tallies[2])
    sync(NumberRule, ["key", "period"], [made for _row, made in numbers], tallies[3])
    return tallies


def _kind(row: Row) -> dict[str, Any]:
    made = {
        "code": row.text("code", pattern=r"[a-z_]{2,30}"),
        "name": row.text("name", longest=40),
        "aliases": row.texts("aliases", optional=True),
        "variety": row.text("variety", pattern=r"[1-9]"),
        "is_vehicle": row.flag("vehicle"),
        "catalogue_id": row.text("catalogue", pattern=r"[0-9A-Z]{4}"),
    }
    row.done()
    return made


def _medium(row: Row) -> dict[str, Any]:
    made = {
        "code": row.text("code", pattern=r"[a-z_]{2,30}"),
        "name": row.text("name", longest=40),
        "aliases": row.texts("aliases", optional=True),
        "nature": row.text("nature", choices=Nature.values),
    }
    row.done()
    return made


def _rule(row: Row, period: Any) -> dict[str, Any]:
    natures = row.texts("natures")
    for nature in natures:
        if nature not in Nature.values:
            row.complain("natures", f"的值 {nature} 不在允许的范围内")
    extension = row.values.get("extension_years") is not None
    made = {
        "kind_id": row.text("kind"),
        "natures": natures,
        "inspection_months": row.number("inspection_months"),
        "life_years": row.number("life_years"),
        "extension_years": row.number("extension_years") if extension else 0,
        # A rule of a later edition names its own days.
        "period": row.period() if "valid_from" in row.values else period,
        "confidence": row.text("confidence", choices=CONFIDENCE),
        "source": row.text("source", longest=300, optional=True),
    }
    row.done()
    return made


def _number(row: Row) -> dict[str, Any]:
    made = {
        "key": row.text("key", choices=PARTS),
        "pattern": row.text("pattern", longest=120),
        "period": row.period(),
        "confidence": row.text("confidence", choices=CONFIDENCE),
        "source": row.text("source", longest=300, optional=True),
    }
    row.done()
    try:
        fill(made["pattern"], dict.fromkeys(PARTS.get(made["key"], ()), ""))
    except ValueError:
        row.complain("pattern", f"应恰有一个 {{serial}}，且只用认识的部分：{made['pattern']}")
    return made


def _check_kinds(
    kinds: list[tuple[Row, dict[str, Any]]], rules: list[tuple[Row, dict[str, Any]]]
) -> None:
    known = set(CatalogueEntry.objects.order_by("pk").values_list("pk", flat=True))
    for row, made in kinds:
        if made["catalogue_id"] and made["catalogue_id"] not in known:
            row.complain("catalogue", f"的值 {made['catalogue_id']} 不在设备目录中")
    codes = {made["code"] for _row, made in kinds}
    for row, made in rules:
        if made["kind_id"] and made["kind_id"] not in codes:
            row.complain("kind", f"的值 {made['kind_id']} 不在本文件的品种中")


def _refuse_overlaps(rules: list[tuple[Row, dict[str, Any]]]) -> None:
    for place, (row, made) in enumerate(rules):
        for other, earlier in rules[:place]:
            if (
                earlier["kind_id"] == made["kind_id"]
                and set(earlier["natures"]) & set(made["natures"])
                and overlaps(earlier["period"], made["period"])
            ):
                row.complain("natures", f"与第 {other.line} 行的品种、性质和有效期间重叠")
