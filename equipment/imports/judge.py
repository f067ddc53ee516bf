"""What an import would do with every row of a sheet of machines (the plan)."""

from __future__ import annotations

from typing import Any

from django.db import connection

from config.errors import RuleBroken
from config.excel.kinds import Context
from config.excel.plan import Change, Line, Plan, Verdict, duplicates, lines_of, undisturbed
from config.excel.reader import CellProblem, Sheet
from equipment import queries, rules
from equipment.actions.binding import misfits
from equipment.actions.numbers import UNIQUE, taken
from equipment.enums import Category, UseStatus
from equipment.imports.columns import FACT_NAMES
from equipment.imports.known import Index, Known, archive_of, held_elsewhere
from equipment.models import CatalogueEntry, Equipment
from units.models import Staff

# Serialises two imports of one unit's machines.
LOCK = "equipment.imports"


class Judge:
    """One reading of one file for one unit."""

    def __init__(self, sheet: Sheet, context: Context) -> None:
        self.sheet, self.context = sheet, context
        self.unit_id = context.actor.unit_id
        self.day = context.day
        self.lines: list[Line] = []
        self.officers: list[queries.Officer] = []
        self._staff: dict[tuple[str, str], Any] = {}
        self._fits: dict[tuple[int, str, str], str] = {}
        self._entry_pairs: dict[tuple[str, str], str] = {}
        self._names = [column.name for column in sheet.columns if column.imported]
        self._at = {name: place for place, name in enumerate(self._names)}

    def plan(self) -> Plan:
        """Judge every row: the row itself, the rows among each other, then against the archive.

        1. When writing, the lock of this unit's imports and the officers' rows are taken first.
        2. Each cell and each row by itself, a block at a time.
        3. Numbers that stand twice in the file.
        4. The unit's machines are matched and locked; what differs becomes a change.
        5. Numbers that other units hold are refused without saying whose they are.
        """
        self._take_turns()
        self.officers = queries.officers([self.unit_id], day=self.day)
        self._read_rows()
        self._find_twins()
        matched = self._match()
        self._compare(matched)
        self._refuse_foreign()
        return Plan(self.lines, list(self.sheet.notes), extra=self)

    def _read_rows(self) -> None:
        for block in self.sheet.blocks():
            lines = lines_of(block)
            self.lines += lines
            for line in lines:
                self._judge_row(line)
            self.context.progress(len(self.lines))

    def value(self, line: Line, name: str) -> Any:
        """A cleaned value of a line."""
        return line.values[self._at[name]]

    def refuse(self, line: Line, name: str, text: str, code: str) -> None:
        """One more problem of a line, at the cell of a column."""
        label, address = self.sheet.label(name), self.sheet.address(name, line.number)
        line.refuse(CellProblem(label, address, text.rstrip("。"), code))

    def _refuse_rule(self, line: Line, name: str, broken: RuleBroken) -> None:
        self.refuse(line, name, broken.message, broken.code)

    def _take_turns(self) -> None:
        if not self.context.is_writing:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{LOCK}:{self.unit_id}"]
            )
        people = [one.staff.pk for one in queries.officers([self.unit_id], day=self.day)]
        staff = Staff.objects.select_for_update(of=("self",), no_key=True)
        list(staff.filter(pk__in=people).order_by("pk").values_list("pk"))

    # -------------------------------------------------------------- a row by itself
    def _judge_machine(self, line: Line) -> None:
        """The machine's own facts: catalogue, category, quantity, dates."""
        at, values = self._at, line.values
        entry = self._entry(line, values[at["catalogue"]], values[at["variety"]])
        if entry is not None:
            if values[at["catalogue"]] is None:
                place = at["catalogue"]
                line.values = values = (*values[:place], entry, *values[place + 1 :])
            category = values[at["category"]]
            if category and category != entry.duty_category:
                label = Category(entry.duty_category).label
                self.refuse(
                    line, "category", f"与设备品种不一致，{entry}属于{label}", "category_differs"
                )
            if not (values[at["quantity"]] is None and values[at["product_no"]] == ""):
                self._judge_facts(
                    line, entry, values[at["quantity"]] or 1, values[at["product_no"]]
                )
        since = values[at["in_use_since"]]
        if since is not None and since > self.day:
            try:
                rules.refuse_in_use_since(since, day=self.day)
            except RuleBroken as broken:
                self._refuse_rule(line, "in_use_since", broken)

    def _judge_row(self, line: Line) -> None:
        self._judge_machine(line)
        at, values = self._at, line.values
        code, number = values[at["equipment_code"]], values[at["registration_no"]]
        if not (code or number or values[at["inner_no"]]):
            wrong = {problem.label for problem in line.problems}
            labels = {
                self.sheet.label(n) for n in ("equipment_code", "registration_no", "inner_no")
            }
            if not wrong & labels:
                self.refuse(
                    line,
                    "equipment_code",
                    "设备代码、使用登记证编号、单位内编号至少填一项，否则再次导入时认不出是同一台设备",
                    "no_identity",
                )
        if values[at["officer"]] or values[at["officer_phone"]]:
            self._officer(line)

    def _judge_facts(
        self, line: Line, entry: CatalogueEntry, quantity: int, product_no: str
    ) -> None:
        try:
            rules.refuse_quantity(entry, quantity)
        except RuleBroken as broken:
            self._refuse_rule(line, "quantity", broken)
        try:
            rules.refuse_single_cylinder(entry, product_no)
        except RuleBroken as broken:
            self._refuse_rule(line, "product_no", broken)

    def _entry(
        self, line: Line, by_code: CatalogueEntry | None, by_name: CatalogueEntry | None
    ) -> CatalogueEntry | None:
        if by_code is None and by_name is None:
            wrong = {problem.label for problem in line.problems}
            if not wrong & {self.sheet.label("catalogue"), self.sheet.label("variety")}:
                self.refuse(line, "catalogue", "设备品种代码和名称至少填一项", "required")
            return None
        if by_code is not None and by_name is not None and by_code.pk != by_name.pk:
            if by_code.name != by_name.name:
                self.refuse(
                    line,
                    "variety",
                    f"与品种代码不一致，{by_code.code} 是“{by_code.name}”",
                    "variety_differs",
                )
            return by_code
        return by_code or by_name

    def entry_of(self, line: Line) -> CatalogueEntry:
        """The catalogue entry of a line that was not refused."""
        return self.value(line, "catalogue")

    # -------------------------------------------------------------- officers
    def officer_of(self, line: Line) -> queries.Officer | None:
        """The officer a line names; None when it names nobody or nobody that can be found."""
        key = (self.value(line, "officer"), self.value(line, "officer_phone"))
        found = self._staff.get(key)
        return found if isinstance(found, queries.Officer) else None

    def _officer(self, line: Line) -> None:
        key = (self.value(line, "officer"), self.value(line, "officer_phone"))
        if key not in self._staff:
            self._staff[key] = self._find_officer(*key)
        found = self._staff[key]
        if isinstance(found, tuple):
            self.refuse(line, *found)

    def _find_officer(self, name: str, phone: str) -> Any:
        """An Officer, or (column, sentence, code) saying why there is none."""
        if phone:
            found = [one for one in self.officers if one.staff.user.phone == phone]
            if not found:
                sentence = (
                    "本单位没有使用这个手机号的安全员，请先在“人员管理”中登记并设置安全员身份"
                )
                return "officer_phone", sentence, "officer_unknown"
            if name and found[0].staff.name != name:
                sentence = f"与姓名不一致，这个手机号登记的是{found[0].staff.name}"
                return "officer_phone", sentence, "officer_differs"
            return found[0]
        found = [one for one in self.officers if one.staff.name == name]
        if len(found) > 1:
            sentence = f"本单位有 {len(found)} 名安全员叫{name}，请填写手机号"
            return "officer_phone", sentence, "officer_ambiguous"
        if not found:
            sentence = f"本单位没有名为“{name}”的安全员，请先在“人员管理”中登记并设置安全员身份"
            return "officer", sentence, "officer_unknown"
        return found[0]

    def refuse_misfit(
        self, line: Line, officer: queries.Officer, category: str, status: str
    ) -> None:
        """Refuse an officer whose scope does not cover the machine, in the words of 批量修改."""
        key = (officer.staff.pk, category, status)
        if key not in self._fits:
            found = misfits([Equipment(category=category, status=status)], officer)
            self._fits[key] = found[0][1] if found else ""
        if reason := self._fits[key]:
            text = f"{officer.staff.name}（分管：{officer.scope_label}）不能绑定：{reason}"
            self.refuse(line, "officer", text, "officer_scope")

    # -------------------------------------------------------------- rows among each other
    def _find_twins(self) -> None:
        for name in ("equipment_code", "registration_no"):
            at = self._at[name]
            duplicates(
                self.lines,
                [line.values[at] for line in self.lines],
                label=self.sheet.label(name),
                address=lambda number, name=name: self.sheet.address(name, number),
            )
        code, number, inner, called = (
            self._at[n] for n in ("equipment_code", "registration_no", "inner_no", "name")
        )
        keys = [
            (v[inner], v[called]) if not v[code] and not v[number] and v[inner] else None
            for v in (line.values for line in self.lines)
        ]
        duplicates(
            self.lines,
            keys,
            label=self.sheet.label("inner_no"),
            address=lambda number: self.sheet.address("inner_no", number),
        )

    # -------------------------------------------------------------- against the archive
    def _match(self) -> dict[int, list[Line]]:
        """Lines by the machine of the unit they mean: by 设备代码, else 登记证编号, else 内编号+名称."""
        index = Index(self.unit_id)
        matched: dict[int, list[Line]] = {}
        if index.is_empty:
            return matched
        at = self._at
        for line in self.lines:
            v = line.values
            several, pk = index.find(
                v[at["equipment_code"]],
                v[at["registration_no"]],
                v[at["inner_no"]],
                v[at["name"]],
                is_scrapped=v[at["status"]] == UseStatus.SCRAPPED,
            )
            if pk is not None:
                line.key = pk
                matched.setdefault(pk, []).append(line)
            elif several:
                self.refuse(
                    line,
                    "inner_no",
                    "本单位有多台内编号和名称都相同的设备，请填写设备代码或使用登记证编号",
                    "ambiguous",
                )
        for lines in matched.values():
            for line in lines[1:]:
                text = f"与第 {lines[0].number} 行是同一台设备，请只保留一行"
                self.refuse(line, "name", text, "duplicate_in_file")
                if len(lines[0].problems) == 0:
                    text = f"与第 {line.number} 行是同一台设备，请只保留一行"
                    self.refuse(lines[0], "name", text, "duplicate_in_file")
        self._refuse_crossed(index)
        return matched

    def _refuse_crossed(self, index: Index) -> None:
        """A number of the row that another machine of the unit holds."""
        for line in self.lines:
            if line.verdict == Verdict.REFUSED or self.value(line, "status") == UseStatus.SCRAPPED:
                continue
            for constraint, (name, _label) in UNIQUE.items():
                holder = index.holder(name, self.value(line, name))
                if holder is not None and holder[0] != line.key:
                    broken = taken(constraint, is_own=True, name=holder[1])
                    self._refuse_rule(line, name, broken)

    def _compare(self, matched: dict[int, list[Line]]) -> None:
        for known in archive_of(sorted(matched), is_locking=self.context.is_writing):
            for line in matched[known.pk]:
                if line.verdict != Verdict.REFUSED:
                    self._compare_line(line, known)
        for line in self.lines:
            if line.verdict == Verdict.CREATE and line.key is None:
                officer = self.officer_of(line)
                if officer is not None:
                    category = self.entry_of(line).duty_category
                    self.refuse_misfit(line, officer, category, self.value(line, "status"))

    def _compare_line(self, line: Line, known: Known) -> None:
        present = known.values
        line.version = present["version"]
        status = self.value(line, "status")
        if status != present["status"]:
            shown = UseStatus(present["status"]).label
            text = f"这台设备在档案中是“{shown}”；导入不改变使用状态，请在设备页办理状态变更"
            self.refuse(line, "status", text, "status_differs")
        entry = self.entry_of(line)
        quantity = self.value(line, "quantity") or present["quantity"]
        product_no = self.value(line, "product_no") or present["product_no"]
        self._judge_facts(line, entry, quantity, product_no)
        changes = []
        if entry.pk != present["catalogue_id"]:
            changes.append(Change("catalogue", "设备品种", present["catalogue_id"], str(entry)))
        for name in FACT_NAMES:
            value = self.value(line, name)
            if value not in ("", None) and value != present[name]:
                before = "" if present[name] is None else str(present[name])
                changes.append(Change(name, self.sheet.label(name), before, str(value)))
        self._compare_officer(line, present, entry, changes)
        if line.verdict != Verdict.REFUSED:
            line.verdict = Verdict.CHANGE if changes else Verdict.SAME
            line.changes = changes

    def _compare_officer(
        self, line: Line, present: dict[str, Any], entry: CatalogueEntry, changes: list[Change]
    ) -> None:
        named, bound, name = self.officer_of(line), present["officer_id"], present["officer"]
        if named is not None and named.staff.pk != bound:
            self.refuse_misfit(line, named, entry.duty_category, present["status"])
            changes.append(Change("officer", "安全员", name or "未绑定", named.staff.name))
        elif bound is not None and entry.duty_category != present["category"]:
            scope = next((one for one in self.officers if one.staff.pk == bound), None)
            if scope is None or not scope.covers(entry.duty_category):
                label = Category(entry.duty_category).label
                text = f"改为该品种后类别变为“{label}”，现任安全员{name}不分管此类别，请同时填写新的安全员"
                self.refuse(line, "catalogue", text, "officer_scope")

    def _refuse_foreign(self) -> None:
        for constraint, (name, _label) in UNIQUE.items():
            lines = {
                self.value(line, name): line
                for line in self.lines
                if line.verdict in (Verdict.CREATE, Verdict.CHANGE)
                and self.value(line, "status") != UseStatus.SCRAPPED
            }
            numbers = [number for number in lines if number]
            for number in held_elsewhere(name, numbers, unit_id=self.unit_id):
                self._refuse_rule(lines[number], name, taken(constraint, is_own=False))


def plan(sheet: Sheet, context: Context) -> Plan:
    """The plan of a sheet of machines for the actor's unit."""
    with undisturbed():
        return Judge(sheet, context).plan()
