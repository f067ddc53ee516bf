"""The pages of a round: the form with and without JavaScript, photos, the check page (7 of part 1).

`LongForm` reads a page as a browser without JavaScript does and posts everything that is in it.
"""

from __future__ import annotations

import html
import uuid
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.clock import at
from duties.actions.submit import finish
from duties.enums import TaskState
from duties.models import DraftPhoto, Inspection, InspectionDraft, Task
from equipment.actions.binding import assign_officer
from equipment.enums import Category
from hazards.models import Hazard
from tests.duties.test_composed_lists import custom
from tests.factories import declarations, pictures, rounds
from tests.factories import duties as tasks
from tests.factories import equipment as machines
from tests.factories.rounds import LongForm
from tests.world import NOW, TODAY, World
from units.actions.staff import deregister_staff
from units.models import Photo, Signature, StoredFile

pytestmark = pytest.mark.usefixtures("clock")
FETCH = {"headers": {"X-Requested-With": "fetch"}}


@pytest.fixture
def task(world: World) -> Task:
    return tasks.task(world.lift)


@pytest.fixture
def li(world: World, as_: Callable[..., Client]) -> Client:
    return as_(world.li.user)


def keys(task: Task) -> list[str]:
    return [item["key"] for item in rounds.listed(task).items]


def text_of(response: object) -> str:
    return html.unescape(response.content.decode())


# ------------------------------------------------------------------ the form
def test_opening_the_form_writes_nothing(li: Client, task: Task) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = li.get(f"/m/tasks/{task.code}/inspect/")
    assert response.status_code == 200
    assert [q["sql"] for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))] == []
    assert "no-store" in response["Cache-Control"]
    task.refresh_from_db()
    assert task.state == TaskState.TODO


@pytest.mark.parametrize("category", Category.values)
def test_the_long_form_of_every_category(
    world: World, li: Client, category: str, django_assert_max_num_queries: Callable
) -> None:
    task = tasks.task(machines.machine(world.jia, category, officer=world.li))
    with django_assert_max_num_queries(16):
        form = LongForm.open(li, task)
    page = text_of(form.response)
    for item in rounds.listed(task).items:
        assert item["item"] in page
        assert item["hazard"] in page
    assert page.count("<form") == 1 + page.count('method="dialog"')
    assert not any(name.endswith("-result") for name in form.values)  # nothing preselected
    form.set_all()
    response = form.press(task, "finish")
    assert (response.status_code, response["Location"]) == (302, f"/m/tasks/{task.code}/sign/")
    response = sign(li, task)
    done = Inspection.objects.get(task=task)
    assert response["Location"] == f"/m/records/{done.code}/"
    assert li.get(response["Location"]).status_code == 200
    assert len(done.answers) == len(rounds.listed(task).items)


def sign(client: Client, task: Task, strokes: str = rounds.STROKES, **files: object) -> object:
    form = LongForm(client, client.get(f"/m/tasks/{task.code}/sign/"), "sign")
    given = {**form.values, "signature_strokes": strokes, **files}
    return client.post(f"/m/tasks/{task.code}/sign/", given)


def test_photo_inputs_ask_for_neither_camera_nor_several(li: Client, task: Task) -> None:
    page = text_of(LongForm.open(li, task).response)
    assert 'type="file"' in page
    assert 'accept="image/*"' in page
    assert "capture" not in page
    assert "multiple" not in page


