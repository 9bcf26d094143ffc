"""PUT: one call on the node, or on the collection it is to be in."""

from __future__ import annotations

from app.lib.dav.problems import Problem
from app.routes.dav import locks, trees
from app.routes.dav.nodes import Collection
from app.routes.dav.requests import Answer, Request


async def answer(request: Request) -> Answer:
    """201 for what is new, 204 for what was replaced; the ETag where the bytes were kept as they came."""
    if request.header("content-range"):
        raise Problem(400, text="Parts can’t be stored (RFC 9110 §14.5).")
    if request.header("content-encoding") not in ("", "identity"):
        raise Problem(415, text="Send the content as it is, not compressed.")
    parent, node = await trees.look_with_parent(request.caller, request.segments)
    if isinstance(node, Collection):
        raise Problem(405, text="There is a collection at this address.")
    if request.has_slash:
        raise Problem(409, text="The address is a collection’s.")
    if node is not None:
        await locks.check(request, node)
        if not node.may_write:
            raise trees.forbidden(node, "write-content")
        stored = await node.put(request, request.match)
    else:
        if not isinstance(parent, Collection):
            raise trees.no_parent()
        await locks.check(request, parent, name=request.segments[-1])
        if not parent.may_write:
            raise trees.forbidden(parent, "bind")
        stored = await parent.create(request.segments[-1], request, request.match)
    headers = stored.headers if stored.etag is None else ((b"etag", f'"{stored.etag}"'.encode()), *stored.headers)
    return Answer(201 if stored.is_new else 204, headers)
