"""Answers of a round in plain Python: shape, three-way merge, completeness (decisions 10, 19).

An answer is {result, handling, handling_result, note, no_photo_reason}; in a draft it also carries
who wrote it last: `rev` (the save), `at`, `tab` (the page it came from) and `seq` (that page's own
count). Nothing here touches the database; the form page, the fetch calls of the script and the long
form without JavaScript all go through the same functions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from config.codes import normalise
from duties.enums import Handling, Result, RoundStatus

Values = dict[str, str]

ANSWER_FIELDS = ("result", "handling", "handling_result", "note", "no_photo_reason")
ROUND_FIELDS = ("round_status", "stop_reason", "no_photo_reason", "backfill_reason")
# Of these a draft and an inspection have columns; the rest lies in the bookkeeping and the facts.
ROUND_COLUMNS = ("round_status", "stop_reason", "backfill_reason")
ROUND_KEY = "round"

CHOICES: dict[str, Sequence[str]] = {
    "result": Result.values,
    "handling": Handling.values,
    "round_status": RoundStatus.values,
}
LONGEST = {
    "handling_result": 500,
    "note": 500,
    "no_photo_reason": 200,
    "stop_reason": 200,
    "backfill_reason": 200,
}
LABELS = {
    "result": "检查结果",
    "handling": "是否立即处理",
    "handling_result": "处理结果",
    "note": "备注",
    "no_photo_reason": "无法拍照的原因",
    "round_status": "使用状态",
    "stop_reason": "停用原因",
    "backfill_reason": "补录原因",
}


def canonical(value: Any) -> bytes:
    """JSON text in the one form that hashes are taken of: sorted keys, no blanks, UTF-8."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


# ------------------------------------------------------------------ shape
def fields_of(key: str) -> tuple[str, ...]:
    """The fields of an item, or of step 0 (`ROUND_KEY`)."""
    return ROUND_FIELDS if key == ROUND_KEY else ANSWER_FIELDS


def clean(key: str, raw: Mapping[str, Any]) -> tuple[Values, dict[str, str]]:
    """Return (values, errors by field) of one item or of step 0.

    Text is normalised (config.codes.normalise); a choice that does not exist and a text that is too long are errors in
    words, with the value kept as typed so that it can be shown again.
    """
    values: Values = {}
    errors: dict[str, str] = {}
    for name in fields_of(key):
        text = normalise(str(raw.get(name) or ""))
        values[name] = text
        if name in CHOICES:
            if text and text not in CHOICES[name]:
                errors[name] = f"{LABELS[name]}的选项不存在，请重新选择。"
                values[name] = ""
        elif len(text) > LONGEST[name]:
            errors[name] = f"{LABELS[name]}最多 {LONGEST[name]} 个字，现在是 {len(text)} 个字。"
    return values, errors


def values_of(key: str, stored: Mapping[str, Any] | None) -> Values:
    """The values of a stored answer without its bookkeeping; all "" for None."""
    return {name: str((stored or {}).get(name) or "") for name in fields_of(key)}


def is_blank(values: Mapping[str, str]) -> bool:
    return not any(values.values())


def digest_of(values: Mapping[str, str]) -> str:
    """A short fingerprint of values, by which a page knows whether it changed what it was shown."""
    return hashlib.sha256(canonical(dict(values))).hexdigest()[:12]


# ------------------------------------------------------------------ three-way merge
@dataclass(frozen=True)
class Base:
    """What a page was shown for one answer: its save number and the fingerprint of its values."""

    rev: int = 0
    digest: str = ""

    def __str__(self) -> str:
        return f"{self.rev}:{self.digest}"

    @classmethod
    def parse(cls, text: str) -> Base:
        """Read "3:ab12…"; anything else is the base of somebody who saw nothing."""
        rev, _, digest = text.partition(":")
        return cls(int(rev), digest) if rev.isdecimal() and len(rev) < 10 else cls()


def base_of(key: str, stored: Mapping[str, Any] | None) -> Base:
    """The base a page shown this stored answer works from."""
    return Base(int((stored or {}).get("rev", 0)), digest_of(values_of(key, stored)))


@dataclass(frozen=True)
class Change:
    """What one page says about one answer. `base` None: meant for whatever stands there now."""

    values: Values
    base: Base | None = None
    tab: str = ""
    seq: int = 0


