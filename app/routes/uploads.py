"""Receiving files of any size in pieces: tus 1.0 (https://tus.io/protocols/resumable-upload) with creation, creation-with-upload,
termination, checksum, expiration and concatenation.

What was uploaded belongs nowhere until a room redeems its token (`app.models.files`): the last part of the upload's address.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator
from email.utils import formatdate
from typing import Any

from litestar import Request, delete, patch, post, route
from litestar.datastructures import UploadFile
from litestar.enums import HttpMethod
from litestar.params import FromPath
from litestar.response import Response

from app import database
from app.access import require_upload
from app.lib.blobs import CHUNK, NoRoom
from app.lib.numbers import whole
from app.models.base import NotFound, Refused
from app.models.files.concatenation import concatenate
from app.models.files.storage import QuotaFull
from app.models.files.upload import MOST, PARTIAL, Busy, Upload, WrongOffset, WrongSum
from app.models.links import PublicLink
from app.models.links.visits import check_room
from app.routes.guard import OPEN

_VERSION = "1.0.0"
_SUMS = ("sha256", "sha1", "md5")
_OFFERED = {
    "Tus-Version": _VERSION, "Tus-Max-Size": str(MOST), "Tus-Checksum-Algorithm": ",".join(_SUMS),
    "Tus-Extension": "creation,creation-with-upload,termination,checksum,expiration,concatenation",
}
_STATUS = {Busy: 423, WrongOffset: 409, WrongSum: 460, QuotaFull: 413}


@route("/uploads", http_method=[HttpMethod.OPTIONS], opt=OPEN, include_in_schema=False)
async def show_abilities(request: Request) -> Response[bytes]:
    """What this server can (tus 1.0, OPTIONS)."""
    return _answer(204, _OFFERED)


@post("/uploads", request_max_body_size=None, include_in_schema=False)
async def create_upload(request: Request) -> Response[bytes]:
    """Begin an upload, or make one of several (Concatenation); with a body, its first piece."""
    viewer = request.state.viewer
    require_upload(viewer)
    return await begin(request, viewer.org_id, viewer.account_id, viewer.account_id)


@route("/uploads/{token:str}", http_method=[HttpMethod.HEAD], opt=OPEN, include_in_schema=False)
async def show_upload(request: Request, token: FromPath[str]) -> Response[bytes]:
    """How much has arrived."""
    if refusal := _refusal(request):
        return refusal
    try:
        upload = await Upload.by_token(token, request.state.viewer)
    except NotFound:
        return _answer(404)
    return _answer(200, _facts(upload) | {"Upload-Length": str(upload.length), "Cache-Control": "no-store"})


@patch("/uploads/{token:str}", opt=OPEN, request_max_body_size=None, include_in_schema=False)
async def append_to_upload(request: Request, token: FromPath[str]) -> Response[bytes]:
    """Take the next piece."""
    offset = whole(request.headers.get("upload-offset", ""))
    if refusal := _refusal(request):
        return refusal
    if offset is None or request.headers.get("content-type") != "application/offset+octet-stream":
        return _answer(400 if offset is None else 415)
    return await _told(_append(request, token, offset))


@delete("/uploads/{token:str}", status_code=200, opt=OPEN, include_in_schema=False)
async def discard_upload(request: Request, token: FromPath[str]) -> Response[bytes]:
    """Stop, and forget what has arrived."""
    async def discard() -> Response[bytes]:
        await (await Upload.by_token(token, request.state.viewer)).discard()
        return _answer(204)

    return _refusal(request) or await _told(discard())


async def begin(request: Request, org_id: int, account_id: int | None, charged_id: int | None, link: PublicLink | None = None) -> Response[bytes]:
    """Begin an upload for an account, or, without one, for whoever gets the token by a link."""
    return _refusal(request) or await _told(_begin(request, org_id, account_id, charged_id, link))


async def pieces_of(sent: UploadFile) -> AsyncIterator[bytes]:
    """The bytes of a file that came with a form."""
    while piece := await sent.read(CHUNK):
        yield piece


async def _begin(request: Request, org_id: int, account_id: int | None, charged_id: int | None, link: PublicLink | None) -> Response[bytes]:
    metadata, concat = _metadata(request.headers.get("upload-metadata", "")), request.headers.get("upload-concat", "")
    if concat.startswith("final"):
        tokens = [address.rstrip("/").rpartition("/")[2] for address in concat.partition(";")[2].split()]
        upload, token = await concatenate(tokens, request.state.viewer, metadata)
        return _created(upload, token)
    length = whole(request.headers.get("upload-length", ""))
    if length is None or concat not in ("", PARTIAL):
        return _answer(400)
    async with database.transaction():
        if link is not None:
            await check_room(link, length)
        upload, token = await Upload.begin(
            org_id, length, account_id=account_id, charged_id=charged_id, link_id=link.id if link else None, metadata=metadata, concat=concat
        )
    if request.headers.get("content-type") == "application/offset+octet-stream":
        await upload.add(0, _body(request), _checksum(request))
    return _created(upload, token)


async def _append(request: Request, token: str, offset: int) -> Response[bytes]:
    upload = await Upload.by_token(token, request.state.viewer)
    checksum = _checksum(request)
    await database.release_scope()
    reached = await upload.add(offset, _body(request), checksum)
    return _answer(204, _facts(upload) | {"Upload-Offset": str(reached)})


async def _body(request: Request) -> AsyncIterator[bytes]:
    async for piece in request.stream():
        yield piece


async def _told(work: Any) -> Response[bytes]:
    """The answer, or the status that says why there is none, with a reason for people."""
    try:
        answer: Response[bytes] = await work
    except NoRoom:
        return _answer(507, body="The server’s disk is full. What has arrived was kept; please tell an administrator.")
    except NotFound:
        return _answer(404)
    except Refused as refused:
        return _answer(next((status for kind, status in _STATUS.items() if isinstance(refused, kind)), 400), body=str(refused))
    return answer


def _refusal(request: Request) -> Response[bytes] | None:
    return _answer(412, _OFFERED) if request.headers.get("tus-resumable") != _VERSION else None


def _created(upload: Upload, token: str) -> Response[bytes]:
    return _answer(201, _facts(upload) | {"Location": f"/uploads/{token}"})


def _facts(upload: Upload) -> dict[str, str]:
    known = {"Upload-Offset": str(upload.offset), "Upload-Expires": formatdate(upload.expires_at / 1000, usegmt=True)}
    return known | ({"Upload-Concat": upload.concat} if upload.concat == PARTIAL else {})


def _answer(status: int, headers: dict[str, str] | None = None, body: str = "") -> Response[bytes]:
    known = {"Tus-Resumable": _VERSION, "Cache-Control": "no-store"}
    return Response(body.encode(), status_code=status, media_type="text/plain", headers=known | (headers or {}))


def _metadata(header: str) -> dict[str, str]:
    """`filename d29ybGQ=,note` as texts by name. Raises `Refused` for what is no base64 of UTF-8."""
    found = {}
    try:
        for pair in header.split(","):
            name, _space, value = pair.strip().partition(" ")
            if name:
                found[name[:50]] = base64.b64decode(value, validate=True).decode()[:2000]
    except (binascii.Error, UnicodeDecodeError):
        raise Refused("Upload-Metadata can’t be read.") from None
    return found


def _checksum(request: Request) -> tuple[str, bytes] | None:
    header = request.headers.get("upload-checksum", "")
    algorithm, _space, value = header.partition(" ")
    if not header:
        return None
    try:
        if algorithm in _SUMS:
            return algorithm, base64.b64decode(value, validate=True)
    except binascii.Error:
        pass
    raise Refused("Upload-Checksum can’t be read.")


handlers = [show_abilities, create_upload, show_upload, append_to_upload, discard_upload]
