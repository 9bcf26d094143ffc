"""Making folders, and moving, renaming and copying what is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app import database
from app.lib import clock, file_names
from app.lib.i18n import _
from app.lib.ids import new_id
from app.models.announcements import announce
from app.models.base import NotFound, Refused
from app.models.command import Command, undoes
from app.models.drive.anchors import reanchor
from app.models.drive.events import leave, next_modseq, note
from app.models.drive.finding import Found, find_node, line_of
from app.models.drive.names import NameRefused, NameTaken, checked, free_name, named_in
from app.models.drive.rights import EDIT, VIEW
from app.models.drive.searching import index_node
from app.models.drive.tables import COLUMNS, PERSONAL, Drive, Node, Version, node_from
from app.models.files import Blob, Use
from app.models.viewer import Viewer

MOST_AT_ONCE = 50_000  # thrown away
MOST_MOVED = 5_000
_KEEP, _REPLACE = "keep", "replace"

__all__ = ["NameRefused", "NameTaken", "add_node", "copy", "make_folder", "make_folders", "move", "put_into", "rename", "under"]


async def make_folder(viewer: Viewer, parent: Found, name: str, key: str | None = None) -> Node:
    """A new folder. Raises `NameRefused`, `NameTaken`, `Refused`."""
    check_may_change(parent)
    name = checked(name)
    async with Command.once(viewer, "node.folder", key) as command:
        if command.repeated:
            return await Node.get(command.result or 0)
        folder = await add_node(viewer, parent.node, name, is_file=0)
        await note(viewer, folder, "created")
        command.done(folder.id, what=name, url=folder.url, inverse={"node": folder.id})
    return folder


async def make_folders(viewer: Viewer, parent: Found, names: Sequence[str]) -> Found:
    """The folder at a path below `parent`, made where it isn't there; names are made to fit, as an uploaded folder needs it."""
    found = parent
    for given in names:
        name = file_names.fitted(given)
        there = await named_in(found.node.id, name)
        if there is not None and there.is_file:
            there, name = None, await free_name(found.node.id, name)
        if there is None:
            try:
                there = await make_folder(viewer, found, name)
            except NameTaken as taken:  # of two files of one folder, one comes first
                there = taken.there
        assert there is not None
        found = await find_node(viewer, there.id, EDIT)
    return found


async def rename(viewer: Viewer, found: Found, name: str) -> Command:
    """Call it something else. Raises `NameRefused`, `NameTaken`."""
    check_may_change(found)
    node, name = found.node, checked(name)
    if node.parent_id is None:
        raise Refused(_("A drive is renamed in its settings."))
    async with Command.once(viewer, "node.move") as command:
        before = [[node.id, node.parent_id, node.name]]
        await put_into(viewer, node, node.parent_id, name, "renamed")
        command.done(node.id, what=node.name, url=node.url, inverse={"moves": before})
    return command


async def move(viewer: Viewer, ids: Sequence[int], target: Found, name: str | None = None, conflict: str = _KEEP) -> Command:
    """Move nodes into a folder, or one of them to a new `name`. `conflict`: keep both (a number), replace (what is there goes to the
    trash). Raises `NotFound`, `Refused`, and `NameTaken` with conflict `refuse`."""
    check_may_change(target)
    _check_target(target)
    if len(ids) > MOST_MOVED:
        raise Refused(_("These are too many to be moved one by one: move their folder instead."))
    line = {row["id"] for row in await line_of(target.node.id)}
    async with Command.once(viewer, "node.move") as command:
        before, what = [], ""
        for id_ in dict.fromkeys(ids):
            found = await find_node(viewer, id_, EDIT)
            node = found.node
            if node.parent_id is None:
                raise Refused(_("A drive can’t be moved."))
            if node.id in line:
                raise Refused(_("A folder can’t be moved into itself."))
            wanted = checked(name) if name is not None and len(ids) == 1 else node.name
            if node.parent_id == target.node.id and wanted == node.name:
                continue
            await _check_leaves(viewer, found, target)
            before.append([node.id, node.parent_id, node.name])
            what = what or node.name
            await _make_way(viewer, node, target.node, wanted, conflict)
            await put_into(viewer, node, target.node.id, wanted if conflict == _REPLACE else await _free(node, target.node, wanted, conflict), "moved")
        said = what if len(before) < 2 else _("%(name)s and %(count)s more") % {"name": what, "count": len(before) - 1}
        command.done(target.node.id, what=said, url=target.node.url, inverse={"moves": before})
    return command


