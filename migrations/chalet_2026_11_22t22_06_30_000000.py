"""The audit log: its indexes, and triggers that keep its entries as they were written."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app import database
from app.database.migrations import run_sql

ID = "2026-11-22T22:06:30:000000"
VERSION = "1.38.0"
DESCRIPTION = "the audit log is append-only"

INDEXES = (
    "CREATE UNIQUE INDEX audit_entry_org_id_position_key ON audit_entry (org_id, position)",
    "CREATE INDEX audit_entry_concerns_id_key ON audit_entry (concerns_id)",
)
SQLITE = tuple(
    f"CREATE TRIGGER audit_entry_no_{verb} BEFORE {verb} ON audit_entry BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    for verb in ("update", "delete")
)
POSTGRES = (
    "CREATE FUNCTION audit_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$",
    "CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_entry_refuse()",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        triggers_missing = database.dialect() == "cockroach"  # CockroachDB has them since 24.3 only
        await run_sql(sqlite=(*INDEXES, *SQLITE), postgres=INDEXES if triggers_missing else (*INDEXES, *POSTGRES))

    manager.add_raw(run)
    return manager
