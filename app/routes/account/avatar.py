"""Pictures of people (HOME-10)."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.datastructures import State, UploadFile
from litestar.params import FromPath
from litestar.response import Response

from app.access import find_avatar
from app.lib import blobs
from app.lib.i18n import _
from app.lib.numbers import whole
from app.lib.pictures import Crop, PictureError, square
from app.models.base import NotFound, Refused
from app.routes.account import done, own_account

SMALL = "small"
_HEADERS = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": "inline",
}


@get("/avatars/{name:str}", include_in_schema=False)
async def show_avatar(request: Request, name: FromPath[str]) -> Response[bytes]:
    """A picture of 256 pixels."""
    return await _answer(request, name, "")


@get("/avatars/{name:str}/small", include_in_schema=False)
async def show_small_avatar(request: Request, name: FromPath[str]) -> Response[bytes]:
    """The same of 64 pixels."""
    return await _answer(request, name, SMALL)


# The body is measured by Content-Length before it is read: the setting decides, not a constant.
@post("/account/avatar", status_code=200, request_max_body_size=None, include_in_schema=False)
async def replace_avatar(request: Request, state: State) -> Response[bytes]:
    """Take a picture, cut a square of it, and keep that in two sizes."""
    _check_size(request, state.settings.max_upload_mb)
    sent = await request.form()
    try:
        large, small = await square(await _content(sent.get("picture")), crop_of(sent))
    except PictureError as error:
        raise Refused(str(error)) from error
    name = await blobs.store().put(large)
    await blobs.store().put_derivative(name, SMALL, small)
    await (await own_account(request)).picture(name)
    return done(request, "/account", _("Your picture was changed."), full=True)


@post("/account/avatar/removal", status_code=200, include_in_schema=False)
async def remove_avatar(request: Request) -> Response[bytes]:
    """Back to initials."""
    await (await own_account(request)).picture("")
    return done(request, "/account", _("Your picture was removed."), full=True)


async def _answer(request: Request, name: str, size: str) -> Response[bytes]:
    await find_avatar(request.state.viewer, name)
    content = await blobs.store().get(name, size)
    if content is None:
        raise NotFound(f"avatar {name}")
    return Response(content, media_type="image/webp", headers=_HEADERS)


def _check_size(request: Request, megabytes: int) -> None:
    length = whole(request.headers.get("content-length", ""))
    if length is None or length > megabytes * 1_000_000 + 10_000:
        raise Refused(_("This picture is too large. It may have at most %(most)s MB.") % {"most": megabytes})


async def _content(sent: Any) -> bytes:
    if not isinstance(sent, UploadFile):
        raise PictureError(_("Please choose a picture first."))
    return await sent.read()


def crop_of(sent: Any) -> Crop | None:
    """The square that somebody chose in a picture; None for the middle."""
    try:
        crop = Crop(*(float(sent.get(f"crop_{edge}")) for edge in ("left", "top", "side")))
    except (TypeError, ValueError):
        return None
    return crop if all(0 <= part <= 1000 for part in crop) and crop.side > 0 else None


handlers = [show_avatar, show_small_avatar, replace_avatar, remove_avatar]
