"""A folder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import cached_property
from typing import Any

from app.lib.dav.conditions import Match
from app.lib.dav.hrefs import quoted
from app.lib.dav.names import d
from app.lib.dav.problems import Problem
from app.models.base import NotFound
from app.models.dav import Caller, DeadProperty
from app.models.dav.lock import DavLock
from app.models.drive import VIEW, Drive, Found, NameTaken, by_program, changes_since, copy, make_folder, move, remove, room_for
from app.models.drive.changes import TooOld, hidden_among
from app.models.drive.finding import child_of, find_along
from app.models.drive.rows import rows_of
from app.models.drive.tables import Node as NodeRow
from app.models.files import Storage
from app.models.viewer import Viewer
from app.routes.dav import locks
from app.routes.dav.files.copying import put_over
from app.routes.dav.files.described import ITEM, etag_of
from app.routes.dav.files.file import FileNode, stored
from app.routes.dav.nodes import Batch, Changes, Collection, Made, Node, Stored
from app.routes.dav.properties import READ, WRITE, Properties, Property, fixed, for_everyone, supported_reports
from app.routes.dav.reports.sync_collection import SYNC, invalid, token
from app.routes.dav.requests import Request
from app.routes.dav.wanted import Wanted

MOST_AT_ONCE = 10_000


class Folder(Collection):
    """A folder of a drive, or its root."""

    reports = (SYNC,)
    dead_kind, is_dead_shared = "file", True
    makes_plain = True
    has_items = True

    def __init__(self, caller: Caller, viewer: Viewer, found: Found, href_: str, line: Sequence[int], *, stays: bool = False) -> None:
        super().__init__(caller, href_)
        self.viewer, self.found, self.line, self.stays = viewer, found, tuple(line), stays
        self.sync_id = f"n{found.node.id}"
        self._held: list[DavLock] = []
        self._room: Storage | None = None

    # -- what it is

    @property
    def id(self) -> int:
        return self.found.node.id

    @property
    def lock_line(self) -> Sequence[int] | None:
        return self.line

    @property
    def lock_drive(self) -> int:
        return self.found.drive.id

    @property
    def subject(self) -> Any:
        return vars(self.found.node)

    @property
    def etag(self) -> str | None:
        return etag_of(self.subject)

    @property
    def privileges(self) -> tuple[str, ...]:
        return (*READ, *WRITE) if self.found.can_edit else READ

    @cached_property
    def properties(self) -> Properties:
        return {
            **self.item_properties,
            d("supported-report-set"): fixed(supported_reports(self.reports)),
            d("sync-token"): fixed(token(self.sync_id, self.found.drive.modseq)),
            d("lockdiscovery"): Property(lambda _row: self._locks(self.line), True),
            d("quota-used-bytes"): Property(lambda _row: b"%d" % self._room.used if self._room else None),
            d("quota-available-bytes"): Property(lambda _row: self._available),
        }

    @cached_property
    def item_properties(self) -> Properties:
        owner = self.found.drive.owner_id
        return {
            **ITEM, d("lockdiscovery"): Property(lambda row: self._locks((*self.line, row["id"])), True),
            **for_everyone(self.caller, self.caller.principal_of(owner) if owner else "/dav/principals/", self.privileges),
        }

    async def prepare(self, names: frozenset[str]) -> None:
        if d("lockdiscovery") in names:
            self._held = await DavLock.in_drive(self.found.drive.id)
        if names & {d("quota-used-bytes"), d("quota-available-bytes")}:
            self._room = await room_for(self.found.drive)

    def _locks(self, line: Sequence[int]) -> bytes:
        return locks.active_locks(self._held, line, {self.id: self.href}) if self._held else b""

    @property
    def _available(self) -> bytes | None:
        """Missing where there is no limit (RFC 4331 §3)."""
        return b"%d" % self._room.left if self._room and self._room.left is not None else None

    # -- what is in it

    async def find(self, name: str) -> Node | None:
        try:
            found = await child_of(self.viewer, self.found, name)
        except NotFound:
            return None
        return self.made(found) if found.level >= VIEW else None

    def made(self, found: Found) -> Node:
        """A member of it as a node."""
        address = self.href + quoted(found.node.name)
        line = (*self.line, found.node.id)
        return FileNode(self, found, address) if found.node.is_file else Folder(self.caller, self.viewer, found, f"{address}/", line)

    async def members(self, wanted: Wanted) -> AsyncIterator[Batch]:
        if d("lockdiscovery") in wanted.names_of(self.item_properties):
            self._held = await DavLock.in_drive(self.found.drive.id)
        async for rows in rows_of(self.viewer, self.found.drive, self.id, wanted.columns(self.item_properties)):
            yield await self._batch(rows, wanted)

    async def _batch(self, rows: Sequence[Any], wanted: Wanted) -> Batch:
        base = self.href.encode()
        there: dict[int, dict[str, bytes]] = {}
        if wanted.needs_dead(self.item_properties):
            there = await DeadProperty.of(self.dead_kind, [row["id"] for row in rows], None)
        return Batch(
            self.item_properties, rows, lambda row: base + quoted(row["name"]).encode() + (b"" if row["is_file"] else b"/"),
            lambda row: there.get(row["id"], {}),
        )

    async def changes(self, since: int | None, most: int | None, wanted: Wanted) -> Changes:
        try:
            found = await changes_since(self.found.drive, self.id, since, most or MOST_AT_ONCE)
        except TooOld:
            raise invalid() from None
        seen = [one for one in found.changed if not one.has_own_rights or await self._sees(one)]
        hidden = await hidden_among(self.viewer, self.found.drive, self.id, found.gone)
        gone = [name for name in found.gone if name not in hidden]
        return Changes(await self._batch([vars(one) for one in seen], wanted), gone, found.modseq, found.is_cut)

    async def _sees(self, node: NodeRow) -> bool:
        try:
            return (await child_of(self.viewer, self.found, node.name)).level >= VIEW
        except NotFound:
            return False

    # -- changing

    async def create(self, name: str, request: Request, match: Match) -> Stored:
        match.check(None)
        return await stored(self.viewer, self.found, name, request, match)

    async def make(self, name: str, made: Made) -> None:
        try:
            async with by_program(self.viewer, name, self.found.node):
                folder = await make_folder(self.viewer, self.found, name)
        except NameTaken:
            raise Problem(405, d("resource-must-be-null")) from None
        if made.dead:
            await DeadProperty.write(self.dead_kind, folder.id, None, made.dead)

    async def delete(self, request: Request) -> None:
        request.match.check(self.etag)
        if self.stays:
            raise Problem(403, text="It is put away in the suite.")
        await remove(self.viewer, [self.id])

    async def copy(self, source: Node, name: str, *, depth: int, over: Node | None) -> None:
        found = found_of(source)
        if over is not None and over.id == found.node.id:  # in other letters, such as capitals
            raise Problem(403, text="Source and destination are the same.")
        if isinstance(over, FileNode) and found.node.is_file:
            await put_over(self.viewer, found, over.found)
            return
        await copy(self.viewer, found, self.found, name, "replace", deep=depth != 0)

    async def move(self, source: Node, name: str, *, over: Node | None) -> None:
        found = found_of(source, moves=True)
        if isinstance(over, FileNode) and found.node.is_file and over.id != found.node.id:
            # Programs save by writing beside the file and moving over it: it stays the same file, with its shares and versions.
            await put_over(self.viewer, found, over.found, drops=True)
            return
        await move(self.viewer, [found.node.id], self.found, name, "replace")


def found_of(node: Node, *, moves: bool = False) -> Found:
    """The node of Drive that is behind one of ours, to be copied, or to be moved. Raises `Problem`."""
    if not isinstance(node, Folder | FileNode):
        raise Problem(403, text="It can’t be taken there.")
    if node.found.node.parent_id is None or (moves and node.stays):
        raise Problem(403, text="It stays where it is.")
    return node.found


async def walk(caller: Caller, viewer: Viewer, drive: Drive, address: str, names: Sequence[str]) -> tuple[Node | None, Node | None]:
    """What the last of these names below a drive's root is in, and itself (with no names the root); None for each that the viewer may not open."""
    nodes = dict[int, Node]()
    for depth, found in enumerate(await find_along(viewer, drive, names)):
        above = nodes.get(depth - 1)
        if found.level < VIEW:
            break
        nodes[depth] = above.made(found) if isinstance(above, Folder) else Folder(caller, viewer, found, address, (drive.root_id,), stays=True)
    return nodes.get(len(names) - 1), nodes.get(len(names))