def test_everything_typed_comes_back_with_every_error_at_once(li: Client, task: Task) -> None:
    form = LongForm.open(li, task)
    form.set_all()
    one, two, three = keys(task)[:3]
    form.set(one, result="", note="㛃<b>备注</b>")
    form.set(two, result="fail", handling="immediate", note="门缝过大")
    form.set(three, result="fail", no_photo_reason="防爆区", handling="pending")
    response = form.press(task, "finish")
    assert response.status_code == 422
    page = text_of(response)
    assert "还有内容没有填完：第 1、2 项。" in page
    for sentence in (
        "还没有选择检查结果。",
        "不合格的项目请拍照，不能拍照的请说明原因。",
        "选择立即处理时，请填写处理结果。",
    ):
        assert page.count(sentence) == 2  # in the list above and beside the field
    assert "<b>备注</b>" not in response.content.decode()
    came_back = form.again(response)
    assert came_back.values[f"{one}-note"] == "㛃<b>备注</b>"
    assert came_back.values[f"{two}-note"] == "门缝过大"
    assert came_back.values[f"{two}-handling"] == "immediate"
    assert came_back.values[f"{three}-no_photo_reason"] == "防爆区"
    task.refresh_from_db()
    assert task.state == TaskState.IN_PROGRESS


def test_stopped_without_reason_comes_back_in_words(li: Client, task: Task) -> None:
    form = LongForm.open(li, task).set("round", round_status="stopped")
    response = form.press(task, "finish")
    assert response.status_code == 422
    assert "选择停用时，请填写停用原因。" in text_of(response)
    form = form.again(response)
    assert form.values["round-round_status"] == "stopped"
    response = form.set("round", stop_reason="维保停梯").press(task, "finish")
    assert response["Location"] == f"/m/tasks/{task.code}/sign/"
    assert "维保停梯" in text_of(li.get(response["Location"]))


def test_a_missed_round_asks_why_and_is_backfilled(world: World, li: Client) -> None:
    task = tasks.task(world.lift, TODAY - timedelta(days=1), state="missed")
    assert "补录原因" in text_of(LongForm.open(li, task).response)
    form = LongForm.open(li, task).set_all()
    response = form.press(task, "finish")
    assert (response.status_code, "请填写补录原因。" in text_of(response)) == (422, True)
    form = form.again(response).set("round", backfill_reason="当日外出培训")
    assert form.press(task, "finish").status_code == 302
    response = sign(li, task)
    page = text_of(li.get(response["Location"]))
    assert "补录已提交。" in page
    assert "当日外出培训" in page
    assert Inspection.objects.get().timing == "backfilled"


def test_saving_a_draft_and_coming_back(li: Client, task: Task) -> None:
    one = keys(task)[0]
    form = LongForm.open(li, task).set("round", round_status="in_use").set(one, result="pass")
    response = form.press(task, "save")
    assert response["Location"] == f"/m/tasks/{task.code}/inspect/"
    page = text_of(li.get(response["Location"]))
    assert "草稿已存 09:00" in page
    form = LongForm.open(li, task)
    assert form.values[f"{one}-result"] == "pass"
    assert form.values["client_uuid"] == str(InspectionDraft.objects.get().client_uuid)


# ------------------------------------------------------------------ two pages, one draft
def test_a_stale_tab_overwrites_nothing_and_shows_both_values(li: Client, task: Task) -> None:
    one, two = keys(task)[:2]
    old = LongForm.open(li, task)
    LongForm.open(li, task).set(one, result="pass").set(two, result="pass").press(task, "save")
    old.set(one, result="fail", note="有异响")
    response = old.press(task, "save")
    assert response.status_code == 409
    page = text_of(response)
    assert "有内容在另一个页面被改成了不同的值" in page
    assert "不合格；备注：有异响" in page
    stored = InspectionDraft.objects.get().answers
    assert (stored[one]["result"], stored[two]["result"]) == ("pass", "pass")
    form = old.again(response)
    assert form.values[f"{one}-result"] == "fail"  # this page's
    assert form.values[f"{two}-result"] == "pass"  # the other's, untouched here
    assert form.press(task, "save").status_code == 302
    assert InspectionDraft.objects.get().answers[one]["result"] == "fail"


