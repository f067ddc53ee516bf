"""App of the reports and documents."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "报表文书"

    def ready(self) -> None:
        from cylinders import hooks as cylinder_hooks
        from reports import queries_cylinders
        from reports.actions import paperwork
        from reports.models import DocumentKind
        from reports.staff_panels import appointment_panel
        from units import files, panels
        from units.roles import Can

        own = files.own_unit_or_region(Can.DOCUMENT_VIEW)
        for kind in DocumentKind.values:
            cylinders = kind in queries_cylinders.KINDS
            files.register_purpose(kind, queries_cylinders.may_read if cylinders else own)
        cylinder_hooks.register(paperwork.certified)
        panels.register(appointment_panel)
