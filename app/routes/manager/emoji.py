"""Emoji of the organisation's own, for those who manage Chat."""

from __future__ import annotations

from litestar import Request, delete, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Response

from app.lib import blobs
from app.lib.i18n import _
from app.lib.pictures import PictureError, within
from app.models.base import Refused
from app.models.chat import custom_emoji
from app.render import page
from app.routes.manager import done, moved
from app.routes.manager.chat import _manager

SIDE, MOST = 128, 2_000_000  # pixels, bytes


@get("/manager/chat/emoji", include_in_schema=False)
async def list_emoji(request: Request) -> Response[bytes]:
    """The page."""
    return await _page(request)


@post("/manager/chat/emoji", status_code=200, request_max_body_size=MOST + 100_000, include_in_schema=False)
async def create_emoji(request: Request) -> Response[bytes]:
    """Add one."""
    viewer = _manager(request)
    sent = await request.form()
    typed, file = str(sent.get("name") or "")[:200], sent.get("picture")
    content = await file.read() if isinstance(file, UploadFile) and file.filename else b""
    try:
        name = custom_emoji.checked_name(typed)
    except Refused as refused:
        return await _page(request, 422, typed=typed, error=str(refused))
    try:
        small, _size = await within(content, SIDE)
    except PictureError as error:
        return await _page(request, 422, typed=typed, picture_error=str(error) if content else _("Please choose a picture."))
    try:
        command = await custom_emoji.add(viewer, name, await blobs.store().put(small))
    except Refused as refused:
        return await _page(request, 422, typed=typed, error=str(refused))
    return moved(request, "/manager/chat/emoji", _("The emoji %(name)s is there.") % {"name": name}, command)


@delete("/manager/chat/emoji/{emoji_id:int}", status_code=200, include_in_schema=False)
async def delete_emoji(request: Request, emoji_id: FromPath[int]) -> Response[bytes]:
    """Remove one."""
    command = await custom_emoji.remove(_manager(request), emoji_id)
    return done(request, "/manager/chat/emoji", _("Removed."), command, emoji=True)


async def _page(request: Request, status: int = 200, *, typed: str = "", error: str = "", picture_error: str = "") -> Response[bytes]:
    viewer = _manager(request)
    emoji = await custom_emoji.emoji_of(viewer.org_id)
    return await page(request, "manager/emoji.html", status=status, emoji=emoji, typed=typed, error=error, picture_error=picture_error)


handlers = [list_emoji, create_emoji, delete_emoji]
