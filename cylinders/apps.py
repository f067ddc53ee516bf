"""App of gas cylinders: use registration, certificates, the archive, filling records."""

from django.apps import AppConfig


class CylindersConfig(AppConfig):
    name = "cylinders"
    verbose_name = "气瓶使用登记"

    def ready(self) -> None:
        from config import menus, reference
        from config.excel import kinds
        from cylinders.actions import photo_archives, photos
        from cylinders.imports.cylinders import CYLINDERS, EXISTING_CYLINDERS
        from cylinders.queries_archive import may_read_paper
        from cylinders.queries_batches import correcting
        from cylinders.queries_filling import receives_records
        from cylinders.queries_photos import takes_photos
        from cylinders.queries_review import to_handle
        from cylinders.reference import load
        from cylinders.views.acts import PURPOSE
        from equipment.queries_licences import has_stations
        from units import files

        reference.register("cylinders", load)
        kinds.register(CYLINDERS)
        kinds.register(EXISTING_CYLINDERS)
        menus.register_badge("cylinders:batch-list", correcting)
        menus.register_badge(
            "cylinders:review-list",
            lambda actor: to_handle(actor) if actor.kind == "bureau" else 0,
        )
        menus.register_condition("cylinders:key-list", has_stations)
        menus.register_condition("cylinders:field-batches", takes_photos)
        menus.register_condition("cylinders:filling-list", receives_records)
        files.register_purpose(photos.PURPOSE, photos.may_read)
        files.register_purpose(photo_archives.PURPOSE, photo_archives.closed_door)
        files.register_purpose(PURPOSE, may_read_paper)
