"""Append-only rows: checklist versions, inspections refuse UPDATE and DELETE."""

from django.db import migrations

from config.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("duties", "0001_initial")]

    operations = append_only("duties_checklistversion", "duties_inspection", "duties_inspectionphoto")
