"""App of the reports and documents."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "报表文书"

    def ready(self) -> None:
        from reports.models import DocumentKind
        from units import files
        from units.roles import Can

        for kind in DocumentKind.values:
            files.register_purpose(kind, files.own_unit_or_region(Can.DOCUMENT_VIEW))
