"""App of the equipment archive."""

from django.apps import AppConfig


class EquipmentConfig(AppConfig):
    name = "equipment"
    verbose_name = "设备档案"

    def ready(self) -> None:
        from config import menus, reference
        from equipment import panels
        from equipment.actions.public import PHOTO_PURPOSE
        from equipment.enums import Category
        from equipment.handover import SHARE
        from equipment.queries_codes import machine_panel
        from equipment.reference import load
        from equipment.views.reports import badge
        from units import files, handover, identities
        from units.roles import Can

        reference.register("equipment", load)
        identities.register_categories(Category.choices)
        handover.register(SHARE)
        panels.register(machine_panel)
        menus.register_badge("equipment:report-list", badge)
        files.register_purpose(
            PHOTO_PURPOSE, files.own_unit_or_region(Can.CODE_MANAGE, Can.FIELD_HOME)
        )
