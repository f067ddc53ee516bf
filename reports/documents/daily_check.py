"""The record form of a signed inspection: 《每日X安全检查记录》 (F61, F66; domain 2.2), and ours of
the weekly and monthly rounds, 《X安全周排查记录》 and 《X安全月调度检查记录》.

Pure: plain values and loaded rows go in, a frozen dataclass comes out. Nothing that a role could
change later is looked up: facts, answers and checklist are those frozen at signing, titles and
rules those of the inspection's own date. The marks 补录, 离线 and 停用 follow from the inspection
alone, so nobody can leave them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from config.clock import local_day
from config.words import cn_date, cn_month, cn_week
from duties.enums import Cadence, Handling, Level, Result, RoundStatus
from duties.models import Inspection
from hazards.models import Hazard, HazardEvent
from reports.documents.marks import marks_of
from reports.documents.parts import DutyForm, common, day_of
from units.models import Rule

KIND = "daily_check"
# The kind of document by the cadence of the round.
KINDS = {
    Cadence.DAILY.value: KIND,
    Cadence.WEEKLY.value: "weekly_check",
    Cadence.MONTHLY.value: "monthly_check",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One labelled value of the head of a form that is not about a machine."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo of the form: its number on the form, the item it belongs to (0: none), the copy."""

    number: int
    item_number: int
    file_id: str
    caption: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table: an item of the frozen checklist and its answer."""

    number: int
    risk_category: str
    item: str
    standard: str
    result: str
    result_label: str
    hazard: str
    is_severe: bool
    handling: str
    pictures: tuple[int, ...]
    no_photo_reason: str
    note: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """What was done about a hazard after it was reported: who, when, what."""

    item_number: int
    what: str
    who: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class DailyCheck(DutyForm):
    """Every field of the form."""

    equipment_name: str
    catalogue_name: str
    equipment_code: str
    registration_no: str
    inner_no: str
    place: str
    next_inspection_on: str
    period_on: date
    started_at: datetime
    finished_at: datetime
    round_status: str
    stop_reason: str
    timing: str
    lines: tuple[Line, ...]
    pictures: tuple[Picture, ...]
    passed: int
    failed: int
    not_applicable: int
    hazard_count: int
    report_to: str
    opinions: tuple[Opinion, ...]
    officer_title: str
    officer_name: str
    director_title: str
    signature_file_id: str
    signed_at: datetime
    signed_with: tuple[str, ...]
    checklist_hash: str
    # Since the forms of every round; documents issued before are daily ones of machines.
    cadence: str = Cadence.DAILY.value
    level: str = Level.OFFICER.value
    facts: tuple[Fact, ...] = ()

    @property
    def is_daily(self) -> bool:
        return self.cadence == Cadence.DAILY

    @property
    def fact_rows(self) -> list[tuple[Fact, ...]]:
        """The facts two to a row, as the head of the form has them."""
        return [self.facts[at : at + 2] for at in range(0, len(self.facts), 2)]

    @property
    def period_words(self) -> str:
        """The day, week or month that was owed, in words."""
        if self.cadence == Cadence.WEEKLY:
            return f"{self.period_on.isocalendar().year}年{cn_week(self.period_on)}"
        return cn_month(self.period_on) if not self.is_daily else cn_date(self.period_on)

    @property
    def is_stopped(self) -> bool:
        return self.round_status == RoundStatus.STOPPED

    @property
    def is_in_use(self) -> bool:
        return not self.is_stopped

    @property
    def is_clear(self) -> bool:
        """The zero-risk report: inspected, and nothing found."""
        return not self.is_stopped and self.hazard_count == 0

    @property
    def spans_days(self) -> bool:
        """Whether start or finish are told as moments: other days than one, a week, a month."""
        return not self.is_daily or {
            local_day(self.started_at),
            local_day(self.finished_at),
        } != {self.period_on}

    @property
    def conclusion(self) -> str:
        """The conclusion as one sentence, beside the ticked boxes."""
        if self.is_stopped:
            # A licence or a station stands still by a 停产 of its unit only.
            what = "设备停用" if self.catalogue_name else "单位停产"
            return f"{what}，本次未逐项检查。{what[2:]}原因：{self.stop_reason}"
        if self.is_clear:
            return f"共检查 {len(self.lines)} 项，未发现问题（零风险报告）。"
        return (
            f"共检查 {len(self.lines)} 项：合格 {self.passed} 项，"
            f"不合格 {self.failed} 项，无此项 {self.not_applicable} 项；发现隐患 {self.hazard_count} 项。"
        )

    @property
    def file_ids(self) -> tuple[str, ...]:
        """Every stored file that stands on the form."""
        return (self.signature_file_id, *(picture.file_id for picture in self.pictures))


@dataclass(frozen=True)
class Titles:
    """The official titles in force on the inspection's date (equipment.DutyTitle)."""

    document: str
    officer: str
    director: str

    def of_level(self, level: str) -> str:
        """As what somebody of a level signs."""
        if level == Level.PRINCIPAL:
            return str(Level.PRINCIPAL.label)
        return self.director if level == Level.DIRECTOR else self.officer


