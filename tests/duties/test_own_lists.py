"""自定义管控清单: drawn up, enabled, retired, copied; what the rounds then show (F43–F46, B114, B115)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from config.actor import SYSTEM
from config.clock import at, start_of
from config.errors import RuleBroken
from duties import queries_checklists as queries
from duties.actions.checklist_items import add_item, change_item, move_item, remove_item
from duties.actions.checklists import (
    add_list,
    change_list,
    copy_list,
    enable_list,
    remove_list,
    retire_list,
)
from duties.checklists import compose, versions_in_force
from duties.models import Checklist, ChecklistItem
from equipment.actions.licences import close_licence
from reports.queries import build_daily_check
from tests.factories import duties as tasks
from tests.factories import equipment as machines
from tests.factories import licences, pictures, rounds
from tests.factories.checklists import item as item_of
from tests.factories.checklists import own
from tests.threads import at_once
from tests.world import NOW, TODAY, World
from units.audit import Verb
from units.models import AuditEntry

As = Callable[[Any], Client]
URL = "/checklists/"
TYPED = {
    "cadence": "daily",
    "risk_category": "设备类",
    "item": "扶手带无破损",
    "measure": "停梯更换",
    "hazard": "",
    "is_severe": False,
}


@pytest.fixture
def given(world: World) -> dict[str, Any]:
    """Who acts and when: 甲's admin at nine."""
    return {"actor": world.actor(world.jia_admin), "now": NOW}


