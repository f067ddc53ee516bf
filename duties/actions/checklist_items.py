"""The items of a unit's own checklist while it is a draft (设置管控项, F44, B115)."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from config.actor import Actor
from config.errors import RuleBroken
from duties import risk_categories
from duties.actions.checklists import (
    STALE_STEP,
    new_key,
    open_draft,
    require_manager,
    saved_change,
)
from duties.enums import Cadence
from duties.models import Checklist, ChecklistItem
from units import audit, shape
from units.audit import Verb
from units.models import Photo
from units.photos import store_photo

PICTURE_PURPOSE = "checklist_picture"
MOST_ITEMS = 200
LONGEST = 300


@dataclass(frozen=True)
class ItemFacts:
    """A 管控项 as typed, checked."""

    cadence: str
    risk_category: str
    item: str
    measure: str
    hazard: str
    is_severe: bool


def clean_item(
    unit_kind: str,
    *,
    cadence: str,
    risk_category: str,
    item: str,
    measure: str,
    hazard: str = "",
    is_severe: bool = False,
) -> ItemFacts:
    """The fields of an item, normalised; RuleBroken beside the field.

    Without `hazard` a round shows that the 风险指标 is not met (see checklists.hazard_of).
    """
    kinds = risk_categories.of(unit_kind)
    return ItemFacts(
        cadence=shape.choice(cadence, Cadence.values, field="cadence", label="管控形式"),
        risk_category=shape.choice(risk_category, kinds, field="risk_category", label="风险类别"),
        item=shape.line(item, field="item", label="风险指标", longest=LONGEST, required=True),
        measure=shape.line(
            measure, field="measure", label="管控措施", longest=LONGEST, required=True
        ),
        hazard=shape.line(hazard, field="hazard", label="风险隐患", longest=LONGEST),
        is_severe=bool(is_severe),
    )


def add_item(
    checklist: Checklist, *, photo: Any = None, actor: Actor, now: datetime, **typed: Any
) -> ChecklistItem:
    """Put an item at the end of a draft; return it.

    `typed` are the fields of clean_item, `photo` an upload for the 示意图. Nothing is overwritten,
    so two who add at once both succeed. RuleBroken: clean_item, store_photo, open_draft (no version
    asked), too_many_items, item_double.
    """
    require_manager(actor, checklist.unit_id)
    facts = clean_item(checklist.unit_kind, **typed)
    picture = _picture(checklist, photo, actor, now)
    with transaction.atomic():
        checklist = open_draft(checklist, None)
        numbers = checklist.items.aggregate(last=Max("number"))
        if checklist.items.count() >= MOST_ITEMS:
            raise RuleBroken(
                "too_many_items", f"一份清单最多 {MOST_ITEMS} 项，请另外新增一份清单。"
            )
        _refuse_double(checklist, facts, itself=None)
        made = ChecklistItem.objects.create(
            checklist=checklist,
            key=new_key(),
            number=(numbers["last"] or 0) + 1,
            picture=picture,
            **asdict(facts),
        )
        saved_change(checklist)
        after = {"added": facts.item, **_told(asdict(facts), picture)}
        audit.record(actor, Verb.CHECKLIST_CHANGED, checklist, now=now, after=after)
    return made


def change_item(
    managed: ChecklistItem,
    *,
    version: int,
    photo: Any = None,
    without_picture: bool = False,
    actor: Actor,
    now: datetime,
    **typed: Any,
) -> ChecklistItem:
    """Change an item of a draft as of `version` of the list; return it.

    A new `photo` takes the place of the picture, `without_picture` removes it. RuleBroken: as
    add_item, stale, item_gone.
    """
    checklist = managed.checklist
    require_manager(actor, checklist.unit_id)
    facts = clean_item(checklist.unit_kind, **typed)
    picture = _picture(checklist, photo, actor, now)
    with transaction.atomic():
        checklist = open_draft(checklist, version)
        item = _item(checklist, managed.key)
        _refuse_double(checklist, facts, itself=item)
        kept = None if without_picture else item.picture
        wanted = {**asdict(facts), "picture": picture or kept}
        before, after = audit.set_changed(item, wanted)
        if after:
            item.save(update_fields=list(after))
            saved_change(checklist)
            before, after = ({k: _word(v) for k, v in one.items()} for one in (before, after))
            after = {"changed": facts.item, **after}
            audit.record(
                actor, Verb.CHECKLIST_CHANGED, checklist, now=now, before=before, after=after
            )
    return item


@transaction.atomic
def move_item(
    item: ChecklistItem, *, version: int, up: bool, actor: Actor, now: datetime
) -> ChecklistItem:
    """Let an item change places with its neighbour of the same cadence; return it.

    The first going up and the last going down stay where they are. RuleBroken: stale, item_gone.
    """
    require_manager(actor, item.checklist.unit_id)
    checklist = open_draft(item.checklist, version, told=STALE_STEP)
    item = _item(checklist, item.key)
    near = checklist.items.filter(cadence=item.cadence)
    if up:
        near = near.filter(number__lt=item.number).order_by("-number")
    else:
        near = near.filter(number__gt=item.number).order_by("number")
    other = near.first()
    if other is None:
        return item
    mine, theirs = item.number, other.number
    # 0 is nobody's number: the two never meet on one.
    for one, number in ((item, 0), (other, mine), (item, theirs)):
        one.number = number
        one.save(update_fields=["number"])
    saved_change(checklist)
    after = {"moved": item.item, "up": up}
    audit.record(actor, Verb.CHECKLIST_CHANGED, checklist, now=now, after=after)
    return item


@transaction.atomic
def remove_item(item: ChecklistItem, *, version: int, actor: Actor, now: datetime) -> None:
    """Delete an item of a draft. RuleBroken: enabled, stale, item_gone."""
    require_manager(actor, item.checklist.unit_id)
    checklist = open_draft(item.checklist, version, told=STALE_STEP)
    item = _item(checklist, item.key)
    item.delete()
    saved_change(checklist)
    before = {"removed": item.item, "cadence": item.cadence}
    audit.record(actor, Verb.CHECKLIST_CHANGED, checklist, now=now, before=before)


def _item(checklist: Checklist, key: str) -> ChecklistItem:
    found = checklist.items.select_related("picture").filter(key=key).first()
    if found is None:
        raise RuleBroken("item_gone", "这个管控项刚刚被他人删除。")
    found.checklist = checklist
    return found


def _refuse_double(checklist: Checklist, facts: ItemFacts, *, itself: ChecklistItem | None) -> None:
    same = checklist.items.filter(cadence=facts.cadence, item=facts.item)
    if same.exclude(pk=itself.pk if itself else None).exists():
        cadence = Cadence(facts.cadence).label
        raise RuleBroken(
            "item_double", f"本清单的{cadence}中已有同样的风险指标，请修改后再提交。", field="item"
        )


def _picture(checklist: Checklist, photo: Any, actor: Actor, now: datetime) -> Photo | None:
    """Keep an uploaded 示意图 before any row is locked; refused beside the field `photo`."""
    if not photo or checklist.unit_id is None:
        return None
    return store_photo(
        photo,
        unit_id=checklist.unit_id,
        client_uuid=uuid.uuid4(),
        purpose=PICTURE_PURPOSE,
        actor=actor,
        now=now,
    )


def _told(values: dict[str, Any], picture: Photo | None) -> dict[str, Any]:
    return {**values, "picture": _word(picture)}


def _word(value: Any) -> Any:
    """A value for the audit trail: of a picture that there is one."""
    return str(value.code) if isinstance(value, Photo) else value
