"""Brands: a domain is nobody else's, a domain has one look, and what is looked up by."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-22T22:49:03:000000"
VERSION = "1.38.0"
DESCRIPTION = "brands: indexes"

INDEXES = (
    "CREATE UNIQUE INDEX brand_site_domain_key ON brand_site (domain) WHERE withdrawn_at IS NULL",
    "CREATE INDEX brand_site_org_id ON brand_site (org_id)",
    "CREATE UNIQUE INDEX brand_look_site_id_key ON brand_look (site_id)",
    "CREATE UNIQUE INDEX brand_trial_org_id_key ON brand_trial (org_id)",
    "CREATE UNIQUE INDEX hand_over_token_hash_key ON hand_over (token_hash)",
    "CREATE INDEX hand_over_session_id ON hand_over (session_id)",
    "CREATE UNIQUE INDEX session_tie_session_id_key ON session_tie (session_id)",
    "CREATE INDEX session_tie_journey ON session_tie (journey)",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=INDEXES, postgres=INDEXES)

    manager.add_raw(run)
    return manager
