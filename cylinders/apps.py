"""App of gas cylinders: use registration, certificates, the archive, filling records."""

from django.apps import AppConfig


class CylindersConfig(AppConfig):
    name = "cylinders"
    verbose_name = "气瓶使用登记"

    def ready(self) -> None:
        from config import menus, reference
        from cylinders.actions import photo_archives, photos
        from cylinders.queries_review import to_handle
        from cylinders.reference import load
        from units import files

        reference.register("cylinders", load)
        menus.register_badge(
            "cylinders:review-list",
            lambda actor: to_handle(actor) if actor.kind == "bureau" else 0,
        )
        files.register_purpose(photos.PURPOSE, photos.may_read)
        files.register_purpose(photo_archives.PURPOSE, photo_archives.closed_door)
