"""Jobs that are due are found at the same speed among many, those in the background apart."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-29T01:17:46:945054"
VERSION = "1.38.0"
DESCRIPTION = "job: an index of what is due"

STATEMENTS = ("DROP INDEX job_run_at_key", "CREATE INDEX job_due ON job (background, run_at) WHERE dead_at IS NULL")


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=STATEMENTS, postgres=STATEMENTS)

    manager.add_raw(run)
    return manager