@dataclass(frozen=True)
class Sources:
    """What the builder needs besides the inspection (loaded by reports.queries)."""

    titles: Titles
    rules: tuple[Rule, ...]
    # photo code -> id of the served copy
    photos: Mapping[str, str]
    # item key -> hazard, and its trail in order
    hazards: Mapping[str, Hazard]
    events: Mapping[int, tuple[HazardEvent, ...]]
    report_to: tuple[str, ...]
    signed_with: tuple[str, ...]
    # What scopes and titles go by: the category itself, or that of a licence family.
    duty_category: str = ""


def build(
    inspection: Inspection, sources: Sources, *, as_of: datetime, number: str = ""
) -> DailyCheck:
    """Return the form of a signed inspection as it stands at `as_of`."""
    facts = inspection.facts
    spot = _spot_pictures(inspection, sources)
    lines, pictures = _table(inspection, sources, first=len(spot) + 1)
    results = [line.result for line in lines]
    return DailyCheck(
        **common(inspection, sources.rules, inspection.cadence, sources.duty_category),
        kind=KINDS[inspection.cadence],
        number=number,
        title=sources.titles.document,
        marks=marks_of(inspection),
        as_of=as_of,
        equipment_name=facts.get("equipment_name") or facts["subject_name"],
        catalogue_name=facts.get("catalogue_name", ""),
        equipment_code=facts.get("equipment_code", ""),
        registration_no=facts.get("registration_no", ""),
        inner_no=facts.get("inner_no", ""),
        place=facts.get("place", ""),
        next_inspection_on=day_of(facts.get("next_inspection_on", "")),
        period_on=inspection.period_on,
        started_at=inspection.device_started_at,
        finished_at=inspection.device_finished_at,
        round_status=inspection.round_status,
        stop_reason=inspection.stop_reason,
        timing=inspection.timing,
        lines=lines,
        pictures=(*spot, *pictures),
        passed=results.count(Result.PASS),
        failed=results.count(Result.FAIL),
        not_applicable=results.count(Result.NOT_APPLICABLE),
        hazard_count=inspection.hazard_count,
        report_to=_report_to(inspection, sources),
        opinions=_opinions(inspection, sources, as_of),
        officer_title=sources.titles.of_level(inspection.level),
        officer_name=facts["officer_name"],
        director_title=sources.titles.director,
        signature_file_id=str(inspection.signature.image_id),
        signed_at=inspection.signature.signed_at,
        signed_with=_signed_with(inspection, sources),
        checklist_hash=inspection.version.content_hash,
        cadence=inspection.cadence,
        level=inspection.level,
        facts=_facts(inspection),
    )


def _facts(inspection: Inspection) -> tuple[Fact, ...]:
    """The head of a form about a licence, a station or a category; none about a machine."""
    facts = inspection.facts
    if "equipment_name" in facts:
        return ()
    if "licence_items" in facts:
        validity = " 至 ".join(day_of(facts[one]) for one in ("valid_from", "valid_until"))
        pairs = [
            ("许可类别", facts["category_label"]),
            ("许可证编号", facts["licence_number"]),
            ("许可项目", "，".join(filter(None, [facts["licence_items"], facts["licence_scope"]]))),
            ("许可有效期", validity),
        ]
    elif "station_name" in facts:
        pairs = [
            ("工位名称", facts["station_name"]),
            ("工位编号", facts["station_number"]),
            ("充装介质", facts["medium"]),
            ("位置", facts["place"]),
            ("所属许可", facts["licence_number"]),
            ("清单类别", facts["category_label"]),
        ]
    else:
        pairs = [("检查类别", facts["category_label"]), ("检查层级", facts["post"])]
    return tuple(Fact(label, text or "—") for label, text in pairs)


