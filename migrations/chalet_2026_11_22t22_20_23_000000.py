"""Invitations: one open one for an address in an organisation, and what is looked up often."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-22T22:20:23:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of invitations"

INDEXES = (
    "CREATE UNIQUE INDEX invitation_open_key ON invitation (org_id, email) WHERE accepted_at IS NULL AND declined_at IS NULL AND cancelled_at IS NULL",
    "CREATE UNIQUE INDEX invitation_link_token_hash_key ON invitation_link (token_hash)",
    "CREATE INDEX invitation_link_invitation_id_key ON invitation_link (invitation_id)",
    "CREATE UNIQUE INDEX invitation_channel_invitation_id_channel_id_key ON invitation_channel (invitation_id, channel_id)",
    "CREATE INDEX invitation_channel_channel_id_key ON invitation_channel (channel_id)",
    "CREATE INDEX invitation_batch_org_id_key ON invitation_batch (org_id, created_at)",
    "CREATE INDEX membership_ends_at_key ON membership (ends_at) WHERE ends_at IS NOT NULL",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=INDEXES, postgres=INDEXES)

    manager.add_raw(run)
    return manager
