"""MKCOL, also with the properties to begin with (RFC 5689), and MKCALENDAR (RFC 4791 §5.3.1), which is the same with another name."""

from __future__ import annotations

from app.lib.dav.names import cal, d
from app.lib.dav.problems import Problem
from app.lib.dav.reading import Element, children
from app.lib.dav.writing import document, elements, propstat
from app.routes.dav import locks, trees
from app.routes.dav.nodes import Collection, Made
from app.routes.dav.proppatch import sort_out
from app.routes.dav.requests import XML, Answer, Request

_ROOTS = {"MKCOL": d("mkcol"), "MKCALENDAR": cal("mkcalendar")}


async def answer(request: Request) -> Answer:
    """201 with a new collection."""
    body = await request.body(1_000_000)
    if await trees.look(request.caller, request.segments) is not None:
        raise Problem(405, d("resource-must-be-null"), text="There is something at this address.")
    parent = await trees.parent_of(request, request.segments)
    await locks.check(request, parent, name=request.segments[-1])
    if not parent.may_write:
        raise trees.forbidden(parent, "bind")
    made, refused = _asked(request, parent, body)
    if refused:
        return Answer(403, (XML,), refused)
    await parent.make(request.segments[-1], made)
    return Answer(201, ((b"cache-control", b"no-cache"),))


def _asked(request: Request, parent: Collection, body: bytes) -> tuple[Made, bytes]:
    """What is to be made, and the answer's body where properties refuse."""
    is_calendar = request.method == "MKCALENDAR"
    implied = frozenset((cal("calendar"),)) if is_calendar else frozenset[str]()
    if not body.strip():
        _check_kinds(parent, implied)
        return Made(implied), b""
    root = _root(request, body)
    properties = {str(one.tag): one for part in children(root) for prop in children(part) for one in children(prop)}
    kind = properties.pop(d("resourcetype"), None)
    kinds = implied if kind is None else frozenset(str(one.tag) for one in children(kind)) - {d("collection")}
    _check_kinds(parent, kinds)
    fields, dead, refused = sort_out(properties, parent.made_setters, {})
    if refused:
        answered = b"".join(propstat(code, elements(name), error) for name, (code, error) in refused.items())
        others = [name for name in properties if name not in refused]
        name = cal("mkcalendar-response") if is_calendar else d("mkcol-response")
        return Made(kinds), document(name, answered + (propstat(424, elements(*others)) if others else b""))
    return Made(kinds, fields, {name: value for name, value in dead.items() if value is not None}), b""


def _root(request: Request, body: bytes) -> Element:
    """The body's root. A MKCOL with something else than XML is refused with 415 (RFC 4918 §9.3)."""
    from app.lib.dav.reading import parse

    kind = request.header("content-type").partition(";")[0].strip().lower()
    if kind and not kind.endswith("xml"):
        raise Problem(415, text="The body isn’t XML.")
    root = parse(body)
    if root.tag != _ROOTS[request.method]:
        raise Problem(415, text="The body isn’t what this method takes.")
    return root


def _check_kinds(parent: Collection, kinds: frozenset[str]) -> None:
    """Raises `Problem` where this kind of collection isn't made here."""
    if not (kinds <= parent.kinds and (kinds or parent.makes_plain)):
        raise Problem(403, d("valid-resourcetype"))
