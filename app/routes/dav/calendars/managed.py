"""Managed attachments (RFC 8607): a program sends a file to the address of an event, and gets it from the address that the event then names,
signed in as it is for the event."""

from __future__ import annotations

from mimetypes import guess_extension
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from app import access, database
from app.lib import blobs, file_names, file_types
from app.lib.dav.names import cal
from app.lib.dav.problems import Problem
from app.lib.downloads import name_in
from app.lib.ical import Component
from app.models.base import NotFound, Refused
from app.models.brand import addresses
from app.models.calendar import managed
from app.models.calendar.attachments import MOST, Attached, CalendarAttachment, keep_sent
from app.models.calendar.indexing import check
from app.models.calendar.programs import write
from app.models.dav import Caller
from app.models.files import Blob, QuotaFull, receive
from app.routes.dav import trees
from app.routes.dav.calendars.data import KIND
from app.routes.dav.nodes import Collection, Content, Node
from app.routes.dav.properties import READ, Properties, for_everyone
from app.routes.dav.requests import Answer, Request

if TYPE_CHECKING:
    from app.routes.dav.calendars.item import Item

MOST_BYTES = 250_000_000
ADD, UPDATE, REMOVE = "attachment-add", "attachment-update", "attachment-remove"


async def change(item: Item, request: Request) -> Answer:
    """What `?action=` asks: 201 with the id of a file that was added, 200 or 204 for one that was replaced or removed. Raises `Problem`."""
    from app.routes.dav.calendars.item import condition_of, refusals

    asked = {name: values[-1] for name, values in parse_qs(request.query).items()}
    action, managed_id = asked.get("action", ""), asked.get("managed-id", "")
    if action not in (ADD, UPDATE, REMOVE):
        raise Problem(403, cal("valid-action-parameter"))
    if (action == ADD) == bool(managed_id):
        raise Problem(403, cal("valid-managed-id-parameter"))
    if action == UPDATE and "rid" in asked:
        raise Problem(403, cal("valid-rid-parameter"))
    if not item.may_write:
        raise trees.forbidden(item, "write-content")
    request.match.check(item.etag)
    event = check(item.row["ics"])
    rids = [one for one in asked.get("rid", "").split(",") if one]
    blob = None
    if action != REMOVE:
        if action == ADD and managed.most_named(event) >= MOST:
            raise Problem(403, cal("max-attachments-per-resource"))
        _at(event, managed_id, rids, Attached("", ""))  # is it there at all, before all is sent
        blob, event = await _received(request), check(item.row["ics"])
    async with database.transaction():  # a file is kept only with the event that names it
        file = await _kept(item, request, blob) if blob is not None else None
        _at(event, managed_id, rids, file.attached(_origin(request)) if file else None)
        with refusals(item.parent):
            kept = await write(item.parent.viewer, item.parent.calendar, item.row["href"], event.serialize(), condition_of(request.match, item.row))
    return await _told(item, request, 201 if action == ADD else 204, kept.etag, file.token if file else "")


def _at(event: Component, managed_id: str, rids: list[str], file: Attached | None) -> None:
    try:
        if file is None:
            managed.detach(event, managed_id, rids)
        elif managed_id:
            managed.replace(event, managed_id, file)
        else:
            managed.attach(event, rids, file)
    except (NotFound, ValueError):
        raise Problem(403, cal("valid-rid-parameter" if rids else "valid-managed-id-parameter")) from None


async def _received(request: Request) -> Blob:
    try:
        return await receive(request.pieces(MOST_BYTES), MOST_BYTES)
    except blobs.NoRoom:
        raise Problem(507, "{DAV:}sufficient-disk-space") from None
    except Refused:
        raise Problem(403, cal("max-attachment-size")) from None
    except Problem as problem:
        raise Problem(problem.status, cal("max-attachment-size"), headers=problem.headers) from None


async def _kept(item: Item, request: Request, blob: Blob) -> CalendarAttachment:
    kind = request.header("content-type").partition(";")[0].strip()
    name = file_names.fitted(name_in(request.header("content-disposition")) or f"attachment{guess_extension(kind) or ''}")
    try:
        return await keep_sent(item.parent.viewer, name, blob)
    except QuotaFull as full:
        raise Problem(507, "{DAV:}quota-not-exceeded", text=str(full)) from None


async def _told(item: Item, request: Request, status: int, etag: str, managed_id: str) -> Answer:
    headers = [(b"etag", f'"{etag}"'.encode()), *([(b"cal-managed-id", managed_id.encode())] if managed_id else [])]
    if "return=representation" not in request.header("prefer").replace(" ", ""):
        return Answer(status, tuple(headers))
    node = await item.parent.find(item.row["href"])
    assert node is not None
    content = await node.read(request)
    assert isinstance(content.body, bytes)
    return Answer(201 if status == 201 else 200, ((b"content-type", KIND.encode()), (b"content-location", item.href.encode()), *headers), content.body)


def _origin(request: Request) -> str:
    state = request.scope["state"]
    return addresses.origin_of(state["brand"].host) if state["brand"].host else f"{state['scheme']}://{request.header('host')}"


# -- the files themselves


class Attachments(Collection):
    """Where events say that their files are; nothing is listed."""

    is_listed = False

    def __init__(self, caller: Caller, token: str = "") -> None:
        super().__init__(caller, "/calendar/attachments/")
        self._token = token

    @property
    def properties(self) -> Properties:
        return for_everyone(self.caller, self.caller.principal, READ)

    async def real(self) -> Node | None:
        return None

    async def find(self, name: str) -> Node | None:
        if not self._token:
            return Attachments(self.caller, name)
        for viewer in self.caller.viewers:
            try:
                return File(self.caller, f"{self.href}{self._token}/{name}", await access.find_attachment(viewer, self._token))
            except NotFound:
                continue
        return None


class File(Node):
    """A file of an event that the caller may read."""

    def __init__(self, caller: Caller, href: str, file: CalendarAttachment) -> None:
        super().__init__(caller, href)
        self._file = file

    @property
    def properties(self) -> Properties:
        return for_everyone(self.caller, self.caller.principal, READ)

    async def read(self, request: Request) -> Content:
        file = self._file
        body = blobs.store().stream(file.hash, 0, file.size)
        kind = file_types.media_type(file.name) or "application/octet-stream"
        return Content(body, kind, file.hash[:32], file.created_at, file.size, ((b"content-disposition", b"attachment"),))
