"""The kind "archive": a bureau imports historical machines, which wait for their units (F1, F29).

The columns are those of the machine import without the officer, behind 使用单位名称,
统一社会信用代码 and 区县. A row is known by its 设备代码, else by its 使用登记证编号.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Q

from config.errors import RuleBroken
from config.excel.columns import CodeColumn, Column, ReferenceColumn, TextColumn
from config.excel.kinds import Context, ImportKind
from config.excel.plan import Change, Line, Plan, Verdict
from config.excel.reader import Sheet
from equipment.actions.archive import ArchiveRow, rewrite, take_in
from equipment.enums import UseStatus
from equipment.imports import columns as machine_columns
from equipment.imports.columns import FACT_NAMES
from equipment.imports.judge import Judge
from equipment.imports.known import PIECE
from equipment.models import ArchiveRecord, Equipment
from units.models import Bureau, Region
from units.queries_registration import full_name
from units.roles import Can
from units.validators import credit_code_problem

LOCK = "equipment.imports.archive"
NOT_FOR_BUREAUS = ("officer", "officer_phone")
NUMBERS = ("equipment_code", "registration_no")
# What the plan compares of a waiting record besides its facts.
OWNER = {"unit_name": "使用单位名称", "credit_code": "统一社会信用代码"}
_UNSEEN = "这个号码已在其他辖区的历史设备中等待认领，请与该辖区的市场监管局核对"


def columns(context: Context) -> list[Column]:
    """The columns of the sheet; the districts offered are those of the bureau's region."""
    districts = list(
        Region.objects.pickable(context.day)
        .filter(code__startswith=context.actor.region_prefix or "?")
        .select_related("parent__parent")
        .order_by("code")
    )
    kept = [one for one in machine_columns.columns(context) if one.name not in NOT_FOR_BUREAUS]
    return [
        TextColumn(
            "unit_name",
            "使用单位名称",
            required="请填写使用单位名称",
            longest=120,
            note="与营业执照一致的全称；单位注册时名称和代码都一致的，直接开户。",
            example="某某物业管理有限公司",
            width=28,
        ),
        CodeColumn(
            "credit_code",
            "统一社会信用代码",
            required="请填写统一社会信用代码",
            check=_credit_code,
            note="18 位，使用单位按它认领。",
            example="91500103MA0000001U",
            width=22,
        ),
        ReferenceColumn(
            "region",
            "区县",
            find=lambda text: _find_district(text, districts),
            shown=lambda region: region.name,
            offered=lambda: [region.name for region in districts],
            required="请选择区县",
            note="设备使用地点所在的区县，须在本局辖区内。",
            example=districts[0].name if districts else "",
            width=12,
        ),
        *kept,
    ]


def _credit_code(text: str) -> str:
    code = "".join(text.split()).upper()
    if problem := credit_code_problem(code):
        raise RuleBroken("credit_code_wrong", problem)
    return code


def _find_district(text: str, districts: list[Region]) -> Region:
    wanted = "".join(text.split())
    found = [one for one in districts if wanted in {one.code, one.name, full_name(one)}]
    if len(found) == 1:
        return found[0]
    if found:
        names = "、".join(full_name(one) for one in found[:4])
        raise RuleBroken("region_ambiguous", f"本辖区有多个“{text[:20]}”，请写明：{names}")
    raise RuleBroken("region_unknown", f"“{text[:20]}”不是本局辖区内现行的区县")


