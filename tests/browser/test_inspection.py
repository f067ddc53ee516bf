"""The round in a real browser at 390 px: whole by tapping, reload, back, second tab, no network,
and without JavaScript as one long form (item 7 of part 1; peer complaints 2.1, 2.8, 2.9)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from config.clock import local_day
from duties.actions.submit import finish
from duties.checklists import compose
from duties.models import DraftPhoto, Inspection, InspectionDraft, Task
from hazards.models import Hazard
from tests.browser.slow_line import MAKE_PICTURES, SLOW_PICTURES, expect_told, held, next_of
from tests.duties.test_composed_lists import custom
from tests.factories import duties as tasks
from tests.factories import pictures, rounds
from tests.world import World
from units.models import Photo, PhotoMetadata

Open = Callable[..., Page]


# All of the page is there and has its style, while its scripts are still on their way.
LAID_OUT = """() => document.readyState === "interactive"
  && [...document.querySelectorAll("link[rel=stylesheet]")].every((link) => link.sheet)"""


# A text typed, and what the line of the draft says at this moment.
TYPED = """(box, text) => {
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  return document.querySelector("[data-state]").textContent;
}"""


@pytest.fixture
def task(committed_world: World) -> Task:
    now = timezone.now()
    return tasks.task(committed_world.lift, local_day(now), now=now)


def items_of(task: Task) -> list[dict]:
    now = timezone.now()
    return list(compose(unit=task.unit, category=task.category, cadence="daily", at=now).items)


def file(name: str, content: bytes) -> dict[str, object]:
    return {"name": name, "mimeType": "image/jpeg", "buffer": content}


def here(page: Page) -> Locator:
    """The step on the screen: always exactly one."""
    step = page.locator("[data-step]:visible")
    expect(step).to_have_count(1)
    return step


def choose(page: Page, label: str) -> None:
    radio = here(page).get_by_role("radio", name=re.compile(f"^{label}"))
    radio.tap()
    expect(radio).to_be_checked()  # a tap becomes a click only when the browser comes to it


def saved(page: Page) -> None:
    expect(page.locator("[data-state]")).to_have_text(re.compile(r"^草稿已存 \d\d:\d\d$"))


def begin(page: Page, task: Task) -> None:
    page.goto(f"/m/tasks/{task.code}/")
    page.get_by_role("link", name="开始巡查").tap()
    choose(page, "在用")
    page.get_by_role("button", name="下一步").tap()


def at(page: Page, number: int) -> None:
    expect(here(page)).to_have_attribute("data-step", str(number))


def sign_by_touch(page: Page) -> None:
    """Write on the sheet with a finger: touches as the browser's own input makes them."""
    page.get_by_role("button", name="点此签名").tap()
    canvas = page.locator("[data-signature-canvas]")
    expect(canvas).to_be_visible()
    box = canvas.bounding_box()
    finger = page.context.new_cdp_session(page)
    left, middle = box["x"] + 30, box["y"] + box["height"] / 2

    def touch(kind: str, *points: tuple[float, float]) -> None:
        finger.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]},
        )

    touch("touchStart", (left, middle))
    for n in range(1, 10):
        touch("touchMove", (left + n * (box["width"] - 60) / 10, middle + 60 * math.sin(n)))
    for _ in range(3):  # the pen rests before it is lifted; else the browser takes it for a fling
        page.wait_for_timeout(40)
        touch("touchMove", (left + 9 * (box["width"] - 60) / 10, middle))
    touch("touchEnd")
    page.get_by_role("button", name="确定").tap()
    expect(page.locator("[data-signature-sheet]")).to_be_hidden()


def draft_of(task: Task) -> InspectionDraft:
    return InspectionDraft.objects.get(task=task)


