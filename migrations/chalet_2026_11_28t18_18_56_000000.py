"""Files: what there is one of, and what is looked up by."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-28T18:18:56:000000"
VERSION = "1.38.0"
DESCRIPTION = "files: indexes"

INDEXES = (
    "CREATE UNIQUE INDEX blob_hash_key ON blob (hash)",
    "CREATE INDEX blob_touched_at ON blob (touched_at)",
    "CREATE INDEX blob_checked_at ON blob (checked_at)",
    "CREATE UNIQUE INDEX blob_use_subject_key ON blob_use (kind, subject_id)",
    "CREATE INDEX blob_use_blob_id ON blob_use (blob_id)",
    "CREATE INDEX blob_use_org_id ON blob_use (org_id, account_id)",
    "CREATE UNIQUE INDEX storage_use_key ON storage_use (org_id, account_id)",
    "CREATE UNIQUE INDEX upload_token_hash_key ON upload (token_hash)",
    "CREATE INDEX upload_expires_at ON upload (expires_at)",
    "CREATE INDEX upload_org_id ON upload (org_id)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=INDEXES, postgres=INDEXES)

    manager.add_raw(run)
    return manager
