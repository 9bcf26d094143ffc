"""Brands: a domain is of one organisation once it is proven; to wait for the proof keeps nobody else from it."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-28T18:30:16:000000"
VERSION = "1.38.0"
DESCRIPTION = "brands: a domain is whose proof stands"

NEW = (
    "CREATE UNIQUE INDEX brand_site_proven_key ON brand_site (domain) WHERE withdrawn_at IS NULL AND verified_at IS NOT NULL",
    "CREATE UNIQUE INDEX brand_site_org_domain_key ON brand_site (org_id, domain) WHERE withdrawn_at IS NULL",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(
            sqlite=("DROP INDEX IF EXISTS brand_site_domain_key", *NEW),
            postgres=("DROP INDEX IF EXISTS brand_site_domain_key CASCADE", *NEW),
        )

    manager.add_raw(run)
    return manager
