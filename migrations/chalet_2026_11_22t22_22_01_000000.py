"""Teams and resources have one name each; members are listed by name, by when they were seen, by role and by when they came."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app import database
from app.database.migrations import run_sql
from app.lib.searching import fold

ID = "2026-11-22T22:22:01:000000"
VERSION = "1.38.0"
DESCRIPTION = "indexes of teams, resources and lists of members"

STATEMENTS = (
    "CREATE UNIQUE INDEX team_org_id_name_key_key ON team (org_id, name_key) WHERE deleted_at IS NULL",
    "CREATE UNIQUE INDEX team_member_team_id_account_id_key ON team_member (team_id, account_id)",
    "CREATE INDEX team_member_account_id_key ON team_member (account_id)",
    "CREATE UNIQUE INDEX resource_org_id_name_key_key ON resource (org_id, name_key) WHERE archived_at IS NULL",
    "CREATE UNIQUE INDEX resource_team_resource_id_team_id_key ON resource_team (resource_id, team_id)",
    "CREATE INDEX resource_team_team_id_key ON resource_team (team_id)",
    "CREATE INDEX membership_org_id_sort_name_key ON membership (org_id, sort_name, id)",
    "CREATE INDEX membership_org_id_seen_at_key ON membership (org_id, seen_at, id)",
    "CREATE INDEX membership_org_id_created_at_key ON membership (org_id, created_at, id)",
    "CREATE INDEX membership_org_id_role_key ON membership (org_id, role, ended_at, disabled_at)",
)
_PEOPLE = "SELECT m.id, m.title, a.given_name, a.family_name, a.email FROM membership m JOIN account a ON a.id = m.account_id"
_SEEN = "UPDATE membership SET seen_at = COALESCE((SELECT MAX(s.seen_at) FROM session s WHERE s.membership_id = membership.id), 0)"


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="chalet", description=DESCRIPTION)

    async def run() -> None:
        await run_sql(sqlite=(*STATEMENTS, _SEEN), postgres=(*STATEMENTS, _SEEN))
        for row in await database.fetch(_PEOPLE):
            name = f"{row['given_name']} {row['family_name']}".strip()
            words = f"{name} {row['email']} {row['title']}".strip()
            await database.execute("UPDATE membership SET sort_name = $1, words = $2 WHERE id = $3", fold(name)[:200], fold(words)[:700], row["id"])

    manager.add_raw(run)
    return manager
