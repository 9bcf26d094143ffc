"""An index of messages for programs."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-28T22:00:45:991853"
VERSION = "1.38.0"
DESCRIPTION = "calendar: an index of messages"

STATEMENTS = ("CREATE UNIQUE INDEX calendar_message_key ON calendar_message (account_id, href)",)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=STATEMENTS, postgres=STATEMENTS)

    manager.add_raw(run)
    return manager
