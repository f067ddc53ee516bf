"""A daily round as tests walk through it: filled-in values, pictures, strokes, the form as posted."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from config.actor import Actor
from duties.actions.draft import attach_photo, last_instant, save_answers
from duties.actions.submit import finish, sign
from duties.answers import ANSWER_FIELDS, ROUND_FIELDS, ROUND_KEY, Change
from duties.checklists import Composed, compose
from duties.models import Inspection, Task
from tests.factories import pictures
from tests.factories.units import NOW
from units.models import Photo
from units.photos import store_photo
from units.signatures import store_signature

STROKES = json.dumps(
    [
        {
            "points": [
                {"x": 20 + 8 * n, "y": 60 + (n % 5) * 9, "pressure": 0.5, "time": 1000 + 16 * n}
                for n in range(30)
            ]
        }
    ]
)


def answer(result: str = "pass", **fields: str) -> dict[str, str]:
    """The values of one answer; the rest is blank."""
    return {**dict.fromkeys(ANSWER_FIELDS, ""), "result": result, **fields}


def failed(handling: str = "pending", **fields: str) -> dict[str, str]:
    """A complete 不合格 with a reason instead of a photo."""
    given = {"no_photo_reason": "防爆区禁止拍照", "handling": handling}
    if handling == "immediate":
        given["handling_result"] = "现场已更换"
    return answer("fail", **{**given, **fields})


def status(round_status: str = "in_use", **fields: str) -> dict[str, str]:
    """The values of step 0."""
    return {**dict.fromkeys(ROUND_FIELDS, ""), "round_status": round_status, **fields}


def listed(task: Task, now: datetime = NOW) -> Composed:
    """What a round of this to-do is made of."""
    return compose(
        unit=task.unit,
        category=task.category,
        cadence=task.cadence,
        at=last_instant(task, now),
        unit_kind=task.unit_kind,
    )


def fill(
    task: Task,
    actor: Actor,
    *,
    now: datetime = NOW,
    answers: dict[int, dict[str, str]] | None = None,
    first: dict[str, str] | None = None,
    client_uuid: uuid.UUID | None = None,
) -> uuid.UUID:
    """Save a whole round: 合格 everywhere but for the numbers in `answers`; return its UUID."""
    composed = listed(task, now)
    given = answers or {}
    changes = {ROUND_KEY: Change(first or status())} if task.equipment_id or first else {}
    if (first or {}).get("round_status") != "stopped":
        for item in composed.items:
            changes[item["key"]] = Change(given.get(item["number"], answer()))
    saved = save_answers(
        task,
        client_uuid=client_uuid or uuid.uuid4(),
        version_hash=composed.content_hash,
        changes=changes,
        device_started_at=now - timedelta(minutes=4),
        actor=actor,
        now=now,
    )
    return saved.draft.client_uuid


def take_photo(task: Task, actor: Actor, number: int, *, now: datetime = NOW) -> Photo:
    """Store a photo and put it to an item of the draft."""
    photo = store_photo(
        upload(),
        unit_id=task.unit_id,
        client_uuid=uuid.uuid4(),
        purpose="inspection_photo",
        actor=actor,
        now=now,
    )
    composed = listed(task, now)
    attach_photo(
        task,
        item_key=composed.items[number - 1]["key"],
        photo=photo,
        client_uuid=uuid.uuid4(),
        version_hash=composed.content_hash,
        actor=actor,
        now=now,
    )
    return photo


def submit(
    task: Task,
    actor: Actor,
    *,
    now: datetime = NOW,
    answers: dict[int, dict[str, str]] | None = None,
    first: dict[str, str] | None = None,
) -> Inspection:
    """A whole round from the first save to the signature."""
    client_uuid = fill(task, actor, now=now, answers=answers, first=first)
    finish(task, device_finished_at=now, actor=actor, now=now)
    return sign(
        task,
        signature=lambda: store_signature(strokes_json=STROKES, actor=actor, now=now),
        client_uuid=client_uuid,
        actor=actor,
        now=now,
    )


def upload(content: bytes | None = None, name: str = "现场.jpg") -> SimpleUploadedFile:
    return pictures.upload(pictures.jpeg() if content is None else content, name)


class _Fields(HTMLParser):
    """Reads what a browser would post of the form with a given id."""

    def __init__(self, form_id: str):
        super().__init__()
        self.form_id = form_id
        self.inside = False
        self.values: dict[str, str] = {}
        self.files: list[str] = []
        self.text: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.inside = given.get("id") == self.form_id
        name = given.get("name")
        if not self.inside or name is None or "disabled" in given:
            return
        kind = given.get("type", "text")
        if tag == "textarea":
            self.text = name
            self.values[name] = ""
        elif tag == "input" and kind == "file":
            self.files.append(name)
        elif tag == "input" and (kind not in {"radio", "checkbox"} or "checked" in given):
            self.values[name] = given.get("value") or ""

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.values[self.text] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        if tag == "textarea":
            self.text = None


class LongForm:
    """The form page without JavaScript: what is in it, and what a button posts."""

    def __init__(self, client: Client, response: HttpResponse, form_id: str = "inspection"):
        read = _Fields(form_id)
        read.feed(response.content.decode())
        self.client = client
        self.response = response
        self.values = read.values
        self.file_inputs = read.files

    @classmethod
    def open(cls, client: Client, task: Task) -> LongForm:
        return cls(client, client.get(f"/m/tasks/{task.code}/inspect/"))

    def set(self, key: str, **fields: str) -> LongForm:
        """Fill in one item (or "round")."""
        for name, value in fields.items():
            self.values[f"{key}-{name}"] = value
        return self

    def set_all(self, result: str = "pass") -> LongForm:
        """使用状态 在用 and one result for every item."""
        self.set("round", round_status="in_use")
        for name in list(self.values):
            if name.endswith("-base") and name != "round-base":
                self.values[name.replace("-base", "-result")] = result
        return self

    def press(self, task: Task, button: str, **files: Any) -> HttpResponse:
        """Post everything with a button (save, finish, remove:<code>)."""
        return self.client.post(
            f"/m/tasks/{task.code}/inspect/", {**self.values, "do": button, **files}
        )

    def again(self, response: HttpResponse) -> LongForm:
        """The page that came back."""
        return LongForm(self.client, response)
