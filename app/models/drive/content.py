"""What is in files: new versions, and who is charged for them."""

from __future__ import annotations

from typing import Any

from app import database
from app.lib import clock, file_types
from app.lib.i18n import _
from app.lib.ids import new_id
from app.models.announcements import announce
from app.models.base import NotFound, Refused
from app.models.command import Command, undoes
from app.models.drive.events import next_modseq, note
from app.models.drive.finding import Found, find_node
from app.models.drive.names import checked
from app.models.drive.rights import EDIT
from app.models.drive.searching import index_node
from app.models.drive.tables import PERSONAL, Drive, Node, Version
from app.models.drive.tree import add_node, check_may_change
from app.models.files import Blob, Storage, Use, storage_of
from app.models.files.previews import preview_later
from app.models.viewer import Viewer

_NOTHING_IN_IT = (file_types.OTHER, file_types.ARCHIVE, file_types.AUDIO)  # nothing is to be found or seen in them
MOST_MODIFIED = 253_402_300_799_000  # the end of 9999, in milliseconds


class Conflict(Refused):
    """Somebody else saved it meanwhile; `theirs` is what it is now."""

    def __init__(self, theirs: Node) -> None:
        super().__init__(_("Somebody else has saved this file meanwhile."))
        self.theirs = theirs


async def put_file(
    viewer: Viewer | None, parent: Found, name: str, blob: Blob, *, modified_at: int | None = None, replace: Node | None = None, by_name: str = "",
    base: int | None = None, key: str | None = None, origin: str = "uploaded",
) -> Node:
    """A new file in a folder, or a new version of `replace`. `base` is the id of the version that was edited: when another came since,
    `Conflict` is raised. Without a viewer, somebody who came by a link puts it (`by_name`).

    Raises `NameRefused`, `NameTaken`, `QuotaFull`, `Conflict`.
    """
    if viewer is None:
        async with database.transaction():
            return await _put_new(None, parent, checked(name), blob, modified_at, by_name, origin)
    check_may_change(parent)
    if replace is not None and replace.has_own_rights:
        await find_node(viewer, replace.id, EDIT)  # who may change a folder may not change everything in it
    async with Command.once(viewer, "node.put" if replace is None else "node.version", key) as command:
        if command.repeated:
            return await Node.get(command.result or 0)
        if replace is None:
            node = await _put_new(viewer, parent, checked(name), blob, modified_at, by_name, origin)
            command.done(node.id, what=node.name, url=node.url, inverse={"node": node.id})
        else:
            before = replace.version_id
            node = await put_version(viewer, parent.drive, replace, blob, modified_at=modified_at, base=base, kind=origin)
            command.done(node.id, what=node.name, url=node.url, inverse={"node": node.id, "version": before})
    return node


async def put_version(
    viewer: Viewer | None, drive: Drive, node: Node, blob: Blob, *, modified_at: int | None = None, base: int | None = None, kind: str = "uploaded",
    by_name: str = "",
) -> Node:
    """A new version of a file, in a transaction; the same content again is none. Raises `Conflict`, `QuotaFull`."""
    modseq = await next_modseq(drive.id)  # from here on, nobody else changes this drive until we commit
    now_there = await Node.get(node.id)
    if base is not None and now_there.version_id != base:
        raise Conflict(now_there)
    if now_there.blob_id == blob.id and modified_at in (None, now_there.modified_at):
        return now_there
    await _add_version(viewer, drive, now_there, blob, _sane(modified_at), modseq, by_name)
    await note(viewer, now_there, kind, facts={"size": blob.size}, by_name=by_name)
    announce("drive.folder", now_there.parent_id)
    announce("drive.file", now_there.id)
    return now_there


async def restore_version(viewer: Viewer, found: Found, version_id: int) -> Command:
    """Make what it was before what it is, as a new version. Raises `NotFound`."""
    check_may_change(found)
    version = await Version.find_own(version_id, node_id=found.node.id)
    async with Command.once(viewer, "node.version") as command:
        before = found.node.version_id
        await put_version(viewer, found.drive, found.node, await Blob.get(version.blob_id), modified_at=clock.now(), kind="restored")
        command.done(found.node.id, what=found.node.name, url=found.node.url, inverse={"node": found.node.id, "version": before})
    return command


async def content_of(node: Node) -> Blob:
    """The blob of a file. Raises `NotFound` for folders."""
    if not node.is_file or node.blob_id is None:
        raise NotFound(f"content of {node.id}")
    return await Blob.get(node.blob_id)


async def room_for(drive: Drive) -> Storage:
    """What is used and left where this drive is charged."""
    return await storage_of(drive.org_id, drive.owner_id if drive.kind == PERSONAL else None)


async def _put_new(
    viewer: Viewer | None, parent: Found, name: str, blob: Blob, modified_at: int | None, by_name: str, origin: str
) -> Node:
    version_id, modified_at = new_id(), _sane(modified_at)
    node = await add_node(
        viewer, parent.node, name, is_file=1, media_type=file_types.media_type(name), size=blob.size, blob_id=blob.id, version_id=version_id,
        modified_at=modified_at, text="" if blob.is_new else None,
    )
    await _insert_version(viewer, parent.drive, node, blob, version_id, modified_at, by_name)
    await note(viewer, node, origin, facts={"size": blob.size}, by_name=by_name)
    return node


async def _add_version(
    viewer: Viewer | None, drive: Drive, node: Node, blob: Blob, modified_at: int, modseq: int, by_name: str
) -> None:
    version_id = new_id()
    await _insert_version(viewer, drive, node, blob, version_id, modified_at, by_name)
    changes = {
        "version_id": version_id, "blob_id": blob.id, "size": blob.size, "modified_at": modified_at, "modseq": modseq,
        "changed_by": viewer.account_id if viewer else None, "changed_at": clock.now(), "media_type": file_types.media_type(node.name),
    }
    await node.change(**changes)
    await index_node(node, text="" if blob.is_new else None)


async def _insert_version(
    viewer: Viewer | None, drive: Drive, node: Node, blob: Blob, version_id: int, modified_at: int, by_name: str
) -> None:
    await database.execute(
        "INSERT INTO node_version (id, node_id, number, blob_id, size, created_by, by_name, created_at, modified_at, label)"
        " VALUES ($1, $2, (SELECT COALESCE(MAX(v.number), 0) + 1 FROM node_version v WHERE v.node_id = $2), $3, $4, $5, $6, $7, $8, '')",
        version_id, node.id, blob.id, blob.size, viewer.account_id if viewer else None, by_name[:120], clock.now(), modified_at,
    )
    await blob.keep_for(Use("drive", version_id, node.org_id, drive.owner_id if drive.kind == PERSONAL else None))
    if file_types.group_of(node.name) not in _NOTHING_IN_IT:
        await preview_later(blob, node.name, node.org_id)


def _sane(modified_at: int | None) -> int:
    """What a device says about the time, if it can be one."""
    return modified_at if modified_at is not None and 0 <= modified_at <= MOST_MODIFIED else clock.now()


@undoes("node.version")
async def _version_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    found = await find_node(viewer, inverse["node"], EDIT)
    version = await Version.find_own(inverse["version"], node_id=found.node.id)
    await put_version(viewer, found.drive, found.node, await Blob.get(version.blob_id), modified_at=version.modified_at, kind="restored")
