"""Locks of WebDAV: looked up by drive."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-28T18:58:46:982457"
VERSION = "1.38.0"
DESCRIPTION = "locks of WebDAV: indexes"

INDEXES = (
    "CREATE INDEX dav_lock_drive_id ON dav_lock (drive_id, expires_at)",
    "CREATE INDEX dav_lock_account_id ON dav_lock (account_id)",
    "CREATE UNIQUE INDEX dav_lock_token_key ON dav_lock (token)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=INDEXES, postgres=INDEXES)

    manager.add_raw(run)
    return manager