async def copy(viewer: Viewer, found: Found, target: Found, name: str | None = None, conflict: str = _KEEP, *, deep: bool = True) -> Node:
    """A copy of a node in a folder, with everything that the viewer may see below it unless it isn't `deep`. Contents are shared, so it
    is quick. Raises `QuotaFull`, `NameTaken`, `Refused`."""
    check_may_change(target)
    _check_target(target)
    if found.node.id in {row["id"] for row in await line_of(target.node.id)}:
        raise Refused(_("A folder can’t be copied into itself."))
    wanted = checked(name) if name is not None else found.node.name
    async with Command.once(viewer, "node.copy") as command:
        await _make_way(viewer, found.node, target.node, wanted, conflict)
        free = wanted if conflict == _REPLACE else await _free(None, target.node, wanted, conflict)
        made = await _copied(viewer, found, target, free, deep)
        await note(viewer, made, "copied", facts={"of": found.node.id})
        command.done(made.id, what=made.name, url=made.url, inverse={"node": made.id})
    return made


async def add_node(viewer: Viewer | None, parent: Node, name: str, *, is_file: int, **values: Any) -> Node:
    """A row in a folder, in a transaction. Raises `NameTaken`."""
    now, by = clock.now(), viewer.account_id if viewer else None
    node = Node(**{
        "id": new_id(), "org_id": parent.org_id, "drive_id": parent.drive_id, "parent_id": parent.id, "is_file": is_file, "created_by": by, "created_at": now,
        "modified_at": now, "changed_by": by, "changed_at": now, "anchor_id": parent.anchor_id, "modseq": await next_modseq(parent.drive_id), **named(name)
    , **values})
    try:
        async with database.savepoint():
            await Node.insert(node).run()
    except database.UniqueViolation:
        raise NameTaken(name, await named_in(parent.id, name)) from None
    node._exists_in_db = True
    await index_node(node)
    announce("drive.folder", parent.id)
    return node


async def put_into(viewer: Viewer | None, node: Node, parent_id: int, name: str, kind: str) -> None:
    """Give a node its place and name, in a transaction. Raises `NameTaken`."""
    parent = await Node.get(parent_id)
    await leave(node, await next_modseq(node.drive_id))
    old_parent, old_drive = node.parent_id, node.drive_id
    modseq = await next_modseq(parent.drive_id)
    values = {**named(name), "parent_id": parent_id, "drive_id": parent.drive_id, "modseq": modseq, "changed_by": viewer.account_id if viewer else None,
              "changed_at": clock.now()}
    try:
        async with database.savepoint():
            await node.change(**values)
    except database.UniqueViolation:
        raise NameTaken(name, await named_in(parent_id, name)) from None
    if parent.drive_id != old_drive:
        await _change_drive(node, parent.drive_id)
    if parent_id != old_parent:
        await reanchor(node)
        announce("drive.folder", old_parent)
    await index_node(node)
    await note(viewer, node, kind)
    announce("drive.folder", parent_id)


async def under(node_id: int) -> list[dict[str, Any]]:
    """Everything below a node with it, in an order in which parents come first: all columns of nodes, and `depth`. The trash is left out."""
    return await database.fetch(
        f"""WITH RECURSIVE below (id, depth) AS (SELECT n.id, 0 FROM node n WHERE n.id = $1
        UNION ALL SELECT n.id, below.depth + 1 FROM node n JOIN below ON n.parent_id = below.id WHERE n.trashed_at IS NULL)
        SELECT {COLUMNS}, below.depth FROM below JOIN node n ON n.id = below.id ORDER BY below.depth, n.id""", node_id,
    )


def named(name: str) -> dict[str, str]:
    """The columns that follow from a name."""
    return {"name": name, "name_key": file_names.key_of(name), "sort_key": file_names.sort_key(name)}


