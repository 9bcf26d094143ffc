"""REPORT: the root element of the body says which (RFC 3253 §3.6)."""

from __future__ import annotations

from app.lib.dav.names import d
from app.lib.dav.problems import Problem
from app.routes.dav import trees
from app.routes.dav.nodes import Collection
from app.routes.dav.reports import expand, known, multiget, principal_search, sync_collection
from app.routes.dav.requests import Answer, Request

__all__ = ["answer", "expand", "multiget", "principal_search", "sync_collection"]


async def answer(request: Request) -> Answer:
    """Whatever the report answers."""
    root = await request.xml()
    if root is None:
        raise Problem(400, text="A report needs a body.")
    node = await trees.find(request)
    if not isinstance(node, Collection) or root.tag not in node.reports or root.tag not in known:
        raise Problem(403, d("supported-report"))
    return await known[str(root.tag)](request, node, root)
