"""Archiving machines and changing them: category, uniqueness, dated status, version."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from config.clock import at
from config.errors import RuleBroken
from equipment import hooks
from equipment.actions.machine import add_equipment, change_equipment
from equipment.actions.status import set_status
from equipment.models import Equipment, StatusPeriod
from tests.factories import declarations
from tests.world import NOW, TODAY, World
from units.models import AuditEntry

TOMORROW = at(TODAY + timedelta(days=1), 9)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[int], date]]:
    """What the hooks were told, with no other listener running."""
    calls: list[tuple[list[int], date]] = []

    def listen(ids: list[int], *, day: date, **rest: Any) -> None:
        calls.append((ids, day))

    monkeypatch.setattr(hooks, "_hooks", [listen])
    return calls


def add(world: World, **facts: Any) -> Equipment:
    given = {
        "catalogue": "3110",
        "name": "5号客梯",
        "place": "D座",
        "status": "in_use",
        "actor": world.actor(world.jia_admin),
        "now": NOW,
    }
    return add_equipment(world.jia, **(given | facts))


def periods(machine: Equipment) -> list[tuple[str, date, date | None, str]]:
    rows = StatusPeriod.objects.filter(equipment=machine).order_by("period")
    return [(row.status, row.period.lower, row.period.upper, row.receipt_no) for row in rows]


def refused(code: str, field: str | None, call: Any, **kwargs: Any) -> str:
    with pytest.raises(RuleBroken) as refusal:
        call(**kwargs)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    return refusal.value.message


class TestAdding:
    def test_a_machine_gets_its_category_from_the_catalogue(
        self, world: World, told: list[Any]
    ) -> None:
        machine = add(
            world,
            catalogue="2310",
            name="氧气瓶组",
            quantity=120,
            registration_no="瓶31渝A00009（24）",
        )
        machine.refresh_from_db()
        assert (machine.category, machine.quantity, machine.registration_no, machine.status) == (
            "cylinder",
            120,
            "瓶31渝A00009(24)",
            "in_use",
        )
        assert periods(machine) == [("in_use", TODAY, None, "")]
        assert told == [([machine.pk], TODAY)]
        entry = AuditEntry.objects.get(object_code=machine.code, verb="equipment.added")
        assert (entry.verb, entry.after["catalogue"], entry.after["status"], entry.unit_id) == (
            "equipment.added",
            "2310",
            "in_use",
            world.jia.pk,
        )

    @pytest.mark.parametrize(
        ("code", "sentence"),
        [
            ("F000", "压力管道元件、安全附件不单独建档，请选择它所属的设备。"),
            ("7110", "压力管道元件、安全附件不单独建档，请选择它所属的设备。"),
            ("3000", "“电梯”还有下级品种，请选择到具体品种。"),
            ("9999", "设备目录中没有这个代码，请重新选择。"),
        ],
    )
    def test_what_cannot_be_archived_says_why(self, world: World, code: str, sentence: str) -> None:
        kind = "catalogue_unknown" if code == "9999" else "catalogue_not_archived"
        message = refused(kind, "catalogue", add, world=world, catalogue=code)
        assert message.endswith(sentence)
        assert Equipment.objects.filter(name="5号客梯").count() == 0

    def test_single_cylinders_are_not_archived(self, world: World) -> None:
        refused(
            "single_cylinder", "product_no", add, world=world, catalogue="2310", product_no="G123"
        )

    def test_what_registers_by_device_is_one_row_each(self, world: World) -> None:
        refused("quantity_per_device", "quantity", add, world=world, quantity=2)

    @pytest.mark.parametrize("field", ["name", "place"])
    def test_name_and_place_are_needed(self, world: World, field: str) -> None:
        refused("required", field, add, world=world, **{field: " \u3000"})

    def test_a_day_of_first_use_in_the_future_is_refused(self, world: World) -> None:
        refused(
            "in_use_in_future",
            "in_use_since",
            add,
            world=world,
            in_use_since=TODAY + timedelta(days=1),
        )

    @pytest.mark.parametrize("field", ["equipment_code", "registration_no"])
    def test_a_number_of_the_own_unit_names_the_machine(self, world: World, field: str) -> None:
        taken = getattr(world.lift, field)
        message = refused(f"{field}_taken", field, add, world=world, **{field: taken.lower()})
        assert message.startswith("本单位的“1号客梯”已使用这个")

    @pytest.mark.parametrize("field", ["equipment_code", "registration_no"])
    def test_a_number_of_another_unit_does_not_tell_whose(self, world: World, field: str) -> None:
        taken = getattr(world.yi_lift, field)
        message = refused(f"{field}_taken", field, add, world=world, **{field: taken})
        assert message.endswith(
            "已被登记，请核对铭牌或使用登记证；确认无误的，请联系属地市场监管部门。"
        )
        assert world.yi.name not in message
        assert world.yi_lift.name not in message

    def test_the_number_of_a_scrapped_machine_is_free_again(self, world: World) -> None:
        Equipment.objects.filter(pk=world.yi_lift.pk).update(status="scrapped")
        machine = add(world, equipment_code=world.yi_lift.equipment_code)
        assert machine.equipment_code == world.yi_lift.equipment_code

    def test_the_receipt_of_a_stop_is_kept(self, world: World) -> None:
        machine = add(world, status="stopped", receipt_no="渝中停〔2026〕17")
        assert periods(machine) == [("stopped", TODAY, None, "渝中停〔2026〕17")]

    def test_another_unit_adds_nothing_here(self, world: World) -> None:
        refused("foreign_unit", None, add, world=world, actor=world.actor(world.yi_admin))


class TestChanging:
    def change(self, world: World, machine: Equipment, **changes: Any) -> Equipment:
        version = changes.pop("version", machine.version)
        return change_equipment(
            machine, version=version, changes=changes, actor=world.actor(world.jia_admin), now=NOW
        )

    def test_only_what_differs_is_written_and_audited(self, world: World, told: list[Any]) -> None:
        changed = self.change(world, world.lift, place="A座 西侧", name=world.lift.name)
        changed.refresh_from_db()
        assert (changed.place, changed.version) == ("A座 西侧", 2)
        entry = AuditEntry.objects.get(object_code=world.lift.code)
        assert (entry.verb, entry.before, entry.after) == (
            "equipment.changed",
            {"place": "A座大堂"},
            {"place": "A座 西侧"},
        )
        assert told == []

    def test_without_a_difference_nothing_is_written(self, world: World) -> None:
        changed = self.change(world, world.lift, place=" A座大堂 ")
        changed.refresh_from_db()
        assert changed.version == 1
        assert AuditEntry.objects.filter(object_code=world.lift.code).count() == 0

    def test_the_second_of_two_editors_overwrites_nothing(self, world: World) -> None:
        self.change(world, world.lift, place="A座 西侧", version=1)
        message = refused(
            "stale",
            None,
            self.change,
            world=world,
            machine=world.lift,
            place="A座 东侧",
            version=1,
        )
        assert message.startswith("这台设备的档案刚刚被他人修改过")
        world.lift.refresh_from_db()
        assert world.lift.place == "A座 西侧"

    def test_the_category_moves_with_the_catalogue(self, world: World, told: list[Any]) -> None:
        changed = self.change(world, world.unbound, catalogue="4170")
        changed.refresh_from_db()
        assert (changed.catalogue_id, changed.category) == ("4170", "crane")
        assert told == [([world.unbound.pk], TODAY)]

    def test_a_category_outside_the_officers_scope_is_refused(self, world: World) -> None:
        appointment = world.li.appointments.get(role="safety_officer")
        appointment.categories = ["lift"]
        appointment.save()
        refused(
            "officer_scope",
            "catalogue",
            self.change,
            world=world,
            machine=world.lift,
            catalogue="4170",
        )

    def test_status_and_officer_are_not_facts(self, world: World) -> None:
        with pytest.raises(ValueError, match="officer, status"):
            self.change(world, world.lift, status="stopped", officer=None)

    def test_a_number_of_another_unit_is_refused(self, world: World) -> None:
        refused(
            "equipment_code_taken",
            "equipment_code",
            self.change,
            world=world,
            machine=world.lift,
            equipment_code=world.yi_lift.equipment_code,
        )


class TestStatus:
    def set(self, world: World, machine: Equipment, status: str, **given: Any) -> Equipment:
        now = given.pop("now", NOW)
        given = {"from_on": now.date(), "reason": "大修"} | given
        return set_status(
            machine, status=status, actor=world.actor(world.jia_admin), now=now, **given
        )

    def test_the_old_period_ends_the_day_before(self, world: World, told: list[Any]) -> None:
        changed = self.set(world, world.lift, "stopped", receipt_no="回执17")
        assert changed.status == "stopped"
        assert periods(world.lift) == [
            ("in_use", date(2024, 1, 1), TODAY, ""),
            ("stopped", TODAY, None, "回执17"),
        ]
        entry = AuditEntry.objects.get(object_code=world.lift.code)
        assert (entry.verb, entry.before, entry.after) == (
            "equipment.status_set",
            {"status": "in_use", "receipt_no": ""},
            {
                "status": "stopped",
                "from_on": "2026-11-20",
                "receipt_no": "回执17",
                "reason": "大修",
            },
        )
        assert told == [([world.lift.pk], TODAY)]

    def test_a_second_change_of_the_day_replaces_the_first(self, world: World) -> None:
        self.set(world, world.lift, "stopped", receipt_no="回执17")
        changed = self.set(world, world.lift, "in_use", reason="")
        assert changed.status == "in_use"
        assert periods(world.lift) == [
            ("in_use", date(2024, 1, 1), TODAY, ""),
            ("in_use", TODAY, None, ""),
        ]

    def test_a_stop_may_have_begun_before_today(self, world: World) -> None:
        self.set(world, world.lift, "stopped", from_on=date(2026, 11, 1))
        assert periods(world.lift) == [
            ("in_use", date(2024, 1, 1), date(2026, 11, 1), ""),
            ("stopped", date(2026, 11, 1), None, ""),
        ]

    def test_a_receipt_that_comes_later_is_a_change(self, world: World) -> None:
        self.set(world, world.lift, "stopped")
        self.set(world, world.lift, "stopped", receipt_no="回执18", now=TOMORROW)
        assert periods(world.lift) == [
            ("in_use", date(2024, 1, 1), TODAY, ""),
            ("stopped", TODAY, TODAY + timedelta(days=1), ""),
            ("stopped", TODAY + timedelta(days=1), None, "回执18"),
        ]

    @pytest.mark.parametrize(
        ("status", "given", "code", "field"),
        [
            ("in_use", {}, "status_same", "status"),
            ("stopped", {"reason": " "}, "reason_needed", "reason"),
            ("scrapped", {"reason": ""}, "reason_needed", "reason"),
            ("not_yet_in_use", {}, "was_in_use", "status"),
            ("stopped", {"from_on": date(2026, 11, 21)}, "from_future", "from_on"),
            ("stopped", {"from_on": date(2023, 12, 31)}, "from_too_early", "from_on"),
        ],
    )
    def test_what_is_refused(
        self, world: World, status: str, given: dict[str, Any], code: str, field: str
    ) -> None:
        refused(code, field, self.set, world=world, machine=world.lift, status=status, **given)
        assert periods(world.lift) == [("in_use", date(2024, 1, 1), None, "")]
        assert AuditEntry.objects.filter(object_code=world.lift.code).count() == 0

    @pytest.mark.parametrize("status", ["stopped", "not_yet_in_use"])
    def test_a_period_of_an_earlier_day_is_never_rewritten(self, world: World, status: str) -> None:
        refused(
            "from_too_early",
            "from_on",
            self.set,
            world=world,
            machine=world.lift,
            status=status,
            from_on=date(2024, 1, 1),
            receipt_no="回执17",
            now=TOMORROW,
        )
        assert periods(world.lift) == [("in_use", date(2024, 1, 1), None, "")]

    def test_a_scrapped_machine_does_not_come_back_by_its_own_date(self, world: World) -> None:
        self.set(world, world.lift, "scrapped", receipt_no="注销9")
        refused(
            "from_too_early",
            "from_on",
            self.set,
            world=world,
            machine=world.lift,
            status="in_use",
            from_on=TODAY,
            now=TOMORROW,
        )
        assert periods(world.lift)[-1] == ("scrapped", TODAY, None, "注销9")

    def test_a_slip_about_an_earlier_day_is_corrected_on_the_day_it_was_made(
        self, world: World
    ) -> None:
        earlier = date(2026, 11, 1)
        self.set(world, world.lift, "scrapped", from_on=earlier, receipt_no="注销9")
        self.set(world, world.lift, "stopped", from_on=earlier, receipt_no="回执17")
        assert periods(world.lift) == [
            ("in_use", date(2024, 1, 1), earlier, ""),
            ("stopped", earlier, None, "回执17"),
        ]

    def test_a_scrapping_in_force_is_final(self, world: World) -> None:
        admin = world.actor(world.jia_admin)
        declarations.filed(world.lift, "scrap", proven=True, actor=admin)
        refused(
            "scrapped_is_final",
            "status",
            self.set,
            world=world,
            machine=world.lift,
            status="in_use",
            now=TOMORROW,
        )

    def test_a_slip_of_the_day_may_go_back_to_not_yet_in_use(self, world: World) -> None:
        machine = add(world, status="in_use")
        assert self.set(world, machine, "not_yet_in_use").status == "not_yet_in_use"
        assert periods(machine) == [("not_yet_in_use", TODAY, None, "")]

    def test_a_scrapping_that_is_not_in_force_keeps_its_numbers(self, world: World) -> None:
        self.set(world, world.lift, "scrapped")
        code = world.lift.equipment_code
        message = refused(
            "equipment_code_taken", "equipment_code", add, world=world, equipment_code=code
        )
        assert message == "本单位的“1号客梯”已使用这个设备代码，请核对。"
        world.lift.status_periods.filter(status="scrapped").update(
            exempt_period=DateRange(TODAY, None)
        )
        assert add(world, equipment_code=code).equipment_code == code
