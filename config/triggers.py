"""Append-only tables: the trigger that refuses UPDATE and DELETE (house rule 8)."""

from django.db import migrations

_FUNCTION = """
CREATE OR REPLACE FUNCTION shouze_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""


def append_only(*tables: str) -> list[migrations.RunSQL]:
    """Return migration operations that make the named tables append-only."""
    operations = [migrations.RunSQL(_FUNCTION, migrations.RunSQL.noop)]
    for table in tables:
        operations.append(
            migrations.RunSQL(
                f'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON "{table}" '
                "FOR EACH ROW EXECUTE FUNCTION shouze_append_only();",
                f'DROP TRIGGER append_only ON "{table}";',
            )
        )
    return operations
