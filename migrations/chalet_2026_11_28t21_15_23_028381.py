"""Files of events: what is looked up by, and what there is one of."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-28T21:15:23:028381"
VERSION = "1.38.0"
DESCRIPTION = "Files of events: indexes"

INDEXES = (
    "CREATE UNIQUE INDEX calendar_attachment_token ON calendar_attachment (token)",
    "CREATE UNIQUE INDEX calendar_attachment_source ON calendar_attachment (org_id, source, account_id)",
    "CREATE INDEX calendar_attached_object_id ON calendar_attached (object_id)",
    "CREATE INDEX calendar_attached_attachment_id ON calendar_attached (attachment_id)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=INDEXES, postgres=INDEXES)

    manager.add_raw(run)
    return manager