@pytest.fixture
def admin(world: World, as_: As, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return as_(world.jia_admin)


def added(world: World, given: dict[str, Any], **fields: Any) -> Checklist:
    values = {"name": "扶梯补充", "category": "lift", "valid_from": TODAY, "valid_until": None}
    return add_list(world.jia, **{**values, **fields, **given})


def refused(code: str, act: Callable[[], Any]) -> RuleBroken:
    with pytest.raises(RuleBroken) as broken:
        act()
    assert broken.value.code == code
    return broken.value


def shown(world: World, cadence: str = "daily", moment: datetime = NOW, **of: Any) -> list[str]:
    """The own items of a round of 甲."""
    made = compose(
        **{"unit": world.jia, "category": "lift", "cadence": cadence, "at": moment, **of}
    )
    return [item["item"] for item in made.items if item["source"] == "custom"]


# ------------------------------------------------------------------ the way of a list
def test_a_list_from_the_first_field_to_the_phone_and_back(world: World, admin: Client) -> None:
    page = admin.get(f"{URL}add/")
    choices = [value for value, _label in page.context["form"].fields["category"].choices]
    assert choices == ["", "boiler", "lift", "crane"]
    head = {"name": "㛃扶梯<b>", "category": "lift", "valid_from": "2026-11-20"}
    made_at = admin.post(f"{URL}add/", head)["Location"]
    item = {**TYPED, "item": "扶手带𬭚<script>", "cadence": "weekly", "is_severe": "on"}
    del item["hazard"]
    again = admin.post(f"{made_at}items/add/", {**item, "do": "more"})["Location"]
    first = admin.get(again).context["form"].initial
    assert first == {"cadence": "weekly", "risk_category": "设备类"}
    photo = pictures.upload(pictures.jpeg(), "示意.jpg")
    assert admin.post(f"{made_at}items/add/", {**TYPED, "photo": photo})["Location"] == made_at
    page = admin.get(f"{made_at}enable/")
    assert [(one.label, one.mine, one.total - one.fixed) for one in page.context["previews"]] == [
        ("日管控", 1, 1),
        ("周排查", 1, 1),
    ]
    assert "立即生效" in page.content.decode()
    assert shown(world) == []
    checklist = Checklist.objects.get(unit=world.jia)
    answer = admin.post(f"{made_at}enable/", {"version": checklist.edit_version}, follow=True)
    assert "“㛃扶梯&lt;b&gt;”已启用，当前状态：启用中" in answer.content.decode()
    assert (shown(world), shown(world, "weekly"), shown(world, "monthly")) == (
        ["扶手带无破损"],
        ["扶手带𬭚<script>"],
        [],
    )
    weekly = compose(unit=world.jia, category="lift", cadence="weekly", at=NOW).items[-1]
    assert (weekly["hazard"], weekly["is_severe"]) == ("不符合要求：扶手带𬭚<script>", True)
    daily = compose(unit=world.jia, category="lift", cadence="daily", at=NOW).items[-1]
    picture = ChecklistItem.objects.get(item="扶手带无破损").picture
    assert picture is not None
    assert daily["picture"] == str(picture.copy_id)
    assert "picture" not in weekly
    admin.post(f"{made_at}retire/")
    assert shown(world, moment=NOW + timedelta(seconds=1)) == []
    verbs = AuditEntry.objects.filter(object_code=checklist.code).order_by("id")
    assert [entry.verb for entry in verbs] == [
        Verb.CHECKLIST_ADDED,
        Verb.CHECKLIST_CHANGED,
        Verb.CHECKLIST_CHANGED,
        Verb.CHECKLIST_ENABLED,
        Verb.CHECKLIST_RETIRED,
    ]
    page = admin.get(made_at).content.decode()
    assert "已停用" in page and world.jia_admin.name in page


def test_people_of_the_unit_and_its_bureau_see_the_picture(
    world: World, given: Any, as_: As
) -> None:
    checklist = added(world, given)
    photo = pictures.upload(pictures.jpeg())
    made = add_item(checklist, photo=photo, **TYPED, **given)
    url = f"/files/{made.picture.copy_id}/"
    readers = (world.li.user, world.wang.user, world.regulator, world.yi_admin, world.sun.user)
    assert [as_(who).get(url).status_code for who in readers] == [200, 200, 200, 404, 404]


def test_an_old_record_keeps_the_old_wording(
    world: World, given: dict[str, Any], admin: Client
) -> None:
    old = own(world.jia, "旧清单", enabled_at=at(TODAY, 8))
    task = tasks.task(world.lift)
    inspection = rounds.submit(task, world.actor(world.li))
    before = build_daily_check(inspection, as_of=NOW, number="1")
    page = admin.get(f"/records/{inspection.code}/").context["lines"]
    new = copy_list(old, world.jia, **given)
    change_item(new.items.get(), version=1, **{**TYPED, "item": "改写后的一项"}, **given)
    new.refresh_from_db()
    enable_list(new, version=new.edit_version, **given)
    later = NOW + timedelta(hours=1)
    assert shown(world, moment=later) == ["改写后的一项"]
    assert build_daily_check(inspection, as_of=NOW, number="1") == before
    assert admin.get(f"/records/{inspection.code}/").context["lines"] == page
    assert page[-1].item["item"] == "旧清单第1项"
    assert [item["item"] for item in inspection.version.items][-1] == "旧清单第1项"


# ------------------------------------------------------------------ heads and items
@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"name": " "}, "name_missing", "name"),
        ({"name": "长" * 101}, "name_long", "name"),
        ({"category": "ropeway"}, "category_unknown", "category"),
        ({"valid_from": None}, "valid_from_missing", "valid_from"),
        ({"valid_from": date(2126, 1, 1)}, "valid_from_odd", "valid_from"),
        ({"valid_until": date(2026, 11, 19)}, "validity_reversed", "valid_until"),
        (
            {"valid_from": date(2026, 1, 1), "valid_until": date(2026, 11, 19)},
            "validity_passed",
            "valid_until",
        ),
    ],
)
def test_a_head_that_will_not_do(
    world: World, given: Any, fields: dict[str, Any], code: str, field: str
) -> None:
    broken = refused(code, lambda: added(world, given, **fields))
    assert broken.field == field
    assert not Checklist.objects.filter(unit=world.jia).exists()


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"cadence": "yearly"}, "cadence_unknown", "cadence"),
        ({"risk_category": "焊接控制"}, "risk_category_unknown", "risk_category"),
        ({"item": "\x00 "}, "item_missing", "item"),
        ({"measure": "长" * 301}, "measure_long", "measure"),
        ({"photo": pictures.upload(b"%PDF-1.7 x", "a.jpg")}, "not_a_photo", "photo"),
        ({"photo": pictures.upload(b"", "a.jpg")}, "empty_photo", "photo"),
    ],
)
def test_an_item_that_will_not_do(
    world: World, given: Any, fields: dict[str, Any], code: str, field: str
) -> None:
    checklist = added(world, given)
    broken = refused(code, lambda: add_item(checklist, **{**TYPED, **fields}, **given))
    assert broken.field == field
    assert not checklist.items.exists()


