"""Who may do what: granted at a node, for an account, a team or everyone, and reaching everything below it until a node has its own rights."""

from __future__ import annotations

from typing import Any

from app import database, live
from app.lib import clock
from app.lib.i18n import _
from app.lib.ids import new_id
from app.models.announcements import announce
from app.models.base import NotFound, Refused
from app.models.command import Command, undoes
from app.models.drive.anchors import reanchor
from app.models.drive.events import note
from app.models.drive.tables import ACCOUNT, EVERYONE, PERSONAL, TEAM, Drive, Node
from app.models.notifications import notify
from app.models.viewer import Viewer

VIEW, COMMENT, EDIT, MANAGE = 1, 2, 3, 4
LEVELS = (VIEW, COMMENT, EDIT, MANAGE)
KINDS = (ACCOUNT, TEAM, EVERYONE)

REACHES = """
((g.kind = 'account' AND g.principal_id = {account}) OR (g.kind = 'everyone' AND {is_external} = 0) OR (g.kind = 'team' AND EXISTS
 (SELECT 1 FROM team_member tm JOIN team t ON t.id = tm.team_id AND t.deleted_at IS NULL WHERE tm.team_id = g.principal_id AND tm.account_id = {account})))
 AND (g.expires_at IS NULL OR g.expires_at > {now})
"""
"""Whether a grant `g` is for somebody, to be formatted with placeholders."""


def owns(viewer: Viewer, drive: Drive) -> bool:
    """Whether everything in a drive is theirs to manage: their own, or the organisation's for those who manage Drive."""
    if drive.kind == PERSONAL:
        return bool(drive.owner_id == viewer.account_id)
    return viewer.can_manage("drive") and not viewer.is_external


def level_along(viewer: Viewer, drive: Drive, line: list[dict[str, Any]]) -> list[int]:
    """The viewer's level at each node of a line from the root down; each has `has_own_rights` and `granted` (a level or None)."""
    if owns(viewer, drive):
        return [MANAGE] * len(line)
    levels, above = [], 0
    for row in line:
        above = max(0 if row["has_own_rights"] else above, row["granted"] or 0)
        levels.append(above)
    return levels


async def share(viewer: Viewer, node: Node, kind: str, principal_id: int, level: int, expires_at: int | None = None, message: str = "") -> Command:
    """Let an account, a team or everyone use a node. `viewer` manages it (`find_node` said so). Raises `Refused`, `NotFound`."""
    await _check_principal(viewer, kind, principal_id)
    if level not in LEVELS:
        raise Refused(_("Please choose what they may do."))
    async with Command.once(viewer, "node.share") as command:
        before = await database.fetch_one(
            "SELECT * FROM node_grant WHERE node_id = $1 AND kind = $2 AND principal_id = $3", node.id, kind, principal_id
        )
        await _put(viewer, node, kind, principal_id, level, expires_at)
        await note(viewer, node, "shared", facts={"kind": kind, "principal": principal_id, "level": level})
        command.done(node.id, what=node.name, url=node.url, inverse={"node": node.id, "kind": kind, "principal": principal_id, "before": before})
        if before is None and kind != EVERYONE:
            await _tell(viewer, node, kind, principal_id, message)
    return command


async def unshare(viewer: Viewer, node: Node, grant_id: int) -> Command:
    """Take a grant away. Raises `NotFound`."""
    async with Command.once(viewer, "node.unshare") as command:
        rows = await database.execute("DELETE FROM node_grant WHERE id = $1 AND node_id = $2 RETURNING *", grant_id, node.id)
        if not rows:
            raise NotFound(f"grant {grant_id}")
        await _changed(node)
        await note(viewer, node, "unshared", facts={"kind": rows[0]["kind"], "principal": rows[0]["principal_id"]})
        command.done(node.id, what=node.name, url=node.url, inverse={"node": node.id, "grant": rows[0]})
    return command


async def leave(viewer: Viewer, node: Node) -> None:
    """Give back what was granted to the viewer alone at a node. Can't be undone: who gave it may rely on it. Raises `Refused`."""
    async with Command.once(viewer, "node.leave") as command:
        sql = "DELETE FROM node_grant WHERE node_id = $1 AND kind = $2 AND principal_id = $3 RETURNING id"
        rows = await database.execute(sql, node.id, ACCOUNT, viewer.account_id)
        if not rows:
            raise Refused(_("“%(name)s” is shared with a team or with everyone. Ask who shared it.") % {"name": node.name})
        await _changed(node)
        await note(viewer, node, "left")
        command.done(node.id, what=node.name)


