"""Reports and minutes are append-only; what exists already gets its cursors and tallies."""

from django.db import migrations

from config.triggers import append_only

# A district starts from the last day that was generated for everybody.
_CURSORS = """
    INSERT INTO duties_generationcursor (region_id, generated_until, closed_until)
    SELECT regions.region_id, runs.last, runs.last - 1
      FROM (SELECT DISTINCT region_id FROM units_unit) regions,
           (SELECT max(day) AS last FROM duties_generationrun
             WHERE finished_at IS NOT NULL
               AND (finished_at AT TIME ZONE 'Asia/Shanghai')::date >= day) runs
     WHERE runs.last IS NOT NULL
"""

_TALLIES = """
    INSERT INTO duties_tally (unit_id, period_on, cadence, kind, level, category,
                              on_time, backfilled, missed, waived)
    SELECT t.unit_id, t.period_on, t.cadence, t.kind, t.level, t.category,
           count(*) FILTER (WHERE t.state = 'done'),
           count(*) FILTER (WHERE t.state = 'backfilled'),
           count(*) FILTER (WHERE t.state = 'missed'),
           count(*) FILTER (WHERE t.state = 'waived')
      FROM duties_task t
      JOIN units_unit u ON u.id = t.unit_id
      JOIN duties_generationcursor c ON c.region_id = u.region_id
     WHERE t.cadence = 'daily' AND t.period_on <= c.closed_until
     GROUP BY 1, 2, 3, 4, 5, 6
"""


class Migration(migrations.Migration):
    dependencies = [("duties", "0004_duties_in_full")]

    operations = [
        *append_only(
            "duties_weeklyreport",
            "duties_monthlyminutes",
            "duties_minutesphoto",
            "duties_minutessignature",
        ),
        migrations.RunSQL(_CURSORS, migrations.RunSQL.noop),
        migrations.RunSQL(_TALLIES, migrations.RunSQL.noop),
    ]
