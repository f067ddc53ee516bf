"""App of gas cylinders: use registration, certificates, the archive, filling records."""

from django.apps import AppConfig


class CylindersConfig(AppConfig):
    name = "cylinders"
    verbose_name = "气瓶使用登记"
