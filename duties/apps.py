"""App of the duties: to-dos, checklists, inspections."""

from django.apps import AppConfig


class DutiesConfig(AppConfig):
    name = "duties"
    verbose_name = "责任落实"

    def ready(self) -> None:
        from config import menus, reference
        from duties.actions.draft import PHOTO_PURPOSE
        from duties.generation import refresh_today
        from duties.handover import SHARE
        from duties.public import todays_check, todays_door
        from duties.reference import load
        from duties.views.desk import machine_panel
        from duties.views.todo import badge
        from equipment import hooks, panels, public_facts
        from units import files, handover
        from units.roles import Can

        reference.register("duties", load)
        hooks.register(refresh_today)
        panels.register(machine_panel)
        handover.register(SHARE)
        public_facts.register(facts=todays_check, doors=todays_door)
        files.register_purpose(PHOTO_PURPOSE, files.own_unit_or_region(Can.RECORD_VIEW))
        menus.register_badge("duties:todo", badge)
