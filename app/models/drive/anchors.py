"""Which node decides the rights of another: what makes rights a matter of one lookup for search and lists."""

from __future__ import annotations

from app import database
from app.models.drive.tables import Node

_BELOW = """
WITH RECURSIVE under (id) AS (
  SELECT n.id FROM node n WHERE n.id = $1
  UNION ALL SELECT n.id FROM node n JOIN under ON n.parent_id = under.id WHERE n.anchor_id <> n.id
)
"""
_TO_MOVE = f"{_BELOW} SELECT id FROM under"
_MOVE = "UPDATE node SET anchor_id = $1 WHERE id IN (SELECT value FROM json_each($2)) AND anchor_id <> $1"
_MOVE_POSTGRES = "UPDATE node SET anchor_id = $1 WHERE id = ANY(string_to_array(trim(both '[]' from $2), ',')::bigint[]) AND anchor_id <> $1"
_PIECE = 500


async def reanchor(node: Node) -> None:
    """Work out anew who decides the rights of a node and of what is below it, down to the next anchors."""
    parent = await database.fetch_one("SELECT anchor_id FROM node WHERE id = $1", node.parent_id) if node.parent_id else None
    decides = parent is None or node.has_own_rights or await database.fetch_value("SELECT id FROM node_grant WHERE node_id = $1 LIMIT 1", node.id)
    anchor_id = node.id if decides else parent["anchor_id"] if parent else node.id
    above_id = parent["anchor_id"] if parent and decides else None
    await database.execute("UPDATE node SET above_id = $1 WHERE id = $2", above_id, node.id)
    node.above_id = above_id
    moved = [row["id"] for row in await database.fetch(_TO_MOVE, node.id)]
    for start in range(0, len(moved), _PIECE):
        await _hang(moved[start : start + _PIECE], anchor_id)
    await _lift(node.id, anchor_id)
    node.anchor_id = anchor_id


async def _hang(ids: list[int], anchor_id: int) -> None:
    text = f"[{','.join(map(str, ids))}]"
    sqlite = database.dialect() == "sqlite"
    await database.execute(_MOVE if sqlite else _MOVE_POSTGRES, anchor_id, text)
    chosen = "IN (SELECT value FROM json_each($2))" if sqlite else "= ANY(string_to_array(trim(both '[]' from $2), ',')::bigint[])"
    await database.execute(f"UPDATE search_entry SET scope = $1 WHERE kind = 'file' AND subject_id {chosen} AND scope <> $1", anchor_id, text)


async def _lift(node_id: int, anchor_id: int) -> None:
    """The next anchors below hang under this one."""
    await database.execute(
        "UPDATE node SET above_id = $2 WHERE anchor_id = id AND id <> $1 AND parent_id IN (SELECT id FROM node WHERE anchor_id = $2)"
        " AND above_id IS DISTINCT FROM $2" if database.dialect() != "sqlite" else
        "UPDATE node SET above_id = $2 WHERE anchor_id = id AND id <> $1 AND parent_id IN (SELECT id FROM node WHERE anchor_id = $2) AND above_id IS NOT $2",
        node_id, anchor_id,
    )