def test_the_same_question_twice_and_too_many(world: World, given: dict[str, Any]) -> None:
    checklist = own(world.jia, items=199)
    add_item(checklist, **TYPED, **given)
    refused("too_many_items", lambda: add_item(checklist, **{**TYPED, "item": "又一项"}, **given))
    other = added(world, given)
    add_item(other, **TYPED, **given)
    refused("item_double", lambda: add_item(other, **TYPED, **given))
    add_item(other, **{**TYPED, "cadence": "weekly"}, **given)


def test_a_refused_item_page_keeps_what_was_typed(world: World, admin: Client) -> None:
    checklist = own(world.jia)
    typed = {**TYPED, "item": "", "measure": "已经写好的措施<i>", "risk_category": "人员类"}
    answer = admin.post(f"{URL}{checklist.code}/items/add/", typed)
    assert answer.status_code == 422
    assert answer.context["form"].errors == {"item": ["请填写风险指标。"]}
    body = answer.content.decode()
    assert "已经写好的措施&lt;i&gt;" in body
    assert '<option value="人员类" selected>' in body


def test_items_change_places_within_their_cadence(world: World, given: dict[str, Any]) -> None:
    checklist = own(world.jia, items=2)
    item_of(checklist, 3, cadence="weekly", item="周")
    item_of(checklist, 4, item="末")

    def order() -> list[str]:
        return [item.item[-2:] for part in queries.sections(checklist) for item in part.items]

    def move(number: int, up: bool) -> None:
        checklist.refresh_from_db()
        move_item(
            checklist.items.get(number=number), version=checklist.edit_version, up=up, **given
        )

    move(4, True)
    assert order() == ["1项", "末", "2项", "周"]
    move(1, True)  # the first stays the first
    move(1, False)
    assert order() == ["末", "1项", "2项", "周"]
    checklist.refresh_from_db()
    gone = checklist.items.get(number=1)
    remove_item(gone, version=checklist.edit_version, **given)
    assert order() == ["1项", "2项", "周"]
    checklist.refresh_from_db()
    version = checklist.edit_version
    refused("item_gone", lambda: remove_item(gone, version=version, **given))


# ------------------------------------------------------------------ two at once
def test_the_second_of_two_editors_is_told(world: World, given: Any, admin: Client) -> None:
    checklist = added(world, given)
    item = add_item(checklist, **TYPED, **given)
    checklist.refresh_from_db()
    seen = checklist.edit_version
    values = {"category": "lift", "valid_from": TODAY, "valid_until": None}
    change_list(checklist, version=seen, name="别人改的", **values, **given)
    head = {"version": seen, "name": "我改的", "category": "lift", "valid_from": "2026-11-20"}
    answer = admin.post(f"{URL}{checklist.code}/edit/", head)
    body = answer.content.decode()
    assert answer.status_code == 409
    assert "刚刚被他人修改过" in body and "别人改的" in body and 'value="我改的"' in body
    typed = {**TYPED, "version": seen, "item": "我写的指标"}
    url = f"{URL}{checklist.code}/items/{item.key}/"
    answer = admin.post(f"{url}edit/", typed)
    assert answer.status_code == 409
    assert "我写的指标" in answer.content.decode()
    stale = [
        admin.post(f"{url}move/", {"version": seen, "to": "up"}),
        admin.post(f"{url}remove/", {"version": seen}),
        admin.post(f"{URL}{checklist.code}/remove/", {"version": "x"}),
        admin.post(f"{URL}{checklist.code}/enable/", {"version": seen}),
    ]
    assert [answer.status_code for answer in stale] == [409] * 4
    checklist.refresh_from_db()
    assert (checklist.name, checklist.enabled_at) == ("别人改的", None)
    assert [one.item for one in checklist.items.all()] == ["扶手带无破损"]
    # What the page that came back posts is saved.
    assert admin.post(f"{url}edit/", {**typed, "version": seen + 1}).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_of_two_who_enable_at_once_one_is_told(committed_world: World) -> None:
    checklist = own(committed_world.jia)
    actor = committed_world.actor(committed_world.jia_admin)
    outcomes = at_once(*[lambda: enable_list(checklist, version=1, actor=actor, now=NOW)] * 2)
    told = "“物业自定义清单”已于 2026年11月20日 09:00 启用，不能再修改；需要调整时请复制一份，改好后启用。"
    assert sorted(one.message for one in outcomes) == ["", told]
    assert AuditEntry.objects.filter(verb=Verb.CHECKLIST_ENABLED).count() == 1