UNCHANGED, TAKEN, KEPT, STALE, CONFLICT = "unchanged", "taken", "kept", "stale", "conflict"


def merge(key: str, stored: Mapping[str, Any] | None, change: Change) -> str:
    """Decide what becomes of a change; the caller writes it only for TAKEN.

    1. The same values: UNCHANGED, so a request that is sent twice has no effect.
    2. Written by this very page: a later change is TAKEN, an earlier one that arrives late is STALE.
    3. Nobody wrote since the page saw it (or the page asks for no comparison): TAKEN.
    4. Somebody wrote, and this page still says what it was shown: KEPT as they wrote it.
    5. Both changed it, differently: CONFLICT, for the person to decide.
    """
    current = values_of(key, stored)
    if current == change.values:
        return UNCHANGED
    if stored and change.tab and stored.get("tab") == change.tab:
        return TAKEN if change.seq > int(stored.get("seq", 0)) else STALE
    if change.base is None or change.base.rev == int((stored or {}).get("rev", 0)):
        return TAKEN
    if change.base.digest == digest_of(change.values):
        return KEPT
    return CONFLICT


@dataclass(frozen=True)
class Conflict:
    """Two pages changed one answer differently; nothing was overwritten."""

    key: str
    mine: Values
    theirs: Values
    base: Base
    at: str = ""

    @property
    def theirs_json(self) -> str:
        return canonical(self.theirs).decode()

    @property
    def theirs_in_words(self) -> str:
        return in_words(self.key, self.theirs)

    @property
    def mine_in_words(self) -> str:
        return in_words(self.key, self.mine)


def in_words(key: str, values: Mapping[str, str]) -> str:
    """An answer as one line of text: 不合格；立即处理；处理结果：已更换."""
    parts = []
    for name in fields_of(key):
        value = values.get(name, "")
        if not value:
            continue
        if name == "result":
            parts.append(str(Result(value).label))
        elif name == "handling":
            if values.get("result") == Result.FAIL:
                parts.append(str(Handling(value).label))
        elif name == "round_status":
            parts.append(str(RoundStatus(value).label))
        elif (
            name in {"handling_result", "no_photo_reason"}
            and key != ROUND_KEY
            and values.get("result") != Result.FAIL
        ):
            continue
        else:
            parts.append(f"{LABELS[name]}：{value}")
    return "；".join(parts) or "未填写"


# ------------------------------------------------------------------ a changed checklist
def carry_over(
    answers: Mapping[str, Any], before: Iterable[Mapping], after: Iterable[Mapping]
) -> dict[str, Any]:
    """Take the answers of one version over to another, by item key.

    An item whose wording changed loses its result (it would be the answer to another question) and
    keeps the rest; items that are gone are dropped; new ones begin unanswered.
    """
    old = {item["key"]: item for item in before}
    carried: dict[str, Any] = {}
    for item in after:
        stored = answers.get(item["key"])
        if stored is None:
            continue
        was = old.get(item["key"])
        same = was is None or all(was[name] == item[name] for name in ("item", "hazard"))
        carried[item["key"]] = dict(stored) if same else {**stored, "result": ""}
    return carried


# ------------------------------------------------------------------ completeness
@dataclass(frozen=True)
class Problem:
    """One thing that is missing: at which number (0 = 使用状态), in which field, in words."""

    number: int
    key: str
    field: str
    text: str

    @property
    def anchor(self) -> str:
        return f"q-{self.number}"

    @property
    def place(self) -> str:
        """Where on the page: 第 3 项, 使用状态, 补录原因."""
        if self.number:
            return f"第 {self.number} 项"
        return "补录原因" if self.field == "backfill_reason" else "使用状态"


@dataclass
class Sheet:
    """Everything that was filled in, as completeness sees it. `photos` counts per item key.

    `has_status`: a machine, which is 在用 or 停用; a licence or a station only on a day of 停产, a
    category never: they begin with the first item. `is_declared`: a 临时停用 covers the day, or what
    acts as one, so that 停用 wants a photo instead of a reason (decision 6).
    """

    items: Sequence[Mapping[str, Any]]
    answers: Mapping[str, Any] = field(default_factory=dict)
    photos: Mapping[str, int] = field(default_factory=dict)
    round_status: str = ""
    stop_reason: str = ""
    no_photo_reason: str = ""
    backfill_reason: str = ""
    needs_backfill_reason: bool = False
    has_status: bool = True
    is_declared: bool = False

    @property
    def is_stopped(self) -> bool:
        return self.has_status and self.round_status == RoundStatus.STOPPED


