"""App of the shared tables: regions, units, people, audit, files, outbox."""

from django.apps import AppConfig


class UnitsConfig(AppConfig):
    name = "units"
    verbose_name = "单位与人员"

    def ready(self) -> None:
        from config import actor, menus, reference
        from units import files, identities, loader, signatures
        from units.reference import load

        actor.register_loader(loader.load_actor)
        menus.register_role_label(identities.role_label)
        reference.register("units", load)
        files.register_purpose(signatures.PURPOSE, files.own_unit_or_region())
