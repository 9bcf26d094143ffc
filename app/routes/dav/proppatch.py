"""PROPPATCH: all changes of properties, or none (RFC 4918 §9.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app import database
from app.lib.dav.names import d
from app.lib.dav.problems import Problem
from app.lib.dav.reading import Element, children, serialised
from app.lib.dav.writing import MULTISTATUS, MULTISTATUS_END, elements, href, propstat
from app.models.base import Refused
from app.models.dav.property import MOST, PropertiesFull, check_room
from app.routes.dav import locks, trees
from app.routes.dav.nodes import Node
from app.routes.dav.properties import Setter
from app.routes.dav.propfind import PREFERENCE
from app.routes.dav.requests import Answer, Request, multistatus


async def answer(request: Request) -> Answer:
    """A 207 with how it went with each property."""
    root = await request.xml()
    if root is None or root.tag != d("propertyupdate"):
        raise Problem(400, text="The body isn’t a propertyupdate.")
    node = await trees.find(request)
    await locks.check(request, node)
    if not node.may_write and not node.dead_kind:
        raise trees.forbidden(node, "write-properties")
    changes = _asked(root)
    refused = await _changed(node, changes)
    if request.is_minimal and not refused:
        return Answer(200, (PREFERENCE,))
    return multistatus(MULTISTATUS + b"<d:response>" + href(node.href) + _outcome(changes, refused) + b"</d:response>" + MULTISTATUS_END)


def _asked(root: Element) -> dict[str, Element | None]:
    """The properties to set, and to remove with None, the last word on each counting."""
    found: dict[str, Element | None] = {}
    for part in children(root):
        if part.tag not in (d("set"), d("remove")):
            continue
        for prop in children(part):
            for one in children(prop):
                found.pop(str(one.tag), None)
                found[str(one.tag)] = one if part.tag == d("set") else None
    if len(found) > 2 * MOST:  # all that there are removed, and others set
        raise Problem(403, text="These are too many properties at once.")
    return found


async def _changed(node: Node, changes: Mapping[str, Element | None]) -> dict[str, tuple[int, bytes]]:
    """Do it, or say which properties refuse, with status and precondition."""
    fields, dead, refused = sort_out(changes, node.setters, node.properties)
    if fields and not node.may_write:
        refused |= {name: (403, b"") for name in changes if name in node.setters}
    if dead and (not node.dead_kind or (node.is_dead_shared and not node.may_write)):
        refused |= dict.fromkeys(dead, (403, b""))
    if refused:
        return refused
    try:
        async with database.transaction():
            if fields:
                await node.change(**fields)
            if dead:
                await node.set_dead(dead)
    except PropertiesFull:
        return dict.fromkeys(dead, FULL)
    except Refused:
        return {name: (409, b"") for name in changes if name in node.setters}
    return {}


def sort_out(
    changes: Mapping[str, Element | None], setters: Mapping[str, Setter], live: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, bytes | None], dict[str, tuple[int, bytes]]]:
    """Fields of the model to set, properties to keep as they are, and those that can't be set, with the reason."""
    fields: dict[str, Any] = {}
    dead: dict[str, bytes | None] = {}
    refused: dict[str, tuple[int, bytes]] = {}
    for name, given in changes.items():
        setter = setters.get(name)
        if setter is not None:
            try:
                fields[setter.field] = setter.removed if given is None else setter.parse(given)
            except ValueError:
                refused[name] = (409, b"")
        elif name in live or name in _PROTECTED:
            refused[name] = (403, elements(d("cannot-modify-protected-property")))
        else:
            dead[name] = None if given is None else serialised(given)
    try:
        check_room([value for value in dead.values() if value is not None])
    except PropertiesFull:
        refused |= dict.fromkeys(dead, FULL)
    return fields, dead, refused


FULL = (507, elements(d("quota-not-exceeded")))  # RFC 4918 §9.2, RFC 4331 §6
_PROTECTED = frozenset(
    d(name) for name in ("getetag", "getcontentlength", "getlastmodified", "creationdate", "lockdiscovery", "supportedlock", "resourcetype", "sync-token")
)


def _outcome(changes: Mapping[str, Any], refused: Mapping[str, tuple[int, bytes]]) -> bytes:
    """One propstat for each outcome. Where one property refuses, the others failed for its sake (424)."""
    if not refused:
        return propstat(200, elements(*changes))
    groups: dict[tuple[int, bytes], list[str]] = {}
    for name in changes:
        groups.setdefault(refused.get(name, (424, b"")), []).append(name)
    return b"".join(propstat(code, elements(*names), error) for (code, error), names in groups.items())