def test_the_script_saves_only_what_changed(li: Client, task: Task) -> None:
    one = keys(task)[0]
    form = LongForm.open(li, task)
    head = {n: form.values[n] for n in ("client_uuid", "version_hash")}
    base = form.values[f"{one}-base"]
    url = f"/m/tasks/{task.code}/draft/"

    def save(tab: str, seq: int, result: str, base: str) -> dict:
        post = {**head, "tab": tab, "seq": seq, f"{one}-base": base, f"{one}-result": result}
        answer = li.post(url, post, **FETCH)
        assert answer.status_code == 200
        return answer.json()

    said = save("tab-a", 1, "pass", base)
    assert (said["saved_at"], said["conflicts"], said["reload"]) == ("09:00", {}, False)
    assert said["bases"][one].startswith("1:")
    assert said["client_uuid"] == head["client_uuid"]
    # The receipt got lost, the answer changed, the old base is sent again: still this tab's own.
    assert save("tab-a", 2, "fail", base)["conflicts"] == {}
    # A late copy of the first request changes nothing.
    assert save("tab-a", 1, "pass", base)["kept"][one]["result"] == "fail"
    conflict = save("tab-b", 1, "not_applicable", base)["conflicts"][one]
    assert (conflict["mine"], conflict["theirs"]) == ("无此项", "不合格")
    assert conflict["values"]["result"] == "fail"
    assert InspectionDraft.objects.get().answers[one]["result"] == "fail"
    assert save("tab-b", 2, "not_applicable", conflict["base"])["conflicts"] == {}
    assert InspectionDraft.objects.get().answers[one]["result"] == "not_applicable"


@pytest.mark.parametrize(
    "broken",
    [{"client_uuid": ""}, {"client_uuid": "x"}, {"version_hash": "zz"}, {"version_hash": ""}],
)
def test_a_mangled_page_is_answered_in_words(li: Client, task: Task, broken: dict) -> None:
    form = LongForm.open(li, task)
    post = {**form.values, **broken}
    answer = li.post(f"/m/tasks/{task.code}/draft/", post, **FETCH)
    assert (answer.status_code, answer.json()["code"]) == (409, "stale_page")
    one = keys(task)[0]
    form.set(one, result="pass", note="已填")
    form.values |= broken
    response = form.press(task, "finish")
    assert response.status_code == 409
    assert "页面内容不完整" in text_of(response)
    assert InspectionDraft.objects.count() == 0


def test_a_checklist_changed_meanwhile_keeps_everything(
    world: World, li: Client, task: Task, clock: Callable
) -> None:
    form = LongForm.open(li, task).set_all()
    one = keys(task)[0]
    form.set(one, note="已填的备注")
    form.values["version_hash"] = "a" * 64
    response = form.press(task, "finish")
    assert response.status_code == 409
    page = text_of(response)
    assert "检查清单已更新，请核对带入的内容，补充新的检查项后再提交。" in page
    came_back = form.again(response)
    assert came_back.values["version_hash"] == rounds.listed(task).content_hash
    assert came_back.values[f"{one}-note"] == "已填的备注"
    assert came_back.values["client_uuid"] == form.values["client_uuid"]
    assert came_back.press(task, "finish").status_code == 302


def test_a_form_opened_before_a_list_was_enabled_is_accepted(
    world: World, li: Client, task: Task, clock: Callable
) -> None:
    form = LongForm.open(li, task).set_all()
    custom(world.jia, "甲", enabled_at=at(TODAY, 10))
    clock(at(TODAY, 11))
    assert form.press(task, "finish").status_code == 302
    version = InspectionDraft.objects.get().version
    assert version.content_hash == form.values["version_hash"]
    fresh = tasks.task(machines.machine(world.jia, "lift", officer=world.li))
    assert "甲第1项" in text_of(LongForm.open(li, fresh).response)


