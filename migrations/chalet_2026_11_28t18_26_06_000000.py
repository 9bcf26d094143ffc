"""Indexes of what is done with messages. A channel's own log leaves out the answers in threads, so its index does, too."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-28T18:26:06:000000"
VERSION = "1.38.0"
DESCRIPTION = "chat: indexes of threads, pins and what goes with them"

STATEMENTS = (
    "CREATE INDEX message_log_key ON message (channel_id, id) WHERE thread_id IS NULL",
    "CREATE INDEX message_thread_key ON message (thread_id, id) WHERE thread_id IS NOT NULL",
    "CREATE INDEX message_pinned_key ON message (channel_id, pinned_at) WHERE pinned_at IS NOT NULL",
    "CREATE UNIQUE INDEX thread_follow_account_id_root_id_key ON thread_follow (account_id, root_id)",
    "CREATE INDEX thread_follow_root_id_key ON thread_follow (root_id)",
    "CREATE INDEX thread_follow_account_id_last_reply_id_key ON thread_follow (account_id, last_reply_id)",
    "CREATE INDEX thread_follow_new_key ON thread_follow (account_id) WHERE new_since IS NOT NULL",
    "CREATE UNIQUE INDEX saved_message_account_id_message_id_key ON saved_message (account_id, message_id)",
    "CREATE INDEX saved_message_message_id_key ON saved_message (message_id)",
    "CREATE UNIQUE INDEX read_receipt_message_id_account_id_key ON read_receipt (message_id, account_id)",
    "CREATE UNIQUE INDEX message_draft_account_id_channel_id_thread_id_key ON message_draft (account_id, channel_id, thread_id)",
    "CREATE INDEX scheduled_message_send_at_key ON scheduled_message (send_at)",
    "CREATE INDEX scheduled_message_account_id_key ON scheduled_message (account_id)",
    "CREATE UNIQUE INDEX custom_emoji_org_id_name_key ON custom_emoji (org_id, name)",
    "CREATE INDEX poll_message_id_key ON poll (message_id)",
    "CREATE UNIQUE INDEX poll_vote_poll_id_account_id_answer_key ON poll_vote (poll_id, account_id, answer)",
    "CREATE INDEX chat_keyword_org_id_key ON chat_keyword (org_id, account_id)",
    "CREATE UNIQUE INDEX link_card_url_hash_key ON link_card (url_hash)",
    "CREATE INDEX message_card_message_id_key ON message_card (message_id)",
    "CREATE INDEX message_card_card_id_key ON message_card (card_id)",
    "CREATE INDEX mention_account_id_message_id_key ON mention (account_id, message_id)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=STATEMENTS, postgres=STATEMENTS)

    manager.add_raw(run)
    return manager