def test_a_whole_round_by_tapping(committed_world: World, open_as: Open, task: Task) -> None:
    items = items_of(task)
    severe = next(item["number"] for item in items if item["is_severe"])
    page = open_as(committed_world.li.user)
    page.goto("/m/")
    page.get_by_role("link", name=re.compile("日管控.*待巡查")).tap()
    page.get_by_role("link", name=re.compile("1号客梯")).tap()
    page.get_by_role("link", name="开始巡查").tap()
    expect(page.locator("[data-state]")).to_have_text("尚未填写")
    page.get_by_role("button", name="下一步").tap()
    expect_told(page, "请选择使用状态。")
    choose(page, "在用")
    page.get_by_role("button", name="下一步").tap()
    for number in range(1, len(items) + 1):
        at(page, number)
        expect(here(page)).to_contain_text(items[number - 1]["item"])
        expect(page.locator("[data-progress-text]")).to_have_text(f"{number}/{len(items)}")
        hazard = here(page).get_by_text(items[number - 1]["hazard"])
        expect(hazard).to_be_hidden()
        if number == severe:
            choose(page, "不合格")
            expect(hazard).to_be_visible()
            expect(here(page).get_by_text("请立即停止使用该设备")).to_be_visible()
            photo_of(page).set_input_files(file("现场.jpg", pictures.jpeg(2400, 1800)))
            expect(here(page).locator("[data-photo]")).to_have_count(1)
            expect(here(page).get_by_text("再拍一张")).to_be_visible()
            photo_of(page).set_input_files(file("现场2.jpg", pictures.jpeg()))
            choose(page, "立即处理")
            here(page).get_by_label("处理结果").fill("现场更换损坏部件，试运行正常")
            here(page).get_by_label("备注").fill("㛃 已通知维保")
        else:
            choose(page, "合格")
        last = number == len(items)
        page.get_by_role("button", name="完成" if last else "下一项").tap()
    at_sheet(page)
    expect(page.locator('[data-grid][data-mark="done"]')).to_have_count(len(items) - 1)
    expect(page.locator('[data-grid][data-mark="fail"]')).to_have_count(1)
    page.get_by_role("link", name=f"{severe} 不合格").tap()
    at(page, severe)
    page.get_by_role("link", name="答题卡").tap()
    page.get_by_role("button", name="立即提交").tap()
    expect(page).to_have_url(re.compile(r"/sign/$"))
    expect(page.get_by_text("现场更换损坏部件，试运行正常")).to_be_visible()
    page.get_by_role("button", name="提交", exact=True).tap()
    expect(page.get_by_text("签名为空，请重新签名。").first).to_be_visible()
    sign_by_touch(page)
    page.get_by_role("button", name="提交", exact=True).tap()
    expect(page.get_by_text("巡查已提交，发现隐患 1 项。")).to_be_visible()
    done = Inspection.objects.get(task=task)
    assert [one["result"] for one in done.answers].count("fail") == 1
    failed = done.answers[severe - 1]
    assert (failed["handling"], failed["handling_result"], failed["note"]) == (
        "immediate",
        "现场更换损坏部件，试运行正常",
        "㛃 已通知维保",
    )
    assert len(failed["photos"]) == 2
    assert done.device_started_at < done.device_finished_at <= done.received_at
    assert done.received_at - done.device_started_at < timedelta(minutes=5)
    assert Hazard.objects.get().severity == "severe"
    # The browser made the picture smaller before it went up.
    assert max(max(one.width, one.height) for one in Photo.objects.all()) == 1600


def photo_of(page: Page) -> Locator:
    return here(page).locator("[data-photo-input]")


def at_sheet(page: Page) -> None:
    expect(here(page)).to_have_attribute("data-step", "sum")


def test_what_was_given_before_the_script_had_loaded_is_kept(
    committed_world: World, open_as: Open, task: Task
) -> None:
    page = open_as(committed_world.li.user)
    script = held(page, "**/js/inspection.js")
    page.goto(f"/m/tasks/{task.code}/inspect/", wait_until="commit")
    key = items_of(task)[0]["key"]
    first = page.locator(f'[data-key="{key}"]')
    page.wait_for_function(LAID_OUT)
    page.get_by_role("radio", name=re.compile("^在用")).check(force=True)
    first.get_by_role("radio", name="不合格").check(force=True)
    first.get_by_label("备注").fill("门缝过大")
    first.get_by_label("第 1 项 照片").first.set_input_files(file("现场.jpg", pictures.jpeg()))
    next_of(script, page).continue_()
    expect(first.locator("[data-photo]:not([data-photo=''])")).to_have_count(1)
    saved(page)
    draft = draft_of(task)
    assert draft.round_status == "in_use"
    assert (draft.answers[key]["result"], draft.answers[key]["note"]) == ("fail", "门缝过大")


