"""Each secret has one name."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-22T22:35:02:000000"
VERSION = "1.38.0"
DESCRIPTION = "each secret has one name"
INDEXES = ("CREATE UNIQUE INDEX server_secret_name_key ON server_secret (name)",)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=INDEXES, postgres=INDEXES)

    manager.add_raw(run)
    return manager
