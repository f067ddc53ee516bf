"""Append-only rows: audit trail, signatures, files refuse UPDATE and DELETE."""

from django.db import migrations

from config.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("units", "0001_initial")]

    operations = append_only("units_auditentry", "units_signature", "units_storedfile")