def check_may_change(found: Found) -> None:
    """Raises `NotFound` for who may not change it."""
    if not found.can_edit:
        raise NotFound(f"node {found.node.id}")


def _check_target(target: Found) -> None:
    if target.node.is_file:
        raise Refused(_("Only a folder can hold files."))


async def _check_leaves(viewer: Viewer, found: Found, target: Found) -> None:
    """Out of a drive goes what one manages; a guest who may edit takes nothing home."""
    if found.drive.id != target.drive.id and not found.can_manage:
        raise Refused(_("You may change “%(name)s” here but not take it to another drive. Copy it instead.") % {"name": found.node.name})


async def _make_way(viewer: Viewer, node: Node, target: Node, name: str, conflict: str) -> None:
    from app.models.drive.trash import put_away

    there = await named_in(target.id, name)
    if there is None or there.id == node.id:
        return
    if conflict == _REPLACE:
        await put_away(viewer, await find_node(viewer, there.id, EDIT))
    elif conflict != _KEEP:
        raise NameTaken(name, there)


async def _free(node: Node | None, target: Node, name: str, conflict: str) -> str:
    there = await named_in(target.id, name)
    return name if there is None or (node is not None and there.id == node.id) else await free_name(target.id, name)


async def _change_drive(node: Node, drive_id: int) -> None:
    """Everything below belongs to the other drive, and to its owner's quota."""
    from app.models.files.blob import release

    drive = await Drive.get(drive_id)
    owner_id = drive.owner_id if drive.kind == PERSONAL else None
    for row in await under(node.id):
        await database.execute("UPDATE node SET drive_id = $1 WHERE id = $2", drive_id, row["id"])
        for version in await database.fetch("SELECT v.id, v.blob_id FROM node_version v WHERE v.node_id = $1", row["id"]):
            await release("drive", [version["id"]])
            await (await Blob.get(version["blob_id"])).keep_for(Use("drive", version["id"], node.org_id, owner_id))


async def _copied(viewer: Viewer, found: Found, target: Found, name: str, deep: bool) -> Node:
    node = found.node
    if node.is_file:
        return await _copied_file(viewer, node, target, name)
    folder = await add_node(viewer, target.node, name, is_file=0)
    if deep:
        from app.models.drive.listing import list_all

        into = Found(folder, target.level, target.drive)
        async for item in list_all(viewer, found):
            await _copied(viewer, Found(item.node, item.level, found.drive), into, item.node.name, deep)
    return folder


async def _copied_file(viewer: Viewer, node: Node, target: Found, name: str) -> Node:
    blob = await Blob.get(node.blob_id or 0)
    made = await add_node(
        viewer, target.node, name, is_file=1, media_type=node.media_type, size=node.size, blob_id=node.blob_id, modified_at=node.modified_at
    )
    version = await Version.insert_new(
        node_id=made.id, number=1, blob_id=blob.id, size=node.size, created_by=viewer.account_id, created_at=clock.now(), modified_at=node.modified_at
    )
    await blob.keep_for(Use("drive", version.id, node.org_id, target.drive.owner_id))
    await made.change(version_id=version.id)
    return made


@undoes("node.folder")
@undoes("node.copy")
@undoes("node.put")
async def _unmake(viewer: Viewer, inverse: dict[str, Any]) -> None:
    """What came into being goes to the trash, where it can be found again."""
    from app.models.drive.trash import put_away

    await put_away(viewer, await find_node(viewer, inverse["node"], EDIT))


@undoes("node.move")
async def _move_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    for id_, parent_id, name in reversed(inverse["moves"]):
        found = await find_node(viewer, id_, EDIT)
        await find_node(viewer, parent_id, EDIT)
        there = await named_in(parent_id, name)
        free = name if there is None or there.id == id_ else await free_name(parent_id, name)
        await put_into(viewer, found.node, parent_id, free, "moved")


async def visible(viewer: Viewer, ids: Sequence[int]) -> list[Found]:
    """Those of these nodes that the viewer may see."""
    found = []
    for id_ in ids:
        try:
            found.append(await find_node(viewer, id_, VIEW))
        except NotFound:
            continue
    return found


def from_row(row: dict[str, Any]) -> Node:
    """A node of `under`."""
    return node_from(row)
