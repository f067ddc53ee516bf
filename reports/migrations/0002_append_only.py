"""Append-only rows: issued documents refuse UPDATE and DELETE."""

from django.db import migrations

from config.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial")]

    operations = append_only("reports_issueddocument")