# ------------------------------------------------------------------ enabling and retiring
def test_what_cannot_be_enabled_or_retired(world: World, given: dict[str, Any]) -> None:
    empty = own(world.jia, items=0)
    refused("empty", lambda: enable_list(empty, version=1, **given))
    passed = own(world.jia, period=DateRange(date(2026, 1, 1), TODAY))
    broken = refused("validity_passed", lambda: enable_list(passed, version=1, **given))
    assert "2026年1月1日至2026年11月19日" in broken.message
    refused("not_enabled", lambda: retire_list(passed, **given))
    retired = own(world.jia, enabled_at=at(TODAY, 7), retired_at=at(TODAY, 8))
    refused("retired", lambda: retire_list(retired, **given))
    refused("enabled", lambda: enable_list(retired, version=1, **given))
    assert shown(world) == []


def test_the_page_of_enabling_says_why_it_cannot_be(world: World, admin: Client) -> None:
    empty = own(world.jia, items=0)
    passed = own(world.jia, period=DateRange(date(2026, 1, 1), TODAY))
    pages = [admin.get(f"{URL}{one.code}/enable/").content.decode() for one in (empty, passed)]
    assert ["还没有管控项，不能启用" in pages[0], "有效期已过，不能启用" in pages[1]] == [
        True,
        True,
    ]
    assert ["确认启用" in page for page in pages] == [False, False]


def test_an_enabled_list_cannot_be_edited_but_copied(world: World, admin: Client) -> None:
    running = own(world.jia, enabled_at=at(TODAY, 8))
    key = running.items.get().key
    before = list(running.items.values())
    pages = ("edit/", "enable/", "items/add/", f"items/{key}/edit/")
    for page in pages:
        answer = admin.get(f"{URL}{running.code}/{page}")
        assert answer.status_code == 409
        assert f'action="{URL}{running.code}/copy/"' in answer.content.decode()
    typed = {**TYPED, "version": 1, "item": "写到一半的一项"}
    for page in ("items/add/", f"items/{key}/edit/"):
        answer = admin.post(f"{URL}{running.code}/{page}", typed)
        assert answer.status_code == 409
        assert "写到一半的一项" in answer.content.decode()
        assert "08:00 启用，不能再修改；需要调整时请复制一份" in answer.content.decode()
    assert admin.post(f"{URL}{running.code}/remove/", {"version": 1}).status_code == 409
    assert list(running.items.values()) == before
    copied = admin.post(f"{URL}{running.code}/copy/")["Location"]
    draft = Checklist.objects.get(copied_from=running)
    assert (copied, draft.name) == (f"{URL}{draft.code}/", "物业自定义清单（副本）")
    assert draft.items.get().key == key


def test_a_copy_takes_the_place_of_its_original_at_once(
    world: World, given: dict[str, Any], admin: Client
) -> None:
    original = own(world.jia, "原", enabled_at=at(TODAY, 8))
    beside = own(world.jia, "旁", enabled_at=at(TODAY, 8))
    draft = copy_list(original, world.jia, **given)
    add_item(draft, **TYPED, **given)
    page = admin.get(f"{URL}{draft.code}/enable/")
    [preview] = page.context["previews"]
    assert (preview.others, preview.mine) == (1, 2)
    assert page.context["replaced"] == [original]
    enable_list(draft, version=2, **given)
    assert shown(world) == ["旁第1项", "原第1项", "扶手带无破损"]
    original.refresh_from_db()
    beside.refresh_from_db()
    assert (original.retired_at, beside.retired_at) == (NOW, None)
    # The form opened at eight is still accepted today, the new one from nine on.
    found = versions_in_force(
        unit=world.jia, category="lift", cadence="daily", day=TODAY, until=at(TODAY, 18)
    )
    assert [sum(i["source"] == "custom" for i in one.items) for one in found.values()] == [0, 2, 3]


