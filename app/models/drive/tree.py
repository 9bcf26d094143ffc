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
from app.models.drive.bulk import FROM, PIECE, among, change_drive, in_turn, leaves, stays
from app.models.drive.events import leave, next_modseq, note
from app.models.drive.finding import Found, find_node
from app.models.drive.moving import Moving
from app.models.drive.names import NameRefused, NameTaken, checked, free_name, named, named_in
from app.models.drive.nesting import check_nesting
from app.models.drive.rights import EDIT
from app.models.drive.searching import index_node
from app.models.drive.tables import COLUMNS, Drive, Node, insert_node
from app.models.viewer import Viewer

KEEP, REPLACE = "keep", "replace"

__all__ = ["NameRefused", "NameTaken", "add_node", "make_folder", "make_folders", "move", "put_into", "rename", "under"]


async def make_folder(viewer: Viewer, parent: Found, name: str, key: str | None = None) -> Node:
    """A new folder. Raises `NameRefused`, `NameTaken`, `Refused`."""
    check_may_change(parent)
    name = checked(name)
    async with Command.once(viewer, "node.folder", key) as command:
        if command.repeated:
            return await Node.get(command.result or 0)
        await check_nesting(parent.node.id)
        folder = await add_node(viewer, parent.node, name, is_file=0)
        await note(viewer, folder, "created")
        command.done(folder.id, what=name, url=folder.url, inverse={"node": folder.id})
    return folder


async def make_folders(viewer: Viewer, parent: Found, names: Sequence[str]) -> Found:
    """The folder at a path below `parent`, made where it isn't there; names are made to fit, as an uploaded folder needs it."""
    found = parent
    for given in names:
        name = wanted = file_names.fitted(given)
        there, number = await named_in(found.node.id, name), 1
        while there is not None and there.is_file:  # beside a file of this name, all go into the same folder with a number
            number += 1
            name = file_names.numbered(wanted, number)
            there = await named_in(found.node.id, name)
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


async def move(viewer: Viewer, ids: Sequence[int], target: Found, name: str | None = None, conflict: str = KEEP) -> Command:
    """Move nodes into a folder, or one of them to a new `name`. `conflict`: keep both (a number), replace (what is there goes to the
    trash). Raises `NotFound`, `Refused`, and `NameTaken` with conflict `refuse`."""
    check_may_change(target)
    check_target(target.node)
    if len(wanted_ids := list(dict.fromkeys(ids))) >= FROM and conflict == KEEP:
        return await _move_many(viewer, wanted_ids, target)
    async with Command.once(viewer, "node.move") as command:
        before, what = [], ""
        for id_ in wanted_ids:
            found = await find_node(viewer, id_, EDIT)
            node = found.node
            if node.parent_id is None:
                raise Refused(_("A drive can’t be moved."))
            wanted = checked(name) if name is not None and len(ids) == 1 else node.name
            if node.parent_id == target.node.id and wanted == node.name:
                continue
            if node.parent_id != target.node.id:
                check_may_take_out(found)
            if found.drive.id != target.drive.id and not found.can_manage:
                raise leaves(node.name)
            before.append([node.id, node.parent_id, node.name])
            what = what or node.name
            await make_way(viewer, node, target.node, wanted, conflict)
            await put_into(viewer, node, target.node.id, wanted if conflict == REPLACE else await _free(node, target.node, wanted, conflict), "moved")
        command.done(target.node.id, what=among(what, len(before)), url=target.node.url, inverse={"moves": before})
    return command


async def _move_many(viewer: Viewer, ids: Sequence[int], target: Found) -> Command:
    """With the first piece its Undo is written, which takes back as much as was done."""
    moving = Moving(viewer, target)
    rows = await moving.check(ids)
    before, wanted = [[row["id"], row["parent_id"], row["name"]] for row in rows], [row["id"] for row in rows]
    async with Command.once(viewer, "node.move") as command:
        await moving.move(wanted[:PIECE])
        command.done(target.node.id, what=among(rows[0]["name"], len(rows)) if rows else "", url=target.node.url, inverse={"moves": before})
    await in_turn(wanted[PIECE:], moving.move, {target.node.id} | {row["parent_id"] for row in rows})
    return command


async def add_node(viewer: Viewer | None, parent: Node, name: str, *, is_file: int, text: str | None = None, **values: Any) -> Node:
    """A row in a folder, in a transaction; `text` is what is inside, where that is known. Raises `NameTaken`, `Refused`, `NotFound`."""
    check_target(parent)
    now, by = clock.now(), viewer.account_id if viewer else None
    node = await insert_node(**{
        "id": new_id(), "org_id": parent.org_id, "drive_id": parent.drive_id, "parent_id": parent.id, "is_file": is_file, "created_by": by, "created_at": now,
        "modified_at": now, "changed_by": by, "changed_at": now, "anchor_id": parent.anchor_id, "modseq": await next_modseq(parent.drive_id), **named(name),
        **values,
    })
    if node is None:
        there = await named_in(parent.id, name)
        raise NameTaken(name, there) if there is not None else NotFound(f"folder {parent.id}")
    await index_node(node, is_new=True, text=text)
    announce("drive.folder", parent.id)
    return node


