"""The same workbook of cylinders confirmed twice in the same moment: each cylinder stands once."""

from __future__ import annotations

from functools import partial

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from config.actor import Actor
from cylinders.imports.cylinders import CYLINDERS
from cylinders.models import Batch, BatchItem
from tests.factories import cylinders as make
from tests.threads import done_at_once
from tests.world import NOW, World
from units import queries_imports
from units.actions.imports import ask_apply, start_import
from units.models import ImportJob

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 40


def uploaded(batch: Batch, actor: Actor) -> ImportJob:
    content = make.workbook(batch, *(make.cells(n) for n in range(ROWS)))
    return start_import(
        CYLINDERS,
        upload=SimpleUploadedFile("气瓶.xlsx", content),
        target=queries_imports.get_target(actor, CYLINDERS, batch.code),
        actor=actor,
        now=NOW,
    )


@pytest.mark.parametrize("is_same_batch", [True, False])
def test_two_imports_of_one_file(committed_world: World, is_same_batch: bool) -> None:
    actor = committed_world.actor(committed_world.jia_admin)
    one = make.batch(committed_world.jia)
    other = one if is_same_batch else make.batch(committed_world.jia)
    jobs = [uploaded(batch, actor) for batch in (one, other)]

    def confirm(job: ImportJob) -> None:
        ask_apply(job, digest=job.plan_digest, mode="correct", actor=actor, now=NOW)

    done_at_once(*(partial(confirm, job) for job in jobs))
    assert BatchItem.objects.count() == ROWS
    assert BatchItem.objects.values("identity").distinct().count() == ROWS
    states = sorted(ImportJob.objects.values_list("state", flat=True))
    assert states == ["checked", "done"]
    late = ImportJob.objects.get(state="checked")
    assert late.message.startswith("档案在预览之后有变化，本次没有写入任何数据。")
    verdict = "same" if is_same_batch else "refused"
    assert late.outcome["counts"][verdict] == ROWS