# ------------------------------------------------------------------ photos
def test_valid_photos_stay_when_other_fields_fail(li: Client, task: Task) -> None:
    one, two = keys(task)[:2]
    form = LongForm.open(li, task).set_all()
    form.set(one, result="fail", handling="pending").set(two, result="")
    response = form.press(
        task,
        "finish",
        **{
            f"{one}-photo-1": rounds.upload(),
            f"{one}-photo-2": rounds.upload(b"this is not a picture", "说明.txt"),
        },
    )
    assert response.status_code == 422
    page = text_of(response)
    assert "说明.txt：这个文件不是照片" in page
    link = DraftPhoto.objects.get()
    assert (link.item_key, link.removed_at) == (one, None)
    assert f"/files/{link.photo.copy_id}/" in page
    form = form.again(response).set(two, result="pass")
    assert form.press(task, "finish").status_code == 302
    assert DraftPhoto.objects.count() == 1


def test_the_same_form_sent_twice_is_one_photo(li: Client, task: Task) -> None:
    one = keys(task)[0]
    form = LongForm.open(li, task).set(one, result="fail")
    content = pictures.jpeg()
    for _ in range(2):
        form.press(task, "save", **{f"{one}-photo-1": rounds.upload(content)})
    assert (Photo.objects.count(), DraftPhoto.objects.count()) == (1, 1)


def test_removing_a_photo_saves_what_was_typed(li: Client, world: World, task: Task) -> None:
    one = keys(task)[0]
    photo = rounds.take_photo(task, world.actor(world.li), 1)
    form = LongForm.open(li, task).set(one, result="fail", note="重拍")
    response = form.press(task, f"remove:{photo.code}")
    assert response.status_code == 302
    assert DraftPhoto.objects.get().removed_at == NOW
    assert LongForm.open(li, task).values[f"{one}-note"] == "重拍"
    assert form.press(task, "remove:nonsense").status_code == 409


def send_photo(li: Client, task: Task, content: bytes, **fields: object) -> object:
    form = LongForm.open(li, task)
    post = {
        "client_uuid": form.values["client_uuid"],
        "version_hash": form.values["version_hash"],
        "item_key": keys(task)[0],
        "photo_uuid": str(uuid.uuid4()),
        "photo": rounds.upload(content),
        **fields,
    }
    return li.post(f"/m/tasks/{task.code}/photos/", post, **FETCH)


def heic() -> bytes:
    return pictures.encoded(pictures.picture(), "HEIF", quality=80)


