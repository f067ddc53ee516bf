"""Workers that die or are slow while they check an import: nothing is undone, nothing repeats for ever."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from config.excel import kinds
from tests.factories import workbooks
from tests.factories.workbooks import machine_row
from tests.world import NOW, World
from units.actions import imports
from units.loader import load_actor
from units.models import ImportJob

State = ImportJob.State
LATER = NOW + 2 * imports.SILENT


@pytest.fixture
def job(world: World, monkeypatch: pytest.MonkeyPatch) -> ImportJob:
    monkeypatch.setattr(imports, "INLINE_ROWS", 0)
    upload = SimpleUploadedFile("台账.xlsx", workbooks.machines([machine_row(1)]))
    actor = load_actor(world.jia_admin)
    return imports.start_import(kinds.get("machines"), upload=upload, actor=actor, now=NOW)


@pytest.mark.parametrize("fails", [False, True])
def test_a_slow_worker_leaves_a_job_that_another_one_finished(
    job: ImportJob, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    """The second worker checked it and the person said yes; the first comes home only then."""
    kind = kinds.get("machines")
    calls = []

    def slow(sheet, context):
        calls.append(sheet)
        if len(calls) == 1:
            assert imports.run_check(job.pk, actor_of=load_actor, clock=lambda: LATER)
            fresh = ImportJob.objects.get(pk=job.pk)
            actor = load_actor(fresh.created_by)
            imports.ask_apply(fresh, digest=fresh.plan_digest, mode="all", actor=actor, now=LATER)
            assert imports.run_apply(job.pk, actor_of=load_actor, now=LATER)
            if fails:
                raise MemoryError
        return kind.plan(sheet, context)

    monkeypatch.setitem(kinds._kinds, kind.name, replace(kind, plan=slow))
    assert imports.run_check(job.pk, actor_of=load_actor, clock=lambda: NOW)
    job.refresh_from_db()
    assert (job.state, job.applied_at, job.message) == (State.DONE, LATER, "")


def test_a_file_that_kills_its_workers_is_given_up(job: ImportJob) -> None:
    late = NOW + imports.HOPELESS + 2 * imports.SILENT
    ImportJob.objects.filter(pk=job.pk).update(state=State.CHECKING, touched_at=NOW)
    assert imports.run_check(job.pk, actor_of=load_actor, clock=lambda: late) is True
    job.refresh_from_db()
    assert (job.state, job.message) == (State.FAILED, imports.UNCHECKED)
    assert imports.unfinished(now=late + imports.SILENT) == []


def test_a_job_that_only_waited_long_is_still_checked(job: ImportJob) -> None:
    late = NOW + 2 * imports.HOPELESS
    assert imports.run_check(job.pk, actor_of=load_actor, clock=lambda: late) is True
    job.refresh_from_db()
    assert job.state == State.CHECKED
