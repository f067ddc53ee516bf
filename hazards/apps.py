"""App of the hazards."""

from django.apps import AppConfig


class HazardsConfig(AppConfig):
    name = "hazards"
    verbose_name = "风险隐患"

    def ready(self) -> None:
        from config import menus
        from equipment import panels
        from hazards.queries import PHOTO_PURPOSE
        from hazards.views.menu import machine_panel, waiting_count
        from units.files import own_unit_or_region, register_purpose
        from units.roles import Can

        menus.register_badge("hazards:field-list", waiting_count)
        panels.register(machine_panel)
        register_purpose(PHOTO_PURPOSE, own_unit_or_region(Can.HAZARD_VIEW, Can.RECORD_VIEW))
