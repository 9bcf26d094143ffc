"""COPY and MOVE, within the part of one app (RFC 4918 §9.8, §9.9)."""

from __future__ import annotations

from app.lib.dav.headers import INFINITY, may_overwrite
from app.lib.dav.problems import Problem
from app.routes.dav import locks, trees
from app.routes.dav.nodes import Node
from app.routes.dav.requests import Answer, Request


async def answer(request: Request) -> Answer:
    """201 where nothing was, 204 where something was replaced."""
    is_move = request.method == "MOVE"
    if not request.header("destination"):
        raise Problem(400, text="There is no Destination.")
    source = await trees.find(request)
    depth = request.depth(INFINITY)
    if depth == 1 or (is_move and source.is_collection and depth != INFINITY):
        raise Problem(400, text="That Depth means nothing here.")
    to, _slash = request.segments_of(request.header("destination"))
    _check_places(request.segments, to, is_deep=source.is_collection and depth != 0)
    target = await trees.look(request.caller, to)
    if target is not None and not may_overwrite(request.header("overwrite")):
        raise Problem(412, text="There is something at the destination.")
    await _check_rights(request, source, to, target, is_move=is_move)
    request.match.check(source.etag)
    parent = await trees.parent_of(request, to)
    if is_move:
        await parent.move(source, to[-1], over=target)
        await locks.forget(source)
    else:
        await parent.copy(source, to[-1], depth=depth, over=target)
    return Answer(204 if target else 201)


def _check_places(source: list[str], to: list[str], *, is_deep: bool) -> None:
    """Raises `Problem`: onto itself, into itself, over what it is in, or into another app's part."""
    if to == source:
        raise Problem(403, text="Source and destination are the same.")
    if (is_deep and to[: len(source)] == source) or source[: len(to)] == to:
        raise Problem(409 if is_deep and to[: len(source)] == source else 403, text="One of them is in the other.")
    if len(to) < 3 or source[:2] != to[:2]:
        raise Problem(403, text="It can’t be taken there.")


async def _check_rights(request: Request, source: Node, to: list[str], target: Node | None, *, is_move: bool) -> None:
    parent = await trees.parent_of(request, to)
    if not parent.may_write:
        raise trees.forbidden(parent, "bind")
    if target is None:
        await locks.check(request, parent, name=to[-1])
    else:
        await locks.check(request, target, is_deep=True)
    if is_move:
        if not source.may_write:
            raise trees.forbidden(source, "unbind")
        await locks.check(request, source, is_deep=True, leaves=True)
