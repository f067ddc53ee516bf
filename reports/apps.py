"""App of the reports and documents."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "报表文书"

    def ready(self) -> None:
        from reports.models import DocumentKind
        from reports.staff_panels import appointment_panel
        from units import files, panels
        from units.roles import Can

        for kind in DocumentKind.values:
            files.register_purpose(kind, files.own_unit_or_region(Can.DOCUMENT_VIEW))
        panels.register(appointment_panel)
