"""A tree stays a tree: nothing lies in itself, in what is gone, or so deep that it can't be found any more."""

from __future__ import annotations

from collections.abc import Sequence

from app import database
from app.lib.i18n import _
from app.models.base import NotFound, Refused
from app.models.drive.finding import DEEPEST, line_of

_HEIGHT = """
WITH RECURSIVE below (id, is_file, depth) AS (
  SELECT n.id, n.is_file, 1 FROM node n WHERE n.id IN ({ids})
  UNION ALL SELECT n.id, n.is_file, below.depth + 1 FROM node n JOIN below ON n.parent_id = below.id WHERE below.is_file = 0
)
SELECT COALESCE(MAX(depth), 0) AS height FROM below WHERE is_file = 0
"""


async def check_nesting(folder_id: int, ids: Sequence[int] = (), height: int = 1) -> None:
    """Whether new folders, `height` of them in one another, or these nodes, may be put into a folder. Asked in the transaction that does it,
    after `next_modseq` of the drives, so that of two moves at once the second sees the first. Raises `Refused`, and `NotFound` for a folder
    that is gone."""
    line = await line_of(folder_id)
    if not line:
        raise NotFound(f"folder {folder_id}")
    if not {row["id"] for row in line}.isdisjoint(ids):
        raise Refused(_("A folder can’t be put into itself."))
    height = 0 if ids else height
    async for piece in database.pieces(ids):
        height = max(height, int(await database.fetch_value(_HEIGHT.format(ids=database.marks(piece)), *piece)))
    if height and len(line) + height > DEEPEST:
        raise Refused(_("Folders can’t be nested so deep: at most %(most)s in one another.") % {"most": DEEPEST})
