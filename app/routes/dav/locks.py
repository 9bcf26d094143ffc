"""Locks, for the parts that have them (class 2): what stands in the way of a change."""

from __future__ import annotations

from app.routes.dav.nodes import Node
from app.routes.dav.requests import Request


async def check(request: Request, node: Node, *, name: str = "", is_deep: bool = False) -> None:
    """Raises `Problem` (423, or 412) where a lock stands in the way of changing the node, or a new member `name` of it."""


async def forget(node: Node) -> None:
    """It is gone from its address, and its locks with it."""
