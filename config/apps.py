"""App of the plumbing: no tables, only commands, template tags and checks."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "平台"

    def ready(self) -> None:
        # The Celery app must exist before a task is sent.
        from config import celery, checks  # noqa: F401  they register themselves
