"""Files of events: what of Drive can be attached, and the file itself for who may read an event that names it."""

from __future__ import annotations

from typing import Any

from litestar import Request, get
from litestar.params import FromPath, FromQuery
from litestar.response import Response, Stream

from app import access
from app.models.calendar.attachments import FROM_DRIVE, CalendarAttachment
from app.models.drive import marks
from app.models.drive.searching import FILE
from app.models.search import search, visible_scopes
from app.models.viewer import Viewer
from app.render import fragment
from app.routes.files import file_answer

MOST = 8


@get("/calendar/attachments", include_in_schema=False)
async def list_attachable(request: Request, q: FromQuery[str] = "") -> Response[bytes]:
    """Files of Drive that match some letters, or those one had open last; and an address that was typed."""
    viewer = request.state.viewer
    access.require_member(viewer, "calendar.use")
    typed = q.strip()[:2000]
    address = typed if typed.startswith(("https://", "http://")) else ""
    return fragment(request, "calendar/_attachment_options.html", files=[] if address else await _files(viewer, typed), address=address)


@get("/calendar/attachments/{token:str}/{name:str}", include_in_schema=False)
async def show_attachment(request: Request, token: FromPath[str], name: FromPath[str], download: FromQuery[int] = 0) -> Response[Any] | Stream:
    """A file of an event."""
    return await attachment_answer(request, await access.find_attachment(request.state.viewer, token), download=bool(download))


async def attachment_answer(request: Request, file: CalendarAttachment, *, download: bool = False) -> Response[Any] | Stream:
    """The bytes of a file, in a sandbox."""
    etag = f'"{file.hash[:32]}"'
    return await file_answer(request, file.hash, file.size, file.name, etag=etag, modified_at=file.created_at, download=download)


async def _files(viewer: Viewer, typed: str) -> list[dict[str, str]]:
    if not viewer.can_use("drive"):
        return []
    if not typed:
        seen = [item.node for item in await marks.recent(viewer) if item.node.is_file]
        return [{"value": f"{FROM_DRIVE}{node.id}", "name": node.name} for node in seen[:MOST]]
    hits = await search(await visible_scopes(viewer, [FILE]), viewer.org_id, typed, [FILE], limit=3 * MOST)
    nodes = [(await access.find_drive_node(viewer, hit.id)).node for hit in hits]
    return [{"value": f"{FROM_DRIVE}{node.id}", "name": node.name} for node in nodes if node.is_file][:MOST]


handlers = [list_attachable, show_attachment]
