"""导入 from the template to the annotated workbook, as the unit admin sees it."""

from __future__ import annotations

import io
from collections.abc import Callable

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from config.actor import Actor
from duties.models import Task
from equipment.models import DeviceCode, Equipment
from tests.factories import workbooks
from tests.factories.workbooks import machine_row
from tests.world import NOW, World
from units.actions import imports
from units.models import AuditEntry, ImportJob, User

SignIn = Callable[[User], Client]
START = "/import/machines/"
State = ImportJob.State


@pytest.fixture(autouse=True)
def _at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def upload(client: Client, content: bytes, name: str = "台账.xlsx"):
    return client.post(START, {"file": SimpleUploadedFile(name, content)})


def checked(client: Client, rows: list[dict]) -> ImportJob:
    answer = upload(client, workbooks.machines(rows))
    assert answer.status_code == 302, answer.content.decode()
    return ImportJob.objects.latest("pk")


def say_yes(client: Client, job: ImportJob, mode: str = "all"):
    digest = ImportJob.objects.get(pk=job.pk).plan_digest
    return client.post(f"/import/jobs/{job.code}/apply/", {"digest": digest, "mode": mode})


def test_a_file_is_previewed_and_then_written_once(world: World, as_: SignIn) -> None:
    client = as_(world.jia_admin)
    before = Equipment.objects.count()
    job = checked(
        client,
        [
            machine_row(1, 安全员姓名="李安"),
            machine_row(2, 下次检验日期="2027年5月31日"),
            machine_row(
                3, 设备代码=world.lift.equipment_code, 使用登记证编号=None, 设备名称="1号观光梯"
            ),
            machine_row(4, 使用状态="坏了"),
        ],
    )
    assert job.state == State.CHECKED
    assert job.outcome["counts"] == {"create": 2, "change": 1, "same": 0, "refused": 1}
    assert Equipment.objects.count() == before

    page = client.get(f"/import/jobs/{job.code}/").content.decode()
    assert "使用状态 J5：“坏了”不在可选范围内" in page
    page = client.get(f"/import/jobs/{job.code}/?tab=change").content.decode()
    assert "<del>1号客梯</del>" in page
    assert "<ins>1号观光梯</ins>" in page
    page = client.get(f"/import/jobs/{job.code}/?tab=create").content.decode()
    assert "已规范 下次检验日期 P3：2027年5月31日 → 2027-05-31" in page

    refused = say_yes(client, job, "all")
    assert refused.status_code == 422
    assert "还有 1 行有错误，没有写入" in refused.content.decode()
    answer = say_yes(client, job, "correct")
    assert answer.status_code == 302
    job.refresh_from_db()
    assert job.state == State.DONE
    made = Equipment.objects.get(equipment_code="31105009920000001")
    assert (made.unit, made.officer, made.status) == (world.jia, world.li, "in_use")
    assert Equipment.objects.count() == before + 2
    world.lift.refresh_from_db()
    assert (world.lift.name, world.lift.version) == ("1号观光梯", 2)
    assert Task.objects.get(equipment=made).assignee == world.li
    assert DeviceCode.objects.filter(equipment=made, retired_at=None).count() == 1
    assert AuditEntry.objects.get(verb="import.applied").after == {
        "kind": "machines",
        "file": "台账.xlsx",
        "create": 2,
        "change": 1,
        "same": 0,
        "refused": 1,
    }

    assert say_yes(client, job, "correct").status_code == 302  # the second click
    assert Equipment.objects.count() == before + 2


