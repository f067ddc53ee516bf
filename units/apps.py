"""App of the shared tables: regions, units, people, audit, files, outbox."""

from django.apps import AppConfig


class UnitsConfig(AppConfig):
    name = "units"
    verbose_name = "单位与人员"

    def ready(self) -> None:
        from config import actor, menus, reference
        from config.excel import kinds
        from units import (
            files,
            identities,
            loader,
            panels,
            queries_desk,
            queries_leave,
            queries_notices,
            signatures,
        )
        from units.actions import activities, certificates, imports, notices
        from units.actions.regulations import PURPOSE as REGULATION
        from units.imports import departments, staff
        from units.reference import load
        from units.roles import Can
        from units.staff_panels import own_panels
        from units.views import help, messages

        actor.register_loader(loader.load_actor)
        menus.register_role_label(identities.role_label)
        menus.register_badge("units:message-list", messages.badge)
        menus.register_badge("units:me", messages.badge)
        menus.register_badge("units:ticket-list", help.badge)
        reference.register("units", load)
        menus.register_badge("units:staff-list", queries_leave.badge)
        files.register_purpose(signatures.PURPOSE, files.own_unit_or_region())
        files.register_purpose(REGULATION, files.own_unit_or_region(Can.ORG_VIEW, Can.REGION_VIEW))
        files.register_purpose(certificates.PURPOSE, files.own_unit_or_region(Can.STAFF_VIEW))
        files.register_purpose(activities.PURPOSE, files.own_unit_or_region(Can.ACTIVITY_VIEW))
        panels.register(own_panels)
        menus.register_badge("units:registration-list", queries_desk.badge)
        menus.register_badge("units:regulation-list", queries_notices.badge)
        files.register_purpose(notices.PURPOSE, queries_notices.may_read_file)
        for purpose in imports.PURPOSES:
            files.register_purpose(purpose, imports.closed_door)
        for kind in (departments.KIND, staff.KIND):
            kinds.register(kind)
