"""Words of names and of what is inside, and who may find them; live topics."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence

from app import database, live
from app.lib import clock
from app.models.drive.finding import line_of, may_use
from app.models.drive.rights import REACHES
from app.models.drive.tables import Node
from app.models.search import Indexed, SearchEntry, insert_entry, scopes_of, texts_of
from app.models.viewer import Viewer

FILE = "file"

_SCOPES = f"""
WITH RECURSIVE mine (id) AS (
  SELECT g.node_id FROM node_grant g JOIN node s ON s.id = g.node_id JOIN drive w ON w.id = s.drive_id AND w.archived_at IS NULL
   WHERE g.org_id = $1 AND {REACHES.format(account="$2", is_external="$3", now="$4")}
  UNION SELECT d.root_id FROM drive d WHERE d.org_id = $1 AND d.archived_at IS NULL AND (d.owner_id = $2 OR (d.kind = 'shared' AND $5 = 1))
  UNION SELECT n.id FROM mine JOIN node n ON n.above_id = mine.id JOIN drive d ON d.id = n.drive_id
   WHERE n.has_own_rights = 0 OR d.owner_id = $2 OR (d.kind = 'shared' AND $5 = 1)
)
SELECT id FROM mine
"""
_SCOPE = "UPDATE search_entry SET scope = {scope} WHERE kind = 'file' AND subject_id IN ({ids})"
_TEXTS = """
SELECT n.id, n.org_id, n.anchor_id, n.name, n.modified_at, n.created_by, f.text FROM node n LEFT JOIN blob_facts f ON f.id = n.blob_id
 WHERE n.id > $1 AND n.parent_id IS NOT NULL ORDER BY n.id LIMIT 200
"""


async def index_node(node: Node, *, is_hidden: bool = False, is_new: bool = False, text: str | None = None) -> None:
    """Write its entry, in the transaction of its change; `text` is what is inside, where that is known. What lies in the trash has a
    scope below zero, which is nobody's."""
    if node.parent_id is None:
        return
    if text is None and node.blob_id:
        text = await database.fetch_value("SELECT text FROM blob_facts WHERE id = $1", node.blob_id)
    scope = -node.anchor_id if is_hidden else node.anchor_id
    entry = (node.id, node.org_id, scope, node.name, text or "", node.modified_at, node.created_by)
    await (insert_entry(FILE, Indexed(*entry)) if is_new else SearchEntry.put(FILE, *entry))


async def index_blob(blob_id: int) -> None:
    """The words of a content are known now: the files that have it are found by them."""
    for row in await database.fetch("SELECT * FROM node WHERE blob_id = $1 LIMIT 1000", blob_id):
        await index_node(Node.from_row(row), is_hidden=await _is_in_trash(row["id"]))


async def index_missing(ids: Sequence[int], *, is_hidden: bool = False) -> None:
    """Write the entries of those of these nodes that have none."""
    async for piece in database.pieces(ids):
        for row in await database.fetch(
            f"SELECT n.* FROM node n WHERE n.id IN ({database.marks(piece)})"
            " AND NOT EXISTS (SELECT 1 FROM search_entry e WHERE e.kind = 'file' AND e.subject_id = n.id)", *piece,
        ):
            await index_node(Node.from_row(row), is_hidden=is_hidden)


async def hide_under(ids: Sequence[int]) -> None:
    """Nobody finds these nodes, nor what is below them."""
    async for piece in database.pieces(await below(ids)):
        await database.execute(_SCOPE.format(scope="-ABS(scope)", ids=database.marks(piece)), *piece)


async def show_under(ids: Sequence[int]) -> None:
    """They are found again, and what is below them."""
    shown = await below(ids)
    async for piece in database.pieces(shown):
        await database.execute(_SCOPE.format(scope="(SELECT n.anchor_id FROM node n WHERE n.id = subject_id)", ids=database.marks(piece)), *piece)
    await index_missing(shown)


async def below(ids: Sequence[int], *, trash: bool = False) -> list[int]:
    """The ids of these nodes and of what is below them, without what lies in the trash there, or with it."""
    found: list[int] = []
    async for piece in database.pieces(ids):
        found += [row["id"] for row in await database.fetch(
            f"WITH RECURSIVE below (id, gone) AS (SELECT n.id, CAST(NULL AS BIGINT) FROM node n WHERE n.id IN ({database.marks(piece)})"
            f" UNION ALL SELECT n.id, {'NULL' if trash else 'n.trashed_at'} FROM node n JOIN below ON n.parent_id = below.id WHERE below.gone IS NULL)"
            " SELECT id FROM below WHERE gone IS NULL", *piece,
        )]
    return found


@scopes_of(FILE)
async def _scopes(viewer: Viewer) -> Collection[int]:
    if not viewer.can_use("drive"):
        return set()
    manages = int(viewer.can_manage("drive") and not viewer.is_external)
    rows = await database.fetch(_SCOPES, viewer.org_id, viewer.account_id, int(viewer.is_external), clock.now(), manages)
    return {row["id"] for row in rows}


@texts_of(FILE, "SELECT id FROM node WHERE parent_id IS NOT NULL")
async def _texts() -> AsyncIterator[Indexed]:
    last = 0
    while rows := await database.fetch(_TEXTS, last):
        for row in rows:
            scope = -row["anchor_id"] if await _is_in_trash(row["id"]) else row["anchor_id"]
            yield Indexed(row["id"], row["org_id"], scope, row["name"], row["text"] or "", row["modified_at"], row["created_by"])
        last = rows[-1]["id"]


async def _is_in_trash(node_id: int) -> bool:
    return any(row["trashed_at"] for row in await line_of(node_id))


@live.topic("drive")
async def _folder(viewer: Viewer, node_id: int) -> bool:
    """A folder's list, or a file's page, changed."""
    return await may_use(viewer, node_id)
