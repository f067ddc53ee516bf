"""App of the equipment archive."""

from django.apps import AppConfig


class EquipmentConfig(AppConfig):
    name = "equipment"
    verbose_name = "设备档案"

    def ready(self) -> None:
        from config import menus, reference
        from config.excel import kinds
        from equipment import completeness, panels, queries_archive
        from equipment.actions.public import PHOTO_PURPOSE
        from equipment.enums import Category
        from equipment.handover import SHARE
        from equipment.imports.archive import ARCHIVE
        from equipment.imports.machines import MACHINES
        from equipment.licensing import register as register_licensing
        from equipment.queries_codes import machine_panel
        from equipment.queries_declarations import waiting
        from equipment.reference import load
        from equipment.views.declare import PURPOSE
        from equipment.views.reports import badge
        from units import archives, files, handover, identities, profile
        from units.roles import Can

        reference.register("equipment", load)
        identities.register_categories(Category.choices)
        handover.register(SHARE)
        register_licensing()
        archives.register(queries_archive.waiting_for)
        profile.register(completeness.checks)
        menus.register_badge("equipment:claim-list", queries_archive.badge)
        kinds.register(MACHINES)
        kinds.register(ARCHIVE)
        panels.register(machine_panel)
        menus.register_badge("equipment:report-list", badge)
        files.register_purpose(
            PHOTO_PURPOSE, files.own_unit_or_region(Can.CODE_MANAGE, Can.FIELD_HOME)
        )
        files.register_purpose(
            PURPOSE, files.own_unit_or_region(Can.DECLARATION_VIEW, Can.RECORD_VIEW)
        )
        menus.register_badge(
            "equipment:declaration-list",
            lambda actor: waiting(actor) if actor.can(Can.DECLARATION_DECIDE) else 0,
        )
