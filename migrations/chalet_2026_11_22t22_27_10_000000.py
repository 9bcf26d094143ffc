"""Sign-in: one provider for each organisation, one person for each of its subjects, and what is looked up by."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-22T22:27:10:000000"
VERSION = "1.38.0"
DESCRIPTION = "sign-in: indexes"

INDEXES = (
    "CREATE UNIQUE INDEX sign_in_provider_org_id_key ON sign_in_provider (org_id)",
    "CREATE UNIQUE INDEX linked_identity_subject_key ON linked_identity (provider_id, issuer, subject)",
    "CREATE UNIQUE INDEX linked_identity_account_key ON linked_identity (account_id, provider_id)",
    "CREATE UNIQUE INDEX known_device_account_key ON known_device (account_id, token_hash)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=INDEXES, postgres=INDEXES)

    manager.add_raw(run)
    return manager
