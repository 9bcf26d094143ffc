"""POST: what an outbox is asked (RFC 6638 §5)."""

from __future__ import annotations

from app.routes.dav import trees
from app.routes.dav.requests import Answer, Request


async def answer(request: Request) -> Answer:
    """Whatever the node answers."""
    node = await trees.find(request)
    return await node.post(request)
