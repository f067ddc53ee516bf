"""An import of unit 甲 as its preview stands: one good row, one wrong one."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile

from config.excel import kinds
from tests.factories import workbooks
from tests.factories.units import NOW
from tests.factories.workbooks import machine_row
from units.actions.imports import start_import
from units.loader import load_actor
from units.models import ImportJob, User


def job(admin: User) -> ImportJob:
    rows = [machine_row(1), machine_row(2, 使用地点=None)]
    return start_import(
        kinds.get("machines"),
        upload=SimpleUploadedFile("台账.xlsx", workbooks.machines(rows)),
        actor=load_actor(admin),
        now=NOW,
    )
