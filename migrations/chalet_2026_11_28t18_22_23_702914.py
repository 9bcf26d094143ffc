"""DAV: a property once for each person and thing."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-28T18:22:23:702914"
VERSION = "1.38.0"
DESCRIPTION = "DAV properties: indexes"

INDEXES = (
    "CREATE UNIQUE INDEX dead_property_subject_key ON dead_property (kind, subject_id, name, COALESCE(account_id, 0))",
    "CREATE INDEX dead_property_account_id ON dead_property (account_id)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=INDEXES, postgres=INDEXES)

    manager.add_raw(run)
    return manager
