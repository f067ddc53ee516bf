"""The statements of generation: the rule of `duties.calendar` as set-based SQL (D1).

They run one after another in one transaction and share temporary tables that end with it:

1. `generation_unit`      the units asked for, and whether an exempting 停产 covers the day.
2. `generation_cover`     who stands in for whom that day (请假代班).
3. `generation_machine`   one row a machine: bound officer, reason of exemption (NULL = it owes).
4. `generation_owed`      every other owed to-do: licences, stations, and all periods.
5. `generation_standing`  the to-dos of these units and periods that exist already.
6. `generation_change`    what stands but has to move, be waived or restored; usually empty.

Every statement takes the parameters of `duties.generation._given`.
"""

from __future__ import annotations

from duties.calendar import ANY_STATION
from equipment.subjects import FILLING

TABLES = ("change", "standing", "owed", "machine", "cover", "unit")
DROP = "DROP TABLE IF EXISTS " + ", ".join(f"pg_temp.generation_{name}" for name in TABLES)

UNITS = """
    CREATE TEMP TABLE generation_unit ON COMMIT DROP AS
    SELECT u.id AS unit_id,
           EXISTS (SELECT 1 FROM equipment_suspensionperiod p
                    WHERE p.unit_id = u.id AND p.period @> %(day)s::date
                      AND p.exempt_period @> %(day)s::date) AS is_suspended
      FROM units_unit u
     WHERE (%(units)s::bigint[] IS NULL OR u.id = ANY(%(units)s))
       AND (%(regions)s::text[] IS NULL OR u.region_id = ANY(%(regions)s))
     ORDER BY u.id
"""

# One level only: a stand-in's own leave is not followed; one who has left stands in for nobody.
COVERS = """
    CREATE TEMP TABLE generation_cover ON COMMIT DROP AS
    SELECT c.staff_id, c.stand_in_id
      FROM duties_cover c
      JOIN generation_unit u ON u.unit_id = c.unit_id
      JOIN units_staff s ON s.id = c.stand_in_id
     WHERE c.period @> %(day)s::date AND c.cancelled_at IS NULL
       AND (s.ended_on IS NULL OR s.ended_on > %(day)s::date)
"""

MACHINES = """
    CREATE TEMP TABLE generation_machine ON COMMIT DROP AS
    SELECT e.unit_id, e.id AS equipment_id, e.category, b.staff_id,
           CASE WHEN s.status IS NULL THEN 'not_archived'
                WHEN s.status = 'not_yet_in_use' THEN 'not_yet_in_use'
                WHEN s.status IN ('stopped', 'scrapped')
                     AND s.exempt_period @> %(day)s::date THEN s.status
                WHEN u.is_suspended THEN 'suspended'
           END AS exemption
      FROM generation_unit u
      JOIN equipment_equipment e ON e.unit_id = u.unit_id
      LEFT JOIN equipment_statusperiod s ON s.equipment_id = e.id AND s.period @> %(day)s::date
      LEFT JOIN equipment_officerbinding b ON b.equipment_id = e.id AND b.period @> %(day)s::date
     ORDER BY e.unit_id, e.id
"""

_LOCAL_DAY = "({} AT TIME ZONE 'Asia/Shanghai')::date"
_IS_OPEN = (
    f"{_LOCAL_DAY.format('x.created_at')} <= %(day)s::date AND (x.closed_at IS NULL"
    f" OR {_LOCAL_DAY.format('x.closed_at')} > %(day)s::date)"
)
_COVERS_SCOPE = "(cardinality(p.categories) = 0 OR o.scope = '' OR o.scope = ANY(p.categories))"

