"""Management rules (管理制度) of a unit: a PDF that is replaced, never overwritten (F18)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from config.actor import Actor
from config.errors import RuleBroken
from units import audit, shape
from units.actions.organisation import STALE, require_organiser
from units.audit import Verb
from units.models import Regulation, RegulationEdition, Unit
from units.uploads import PDF_ONLY, store_document

PURPOSE = "regulation"


@dataclass(frozen=True)
class RegulationFacts:
    """A management rule as typed, checked."""

    name: str
    kind: str


def clean_regulation(*, name: str, kind: str) -> RegulationFacts:
    """Name and type, normalised; RuleBroken beside the field."""
    return RegulationFacts(
        name=shape.line(name, field="name", label="制度名称", longest=100, required=True),
        kind=shape.choice(kind, Regulation.Kind.values, field="kind", label="制度类型"),
    )


def add_regulation(
    unit: Unit, *, name: str, kind: str, file: Any, actor: Actor, now: datetime
) -> Regulation:
    """Enter a management rule with its first PDF; return it.

    RuleBroken: name missing, too long or taken by one in force; unknown type; what
    units.uploads.store_document refuses about the file.
    """
    require_organiser(actor, unit.pk)
    facts = clean_regulation(name=name, kind=kind)
    _refuse_same_name(unit.pk, facts.name, itself=None)
    stored = store_document(
        file, unit_id=unit.pk, purpose=PURPOSE, actor=actor, now=now, types=PDF_ONLY
    )
    with _name_in_words(facts.name):
        regulation = Regulation.objects.create(
            unit=unit, name=facts.name, kind=facts.kind, created_at=now
        )
        RegulationEdition.objects.create(
            regulation=regulation,
            number=1,
            file=stored,
            uploaded_by_name=actor.name,
            uploaded_at=now,
        )
        after = {"name": facts.name, "kind": facts.kind, "file": stored.original_name}
        audit.record(actor, Verb.REGULATION_ADDED, regulation, now=now, after=after)
    return regulation


def change_regulation(
    regulation: Regulation, *, version: int, name: str, kind: str, actor: Actor, now: datetime
) -> Regulation:
    """Change name and type as of `version`. RuleBroken: "stale", withdrawn, name taken."""
    require_organiser(actor, regulation.unit_id)
    facts = clean_regulation(name=name, kind=kind)
    with _name_in_words(facts.name):
        regulation = _fresh(regulation, version)
        _refuse_same_name(regulation.unit_id, facts.name, itself=regulation.pk)
        wanted = {"name": facts.name, "kind": facts.kind}
        before = {key: getattr(regulation, key) for key in wanted}
        after = {key: value for key, value in wanted.items() if before[key] != value}
        if after:
            for key, value in after.items():
                setattr(regulation, key, value)
            regulation.version += 1
            regulation.save(update_fields=["name", "kind", "version"])
            audit.record(
                actor,
                Verb.REGULATION_CHANGED,
                regulation,
                now=now,
                before={key: before[key] for key in after},
                after=after,
            )
    return regulation


def replace_regulation(
    regulation: Regulation, *, version: int, file: Any, note: str, actor: Actor, now: datetime
) -> RegulationEdition:
    """Put a new PDF in place of the present one; the former editions stay and can be read.

    RuleBroken: "stale" when somebody replaced or changed it since `version`, withdrawn, note
    missing, the very same file again, what store_document refuses.
    """
    require_organiser(actor, regulation.unit_id)
    note = shape.line(note, field="note", label="修订说明", longest=200, required=True)
    stored = store_document(
        file, unit_id=regulation.unit_id, purpose=PURPOSE, actor=actor, now=now, types=PDF_ONLY
    )
    with transaction.atomic():
        regulation = _fresh(regulation, version)
        last = regulation.editions.select_related("file").order_by("-number").first()
        if last is not None and last.file.sha256 == stored.sha256:
            raise RuleBroken(
                "same_file", "这个文件和现行版本完全相同，没有替换，请选择新的文件。", field="file"
            )
        edition = RegulationEdition.objects.create(
            regulation=regulation,
            number=last.number + 1 if last is not None else 1,
            file=stored,
            note=note,
            uploaded_by_name=actor.name,
            uploaded_at=now,
        )
        regulation.version += 1
        regulation.save(update_fields=["version"])
        after = {"edition": edition.number, "file": stored.original_name, "note": note}
        audit.record(actor, Verb.REGULATION_REPLACED, regulation, now=now, after=after)
    return edition


@transaction.atomic
def close_regulation(regulation: Regulation, *, actor: Actor, now: datetime) -> Regulation:
    """Withdraw a rule (废止): it leaves the list of those in force; every edition stays readable."""
    require_organiser(actor, regulation.unit_id)
    regulation = _fresh(regulation, None)
    regulation.closed_at = now
    regulation.version += 1
    regulation.save(update_fields=["closed_at", "version"])
    audit.record(actor, Verb.REGULATION_CLOSED, regulation, now=now)
    return regulation


def _fresh(regulation: Regulation, version: int | None) -> Regulation:
    one = Regulation.objects.select_for_update(of=("self",), no_key=True).get(pk=regulation.pk)
    if one.closed_at is not None:
        raise RuleBroken("closed", f"“{one.name}”已废止，不能再修改。")
    if version is not None and one.version != version:
        raise RuleBroken("stale", STALE)
    return one


def _refuse_same_name(unit_id: int, name: str, *, itself: int | None) -> None:
    same = Regulation.objects.open().filter(unit_id=unit_id, name=name).exclude(pk=itself)
    if same.exists():
        raise _name_taken(name)


def _name_taken(name: str) -> RuleBroken:
    return RuleBroken(
        "name_taken", f"已有现行的“{name}”，更新内容请用“替换文件”，或换一个名称。", field="name"
    )


@contextmanager
def _name_in_words(name: str) -> Iterator[None]:
    """A transaction in which the second of two equal names is refused in words."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if constraint == "regulation_name_once":
            raise _name_taken(name) from error
        raise
