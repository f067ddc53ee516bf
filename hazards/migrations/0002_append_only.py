"""Append-only rows: trail and photos of hazards refuse UPDATE and DELETE."""

from django.db import migrations

from config.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("hazards", "0001_initial")]

    operations = append_only("hazards_hazardevent", "hazards_hazardphoto")
