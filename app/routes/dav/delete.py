"""DELETE."""

from __future__ import annotations

from app.routes.dav import locks, trees
from app.routes.dav.requests import Answer, Request


async def answer(request: Request) -> Answer:
    """Gone, with all that was in it."""
    node = await trees.find(request)
    await locks.check(request, node, is_deep=True, leaves=True)
    if not node.may_write:
        raise trees.forbidden(node, "unbind")
    await node.delete(request)
    await locks.forget(node)
    return Answer(204)
