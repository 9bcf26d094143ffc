"""Presence, statuses, my data and the audit log: their indexes."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-22T22:24:36:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of presence, statuses and my data"

INDEXES = (
    "CREATE INDEX quiet_hours_account_id_key ON quiet_hours (account_id)",
    "CREATE INDEX member_status_membership_id_key ON member_status (membership_id, created_at)",
    "CREATE INDEX member_status_org_id_key ON member_status (org_id) WHERE ended_at IS NULL",
    "CREATE INDEX data_export_account_id_key ON data_export (account_id, created_at)",
    "CREATE UNIQUE INDEX data_export_running_key ON data_export (account_id) WHERE ready_at IS NULL AND cancelled_at IS NULL AND error = ''",
    "CREATE INDEX farewell_due_at_key ON farewell (due_at) WHERE done_at IS NULL",
    "CREATE INDEX audit_entry_kind_key ON audit_entry (org_id, kind, position)",
    "CREATE INDEX audit_entry_actor_id_key ON audit_entry (actor_id)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=INDEXES, postgres=INDEXES)

    manager.add_raw(run)
    return manager