def test_a_copy_for_next_year_ends_the_original_then(world: World, given: dict[str, Any]) -> None:
    new_year = date(2027, 1, 1)
    original = own(world.jia, "原", enabled_at=at(TODAY, 8))
    draft = copy_list(original, world.jia, **given)
    values = {"name": "新", "category": "lift", "valid_from": new_year, "valid_until": None}
    change_list(draft, version=1, **values, **given)
    draft = enable_list(draft, version=2, **given)
    original.refresh_from_db()
    assert original.retired_at == start_of(new_year)
    assert [queries.standing(one, NOW).word for one in (original, draft)] == [
        "启用中",
        "未到有效期",
    ]
    assert "由新清单接替" in queries.standing(original, NOW).note
    retire_list(draft, **given)  # it never began: the original goes on
    original.refresh_from_db()
    assert original.retired_at is None
    assert shown(world, moment=start_of(new_year)) == ["原第1项"]


def test_copying_a_fixed_list_makes_new_keys(world: World, given: Any, admin: Client) -> None:
    fixed = Checklist.objects.get(unit=None, category="lift", cadence="weekly")
    admin.post(f"{URL}{fixed.code}/copy/")
    draft = Checklist.objects.get(copied_from=fixed)
    items = list(draft.items.all())
    assert [one.item for one in items] == [one.item for one in fixed.items.all()]
    assert {one.cadence for one in items} == {"weekly"}
    assert not {one.key for one in items} & {one.key for one in fixed.items.all()}
    enable_list(draft, version=1, **given)
    assert len(shown(world, "weekly")) == len(items)
    ropeway = Checklist.objects.get(unit=None, category="ropeway", cadence="daily")
    refused("not_held", lambda: copy_list(ropeway, world.jia, **given))


def test_a_draft_is_removed_and_its_copy_stays(world: World, given: dict[str, Any]) -> None:
    draft = own(world.jia)
    copied = copy_list(draft, world.jia, **given)
    remove_list(draft, version=1, **given)
    copied.refresh_from_db()
    assert (copied.copied_from, copied.items.count()) == (None, 1)
    refused("gone", lambda: enable_list(draft, version=1, **given))


def test_only_the_unit_itself_manages_its_lists(world: World, given: dict[str, Any]) -> None:
    foreign = own(world.yi)
    acts: list[Callable[[], Any]] = [
        lambda: add_list(
            world.yi, name="x", category="lift", valid_from=TODAY, valid_until=None, **given
        ),
        lambda: enable_list(foreign, version=1, **given),
        lambda: add_item(foreign, **TYPED, **given),
        lambda: copy_list(foreign, world.yi, **given),
        lambda: retire_list(foreign, actor=world.actor(world.qian), now=NOW),
    ]
    for act in acts:
        with pytest.raises(PermissionDenied):
            act()


# ------------------------------------------------------------------ every kind of unit
def test_a_unit_that_produces_and_fills(world: World, given: dict[str, Any], admin: Client) -> None:
    unit = licences.licensed(world.jia)
    licences.licence(unit)
    licences.licence(unit, "transport_vessel_filling", number="TS4250123-2028")
    licences.station(unit)
    held = [subject.value for subject in queries.subjects_held(unit.pk)]
    assert held == [
        *("boiler", "lift", "crane", "lift_installation"),
        *("cylinder_filling", "transport_vessel_filling", "filling"),
    ]
    page = admin.get(URL)
    assert len(page.context["groups"]) == 6
    made = added(world, given, category="filling")
    assert made.unit_kind == "filling"
    add_item(made, **{**TYPED, "risk_category": "充装作业类"}, **given)
    add_item(made, **{**TYPED, "cadence": "weekly", "item": "周项"}, **given)
    preview = {one.label: one for one in queries.previews(made, NOW)}
    fixed = {
        family: Checklist.objects.get(unit=None, category=family, cadence="weekly").items.count()
        for family in ("cylinder_filling", "transport_vessel_filling")
    }
    assert preview["周排查"].fixed == sum(fixed.values())
    enable_list(made, version=3, **given)
    assert shown(world, category="transport_vessel_filling") == ["扶手带无破损"]
    assert shown(world, "weekly", category="filling") == ["周项"]
    production = own(unit, unit_kind="production", category="lift_installation", enabled_at=NOW)
    assert shown(world, category="lift_installation") == [production.items.get().item]