def test_reload_in_the_middle_keeps_place_and_answers(
    committed_world: World, open_as: Open, task: Task
) -> None:
    page = open_as(committed_world.li.user)
    begin(page, task)
    choose(page, "合格")
    page.get_by_role("button", name="下一项").tap()
    at(page, 2)
    choose(page, "不合格")
    # Not for the moment that a text waits for its next letter is it called saved.
    assert here(page).get_by_label("备注").evaluate(TYPED, "门缝过大") == "正在保存…"
    saved(page)
    page.evaluate(SLOW_PICTURES)
    photo_of(page).set_input_files(file("现场.jpg", pictures.jpeg()))
    expect(page.locator("[data-state]")).to_have_text("正在上传照片 0%")
    page.evaluate(MAKE_PICTURES)
    saved(page)  # not before the picture, too, has arrived
    page.reload()
    at(page, 2)
    expect(here(page).get_by_role("radio", name="不合格")).to_be_checked()
    expect(here(page).get_by_label("备注")).to_have_value("门缝过大")
    expect(here(page).locator("[data-photo] img")).to_have_count(1)
    saved(page)
    # Taking the photo back survives a reload as well.
    here(page).get_by_role("button", name="移除").tap()
    expect(here(page).locator("[data-photo]")).to_have_count(0)
    page.reload()
    expect(here(page).locator("[data-photo]")).to_have_count(0)
    assert DraftPhoto.objects.get().removed_at is not None
    # Who comes back later goes on where the first answer is missing.
    page.goto(f"/m/tasks/{task.code}/")
    page.get_by_role("link", name="继续巡查").tap()
    at(page, 2)


def test_the_back_button_goes_one_item_back(
    committed_world: World, open_as: Open, task: Task
) -> None:
    page = open_as(committed_world.li.user)
    begin(page, task)
    for number in (1, 2):
        at(page, number)
        choose(page, "合格")
        page.get_by_role("button", name="下一项").tap()
    at(page, 3)
    page.go_back()
    at(page, 2)
    expect(here(page).get_by_role("radio", name="合格", exact=True)).to_be_checked()
    page.go_forward()
    at(page, 3)
    page.get_by_role("button", name="上一项").tap()
    at(page, 2)
    page.get_by_role("button", name="上一项").tap()
    page.get_by_role("button", name="上一项").tap()
    at(page, 0)
    saved(page)
    page.go_back()
    expect(page).to_have_url(re.compile(rf"/m/tasks/{task.code}/$"))
    page.go_forward()
    at(page, 0)
    expect(here(page).get_by_role("radio", name=re.compile("^在用"))).to_be_checked()


def test_back_from_the_check_page_and_changing_something(
    committed_world: World, open_as: Open, task: Task
) -> None:
    page = open_as(committed_world.li.user)
    fill_all(page, task)
    page.get_by_role("button", name="立即提交").tap()
    expect(page).to_have_url(re.compile(r"/sign/$"))
    page.go_back()
    at_sheet(page)
    expect(page.get_by_text("已填写完成，等待签名。")).to_be_visible()
    page.get_by_role("link", name=re.compile("^3 ")).tap()
    choose(page, "无此项")
    saved(page)
    expect(page.get_by_text("已填写完成，等待签名。")).to_have_count(0)
    task.refresh_from_db()
    assert task.state == "in_progress"
    page.get_by_role("link", name="答题卡").tap()
    page.get_by_role("button", name="立即提交").tap()
    page.get_by_role("button", name="返回修改").tap()
    at_sheet(page)
    page.get_by_role("button", name="立即提交").tap()
    sign_by_touch(page)
    page.get_by_role("button", name="提交", exact=True).dblclick()
    expect(page.get_by_text("巡查已提交。")).to_be_visible()
    assert Inspection.objects.get().answers[2]["result"] == "not_applicable"


def fill_all(page: Page, task: Task, result: str = "合格") -> None:
    begin(page, task)
    total = len(items_of(task))
    for number in range(1, total + 1):
        at(page, number)
        choose(page, result)
        page.get_by_role("button", name="完成" if number == total else "下一项").tap()
    at_sheet(page)


