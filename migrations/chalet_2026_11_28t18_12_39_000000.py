"""Channels, integrations, moderation and moving: their indexes."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-28T18:12:39:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of channels, integrations, moderation and moving"

INDEXES = (
    "CREATE INDEX channel_deleted_key ON channel (deleted_at) WHERE deleted_at IS NOT NULL",
    "CREATE INDEX channel_category_account_key ON channel_category (account_id, org_id)",
    "CREATE INDEX message_import_key ON message (import_id, id) WHERE import_id IS NOT NULL",
    "CREATE INDEX message_report_open_key ON message_report (org_id, id) WHERE settled_at IS NULL",
    "CREATE UNIQUE INDEX message_report_once_key ON message_report (message_id, reporter_id)",
    "CREATE UNIQUE INDEX forbidden_word_key ON forbidden_word (org_id, word)",
    "CREATE INDEX legal_hold_key ON legal_hold (org_id) WHERE ended_at IS NULL",
    "CREATE UNIQUE INDEX integration_token_key ON integration (token_hash) WHERE token_hash IS NOT NULL",
    "CREATE INDEX integration_org_key ON integration (org_id, kind)",
    "CREATE INDEX integration_channel_key ON integration (channel_id) WHERE channel_id IS NOT NULL",
    "CREATE UNIQUE INDEX integration_command_key ON integration (org_id, word) WHERE kind = 'command' AND deleted_at IS NULL",
    "CREATE INDEX integration_delivery_key ON integration_delivery (integration_id, id)",
    "CREATE UNIQUE INDEX response_url_key ON response_url (token_hash)",
    "CREATE INDEX chat_reminder_due_key ON chat_reminder (due_at) WHERE done_at IS NULL",
    "CREATE INDEX chat_reminder_account_key ON chat_reminder (account_id, org_id) WHERE done_at IS NULL",
    "CREATE INDEX chat_import_org_key ON chat_import (org_id, id)",
    "CREATE UNIQUE INDEX imported_thing_key ON imported_thing (import_id, kind, key)",
    "CREATE INDEX chat_export_org_key ON chat_export (org_id, id)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=INDEXES, postgres=INDEXES)

    manager.add_raw(run)
    return manager