def test_a_filling_unit_is_inspected_by_all_it_fills(world: World, given: dict[str, Any]) -> None:
    unit = licences.licensed(world.far_unit, "filling")

    def families(moment: datetime) -> set[str]:
        made = compose(unit=unit, category="filling", cadence="weekly", at=moment)
        assert made.unit_kind == "filling"
        return {item["key"].rsplit("-", 2)[0] for item in made.items}

    def key(family: str) -> str:
        fixed = Checklist.objects.get(unit=None, category=family, cadence="weekly")
        return fixed.items.first().key.rsplit("-", 2)[0]

    cylinders, vessels = key("cylinder_filling"), key("transport_vessel_filling")
    assert families(NOW) == {cylinders}
    held = licences.licence(unit, "transport_vessel_filling")
    assert families(NOW - timedelta(seconds=1)) == {cylinders}
    assert families(NOW) == {vessels}
    licences.station(unit, now=NOW + timedelta(hours=1))
    assert families(NOW + timedelta(hours=1)) == {cylinders, vessels}
    close_licence(held, reason="不再充装", actor=SYSTEM, now=at(TODAY, 15))
    assert families(at(TODAY, 15)) == {cylinders}
    # A form opened at any of these moments of the week is accepted.
    found = versions_in_force(
        unit=unit, category="filling", cadence="weekly", day=TODAY, until=at(TODAY, 18)
    )
    numbers = [len(one.items) for one in found.values()]
    both = len(compose(unit=unit, category="filling", cadence="weekly", at=at(TODAY, 12)).items)
    only = len(compose(unit=unit, category="filling", cadence="weekly", at=at(TODAY, 18)).items)
    assert numbers == [both - only, both, only]


# ------------------------------------------------------------------ the list page
def test_states_in_words_and_as_a_filter(world: World, admin: Client) -> None:
    eight = at(TODAY, 8)
    for name, fields in {
        "草稿": {},
        "启用中": {"enabled_at": eight},
        "未到有效期": {
            "enabled_at": eight,
            "period": DateRange(TODAY + timedelta(days=1), None),
        },
        "已过有效期": {"enabled_at": eight, "period": DateRange(date(2026, 1, 1), TODAY)},
        "已停用": {"enabled_at": eight, "retired_at": NOW},
    }.items():
        own(world.jia, name, **fields)
    own(world.yi, "乙的")
    rows = admin.get(URL, {"tab": "own"}).context["rows"]
    names = [one.name for one, *_rest in rows]
    assert names == ["已停用", "已过有效期", "未到有效期", "启用中", "草稿"]
    assert [standing.word for *_rest, standing in rows] == names
    for state, (_kind, word) in queries.STATES.items():
        found = admin.get(URL, {"tab": "own", "state": state}).context["rows"]
        assert [one.name for one, *_rest in found] == [word]
    found = admin.get(URL, {"tab": "own", "q": "有效期\x00"}).context["rows"]
    assert len(found) == 2
    assert admin.get(URL, {"tab": "own", "state": "odd", "q": "无"}).context["rows"] == []


@pytest.mark.parametrize("number", [1, 3])
def test_queries_do_not_grow(
    world: World, admin: Client, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(number):
        made = own(world.jia, items=number)
    with django_assert_num_queries(6):
        admin.get(URL, {"tab": "own"})
    with django_assert_num_queries(6):
        admin.get(f"{URL}{made.code}/")


def test_a_unit_that_has_nothing_is_told_what_to_do(world: World, as_: As) -> None:
    client = as_(world.far_admin)
    assert "还没有可以适用的对象" in client.get(f"{URL}add/").content.decode()
    machines.machine(world.far_unit, "ride")
    assert "清单名称" in client.get(f"{URL}add/").content.decode()
