"""Noting what happened to a node, with the place that it has afterwards."""

from __future__ import annotations

from typing import Any

import msgspec

from app import database
from app.lib import clock
from app.lib.ids import new_id
from app.models.drive.tables import Node
from app.models.viewer import Viewer


async def note(viewer: Viewer | None, node: Node, kind: str, *, is_there: bool = True, facts: dict[str, Any] | None = None, by_name: str = "") -> None:
    """Write down that something happened to it; without a viewer, somebody who came by a link, or the server, did it."""
    await database.execute(
        "INSERT INTO node_event (id, org_id, drive_id, node_id, actor_id, by_name, kind, parent_id, name, is_there, facts, at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        new_id(), node.org_id, node.drive_id, node.id, viewer.account_id if viewer else None, by_name[:120], kind, node.parent_id, node.name,
        int(is_there), msgspec.json.encode(facts or {}).decode(), clock.now(),
    )


async def next_modseq(drive_id: int) -> int:
    """The number of a change, in its transaction: one change at a time is made in a drive."""
    rows = await database.execute("UPDATE drive SET modseq = modseq + 1 WHERE id = $1 RETURNING modseq", drive_id)
    return int(rows[0]["modseq"])


async def touch(node: Node) -> int:
    """Number a change of this node."""
    modseq = await next_modseq(node.drive_id)
    await database.execute("UPDATE node SET modseq = $1 WHERE id = $2", modseq, node.id)
    node.modseq = modseq
    return modseq


async def leave(node: Node, modseq: int) -> None:
    """Its name is no longer in its folder, from this change on."""
    if node.parent_id is not None:
        await database.execute(
            "INSERT INTO node_gone (id, drive_id, parent_id, node_id, name, is_file, modseq, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            new_id(), node.drive_id, node.parent_id, node.id, node.name, node.is_file, modseq, clock.now(),
        )