async def put_into(viewer: Viewer | None, node: Node, parent_id: int, name: str, kind: str) -> None:
    """Give a node its place and name, in a transaction. Raises `NameTaken`, `Refused`."""
    parent = await Node.get(parent_id)
    await leave(node, await next_modseq(node.drive_id))
    old_parent, old_drive = node.parent_id, node.drive_id
    modseq = await next_modseq(parent.drive_id)
    if parent_id != old_parent:
        await check_nesting(parent_id, [node.id])
    values = {**named(name), "parent_id": parent_id, "drive_id": parent.drive_id, "modseq": modseq, "changed_by": viewer.account_id if viewer else None,
              "changed_at": clock.now()}
    try:
        async with database.savepoint():
            await node.change(**values)
    except database.UniqueViolation:
        raise NameTaken(name, await named_in(parent_id, name)) from None
    if parent.drive_id != old_drive:
        await change_drive([node.id], await Drive.get(parent.drive_id))
    if parent_id != old_parent:
        await reanchor(node)
        announce("drive.folder", old_parent)
    await index_node(node)
    await note(viewer, node, kind)
    announce("drive.folder", parent_id)


async def under(node_id: int) -> list[dict[str, Any]]:
    """Everything below a node with it, in an order in which parents come first: all columns of nodes, and `depth`. The trash is left out."""
    return await database.fetch(
        f"""WITH RECURSIVE below (id, depth, gone) AS (SELECT n.id, 0, CAST(NULL AS BIGINT) FROM node n WHERE n.id = $1
        UNION ALL SELECT n.id, below.depth + 1, n.trashed_at FROM node n JOIN below ON n.parent_id = below.id WHERE below.gone IS NULL)
        SELECT {COLUMNS}, below.depth FROM below JOIN node n ON n.id = below.id WHERE below.gone IS NULL ORDER BY below.depth, n.id""", node_id,
    )


def check_may_change(found: Found) -> None:
    """Raises `NotFound` for who may not change it."""
    if not found.can_edit:
        raise NotFound(f"node {found.node.id}")


def check_may_take_out(found: Found) -> None:
    """Raises `Refused` for who may change it but not the folder that it lies in."""
    if not found.can_take_out:
        raise stays(found.node.name)


def check_target(target: Node) -> None:
    """Raises `Refused` for what can't hold anything."""
    if target.is_file:
        raise Refused(_("Only a folder can hold files."))


async def make_way(viewer: Viewer, node: Node, target: Node, name: str, conflict: str) -> None:
    """Put what has the name into the trash where it is to be replaced. Raises `NameTaken` where it is neither that nor kept."""
    from app.models.drive.trash import put_away

    there = await named_in(target.id, name)
    if there is None or there.id == node.id:
        return
    if conflict == REPLACE:
        await put_away(viewer, await find_node(viewer, there.id, EDIT))
    elif conflict != KEEP:
        raise NameTaken(name, there)


async def _free(node: Node | None, target: Node, name: str, conflict: str) -> str:
    there = await named_in(target.id, name)
    return name if there is None or (node is not None and there.id == node.id) else await free_name(target.id, name)


@undoes("node.folder")
@undoes("node.put")
async def _unmake(viewer: Viewer, inverse: dict[str, Any]) -> None:
    """What came into being goes to the trash, where it can be found again."""
    from app.models.drive.trash import put_away

    await put_away(viewer, await find_node(viewer, inverse["node"], EDIT))


@undoes("node.move", in_turn=lambda inverse: len(inverse["moves"]) > PIECE)
async def _move_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    moves = inverse["moves"]
    if len(moves) >= FROM:
        await _move_many_back(viewer, moves)
        return
    for id_, parent_id, name in reversed(moves):
        found = await find_node(viewer, id_, EDIT)
        if found.node.parent_id != parent_id:
            check_may_take_out(found)
        await find_node(viewer, parent_id, EDIT)
        there = await named_in(parent_id, name)
        free = name if there is None or there.id == id_ else await free_name(parent_id, name)
        await put_into(viewer, found.node, parent_id, free, "moved")


async def _move_many_back(viewer: Viewer, moves: list[list[Any]]) -> None:
    homes: dict[int, dict[int, str]] = {}
    for id_, parent_id, name in moves:
        homes.setdefault(parent_id, {})[id_] = name
    under_way = []
    for parent_id, names in homes.items():
        moving = Moving(viewer, await find_node(viewer, parent_id, EDIT), names)
        under_way.append((moving, parent_id, await moving.check(list(names))))
    for moving, parent_id, rows in under_way:
        await in_turn([row["id"] for row in rows], moving.move, {parent_id} | {row["parent_id"] for row in rows})