def missing(sheet: Sheet) -> list[Problem]:
    """Return everything that stands between this sheet and its signature, in order.

    停用 completes the round of a machine without items but with a reason, or, when it was declared
    for the day, with a photo or a reason why none; a missed to-do needs 补录原因; every item needs a
    result; 不合格 needs a photo or a reason why not, the choice 立即处理 / 待处理, and the 处理结果
    when it was dealt with at once (decisions 6, 10).
    """
    found = []
    if sheet.needs_backfill_reason and not sheet.backfill_reason:
        found.append(Problem(0, ROUND_KEY, "backfill_reason", "请填写补录原因。"))
    if sheet.has_status and not sheet.round_status:
        found.append(Problem(0, ROUND_KEY, "round_status", "请选择使用状态。"))
    if sheet.is_stopped:
        found += _missing_in_stop(sheet)
        return found
    for item in sheet.items:
        values = values_of(item["key"], sheet.answers.get(item["key"]))
        found += [
            Problem(item["number"], item["key"], name, text)
            for name, text in _missing_in(values, sheet.photos.get(item["key"], 0))
        ]
    return found


def _missing_in_stop(sheet: Sheet) -> Iterable[Problem]:
    if not sheet.is_declared:
        if not sheet.stop_reason:
            yield Problem(0, ROUND_KEY, "stop_reason", "选择停用时，请填写停用原因。")
    elif not sheet.photos.get(ROUND_KEY, 0) and not sheet.no_photo_reason:
        yield Problem(0, ROUND_KEY, "photo", "请拍照确认，不能拍照的请说明原因。")


def _missing_in(values: Values, photos: int) -> Iterable[tuple[str, str]]:
    if not values["result"]:
        yield "result", "还没有选择检查结果。"
    if values["result"] != Result.FAIL:
        return
    if not photos and not values["no_photo_reason"]:
        yield "photo", "不合格的项目请拍照，不能拍照的请说明原因。"
    if not values["handling"]:
        yield "handling", "请选择立即处理或待处理。"
    if values["handling"] == Handling.IMMEDIATE and not values["handling_result"]:
        yield "handling_result", "选择立即处理时，请填写处理结果。"


def numbers_in_words(problems: Iterable[Problem]) -> str:
    """第 3、7 项 (and 使用状态 or 补录原因), each number once."""
    problems = list(problems)
    numbers = sorted({problem.number for problem in problems if problem.number})
    items = "、".join(map(str, numbers))
    first = {one.place for one in problems if not one.number}
    parts = ["使用状态" if "使用状态" in first else "补录原因"] if first else []
    if items:
        parts.append(f"第 {items} 项")
    return "和".join(parts)


def state_of(values: Mapping[str, str], photos: int) -> str:
    """How a number looks on the answer sheet: done, fail, todo (incomplete counts as todo)."""
    if any(True for _ in _missing_in({**dict.fromkeys(ANSWER_FIELDS, ""), **values}, photos)):
        return "todo"
    return "fail" if values["result"] == Result.FAIL else "done"


# ------------------------------------------------------------------ the frozen document
def document(sheet: Sheet, photo_codes: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Return the answers as the immutable document of an inspection, in item order.

    What 不合格 asked for is dropped where the result is another one. Empty when 停用. Raises
    ValueError if the sheet is not complete or an answer has a value outside its choices: such a
    sheet never gets this far.
    """
    if missing(sheet):
        raise ValueError("an incomplete sheet cannot be frozen")
    if sheet.is_stopped:
        return []
    made = []
    for item in sheet.items:
        stored = sheet.answers[item["key"]]
        values, errors = clean(item["key"], stored)
        if errors:
            raise ValueError(f"{item['key']}: {errors}")
        failed = values["result"] == Result.FAIL
        immediate = failed and values["handling"] == Handling.IMMEDIATE
        made.append(
            {
                "key": item["key"],
                "number": item["number"],
                "result": values["result"],
                "handling": values["handling"] if failed else "",
                "handling_result": values["handling_result"] if immediate else "",
                "note": values["note"],
                "no_photo_reason": values["no_photo_reason"] if failed else "",
                "at": stored.get("at", ""),
                "photos": list(photo_codes.get(item["key"], ())) if failed else [],
            }
        )
    return made
