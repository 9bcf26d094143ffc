"""“Who can see this, and why?” (BEY-14): every reason for which somebody may open a node, and what would remove it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app import database
from app.lib import clock
from app.lib.names import full_name
from app.models.drive.rights import MANAGE, grants_at
from app.models.drive.tables import ACCOUNT, PERSONAL, TEAM, Drive, Node
from app.models.links import links_of

OWNER, MANAGER, GRANT, LINK = "owner", "manager", "grant", "link"


@dataclass(slots=True)
class Reason:
    """One of them. `kind`: owner, manager, grant or link; `at` is the node where it stands (its id and name), `grant_id` or `link` what to
    remove; `people` those whom a team or everyone stands for."""

    kind: str
    level: int
    name: str
    at_id: int = 0
    at_name: str = ""
    grant: dict[str, Any] | None = None
    link: Any = None
    person: dict[str, Any] | None = None
    people: list[dict[str, Any]] = field(default_factory=list)
    is_here: bool = True


async def reasons_for(node: Node) -> list[Reason]:
    """Every reason, the strongest first, then links."""
    drive = await Drive.get(node.drive_id)
    found = await _owners(drive)
    for place in await deciding_line(node):
        for grant in await grants_at(place["id"]):
            if grant["expires_at"] is None or grant["expires_at"] > clock.now():
                found.append(await _granted(grant, place, node))
    for place in await whole_line(node):
        for link in await links_of("drive", place["id"]):
            found.append(Reason(LINK, 0, link.name, place["id"], place["name"], link=link, is_here=place["id"] == node.id))
    return found


async def level_of_account(account_id: int, node: Node) -> int:
    """What an account may do with a node."""
    drive = await Drive.get(node.drive_id)
    member = await database.fetch_one(
        "SELECT m.role, EXISTS (SELECT 1 FROM product_right r WHERE r.membership_id = m.id AND r.product = 'drive' AND r.level = 'manage') AS manages,"
        " EXISTS (SELECT 1 FROM product_right r WHERE r.membership_id = m.id AND r.product = 'drive' AND r.level = 'use') AS uses"
        " FROM membership m WHERE m.account_id = $1 AND m.org_id = $2 AND m.ended_at IS NULL", account_id, node.org_id,
    )
    if member is None or not member["uses"]:
        return 0
    if drive.owner_id == account_id or (drive.kind != PERSONAL and member["manages"] and member["role"] != "external"):
        return MANAGE
    level = 0
    for place in await deciding_line(node):
        for grant in await grants_at(place["id"]):
            if (grant["expires_at"] is None or grant["expires_at"] > clock.now()) and await _reaches(grant, account_id, member["role"] == "external"):
                level = max(level, grant["level"])
    return level


async def deciding_line(node: Node) -> list[dict[str, Any]]:
    """The nodes whose grants reach this one, itself first."""
    found = []
    for row in reversed(await whole_line(node)):
        found.append(row)
        if row["has_own_rights"]:
            break
    return found


async def whole_line(node: Node) -> list[dict[str, Any]]:
    """The nodes from the root down to this one."""
    from app.models.drive.finding import line_of

    return await line_of(node.id)


async def _owners(drive: Drive) -> list[Reason]:
    if drive.kind == PERSONAL:
        person = await database.fetch_one("SELECT id, given_name, family_name, avatar FROM account WHERE id = $1", drive.owner_id)
        return [Reason(OWNER, MANAGE, full_name(person), drive.root_id, drive.name, person=person)] if person else []
    rows = await database.fetch(
        "SELECT a.id, a.given_name, a.family_name, a.avatar FROM product_right r JOIN membership m ON m.id = r.membership_id AND m.ended_at IS NULL"
        " JOIN account a ON a.id = m.account_id WHERE m.org_id = $1 AND r.product = 'drive' AND r.level = 'manage' AND m.role <> 'external'"
        " ORDER BY a.family_name, a.given_name", drive.org_id,
    )
    return [Reason(MANAGER, MANAGE, "", drive.root_id, drive.name, people=_named(rows))] if rows else []


async def _granted(grant: dict[str, Any], place: dict[str, Any], node: Node) -> Reason:
    people: list[dict[str, Any]] = []
    if grant["kind"] == TEAM:
        people = _named(await database.fetch(
            "SELECT a.id, a.given_name, a.family_name, a.avatar FROM team_member m JOIN account a ON a.id = m.account_id WHERE m.team_id = $1"
            " ORDER BY a.family_name, a.given_name LIMIT 200", grant["principal_id"],
        ))
    person = {"id": grant["principal_id"], "given_name": grant["given_name"], "family_name": grant["family_name"], "avatar": grant["avatar"]} \
        if grant["kind"] == ACCOUNT else None
    return Reason(
        GRANT, grant["level"], grant["name"], place["id"], place["name"], grant=grant, person=person, people=people, is_here=place["id"] == node.id
    )


async def _reaches(grant: dict[str, Any], account_id: int, is_external: bool) -> bool:
    if grant["kind"] == ACCOUNT:
        return bool(grant["principal_id"] == account_id)
    if grant["kind"] == TEAM:
        return bool(await database.fetch_value(
            "SELECT m.id FROM team_member m JOIN team t ON t.id = m.team_id AND t.deleted_at IS NULL WHERE m.team_id = $1 AND m.account_id = $2",
            grant["principal_id"], account_id,
        ))
    return not is_external


def _named(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "name": full_name(row)} for row in rows]