# o: what periodic to-dos are cut by; p: who holds a post. A row's `person_id` is who does it (NULL =
# the pool), `is_owned` says whether that person is part of the key.
_OWED = f"""
    posts AS MATERIALIZED (
        SELECT s.unit_id, a.staff_id, a.role, a.categories
          FROM generation_unit u
          JOIN units_staff s ON s.unit_id = u.unit_id
          JOIN units_appointment a ON a.staff_id = s.id
         WHERE NOT u.is_suspended AND a.period @> %(day)s::date
           AND a.role IN ('principal', 'safety_director', 'quality_director')
           AND (s.ended_on IS NULL OR s.ended_on > %(day)s::date)),
    principals AS (
        SELECT unit_id, CASE WHEN count(DISTINCT staff_id) = 1 THEN min(staff_id) END AS staff_id
          FROM posts WHERE role = 'principal' GROUP BY unit_id),
    licences AS MATERIALIZED (
        SELECT x.unit_id, x.id AS licence_id, x.family_id AS family, f.unit_kind,
               f.category AS scope, b.staff_id
          FROM generation_unit u
          JOIN equipment_licence x ON x.unit_id = u.unit_id
          JOIN equipment_licencefamily f ON f.code = x.family_id
          LEFT JOIN equipment_licencebinding b
               ON b.licence_id = x.id AND b.period @> %(day)s::date
         WHERE NOT u.is_suspended AND x.valid_from <= %(day)s::date AND {_IS_OPEN}),
    stations AS MATERIALIZED (
        SELECT x.unit_id, x.id AS station_id, coalesce(l.family_id, '{ANY_STATION}') AS family,
               b.staff_id
          FROM generation_unit u
          JOIN equipment_station x ON x.unit_id = u.unit_id
          LEFT JOIN equipment_licence l ON l.id = x.licence_id
          LEFT JOIN equipment_stationbinding b
               ON b.station_id = x.id AND b.period @> %(day)s::date
         WHERE NOT u.is_suspended AND {_IS_OPEN}),
    bound AS MATERIALIZED (
        SELECT unit_id, 'using' AS unit_kind, category AS subject, category AS scope, staff_id
          FROM generation_machine WHERE exemption IS NULL GROUP BY 1, 3, 5
        UNION
        SELECT unit_id, unit_kind, family, scope, staff_id
          FROM licences WHERE unit_kind = 'production'),
    subjects AS MATERIALIZED (
        SELECT unit_id, unit_kind, subject, scope, bool_or(staff_id IS NOT NULL) AS has_officer,
               CASE unit_kind WHEN 'production' THEN 'quality_director' ELSE 'safety_director' END
               AS director_role
          FROM bound GROUP BY 1, 2, 3, 4),
    directed AS MATERIALIZED (
        SELECT DISTINCT o.unit_id, o.unit_kind, o.subject, o.scope, o.has_officer, p.staff_id
          FROM subjects o
          JOIN posts p ON p.unit_id = o.unit_id AND p.role = o.director_role
           AND {_COVERS_SCOPE}),
    filling AS MATERIALIZED (
        SELECT f.unit_id, count(DISTINCT p.staff_id) > 0 AS has_director,
               CASE WHEN count(DISTINCT p.staff_id) = 1 THEN min(p.staff_id) END AS director
          FROM (SELECT unit_id FROM stations
                UNION SELECT unit_id FROM licences WHERE unit_kind = 'filling') f
          LEFT JOIN posts p ON p.unit_id = f.unit_id AND p.role = 'safety_director'
         GROUP BY f.unit_id),
    cadences (cadence) AS (VALUES ('weekly'), ('monthly')),
    rows (unit_id, unit_kind, kind, cadence, level, licence_id, station_id, category, scope,
          person_id, is_owned, pool) AS (
        SELECT unit_id, 'production', 'inspection', 'daily', 'officer', licence_id, NULL::bigint,
               family, scope, staff_id, false, ARRAY['quality_officer']
          FROM licences WHERE unit_kind = 'production'
        UNION ALL
        SELECT unit_id, 'filling', 'inspection', 'daily', 'officer', NULL, station_id,
               family, '', staff_id, false, ARRAY['safety_officer']
          FROM stations
        UNION ALL
        SELECT o.unit_id, o.unit_kind, 'inspection', c.cadence, 'officer', NULL, NULL,
               o.subject, o.scope, o.staff_id, true, NULL
          FROM bound o, cadences c WHERE o.staff_id IS NOT NULL
        UNION ALL
        SELECT o.unit_id, o.unit_kind, 'inspection', c.cadence, 'officer', NULL, NULL,
               o.subject, o.scope, NULL, false, ARRAY['quality_officer']
          FROM subjects o, cadences c WHERE o.unit_kind = 'production' AND NOT o.has_officer
        UNION ALL
        SELECT d.unit_id, d.unit_kind, c.kind, c.cadence, 'director', NULL, NULL,
               d.subject, d.scope, d.staff_id, true, NULL
          FROM directed d,
               (VALUES ('inspection', 'weekly'), ('inspection', 'monthly'),
                       ('weekly_report', 'weekly')) c (kind, cadence)
         WHERE d.has_officer OR d.unit_kind = 'production'
        UNION ALL
        SELECT o.unit_id, o.unit_kind, 'inspection', 'monthly', 'principal', NULL, NULL,
               o.subject, o.scope, p.staff_id, false, ARRAY['principal']
          FROM subjects o LEFT JOIN principals p USING (unit_id)
        UNION ALL
        SELECT o.unit_id, o.unit_kind, 'weekly_report', 'weekly', 'principal', NULL, NULL,
               o.subject, o.scope, p.staff_id, false, ARRAY['principal']
          FROM subjects o LEFT JOIN principals p USING (unit_id)
         WHERE NOT EXISTS (SELECT 1 FROM directed d
                            WHERE d.unit_id = o.unit_id AND d.unit_kind = o.unit_kind
                              AND d.subject = o.subject)
        UNION ALL
        SELECT o.unit_id, o.unit_kind, 'monthly_minutes', 'monthly', 'principal', NULL, NULL,
               o.subject, o.scope, NULL, false, ARRAY[o.director_role, 'principal']
          FROM subjects o
        UNION ALL
        SELECT f.unit_id, 'filling', 'inspection', c.cadence, 'officer', NULL, NULL,
               '{FILLING}', '', NULL, false, ARRAY['safety_officer']
          FROM filling f, cadences c
        UNION ALL
        SELECT f.unit_id, 'filling', 'inspection', c.cadence, 'director', NULL, NULL,
               '{FILLING}', '', f.director, false, ARRAY['safety_director']
          FROM filling f, cadences c WHERE f.has_director
        UNION ALL
        SELECT f.unit_id, 'filling', 'inspection', 'monthly', 'principal', NULL, NULL,
               '{FILLING}', '', p.staff_id, false, ARRAY['principal']
          FROM filling f LEFT JOIN principals p USING (unit_id)
        UNION ALL
        SELECT f.unit_id, 'filling', 'weekly_report', 'weekly',
               CASE WHEN f.has_director THEN 'director' ELSE 'principal' END, NULL, NULL,
               '{FILLING}', '', CASE WHEN f.has_director THEN f.director ELSE p.staff_id END, false,
               ARRAY[CASE WHEN f.has_director THEN 'safety_director' ELSE 'principal' END]
          FROM filling f LEFT JOIN principals p USING (unit_id)
        UNION ALL
        SELECT f.unit_id, 'filling', 'monthly_minutes', 'monthly', 'principal', NULL, NULL,
               '{FILLING}', '', NULL, false, ARRAY['safety_director', 'principal']
          FROM filling f)
"""

