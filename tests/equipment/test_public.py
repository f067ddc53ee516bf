"""What a scan opens without sign-in, and what the public reports (F37, B117)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from config.actor import ANONYMOUS
from config.errors import RuleBroken
from equipment.actions import public as actions
from equipment.models import DeviceCode, Equipment, PublicReport
from tests.factories import codes, pictures
from tests.factories import duties as tasks
from tests.factories import equipment as machines
from tests.world import NOW, World
from units.models import AuditEntry, OutboxMessage, User

As = Callable[[User], Client]
GIVEN = {"kind": "fault", "text": "关门时有异响。", "contact": "", "website": ""}


@pytest.fixture
def held(world: World) -> DeviceCode:
    Equipment.objects.filter(pk=world.lift.pk).update(
        rescue_phone="023-96333", next_inspection_on=date(2099, 3, 31)
    )
    return codes.device_code(world.lift)


def url(held: DeviceCode, end: str = "") -> str:
    return f"/c/{held.token}/{end}"


def send(held: DeviceCode, client: Client | None = None, **given: object) -> object:
    return (client or Client()).post(url(held, "report/"), {**GIVEN, **given})


def picture(name: str = "a.jpg", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, pictures.jpeg() if content is None else content)


# ------------------------------------------------------------------ the page
def test_a_scan_shows_public_facts_and_nobody(world: World, held: DeviceCode) -> None:
    answer = Client().get(url(held))
    facts = {fact.label: fact.text + fact.word for fact in answer.context["facts"]}
    assert facts == {
        "设备种类": "电梯 · 曳引驱动乘客电梯",
        "使用登记证编号": world.lift.registration_no,
        "使用单位": "甲物业管理有限公司",
        "下次检验日期": "2099年3月31日",
        "今日安全检查": "今日没有检查安排",
    }
    page = answer.content.decode()
    assert '<a class="pb-call" href="tel:023-96333">' in page
    for secret in ("李安", "13800000001", "王总", world.lift.equipment_code, world.lift.code):
        assert secret not in page
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert "<script" not in page


def test_a_typed_token_may_be_small(held: DeviceCode) -> None:
    assert Client().get(f"/c/{held.token.lower()}/").status_code == 200


@pytest.mark.parametrize("token", ["AAAAAAAAAA", "x" * 3000, "a-b_c"])
def test_an_unknown_code_is_said_in_words(world: World, token: str) -> None:
    for end in ("", "report/"):
        answer = Client().get(f"/c/{token}/{end}")
        assert answer.status_code == 404
        assert "没有这个设备码" in answer.content.decode()


def test_a_replaced_code_says_so_and_nothing_else(world: World, held: DeviceCode) -> None:
    DeviceCode.objects.update(retired_at=NOW, retire_reason="标签丢失")
    fresh = codes.device_code(world.lift)
    for answer in (Client().get(url(held)), Client().get(url(held, "report/")), send(held)):
        page = answer.content.decode()
        assert answer.status_code == 410
        assert "这个码已经挂失更换，不再有效" in page
        for fact in ("1号客梯", "甲物业", "标签丢失", fresh.token):
            assert fact not in page
    assert PublicReport.objects.count() == 0


@pytest.mark.parametrize(
    ("state", "text", "kind"),
    [("todo", "尚未完成", "late"), ("done", "已完成", "done"), ("waived", "今日免检", "neutral")],
)
def test_the_page_says_whether_todays_check_is_done(
    world: World, held: DeviceCode, state: str, text: str, kind: str
) -> None:
    tasks.task(world.lift, timezone.localdate(), state=state)
    (*_, check) = Client().get(url(held)).context["facts"]
    assert (check.label, check.word, check.kind) == ("今日安全检查", text, kind)


def test_a_machine_out_of_use_is_not_to_be_used(world: World) -> None:
    stopped = machines.machine(world.jia, "lift", status="stopped")
    (*_, check) = Client().get(url(codes.device_code(stopped))).context["facts"]
    assert (check.word, check.kind) == ("设备已停用，请勿使用", "danger")


def test_without_a_rescue_phone_the_emergency_numbers_stand_there(world: World) -> None:
    page = Client().get(url(codes.device_code(world.crane))).content.decode()
    assert 'href="tel:119"' in page
    assert 'href="tel:120"' in page


def test_its_own_people_go_on_from_the_scan(world: World, as_: As, held: DeviceCode) -> None:
    task = tasks.task(world.lift, timezone.localdate())

    def doors(user: User) -> list[tuple[str, str]]:
        return [(one.label, one.url) for one in as_(user).get(url(held)).context["doors"]]

    assert doors(world.li.user) == [("开始今日巡查", f"/m/tasks/{task.code}/")]
    assert doors(world.jia_admin) == [("打开设备档案", f"/equipment/{world.lift.code}/")]
    for other in (world.zhang.user, world.yi_admin, world.sun.user, world.regulator):
        assert doors(other) == []


# ------------------------------------------------------------------ reporting
def test_a_report_lands_at_the_unit(world: World, held: DeviceCode) -> None:
    answer = send(held, text=" <script>1</script>㛃𬭚🛗\0 ", contact="０１３８")
    report = PublicReport.objects.get()
    assert answer["Location"] == url(held, f"reported/{report.code}/")
    assert (report.text, report.contact) == ("<script>1</script>㛃𬭚🛗", "0138")
    assert (report.unit, report.equipment, report.device_code) == (world.jia, world.lift, held)
    told = OutboxMessage.objects.order_by("recipient__name").values_list(
        "channel", "recipient__name", "link"
    )
    link = f"/public-reports/{report.code}/"
    assert list(told) == [
        ("in_app", "李安", link),
        ("in_app", "王总", link),
        ("in_app", "甲物业管理有限公司", link),
    ]
    assert "script" not in OutboxMessage.objects.first().text
    assert AuditEntry.objects.get(verb="public_report.received").actor_kind == "anonymous"
    done = Client().get(answer["Location"])
    assert report.code in done.content.decode()
    assert "tel:023-96333" in done.content.decode()


def test_trapped_people_are_told_by_text_message_too(world: World, held: DeviceCode) -> None:
    send(held, kind="trapped", text="有人困在里面")
    texts = OutboxMessage.objects.filter(channel="sms").values_list("recipient__name", "text")
    words = "【紧急】公众扫码报告：1号客梯（A座大堂）困人或人员受伤。请立即核实处理。"
    assert sorted(texts) == [("李安", words), ("王总", words)]


def test_the_report_page_says_to_call_first(held: DeviceCode) -> None:
    page = Client().get(url(held, "report/")).content.decode()
    assert page.index("先打电话") < page.index("<h1")
    assert "tel:023-96333" in page


def test_photos_are_kept_without_what_the_camera_wrote(
    world: World, as_: As, held: DeviceCode
) -> None:
    send(held, photo=[picture(), picture("b.jpg", pictures.jpeg(colour="#3020c0"))])
    report = PublicReport.objects.get()
    assert report.photos.count() == 2
    page = as_(world.jia_admin).get(f"/public-reports/{report.code}/")
    shown = page.context["photos"][0]["url"]
    assert as_(world.jia_admin).get(shown).status_code == 200
    assert as_(world.li.user).get(shown).status_code == 200
    assert as_(world.yi_admin).get(shown).status_code == 404
    assert Client().get(shown).status_code == 302


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"kind": ""}, "kind", "请选择问题类型。"),
        ({"kind": "nonsense"}, "kind", "请从列出的问题类型中选择。"),
        ({"text": "\u3000"}, "text", "请描述看到的问题。"),
        ({"text": "长" * 501}, "text", "问题描述最多 500 个字。"),
        ({"contact": "1" * 41}, "contact", "联系方式最多 40 个字。"),
        ({"website": "http://spam"}, "website", "提交没有受理，请返回重新填写。"),
    ],
)
def test_a_refused_report_keeps_what_was_typed(
    held: DeviceCode, given: dict[str, str], field: str, words: str
) -> None:
    answer = send(held, **given)
    assert answer.status_code == 422
    form = answer.context["form"]
    assert form.errors == {field: [words]}
    assert form["text"].value() == {**GIVEN, **given}["text"]
    assert words in answer.content.decode()
    assert PublicReport.objects.count() == 0


@pytest.mark.parametrize(
    ("uploads", "words"),
    [
        ([picture("a.jpg", b"")], "照片文件是空的"),
        ([picture("a.jpg", b"%PDF-1.7 not a picture")], "这个文件不是照片"),
        ([picture("a.jpg", b"<svg onload='x'/>")], "SVG 图形不能作为照片"),
        ([picture()] * 4, "照片最多 3 张。"),
    ],
)
def test_what_is_no_photo_is_refused_beside_its_field(
    held: DeviceCode, uploads: list[SimpleUploadedFile], words: str
) -> None:
    for upload in uploads:
        upload.seek(0)
    answer = send(held, photo=uploads)
    assert answer.status_code == 422
    assert answer.context["form"].errors["photo"][0].startswith(words)
    assert PublicReport.objects.count() == 0


def test_a_picture_too_large_is_refused(held: DeviceCode, settings: object) -> None:
    settings.PHOTO_MAX_BYTES = 100
    assert "超过" in send(held, photo=[picture()]).context["form"].errors["photo"][0]


def test_thirty_reports_in_a_minute_are_stopped(world: World, held: DeviceCode) -> None:
    statuses = [send(held, text=f"第{n}次").status_code for n in range(30)]
    assert (statuses[:5], set(statuses[5:])) == ([302] * 5, {429})
    assert PublicReport.objects.count() == 5
    stopped = send(held).content.decode()
    assert "请过几分钟再提交" in stopped
    assert "tel:023-96333" in stopped


def test_the_same_words_twice_are_one_report(held: DeviceCode) -> None:
    def made(after: timedelta) -> str:
        given = {"kind": "fault", "text": "异响", "actor": ANONYMOUS}
        return actions.report_problem(held, **given, now=NOW + after).code

    first = made(timedelta())
    assert made(timedelta(minutes=9)) == first
    assert made(timedelta(minutes=11)) != first


def test_a_number_is_only_shown_through_its_own_code(world: World, held: DeviceCode) -> None:
    report = codes.public_report(held)
    other = codes.device_code(world.crane)
    assert Client().get(url(held, f"reported/{report.code}/")).status_code == 200
    assert Client().get(url(other, f"reported/{report.code}/")).status_code == 404


# ------------------------------------------------------------------ the unit
def test_the_unit_handles_a_report(world: World, as_: As, held: DeviceCode) -> None:
    report = codes.public_report(held)
    client = as_(world.jia_admin)
    assert "条待处理" in client.get("/public-reports/").content.decode()
    path = f"/public-reports/{report.code}/"
    assert client.post(path, {"answer": "已调整门机。"})["Location"] == path
    report.refresh_from_db()
    assert (report.answer, report.answered_by_name) == ("已调整门机。", "甲物业管理有限公司")
    assert AuditEntry.objects.filter(verb="public_report.answered").count() == 1
    assert "条待处理" not in client.get("/public-reports/").content.decode()
    assert "已调整门机。" in as_(world.li.user).get(path).content.decode()


def test_a_second_answer_overwrites_nothing(world: World, as_: As, held: DeviceCode) -> None:
    report = codes.public_report(held)
    actor = world.actor(world.jia_admin)
    actions.answer_report(report, answer="第一次", actor=actor, now=NOW)
    answer = as_(world.jia_admin).post(f"/public-reports/{report.code}/", {"answer": "第二次"})
    assert answer.status_code == 409
    assert answer.context["form"]["answer"].value() == "第二次"
    report.refresh_from_db()
    assert report.answer == "第一次"


@pytest.mark.parametrize("text", ["", "\0", "长" * 301])
def test_a_wrong_answer_is_refused(world: World, as_: As, held: DeviceCode, text: str) -> None:
    report = codes.public_report(held)
    answer = as_(world.jia_admin).post(f"/public-reports/{report.code}/", {"answer": text})
    assert answer.status_code == 422
    assert "answer" in answer.context["form"].errors


def test_another_unit_answers_nothing(world: World, held: DeviceCode) -> None:
    with pytest.raises(RuleBroken) as refused:
        actions.answer_report(
            codes.public_report(held), answer="x", actor=world.actor(world.yi_admin), now=NOW
        )
    assert refused.value.status == 404


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["异响", "困住", "旧的"]),
        ({"state": "answered"}, ["旧的"]),
        ({"kind": "trapped"}, ["困住"]),
        ({"keyword": "行车"}, ["困住"]),
        ({"kind": "nonsense", "keyword": "没有"}, []),
    ],
)
def test_the_list_is_narrowed_and_waits_first(
    world: World, as_: As, held: DeviceCode, asked: dict[str, str], expected: list[str]
) -> None:
    done = {"answer": "好", "answered_at": NOW, "answered_by_name": "甲"}
    codes.public_report(codes.device_code(world.crane), text="困住", kind="trapped")
    codes.public_report(held, text="异响")
    codes.public_report(held, text="旧的", **done)
    page = as_(world.jia_admin).get("/public-reports/", asked)
    assert [one.text for one in page.context["page"]] == expected


def test_a_machines_reports_stand_on_its_page(world: World, as_: As, held: DeviceCode) -> None:
    report = codes.public_report(held)
    page = as_(world.jia_admin).get(f"/equipment/{world.lift.code}/").content.decode()
    assert f"/public-reports/{report.code}/" in page
    listed = as_(world.jia_admin).get("/public-reports/", {"machine": world.crane.code})
    assert listed.context["page"].paginator.count == 0
