"""Files that arrive in a folder: into folders of their own on the way, and under names that may be taken."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from app import database
from app.lib import file_names
from app.lib.i18n import _
from app.models.base import Refused
from app.models.command import Command, parts_of
from app.models.drive.content import put_file
from app.models.drive.finding import Found, find_node, may_use
from app.models.drive.names import NameTaken, free_name, named_in
from app.models.drive.rights import VIEW
from app.models.drive.tables import Node
from app.models.drive.tree import make_folders
from app.models.drive.uploading import upload as whole_upload
from app.models.files import Blob, Upload
from app.models.viewer import Viewer

_TRIES = 5
ASK, KEEP, REPLACE, SKIP = CONFLICTS = ("ask", "keep", "replace", "skip")


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is to become a file: its name, the path of folders to it, when it was changed (milliseconds), what happens when the name is
    taken, the key under which it is sent once, and what all that are uploaded together share."""

    name: str
    path: str = ""
    modified: int | None = None
    conflict: str = ASK
    key: str | None = None
    together: str | None = None


class Arrivals:
    """Puts files into a folder and below; the folders on their way are looked up once."""

    def __init__(self, viewer: Viewer, folder: Found) -> None:
        self._viewer = viewer
        self._folders = {"": folder}
        self._uploads: dict[str, int] = {}

    async def before(self, arrival: Arrival) -> Node | None:
        """What became of it when it was sent already and the answer was lost. Raises `NotFound` when that isn't there any more."""
        before = await Command.result_before(self._viewer, arrival.key)
        return (await find_node(self._viewer, before)).node if before is not None else None

    async def put(self, arrival: Arrival, blob: Blob, upload: Upload | None = None) -> Node | None:
        """The file, or none when it is skipped; the upload that it came by is redeemed with it.

        Raises `NameTaken` when nobody was asked, `QuotaFull`, `NotFound`.
        """
        with parts_of(await self._whole(arrival)):
            folder = await self._folder(arrival.path)
            for _try in range(_TRIES):
                try:
                    return await self._put(folder, arrival, blob, upload)
                except NameTaken:  # by somebody at the same moment: decided once more
                    if arrival.conflict == ASK:
                        raise
        raise Refused(_("Somebody else is changing this folder. Please try again."))

    async def _put(self, folder: Found, arrival: Arrival, blob: Blob, upload: Upload | None) -> Node | None:
        name = file_names.fitted(arrival.name)
        there = await named_in(folder.node.id, name)
        if there is not None and arrival.conflict == ASK:
            raise NameTaken(name, there)
        if there is not None and arrival.conflict == SKIP:
            return None
        replace = there if there is not None and there.is_file and arrival.conflict == REPLACE else None
        if there is not None and replace is None:
            name = await free_name(folder.node.id, name)
        async with database.transaction():
            if upload is not None:
                await upload.redeem()  # before the file counts, so that it isn't counted twice
            return await put_file(self._viewer, folder, name, blob, modified_at=arrival.modified, replace=replace, key=arrival.key)

    async def _whole(self, arrival: Arrival) -> int | None:
        if arrival.together is None:
            return None
        if arrival.together not in self._uploads:
            name = arrival.path.strip("/").partition("/")[0] or arrival.name
            self._uploads[arrival.together] = await whole_upload(self._viewer, arrival.together, name, self._folders[""].node)
        return self._uploads[arrival.together]

    async def _folder(self, path: str) -> Found:
        if path not in self._folders:
            self._folders[path] = await make_folders(self._viewer, self._folders[""], [part for part in path.split("/") if part])
        return self._folders[path]


async def taken(viewer: Viewer, folder: Found, paths: Sequence[str]) -> list[str]:
    """Which of these paths below a folder are taken already, where the viewer may look."""
    by_folder = defaultdict[str, dict[str, str]](dict)
    for path in paths:
        above, _slash, name = path.strip("/").rpartition("/")
        by_folder[above][path] = file_names.key_of(file_names.fitted(name))
    places: dict[str, int | None] = {"": folder.node.id}
    found = []
    for above, keys in by_folder.items():
        if (place := await _place(viewer, above, places)) is None:
            continue
        async for piece in database.pieces(list(keys.items())):
            sql = f"SELECT name_key FROM node WHERE parent_id = $1 AND trashed_at IS NULL AND name_key IN ({database.marks(piece, 2)})"
            there = {row["name_key"] for row in await database.fetch(sql, place, *[key for _path, key in piece])}
            found += [path for path, key in piece if key in there]
    return found


async def _place(viewer: Viewer, path: str, known: dict[str, int | None]) -> int | None:
    """The folder at a path, if there is one for the viewer; those on the way are remembered in `known`."""
    above = ""
    for part in path.split("/"):
        at = f"{above}/{part}".strip("/")
        if at not in known:
            place = known[above]
            there = await named_in(place, file_names.fitted(part)) if place is not None else None
            is_seen = there is not None and there.is_folder and (not there.has_own_rights or await may_use(viewer, there.id, VIEW))
            known[at] = there.id if there is not None and is_seen else None
        if known[at] is None:
            return None
        above = at
    return known[above]
