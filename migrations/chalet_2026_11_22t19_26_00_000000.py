"""Indexes: what must be unique, and the ways in which rows are looked up."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-22T19:26:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes"

UNIQUE = (
    ("account", "email"),
    ("account", "sync_name"),
    ("membership", "org_id, account_id"),
    ("product_right", "membership_id, product, level"),
    ("session", "token_hash"),
    ("passkey", "credential_id"),
    ("one_time_secret", "account_id"),
    ("emailed_link", "token_hash"),
    ("failed_attempt", "subject"),
    ("application_password", "account_id, secret_hash"),
    ("job", "key"),
    ("scheduled", "kind"),
    ("command", "account_id, key"),
    ("channel", "org_id, sole_key"),
    ("channel_member", "channel_id, account_id"),
    ("reaction", "message_id, account_id, emoji"),
    ("mention", "message_id, account_id"),
)
LOOKED_UP = (
    ("membership", "account_id"),
    ("session", "account_id"),
    ("session", "membership_id"),
    ("passkey", "account_id"),
    ("recovery_code", "account_id"),
    ("emailed_link", "account_id"),
    ("job", "run_at"),
    ("command", "account_id, org_id, id"),
    ("command", "created_at"),
    ("channel", "org_id, kind"),
    ("channel_member", "account_id"),
    ("message", "channel_id, id"),
    ("message", "channel_id, changed"),
    ("message", "author_id"),
    ("message_version", "message_id"),
    ("mention", "account_id, channel_id, message_id"),
)


def _create(table: str, columns: str, unique: str) -> str:
    name = f"{table}_{columns.replace(', ', '_')}"
    return f"CREATE {unique}INDEX {name}_key ON {table} ({columns})"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        statements = [_create(*one, "UNIQUE ") for one in UNIQUE] + [_create(*one, "") for one in LOOKED_UP]
        statements.append("CREATE UNIQUE INDEX channel_name_key ON channel (org_id, name) WHERE kind <> 'direct'")
        await run_sql(sqlite=statements, postgres=statements)

    manager.add_raw(run)
    return manager
