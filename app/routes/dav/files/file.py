"""A file: streamed in and out with constant memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.lib import blobs
from app.lib.dav.conditions import Match
from app.lib.dav.problems import Problem
from app.lib.numbers import whole
from app.lib.ranges import Unsatisfiable, part_of
from app.models.base import Refused
from app.models.drive import Found, NameTaken, by_program, content_of, put_file, remove, room_for
from app.models.drive.content import Conflict
from app.models.drive.tables import Node as NodeRow
from app.models.files import Blob, QuotaFull, receive
from app.models.viewer import Viewer
from app.routes.dav.files.described import etag_of
from app.routes.dav.nodes import Content, Node, Stored
from app.routes.dav.properties import READ, WRITE, Properties
from app.routes.dav.requests import Request

if TYPE_CHECKING:
    from app.routes.dav.files.folder import Folder


class FileNode(Node):
    """A file in a folder."""

    dead_kind, is_dead_shared = "file", True

    def __init__(self, parent: Folder, found: Found, href: str, *, stays: bool = False) -> None:
        super().__init__(parent.caller, href)
        self.parent, self.found, self.stays = parent, found, stays

    @property
    def id(self) -> int:
        return self.found.node.id

    @property
    def lock_line(self) -> Sequence[int] | None:
        return (*self.parent.line, self.id)

    @property
    def lock_drive(self) -> int:
        return self.found.drive.id

    @property
    def properties(self) -> Properties:
        return self.parent.item_properties

    @property
    def subject(self) -> Any:
        return vars(self.found.node)

    @property
    def etag(self) -> str | None:
        return etag_of(self.subject)

    @property
    def privileges(self) -> tuple[str, ...]:
        return (*READ, *WRITE) if self.found.can_edit else READ

    async def prepare(self, names: frozenset[str]) -> None:
        await self.parent.prepare(names)

    async def read(self, request: Request) -> Content:
        node = self.found.node
        blob = await content_of(node)
        start, end, headers = self._part(request, blob)
        return Content(
            blobs.store().stream(blob.hash, start, end), node.media_type or "application/octet-stream", self.etag, node.modified_at, end - start,
            ((b"accept-ranges", b"bytes"), (b"content-disposition", b"attachment"), *headers),
        )

    def _part(self, request: Request, blob: Blob) -> tuple[int, int, tuple[tuple[bytes, bytes], ...]]:
        """Start and end of what is sent, and the header that says so. If-Range of another state asks for the whole (RFC 9110 §13.1.5)."""
        condition = request.header("if-range")
        if condition and condition != f'"{self.etag}"':
            return 0, blob.size, ()
        try:
            part = part_of(request.header("range"), blob.size) if request.header("range") else None
        except Unsatisfiable:
            raise Problem(416, text="The file isn’t so long.", headers=((b"content-range", b"bytes */%d" % blob.size),)) from None
        if part is None:
            return 0, blob.size, ()
        return *part, ((b"content-range", b"bytes %d-%d/%d" % (part[0], part[1] - 1, blob.size)),)

    async def put(self, request: Request, match: Match) -> Stored:
        match.check(self.etag)
        parent = Found(self.parent.found.node, self.found.level, self.found.drive)
        return await stored(self.parent.viewer, parent, self.found.node.name, request, match, replace=self.found.node)

    async def delete(self, request: Request) -> None:
        request.match.check(self.etag)
        if self.stays:
            raise Problem(403, text="What is shared stays where it is.")
        await remove(self.parent.viewer, [self.id])


async def stored(viewer: Viewer, parent: Found, name: str, request: Request, match: Match, *, replace: NodeRow | None = None) -> Stored:
    """Receive a body as a file of a folder. The ETag that was compared is compared again when it is written. Raises `Problem`: 412, 507."""
    blob = await _received(request, parent)
    async with by_program(viewer, name, parent.node):
        return await _put(viewer, parent, name, request, match, blob, replace)


async def _put(viewer: Viewer, parent: Found, name: str, request: Request, match: Match, blob: Blob, replace: NodeRow | None) -> Stored:
    modified_at = _modified(request)
    headers = ((b"x-oc-mtime", b"accepted"),) if modified_at is not None else ()
    try:
        node = await put_file(
            viewer, parent, name, blob, modified_at=modified_at, replace=replace, base=replace.version_id if replace and match.some is not None else None
        )
    except QuotaFull as full:
        raise Problem(507, "{DAV:}quota-not-exceeded", text=str(full)) from None
    except Conflict:
        raise Problem(412, text="It was changed in the meantime.") from None
    except NameTaken as taken:
        if match.none is not None or taken.there is None or not taken.there.is_file:
            raise Problem(412, text="There is something of this name by now.") from None
        node = await put_file(viewer, parent, taken.there.name, blob, modified_at=modified_at, replace=taken.there)
    except Refused as refused:
        raise Problem(403, text=str(refused)) from None
    return Stored(replace is None, str(node.version_id), headers)


async def _received(request: Request, parent: Found) -> Blob:
    """The body in the store, refused before it is read where it can't fit."""
    left = (await room_for(parent.drive)).left
    announced = whole(request.header("content-length") or request.header("x-expected-entity-length")) or 0
    if left is not None and announced > left:
        raise Problem(507, "{DAV:}quota-not-exceeded", headers=((b"connection", b"close"),))
    try:
        return await receive(request.pieces(None), left)
    except blobs.NoRoom:
        raise Problem(507, "{DAV:}sufficient-disk-space") from None
    except Refused:
        raise Problem(507, "{DAV:}quota-not-exceeded", headers=((b"connection", b"close"),)) from None


def _modified(request: Request) -> int | None:
    """When the file was changed on the device, in milliseconds: what ownCloud's programs and rclone send as X-OC-Mtime."""
    said = whole(request.header("x-oc-mtime").partition(".")[0])
    return said * 1000 if said is not None and said < 10**11 else None
