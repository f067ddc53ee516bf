"""App of gas cylinders: use registration, certificates, the archive, filling records."""

from django.apps import AppConfig


class CylindersConfig(AppConfig):
    name = "cylinders"
    verbose_name = "气瓶使用登记"

    def ready(self) -> None:
        from config import reference
        from cylinders.actions import photo_archives, photos
        from cylinders.reference import load
        from units import files

        reference.register("cylinders", load)
        files.register_purpose(photos.PURPOSE, photos.may_read)
        files.register_purpose(photo_archives.PURPOSE, photo_archives.closed_door)
