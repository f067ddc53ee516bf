"""App of gas-cylinder use registration; its tables come with that capability."""

from django.apps import AppConfig


class CylindersConfig(AppConfig):
    name = "cylinders"
    verbose_name = "气瓶使用登记"