OWED = f"""
    CREATE TEMP TABLE generation_owed ON COMMIT DROP AS
    WITH {_OWED}
    SELECT r.*, CASE WHEN r.is_owned THEN r.person_id END AS owner_id, d.period_on, d.due_at
      FROM rows r
      JOIN (VALUES ('daily', %(daily_on)s::date, %(daily_due)s::timestamptz),
                   ('weekly', %(weekly_on)s::date, %(weekly_due)s::timestamptz),
                   ('monthly', %(monthly_on)s::date, %(monthly_due)s::timestamptz)
           ) d (cadence, period_on, due_at) ON d.cadence = r.cadence
     WHERE d.period_on IS NOT NULL
"""

# A unit at a time, by the index of the key: on the first day ever the planner knows nothing of the
# table yet and would read all of it for every district.
STANDING = """
    CREATE TEMP TABLE generation_standing ON COMMIT DROP AS
    SELECT t.*
      FROM generation_unit u
     CROSS JOIN LATERAL (
           SELECT t.id, t.unit_id, t.period_on, t.kind, t.cadence, t.level, t.equipment_id,
                  t.licence_id, t.station_id, t.category, t.owner_id, t.assignee_id,
                  t.stands_in_for_id, t.state, t.due_at, t.started_at
             FROM duties_task t
            WHERE t.unit_id = u.unit_id AND t.period_on = ANY(%(periods)s::date[])
              AND (t.cadence = 'daily' AND t.period_on = %(daily_on)s
                   OR t.cadence = 'weekly' AND t.period_on = %(weekly_on)s
                   OR t.cadence = 'monthly' AND t.period_on = %(monthly_on)s)
           OFFSET 0) t
"""

