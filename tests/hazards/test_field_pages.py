"""隐患管理 on the phone: lists by role, the buttons, the forms with everything typed still there."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from config.clock import local_day
from hazards.models import Hazard, HazardPhoto
from tests.factories import hazards as made
from tests.world import World
from units.models import Photo, User

As = Callable[[User], Client]
LIST = "/m/hazards/"


@pytest.fixture
def today() -> object:
    """Pages live in the present; so do these tests."""
    return local_day(timezone.now())


def recent(days: int = 2) -> object:
    return timezone.now() - timedelta(days=days)


def url(name: str, hazard: Hazard) -> str:
    return reverse(f"hazards:{name}", args=[hazard.code])


def text_of(response: object) -> str:
    plain = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", html.unescape(plain))


def tabs_of(response: object) -> list[tuple[str, int]]:
    return [(tab["label"], tab["count"]) for tab in response.context["tabs"]]


def listed(response: object) -> set[int]:
    return {row.hazard.pk for row in response.context["rows"]}


# ---------------------------------------------------------------- lists
def test_the_officer_sees_what_concerns_his_machines(world: World, as_: As) -> None:
    reported = made.hazard(world.lift)
    ordered = made.hazard(world.crane, state="pending_rectification")
    done = made.hazard(world.lift, state="rectified")
    made.hazard(world.boiler)
    made.hazard(world.yi_lift)
    client = as_(world.li.user)
    page = client.get(LIST)
    assert page.status_code == 200
    assert tabs_of(page) == [("待整改", 2), ("已整改", 1), ("全部", 3)]
    assert listed(page) == {reported.pk, ordered.pk}
    # What he can act on stands first.
    assert page.context["rows"][0].hazard == ordered
    assert listed(client.get(LIST, {"tab": "done"})) == {done.pk}
    assert listed(client.get(LIST, {"tab": "all"})) == {reported.pk, ordered.pk, done.pk}
    assert listed(client.get(LIST, {"tab": "nonsense"})) == {reported.pk, ordered.pk}


def test_the_director_sees_what_waits_for_him_first(world: World, as_: As, today: object) -> None:
    waiting = [
        made.hazard(world.lift),
        made.hazard(world.boiler),
        made.hazard(world.unbound, finder=world.li),
    ]
    late = made.hazard(
        world.lift,
        state="pending_rectification",
        found_at=recent(9),
        due_on=today - timedelta(days=3),
    )
    made.hazard(world.crane, state="pending_rectification", found_at=recent(), due_on=today)
    made.hazard(world.crane, state="rectified")
    client = as_(world.wang.user)
    page = client.get(LIST)
    assert tabs_of(page) == [
        ("待下达", 3), ("待整改", 2), ("逾期", 1), ("已整改", 1), ("全部", 6),
    ]  # fmt: skip
    assert listed(page) == {hazard.pk for hazard in waiting}
    overdue = client.get(LIST, {"tab": "overdue"})
    assert listed(overdue) == {late.pk}
    assert "逾期 3 天" in text_of(overdue)


def test_where_the_unit_reviews_there_is_a_tab_for_it(world: World, as_: As) -> None:
    world.jia.reviews_hazards = True
    world.jia.save()
    made.hazard(world.lift, state="rectified")
    made.hazard(world.lift, state="reviewed")
    page = as_(world.wang.user).get(LIST, {"tab": "review"})
    assert tabs_of(page)[3:] == [("待复查", 1), ("已复查", 1), ("全部", 2)]
    assert [row.standing.word for row in page.context["rows"]] == ["待复查"]


def test_a_director_sees_his_scope_only(world: World, as_: As) -> None:
    crane = made.hazard(world.crane)
    made.hazard(world.lift)
    assert listed(as_(world.zhao.user).get(LIST)) == {crane.pk}


def test_severe_stands_first_with_word_and_icon(world: World, as_: As) -> None:
    made.hazard(world.lift)
    severe = made.hazard(world.boiler, severity="severe")
    page = as_(world.wang.user).get(LIST)
    assert page.context["rows"][0].hazard == severe
    assert text_of(page).count("严重隐患") == 1


def test_rounds_are_those_of_the_role_and_of_what_one_has(world: World, as_: As) -> None:
    def rounds(who: User) -> list[tuple[str, int]]:
        found = as_(who).get(LIST).context["rounds"]
        return [(one["label"], one["count"]) for one in found]

    assert rounds(world.li.user) == [("日隐患", 0)]
    assert rounds(world.wang.user) == [("日隐患", 0), ("周隐患", 0)]
    assert rounds(world.chen.user) == [("日隐患", 0), ("周隐患", 0), ("月隐患", 0)]
    assert as_(world.chen.user).get(LIST).context["title"] == "月隐患管理"
    weekly = made.hazard(world.lift, source="weekly", state="pending_rectification", equipment=None)
    monthly = made.hazard(
        world.lift, source="monthly", state="pending_rectification", equipment=None
    )
    # The finder reads them; the director closes the weekly one, the principal the monthly one.
    assert rounds(world.li.user) == [("日隐患", 0), ("周隐患", 0), ("月隐患", 0)]
    assert rounds(world.zhang.user) == [("日隐患", 0)]
    assert rounds(world.wang.user) == [("日隐患", 0), ("周隐患", 1), ("月隐患", 0)]
    assert rounds(world.chen.user) == [("日隐患", 0), ("周隐患", 0), ("月隐患", 1)]
    page = as_(world.wang.user).get(LIST)
    assert (page.context["title"], listed(page)) == ("周隐患管理", {weekly.pk})
    assert tabs_of(page)[0] == ("待整改", 1)
    assert listed(as_(world.chen.user).get(LIST)) == {monthly.pk}
    assert listed(as_(world.zhang.user).get(LIST, {"source": "weekly"})) == set()


def test_a_director_with_nothing_to_order_sees_what_he_is_to_review(world: World, as_: As) -> None:
    world.jia.reviews_hazards = True
    world.jia.save()
    done = made.hazard(world.lift, state="rectified")
    ordered = made.hazard(world.crane, state="pending_rectification")
    client = as_(world.wang.user)
    assert listed(client.get(LIST)) == {done.pk}
    assert listed(client.get(LIST, {"tab": "order"})) == set()
    assert listed(client.get(LIST, {"tab": "rectify"})) == {ordered.pk}
    assert listed(as_(world.li.user).get(LIST)) == {ordered.pk}
    reported = made.hazard(world.boiler)
    assert listed(client.get(LIST)) == {reported.pk}


def test_empty_lists_say_what_comes_here(world: World, as_: As) -> None:
    page = text_of(as_(world.wang.user).get(LIST))
    assert "没有待下达的隐患" in page
    assert "安全员巡查发现并上报的隐患，会在这里等待下达整改措施。" in page


def test_the_tab_bar_counts_what_waits(world: World, as_: As) -> None:
    made.hazard(world.lift)
    made.hazard(world.crane, state="pending_rectification")

    def badge(who: User) -> int:
        shell = as_(who).get(LIST).context["shell"]
        return next(item.badge for item in shell.tabbar if item.label == "隐患")

    assert [badge(who.user) for who in (world.li, world.wang, world.zhang, world.chen)] == [
        1, 1, 0, 0,
    ]  # fmt: skip


@pytest.mark.parametrize("tab", ["order", "all"])
def test_a_list_costs_the_same_with_one_and_three_rows(world: World, as_: As, tab: str) -> None:
    client = as_(world.wang.user)

    def cost() -> int:
        with CaptureQueriesContext(connection) as context:
            assert client.get(LIST, {"tab": tab}).status_code == 200
        return len(context)

    made.hazard(world.lift)
    one = cost()
    made.hazard(world.crane)
    made.hazard(world.boiler)
    assert cost() == one
    # session, user, person, posts; unit, rounds, counts, total, rows; badges of two entries
    assert one <= 15


# ---------------------------------------------------------------- one hazard
def test_the_detail_shows_facts_photos_and_trail(
    world: World, as_: As, found: Callable[..., Hazard]
) -> None:
    hazard = found()
    page = as_(world.wang.user).get(url("field-detail", hazard))
    text = text_of(page)
    for words in (
        "门系统故障导致剪切、坠落", "1号客梯（A座大堂）", "层门、轿门开关正常", "设备类",
        "夜间更明显", "等待 王总 下达整改措施", "发现隐患 李安",
    ):  # fmt: skip
        assert words in text, words
    photo = Photo.objects.get()
    assert f'href="/files/{photo.copy_id}/"' in page.content.decode()
    assert [button["label"] for button in page.context["buttons"]] == ["下达整改措施"]


@pytest.mark.parametrize(
    ("state", "who", "labels"),
    [
        ("pending_order", "wang", ["下达整改措施"]),
        ("pending_order", "li", []),
        ("pending_order", "zhao", []),
        ("pending_rectification", "li", ["确认完成整改"]),
        ("pending_rectification", "wang", []),
        ("rectified", "wang", ["复查通过", "复查退回"]),
        ("rectified", "li", []),
        ("reviewed", "wang", []),
    ],
)
def test_buttons_are_those_of_the_table(
    world: World, as_: As, state: str, who: str, labels: list[str]
) -> None:
    world.jia.reviews_hazards = True
    world.jia.save()
    hazard = made.hazard(world.lift, state=state)
    page = as_(getattr(world, who).user).get(url("field-detail", hazard))
    assert [button["label"] for button in page.context["buttons"]] == labels


def test_a_severe_open_hazard_says_stop_use(world: World, as_: As) -> None:
    hazard = made.hazard(world.lift, severity="severe")
    page = text_of(as_(world.li.user).get(url("field-detail", hazard)))
    assert "该设备存在严重隐患，应立即停止使用，隐患消除前不得投入使用。" in page


# ---------------------------------------------------------------- order
def order_data(today: object, **changes: str) -> dict[str, str]:
    return {"measures": "停梯检修", "due_on": (today + timedelta(days=3)).isoformat(), **changes}


def test_the_items_measure_is_proposed_and_can_be_changed(
    world: World, as_: As, today: object
) -> None:
    hazard = made.hazard(world.lift)
    client = as_(world.wang.user)
    page = client.get(url("order", hazard))
    assert page.context["form"]["measures"].value() == "立即停梯并通知维保单位修复"
    assert [one["date"] for one in page.context["quick_days"]] == [
        (today + timedelta(days=days)).isoformat() for days in (0, 3, 7)
    ]
    answer = client.post(url("order", hazard), order_data(today), follow=True)
    assert answer.redirect_chain == [(url("field-detail", hazard), 302)]
    assert "已下达整改措施。" in text_of(answer)
    hazard.refresh_from_db()
    assert (hazard.state, hazard.measures, hazard.ordered_by) == (
        "pending_rectification", "停梯检修", world.wang,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("due_on", "sentence"),
    [
        (-1, "整改期限不能早于今天"),
        (400, "整改期限最长一年"),
        ("", "请选择整改期限。"),
        ("31.12.", "日期格式不正确，请重新选择。"),
    ],
)
def test_a_bad_deadline_is_answered_in_words_and_the_text_stays(
    world: World, as_: As, today: object, due_on: object, sentence: str
) -> None:
    hazard = made.hazard(world.lift)
    if isinstance(due_on, int):
        due_on = (today + timedelta(days=due_on)).isoformat()
    page = as_(world.wang.user).post(url("order", hazard), order_data(today, due_on=due_on))
    assert page.status_code == 422
    assert page.context["form"].errors["due_on"][0].startswith(sentence)
    assert sentence in text_of(page)
    assert page.context["form"]["measures"].value() == "停梯检修"
    assert page.context["form"]["due_on"].value() == due_on
    hazard.refresh_from_db()
    assert hazard.state == "pending_order"


def test_the_second_director_is_told_and_keeps_his_text(
    world: World, as_: As, today: object
) -> None:
    hazard = made.hazard(world.crane)
    as_(world.zhao.user).post(url("order", hazard), order_data(today, measures="赵的措施"))
    page = as_(world.wang.user).post(url("order", hazard), order_data(today, measures="王的措施"))
    assert page.status_code == 409
    text = text_of(page)
    assert "该隐患的整改措施已经下达，不能重复下达。" in text
    assert "赵督 于" in text
    assert "赵的措施" in text
    assert page.context["form"]["measures"].value() == "王的措施"
    hazard.refresh_from_db()
    assert (hazard.measures, hazard.ordered_by) == ("赵的措施", world.zhao)
    page = as_(world.wang.user).get(url("order", hazard))
    assert page.status_code == 409
    assert "已经下达" in text_of(page)


@pytest.mark.parametrize(
    ("who", "status"), [("li", 403), ("zhao", 403), ("chen", 403), ("jia_admin", 403)]
)
def test_who_may_not_order_is_refused(
    world: World, as_: As, today: object, who: str, status: int
) -> None:
    hazard = made.hazard(world.lift)
    person = getattr(world, who)
    client = as_(person if isinstance(person, User) else person.user)
    assert client.get(url("order", hazard)).status_code == status
    assert client.post(url("order", hazard), order_data(today)).status_code == status
    hazard.refresh_from_db()
    assert hazard.state == "pending_order"


# ---------------------------------------------------------------- rectify
def rectify_data(**changes: object) -> dict[str, object]:
    return {
        "result": "已更换门锁",
        "no_photo_reason": "",
        "photo_1": made.upload("red"),
        "photo_1_uuid": str(uuid.uuid4()),
        **changes,
    }


@pytest.fixture
def ordered(world: World, today: object) -> Hazard:
    return made.hazard(
        world.lift, state="pending_rectification", director=world.wang, found_at=recent(),
        due_on=today,
    )  # fmt: skip


def test_result_and_photos_close_it(world: World, as_: As, ordered: Hazard) -> None:
    client = as_(world.li.user)
    assert client.get(url("rectify", ordered)).status_code == 200
    data = rectify_data(photo_3=made.upload("blue"), photo_3_uuid=str(uuid.uuid4()))
    answer = client.post(url("rectify", ordered), data, follow=True)
    assert "已确认完成整改。" in text_of(answer)
    ordered.refresh_from_db()
    assert (ordered.state, ordered.result, ordered.rectified_by) == (
        "rectified", "已更换门锁", world.li,
    )  # fmt: skip
    links = HazardPhoto.objects.filter(hazard=ordered, stage="rectified")
    assert {link.photo.client_uuid for link in links} == {
        uuid.UUID(data["photo_1_uuid"]), uuid.UUID(data["photo_3_uuid"]),
    }  # fmt: skip


def test_everything_typed_and_every_good_photo_stays(
    world: World, as_: As, ordered: Hazard
) -> None:
    client = as_(world.li.user)
    bad = made.upload("blue", "说明.jpg")
    bad.file.seek(0)
    bad.file.write(b"no picture at all")
    data = rectify_data(result="", no_photo_reason="另一张拍不了", photo_2=bad)
    page = client.post(url("rectify", ordered), data)
    assert page.status_code == 422
    form = page.context["form"]
    assert form.errors["result"] == ["请填写整改结果。"]
    assert form.errors["photo_2"][0].startswith("这个文件不是照片")
    assert form["no_photo_reason"].value() == "另一张拍不了"
    kept = [photo["code"] for photo in page.context["kept"]]
    assert kept == [str(Photo.objects.get().code)]
    assert f'value="{kept[0]}"' in page.content.decode()

    # Sent again with the photo that was kept: no upload is needed any more.
    answer = client.post(url("rectify", ordered), {"result": "已更换", "kept": kept})
    assert answer.status_code == 302
    assert HazardPhoto.objects.get(stage="rectified").photo == Photo.objects.get()


def test_a_kept_photo_can_be_left_out(world: World, as_: As, ordered: Hazard) -> None:
    client = as_(world.li.user)
    page = client.post(url("rectify", ordered), rectify_data(result=""))
    code = page.context["kept"][0]["code"]
    page = client.post(url("rectify", ordered), {"result": "已换", "kept": code, "drop": code})
    assert page.status_code == 422
    assert page.context["form"].errors["no_photo_reason"] == [
        "请至少上传一张整改后的照片，无法拍照的请说明原因。"
    ]
    assert page.context["form"]["result"].value() == "已换"


def test_other_peoples_photos_cannot_be_slipped_in(world: World, as_: As, ordered: Hazard) -> None:
    codes = [
        str(made.photo(world.actor(world.sun)).code),
        str(made.photo(world.actor(world.zhang)).code),
        str(made.photo(world.actor(world.li), purpose="inspection_photo").code),
        "no-uuid",
    ]
    page = as_(world.li.user).post(url("rectify", ordered), {"result": "已换", "kept": codes})
    assert page.status_code == 422
    assert page.context["kept"] == []


def test_a_reason_stands_for_photos(world: World, as_: As, ordered: Hazard) -> None:
    data = {"result": "已换", "no_photo_reason": "井道内禁止携带手机"}
    assert as_(world.li.user).post(url("rectify", ordered), data).status_code == 302
    ordered.refresh_from_db()
    assert ordered.result_no_photo_reason == "井道内禁止携带手机"


def test_the_same_post_twice_is_one_rectification(world: World, as_: As, ordered: Hazard) -> None:
    client = as_(world.li.user)
    key = str(uuid.uuid4())
    for _ in range(2):
        data = rectify_data(photo_1=made.upload("red"), photo_1_uuid=key)
        assert client.post(url("rectify", ordered), data).status_code == 302
    assert Photo.objects.count() == 1
    assert HazardPhoto.objects.count() == 1


def test_too_late_in_another_tab(world: World, as_: As, ordered: Hazard) -> None:
    client = as_(world.li.user)
    client.post(url("rectify", ordered), rectify_data())
    page = client.post(url("rectify", ordered), rectify_data(result="另一结果"))
    assert page.status_code == 409
    assert "当前状态为“已整改”，不能确认完成整改。" in text_of(page)
    assert page.context["form"]["result"].value() == "另一结果"


def test_another_officer_stores_nothing(world: World, as_: As, ordered: Hazard) -> None:
    answer = as_(world.zhang.user).post(url("rectify", ordered), rectify_data())
    assert answer.status_code == 403
    assert Photo.objects.count() == 0


def test_a_director_confirms_a_weekly_hazard(world: World, as_: As) -> None:
    weekly = made.hazard(world.lift, source="weekly", state="pending_rectification")
    client = as_(world.wang.user)
    assert client.get(url("rectify", weekly)).status_code == 200
    data = {"result": "已整改", "no_photo_reason": "无"}
    assert client.post(url("rectify", weekly), data).status_code == 302


# ---------------------------------------------------------------- review
@pytest.fixture
def rectified(world: World, today: object) -> Hazard:
    world.jia.reviews_hazards = True
    world.jia.save()
    return made.hazard(
        world.lift, state="rectified", director=world.wang, found_at=recent(), due_on=today
    )


def test_review_passes(world: World, as_: As, rectified: Hazard) -> None:
    client = as_(world.wang.user)
    assert "已更换门锁触点" in text_of(client.get(url("review", rectified)))
    assert client.post(url("review", rectified), {"note": "合格"}).status_code == 302
    rectified.refresh_from_db()
    assert (rectified.state, rectified.reviewed_by) == ("reviewed", world.wang)


def test_sending_back_keeps_the_deadline_unless_a_new_one_is_given(
    world: World, as_: As, rectified: Hazard, today: object
) -> None:
    client = as_(world.wang.user)
    page = client.post(url("send-back", rectified), {"reason": "", "due_on": ""})
    assert page.status_code == 422
    assert page.context["form"].errors == {"reason": ["请填写退回原因。"]}
    answer = client.post(url("send-back", rectified), {"reason": "不清楚", "due_on": ""})
    assert answer.status_code == 302
    rectified.refresh_from_db()
    assert (rectified.state, rectified.due_on) == ("pending_rectification", today)


def test_sending_back_after_the_deadline_wants_a_new_one(
    world: World, as_: As, rectified: Hazard, today: object
) -> None:
    Hazard.objects.filter(pk=rectified.pk).update(due_on=today - timedelta(days=1))
    client = as_(world.wang.user)
    page = client.post(url("send-back", rectified), {"reason": "不清楚", "due_on": ""})
    assert page.context["form"].errors == {"due_on": ["请选择整改期限。"]}
    assert page.context["form"]["reason"].value() == "不清楚"


# ---------------------------------------------------------------- foreign units
@pytest.mark.parametrize("name", ["field-detail", "order", "rectify", "review", "send-back"])
@pytest.mark.parametrize("who", ["sun", "qian", "zhou"])
def test_a_foreign_hazard_does_not_exist(world: World, as_: As, name: str, who: str) -> None:
    hazard = made.hazard(world.lift)
    client = as_(getattr(world, who).user)
    statuses = {client.get(url(name, hazard)).status_code}
    if name != "field-detail":
        statuses.add(client.post(url(name, hazard), {"result": "x"}).status_code)
    # An officer lacks the page of an order altogether (403); nobody sees the object.
    lacks = who == "sun" and name in {"order", "review", "send-back"}
    assert statuses == ({403} if lacks else {404})
    hazard.refresh_from_db()
    assert hazard.state == "pending_order"


@pytest.mark.parametrize(
    ("who", "status"),
    [("li", 200), ("wang", 200), ("jia_admin", 200), ("regulator", 200),
     ("sun", 404), ("yi_admin", 404), ("far_regulator", 404)],
)  # fmt: skip
def test_the_file_door_of_hazard_photos(world: World, as_: As, who: str, status: int) -> None:
    photo = made.photo(world.actor(world.li))
    person = getattr(world, who)
    client = as_(person if isinstance(person, User) else person.user)
    assert client.get(reverse("units:file", args=[photo.copy_id])).status_code == status
    assert client.get(reverse("units:file", args=[photo.original_id])).status_code == 404
