"""A folder's children as rows of a few columns, for programs that list ten thousand at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from app import database
from app.lib import clock
from app.models.drive.rights import REACHES, owns
from app.models.drive.tables import Drive
from app.models.viewer import Viewer

AT_ONCE = 5_000


async def rows_of(viewer: Viewer, drive: Drive, folder_id: int, columns: Sequence[str]) -> AsyncIterator[list[dict[str, Any]]]:
    """Every child of a folder that the viewer may see, in pieces: id, name, is_file, sort_key and these columns of node."""
    reaches = REACHES.format(account="$2", is_external="$3", now="$4")
    own = "" if owns(viewer, drive) else f"AND (n.has_own_rights = 0 OR EXISTS (SELECT 1 FROM node_grant g WHERE g.node_id = n.id AND {reaches}))"
    select = f"SELECT {', '.join(f'n.{column}' for column in dict.fromkeys(('id', 'name', 'is_file', 'sort_key', *columns)))} FROM node n"
    for is_file in (0, 1):
        last: tuple[str, int] = ("", 0)
        while True:
            if own:
                rows = await database.fetch(
                    f"{select} WHERE n.parent_id = $1 AND n.trashed_at IS NULL AND n.is_file = {is_file} {own} AND (n.sort_key, n.id) > ($5, $6)"
                    f" ORDER BY n.sort_key, n.id LIMIT {AT_ONCE}", folder_id, viewer.account_id, int(viewer.is_external), clock.now(), *last,
                )
            else:
                rows = await database.fetch(
                    f"{select} WHERE n.parent_id = $1 AND n.trashed_at IS NULL AND n.is_file = {is_file} AND (n.sort_key, n.id) > ($2, $3)"
                    f" ORDER BY n.sort_key, n.id LIMIT {AT_ONCE}", folder_id, *last,
                )
            if rows:
                yield rows
            if len(rows) < AT_ONCE:
                break
            last = (rows[-1]["sort_key"], rows[-1]["id"])
