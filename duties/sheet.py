"""What the form page prints: step 0, one step an item, the answer sheet; built from a draft.

The same page shows a fresh round, a draft, and a form that came back: with what was typed in it,
the errors beside it, and both values where two pages changed the same answer.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from duties.answers import (
    ROUND_COLUMNS,
    ROUND_KEY,
    Base,
    Change,
    Conflict,
    Problem,
    Values,
    base_of,
    clean,
    in_words,
    state_of,
    values_of,
)
from duties.enums import RoundStatus
from duties.forms import PHOTO_SLOTS
from duties.models import InspectionDraft
from duties.standstill import Standstill

STATE_WORDS = {"done": "已检查", "fail": "不合格", "todo": "未完成"}


class Errors(dict[str, str]):
    """Sentences by field; a field without one reads as an empty sentence."""

    def __missing__(self, field: str) -> str:
        return ""


@dataclass
class Step:
    """One screen of the form: step 0 (number 0, key "round") or an item."""

    key: str
    number: int
    values: Values
    base: Base
    item: Mapping[str, Any] = field(default_factory=dict)
    photos: Sequence[Any] = ()
    errors: Errors = field(default_factory=Errors)
    conflict: Conflict | None = None
    # The values shown are not on the server yet: the script saves them at once.
    is_unsaved: bool = False

    @property
    def anchor(self) -> str:
        return f"q-{self.number}"

    @property
    def name(self) -> str:
        """How the step is called beside its photos and in lists."""
        return f"第 {self.number} 项" if self.number else "使用状态"

    @property
    def state(self) -> str:
        return state_of(self.values, len(self.photos))

    @property
    def state_word(self) -> str:
        return STATE_WORDS[self.state]

    @property
    def slots(self) -> list[dict[str, str]]:
        """File inputs for the long form, each with a UUID of its own."""
        return [
            {"name": f"{self.key}-photo-{slot}", "uuid": str(uuid.uuid4())} for slot in PHOTO_SLOTS
        ]


@dataclass
class Page:
    """The whole form page."""

    client_uuid: uuid.UUID
    version_hash: str
    round: Step
    steps: list[Step]
    rev: int = 0
    saved_at: Any = None
    started_at: str = ""
    problems: list[Problem] = field(default_factory=list)
    # Whether step 0 asks for 使用状态, whether its short confirmation, and whether for 补录原因.
    has_status: bool = True
    declared: Standstill | None = None
    is_missed: bool = False

    @property
    def has_round(self) -> bool:
        """Whether there is a step 0; a licence or a category in time begins with item 1."""
        return self.has_status or self.is_missed

    @property
    def total(self) -> int:
        return len(self.steps)

    @property
    def is_stopped(self) -> bool:
        return self.has_status and self.round.values["round_status"] == RoundStatus.STOPPED

    @property
    def goes_on_at(self) -> str:
        """Where a draft goes on: at the first item without an answer, else at the answer sheet.

        "" (the beginning) where nothing is saved yet or step 0 still wants something.
        """
        asks = self.has_status and not self.round.values["round_status"]
        asks |= self.is_missed and not self.round.values["backfill_reason"]
        if not self.rev or asks or self.is_stopped:
            return ""
        return next((step.anchor for step in self.steps if step.state == "todo"), "q-sum")

    @property
    def opens_at(self) -> str:
        """Where a page that came back opens: at a conflict, at a lone error, else the answer sheet."""
        every = [self.round, *self.steps]
        wrong = [step for step in every if step.conflict] or [step for step in every if step.errors]
        if not wrong or self.problems:
            return "q-sum"
        return wrong[0].anchor


def build(
    items: Iterable[Mapping[str, Any]],
    version_hash: str,
    draft: InspectionDraft | None,
    *,
    has_status: bool = True,
    declared: Standstill | None = None,
    is_missed: bool = False,
) -> Page:
    """The page of a version as the draft has it (None: nothing filled in yet).

    `has_status`: it is about a machine; `declared`: what holds of the day (decision 6).
    """
    answers = draft.answers if draft else {}
    photos: dict[str, list[Any]] = {}
    for link in draft.kept_photos if draft else ():
        photos.setdefault(link.item_key, []).append(link.photo)
    stored_round: dict[str, Any] = {}
    if draft:
        stored_round = {name: getattr(draft, name) for name in ROUND_COLUMNS} | draft.round_meta
    return Page(
        client_uuid=draft.client_uuid if draft else uuid.uuid4(),
        version_hash=version_hash,
        round=Step(
            ROUND_KEY,
            0,
            values_of(ROUND_KEY, stored_round),
            base_of(ROUND_KEY, stored_round),
            photos=photos.get(ROUND_KEY, []),
        ),
        steps=[
            Step(
                item["key"],
                item["number"],
                values_of(item["key"], answers.get(item["key"])),
                base_of(item["key"], answers.get(item["key"])),
                item,
                photos.get(item["key"], []),
            )
            for item in items
        ],
        rev=draft.rev if draft else 0,
        saved_at=draft.updated_at if draft else None,
        started_at=draft.device_started_at.isoformat() if draft else "",
        has_status=has_status or declared is not None,
        declared=declared,
        is_missed=is_missed,
    )


def keep_typed(
    page: Page, changes: Mapping[str, Change], keys: Iterable[str] | None = None
) -> None:
    """Show what was posted instead of what is stored, for these keys (None: all that were posted)."""
    wanted = set(changes) if keys is None else set(keys)
    for step in [page.round, *page.steps]:
        if step.key in wanted and step.key in changes:
            typed, errors = clean(step.key, changes[step.key].values)
            step.is_unsaved = typed != step.values
            step.values = typed
            step.errors |= errors


def show_conflicts(page: Page, conflicts: Iterable[Conflict]) -> None:
    """Put both values at each item; the inputs hold this page's, based on the other's save."""
    by_key = {conflict.key: conflict for conflict in conflicts}
    for step in [page.round, *page.steps]:
        if step.key in by_key:
            step.conflict = by_key[step.key]
            step.values = by_key[step.key].mine


def show_problems(page: Page, problems: Sequence[Problem]) -> None:
    """Put everything that is missing beside its field."""
    page.problems = list(problems)
    steps = {step.key: step for step in [page.round, *page.steps]}
    for problem in problems:
        steps[problem.key].errors.setdefault(problem.field, problem.text)


def written(page: Page) -> list[dict[str, str]]:
    """What a draft holds, item by item in words, to be read when it can no longer be sent."""
    return [
        {"name": f"{step.number}. {step.item['item']}" if step.number else step.name, "text": text}
        for step in [page.round, *page.steps]
        if (text := in_words(step.key, step.values)) != "未填写"
    ]


def typed_words(key: str, values: Mapping[str, str]) -> str:
    """What was typed at an item as one line, to be read when it can no longer be saved."""
    return in_words(key, clean(key, values)[0])
