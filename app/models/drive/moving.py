"""Moving very many nodes into a folder, in pieces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app import database
from app.lib import clock
from app.models.base import NotFound
from app.models.drive.anchors import hang, reanchor
from app.models.drive.bulk import PIECE, Rows, change_drive, check_take_out, chosen, leave_all, leaves, note_all, numbers_of, usable
from app.models.drive.events import next_modseq
from app.models.drive.finding import Found, find_node
from app.models.drive.names import Names, named
from app.models.drive.nesting import check_nesting
from app.models.drive.rights import EDIT, MANAGE
from app.models.drive.searching import below, index_node
from app.models.drive.tables import PERSONAL, Node
from app.models.files.storage import check_share
from app.models.viewer import Viewer

_MOVE = """
UPDATE node SET parent_id = $1, drive_id = $2, modseq = $3, changed_by = $4, changed_at = $5, name = $6, name_key = $7, sort_key = $8 WHERE id = $9
"""


class Moving:
    """Nodes on their way into a folder, or back with the `names` that they had; a number is put behind one that is taken."""

    def __init__(self, viewer: Viewer, target: Found, names: Mapping[int, str] | None = None) -> None:
        self._viewer, self._target, self._names = viewer, target, names or {}
        self._taken: Names | None = None
        self._modseq = 0

    async def check(self, ids: Sequence[int]) -> Rows:
        """Rows of those of these nodes that aren't there yet. Raises `NotFound`, `Refused`, `QuotaFull` when one of them may not be moved."""
        rows = [row for row in await chosen(self._viewer, ids) if row["parent_id"] != self._target.node.id]
        await self._check_rights(rows)
        await check_nesting(self._target.node.id, [row["id"] for row in rows])
        if len(rows) > PIECE:  # else the one transaction finds out
            await self._check_quota([row["id"] for row in rows if row["drive_id"] != self._target.drive.id])
        return rows

    async def move(self, ids: Sequence[int]) -> None:
        """Move those that are still there and may be moved, in a transaction. Raises `NotFound`, `Refused`, `QuotaFull`."""
        target = self._target = await find_node(self._viewer, self._target.node.id, EDIT)
        rows = [row for row in await usable(self._viewer, ids) if row["parent_id"] != target.node.id]
        await self._check_rights(rows)
        numbers = await numbers_of(rows)
        modseq = numbers.get(target.drive.id) or await next_modseq(target.drive.id)
        await check_nesting(target.node.id, [row["id"] for row in rows])
        await leave_all(rows, numbers)
        await change_drive([row["id"] for row in rows if row["drive_id"] != target.drive.id], target.drive)
        await self._place(rows, modseq)
        parent = await Node.get(target.node.id)
        await hang([row["id"] for row in rows if row["anchor_id"] not in (row["id"], parent.anchor_id)], parent.anchor_id)
        for row in rows:
            if row["anchor_id"] == row["id"]:
                await reanchor(await Node.get(row["id"]))

    async def _place(self, rows: Rows, modseq: int) -> None:
        """Write where they are now, into the rows as well."""
        folder_id, renamed = self._target.node.id, []
        if self._taken is None or modseq != self._modseq + 1:  # somebody changed something in the drive since the last piece
            self._taken = await Names.of(folder_id)
        self._modseq = modseq
        for row in rows:
            name = self._taken.take(self._names.get(row["id"], row["name"]))
            if name != row["name"]:
                renamed.append(row["id"])
                row |= named(name)
            row |= {"parent_id": folder_id, "drive_id": self._target.drive.id}
        await database.execute_many(_MOVE, [self._placed(row, modseq) for row in rows])
        await note_all(self._viewer, rows, "moved")
        for id_ in renamed:
            await index_node(await Node.get(id_))

    def _placed(self, row: dict[str, Any], modseq: int) -> tuple[Any, ...]:
        named = row["name"], row["name_key"], row["sort_key"]
        return row["parent_id"], row["drive_id"], modseq, self._viewer.account_id, clock.now(), *named, row["id"]

    async def _check_rights(self, rows: Rows) -> None:
        await check_take_out(self._viewer, rows)
        if self._names:  # back to where they came from
            return
        foreign = [row for row in rows if row["drive_id"] != self._target.drive.id]
        try:
            await chosen(self._viewer, [row["id"] for row in foreign], MANAGE)
        except NotFound:
            raise leaves(foreign[0]["name"]) from None

    async def _check_quota(self, ids: Sequence[int]) -> None:
        """Of who owns the drive that they come to from others."""
        owner_id, size = self._target.drive.owner_id or 0, 0
        async for piece in database.pieces(await below(ids, trash=True) if self._target.drive.kind == PERSONAL else []):
            size += int(await database.fetch_value(
                "SELECT COALESCE(SUM(u.size), 0) AS size FROM node_version v JOIN blob_use u ON u.kind = 'drive' AND u.subject_id = v.id"
                f" WHERE COALESCE(u.account_id, 0) <> $1 AND v.node_id IN ({database.marks(piece, 2)})", owner_id, *piece,
            ))
        if size:
            await check_share(self._viewer.org_id, owner_id, size)