_COLUMNS = """
    code, period_on, unit_id, unit_kind, kind, cadence, level, equipment_id, licence_id, station_id,
    category, owner_id, assignee_id, stands_in_for_id, state, due_at, waive_reason, created_at
"""
# The codes of a day lie side by side in their index: three characters of the day, 52 random bits.
_CODE = "%(code_prefix)s || right(replace(gen_random_uuid()::text, '-', ''), 13)"

INSERT_MACHINES = f"""
    INSERT INTO duties_task ({_COLUMNS})
    SELECT {_CODE}, %(daily_on)s::date, m.unit_id, 'using', 'inspection', 'daily', 'officer',
           m.equipment_id, NULL, NULL, m.category, NULL, coalesce(c.stand_in_id, m.staff_id),
           CASE WHEN c.stand_in_id IS NOT NULL THEN m.staff_id END, 'todo',
           %(daily_due)s::timestamptz, '', %(now)s
      FROM generation_machine m
      LEFT JOIN generation_cover c ON c.staff_id = m.staff_id
     WHERE m.exemption IS NULL
       AND NOT EXISTS (SELECT 1 FROM generation_standing s WHERE s.equipment_id = m.equipment_id)
     ORDER BY m.unit_id, m.equipment_id
    ON CONFLICT ON CONSTRAINT task_key DO NOTHING
"""

# A daily to-do is known by its licence or station, whatever family it was made for.
_SAME = """
    s.unit_id = o.unit_id AND s.cadence = o.cadence AND s.kind = o.kind AND s.level = o.level
    AND s.equipment_id IS NULL
    AND coalesce(s.licence_id, s.station_id, 0) = coalesce(o.licence_id, o.station_id, 0)
    AND (s.licence_id IS NULL) = (o.licence_id IS NULL)
    AND CASE WHEN s.cadence = 'daily' THEN '' ELSE s.category END
        = CASE WHEN o.cadence = 'daily' THEN '' ELSE o.category END
    AND coalesce(s.owner_id, 0) = coalesce(o.owner_id, 0)
"""

INSERT_OTHERS = f"""
    INSERT INTO duties_task ({_COLUMNS})
    SELECT {_CODE}, o.period_on, o.unit_id, o.unit_kind, o.kind, o.cadence, o.level, NULL,
           o.licence_id, o.station_id, o.category, o.owner_id,
           coalesce(c.stand_in_id, o.person_id),
           CASE WHEN c.stand_in_id IS NOT NULL THEN o.person_id END, 'todo', o.due_at, '', %(now)s
      FROM generation_owed o
      LEFT JOIN generation_cover c ON c.staff_id = o.person_id
     WHERE NOT EXISTS (SELECT 1 FROM generation_standing s WHERE {_SAME})
     ORDER BY o.unit_id, o.period_on, o.kind, o.cadence, o.level, o.licence_id, o.station_id,
              o.category, o.owner_id
    ON CONFLICT ON CONSTRAINT task_key DO NOTHING
"""

_OPEN = "('todo', 'in_progress', 'awaiting_signature')"
# What stands is looked at again only while it is open, or waived and its period still running.
_LIVING = f"(s.state IN {_OPEN} OR s.state = 'waived' AND s.due_at > %(moment)s)"
_UNTOUCHED = "s.started_at IS NULL AND s.state IN ('todo', 'waived')"
_DIFFERS = f"""
    (w.is_owed AND (s.state = 'waived'
        OR s.assignee_id IS DISTINCT FROM w.assignee_id
        OR s.stands_in_for_id IS DISTINCT FROM w.stands_in_for_id
        OR w.category <> s.category AND {_UNTOUCHED})
     OR NOT w.is_owed AND s.state <> 'waived')
"""
# Who had begun a to-do of a pool keeps it while his identity holds.
_IS_ELIGIBLE = """
    EXISTS (SELECT 1 FROM units_appointment p JOIN units_staff e ON e.id = p.staff_id
             WHERE p.staff_id = k.held_id AND p.role = ANY(o.pool) AND p.period @> %(day)s::date
               AND (e.ended_on IS NULL OR e.ended_on > %(day)s::date)
               AND (cardinality(p.categories) = 0 OR o.scope = '' OR o.scope = ANY(p.categories)))
"""

