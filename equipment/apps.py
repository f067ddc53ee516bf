"""App of the equipment archive."""

from django.apps import AppConfig


class EquipmentConfig(AppConfig):
    name = "equipment"
    verbose_name = "设备档案"

    def ready(self) -> None:
        from config import reference
        from equipment.enums import Category
        from equipment.handover import SHARE
        from equipment.reference import load
        from units import handover, identities

        reference.register("equipment", load)
        identities.register_categories(Category.choices)
        handover.register(SHARE)