def test_a_second_tab_overwrites_nothing(committed_world: World, open_as: Open, task: Task) -> None:
    first = open_as(committed_world.li.user)
    begin(first, task)
    second = first.context.new_page()
    second.goto(f"/m/tasks/{task.code}/inspect/#q-1")
    first.bring_to_front()  # a page behind another draws once a second
    choose(first, "合格")
    saved(first)
    second.bring_to_front()
    choose(second, "不合格")
    box = here(second).locator("[data-conflict]")
    expect(box).to_contain_text("本项在另一个页面被改成了不同的内容")
    expect(box).to_contain_text("合格")
    key = items_of(task)[0]["key"]
    assert draft_of(task).answers[key]["result"] == "pass"
    box.get_by_role("button", name="用本页的").tap()
    saved(second)
    assert draft_of(task).answers[key]["result"] == "fail"
    # The first tab still shows what it had; a new choice there asks again.
    first.bring_to_front()
    choose(first, "无此项")
    here(first).get_by_role("button", name="用另一个页面的").tap()
    expect(here(first).get_by_role("radio", name="不合格")).to_be_checked()
    saved(first)
    assert draft_of(task).answers[key]["result"] == "fail"
    # Different items never disturb each other.
    first.get_by_role("button", name="下一项").tap()
    at(first, 2)
    choose(first, "合格")
    saved(first)
    assert len(draft_of(task).answers) == 2


def test_without_network_nothing_is_called_saved_and_nothing_is_lost(
    committed_world: World, open_as: Open, task: Task
) -> None:
    page = open_as(committed_world.li.user)
    begin(page, task)
    saved(page)
    context: BrowserContext = page.context
    context.set_offline(True)
    state = page.locator("[data-state]")
    choose(page, "合格")
    expect(state).to_contain_text("未保存，网络不通，稍后自动重试")
    page.get_by_role("button", name="下一项").tap()
    at(page, 2)  # going on needs no network
    choose(page, "不合格")
    photo_of(page).set_input_files(file("现场.jpg", pictures.jpeg()))
    expect(here(page).get_by_text("等待上传")).to_be_visible()
    page.get_by_role("link", name="答题卡").tap()
    assert InspectionDraft.objects.get().answers == {}
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    with page.expect_event("dialog"):
        page.evaluate("setTimeout(() => { location.href = '/m/'; })")
    assert asked == ["beforeunload"]
    at_sheet(page)
    context.set_offline(False)
    expect(state).to_have_text(re.compile("^草稿已存"))
    assert len(draft_of(task).answers) == 2
    assert DraftPhoto.objects.filter(removed_at=None).count() == 1


def test_a_lost_receipt_doubles_nothing(committed_world: World, open_as: Open, task: Task) -> None:
    page = open_as(committed_world.li.user)
    begin(page, task)
    saved(page)
    lost = {"draft": 1, "photos": 1}

    def lose(route: Route) -> None:
        """Let the request arrive and throw its answer away, once each."""
        name = "photos" if "/photos/" in route.request.url else "draft"
        response = route.fetch()
        if lost[name]:
            lost[name] -= 1
            route.abort("connectionreset")
        else:
            route.fulfill(response=response)

    page.route(re.compile(r"/(draft|photos)/$"), lose)
    choose(page, "不合格")
    photo_of(page).set_input_files(file("现场.jpg", pictures.jpeg()))
    choose(page, "待处理")
    expect(here(page).locator("[data-photo]:not([data-photo=''])")).to_have_count(1)
    expect(page.locator("[data-state]")).to_have_text(re.compile("^草稿已存"))
    assert lost == {"draft": 0, "photos": 0}
    assert (Photo.objects.count(), DraftPhoto.objects.count()) == (1, 1)
    answers = draft_of(task).answers[items_of(task)[0]["key"]]
    assert (answers["result"], answers["handling"]) == ("fail", "pending")
    expect(here(page).locator("[data-conflict]")).to_be_hidden()


