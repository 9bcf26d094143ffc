"""What is listed of the changes of a person, and the parts of one of them, are found without looking at the others."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database.migrations import run_sql

ID = "2026-11-29T03:36:32:853940"
VERSION = "1.38.0"
DESCRIPTION = "command: indexes of wholes and of parts"

STATEMENTS = (
    "DROP INDEX command_account_id_org_id_id_key",
    "CREATE INDEX command_whole ON command (account_id, org_id, id) WHERE part_of IS NULL",
    "CREATE INDEX command_part ON command (part_of, id) WHERE part_of IS NOT NULL",
    "CREATE INDEX command_files ON command (account_id, org_id, id) WHERE part_of IS NULL AND kind IN ('node.put', 'node.version', 'node.upload')",
)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=STATEMENTS, postgres=STATEMENTS)

    manager.add_raw(run)
    return manager
