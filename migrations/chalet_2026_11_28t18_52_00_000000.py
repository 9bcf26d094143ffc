"""Contacts: lists by name and letter, searched in the index alone where an entry of it may be long."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-28T18:52:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "contacts: lists by letter and words"

BOTH = (
    "CREATE INDEX contact_book_id_letter ON contact (book_id, letter)",
    "CREATE INDEX contact_version_contact_id ON contact_version (contact_id)",
)
SQLITE = (  # entries of PostgreSQL's indexes are short
    "CREATE INDEX contact_book_id_words ON contact (book_id, sort_name, id, kind, words)",
    "DROP INDEX contact_book_id_sort_name",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=BOTH + SQLITE, postgres=BOTH)

    manager.add_raw(run)
    return manager