CHANGES = f"""
    CREATE TEMP TABLE generation_change ON COMMIT DROP AS
    SELECT s.id, w.is_owed, w.assignee_id, w.stands_in_for_id, w.reason,
           CASE WHEN {_UNTOUCHED} THEN w.category ELSE s.category END AS category
      FROM generation_standing s
      JOIN generation_machine m ON m.equipment_id = s.equipment_id
      LEFT JOIN generation_cover c ON c.staff_id = m.staff_id
     CROSS JOIN LATERAL (
           SELECT m.exemption IS NULL AS is_owed,
                  coalesce(c.stand_in_id, m.staff_id) AS assignee_id,
                  CASE WHEN c.stand_in_id IS NOT NULL THEN m.staff_id END AS stands_in_for_id,
                  m.exemption AS reason, m.category) w
     WHERE {_LIVING} AND {_DIFFERS}
    UNION ALL
    SELECT s.id, w.is_owed, w.assignee_id, w.stands_in_for_id, w.reason,
           CASE WHEN {_UNTOUCHED} AND o.unit_id IS NOT NULL
                THEN o.category ELSE s.category END
      FROM generation_standing s
      JOIN generation_unit u ON u.unit_id = s.unit_id
      LEFT JOIN generation_owed o ON {_SAME}
     CROSS JOIN LATERAL (
           SELECT CASE WHEN o.person_id IS NULL AND o.pool IS NOT NULL
                        AND s.started_at IS NOT NULL
                       THEN coalesce(s.stands_in_for_id, s.assignee_id) END AS held_id) k
     CROSS JOIN LATERAL (
           SELECT coalesce(o.person_id, CASE WHEN k.held_id IS NOT NULL AND {_IS_ELIGIBLE}
                                             THEN k.held_id END) AS person_id) h
      LEFT JOIN generation_cover c ON c.staff_id = h.person_id
     CROSS JOIN LATERAL (
           SELECT o.unit_id IS NOT NULL AS is_owed,
                  coalesce(c.stand_in_id, h.person_id) AS assignee_id,
                  CASE WHEN c.stand_in_id IS NOT NULL THEN h.person_id END AS stands_in_for_id,
                  CASE WHEN u.is_suspended THEN 'suspended'
                       WHEN s.cadence = 'daily' THEN 'closed'
                       WHEN EXISTS (SELECT 1 FROM generation_owed x
                                     WHERE x.unit_id = s.unit_id AND x.category = s.category)
                       THEN 'handed_over' ELSE 'nothing_left' END AS reason,
                  coalesce(o.category, s.category) AS category) w
     WHERE s.equipment_id IS NULL AND {_LIVING} AND {_DIFFERS}
"""

# In the order of their keys, as everybody locks several to-dos.
LOCK_CHANGES = """
    SELECT count(*) FROM (
        SELECT t.id FROM duties_task t WHERE t.id IN (SELECT id FROM generation_change)
         ORDER BY t.id FOR NO KEY UPDATE) locked
"""

WAIVE = f"""
    UPDATE duties_task t SET state = 'waived', waived_at = %(now)s,
           waive_reason = %(reasons)s::jsonb ->> w.reason
      FROM generation_change w
     WHERE w.id = t.id AND NOT w.is_owed AND t.state IN {_OPEN}
    RETURNING t.id
"""

RESTORE = """
    UPDATE duties_task t SET waived_at = NULL, waive_reason = '',
           state = CASE WHEN t.started_at IS NULL THEN 'todo' ELSE 'in_progress' END
      FROM generation_change w
     WHERE w.id = t.id AND w.is_owed AND t.state = 'waived'
    RETURNING t.id
"""

# A round that was begun is finished with the list it was begun with.
MOVE = f"""
    UPDATE duties_task t
       SET assignee_id = w.assignee_id, stands_in_for_id = w.stands_in_for_id,
           category = CASE WHEN t.started_at IS NULL AND t.state = 'todo'
                           THEN w.category ELSE t.category END
      FROM generation_change w
     WHERE w.id = t.id AND w.is_owed AND t.state IN {_OPEN}
    RETURNING t.id
"""

COUNT_MACHINES = """
    SELECT exemption, count(*) FROM generation_machine
     WHERE exemption IS NOT NULL GROUP BY exemption
"""
COUNT_OWED = """
    SELECT (SELECT count(*) FROM generation_machine
             WHERE exemption IS NULL AND %(daily_on)s::date IS NOT NULL)
         + (SELECT count(*) FROM generation_owed)
"""
