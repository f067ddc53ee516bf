"""What a draft remembers for merging two tabs and for a machine re-bound half-way."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("duties", "0002_append_only")]

    operations = [
        migrations.AddField("inspectiondraft", "round_meta", models.JSONField(default=dict)),
        migrations.AddField("inspectiondraft", "superseded", models.JSONField(default=list)),
    ]
