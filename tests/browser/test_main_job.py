"""The product's main job from an empty database to the PDF in the unit admin's list."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from celery.beat import PersistentScheduler
from django.utils import timezone
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from config.actor import SYSTEM
from config.celery import app
from config.clock import local_day
from config.embedded.processes import stop
from duties.models import GenerationRun, Inspection, Task
from equipment.models import Equipment
from hazards.models import Hazard
from reports.models import IssuedDocument
from tests.browser import main_job as people
from tests.factories.units import credit_code
from tests.servers import WORKER, celery
from tests.waiting import until
from units.actions.accounts import open_account, open_bureau, open_unit
from units.models import AuditEntry, Region, Staff

PASSWORD = "Minquan-Lu-28"


@pytest.fixture
def empty_platform(transactional_db: None) -> None:
    """Reference data, one bureau and one unit account: nothing else."""
    now = timezone.now()
    region = Region.objects.get(pk="500103")
    open_bureau(name="渝中区市场监督管理局", region=region, actor=SYSTEM, now=now)
    unit = open_unit(
        name="重庆测试物业服务有限公司",
        credit_code=credit_code(7),
        kinds=["using"],
        region=region,
        actor=SYSTEM,
        now=now,
    )
    open_account(
        kind="unit",
        username="ceshi",
        password=PASSWORD,
        name="测试管理员",
        unit=unit,
        actor=SYSTEM,
        now=now,
    )


@pytest.fixture
def beat_and_worker(tmp_path: Path) -> Iterator[Callable[[], None]]:
    """Start a real `celery beat` that was last awake yesterday, and a real worker."""
    schedule = tmp_path / "beat-schedule"
    scheduler = PersistentScheduler(app=app, schedule_filename=str(schedule))
    for entry in scheduler.schedule.values():
        if entry.name != "wake-generation":
            continue
        entry.last_run_at = entry.default_now() - timedelta(days=1)
    scheduler.close()
    running = []

    def start() -> None:
        running.append(celery(tmp_path, *WORKER))
        running.append(celery(tmp_path, "beat", "--pidfile=", f"--schedule={schedule}"))

    yield start
    for process in running:
        stop(process)


def test_from_an_empty_database_to_the_pdf(
    empty_platform: None,
    beat_and_worker: Callable[[], None],
    open_as: Callable[..., Page],
    settings: object,
    tmp_path: Path,
) -> None:
    settings.SMS_SHOW_CODE_ON_PAGE = True
    settings.DEMO = True
    today = local_day(timezone.now())
    damage = people.photo_file(tmp_path, "damage.jpg", "#b03030")
    repair = people.photo_file(tmp_path, "repair.jpg", "#30a050")

    # 5. The unit admin makes people, a lift and a crane, and binds both to the officer.
    desk = open_as(phone=False)
    people.sign_in_with_password(desk, "ceshi", PASSWORD)
    people.add_person(desk, "安全员", "李镕堃", "13900000001")
    people.add_person(desk, "安全总监", "王总监", "13900000002")
    people.add_person(desk, "主要负责人", "陈责任", "13900000003")
    people.add_machine(
        desk, catalogue="3110", name="1号客梯", code="31105001020230001", place="A座大堂"
    )
    people.add_machine(
        desk, catalogue="4110", name="2号行车", code="41105001020230002", place="B车间"
    )
    people.bind_all(desk, "李镕堃")
    officer = Staff.objects.get(name="李镕堃")
    assert list(
        Equipment.objects.order_by("pk").values_list("name", "category", "officer", "status")
    ) == [("1号客梯", "lift", officer.pk, "in_use"), ("2号行车", "crane", officer.pk, "in_use")]

    # 6. What binding made at once is taken away, so that beat and worker have to make it.
    daily = Task.objects.filter(cadence="daily")
    assert daily.filter(period_on=today, assignee=officer).count() == 2
    Task.objects.all().delete()
    beat_and_worker()
    until(lambda: GenerationRun.objects.filter(day=today, finished_at__isnull=False).exists())
    assert set(daily.values_list("period_on", "equipment__name", "assignee", "state")) == {
        (today, "1号客梯", officer.pk, "todo"),
        (today, "2号行车", officer.pk, "todo"),
    }

    # 7. The officer inspects both on the phone.
    phone = open_as()
    people.sign_in_by_phone(phone, "13900000001")
    people.inspect(phone, "1号客梯", failing=3, photo=damage)
    people.inspect(phone, "2号行车", failing=2, photo=damage, at_once="现场紧固完毕")
    assert list(daily.values_list("state", flat=True)) == ["done", "done"]
    lift, crane = Inspection.objects.order_by("pk")
    assert [(one.timing, one.hazard_count, one.performer_id) for one in (lift, crane)] == [
        ("on_time", 1, officer.pk),
        ("on_time", 1, officer.pk),
    ]
    assert {hazard.equipment.name: hazard.state for hazard in Hazard.objects.all()} == {
        "1号客梯": "pending_order",
        "2号行车": "rectified",
    }

    # 8. The director orders, the officer rectifies, both see the trail.
    director = open_as()
    people.sign_in_by_phone(director, "13900000002")
    director.goto("/m/hazards/")
    director.get_by_role("link", name=re.compile("1号客梯")).first.click()
    director.get_by_role("link", name=re.compile("下达整改措施")).click()
    director.locator("textarea[name=measures]").fill("立即更换损坏部件并试运行")
    director.locator("input[name=due_on]").fill((today + timedelta(days=3)).isoformat())
    director.get_by_role("button", name="下达整改措施").click()
    expect(director.get_by_text("立即更换损坏部件并试运行").first).to_be_visible()

    phone.goto("/m/hazards/")
    phone.get_by_role("link", name=re.compile("1号客梯")).first.click()
    phone.get_by_role("link", name=re.compile("确认完成整改")).click()
    phone.locator("textarea[name=result]").fill("已更换部件，试运行三次正常")
    phone.locator("input[type=file]").first.set_input_files(repair)
    phone.get_by_role("button", name="确认完成整改").click()
    expect(phone.get_by_text("已更换部件，试运行三次正常").first).to_be_visible()
    director.reload()
    expect(director.get_by_text("已更换部件，试运行三次正常").first).to_be_visible()
    hazard = Hazard.objects.get(equipment__name="1号客梯")
    assert hazard.state == "rectified"
    assert [event.label for event in hazard.events.all()] == [
        "发现隐患",
        "下达整改措施",
        "确认完成整改",
    ]

    # 9. The admin opens both record forms and issues them; the list serves the PDF.
    for machine in ("1号客梯", "2号行车"):
        desk.goto("/records/")
        row = desk.locator("tr", has_text=machine).first
        row.get_by_role("link", name="记录表单").click()
        desk.get_by_role("button", name=re.compile("生成")).click()
        expect(desk.get_by_role("link", name=re.compile("下载|查看 ?PDF")).first).to_be_visible()
    desk.goto("/documents/")
    documents = {one.subject_code: one for one in IssuedDocument.objects.all()}
    assert set(documents) == {lift.code, crane.code}
    for inspection, title in ((lift, "每日电梯安全检查记录"), (crane, "每日起重机械安全检查记录")):
        document = documents[inspection.code]
        expect(desk.get_by_text(document.number).first).to_be_visible()
        answer = desk.request.get(f"/files/{document.file_id}/")
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/pdf"
        reader = PdfReader(io.BytesIO(answer.body()))
        text = re.sub(r"\s", "", "".join(page.extract_text() for page in reader.pages))
        for words in (
            title,
            "重庆测试物业服务有限公司",
            "李镕堃",
            inspection.facts["equipment_code"],
        ):
            assert words in text
        assert _fonts(reader) == {"Shouze-NotoSansSC"}
        assert sum(len(page.images) for page in reader.pages) >= 2  # photo and signature
    # Asked for again, it is the same document.
    desk.goto(f"/documents/daily/{lift.code}/")
    assert IssuedDocument.objects.count() == 2
    assert AuditEntry.objects.filter(verb="inspection.submitted").count() == 2


def _fonts(reader: PdfReader) -> set[str]:
    """Families of all fonts in a PDF; each must be embedded."""
    found = set()
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            descendant = font.get_object()["/DescendantFonts"][0].get_object()
            descriptor = descendant["/FontDescriptor"]
            assert {"/FontFile2", "/FontFile3"} & set(descriptor), "font is not embedded"
            name = str(descriptor["/FontName"]).lstrip("/").split("+")[-1]
            found.add(re.sub(r"-?(Regular|Bold)$", "", name))
    return found