async def inherit(viewer: Viewer, node: Node, inherits: bool) -> Command:
    """Let what is granted above reach a node, or not. What its viewer held from above is granted to them here, so that they stay in."""
    async with Command.once(viewer, "node.inherit") as command:
        await database.execute("UPDATE node SET has_own_rights = $1 WHERE id = $2", 0 if inherits else 1, node.id)
        node.has_own_rights = 0 if inherits else 1
        drive = await Drive.get(node.drive_id)
        if not inherits and not owns(viewer, drive):
            await _put(viewer, node, ACCOUNT, viewer.account_id, MANAGE, None)
        await _changed(node)
        await note(viewer, node, "inherits" if inherits else "own_rights")
        command.done(node.id, what=node.name, url=node.url, inverse={"node": node.id, "inherits": not inherits})
    return command


async def grants_at(node_id: int) -> list[dict[str, Any]]:
    """What is granted at a node itself, with the names of whom: id, kind, principal_id, level, expires_at, name, avatar, hue, email."""
    rows = await database.fetch(
        "SELECT g.*, a.given_name, a.family_name, a.avatar, a.email, t.name AS team_name, t.hue FROM node_grant g"
        " LEFT JOIN account a ON g.kind = 'account' AND a.id = g.principal_id LEFT JOIN team t ON g.kind = 'team' AND t.id = g.principal_id"
        " WHERE g.node_id = $1 ORDER BY g.level DESC, g.id", node_id,
    )
    for row in rows:
        row["name"] = principal_name(row)
    return rows


def principal_name(row: dict[str, Any]) -> str:
    """Whom a grant is for, in words."""
    if row["kind"] == ACCOUNT:
        return f"{row['given_name'] or ''} {row['family_name'] or ''}".strip() or _("Somebody who left")
    return _("Everyone in the organisation") if row["kind"] == EVERYONE else row["team_name"] or _("A deleted team")


async def _put(viewer: Viewer, node: Node, kind: str, principal_id: int, level: int, expires_at: int | None) -> None:
    await database.execute(
        "INSERT INTO node_grant (id, org_id, node_id, kind, principal_id, level, granted_by, granted_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (node_id, kind, principal_id)"
        " DO UPDATE SET level = excluded.level, expires_at = excluded.expires_at",
        new_id(), node.org_id, node.id, kind, principal_id, level, viewer.account_id, clock.now(), expires_at,
    )
    await _changed(node)


async def _changed(node: Node) -> None:
    """Rights at a node are others now: the index follows, and who listens is asked again."""
    await reanchor(node)
    announce("drive.folder", node.parent_id or node.id)
    live.recheck_topic("drive:")


async def _check_principal(viewer: Viewer, kind: str, principal_id: int) -> None:
    if kind == EVERYONE and principal_id == 0:
        if viewer.is_external:
            raise Refused(_("Guests can’t share with everyone."))
        return
    sql = {
        ACCOUNT: "SELECT id FROM membership WHERE account_id = $1 AND org_id = $2 AND ended_at IS NULL",
        TEAM: "SELECT id FROM team WHERE id = $1 AND org_id = $2 AND deleted_at IS NULL",
    }.get(kind)
    if sql is None or not await database.fetch_value(sql, principal_id, viewer.org_id):
        raise NotFound(f"{kind} {principal_id}")


async def _tell(viewer: Viewer, node: Node, kind: str, principal_id: int, message: str) -> None:
    people = [principal_id] if kind == ACCOUNT else [
        row["account_id"] for row in await database.fetch("SELECT account_id FROM team_member WHERE team_id = $1", principal_id)
    ]
    await notify(
        "drive.shared", people, node.org_id, facts={"actor": viewer.name, "name": node.name, "text": message[:300]}, url=node.url,
        source=f"node:{node.id}", source_name=node.name, actor_id=viewer.account_id, group=f"node:{node.id}",
    )


async def _mine(viewer: Viewer, node_id: int) -> Node:
    """The node of an inverse, if the viewer still manages it."""
    from app.models.drive.finding import find_node

    return (await find_node(viewer, node_id, MANAGE)).node


@undoes("node.share")
async def _share_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    node, before = await _mine(viewer, inverse["node"]), inverse["before"]
    if before is None:
        await database.execute(
            "DELETE FROM node_grant WHERE node_id = $1 AND kind = $2 AND principal_id = $3", node.id, inverse["kind"], inverse["principal"]
        )
        await _changed(node)
    else:
        await _put(viewer, node, before["kind"], before["principal_id"], before["level"], before["expires_at"])


@undoes("node.unshare")
async def _unshare_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    grant = inverse["grant"]
    await _put(viewer, await _mine(viewer, inverse["node"]), grant["kind"], grant["principal_id"], grant["level"], grant["expires_at"])


@undoes("node.inherit")
async def _inherit_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    node = await _mine(viewer, inverse["node"])
    await database.execute("UPDATE node SET has_own_rights = $1 WHERE id = $2", 0 if inverse["inherits"] else 1, node.id)
    node.has_own_rights = 0 if inverse["inherits"] else 1
    await _changed(node)
