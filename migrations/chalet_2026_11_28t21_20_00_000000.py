"""Events with guests, by their end: when somebody meets somebody else."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-28T21:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "calendar: events with guests by their end"

INDEXES = ("CREATE INDEX calendar_object_met_key ON calendar_object (calendar_id, last_end, organiser) WHERE guest_count > 0",)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=INDEXES, postgres=INDEXES)

    manager.add_raw(run)
    return manager
