"""Imports of contacts: what is looked up by, and what there is one of."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-28T19:07:58:000000"
VERSION = "1.38.0"
DESCRIPTION = "imports of contacts: indexes"

INDEXES = (
    "CREATE INDEX contact_import_account_id ON contact_import (account_id)",
    "CREATE INDEX contact_import_book_id ON contact_import (book_id)",
    "CREATE INDEX contact_imported_import_id ON contact_imported (import_id)",
    "CREATE UNIQUE INDEX contact_apart_account_id_key ON contact_apart (account_id, key)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=INDEXES, postgres=INDEXES)

    manager.add_raw(run)
    return manager
