"""Files that come together, such as those of a folder that is uploaded or copied by a program: one change to look at, with one way back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

from app import database, live
from app.lib import clock
from app.models.base import NotFound, Refused
from app.models.command import Command, parts_of, undoes
from app.models.drive.bulk import in_turn, put_all_away
from app.models.drive.finding import may_use
from app.models.drive.rights import EDIT
from app.models.drive.tables import Node
from app.models.viewer import Viewer

UPLOAD = "node.upload"
_SPAN = 30 * clock.MINUTE
_known: dict[tuple[int, int], tuple[str, int]] = {}  # account and organisation → key and id of the newest upload by a program
_MOST_KNOWN = 10_000

# What was replaced, if it wasn't new with the same upload and nobody else has saved it since.
_VERSIONS = """
SELECT c.* FROM command c JOIN node n ON n.id = c.result JOIN node_version v ON v.id = n.version_id
WHERE c.part_of = $1 AND c.undone_at IS NULL AND c.kind = 'node.version' AND v.created_by = c.account_id
AND c.result NOT IN (SELECT p.result FROM command p WHERE p.part_of = $1 AND p.kind = 'node.put') ORDER BY c.id DESC
"""
# What isn't inside of a folder that came with it.
_TOPS = """
SELECT n.* FROM command c JOIN node n ON n.id = c.result
WHERE c.part_of = $1 AND c.undone_at IS NULL AND c.kind <> 'node.version' AND n.org_id = $2 AND n.trashed_at IS NULL
AND n.parent_id NOT IN (SELECT f.result FROM command f WHERE f.part_of = $1 AND f.kind = 'node.folder' AND f.undone_at IS NULL)
"""


async def upload(viewer: Viewer, key: str, name: str, folder: Node) -> int:
    """Id of the command that all files with this key are parts of; `name` is what the first of them is called."""
    async with Command.once(viewer, UPLOAD, key) as command:
        if not command.repeated:
            command.done(folder.id, what=name, url=folder.url, inverse={"upload": command.id})
    return command.id


@asynccontextmanager
async def by_program(viewer: Viewer, name: str, folder: Node) -> AsyncIterator[None]:
    """What a program brings is part of such a command too: what comes in the same half hour, as it doesn't say what belongs together."""
    key, whose = f"files:{viewer.org_id}:{clock.now() // _SPAN}", (viewer.account_id, viewer.org_id)
    if _known.get(whose, ("", 0))[0] != key:
        id_ = await upload(viewer, key, name, folder)
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[whose] = (key, id_)
    with parts_of(_known[whose][1]):
        yield


@live.on_internal("drive.taken_back")
def _forget(whose: Sequence[int]) -> None:
    _known.pop((whose[0], whose[1]), None)


@live.on_internal("live.lost")
def _forget_all(_: Any = None) -> None:
    _known.clear()


@undoes(UPLOAD, in_turn=lambda _inverse: True)
async def _take_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    """What came into being goes to the trash, what was replaced comes back; what is gone already, may no longer be changed or was saved by others
    since stays as it is."""
    id_ = inverse["upload"]
    await database.execute("UPDATE command SET key = NULL WHERE id = $1", id_)  # what comes now is another upload
    live.broadcast_internal("drive.taken_back", [viewer.account_id, viewer.org_id])
    for row in await database.fetch(_VERSIONS, id_):
        with suppress(NotFound, Refused):
            await Command.from_row(row).undo(viewer)
    rows = await database.fetch(_TOPS, id_, viewer.org_id)
    folders = {parent_id: await may_use(viewer, parent_id, EDIT) for parent_id in {row["parent_id"] for row in rows}}
    tops = [row["id"] for row in rows if folders[row["parent_id"]]]
    await in_turn(tops, partial(put_all_away, viewer), folders)
    await database.execute("UPDATE command SET undone_at = $1 WHERE part_of = $2 AND undone_at IS NULL", clock.now(), id_)
