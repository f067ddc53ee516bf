"""App of the duties: to-dos, checklists, inspections."""

from django.apps import AppConfig


class DutiesConfig(AppConfig):
    name = "duties"
    verbose_name = "责任落实"

    def ready(self) -> None:
        from config import menus, reference
        from duties.actions.checklist_items import PICTURE_PURPOSE
        from duties.actions.cover import end_unfit
        from duties.actions.draft import PHOTO_PURPOSE
        from duties.actions.report_drafts import PHOTO_PURPOSE as MINUTES_PHOTO
        from duties.generation import refresh_today, refresh_units
        from duties.handover import SHARE
        from duties.handover_cover import SHARE as COVERS
        from duties.public import todays_check, todays_door
        from duties.queries_cover import absent_ids, stand_in_on
        from duties.reference import load
        from duties.views.cover import staff_panel
        from duties.views.desk import machine_panel
        from duties.views.todo import badge
        from equipment import hooks, panels, public_facts
        from hazards import stand_ins
        from units import files, handover
        from units import hooks as unit_hooks
        from units import panels as staff_panels
        from units.roles import Can

        reference.register("duties", load)
        hooks.register(refresh_today)
        panels.register(machine_panel)
        handover.register(SHARE)
        handover.register(COVERS)
        # Before generation: who no longer stands in gets nothing.
        unit_hooks.register(end_unfit)
        unit_hooks.register(refresh_units)
        staff_panels.register(staff_panel)
        stand_ins.register(absent=absent_ids, of=stand_in_on)
        public_facts.register(facts=todays_check, doors=todays_door)
        for purpose in (PHOTO_PURPOSE, MINUTES_PHOTO):
            files.register_purpose(purpose, files.own_unit_or_region(Can.RECORD_VIEW))
        files.register_purpose(PICTURE_PURPOSE, files.own_unit_or_region(Can.RECORD_VIEW))
        menus.register_badge("duties:todo", badge)