class ArchiveJudge(Judge):
    """One reading of one file for one bureau."""

    def plan(self) -> Plan:
        """Judge every row by itself, the rows among each other, then against what is known.

        1. When writing, imports of historical machines take turns.
        2. Records of the same number: one that waits is changed, one that was claimed is the same,
           one that its unit declined is refused with the unit's reason.
        3. Machines that another unit has archived under the number are refused.
        """
        if self.context.is_writing:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [LOCK])
        self._read_rows()
        self._find_twins()
        self._meet_records()
        self._refuse_archived()
        return Plan(self.lines, list(self.sheet.notes), extra=self)

    def facts_of(self, line: Line) -> dict[str, Any]:
        """The facts of a line as a record keeps them: filled ones only, JSON-ready."""
        facts = {name: self.value(line, name) for name in (*FACT_NAMES, "status")}
        facts["catalogue"] = self.entry_of(line).pk
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in facts.items()
            if value not in ("", None)
        }

    def row_of(self, line: Line) -> ArchiveRow:
        """What is written of a line that was not refused."""
        return ArchiveRow(
            credit_code=self.value(line, "credit_code"),
            unit_name=self.value(line, "unit_name"),
            region_code=self.value(line, "region").pk,
            facts=self.facts_of(line),
        )

    # -------------------------------------------------------------- a row by itself
    def _judge_row(self, line: Line) -> None:
        self._judge_machine(line)
        numbers = [self.value(line, name) for name in NUMBERS]
        wrong = {problem.label for problem in line.problems}
        if not any(numbers) and not wrong & {self.sheet.label(name) for name in NUMBERS}:
            text = "设备代码、使用登记证编号至少填一项，否则再次导入时认不出是同一台设备"
            self.refuse(line, "equipment_code", text, "no_identity")

    # -------------------------------------------------------------- against what is known
    def _meet_records(self) -> None:
        by_number: dict[str, dict[str, list[ArchiveRecord]]] = {name: {} for name in NUMBERS}
        for record in self._records():
            for name in NUMBERS:
                if number := getattr(record, name):
                    by_number[name].setdefault(number, []).append(record)
        for line in self.lines:
            if line.verdict == Verdict.REFUSED:
                continue
            met = {
                record.pk: record
                for name in NUMBERS
                for record in by_number[name].get(self.value(line, name), ())
            }
            if met:
                self._meet(line, [met[pk] for pk in sorted(met)])

    def _records(self) -> list[ArchiveRecord]:
        found: dict[int, ArchiveRecord] = {}
        for name in NUMBERS:
            numbers = [text for line in self.lines if (text := self.value(line, name))]
            for start in range(0, len(numbers), PIECE):
                rows = ArchiveRecord.objects.filter(
                    **{f"{name}__in": numbers[start : start + PIECE]}
                )
                if self.context.is_writing:
                    rows = rows.select_for_update(of=("self",), no_key=True)
                found |= {row.pk: row for row in rows.order_by("pk")}
        return list(found.values())

    def _meet(self, line: Line, records: list[ArchiveRecord]) -> None:
        waiting = [one for one in records if one.claimed_at is None and one.declined_at is None]
        if len(waiting) > 1:
            text = "设备代码和使用登记证编号分别属于两台待认领的设备，请核对"
            self.refuse(line, "equipment_code", text, "two_records")
        elif waiting:
            self._compare_record(line, waiting[0])
        else:
            same = [one for one in records if one.credit_code == self.value(line, "credit_code")]
            claimed = [one for one in same if one.claimed_at is not None]
            if claimed:
                line.verdict, line.key = Verdict.SAME, claimed[0].pk
            elif same:
                text = f"该单位已否认这台设备（{same[-1].decline_reason}），请核实使用单位后再导入"
                self.refuse(line, "credit_code", text, "declined")

    def _compare_record(self, line: Line, record: ArchiveRecord) -> None:
        prefix = self.context.actor.region_prefix or "?"
        if not record.region_id.startswith(prefix):
            self.refuse(line, "equipment_code", _UNSEEN, "waits_elsewhere")
            return
        row = self.row_of(line)
        line.key = record.pk
        changes = [
            Change(name, label, getattr(record, name), getattr(row, name))
            for name, label in OWNER.items()
            if getattr(record, name) != getattr(row, name)
        ]
        if record.region_id != row.region_code:
            region = self.value(line, "region")
            changes.append(Change("region", "区县", record.region_id, region.name))
        changes += [
            Change(name, self.sheet.label(name), str(record.facts.get(name, "")), str(value))
            for name, value in row.facts.items()
            if record.facts.get(name) != value
        ]
        line.verdict = Verdict.CHANGE if changes else Verdict.SAME
        line.changes = changes

    def _refuse_archived(self) -> None:
        """Numbers of machines in the archive: their own unit may link them, others may not."""
        lines: dict[tuple[str, str], Line] = {}
        for line in self.lines:
            if line.verdict in (Verdict.CREATE, Verdict.CHANGE):
                lines |= {(name, self.value(line, name)): line for name in NUMBERS}
        machines = Equipment.objects.exclude(status=UseStatus.SCRAPPED)
        for name in NUMBERS:
            numbers = [number for field, number in lines if field == name and number]
            for start in range(0, len(numbers), PIECE):
                piece = Q(**{f"{name}__in": numbers[start : start + PIECE]})
                rows = machines.filter(piece).order_by("pk").values_list(name, "unit__credit_code")
                for number, credit_code in rows:
                    line = lines[name, number]
                    if credit_code != self.value(line, "credit_code"):
                        text = "已由另一单位建档，请核实使用单位"
                        self.refuse(line, name, text, "archived_elsewhere")


def plan(sheet: Sheet, context: Context) -> Plan:
    """The plan of a sheet of historical machines for the actor's bureau."""
    return ArchiveJudge(sheet, context).plan()


def apply(planned: Plan, context: Context) -> dict[str, int]:
    """Write the create and change lines; the plan holds the locks."""
    judge: ArchiveJudge = planned.extra
    bureau = Bureau.objects.get(pk=context.actor.bureau_id)
    creating = [judge.row_of(line) for line in planned.of(Verdict.CREATE)]
    changing = {line.key: judge.row_of(line) for line in planned.of(Verdict.CHANGE)}
    rewrite(changing, actor=context.actor, now=context.now)
    take_in(bureau, creating, actor=context.actor, now=context.now)
    return {"create": len(creating), "change": len(changing)}


ARCHIVE = ImportKind(
    name="archive",
    label="历史设备",
    unit="台",
    capability=Can.ARCHIVE_IMPORT,
    columns=columns,
    plan=plan,
    apply=apply,
    preview=(
        "unit_name",
        "credit_code",
        "region",
        "name",
        "catalogue",
        "equipment_code",
        "registration_no",
        "place",
    ),
    list_url="equipment:archive-list",
    guide=(
        "同一台设备按设备代码识别，没有的按使用登记证编号识别。仍待认领的设备再次导入会更新，已认领的不再改变。",
        "导入后由使用单位在“设备认领”中认领或否认；未注册的单位注册时，名称、代码和区县都一致的直接开户。",
    ),
    may=lambda actor: actor.bureau_id is not None,
)
