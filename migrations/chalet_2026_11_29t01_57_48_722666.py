"""What is on its way is summed without looking at what has arrived."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-29T01:57:48:722666"
VERSION = "1.38.0"
DESCRIPTION = "upload: indexes of what is on its way"

STATEMENTS = (
    "CREATE INDEX upload_coming ON upload (org_id, expires_at) WHERE redeemed_at IS NULL AND blob_id IS NULL AND into_id IS NULL",
    "CREATE INDEX upload_link_id ON upload (link_id) WHERE redeemed_at IS NULL AND into_id IS NULL",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=STATEMENTS, postgres=STATEMENTS)

    manager.add_raw(run)
    return manager
