"""Indexes of the files of messages."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-28T18:55:33:000000"
VERSION = "1.38.0"
DESCRIPTION = "chat: indexes of files"

STATEMENTS = (
    "CREATE INDEX message_file_message_id_key ON message_file (message_id)",
    "CREATE INDEX message_file_channel_id_key ON message_file (channel_id, id)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=STATEMENTS, postgres=STATEMENTS)

    manager.add_raw(run)
    return manager
