"""Giving out what people uploaded: ranges, validators, and never anything that runs in our origin.

Every answer has a sandbox for its policy and is an attachment unless its type is one that a browser shows by itself (pictures,
sound, video, PDF): HTML and SVG, which may hold scripts, are only ever saved. Memory stays constant.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from litestar import Request
from litestar.response import Response, Stream

from app import database
from app.lib import blobs, file_types
from app.lib.ranges import Unsatisfiable, part_of
from app.models.base import NotFound

_SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src 'self'; object-src 'none'; sandbox"


async def file_answer(
    request: Request, hash_: str, size: int, name: str, *, etag: str, modified_at: int, download: bool = False, media_type: str = ""
) -> Response[Any] | Stream:
    """The bytes of a blob as an answer to GET: 200, 206, 304, 412 or 416 (RFC 9110 §13, §14). Raises `NotFound` where they are lost."""
    headers = _headers(name, etag, modified_at, download=download, media_type=media_type)
    if (early := _unmodified(request, etag, modified_at)) is not None:
        return Response(b"", status_code=early, headers={key: headers[key] for key in ("ETag", "Last-Modified", "Cache-Control", "Vary")})
    span = _span(request, size, etag, modified_at)
    if span is None:
        return Response(b"", status_code=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    start, end, is_part = span
    if is_part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    if await blobs.store().size(hash_) is None:
        raise NotFound("content")
    await database.release_scope()
    headers["Content-Length"] = str(end - start)
    return Stream(_pieces(hash_, start, end), status_code=206 if is_part else 200, media_type=headers.pop("Content-Type"), headers=headers)


def disposition(name: str, *, download: bool) -> str:
    """Content-Disposition with a name in any script (RFC 6266, RFC 8187)."""
    plain = re.sub(r'[^ !#$&+\-.0-9A-Z^_`a-z{}~()\[\],=@]', "_", name)
    return f"{'attachment' if download else 'inline'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


async def _pieces(hash_: str, start: int, end: int) -> AsyncIterator[bytes]:
    async for piece in blobs.store().stream(hash_, start, end):
        yield piece


def _headers(name: str, etag: str, modified_at: int, *, download: bool, media_type: str) -> dict[str, str]:
    kind = media_type or file_types.media_type(name)
    safe = kind in file_types.SHOWN_AS_THEY_ARE
    is_text = kind.startswith("text/") and kind != "text/html"
    return {
        "Content-Type": kind if safe else "text/plain; charset=utf-8" if is_text and not download else kind if download else "application/octet-stream",
        "Content-Disposition": disposition(name, download=download or not safe), "Content-Security-Policy": _policy(kind),
        "ETag": etag, "Last-Modified": format_datetime(_moment(modified_at), usegmt=True), "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache", "Vary": "Cookie", "Cross-Origin-Resource-Policy": "same-origin",
    }


def _policy(kind: str) -> str:
    """A PDF is shown by the browser's own viewer, which doesn't work in a sandbox and runs nothing of the page's."""
    return "default-src 'none'; object-src 'self'; plugin-types application/pdf; frame-ancestors 'self'" if kind == "application/pdf" else _SANDBOX


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds // 1000, UTC)


def _unmodified(request: Request, etag: str, modified_at: int) -> int | None:
    """304 or 412 where the request's conditions say so."""
    if (wanted := request.headers.get("if-match")) and wanted != "*" and etag not in _tags(wanted):
        return 412
    if (known := request.headers.get("if-none-match")) is not None:
        return 304 if known == "*" or etag in _tags(known) else None
    since = _date(request.headers.get("if-modified-since", ""))
    return 304 if since is not None and _moment(modified_at) <= since else None


def _span(request: Request, size: int, etag: str, modified_at: int) -> tuple[int, int, bool] | None:
    """Start, end (exclusive) and whether it is a part; None for what can't be satisfied. Several ranges at once are answered whole."""
    condition = request.headers.get("if-range")
    if condition and condition != etag and _date(condition) != _moment(modified_at):
        return 0, size, False
    try:
        part = part_of(request.headers.get("range", ""), size)
    except Unsatisfiable:
        return None
    return (*part, True) if part else (0, size, False)


def _tags(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except (TypeError, ValueError):
        return None