def test_a_bad_photo_says_so_and_the_round_goes_on(
    committed_world: World, open_as: Open, task: Task
) -> None:
    page = open_as(committed_world.li.user)
    begin(page, task)
    choose(page, "不合格")
    photo_of(page).set_input_files(file("说明.jpg", b"this is not a picture at all"))
    expect(here(page).get_by_text("这个文件不是照片")).to_be_visible()
    photo_of(page).set_input_files(file("现场.jpg", pictures.jpeg()))
    expect(here(page).locator("[data-photo]:not([data-photo=''])")).to_have_count(1)
    here(page).get_by_role("button", name="移除").first.tap()
    expect(here(page).get_by_text("这个文件不是照片")).to_have_count(0)
    saved(page)
    assert DraftPhoto.objects.count() == 1


def test_heic_goes_up_as_it_is_and_exif_is_kept(
    committed_world: World, open_as: Open, task: Task
) -> None:
    page = open_as(committed_world.li.user)
    begin(page, task)
    choose(page, "不合格")
    heic = pictures.encoded(pictures.picture(), "HEIF", quality=80)
    photo_of(page).set_input_files(file("IMG_1.heic", heic))
    image = here(page).locator("[data-photo]:not([data-photo='']) img")
    expect(image).to_have_count(1)
    expect(image).to_have_js_property("naturalWidth", 320)
    first = Photo.objects.get()
    assert first.original.content_type == "image/heic"
    exif = pictures.picture(2400, 1800).getexif()
    exif[0x0132] = "2026:11:20 08:30:00"
    exif.get_ifd(0x8769)[0x9003] = "2026:11:20 08:30:00"
    large = pictures.encoded(pictures.picture(2400, 1800), "JPEG", quality=95, exif=exif)
    photo_of(page).set_input_files(file("IMG_2.jpg", large))
    expect(image).to_have_count(2)
    saved(page)
    second = Photo.objects.order_by("pk").last()
    assert second.original.size < len(large)
    assert PhotoMetadata.objects.get(photo=second).taken_at is not None


def test_a_to_do_finished_elsewhere_is_told_and_stays_readable(
    committed_world: World, open_as: Open, task: Task
) -> None:
    page = open_as(committed_world.li.user)
    begin(page, task)
    saved(page)
    Task.objects.filter(pk=task.pk).update(
        state="waived", waived_at=timezone.now(), waive_reason="已办理停用手续"
    )
    choose(page, "不合格")
    dialog = page.get_by_role("dialog", name="不能继续填写")
    expect(dialog).to_contain_text("该待办已免检（已办理停用手续），不用再填写。")
    dialog.get_by_role("button", name="留在本页查看").tap()
    expect(here(page).get_by_role("radio", name="不合格")).to_be_checked()
    expect(page.locator("[data-state]")).to_have_text("未保存，这条待办不能再填写")


def test_a_list_that_is_out_of_date_brings_the_page_back_with_everything(
    committed_world: World, open_as: Open, task: Task
) -> None:
    page = open_as(committed_world.li.user)
    page.goto(f"/m/tasks/{task.code}/inspect/")
    page.evaluate("document.forms.inspection.elements.version_hash.value = 'a'.repeat(64)")
    choose(page, "在用")
    alert = page.get_by_role("alert").first
    expect(alert).to_contain_text("检查清单已更新，请核对带入的内容")
    saved(page)  # what was brought over is saved on the new list by itself
    assert draft_of(task).round_status == "in_use"
    page.goto(f"/m/tasks/{task.code}/")
    page.goto(f"/m/tasks/{task.code}/inspect/#q-0")
    expect(here(page).get_by_role("radio", name=re.compile("^在用"))).to_be_checked()


def test_a_list_enabled_meanwhile_reloads_the_older_tab(
    committed_world: World, open_as: Open, task: Task
) -> None:
    older = open_as(committed_world.li.user)
    older.goto(f"/m/tasks/{task.code}/inspect/")
    now = timezone.now()
    custom(committed_world.jia, "本单位补充", enabled_at=now)
    newer = older.context.new_page()
    newer.goto(f"/m/tasks/{task.code}/inspect/")
    total = len(items_of(task))
    expect(newer.locator("[data-inspection]")).to_have_attribute("data-total", str(total))
    choose(newer, "在用")
    saved(newer)
    older.bring_to_front()
    older.goto(older.url + "#q-2")
    choose(older, "合格")
    expect(older.get_by_text("检查清单已更新，请核对新的内容后再提交。")).to_be_visible()
    expect(older.locator("[data-inspection]")).to_have_attribute("data-total", str(total))
    at(older, 2)
    expect(here(older).get_by_role("radio", name="合格", exact=True)).to_be_checked()
    assert draft_of(task).version.item_count == total


