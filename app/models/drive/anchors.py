"""Which node decides the rights of another: what makes rights a matter of one lookup for search and lists."""

from __future__ import annotations

from collections.abc import Sequence

from app import database, live
from app.models.drive.tables import Node
from app.models.search import SearchEntry

_BELOW = """
WITH RECURSIVE under (id, decides) AS (
  SELECT n.id, 0 FROM node n WHERE n.id IN ({ids})
  UNION ALL SELECT n.id, CASE n.anchor_id WHEN n.id THEN 1 ELSE 0 END FROM node n JOIN under ON n.parent_id = under.id WHERE under.decides = 0
)
SELECT id FROM under WHERE decides = 0
"""


async def reanchor(node: Node) -> None:
    """Work out anew who decides the rights of a node and of what is below it, down to the next anchors."""
    before = await database.fetch_value("SELECT anchor_id FROM node WHERE id = $1", node.id)
    parent = await database.fetch_one("SELECT anchor_id FROM node WHERE id = $1", node.parent_id) if node.parent_id else None
    decides = parent is None or node.has_own_rights or await database.fetch_value("SELECT id FROM node_grant WHERE node_id = $1 LIMIT 1", node.id)
    anchor_id = node.id if decides else parent["anchor_id"] if parent else node.id
    above_id = parent["anchor_id"] if parent and decides else None
    await database.execute("UPDATE node SET above_id = $1 WHERE id = $2", above_id, node.id)
    node.above_id = above_id
    if before != anchor_id:
        await hang([node.id], anchor_id)
    node.anchor_id = anchor_id


async def hang(ids: Sequence[int], anchor_id: int) -> None:
    """Let another node decide the rights of these, which decide none, and of what is below them, down to the next anchors."""
    live.recheck_topic("drive:")
    async for piece in database.pieces(ids):
        async for under in database.pieces([row["id"] for row in await database.fetch(_BELOW.format(ids=database.marks(piece)), *piece)]):
            marks = database.marks(under, 2)
            await database.execute(f"UPDATE node SET anchor_id = $1 WHERE id IN ({marks}) AND anchor_id <> $1", anchor_id, *under)
            await SearchEntry.change_scope("file", under, anchor_id)
            await database.execute(f"UPDATE node SET above_id = $1 WHERE anchor_id = id AND id <> $1 AND parent_id IN ({marks})", anchor_id, *under)
