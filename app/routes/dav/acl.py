"""ACL: shares are made in the suite, where people see whom they share with; a client's list is refused (RFC 3744 §8.1.1)."""

from __future__ import annotations

from app.lib.dav.names import d
from app.lib.dav.problems import Problem
from app.routes.dav import trees
from app.routes.dav.requests import Answer, Request


async def answer(request: Request) -> Answer:
    """403, with the precondition that says why."""
    await trees.find(request)
    raise Problem(403, d("no-ace-conflict"))