def test_the_mended_file_brings_only_what_was_missing(world: World, as_: SignIn) -> None:
    client = as_(world.jia_admin)
    job = checked(client, [machine_row(1), machine_row(2, 使用地点=None)])
    say_yes(client, job, "correct")
    wrong = client.get(f"/import/jobs/{job.code}/wrong-rows/")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(wrong.streaming_content)))
    page = book["设备"]
    place = page.max_column
    assert page.cell(1, place).value == "错误原因"
    assert page.cell(2, place).value is None
    assert page.cell(3, place).value == "使用地点（I3）：请填写使用地点"
    assert page["I3"].fill.fgColor.rgb == "00FEE4E2"

    page["I3"] = "E座"
    job_2 = ImportJob.objects.get(code=checked_again(client, workbooks.saved(book)))
    assert job_2.outcome["counts"] == {"create": 1, "change": 0, "same": 1, "refused": 0}
    say_yes(client, job_2)
    job_3 = ImportJob.objects.get(code=checked_again(client, workbooks.saved(book)))
    assert job_3.outcome["counts"] == {"create": 0, "change": 0, "same": 2, "refused": 0}
    assert "不需要导入" in client.get(f"/import/jobs/{job_3.code}/").content.decode()
    assert say_yes(client, job_3).status_code == 409
    assert client.get(f"/import/jobs/{job_3.code}/wrong-rows/").status_code == 404


def checked_again(client: Client, content: bytes) -> str:
    return upload(client, content).url.split("/")[3]


