"""What changed in a folder since a number, as a sync asks for it (RFC 6578)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from app import database
from app.lib import clock
from app.models.base import NotFound
from app.models.drive.finding import find_node
from app.models.drive.rights import owns
from app.models.drive.tables import COLUMNS, Drive, Node, node_from
from app.models.viewer import Viewer

KEPT_FOR = 90 * clock.DAY  # how far back names that are gone are remembered


class Changes(NamedTuple):
    """Children that are new or other, names that are gone, the number to ask with next time, and whether there is more than was given."""

    changed: list[Node]
    gone: list[str]
    modseq: int
    is_cut: bool = False


class TooOld(ValueError):
    """The number is from before what is remembered, or of another drive: begin anew."""


async def changes_since(drive: Drive, folder_id: int, since: int | None, most: int = 1000) -> Changes:
    """The children of a folder that changed after `since`; None: all of them. Raises `TooOld`."""
    async with database.snapshot():
        now = int(await database.fetch_value("SELECT modseq FROM drive WHERE id = $1", drive.id))
        if since is not None and (since > now or await _is_forgotten(drive, since)):
            raise TooOld(f"{since}")
        rows = await database.fetch(
            f"SELECT {COLUMNS} FROM node n WHERE n.parent_id = $1 AND n.modseq > $2 AND n.trashed_at IS NULL ORDER BY n.modseq, n.id LIMIT $3",
            folder_id, -1 if since is None else since, most + 1,
        )
        gone = [] if since is None else await database.fetch(
            "SELECT name, MAX(modseq) AS modseq FROM node_gone WHERE parent_id = $1 AND modseq > $2 GROUP BY name ORDER BY modseq LIMIT $3",
            folder_id, since, most + 1,
        )
        there = set() if not gone else {row["name"] for row in await database.fetch(
            f"SELECT name FROM node WHERE parent_id = $1 AND trashed_at IS NULL AND name IN ({database.marks(gone, 2)})",
            folder_id, *(row["name"] for row in gone),
        )}
    cut = max(len(rows), len(gone)) > most
    until = min([row["modseq"] for part in (rows, gone) if len(part) > most for row in part[most - 1 : most]], default=now)
    return Changes(
        [node_from(row) for row in rows if row["modseq"] <= until], [row["name"] for row in gone if row["modseq"] <= until and row["name"] not in there],
        until, cut,
    )


async def hidden_among(viewer: Viewer, drive: Drive, folder_id: int, names: Sequence[str]) -> set[str]:
    """Those of the names that are gone from a folder that somebody was never told: of what has rights of its own."""
    found: set[str] = set()
    async for piece in database.pieces([] if owns(viewer, drive) else names):
        for row in await database.fetch(
            "SELECT DISTINCT g.name, g.node_id FROM node_gone g JOIN node n ON n.id = g.node_id WHERE g.parent_id = $1 AND n.has_own_rights = 1"
            f" AND g.name IN ({database.marks(piece, 2)})", folder_id, *piece,
        ):
            try:
                await find_node(viewer, row["node_id"], trashed=True)
            except NotFound:
                found.add(row["name"])
    return found


async def forget_gone() -> None:
    """Forget names that are gone for long; who asks with an older number begins anew."""
    await database.execute("DELETE FROM node_gone WHERE at < $1", clock.now() - KEPT_FOR)


async def _is_forgotten(drive: Drive, since: int) -> bool:
    """Whether something was forgotten after this number: then the oldest thing remembered is later, and the drive is older than that."""
    if since == 0:
        return False
    oldest = await database.fetch_value("SELECT MIN(at) AS at FROM node_gone WHERE drive_id = $1", drive.id)
    seen = await database.fetch_value("SELECT MAX(changed_at) AS at FROM node WHERE drive_id = $1 AND modseq <= $2", drive.id, since)
    return bool(oldest is not None and seen is not None and seen < clock.now() - KEPT_FOR)