BAD_PHOTOS = {
    "not an image": (lambda: b"%PDF-1.7 certainly not", "not_a_photo"),
    "empty": (lambda: b"", "empty_photo"),
    "40 MB": (lambda: b"\xff\xd8\xff" + b"0" * (40 * 1024 * 1024), "photo_too_large"),
    "bomb": (lambda: pictures.png_claiming(30_000, 30_000), "photo_too_many_pixels"),
    "truncated HEIC": (lambda: heic()[: len(heic()) // 2], "photo_damaged"),
    "truncated JPEG": (lambda: pictures.jpeg()[:900], "photo_damaged"),
}


@pytest.mark.parametrize("name", BAD_PHOTOS)
def test_bad_photos_are_refused_in_words(li: Client, task: Task, name: str) -> None:
    make, code = BAD_PHOTOS[name]
    answer = send_photo(li, task, make())
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert answer.json()["message"].endswith("。")
    assert DraftPhoto.objects.count() == 0
    # The same file in the long form: beside its item, with everything else saved.
    one = keys(task)[0]
    form = LongForm.open(li, task).set(one, result="fail", note="见照片")
    response = form.press(task, "save", **{f"{one}-photo-1": rounds.upload(make(), "坏.jpg")})
    if name != "empty":  # a browser sends an empty file as no file
        assert response.status_code == 422
        assert f"坏.jpg：{answer.json()['message']}" in text_of(response)
    assert InspectionDraft.objects.get().answers[one]["note"] == "见照片"


def test_a_photo_by_the_script(li: Client, task: Task) -> None:
    photo_uuid = str(uuid.uuid4())
    content = pictures.jpeg()
    said = [send_photo(li, task, content, photo_uuid=photo_uuid).json() for _ in range(2)]
    assert said[0] == said[1]
    photo = Photo.objects.get()
    assert said[0]["code"] == str(photo.code)
    assert li.get(said[0]["url"]).status_code == 200
    assert StoredFile.objects.filter(is_served=False).count() == 1
    answer = li.post(said[0]["remove_url"], **FETCH)
    assert answer.json() == {"saved_at": "09:00"}
    assert DraftPhoto.objects.get().removed_at == NOW


def test_heic_is_taken_as_it_is(li: Client, task: Task) -> None:
    assert send_photo(li, task, heic()).status_code == 200


def test_no_photo_for_a_to_do_of_somebody_else(world: World, as_: Callable, task: Task) -> None:
    zhang, sun = as_(world.zhang.user), as_(world.sun.user)
    url = f"/m/tasks/{task.code}/photos/"
    post = {
        "client_uuid": uuid.uuid4(),
        "version_hash": rounds.listed(task).content_hash,
        "item_key": keys(task)[0],
        "photo_uuid": uuid.uuid4(),
    }
    answer = zhang.post(url, {**post, "photo": rounds.upload()}, **FETCH)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_yours")
    assert sun.post(url, {**post, "photo": rounds.upload()}, **FETCH).status_code == 404
    assert (Photo.objects.count(), StoredFile.objects.count()) == (0, 0)


# ------------------------------------------------------------------ the check page
def finished(world: World, task: Task, **fields: object) -> uuid.UUID:
    client_uuid = rounds.fill(task, world.actor(world.li), **fields)
    finish(task, actor=world.actor(world.li), now=NOW)
    return client_uuid


def test_the_check_page_shows_failures_first_and_in_full(
    world: World, li: Client, task: Task
) -> None:
    finished(world, task, answers={5: rounds.failed("immediate", note="见交接班记录")})
    page = text_of(li.get(f"/m/tasks/{task.code}/sign/"))
    item = rounds.listed(task).items[4]
    assert page.index(item["item"]) < page.index("合格和无此项的项目")
    for part in (item["hazard"], "现场已更换", "防爆区禁止拍照", "见交接班记录"):
        assert part in page


def test_a_blank_signature_is_refused_beside_it(world: World, li: Client, task: Task) -> None:
    finished(world, task)
    for strokes in ("", "[]", '[{"points":[{"x":1,"y":1,"pressure":0.5,"time":1}]}]'):
        response = sign(li, task, strokes)
        assert response.status_code == 422
        assert "签名为空，请重新签名。" in text_of(response)
    assert Inspection.objects.count() == 0


def test_a_photographed_signature(world: World, li: Client, task: Task) -> None:
    finished(world, task)
    photo = rounds.upload(name="签名.jpg")
    response = sign(li, task, "", signature_photo=photo)
    assert response.status_code == 302
    assert Signature.objects.get().photo is not None
    assert Inspection.objects.count() == 1


def test_a_signature_photo_that_is_none(world: World, li: Client, task: Task) -> None:
    finished(world, task)
    response = sign(li, task, "", signature_photo=rounds.upload(b"nothing", "签名.jpg"))
    assert response.status_code == 422
    assert "这个文件不是照片" in text_of(response)


def test_signing_twice_lands_on_the_same_record(world: World, li: Client, task: Task) -> None:
    finished(world, task, answers={1: rounds.failed()})
    form = LongForm(li, li.get(f"/m/tasks/{task.code}/sign/"), "sign")
    post = {**form.values, "signature_strokes": rounds.STROKES}
    first = li.post(f"/m/tasks/{task.code}/sign/", post)
    second = li.post(f"/m/tasks/{task.code}/sign/", post)
    assert first["Location"] == second["Location"]
    assert (Inspection.objects.count(), Hazard.objects.count()) == (1, 1)
    assert Signature.objects.count() == 1


def test_done_in_another_tab_leads_to_the_record(world: World, li: Client, task: Task) -> None:
    old_form = LongForm.open(li, task).set_all()
    done = rounds.submit(task, world.actor(world.li))
    record = f"/m/records/{done.code}/"
    for page in ("inspect", "sign"):
        assert li.get(f"/m/tasks/{task.code}/{page}/")["Location"] == record
    one = keys(task)[0]
    old_form.set(one, note="这一页填的")
    response = old_form.press(task, "finish")
    assert response.status_code == 409
    page = text_of(response)
    assert "该待办已由李安于 11月20日 09:00 提交，不能再次填写。" in page
    assert record in page
    assert "这一页填的" in page
    answer = li.post(f"/m/tasks/{task.code}/draft/", old_form.values, **FETCH)
    assert (answer.status_code, answer.json()["code"]) == (409, "already_done")
    response = li.post(
        f"/m/tasks/{task.code}/sign/",
        {"client_uuid": uuid.uuid4(), "rev": 1, "signature_strokes": rounds.STROKES},
    )
    assert response.status_code == 409
    assert record in text_of(response)


def test_the_sign_page_of_an_unfinished_round_leads_back(li: Client, task: Task) -> None:
    response = li.get(f"/m/tasks/{task.code}/sign/", follow=True)
    assert response.redirect_chain == [(f"/m/tasks/{task.code}/inspect/", 302)]
    assert "巡查内容还没有填写完成" in text_of(response)


def test_going_back_to_change_something(world: World, li: Client, task: Task) -> None:
    finished(world, task)
    sign_page = LongForm(li, li.get(f"/m/tasks/{task.code}/sign/"), "sign")
    response = li.post(f"/m/tasks/{task.code}/reopen/", {"at": "5"})
    assert response["Location"] == f"/m/tasks/{task.code}/inspect/#q-5"
    form = LongForm.open(li, task).set(keys(task)[4], result="not_applicable")
    assert form.press(task, "finish").status_code == 302
    # The old check page shows what is no longer true.
    post = {**sign_page.values, "signature_strokes": rounds.STROKES}
    response = li.post(f"/m/tasks/{task.code}/sign/", post)
    assert response.status_code == 409
    assert "巡查内容已在其他页面修改，请重新核对后再签名。" in text_of(response)
    again = LongForm(li, response, "sign")
    assert again.values["signature_strokes"] == rounds.STROKES
    assert li.post(f"/m/tasks/{task.code}/sign/", again.values).status_code == 302


# ------------------------------------------------------------------ not mine, not now
ROUTES = ["", "inspect/", "sign/"]
POSTS = ["inspect/", "draft/", "photos/", "sign/", "reopen/"]


@pytest.mark.parametrize("route", ROUTES)
def test_a_foreign_to_do_does_not_exist(
    world: World, as_: Callable, task: Task, route: str
) -> None:
    for who in (world.sun.user, world.qian.user):
        assert as_(who).get(f"/m/tasks/{task.code}/{route}").status_code == 404


@pytest.mark.parametrize("route", POSTS)
def test_nobody_else_may_post(world: World, as_: Callable, task: Task, route: str) -> None:
    form = LongForm.open(as_(world.li.user), task).set_all()
    url = f"/m/tasks/{task.code}/{route}"
    post = {**form.values, "do": "finish", "rev": 0, "item_key": "x", "photo_uuid": uuid.uuid4()}
    before = list(Task.objects.values())
    assert as_(world.sun.user).post(url, post).status_code == 404
    response = as_(world.zhang.user).post(url, post)
    assert response.status_code == 403
    assert "该待办现由李安负责，您不能填写。" in text_of(response)
    assert as_(world.wang.user).post(url, post).status_code == 403
    assert Client().post(url, post).status_code == 401
    assert list(Task.objects.values()) == before
    assert InspectionDraft.objects.count() == 0


def test_a_colleague_sees_who_is_responsible(world: World, as_: Callable, task: Task) -> None:
    for who in (world.zhang, world.wang, world.chen):
        page = text_of(as_(who.user).get(f"/m/tasks/{task.code}/"))
        assert "由 李安 负责，您可以查看，不能填写。" in page
        assert "开始巡查" not in page
    response = as_(world.zhang.user).get(f"/m/tasks/{task.code}/inspect/")
    assert response.status_code == 403
    assert "该待办现由李安负责，您不能填写。" in text_of(response)


def test_a_to_do_waived_meanwhile_keeps_the_text_readable(
    world: World, li: Client, task: Task
) -> None:
    form = LongForm.open(li, task).set_all().set(keys(task)[1], note="抄下来的读数 3.2")
    task.state, task.waived_at, task.waive_reason = "waived", NOW, "已办理停用手续"
    task.save()
    response = form.press(task, "finish")
    assert response.status_code == 409
    page = text_of(response)
    assert "该待办已免检（已办理停用手续），不用再填写。" in page
    assert "抄下来的读数 3.2" in page
    answer = li.post(f"/m/tasks/{task.code}/draft/", form.values, **FETCH)
    assert (answer.status_code, answer.json()["code"]) == (409, "waived")
    assert "已办理停用手续" in text_of(li.get(f"/m/tasks/{task.code}/"))
    assert "已办理停用手续" in text_of(li.get(f"/m/tasks/{task.code}/inspect/"))


def test_a_machine_stopped_or_re_bound_meanwhile(world: World, li: Client, as_: Callable) -> None:
    """The real actions of the archive, while the officer has the form open."""
    admin = world.actor(world.jia_admin)
    stopped, moved = (tasks.task(one) for one in (world.lift, world.crane))
    forms = [LongForm.open(li, one).set_all() for one in (stopped, moved)]
    declarations.filed(world.lift, proven=True, actor=admin)
    assign_officer([world.crane], officer=world.zhang, actor=admin, now=NOW)
    response = forms[0].press(stopped, "finish")
    assert response.status_code == 409
    assert "该待办已免检（已办理停用手续），不用再填写。" in text_of(response)
    one = keys(moved)[0]
    response = forms[1].set(one, note="吊钩磨损").press(moved, "finish")
    assert response.status_code == 403
    assert "该待办现由张全负责，您不能填写。" in text_of(response)
    assert "吊钩磨损" in text_of(response)
    assert "开始巡查" in text_of(as_(world.zhang.user).get(f"/m/tasks/{moved.code}/"))
    assert InspectionDraft.objects.count() == 0


def test_a_deregistered_officer_is_signed_out_at_once(world: World, li: Client, task: Task) -> None:
    form = LongForm.open(li, task).set_all()
    deregister_staff(
        world.li,
        hand_over_to=world.zhang,
        reason="离职",
        actor=world.actor(world.jia_admin),
        now=NOW,
    )
    assert form.press(task, "finish").status_code == 401
    answer = li.post(f"/m/tasks/{task.code}/draft/", form.values, **FETCH)
    assert answer.status_code == 401
    assert InspectionDraft.objects.count() == 0
    task.refresh_from_db()
    assert task.assignee == world.zhang


def test_backfilling_too_late_is_refused(world: World, li: Client) -> None:
    task = tasks.task(world.lift, date(2026, 11, 1), state="missed")
    response = li.get(f"/m/tasks/{task.code}/inspect/")
    assert response.status_code == 409
    assert "补录期限已过" in text_of(response)
    assert "不能再补录" in text_of(li.get(f"/m/tasks/{task.code}/"))


@pytest.mark.parametrize(
    ("state", "label"),
    [
        ("todo", "开始巡查"),
        ("in_progress", "继续巡查"),
        ("awaiting_signature", "去签名"),
        ("missed", "补录"),
    ],
)
def test_the_button_of_the_machine_page(world: World, li: Client, state: str, label: str) -> None:
    day = TODAY - timedelta(days=1) if state == "missed" else TODAY
    task = tasks.task(world.lift, day, state=state)
    page = text_of(li.get(f"/m/tasks/{task.code}/"))
    assert f'">{label}</a>' in page