def _signed_with(inspection: Inspection, sources: Sources) -> tuple[str, ...]:
    """What else the signature stands under (decision 11): as frozen, else as found."""
    together = inspection.facts.get("signed_together")
    if together is None:
        return sources.signed_with
    others = [one for one in together if one["code"] != inspection.code]
    return tuple(f"{one['name']}（{one['code']}）" for one in others)


def _spot_pictures(inspection: Inspection, sources: Sources) -> tuple[Picture, ...]:
    """Photos of the machine itself on a day of 临时停用."""
    codes = (inspection.facts.get("declared_stop") or {}).get("photos") or ()
    return tuple(
        Picture(number, 0, sources.photos[code], f"附图{number}　设备状态")
        for number, code in enumerate(codes, 1)
        if code in sources.photos
    )


def _table(
    inspection: Inspection, sources: Sources, *, first: int = 1
) -> tuple[tuple[Line, ...], tuple[Picture, ...]]:
    """The rows in the order of the frozen checklist, and the pictures numbered through."""
    answers = {answer["key"]: answer for answer in inspection.answers}
    lines: list[Line] = []
    pictures: list[Picture] = []
    for item in inspection.version.items:
        answer = answers.get(item["key"])
        if answer is None:
            continue
        taken = _pictures(item, answer, sources, first=first + len(pictures))
        pictures.extend(taken)
        line = _line(item, answer, tuple(one.number for one in taken), sources, inspection.cadence)
        lines.append(line)
    return tuple(lines), tuple(pictures)


def _pictures(
    item: Mapping[str, Any], answer: Mapping[str, Any], sources: Sources, *, first: int
) -> list[Picture]:
    return [
        Picture(
            number=number,
            item_number=item["number"],
            file_id=sources.photos[code],
            caption=f"附图{number}　第 {item['number']} 项：{item['item']}",
        )
        for number, code in enumerate(answer.get("photos") or (), first)
    ]


def _line(
    item: Mapping[str, Any],
    answer: Mapping[str, Any],
    pictures: tuple[int, ...],
    sources: Sources,
    cadence: str,
) -> Line:
    failed = answer["result"] == Result.FAIL
    return Line(
        number=item["number"],
        risk_category=item["risk_category"],
        item=item["item"],
        standard=item["measure"],
        result=answer["result"],
        result_label=Result(answer["result"]).label,
        hazard=item["hazard"] if failed else "",
        is_severe=failed and bool(item["is_severe"]),
        handling=_handling(item, answer, sources, cadence) if failed else "",
        pictures=pictures,
        no_photo_reason=(answer.get("no_photo_reason") or "") if failed else "",
        note=answer.get("note") or "",
    )


def _handling(
    item: Mapping[str, Any], answer: Mapping[str, Any], sources: Sources, cadence: str
) -> str:
    """How a failed item was dealt with; only daily hazards are reported upwards (M 2.2-2.4)."""
    if answer["handling"] == Handling.IMMEDIATE:
        return f"立即处理：{answer['handling_result']}"
    words = "待处理，已上报。" if cadence == Cadence.DAILY else "待处理，列入整改。"
    hazard = sources.hazards.get(item["key"])
    return f"{words}隐患编号 {hazard.code}" if hazard else words


def _report_to(inspection: Inspection, sources: Sources) -> str:
    """Who the hazards were reported to; a clean or stopped day has nobody to report to."""
    if not inspection.hazard_count:
        return ""
    return "、".join(sources.report_to)


def _opinions(inspection: Inspection, sources: Sources, as_of: datetime) -> tuple[Opinion, ...]:
    """The trail of each hazard after it was found, up to `as_of`, in the order of the items."""
    opinions = []
    for item in inspection.version.items:
        hazard = sources.hazards.get(item["key"])
        if hazard is None:
            continue
        for event in sources.events.get(hazard.pk, ()):
            if event.name == HazardEvent.Name.FOUND or event.at > as_of:
                continue
            opinions.append(
                Opinion(item["number"], event.label, event.by_name, event.at, event.text)
            )
    return tuple(opinions)
