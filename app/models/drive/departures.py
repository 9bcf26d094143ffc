"""Whose files they are when somebody leaves."""

from __future__ import annotations

from typing import Any

from app import database
from app.lib.i18n import language, ngettext
from app.lib.locales import decimal
from app.lib.names import full_name
from app.models.departure import on_departure
from app.models.drive.tables import Drive
from app.models.files.blob import charge
from app.models.organisation import Membership
from app.models.viewer import Viewer

_DRIVES = "SELECT * FROM drive WHERE org_id = $1 AND owner_id = $2 AND archived_at IS NULL ORDER BY id"


@on_departure
async def drives(viewer: Viewer, member: Membership, heir_id: int | None) -> dict[str, Any]:
    """Their drives become further drives of the heir, called after them. Without one they wait where they are."""
    owned = await database.fetch(_DRIVES, member.org_id, member.account_id)
    grants = await database.execute(
        "DELETE FROM node_grant WHERE org_id = $1 AND kind = 'account' AND principal_id = $2 RETURNING *", member.org_id, member.account_id
    )
    given = []
    if heir_id is not None:
        person = await database.fetch_one("SELECT given_name, family_name FROM account WHERE id = $1", member.account_id)
        name = full_name(person) if person else ""
        for row in owned:
            slug = f"from-{member.account_id}-{row['slug']}"[:90]
            await _charge(row["id"], heir_id)
            await Drive.from_row(row).change(owner_id=heir_id, slug=slug, name=((row["name"] and f"{name}: {row['name']}") or name)[:80])
            given.append({"id": row["id"], "name": row["name"], "slug": row["slug"]})
    return {"account": member.account_id, "heir": heir_id, "drives": given, "grants": grants}


@drives.undo
async def _back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    for given in inverse["drives"]:
        drive = await Drive.find(given["id"])
        if drive is not None and drive.owner_id == inverse["heir"]:
            await _charge(drive.id, inverse["account"])
            taken = await database.fetch_value(
                "SELECT id FROM drive WHERE org_id = $1 AND owner_id = $2 AND slug = $3", drive.org_id, inverse["account"], given["slug"]
            )
            given = given | ({"slug": f"{given['slug']}-{drive.id}"} if taken else {})  # they came back and began another
            await drive.change(owner_id=inverse["account"], name=given["name"], slug=given["slug"])
    for grant in inverse["grants"]:
        names = ", ".join(grant)
        await database.execute(
            f"INSERT INTO node_grant ({names}) SELECT {database.marks(grant)} WHERE EXISTS (SELECT 1 FROM node WHERE id = {int(grant['node_id'])})"
            " ON CONFLICT (node_id, kind, principal_id) DO NOTHING", *grant.values(),
        )


@drives.owned
async def _owned(member: Membership) -> list[str]:
    row = await database.fetch_one(
        "SELECT COUNT(n.id) AS files, COALESCE(SUM(n.size), 0) AS size FROM node n JOIN drive d ON d.id = n.drive_id"
        " WHERE d.org_id = $1 AND d.owner_id = $2 AND n.is_file = 1", member.org_id, member.account_id,
    )
    if not row or not row["files"]:
        return []
    said = ngettext("%(count)s file in Drive (%(size)s MB)", "%(count)s files in Drive (%(size)s MB)", row["files"])
    return [said % {"count": row["files"], "size": decimal(round(int(row["size"]) / 1e6, 1), language())}]


async def _charge(drive_id: int, account_id: int) -> None:
    """Count what is in a drive for somebody else."""
    rows = await database.fetch("SELECT v.id FROM node_version v JOIN node n ON n.id = v.node_id WHERE n.drive_id = $1", drive_id)
    await charge("drive", [row["id"] for row in rows], account_id)

