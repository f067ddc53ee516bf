"""Reading imports: one's own jobs, and the pages of their previews."""

from __future__ import annotations

from django.http import Http404

from config.actor import Actor
from config.excel import kinds
from config.excel.kinds import ImportKind, Target
from config.excel.preview import Pages
from units import files
from units.models import ImportJob, StoredFile

# Files of at most this many rows are checked and written in the request itself.
INLINE_ROWS = 2_000
CORRECT_ONLY, ALL_OR_NOTHING = "correct", "all"
MODES = (CORRECT_ONLY, ALL_OR_NOTHING)
RECENT = 10


def get_kind(actor: Actor, name: str) -> ImportKind:
    """The kind of import of a name; 404 for one that does not exist or is not for this actor."""
    kind = kinds.get(name)
    if kind is None or not kind.is_for(actor):
        raise Http404(f"no import {name} for {actor.kind}")
    return kind


def get_job(actor: Actor, code: str) -> ImportJob:
    """One of the actor's own imports; 404 for every other."""
    job = (
        ImportJob.objects.for_actor(actor)
        .select_related("file", "annotated", "created_by")
        .filter(code=code)
        .first()
    )
    if job is None or not (kind := kinds.get(job.kind)) or not kind.is_for(actor):
        raise Http404(f"no import {code} for {actor.kind}")
    return job


def get_target(actor: Actor, kind: ImportKind, code: str) -> Target | None:
    """What a code of an upload page means; None for a kind without a door, or without a code."""
    return kind.door.find(actor, kind.name, code) if kind.door is not None and code else None


def target_of(actor: Actor, job: ImportJob) -> Target | None:
    """What the rows of a job go into; None when it is gone, or there is nothing of the sort."""
    try:
        return get_target(actor, kinds.get(job.kind), job.target)
    except Http404:
        return None


def recent_jobs(actor: Actor, kind: str, target: str = "") -> list[ImportJob]:
    """The latest imports of a kind (into one target)."""
    jobs = ImportJob.objects.for_actor(actor).filter(kind=kind, target=target)
    jobs = jobs.select_related("file", "created_by")
    return list(jobs.order_by("-pk")[:RECENT])


def preview_of(job: ImportJob, verdict: str) -> Pages:
    """The preview's lines of one verdict."""
    stored = StoredFile.objects.get(pk=job.outcome["preview"])
    return Pages(files.read_bytes(stored), verdict, job.outcome["counts"][verdict])
