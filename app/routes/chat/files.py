"""Files of messages: given out in a sandbox and in ranges, small pictures of them, and what a channel has."""

from __future__ import annotations

from typing import Any

from litestar import Request, get
from litestar.params import FromPath, FromQuery
from litestar.response import Response, Stream

from app import access
from app.lib import blobs, file_types
from app.lib.names import full_name
from app.models.chat import files, log
from app.models.chat.files import MessageFile
from app.render import fragment
from app.routes.chat.channels import channel_page
from app.routes.files import file_answer
from app.routes.manager import wants

_THUMB_HEADERS = {
    "Cache-Control": "private, max-age=86400", "Content-Security-Policy": "default-src 'none'; sandbox", "X-Content-Type-Options": "nosniff",
    "Content-Disposition": "inline", "Cross-Origin-Resource-Policy": "same-origin",
}


@get("/chat/files/{file_id:int}", include_in_schema=False)
async def show_file(request: Request, file_id: FromPath[int], download: FromQuery[int] = 0) -> Response[Any] | Stream:
    """The file, or the part of it that a Range asks for."""
    file = await _file(request, file_id)
    etag = f'"{file.hash[:32]}"'
    return await file_answer(request, file.hash, file.size, file.name, etag=etag, modified_at=file.created_at, download=bool(download))


@get("/chat/files/{file_id:int}/thumb", include_in_schema=False)
async def show_thumb(request: Request, file_id: FromPath[int]) -> Response[Any] | Stream:
    """The small picture; the picture itself as long as there is none and it isn't large."""
    file = await _file(request, file_id)
    small = await blobs.store().get(file.hash, files.THUMB) if file.thumb == "made" else None
    if small is not None:
        return Response(small, media_type="image/webp", headers=_THUMB_HEADERS)
    if file.kind != file_types.PICTURE or file.size > files.MOST_SHOWN:
        raise access.NotFound(f"thumb of {file_id}")
    return await file_answer(request, file.hash, file.size, file.name, etag=f'"{file.hash[:32]}"', modified_at=file.created_at)


@get("/chat/channels/{channel_id:int}/files", include_in_schema=False)
async def list_files(request: Request, channel_id: FromPath[int], before: FromQuery[int] = 0, kind: FromQuery[str] = "") -> Response[bytes]:
    """The panel of a channel's files, the latest first; as a page with the channel beside it."""
    channel = await access.find_channel(request.state.viewer, channel_id)
    kind = kind if kind in (file_types.PICTURE, file_types.VIDEO, file_types.AUDIO) else ""
    found = [{**row, "author": full_name(row)} for row in await files.files_in(channel.id, before, kind)]
    context: dict[str, Any] = {"files": found, "kind": kind, "more": found[-1]["id"] if len(found) == 40 else 0}
    if wants(request, "detail"):
        return fragment(request, "chat/_files.html", channel=channel, **context)
    piece = await log.opening(channel.id, channel.read_up_to, channel.last_message_id)
    return await channel_page(request, channel, piece, panel="chat/_files.html", **context)


async def _file(request: Request, file_id: int) -> MessageFile:
    access.require(request.state.viewer, "chat.use")
    return await MessageFile.found(request.state.viewer, file_id)


handlers = [show_file, show_thumb, list_files]
