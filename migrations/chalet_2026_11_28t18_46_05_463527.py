"""Programs that sync: once for each person."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-28T18:46:05:463527"
VERSION = "1.38.0"
DESCRIPTION = "programs that sync: indexes"

INDEXES = ("CREATE UNIQUE INDEX sync_program_account_id_name_key ON sync_program (account_id, name)",)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=INDEXES, postgres=INDEXES)

    manager.add_raw(run)
    return manager
