import itertools

from django.db import migrations

from config.codes import new_code


def exempt_as_before(apps, schema_editor):
    """A registered or confirmed 停用 / 报废 goes on exempting for its whole period."""
    schema_editor.execute(
        "UPDATE equipment_statusperiod SET exempt_period = period"
        " WHERE status IN ('stopped', 'scrapped')"
        " AND (receipt_no <> '' OR confirmed_at IS NOT NULL)"
    )


def give_codes(apps, schema_editor):
    """Every machine of the archive gets its code."""
    Equipment = apps.get_model("equipment", "Equipment")
    DeviceCode = apps.get_model("equipment", "DeviceCode")
    machines = Equipment.objects.values_list("pk", "created_at").iterator()
    while batch := list(itertools.islice(machines, 1000)):
        DeviceCode.objects.bulk_create(
            DeviceCode(equipment_id=pk, token=new_code(), issued_at=at) for pk, at in batch
        )


class Migration(migrations.Migration):
    dependencies = [("equipment", "0002_licences_declarations_codes")]

    operations = [
        migrations.RunPython(exempt_as_before, migrations.RunPython.noop),
        migrations.RunPython(give_codes, migrations.RunPython.noop),
    ]
