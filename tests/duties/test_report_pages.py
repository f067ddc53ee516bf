"""Pages of weekly reports and minutes: phone, desk, export; forms that come back (F69–F72)."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.clock import local_day
from duties.models import MonthlyMinutes, ReportDraft, Task, WeeklyReport
from tests.factories import duty_reports as made
from tests.factories import pictures
from tests.world import World

SignIn = Callable[..., Client]


def now_task(world: World, kind: str = "weekly", **fields: object) -> Task:
    """A report owed today, by the clock of the views."""
    day = local_day(timezone.now())
    if kind == "weekly":
        return made.weekly_task(world.jia, world.wang, day=day, **fields)
    return made.monthly_task(world.jia, day=day, **fields)


def write_url(task: Task) -> str:
    name = "report-write" if task.kind == "weekly_report" else "minutes-write"
    return reverse(f"duties:{name}", args=[task.code])


def words(**fields: str) -> dict[str, str]:
    return {
        "client_uuid": str(uuid.uuid4()),
        "rev": "0",
        "last_week": "上周问题已整改",
        "main_hazards": "未发现𬭚㛃隐患",
        "evaluation": "controlled",
        "next_work": "<script>alert(1)</script>",
        "signature_strokes": pictures.strokes(),
        **fields,
    }


def meeting(**fields: object) -> dict[str, object]:
    held = timezone.localtime() - timedelta(minutes=1)
    return {
        "client_uuid": str(uuid.uuid4()),
        "rev": "0",
        "held_at": held.strftime("%Y-%m-%dT%H:%M"),
        "place": "会议室",
        "signature_strokes": pictures.strokes(),
        **fields,
    }


def photo(name: str = "纪要.jpg", content: bytes | None = None):
    return pictures.upload(pictures.jpeg() if content is None else content, name)


def body(response: object) -> str:
    return unescape(response.content.decode())


def test_the_form_shows_both_weeks_and_no_chosen_evaluation(world: World, as_: SignIn) -> None:
    task = now_task(world)
    page = body(as_(world.wang.user).get(write_url(task)))
    for text in (
        "上周共排查 0 个电梯，共发现隐患 0 条，整改完成 0 条。",
        "本周共排查 0 个电梯，共发现隐患 0 条，整改完成 0 条。",
        "安全风险可控，无较大安全风险隐患",
        "存在安全风险隐患，需尽快采取防范措施",
        "本周未发现主要安全风险隐患。",
        "安全总监签名",
    ):
        assert text in page
    assert "checked" not in page
    assert ReportDraft.objects.count() == 0


def test_a_whole_report_over_the_pages(world: World, as_: SignIn) -> None:
    task, client = now_task(world), as_(world.wang.user)
    assert write_url(task) in body(client.get(reverse("duties:weekly-reports")))
    saved = client.post(write_url(task), words(do="sign"), follow=True)
    report = WeeklyReport.objects.get()
    assert saved.redirect_chain == [(reverse("duties:field-report", args=[report.code]), 302)]
    page = body(saved)
    assert "周报告已保存，不能再修改。" in page
    assert (report.main_hazards, report.next_work) == (
        "未发现𬭚㛃隐患",
        "<script>alert(1)</script>",
    )
    assert "<script>alert(1)</script>" not in saved.content.decode()
    again = client.get(write_url(task))
    assert (again.status_code, again.url) == (302, saved.redirect_chain[0][0])
    assert report.code in body(client.get(reverse("duties:weekly-reports")))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"evaluation": ""}, "请选择本周安全管理情况评价。"),
        ({"next_work": "\x00 "}, "请填写下周工作重点。"),
        ({"signature_strokes": ""}, "签名为空，请重新签名。"),
        ({"signature_strokes": "[oops"}, "签名数据无效，请重新签名。"),
    ],
)
def test_a_form_that_comes_back_keeps_everything(
    world: World, as_: SignIn, fields: dict, sentence: str
) -> None:
    task = now_task(world)
    sent = words(do="sign", **fields)
    answer = as_(world.wang.user).post(write_url(task), sent)
    page = body(answer)
    assert answer.status_code == 422
    assert sentence in page
    assert "未发现𬭚㛃隐患" in page
    assert WeeklyReport.objects.count() == 0
    assert ReportDraft.objects.get().fields["main_hazards"] == "未发现𬭚㛃隐患"


def test_a_form_that_came_back_is_saved_at_the_second_try(world: World, as_: SignIn) -> None:
    task, client = now_task(world), as_(world.wang.user)
    page = body(client.post(write_url(task), words(next_work="", do="sign")))
    assert 'name="rev" value="1"' in page  # what was typed is a draft by now
    again = client.post(write_url(task), words(rev="1", next_work="抽查五方通话", do="sign"))
    assert again.status_code == 302


def test_who_comes_too_late_reads_what_he_typed_and_who_was_first(
    world: World, as_: SignIn
) -> None:
    """The second of two: told by whom, his text and his photograph are still shown."""
    task = now_task(world, "monthly")
    chen = as_(world.chen.user)
    assert chen.get(write_url(task)).status_code == 200
    first = as_(world.wang.user).post(write_url(task), meeting(photo_1=photo(), do="sign"))
    assert first.status_code == 302
    late = chen.post(write_url(task), meeting(place="食堂", photo_1=photo("晚.jpg"), do="sign"))
    page = body(late)
    assert late.status_code == 409
    assert "该报告已由王总于" in page
    assert "食堂" in page
    assert page.count("data-lightbox data-caption") == 1
    assert MonthlyMinutes.objects.get().author_name == "王总"


def test_photographs_stay_when_the_rest_is_wrong_and_can_be_taken_back(
    world: World, as_: SignIn
) -> None:
    task, client = now_task(world, "monthly"), as_(world.wang.user)
    url = write_url(task)
    bad = client.post(
        url,
        meeting(
            held_at="", photo_1=photo(), photo_2=photo("假.jpg", b"MZ not a photo"),
            photo_3=photo("空.jpg", b""), do="sign",
        ),
    )  # fmt: skip
    page = body(bad)
    assert bad.status_code == 422
    for sentence in ("请选择会议时间。", "假.jpg：这个文件不是照片", "空.jpg：照片文件是空的"):
        assert sentence in page
    kept = ReportDraft.objects.get().photos.get(removed_at=None).photo
    assert f'value="{kept.code}"' in page
    gone = client.post(url, meeting(rev="1", drop=str(kept.code), do="sign"))
    assert (gone.status_code, "请拍照上传会议纪要。" in body(gone)) == (422, True)
    done = client.post(url, meeting(rev="2", photo_1=photo(), do="sign"))
    assert done.status_code == 302
    assert MonthlyMinutes.objects.get().photos.count() == 1


def test_a_draft_is_saved_by_fetch_and_a_second_tab_is_told(world: World, as_: SignIn) -> None:
    task, client = now_task(world), as_(world.wang.user)
    url = reverse("duties:report-draft", args=[task.code])
    fetch = {"HTTP_X_REQUESTED_WITH": "fetch"}
    first = client.post(url, words(kind="weekly_report", next_work="第一页"), **fetch)
    assert (first.status_code, first.json()["rev"]) == (200, 1)
    second = client.post(url, words(kind="weekly_report", next_work="第二页"), **fetch)
    assert (second.status_code, second.json()["code"]) == (409, "draft_changed")
    empty = client.post(url, {"kind": "weekly_report"}, **fetch)
    assert (empty.status_code, empty.json()["code"]) == (409, "stale_page")
    assert ReportDraft.objects.get().fields["next_work"] == "第一页"
    page = client.post(write_url(task), words(next_work="第二页", do="sign"))
    assert page.status_code == 409
    assert 'name="rev" value="1"' in body(page)
    assert "第二页" in body(page)
    assert WeeklyReport.objects.count() == 0


def test_the_principal_signs_on_the_phone(world: World, as_: SignIn) -> None:
    now = timezone.now()
    minutes = made.minutes(
        now_task(world, "monthly"), world.actor(world.wang), now=now, held_at=now
    )
    client = as_(world.chen.user)
    assert "待您签名（1）" in body(client.get(reverse("duties:monthly-reports")))
    url = reverse("duties:minutes-sign", args=[minutes.code])
    assert client.post(url, {"signature_strokes": ""}).status_code == 422
    done = client.post(url, {"signature_strokes": pictures.strokes()}, follow=True)
    assert "主要负责人签名" in body(done)
    assert minutes.principal_signature.name == "陈责"


# ------------------------------------------------------------------ the desk
def test_the_desk_lists_what_was_handed_in_and_what_is_missing(world: World, as_: SignIn) -> None:
    report = made.weekly(made.weekly_task(world.jia, world.wang), world.actor(world.wang))
    made.weekly_task(world.jia, world.zhao, "crane", state="missed")
    made.weekly_task(world.jia, None, "boiler", state="waived", level="principal")
    for user, shows_unit in ((world.jia_admin, False), (world.regulator, True)):
        page = body(as_(user).get(reverse("duties:report-list")))
        assert [word in page for word in ("按时", "漏检", "免检")] == [True] * 3
        assert reverse("duties:report", args=[report.code]) in page
        assert ('data-label="单位"' in page) is shows_unit
    late = body(as_(world.jia_admin).get(reverse("duties:report-list"), {"completion": "missed"}))
    assert ("起重机械" in late, report.code in late) == (True, False)
    assert "没有符合条件的周报告" in body(
        as_(world.jia_admin).get(reverse("duties:report-list"), {"keyword": "无此人"})
    )
    detail = body(as_(world.regulator).get(reverse("duties:report", args=[report.code])))
    assert "上周共排查 0 个电梯" in detail
    assert as_(world.far_regulator).get(
        reverse("duties:report", args=[report.code])
    ).status_code == 404  # fmt: skip


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("name", ["report-list", "minutes-list"])
def test_lists_take_the_same_queries_for_one_and_three(
    world: World, as_: SignIn, django_assert_num_queries, rows: int, name: str
) -> None:
    for category in ("lift", "crane", "boiler")[:rows]:
        if name == "report-list":
            made.weekly(made.weekly_task(world.jia, world.wang, category), world.actor(world.wang))
        else:
            made.minutes(made.monthly_task(world.jia, category), world.actor(world.wang))
    client = as_(world.jia_admin)
    url = reverse(f"duties:{name}")
    client.get(url)
    with django_assert_num_queries({"report-list": 8, "minutes-list": 6}[name]):
        client.get(url)


def test_minutes_on_the_desk_offer_their_photographs(world: World, as_: SignIn) -> None:
    minutes = made.minutes(made.monthly_task(world.jia), world.actor(world.wang))
    client = as_(world.jia_admin)
    assert "待主要负责人签名" in body(client.get(reverse("duties:minutes-list")))
    page = body(client.get(reverse("duties:minutes", args=[minutes.code])))
    copy = minutes.photos.get().photo.copy_id
    assert f'href="/files/{copy}/?download=1"' in page
    assert client.get(f"/files/{copy}/?download=1").status_code == 200
    assert as_(world.yi_admin).get(f"/files/{copy}/").status_code == 404


def test_exports_say_what_the_lists_say(world: World, as_: SignIn) -> None:
    made.weekly(made.weekly_task(world.jia, world.wang), world.actor(world.wang))
    made.weekly_task(world.jia, world.zhao, "crane")
    answer = as_(world.jia_admin).get(reverse("duties:report-export"))
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]
    assert [(row[1], row[3], row[11]) for row in rows] == [
        ("起重机械", "赵督", None),
        ("电梯", "王总", "门锁触点磨损，已更换。"),
    ]
    made.minutes(made.monthly_task(world.jia), world.actor(world.wang))
    answer = as_(world.regulator).get(reverse("duties:minutes-export"))
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert sheet["K4"].value == "待签名"
    assert as_(world.li.user).get(reverse("duties:report-export")).status_code == 404