def test_signed_out_in_the_middle_keeps_everything_until_signed_in_again(
    committed_world: World, open_as: Open, task: Task
) -> None:
    page = open_as(committed_world.li.user)
    begin(page, task)
    saved(page)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    choose(page, "合格")
    expect(page.locator("[data-state]")).to_contain_text("登录已过期")
    expect(page.get_by_role("link", name="请重新登录")).to_have_attribute("target", "_blank")
    # Signing in again changes the session and the CSRF cookie: the page finds its new token.
    page.context.add_cookies([one for one in cookies if "csrf" not in one["name"]])
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    saved(page)
    assert draft_of(task).answers[items_of(task)[0]["key"]]["result"] == "pass"


def test_unfinished_items_are_named_and_linked(
    committed_world: World, open_as: Open, task: Task
) -> None:
    page = open_as(committed_world.li.user)
    begin(page, task)
    choose(page, "合格")
    page.get_by_role("button", name="下一项").tap()
    at(page, 2)
    choose(page, "不合格")
    page.get_by_role("link", name="答题卡").tap()
    page.get_by_role("button", name="立即提交").tap()
    todo = page.locator("[data-sum-missing]")
    expect(todo).to_contain_text("第 2 项：不合格的项目请拍照，不能拍照的请说明原因。")
    expect(todo).to_contain_text("第 3 项：还没有选择检查结果。")
    todo.get_by_role("link", name="第 2 项").first.tap()
    at(page, 2)
    expect(here(page).locator("[data-problems]")).to_contain_text("请选择立即处理或待处理。")
    saved(page)
    assert draft_of(task).task.state == "in_progress"


def test_stopped_ends_the_round_with_a_reason(
    committed_world: World, open_as: Open, task: Task
) -> None:
    page = open_as(committed_world.li.user)
    page.goto(f"/m/tasks/{task.code}/inspect/")
    expect(here(page).get_by_label("停用原因")).to_be_hidden()
    choose(page, "停用")
    page.get_by_role("button", name="完成").tap()
    expect_told(page, "选择停用时，请填写停用原因。")
    expect(here(page).get_by_label("停用原因")).to_be_visible()
    # Whoever goes to the sheet all the same is told there.
    page.get_by_role("link", name="答题卡").tap()
    at_sheet(page)
    page.get_by_role("button", name="立即提交").tap()
    expect(page.locator("[data-sum-list]")).to_contain_text("选择停用时，请填写停用原因。")
    page.get_by_role("link", name="使用状态").tap()
    here(page).get_by_label("停用原因").fill("维保单位停梯检修")
    page.get_by_role("button", name="完成").tap()
    page.get_by_role("button", name="立即提交").tap()
    sign_by_touch(page)
    page.get_by_role("button", name="提交", exact=True).tap()
    expect(page.get_by_text("巡查已提交。")).to_be_visible()
    assert Inspection.objects.get().stop_reason == "维保单位停梯检修"


# Everything that is tapped, with the size of its tappable box.
TARGETS = """() => [...document.querySelectorAll(
    "button, summary, .weui-cell_access, .btn, .insp-choice, .insp-num, .insp-add__face, textarea"
  )].filter((one) => one.offsetParent && !one.closest("dialog, .visually-hidden"))
    .map((one) => [one.textContent.trim().slice(0, 12), one.getBoundingClientRect()])
    .filter(([, box]) => box.height < 44 || box.width < 44)
    .map(([text, box]) => `${text} ${Math.round(box.width)}x${Math.round(box.height)}`)"""
# Text below 16 px that somebody is meant to read (tags of the design are 15 px).
SMALL = """() => [...document.querySelectorAll("main *, .sz-actions *")]
    .filter((one) => one.offsetParent && !one.closest("dialog, .visually-hidden, .sz-tag, .sz-badge, svg"))
    .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .filter((one) => parseFloat(getComputedStyle(one).fontSize) < 16)
    .map((one) => one.textContent.trim().slice(0, 20))"""