def test_a_change_since_the_preview_is_told_and_nothing_is_written(
    world: World, as_: SignIn
) -> None:
    client = as_(world.jia_admin)
    job = checked(client, [machine_row(1), machine_row(2)])
    shown = job.plan_digest
    Equipment.objects.filter(pk=world.yi_lift.pk).update(equipment_code="31105009920000002")
    answer = say_yes(client, job)
    assert answer.status_code == 409
    assert "档案在预览之后有变化" in answer.content.decode()
    assert not Equipment.objects.filter(equipment_code="31105009920000001").exists()
    job.refresh_from_db()
    assert job.state == State.CHECKED
    assert job.outcome["counts"]["refused"] == 1
    old = client.post(f"/import/jobs/{job.code}/apply/", {"digest": shown, "mode": "correct"})
    assert old.status_code == 409
    assert "预览已经更新" in old.content.decode()
    assert say_yes(client, job, "correct").status_code == 302
    assert Equipment.objects.filter(equipment_code="31105009920000001").count() == 1


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "空.xlsx", "文件是空的"),
        (b"name,code\n1,2\n", "a.csv", "只能导入 .xlsx"),
        (workbooks.OLD_XLS, "旧.xls", "旧版 .xls"),
        (workbooks.OLD_XLS, "改名.xlsx", "旧版 .xls"),
        (workbooks.WITH_PASSWORD, "密.xlsx", "打开密码"),
        (b"PK\x03\x04 not really", "坏.xlsx", "已损坏"),
        (workbooks.machines([machine_row(1)], labels=["甲", "乙"]), "错.xlsx", "没有找到表头"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_beside_the_field(
    world: World, as_: SignIn, content: bytes, name: str, sentence: str
) -> None:
    answer = upload(as_(world.jia_admin), content, name)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert ImportJob.objects.count() == 0


def test_nobody_else_sees_an_import(world: World, as_: SignIn) -> None:
    job = checked(as_(world.jia_admin), [machine_row(1), machine_row(2, 使用地点=None)])
    for user in (world.yi_admin, world.regulator):
        assert as_(user).get(f"/import/jobs/{job.code}/").status_code == 404
        assert as_(user).get(f"/import/jobs/{job.code}/wrong-rows/").status_code == 404
        assert say_yes(as_(user), job).status_code == 404
    assert as_(world.jia_admin).get(f"/files/{job.annotated_id}/").status_code == 404
    assert as_(world.regulator).get(START).status_code == 404
    assert as_(world.li.user).get(START).status_code == 403


def test_the_template_can_be_filled_in_and_uploaded(world: World, as_: SignIn) -> None:
    client = as_(world.jia_admin)
    answer = client.get("/import/machines/template/")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    page = book["设备"]
    assert [cell.value for cell in page[1]] == workbooks.MACHINE_LABELS
    assert book["选项"].sheet_state == "hidden"
    assert page.column_dimensions["F"].number_format == "@"
    assert len(page.data_validations.dataValidation) == 5
    row = machine_row(7, 安全员姓名="李安")
    page.append([row.get(label) for label in workbooks.MACHINE_LABELS])
    job = ImportJob.objects.get(code=checked_again(client, workbooks.saved(book)))
    assert job.outcome["counts"] == {"create": 1, "change": 0, "same": 0, "refused": 0}
    assert job.outcome["notes"] == []


# ------------------------------------------------------------------ the worker's part
def admin_of(world: World) -> Callable[[User], Actor]:
    return lambda user: world.actor(world.jia_admin)


def waiting(world: World, client: Client, monkeypatch: pytest.MonkeyPatch, rows: list) -> ImportJob:
    monkeypatch.setattr(imports, "INLINE_ROWS", 0)
    job = checked(client, rows)
    assert job.state == State.WAITING
    return job


def test_a_large_file_is_left_to_the_worker(
    world: World, as_: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_(world.jia_admin)
    job = waiting(world, client, monkeypatch, [machine_row(1), machine_row(2)])
    page = client.get(f"/import/jobs/{job.code}/").content.decode()
    assert 'hx-trigger="every 2s"' in page
    assert imports.run_check(job.pk, actor_of=admin_of(world), clock=lambda: NOW) is True
    assert imports.run_check(job.pk, actor_of=admin_of(world), clock=lambda: NOW) is False
    polled = client.get(
        f"/import/jobs/{job.code}/", headers={"HX-Request": "true", "HX-Target": "import-progress"}
    )
    assert polled.headers["HX-Refresh"] == "true"
    assert imports.run_apply(job.pk, actor_of=admin_of(world), now=NOW) is False  # no yes yet
    say_yes(client, job)
    job.refresh_from_db()
    assert job.state == State.APPLYING
    assert imports.run_apply(job.pk, actor_of=admin_of(world), now=NOW) is True
    assert imports.run_apply(job.pk, actor_of=admin_of(world), now=NOW) is False
    job.refresh_from_db()
    assert job.state == State.DONE
    assert Equipment.objects.filter(equipment_code__startswith="31105009920").count() == 2


def test_a_worker_that_died_is_replaced(
    world: World, as_: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_(world.jia_admin)
    job = waiting(world, client, monkeypatch, [machine_row(1)])
    assert imports.unfinished(now=NOW) == []
    ImportJob.objects.filter(pk=job.pk).update(state=State.CHECKING, touched_at=NOW)
    assert imports.run_check(job.pk, actor_of=admin_of(world), clock=lambda: NOW) is False
    later = NOW + 2 * imports.SILENT
    assert imports.unfinished(now=later) == [(job.pk, "checking")]
    assert imports.run_check(job.pk, actor_of=admin_of(world), clock=lambda: later) is True
    job.refresh_from_db()
    assert job.state == State.CHECKED


def test_what_a_worker_cannot_read_is_told_on_the_page(
    world: World, as_: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_(world.jia_admin)
    monkeypatch.setattr(imports, "INLINE_ROWS", 0)
    upload(client, workbooks.machines([machine_row(1)], labels=["设备名称", "设备编码"]))
    job = ImportJob.objects.get()
    imports.run_check(job.pk, actor_of=admin_of(world), clock=lambda: NOW)
    page = client.get(f"/import/jobs/{job.code}/").content.decode()
    assert "“设备代码”（是否被改成了“设备编码”？）" in page
    assert "没有写入任何数据" in page


def test_a_worker_that_stumbles_says_so(
    world: World, as_: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_(world.jia_admin)
    job = waiting(world, client, monkeypatch, [machine_row(1)])
    imports.run_check(job.pk, actor_of=admin_of(world), clock=lambda: NOW)
    say_yes(client, job)
    before = Equipment.objects.count()
    monkeypatch.setattr("equipment.hooks._hooks", [lambda *args, **kwargs: 1 / 0])
    assert imports.run_apply(job.pk, actor_of=admin_of(world), now=NOW) is True
    job.refresh_from_db()
    assert (job.state, Equipment.objects.count()) == (State.FAILED, before)
    assert "没有写入任何数据" in job.message
