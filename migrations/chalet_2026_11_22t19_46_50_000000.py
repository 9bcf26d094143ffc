"""Indexes of challenges and avatars."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-22T19:46:50:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of challenges and avatars"

STATEMENTS = (
    "CREATE UNIQUE INDEX challenge_token_hash_key ON challenge (token_hash)",
    "CREATE INDEX challenge_expires_at_key ON challenge (expires_at)",
    "CREATE INDEX account_avatar_key ON account (avatar)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=STATEMENTS, postgres=STATEMENTS)

    manager.add_raw(run)
    return manager
