"""The tree of addresses: which apps have a part of it, and the walk from an address to a node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from app.lib.dav.names import d
from app.lib.dav.problems import Problem
from app.models.dav import Caller, Colleague
from app.routes.dav.nodes import Collection, Node
from app.routes.dav.properties import Properties
from app.routes.dav.requests import Request

CLASSES = ("1", "3", "extended-mkcol", "access-control")
Additions = Callable[[Caller, Colleague | None], Properties]


def _nothing(_caller: Caller, _colleague: Colleague | None) -> Properties:
    return {}


@dataclass(frozen=True, slots=True)
class Tree:
    """One app's part: `/dav/NAME/`. `classes` goes into the DAV header; `additions` are properties of the caller's own principal, or of a colleague's."""

    name: str
    root: Callable[[Caller], Collection]
    classes: tuple[str, ...] = ()
    additions: Additions = _nothing


_trees: dict[str, Tree] = {}


def register(tree: Tree) -> None:
    """Let an app have its part."""
    _trees[tree.name] = tree
    _classes.cache_clear()


def all_trees() -> Sequence[Tree]:
    """Every app's part."""
    return tuple(_trees.values())


def classes_of(segments: Sequence[str]) -> str:
    """The value of the DAV header: what can be asked at an address. At a principal, everything: clients look there for what there is."""
    return _classes(segments[1] if len(segments) > 1 else "")


@cache
def _classes(name: str) -> str:
    tree = _trees.get(name)
    added = tree.classes if tree else tuple(dict.fromkeys(name for one in all_trees() for name in one.classes if name != "2"))
    return ", ".join(sorted({*CLASSES, *added}, key=lambda name: (not name.isdigit(), name)))


async def find(request: Request) -> Node:
    """The node at the request's address. Raises `Problem` (404)."""
    node = await look(request.caller, request.segments)
    if node is None:
        raise missing()
    return node


async def look(caller: Caller, segments: Sequence[str]) -> Node | None:
    """The node at some segments, of which the first is "dav"; None where there is none that the caller may see."""
    return (await look_with_parent(caller, segments))[1]


async def look_with_parent(caller: Caller, segments: Sequence[str]) -> tuple[Node | None, Node | None]:
    """What something at these segments is in, or would be, and itself; None for each where there is none that the caller may see."""
    from app.routes.dav.principals import Root

    return await Root(caller).along(segments[1:])


async def parent_of(request: Request, segments: Sequence[str]) -> Collection:
    """The collection that something at these segments would be in. Raises `Problem`: 409 where there is none (RFC 4918 §9.7.1)."""
    if len(segments) < 2:
        raise Problem(403, text="Nothing can be put here.")
    found = await look(request.caller, segments[:-1])
    if not isinstance(found, Collection):
        raise no_parent()
    return found


def no_parent() -> Problem:
    """There is nothing that it could be in (RFC 4918 §9.7.1)."""
    return Problem(409, text="There is no collection to put it into.")


def missing() -> Problem:
    """There is no such thing, or it isn't for this caller: both look the same."""
    return Problem(404, text="There is nothing here.")


def forbidden(node: Node, privilege: str) -> Problem:
    """The caller lacks a privilege (RFC 3744 §7.1.1)."""
    inner = b"<d:resource><d:href>" + node.href.encode() + b"</d:href><d:privilege><d:" + privilege.encode() + b"/></d:privilege></d:resource>"
    return Problem(403, d("need-privileges"), inner=inner)
