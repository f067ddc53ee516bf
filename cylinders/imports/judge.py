"""What an import would do with every row of a sheet of cylinders (the plan)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from config.excel.kinds import Context
from config.excel.plan import Change, Line, Plan, Verdict, duplicates, lines_of, undisturbed
from config.excel.reader import Block, CellProblem, Sheet
from cylinders import fact_rules, twins
from cylinders.actions.items import facts_of, open_for_import
from cylinders.fact_rules import Asked, Judged
from cylinders.identity import LONGEST, identity_of
from cylinders.models import Batch
from cylinders.rules import Book
from cylinders.words import plain

_CHECKED = Asked._fields
_KEPT_MOST = 20_000
IDENTITY_LABEL = "制造单位+产品编号+制造年月"


class Judge:
    """One reading of one file for one application.

    `values` of a line are its cells in the order of the columns; nature and identity of each line
    stand beside them, by place.
    """

    def __init__(self, sheet: Sheet, context: Context, batch: Batch) -> None:
        self.sheet, self.context, self.batch = sheet, context, batch
        self.book = Book.on(context.day)
        self.lines: list[Line] = []
        self.natures: list[str] = []
        self.identities: list[str] = []
        # 设计使用年限 and 下次检验日期 as they stood in the cells.
        self._given: list[tuple[Any, Any]] = []
        self.names = [column.name for column in sheet.columns if column.imported]
        self.at = {name: place for place, name in enumerate(self.names)}
        self._checked_at = [self.at[name] for name in _CHECKED]
        self._verdicts: dict[Any, Judged] = {}
        self._plain: dict[str, str] = {}
        self._months: dict[date, str] = {}

    def plan(self) -> Plan:
        """Judge every row: the row itself, the rows among each other, then against the archive.

        1. Each cell, then the facts of a row together, a block at a time.
        2. Cylinders and labels that stand twice in the file.
        3. Rows of cylinders that the application holds already: what differs becomes a change.
        4. Cylinders and labels of other applications and of registered cylinders.
        """
        for block in self.sheet.blocks():
            self._read(block)
            self.context.progress(len(self.lines))
        self._find_twins()
        labels = self._compare()
        self._refuse_elsewhere(labels)
        return Plan(self.lines, list(self.sheet.notes), extra=self)

    def refuse(self, line: Line, name: str, text: str, code: str) -> None:
        """One more problem of a line, at the cell of a column."""
        label, address = self.sheet.label(name), self.sheet.address(name, line.number)
        line.refuse(CellProblem(label, address, text.rstrip("。"), code))

    # -------------------------------------------------------------- a row by itself
    def _read(self, block: Block) -> None:
        columns = block.columns
        verdicts = [
            self._verdict(asked) for asked in zip(*(columns[n] for n in _CHECKED), strict=True)
        ]
        wrong = [(place, one.wrongs) for place, one in enumerate(verdicts) if one.wrongs]
        self._given += zip(columns["life_years"], columns["next_inspection_on"], strict=True)
        # What was left empty is what the rule says.
        columns["life_years"] = [one.life_years for one in verdicts]
        columns["next_inspection_on"] = [one.next_inspection_on for one in verdicts]
        self.natures += [one.nature for one in verdicts]
        self.identities += self._identities(columns)
        lines = lines_of(block)
        self.lines += lines
        for place, wrongs in wrong:
            self._refuse_all(lines[place], wrongs)
        for place, kind in enumerate(columns["kind"]):
            if kind is not None and kind.is_vehicle:
                plate, vin = columns["plate"][place], columns["vin"][place]
                self._refuse_all(lines[place], fact_rules.vehicle_wrongs(kind, plate, vin))

    def _verdict(self, asked: tuple[Any, ...]) -> Judged:
        kind = asked[0]
        key = (None if kind is None else kind.code, *asked[1:])
        found = self._verdicts.get(key)
        if found is None:
            if len(self._verdicts) > _KEPT_MOST:
                self._verdicts.clear()
            found = self._verdicts[key] = fact_rules.judge(
                Asked(*asked), book=self.book, origin=self.batch.origin, day=self.context.day
            )
        return found

    def _refuse_all(self, line: Line, wrongs: Sequence[fact_rules.Wrong]) -> None:
        """Say what is wrong beside cells of which nothing worse has been said."""
        said = {problem.label for problem in line.problems}
        for wrong in wrongs:
            if not {self.sheet.label(name) for name in (wrong.name, *wrong.besides)} & said:
                self.refuse(line, *wrong[:3])

    def _identities(self, columns: dict[str, list[Any]]) -> list[str]:
        """As `identity_of`; makers and months are written once a file. "" while a part is missing."""
        folded, months = self._plain, self._months
        made = []
        for maker, number, month in zip(
            columns["manufacturer"], columns["product_no"], columns["made_on"], strict=True
        ):
            if not (maker and number and month):
                made.append("")
                continue
            if maker not in folded:
                folded[maker] = plain(maker)
            if month not in months:
                months[month] = f"{month:%Y-%m}"
            identity = f"{folded[maker]}|{plain(number)}|{months[month]}"
            made.append(identity if len(identity) <= LONGEST else identity_of(maker, number, month))
        return made

    # -------------------------------------------------------------- rows among each other
    def _find_twins(self) -> None:
        duplicates(
            self.lines,
            self.identities,
            label=IDENTITY_LABEL,
            address=lambda number: self.sheet.address("product_no", number),
        )
        at = self.at["qr_url"]
        duplicates(
            self.lines,
            [line.values[at] for line in self.lines],
            label=self.sheet.label("qr_url"),
            address=lambda number: self.sheet.address("qr_url", number),
        )

    # -------------------------------------------------------------- against the application
    def _compare(self) -> dict[str, tuple[str, int]]:
        """Match rows with what the application holds; return its labels -> (identity, number)."""
        held = {item["identity"]: item for item in facts_of(self.batch)}
        if not held:
            return {}
        kinds = self.book.kinds
        for place, line in enumerate(self.lines):
            item = held.get(self.identities[place])
            if item is not None:
                line.key, line.version = item["pk"], item["version"]
                if line.verdict != Verdict.REFUSED:
                    item["kind"] = kinds.get(item["kind_id"])
                    self._compare_line(place, line, item)
        return {item["qr_url"]: (identity, item["number"]) for identity, item in held.items()}

    def _compare_line(self, place: int, line: Line, item: dict[str, Any]) -> None:
        """An empty cell leaves what is stored; the facts are then judged as they would be."""
        stored = [item[name] for name in self.names]
        given = list(line.values)
        for name, value in zip(
            ("life_years", "next_inspection_on"), self._given[place], strict=True
        ):
            given[self.at[name]] = value
        merged = [old if new in ("", None) else new for new, old in zip(given, stored, strict=True)]
        changes = [
            Change(name, self.sheet.label(name), self._shown(name, old), self._shown(name, new))
            for name, new, old in zip(self.names, merged, stored, strict=True)
            if new != old
        ]
        verdict = self._verdict(tuple(merged[at] for at in self._checked_at))
        line.values, self.natures[place] = tuple(merged), verdict.nature
        if changes:
            self._refuse_all(line, verdict.wrongs)
        if line.verdict != Verdict.REFUSED:
            line.verdict = Verdict.CHANGE if changes else Verdict.SAME
            line.changes = changes

    def _shown(self, name: str, value: Any) -> str:
        column = next(column for column in self.sheet.columns if column.name == name)
        return column.show(value)

    # -------------------------------------------------------------- against everybody
    def _refuse_elsewhere(self, held: dict[str, tuple[str, int]]) -> None:
        at = self.at["qr_url"]
        met = twins.meet(
            self.identities,
            [line.values[at] for line in self.lines],
            unit_id=self.batch.unit_id,
            batch_id=self.batch.pk,
        )
        if not met and not held:
            return
        for line, identity in zip(self.lines, self.identities, strict=True):
            label = line.values[at]
            if identity and identity in met:
                self.refuse(line, "product_no", met[identity], "twin")
            if label in met:
                self.refuse(line, "qr_url", met[label], "label_twin")
            if label in held and held[label][0] != identity:
                text = (
                    f"已用于本申请序号 {held[label][1]} 的气瓶；若是更正产品编号、制造单位或"
                    "制造年月，请在气瓶清单中修改那一只，或先移出"
                )
                self.refuse(line, "qr_url", text, "label_taken")


def plan(sheet: Sheet, context: Context) -> Plan:
    """The plan of a sheet of cylinders for the application that the file was uploaded to.

    RuleBroken when there is no such application of the unit, or it may not be changed any more.
    """
    batch = open_for_import(context)
    with undisturbed():
        return Judge(sheet, context, batch).plan()
