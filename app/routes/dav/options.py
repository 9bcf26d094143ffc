"""OPTIONS: what can be asked at an address (RFC 4918 §10.1)."""

from __future__ import annotations

from app.routes.dav import trees
from app.routes.dav.requests import Answer, Request

_METHODS = b"OPTIONS, GET, HEAD, PUT, DELETE, PROPFIND, PROPPATCH, REPORT, MKCOL, COPY, MOVE, ACL"


async def answer(request: Request) -> Answer:
    """The classes and methods, also for an address where nothing is yet."""
    classes = trees.classes_of(request.segments)
    methods = _METHODS
    if "2" in classes.split(", "):
        methods += b", LOCK, UNLOCK"
    if "calendar-access" in classes:
        methods += b", MKCALENDAR, POST"
    return Answer(200, ((b"dav", classes.encode()), (b"allow", methods), (b"ms-author-via", b"DAV")))
