"""Applications of a unit: opened, filled in, submitted once, applied for again (F76, F82, decision 16)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from config.errors import RuleBroken
from cylinders import photo_rules
from cylinders import queries_batches as queries
from cylinders.actions import batches as actions
from cylinders.actions import photo_archives
from cylinders.actions.again import apply_again
from cylinders.actions.items import change_item
from cylinders.enums import BatchState, Claim, Origin, PhotoKind
from cylinders.models import Batch, BatchItem, BatchStep, ItemPhoto
from tests.cylinders.test_photo_archives import packed
from tests.factories import cylinders as made
from tests.threads import told_at_once
from tests.world import NOW, TODAY, World
from units.models import AuditEntry, OutboxMessage, Region

LATER = NOW + timedelta(minutes=5)


def by(world: World, who: Any = None) -> dict[str, Any]:
    return {"actor": world.actor(who or world.jia_admin), "now": NOW}


def texts(batch: Batch) -> list[str]:
    return [gap.text for gap in actions.missing(batch, on=TODAY, looks_elsewhere=True)]


@pytest.fixture
def ready(world: World) -> Batch:
    """A complete draft of 甲 with one cylinder."""
    batch = made.batch(world.jia)
    made.complete_item(batch, product_no="GP001")
    return batch


class TestOpen:
    def test_it_begins_with_what_is_known_of_the_unit(self, world: World) -> None:
        made.setting("500103")
        world.jia.legal_representative, world.jia.safety_phone = "陈责", "023-63800001"
        world.jia.save()
        batch = actions.open_batch(world.jia, origin="new", **by(world))
        assert (batch.state, batch.unit_name, batch.region_id) == (
            "draft",
            world.jia.name,
            "500103",
        )
        assert (batch.legal_representative, batch.safety_manager) == ("陈责", "王总")
        assert batch.address == world.jia.address
        assert texts(batch) == [
            "邮政编码未填写",
            "联系人未填写",
            "联系电话未填写",
            "安全管理部门未填写",
            "气瓶清单为空，请先导入气瓶",
        ]

    def test_two_clicks_are_one_draft(self, world: World) -> None:
        first = actions.open_batch(world.jia, origin="new", **by(world))
        assert actions.open_batch(world.jia, origin="new", **by(world)) == first
        assert actions.open_batch(world.jia, origin="existing", **by(world)) != first
        assert first.region is None
        assert "未选择受理区县" in texts(first)

    def test_nobody_opens_one_for_another_unit(self, world: World) -> None:
        with pytest.raises(RuleBroken) as refused:
            actions.open_batch(world.jia, origin="new", **by(world, world.yi_admin))
        assert refused.value.status == 403


class TestBasics:
    def change(self, batch: Batch, world: World, **changes: str) -> Batch:
        given = {"version": batch.version, "changes": changes} | by(world)
        return actions.change_basics(batch, **given)

    def test_changed_with_a_trail_that_holds_no_names(self, world: World) -> None:
        batch = made.batch(world.jia)
        changed = self.change(batch, world, safety_manager=" 㛃𬭚 ", address="渝中区２号")
        assert (changed.safety_manager, changed.address, changed.version) == (
            "㛃𬭚",
            "渝中区2号",
            2,
        )
        entry = AuditEntry.objects.get(verb="cylinder_batch.changed")
        assert entry.after == {"safety_manager": "（已修改）", "address": "渝中区2号"}

    def test_what_is_wrong_is_said_beside_its_field(self, world: World) -> None:
        batch = made.batch(world.jia)
        told = []
        for changes in (
            {"postcode": "40001"},
            {"contact_phone": "打电话"},
            {"address": "长" * 161},
        ):
            with pytest.raises(RuleBroken) as refused:
                self.change(batch, world, **changes)
            told.append((refused.value.field, refused.value.code))
        assert told == [
            ("postcode", "wrong_shape"),
            ("contact_phone", "wrong_shape"),
            ("address", "too_long"),
        ]

    def test_the_second_of_two_editors_is_told(self, world: World) -> None:
        batch = made.batch(world.jia)
        self.change(batch, world, postcode="400011")
        with pytest.raises(RuleBroken) as refused:
            self.change(batch, world, postcode="400012")
        assert refused.value.code == "stale"
        assert Batch.objects.get().postcode == "400011"

    def test_the_district_must_take_part_and_stays_after_the_submission(self, world: World) -> None:
        batch = made.batch(world.jia)
        far = Region.objects.get(pk="500106")
        given = {"changes": {}, "region": far} | by(world)
        with pytest.raises(RuleBroken) as refused:
            actions.change_basics(batch, version=1, **given)
        assert refused.value.code == "district_closed"
        made.setting("500106")
        assert actions.change_basics(batch, version=1, **given).region_id == "500106"
        sent = made.batch(world.jia, state="correcting")
        with pytest.raises(RuleBroken) as refused:
            actions.change_basics(sent, version=1, **given)
        assert refused.value.code == "district_fixed"
        with pytest.raises(RuleBroken) as refused:
            actions.change_basics(made.batch(world.jia, state="accepted"), version=1, **given)
        assert refused.value.code == "not_editable"


class TestDiscard:
    def test_a_draft_goes_with_everything_and_leaves_its_trail(
        self, world: World, ready: Batch
    ) -> None:
        actions.discard(ready, **by(world))
        assert (Batch.objects.count(), BatchItem.objects.count(), ItemPhoto.objects.count()) == (
            0,
            0,
            0,
        )
        entry = AuditEntry.objects.get(verb="cylinder_batch.discarded")
        assert entry.before == {"origin": "new", "cylinders": 1, "photos": 2}

    def test_who_comes_after_it_is_told_that_it_is_gone(self, world: World, ready: Batch) -> None:
        """A double click, or the tab beside it that submits or saves (its batch was read before)."""
        item = ready.items.get()
        actions.discard(ready, **by(world))
        acts = (
            lambda: actions.discard(ready, **by(world)),
            lambda: actions.submit(ready, **by(world)),
            lambda: change_item(item, version=1, changes={"note": "x"}, **by(world)),
            lambda: photo_archives.start(
                ready, upload=packed({"GP001-钢印.jpg": b"x"}), **by(world)
            ),
        )
        for act in acts:
            with pytest.raises(RuleBroken) as refused:
                act()
            assert refused.value.code == "batch_gone"

    def test_what_was_submitted_stays(self, world: World) -> None:
        sent = made.batch(world.jia, state="correcting")
        with pytest.raises(RuleBroken) as refused:
            actions.discard(sent, **by(world))
        assert refused.value.code == "not_a_draft"


class TestMissing:
    def test_every_gap_is_a_sentence_with_its_page(self, world: World) -> None:
        batch = made.batch(world.jia, postcode="")
        made.item(batch)
        made.photo(made.item(batch))
        made.complete_item(batch, next_inspection_on=TODAY)
        gaps = actions.missing(batch, on=TODAY)
        page = f"/cylinders/applications/{batch.code}/"
        assert [(gap.text, gap.url) for gap in gaps] == [
            ("邮政编码未填写", f"{page}basics/"),
            ("1 只气瓶未上传照片", f"{page}?photos=none#items"),
            ("1 只气瓶的照片不完整", f"{page}?photos=partial#items"),
            (
                "1 只气瓶的下次检验日期已到，请检验后更新日期，或移出清单",
                f"{page}?problem=outdated#items",
            ),
        ]

    def test_a_district_that_left_and_a_twin_that_was_registered(
        self, world: World, ready: Batch
    ) -> None:
        assert texts(ready) == []
        made.setting("500103", takes_part=False)
        made.registered(world.yi, product_no="GP001")
        assert texts(ready) == [
            "渝中区已停止受理气瓶使用登记，请改选区县",
            "1 只气瓶已在别处登记或申请，请移出清单",
        ]

    def test_the_filter_counts_as_the_rule_says(self, world: World) -> None:
        """`is_photographed` in the database and `photo_rules.enough` are one rule."""
        for origin in Origin.values:
            self.compare(made.batch(world.jia, origin=origin), origin)

    def compare(self, batch: Batch, origin: str) -> None:
        s, c, r = PhotoKind.STAMP, PhotoKind.CERTIFICATE, PhotoKind.REGISTER
        mixes = [[], [s], [c], [s, s], [s, c], [s, r], [c, r], [s, s, c, c], [s, s, s, s, c]]
        for kinds in mixes:
            item = made.item(batch)
            for kind in kinds:
                made.photo(item, kind)
        full = queries.items_of(batch, {"photos": "full"})
        assert [one.number for one in full] == [
            number
            for number, kinds in enumerate(mixes, 1)
            if photo_rules.enough(kinds, origin) is None
        ]
        figures = queries.figures_of(batch)
        assert (figures.total, figures.without, figures.full) == (9, 1, full.count())


class TestSubmit:
    def test_everything_is_held_numbered_and_told(self, world: World, ready: Batch) -> None:
        world.jia.name = "甲物业有限责任公司"
        world.jia.save()
        done = actions.submit(ready, **by(world))
        assert (done.state, done.round, done.number) == ("submitted", 1, "QPSQ-20261120-000001")
        assert done.unit_name == "甲物业有限责任公司"
        assert ready.items.get().claim == Claim.HELD
        step = BatchStep.objects.get()
        assert (step.name, step.details["cylinders"], step.details["photos"]) == ("submitted", 1, 2)
        letter = OutboxMessage.objects.get(recipient=world.regulator)
        assert letter.text == (
            "甲物业有限责任公司提交了气瓶使用登记申请 QPSQ-20261120-000001（1 只），请受理。"
        )
        assert letter.link == f"/bureau/cylinders/{done.code}/"

    def test_a_second_click_changes_nothing(self, world: World, ready: Batch) -> None:
        actions.submit(ready, **by(world))
        with pytest.raises(RuleBroken) as refused:
            actions.submit(ready, **by(world))
        assert refused.value.message == "该申请已经提交，不能重复提交。"
        assert (BatchStep.objects.count(), Batch.objects.get().round) == (1, 1)

    def test_what_is_incomplete_is_refused_with_what_is_missing(self, world: World) -> None:
        batch = made.batch(world.jia, address="")
        made.item(batch)
        with pytest.raises(RuleBroken) as refused:
            actions.submit(batch, **by(world))
        assert refused.value.message == "还不能提交：使用单位地址未填写；1 只气瓶未上传照片。"

    def test_corrected_it_keeps_its_number(self, world: World) -> None:
        batch = made.batch(world.jia, state="correcting", number="QPSQ-20261101-000007")
        made.complete_item(batch, claim=Claim.HELD)
        added = made.complete_item(batch, claim=Claim.DRAFT)
        done = actions.submit(batch, **by(world))
        assert (done.number, done.round, done.checked_at) == ("QPSQ-20261101-000007", 2, None)
        assert BatchItem.objects.get(pk=added.pk).claim == Claim.HELD
        assert BatchStep.objects.get().name == "resubmitted"

    def test_nobody_else_submits(self, world: World, ready: Batch) -> None:
        for who in (world.li, world.yi_admin, world.regulator):
            with pytest.raises(RuleBroken) as refused:
                actions.submit(ready, **by(world, who))
            assert refused.value.status == 403
        assert BatchItem.objects.get().claim == Claim.DRAFT

    def test_a_twin_of_another_unit_is_named_without_naming_the_unit(
        self, world: World, ready: Batch
    ) -> None:
        other = made.batch(world.yi, state="submitted")
        made.complete_item(other, product_no="GP001")
        with pytest.raises(RuleBroken) as refused:
            actions.submit(ready, **by(world))
        assert refused.value.code == "twin"
        assert "GP001：已由另一单位申请使用登记（渝中区）" in refused.value.message
        assert world.yi.name not in refused.value.message


class TestAgain:
    def test_a_declined_batch_comes_back_as_a_draft_without_its_wrong_photographs(
        self, world: World
    ) -> None:
        old = made.batch(world.jia, state="declined", region="500103")
        item = made.complete_item(old, product_no="GP007")
        twin = made.complete_item(old, product_no="GP008")
        wrong = item.photos.get(kind="certificate")
        wrong.checks.create(
            step="accept",
            round=1,
            verdict="wrong",
            reason="不是这只",
            user=world.regulator,
            user_name="渝中",
            first_at=NOW,
            last_at=NOW,
        )
        ItemPhoto.objects.update(is_live=False)
        made.registered(world.yi, product_no=twin.product_no)
        again = apply_again(old, **by(world))
        assert (again.cylinders, again.photos, again.left) == (1, 1, 1)
        copy = again.batch.items.get()
        assert (copy.product_no, copy.claim, copy.identity) == ("GP007", "draft", item.identity)
        assert (again.batch.state, again.batch.region_id) == ("draft", "500103")
        with pytest.raises(RuleBroken) as refused:
            apply_again(old, **by(world))
        assert refused.value.code == "none_left"
        assert Batch.objects.count() == 2

    def test_only_what_the_bureau_took_out_can_be_applied_for_again(self, world: World) -> None:
        batch = made.batch(world.jia, state="accepted")
        made.complete_item(batch)
        gone = {"claim": Claim.RELEASED, "removed_reason": "照片不符"}
        before = made.item(batch, **gone, removed_at=NOW - timedelta(days=1))
        after = made.item(batch, **gone, removed_at=LATER)
        assert before != after
        assert list(queries.released(batch)) == [after]
        assert list(queries.released(made.batch(world.jia))) == []


class TestSteps:
    def test_where_a_batch_stands(self, world: World) -> None:
        cases = {
            "draft": ([], 1, "提交"),
            "submitted": ([], 2, "受理"),
            "correcting": ([], 1, "补正"),
            "accepted": (["accepted_at"], 3, "审核"),
            "reviewed": (["accepted_at", "reviewed_at"], 4, "审批"),
            "declined": (["closed_at"], 2, "不予受理"),
            "voided": (["accepted_at", "closed_at"], 3, "已退件"),
        }
        for state, (moments, current, label) in cases.items():
            batch = made.batch(world.jia, state=state, **dict.fromkeys(moments, NOW))
            steps = queries.steps_of(batch)
            assert (steps.current, steps.labels[current - 1][0]) == (current, label)
            assert steps.is_stopped == (state in ("declined", "voided"))

    def test_every_state_says_what_comes_next(self) -> None:
        assert set(queries.NEXT) == set(queries.STATE_KINDS) == set(BatchState)


class TestRaces:
    def test_of_two_units_with_one_cylinder_one_is_told(self, committed_world: World) -> None:
        world = committed_world
        batches = [made.batch(world.jia), made.batch(world.yi)]
        for batch, numbers in zip(batches, (("A1", "GP001"), ("GP001", "B1")), strict=True):
            for number in numbers:
                label = f"https://qp.example.cn/{batch.code}/{number}"
                made.complete_item(batch, product_no=number, qr_url=label)
        told = told_at_once(
            lambda: actions.submit(batches[0], **by(world, world.jia_admin)),
            lambda: actions.submit(batches[1], **by(world, world.yi_admin)),
        )
        assert sorted(told) == ["", "twin"]
        held = BatchItem.objects.filter(claim=Claim.HELD)
        assert (held.count(), held.values("batch").distinct().count()) == (2, 1)
        assert sorted(Batch.objects.values_list("state", flat=True)) == ["draft", "submitted"]

    def test_two_tabs_submit_once(self, committed_world: World) -> None:
        world = committed_world
        batch = made.batch(world.jia)
        made.complete_item(batch)
        told = told_at_once(*[lambda: actions.submit(batch, **by(world))] * 2)
        assert sorted(told) == ["", "wrong_state"]
        assert BatchStep.objects.count() == 1