@pytest.mark.parametrize("root", [16, 23.8])
def test_everything_can_be_read_and_tapped(
    committed_world: World, open_as: Open, task: Task, root: float
) -> None:
    """Targets ≥ 44 px, text ≥ 16 px, nothing wider than the screen, also with WeChat's largest
    letters (ux.md, Phone)."""
    page = open_as(committed_world.li.user)
    wrong = []

    def look(name: str) -> None:
        page.evaluate(f"document.documentElement.style.fontSize = '{root}px'")
        width = page.evaluate("document.documentElement.scrollWidth")
        wrong.extend([f"{name}: {width} px wide"] if width > 390 else [])
        wrong.extend(f"{name}: {one}" for one in page.evaluate(TARGETS) + page.evaluate(SMALL))

    for url in ("/m/", "/m/daily/", f"/m/tasks/{task.code}/", "/m/records/", "/m/team/"):
        page.goto(url)
        look(url)
    page.goto(f"/m/tasks/{task.code}/inspect/")
    choose(page, "停用")
    look("停用")
    choose(page, "在用")
    page.get_by_role("button", name="下一步").tap()
    look("item")
    choose(page, "不合格")
    photo_of(page).set_input_files(file("现场.jpg", pictures.jpeg()))
    choose(page, "立即处理")
    expect(here(page).locator("[data-photo]:not([data-photo=''])")).to_have_count(1)
    look("不合格")
    page.get_by_role("link", name="答题卡").tap()
    page.get_by_role("button", name="立即提交").tap()
    look("答题卡")
    now = timezone.now()
    other = tasks.task(committed_world.crane, local_day(now), now=now)
    actor = committed_world.actor(committed_world.li, local_day(now))
    rounds.fill(other, actor, now=now, answers={2: rounds.failed()})
    finish(other, actor=actor, now=now)
    page.goto(f"/m/tasks/{other.code}/sign/")
    look("sign")
    rounds.submit(other, actor, now=now, answers={2: rounds.failed()})
    page.goto(f"/m/records/{Inspection.objects.get().code}/")
    look("record")
    assert wrong == []


def test_without_javascript_it_is_one_long_form(
    committed_world: World, open_as: Open, task: Task
) -> None:
    items = items_of(task)
    page = open_as(committed_world.li.user, javascript=False)
    page.goto(f"/m/tasks/{task.code}/")
    page.get_by_role("link", name="开始巡查").tap()
    expect(page.locator("[data-step]:visible")).to_have_count(len(items) + 2)
    expect(page.get_by_role("button", name="下一项")).to_have_count(0)
    page.get_by_role("radio", name=re.compile("^在用")).check(force=True)
    for item in items:
        step = page.locator(f'[data-key="{item["key"]}"]')
        wanted = "不合格" if item["number"] == 2 else "合格"
        step.get_by_role("radio", name=wanted, exact=True).check(force=True)
    second = page.locator(f'[data-key="{items[1]["key"]}"]')
    second.get_by_label("第 2 项 照片").first.set_input_files(file("现场.jpg", pictures.jpeg()))
    second.get_by_label("备注").fill("门缝过大")
    page.get_by_role("button", name="立即提交").tap()
    # Something is missing: said in words, everything still there, the photo kept.
    expect(page.get_by_role("alert").first).to_contain_text("还有内容没有填完：第 2 项。")
    second = page.locator(f'[data-key="{items[1]["key"]}"]')
    expect(second.get_by_label("备注")).to_have_value("门缝过大")
    expect(second.locator("[data-photo] img")).to_have_count(1)
    second.get_by_role("radio", name=re.compile("^待处理")).check(force=True)
    page.get_by_role("button", name="立即提交").tap()
    expect(page).to_have_url(re.compile(r"/sign/$"))
    page.get_by_label("签名照片").set_input_files(file("签名.jpg", pictures.jpeg()))
    page.get_by_role("button", name="提交", exact=True).tap()
    expect(page.get_by_text("巡查已提交，发现隐患 1 项。")).to_be_visible()
    done = Inspection.objects.get()
    assert done.answers[1]["note"] == "门缝过大"
    assert len(done.answers[1]["photos"]) == 1
    assert done.signature.photo is not None
