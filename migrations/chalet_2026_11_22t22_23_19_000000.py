"""Notifications and push: their indexes."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-22T22:23:19:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of notifications and push"

INDEXES = (
    "CREATE INDEX notification_account_key ON notification (account_id, org_id, id)",
    "CREATE INDEX notification_unread_key ON notification (account_id, org_id) WHERE shown = TRUE AND read_at IS NULL",
    "CREATE INDEX notification_subject_key ON notification (org_id, subject)",
    "CREATE INDEX notification_mail_key ON notification (account_id) WHERE wants_mail = TRUE AND read_at IS NULL AND mailed_at IS NULL",
    "CREATE UNIQUE INDEX notice_choice_key ON notice_choice (account_id, device_id, kind, channel)",
    "CREATE UNIQUE INDEX notice_mute_key ON notice_mute (account_id, org_id, source)",
    "CREATE UNIQUE INDEX push_device_endpoint_key ON push_device (endpoint_hash)",
    "CREATE INDEX push_device_account_key ON push_device (account_id)",
    "CREATE INDEX push_device_session_key ON push_device (session_id)",
    "CREATE INDEX push_delivery_device_key ON push_delivery (device_id, id)",
    "CREATE INDEX push_delivery_notification_key ON push_delivery (notification_id)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=INDEXES, postgres=INDEXES)

    manager.add_raw(run)
    return manager
