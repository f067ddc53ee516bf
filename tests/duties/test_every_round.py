"""One form for every round: three kinds of unit, three levels, all cadences; the short confirmation
of a stopped machine; leave cover on the record; what a signature costs (issue: duties in full)."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.clock import at
from duties import generation
from duties.actions.submit import Incomplete, finish
from duties.enums import TaskState
from duties.models import Inspection, InspectionDraft, Tally, Task
from duties.standstill import standstill_of
from equipment.actions.declarations import end_suspension, object_to
from equipment.actions.status import set_status
from equipment.actions.stops import declare_stop
from equipment.models import StopDeclaration
from hazards.models import Hazard
from reports.documents.marks import marks_of
from tests.factories import declarations, licences, rounds
from tests.factories import duties as tasks
from tests.factories.rounds import LongForm
from tests.factories.units import staff
from tests.world import NOW, TODAY, World
from units.actions.staff import Identity, change_staff, deregister_staff
from units.models import Staff

pytestmark = pytest.mark.usefixtures("clock")


def text_of(response: object) -> str:
    return html.unescape(response.content.decode())


def people(world: World) -> dict[str, Staff]:
    return {
        "safety_officer": world.li,
        "safety_director": world.wang,
        "principal": world.chen,
        "quality_officer": staff(world.jia, "吴质", "quality_officer"),
        "quality_director": staff(world.jia, "郑质总", "quality_director"),
    }


# kind of unit -> its weekly and monthly subject, who does it by level.
KINDS = {
    "using": ("lift", "safety_officer", "safety_director"),
    "production": ("lift_installation", "quality_officer", "quality_director"),
    "filling": ("filling", "safety_officer", "safety_director"),
}
PERIODS = [
    (kind, cadence, level)
    for kind in KINDS
    for cadence, levels in (
        ("weekly", ("officer", "director")),
        ("monthly", ("officer", "director", "principal")),
    )
    for level in levels
]
POSTS = {
    ("production", "officer"): "质量安全员",
    ("production", "director"): "质量安全总监",
    ("using", "officer"): "安全员",
    ("filling", "officer"): "安全员",
    ("using", "director"): "安全总监",
    ("filling", "director"): "安全总监",
}


@pytest.mark.parametrize(("kind", "cadence", "level"), PERIODS)
def test_weekly_and_monthly_rounds(
    world: World, as_: Callable[..., Client], kind: str, cadence: str, level: str
) -> None:
    """From the page to the record, through the long form; one 不合格 becomes a hazard."""
    subject, officer, director = KINDS[kind]
    roles = {"officer": officer, "director": director, "principal": "principal"}
    who = people(world)[roles[level]]
    if kind == "filling":
        licences.station(licences.licensed(world.jia))
    task = tasks.task(world.jia, cadence=cadence, level=level, category=subject, assignee=who)
    client = as_(who.user)
    form = LongForm.open(client, task)
    page = text_of(form.response)
    assert form.response.status_code == 200
    assert "使用状态" not in page
    period = {"weekly": "第47周(11.16–11.22)", "monthly": "2026年11月"}[cadence]
    post = POSTS.get((kind, level), "主要负责人")
    assert f"{period} · {post}" in page
    assert "round-base" not in form.values
    items = rounds.listed(task).items
    assert items, (subject, cadence)
    for item in items:
        form.set(item["key"], result="pass")
    form.set(items[0]["key"], result="fail", handling="pending", no_photo_reason="光线不足")
    assert form.press(task, "finish").status_code == 302
    sheet = LongForm(client, client.get(f"/m/tasks/{task.code}/sign/"), "sign")
    word = {"weekly": "周排查", "monthly": "月调度"}[cadence]
    assert f"本人已按清单开展{word}" in text_of(sheet.response)
    sent = {**sheet.values, "signature_strokes": rounds.STROKES}
    response = client.post(f"/m/tasks/{task.code}/sign/", sent)
    done = Inspection.objects.get()
    assert response["Location"] == f"/m/records/{done.code}/"
    assert f"{word}已提交，发现隐患 1 项。" in text_of(client.get("/m/"))
    assert (done.unit_kind, done.cadence, done.level, done.category) == (
        kind,
        cadence,
        level,
        subject,
    )
    assert (done.round_status, done.stop_reason, done.timing) == ("", "", "on_time")
    assert done.facts == {
        "unit_name": "甲物业管理有限公司",
        "credit_code": world.jia.credit_code,
        "subject_name": task.subject_name,
        "category": subject,
        "category_label": task.subject_name,
        "officer_name": who.name,
        "level": level,
        "post": post,
    }
    found = Hazard.objects.get()
    assert (found.source, found.category, found.found_on) == (cadence, subject, TODAY)
    assert found.state == "pending_rectification"


def test_a_licence_daily(world: World) -> None:
    licence = licences.licence(licences.licensed(world.jia))
    who = people(world)["quality_officer"]
    task = tasks.task(licence, assignee=who)
    done = rounds.submit(task, world.actor(who), answers={1: rounds.failed()})
    assert (done.licence, done.equipment, done.unit_kind) == (licence, None, "production")
    assert done.facts["licence_number"] == "TS3350123-2028"
    assert done.facts["subject_name"] == str(licence)
    assert (done.facts["valid_from"], done.facts["valid_until"]) == ("2024-12-01", "2028-11-30")
    assert done.facts["licence_items"] == licence.items.get().name
    found = Hazard.objects.get()
    assert (found.licence, found.equipment, found.state) == (licence, None, "pending_order")


def test_a_station_daily(world: World) -> None:
    station = licences.station(licences.licensed(world.jia), officer=world.li)
    task = tasks.task(station)
    done = rounds.submit(task, world.actor(world.li), answers={1: rounds.failed("immediate")})
    assert (done.station, done.unit_kind, done.category) == (station, "filling", task.category)
    words = {"station_name": "1#充装工位", "station_number": "1#", "medium": "液化石油气"}
    assert {key: done.facts[key] for key in words} == words
    assert (done.facts["place"], done.facts["licence_number"]) == ("充装间", "")
    assert Hazard.objects.get().station == station


def test_whom_a_stand_in_stood_in_for(world: World, as_: Callable) -> None:
    task = tasks.task(world.boiler, assignee=world.li, stands_in_for=world.zhang)
    assert "代班：代 张全" in text_of(as_(world.li.user).get(f"/m/tasks/{task.code}/inspect/"))
    page = text_of(as_(world.zhang.user).get(f"/m/tasks/{task.code}/inspect/"))
    assert "该待办现由李安代张全负责，您不能填写。" in page
    done = rounds.submit(task, world.actor(world.li))
    assert (done.performer, done.facts["on_behalf_of"]) == (world.li, "张全")
    assert "on_behalf_of" not in rounds.submit(tasks.task(world.lift), world.actor(world.li)).facts


@pytest.mark.parametrize("cadence", ["weekly", "monthly"])
def test_a_missed_period_is_made_up_with_a_reason_and_tallied_anew(
    world: World, as_: Callable, clock: Callable, cadence: str
) -> None:
    """补录 of a week and a month: step 0 asks for the reason only; the closed tally follows."""
    day = TODAY - timedelta(days=20)
    task = tasks.task(world.jia, day, cadence=cadence, owner=world.li, assignee=world.li)
    now = task.due_at + timedelta(hours=10)
    clock(now)
    generation.close_expired(now=now)
    assert Tally.objects.get(category="lift").missed == 1
    client = as_(world.li.user)
    form = LongForm.open(client, task)
    page = text_of(form.response)
    assert 'data-name="补录原因"' in page
    assert "使用状态" not in page
    for item in rounds.listed(task, now).items:
        form.set(item["key"], result="pass")
    response = form.press(task, "finish")
    assert (response.status_code, "还有内容没有填完：补录原因。" in text_of(response)) == (
        422,
        True,
    )
    form = form.again(response).set("round", backfill_reason="外出培训")
    assert form.press(task, "finish").status_code == 302
    sheet = LongForm(client, client.get(f"/m/tasks/{task.code}/sign/"), "sign")
    sent = {**sheet.values, "signature_strokes": rounds.STROKES}
    assert client.post(f"/m/tasks/{task.code}/sign/", sent).status_code == 302
    done = Inspection.objects.get()
    assert (done.timing, done.backfill_reason, done.round_status) == ("backfilled", "外出培训", "")
    tally = Tally.objects.get(category="lift")
    assert (tally.missed, tally.backfilled) == (0, 1)


# ------------------------------------------------------------------ 临时停用 declared for the day
def declared(world: World, first: date = TODAY, days: int = 3) -> StopDeclaration:
    return declare_stop(
        world.lift,
        reason="更换曳引绳",
        from_on=first,
        until_on=first + timedelta(days=days - 1),
        origin="test:1",
        actor=world.actor(world.li),
        now=NOW,
    )


def test_a_declared_day_wants_status_and_photo_only(world: World, as_: Callable) -> None:
    declared(world)
    task = tasks.task(world.lift)
    client = as_(world.li.user)
    form = LongForm.open(client, task)
    page = text_of(form.response)
    for words in ("仍停用", "实际在用", "这台设备已申报临时停用，原因：更换曳引绳。", "设备照片"):
        assert words in page
    assert "round-round_status" not in form.values  # nothing preselected
    response = form.set("round", round_status="stopped").press(task, "finish")
    assert response.status_code == 422
    assert text_of(response).count("请拍照确认，不能拍照的请说明原因。") == 2
    form = form.again(response)
    response = form.press(task, "finish", **{"round-photo-1": rounds.upload()})
    assert response["Location"] == f"/m/tasks/{task.code}/sign/"
    sheet = LongForm(client, client.get(response["Location"]), "sign")
    assert "仍停用（已申报临时停用）" in text_of(sheet.response)
    assert "本人已到现场确认设备停用，以上内容真实。" in text_of(sheet.response)
    sent = {**sheet.values, "signature_strokes": rounds.STROKES}
    assert client.post(f"/m/tasks/{task.code}/sign/", sent).status_code == 302
    done = Inspection.objects.get()
    (link,) = done.photos.all()
    assert (link.item_key, done.answers) == ("round", [])
    assert (done.round_status, done.stop_reason) == ("stopped", "更换曳引绳")
    assert done.facts["declared_stop"] == {
        "reason": "更换曳引绳",
        "from_on": "2026-11-20",
        "until_on": "2026-11-22",
        "no_photo_reason": "",
        "photos": [str(link.photo.code)],
    }
    assert StopDeclaration.objects.count() == 1  # no second one


def test_a_declared_day_without_a_photo_says_why(world: World) -> None:
    declared(world)
    done = rounds.submit(
        tasks.task(world.lift),
        world.actor(world.li),
        first=rounds.status("stopped", no_photo_reason="井道封闭，㛃钥匙在维保"),
    )
    assert done.facts["declared_stop"]["no_photo_reason"] == "井道封闭，㛃钥匙在维保"
    assert done.photos.count() == 0


def test_a_declared_machine_that_runs_is_inspected(world: World) -> None:
    declared(world)
    task = tasks.task(world.lift)
    done = rounds.submit(task, world.actor(world.li), answers={1: rounds.failed()})
    assert (done.round_status, done.stop_reason, done.hazard_count) == ("in_use", "", 1)
    assert len(done.answers) == len(rounds.listed(task).items)
    assert done.facts["declared_stop"]["reason"] == "更换曳引绳"


def test_a_rejected_declaration_restores_the_normal_round(world: World) -> None:
    stop = declared(world)
    task = tasks.task(world.lift)
    actor = world.actor(world.li)
    rounds.fill(task, actor, first=rounds.status("stopped", no_photo_reason="井道封闭"))
    stop.rejected_at, stop.rejected_by_name, stop.reject_reason = NOW, "王总", "并未停用"
    stop.save()
    with pytest.raises(Incomplete) as broken:
        finish(task, actor=actor, now=NOW)
    assert [one.text for one in broken.value.problems] == ["选择停用时，请填写停用原因。"]


# ------------------------------------------------------------------ 停用 and 停产 that exempt from nothing yet
def confirmed_on_the_spot(task: Task, client: Client) -> Inspection:
    """Choose 仍停用 or 仍停产, give a photo, sign; the page says what it did."""
    form = LongForm.open(client, task).set("round", round_status="stopped")
    response = form.press(task, "finish", **{"round-photo-1": rounds.upload()})
    assert response["Location"] == f"/m/tasks/{task.code}/sign/"
    sheet = LongForm(client, client.get(response["Location"]), "sign")
    sent = {**sheet.values, "signature_strokes": rounds.STROKES}
    assert client.post(f"/m/tasks/{task.code}/sign/", sent).status_code == 302
    return Inspection.objects.get(task=task)


def test_a_stop_that_waits_for_the_bureau_is_confirmed_shortly(world: World, as_: Callable) -> None:
    """Decision 6: until the bureau has confirmed it (or papers are given), 停用 acts as 临时停用."""
    declaration = declarations.filed(world.lift, actor=world.actor(world.jia_admin))
    task = tasks.task(world.lift)
    client = as_(world.li.user)
    assert "停用（待监管确认）：大修" in text_of(client.get(f"/m/tasks/{task.code}/"))
    page = text_of(client.get(f"/m/tasks/{task.code}/inspect/"))
    assert "这台设备已申报停用，监管部门尚未确认，原因：大修。" in page
    done = confirmed_on_the_spot(task, client)
    assert (done.round_status, done.stop_reason, done.answers) == ("stopped", "大修", [])
    frozen = done.facts["declared_stop"]
    assert (frozen["word"], frozen["pending"]) == ("停用", "待监管确认")
    assert (frozen["from_on"], frozen["until_on"]) == ("2026-11-20", "")
    assert marks_of(done)[0].text == (
        "2026年11月20日起申报停用（待监管确认），原因：大修。现场确认设备状态：仍停用。"
    )
    record = text_of(client.get(f"/m/records/{done.code}/"))
    assert "<dt>停用申报</dt><dd>大修（自 2026年11月20日 起，待监管确认）</dd>" in record
    assert StopDeclaration.objects.count() == 0  # the 停用 is declared already
    # An objection of the bureau brings the normal round back.
    actor = world.actor(world.regulator)
    object_to(declaration, opinion="现场仍在运行", actor=actor, now=NOW)
    assert standstill_of(task) is None


def test_a_machine_archived_as_stopped_without_papers_is_confirmed_shortly(
    world: World, as_: Callable
) -> None:
    set_status(
        world.lift,
        status="stopped",
        from_on=TODAY,
        reason="长期不用",
        actor=world.actor(world.jia_admin),
        now=NOW,
    )
    task = tasks.task(world.lift)
    page = text_of(as_(world.li.user).get(f"/m/tasks/{task.code}/inspect/"))
    assert "这台设备登记为停用，尚未办理停用手续，原因：长期不用。" in page


@pytest.mark.parametrize(("kind", "running"), [("licence", "生产"), ("station", "充装")])
def test_a_suspension_that_waits_for_the_bureau_is_confirmed_shortly(
    world: World, as_: Callable, kind: str, running: str
) -> None:
    """The same for 停产 (decision 6) of a licence and a station, which have no 使用状态 otherwise."""
    licences.licensed(world.jia)
    role = {"licence": "quality_officer", "station": "safety_officer"}[kind]
    person = staff(world.jia, "吴质", role)
    about = getattr(licences, kind)(world.jia, officer=person)
    task = tasks.task(about)
    assert standstill_of(task) is None
    admin = world.actor(world.jia_admin)
    declaration = declarations.filed(None, "suspend", unit=world.jia, actor=admin, reason="淡季")
    client = as_(person.user)
    page = text_of(client.get(f"/m/tasks/{task.code}/inspect/"))
    for words in (
        "本单位已申报停产，监管部门尚未确认，原因：淡季。",
        "仍停产<small>拍照确认",
        f"实际在{running}<small>逐项巡查",
    ):
        assert words in page
    done = confirmed_on_the_spot(task, client)
    assert (done.round_status, done.stop_reason) == ("stopped", "淡季")
    assert "单位停产，本次未逐项检查。停产原因：淡季" in text_of(
        client.get(f"/documents/daily/{done.code}/")
    )
    record = text_of(client.get(f"/m/records/{done.code}/"))
    assert "<dt>生产状态</dt><dd>停产</dd>" in record
    assert "<dt>停产原因</dt><dd>淡季</dd>" in record
    assert "当日单位停产，未逐项检查" in text_of(as_(world.jia_admin).get(f"/records/{done.code}/"))
    weekly = tasks.task(world.jia, cadence="weekly", owner=world.li, assignee=world.li)
    assert standstill_of(weekly) is None  # the day's to-do only
    # 恢复生产 while a round stands filled in as 仍停产: it has to be inspected item by item.
    end_suspension(declaration, actor=admin, now=NOW)
    other = tasks.task(getattr(licences, kind)(world.jia, officer=person, **SECOND[kind]))
    actor = world.actor(person)
    rounds.fill(other, actor, first=rounds.status("stopped", no_photo_reason="厂区封闭"))
    with pytest.raises(Incomplete) as broken:
        finish(other, actor=actor, now=NOW)
    assert {one.text for one in broken.value.problems} == {"还没有选择检查结果。"}


WAIVED = "已改由其他人员负责"
SECOND = {"licence": {"number": "TS3350999-2028"}, "station": {"number": "2#"}}


# ------------------------------------------------------------------ what cannot be sent any more
def test_a_director_who_loses_his_scope_reads_what_he_had(world: World, as_: Callable) -> None:
    """The weekly inspection is half filled in when the admin takes the category from him."""
    generation.generate(TODAY, now=NOW, unit_ids=[world.jia.pk])
    task = Task.objects.get(cadence="weekly", kind="inspection", owner=world.zhao)
    actor = world.actor(world.zhao)
    rounds.fill(task, actor, answers={1: rounds.failed(note="吊钩磨损")})
    client = as_(world.zhao.user)
    form = LongForm.open(client, task)
    change_staff(
        world.zhao,
        version=world.zhao.version,
        name="赵督",
        phone=world.zhao.user.phone,
        identities=[Identity("safety_director", ("boiler",))],
        actor=world.actor(world.jia_admin),
        now=NOW,
    )
    task.refresh_from_db()
    response = form.set(rounds.listed(task).items[1]["key"], note="刚写的").press(task, "save")
    page = text_of(response)
    assert response.status_code == 409
    assert (task.state, task.waive_reason) == ("waived", WAIVED)
    assert f"该待办已免检（{WAIVED}），不用再填写。" in page
    assert "刚写的" in page
    page = text_of(client.get(f"/m/tasks/{task.code}/inspect/"))
    assert "您已保存的草稿" in page
    assert "吊钩磨损" in page
    assert InspectionDraft.objects.count() == 1


def test_who_was_deregistered_is_told_that_nothing_is_lost(world: World, as_: Callable) -> None:
    task = tasks.task(world.lift)
    rounds.fill(task, world.actor(world.li))
    finish(task, actor=world.actor(world.li), now=NOW)
    client = as_(world.li.user)
    sheet = LongForm(client, client.get(f"/m/tasks/{task.code}/sign/"), "sign")
    admin = world.actor(world.jia_admin)
    deregister_staff(world.li, hand_over_to=world.zhang, reason="离职", actor=admin, now=NOW)
    sent = {**sheet.values, "signature_strokes": rounds.STROKES}
    response = client.post(f"/m/tasks/{task.code}/sign/", sent)
    assert response.status_code == 401
    assert "已从原单位注销" in text_of(response)
    assert (InspectionDraft.objects.count(), Inspection.objects.count()) == (1, 0)
    # The to-do is his successor's, who starts afresh; what was answered before is kept beside it.
    done = rounds.submit(task, world.actor(world.zhang))
    assert (done.performer, done.facts["officer_name"]) == (world.zhang, "张全")
    (kept,) = InspectionDraft.objects.get().superseded
    assert len(kept["answers"]) == len(rounds.listed(task).items)


# ------------------------------------------------------------------ speed
def test_a_signature_costs_fourteen_queries(world: World, as_: Callable) -> None:
    """The clean case with session and sign-in; savepoints are no queries."""
    task = tasks.task(world.lift)
    rounds.fill(task, world.actor(world.li))
    finish(task, actor=world.actor(world.li), now=NOW)
    client = as_(world.li.user)
    form = LongForm(client, client.get(f"/m/tasks/{task.code}/sign/"), "sign")
    sent = {**form.values, "signature_strokes": rounds.STROKES}
    with CaptureQueriesContext(connection) as queries:
        response = client.post(f"/m/tasks/{task.code}/sign/", sent)
    assert response.status_code == 302
    said = [one["sql"] for one in queries if "SAVEPOINT" not in one["sql"]]
    assert len(said) == 14, "\n".join(text[:120] for text in said)
    assert Task.objects.get().state == TaskState.DONE


def test_generated_to_dos_open_their_form(world: World, as_: Callable) -> None:
    """What the generator makes for a unit of all three kinds can be begun by whom it names."""
    licences.licence(licences.licensed(world.jia))
    licences.station(world.jia)
    who = people(world)
    generation.generate(TODAY, now=at(TODAY, 0, 5), unit_ids=[world.jia.pk])
    todo = Task.objects.filter(kind="inspection").select_related("assignee")
    seen = set()
    for task in todo:
        if task.assignee is None and task.equipment_id is not None:
            continue  # 未绑定
        person = (
            task.assignee
            or who[
                {
                    ("production", "officer"): "quality_officer",
                    ("filling", "officer"): "safety_officer",
                    ("filling", "director"): "safety_director",
                }.get((task.unit_kind, task.level), "principal")
            ]
        )
        key = (task.unit_kind, task.cadence, task.level)
        if key in seen:
            continue
        seen.add(key)
        response = as_(person.user).get(f"/m/tasks/{task.code}/inspect/")
        assert (response.status_code, key) == (200, key)
    daily = {(kind, "daily", "officer") for kind in KINDS}
    assert seen == set(PERIODS) | daily
