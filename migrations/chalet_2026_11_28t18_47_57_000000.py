"""Calendars: what is unique, and the indexes of hot queries."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-28T18:47:57:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of calendars"

INDEXES = (
    "CREATE UNIQUE INDEX calendar_slug_key ON calendar (account_id, slug)",
    "CREATE UNIQUE INDEX calendar_sole_key ON calendar (org_id, account_id, sole_key)",
    "CREATE UNIQUE INDEX calendar_resource_key ON calendar (resource_id) WHERE resource_id IS NOT NULL",
    "CREATE INDEX calendar_org_key ON calendar (org_id, account_id)",
    "CREATE INDEX calendar_subscription_key ON calendar (fetched_at) WHERE kind = 'subscription' AND deleted_at IS NULL",
    "CREATE UNIQUE INDEX calendar_share_key ON calendar_share (calendar_id, sole_key)",
    "CREATE UNIQUE INDEX calendar_share_token_key ON calendar_share (token_hash) WHERE token_hash IS NOT NULL",
    "CREATE INDEX calendar_share_account_key ON calendar_share (account_id)",
    "CREATE INDEX calendar_share_team_key ON calendar_share (team_id)",
    "CREATE UNIQUE INDEX calendar_look_key ON calendar_look (calendar_id, account_id)",
    "CREATE INDEX calendar_look_account_key ON calendar_look (account_id)",
    "CREATE UNIQUE INDEX calendar_object_href_key ON calendar_object (calendar_id, href)",
    "CREATE UNIQUE INDEX calendar_object_uid_key ON calendar_object (calendar_id, uid)",
    "CREATE INDEX calendar_object_modseq_key ON calendar_object (calendar_id, modseq, href, etag)",
    "CREATE INDEX calendar_object_etag_key ON calendar_object (calendar_id, href, etag, size)",
    "CREATE INDEX calendar_object_recurs_key ON calendar_object (calendar_id, expanded_until, expanded_from, first_start, last_end) WHERE recurs = 1",
    "CREATE INDEX calendar_object_uid_org_key ON calendar_object (org_id, uid)",
    "CREATE INDEX calendar_object_tasks_key ON calendar_object (calendar_id, due_at) WHERE component = 'VTODO'",
    "CREATE INDEX calendar_instance_key ON calendar_instance (calendar_id, reach, starts, ends)",
    "CREATE INDEX calendar_instance_object_key ON calendar_instance (object_id)",
    "CREATE UNIQUE INDEX calendar_gone_key ON calendar_gone (calendar_id, href)",
    "CREATE INDEX calendar_gone_modseq_key ON calendar_gone (calendar_id, modseq)",
    "CREATE UNIQUE INDEX calendar_guest_key ON calendar_guest (object_id, key, email)",
    "CREATE INDEX calendar_guest_email_key ON calendar_guest (email, object_id)",
    "CREATE INDEX calendar_guest_account_key ON calendar_guest (account_id)",
    "CREATE UNIQUE INDEX calendar_alarm_key ON calendar_alarm (object_id, account_id, alarm)",
    "CREATE INDEX calendar_alarm_due_key ON calendar_alarm (due_at)",
    "CREATE UNIQUE INDEX calendar_message_key ON calendar_message (account_id, href)",
    "CREATE INDEX calendar_import_key ON calendar_import (account_id, id)",
    "CREATE UNIQUE INDEX booking_page_token_key ON booking_page (token)",
    "CREATE INDEX booking_page_account_key ON booking_page (account_id)",
    "CREATE INDEX booking_page_time_key ON booking (page_id, starts)",
    "CREATE UNIQUE INDEX booking_token_key ON booking (token_hash)",
    "CREATE INDEX booking_object_key ON booking (object_id)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=INDEXES, postgres=INDEXES)

    manager.add_raw(run)
    return manager
