"""GET and HEAD."""

from __future__ import annotations

from app.routes.dav import trees
from app.routes.dav.properties import http_date
from app.routes.dav.requests import Answer, Request


async def answer(request: Request) -> Answer:
    """What is stored there, as it was stored."""
    node = await trees.find(request)
    content = await node.read(request)
    headers = [(b"content-type", content.kind.encode()), *content.headers]
    size = len(content.body) if isinstance(content.body, bytes) else content.size
    headers.append((b"content-length", str(size).encode()))
    if content.etag is not None:
        headers.append((b"etag", f'"{content.etag}"'.encode()))
    if content.modified_at is not None:
        headers.append((b"last-modified", http_date(content.modified_at)))
    if content.etag is not None and not request.match.holds(content.etag):
        return Answer(412 if request.match.some is not None else 304, tuple(one for one in headers if one[0] in _NOT_MODIFIED))
    status = 206 if any(name == b"content-range" for name, _value in content.headers) else 200
    return Answer(status, tuple(headers), b"" if request.method == "HEAD" else content.body)


_NOT_MODIFIED = (b"etag", b"last-modified")
