"""DAV:expand-property (RFC 3253 §3.8): properties of what properties point to. Apple's programs ask it of principals."""

from __future__ import annotations

from app.lib.dav.names import DAV, d
from app.lib.dav.problems import Problem
from app.lib.dav.reading import Element, children, parse
from app.lib.dav.writing import MULTISTATUS, MULTISTATUS_END, document, element, elements, propstat
from app.lib.dav.writing import href as href_element
from app.routes.dav import trees
from app.routes.dav.nodes import NO_DEAD, Collection, Node
from app.routes.dav.principals import EXPAND
from app.routes.dav.reports import report
from app.routes.dav.requests import Answer, Request, multistatus
from app.routes.dav.wanted import Wanted

DEEPEST, MOST = 3, 100


@report(EXPAND)
async def expand(request: Request, collection: Collection, root: Element) -> Answer:
    """One response for the node, with responses inside where a property holds addresses and more is asked of them."""
    return multistatus(MULTISTATUS + await _expanded(request, collection, root, 0) + MULTISTATUS_END)


async def _expanded(request: Request, node: Node, asked: Element, depth: int) -> bytes:
    properties = node.properties
    found, missing = [], []
    parts = [part for part in children(asked) if part.tag == d("property") and part.get("name")][:MOST]
    names = {f"{{{part.get('namespace') or DAV}}}{part.get('name')}": part for part in parts}
    wanted = Wanted(dict.fromkeys(names))
    await node.prepare(wanted.names_of(properties))
    dead = await node.dead() if wanted.needs_dead(properties) else NO_DEAD
    for name, part in names.items():
        if name in dead:
            found.append(dead[name])
            continue
        inner = properties[name].read(node.subject) if name in properties else None
        if inner is None:
            missing.append(name)
        elif len(part) and depth < DEEPEST:
            found.append(element(name, await _followed(request, inner, part, depth)))
        else:
            found.append(element(name, inner))
    return (
        b"<d:response>" + href_element(node.href) + propstat(200, b"".join(found)) + (propstat(404, elements(*missing)) if missing else b"")
        + b"</d:response>"
    )


async def _followed(request: Request, inner: bytes, part: Element, depth: int) -> bytes:
    responses = []
    for one in children(parse(document(d("prop"), inner))):
        if one.tag != d("href") or not one.text:
            continue
        try:
            segments, _slash = request.segments_of(one.text)
            node = await trees.look(request.caller, segments)
        except Problem:
            node = None
        if node is not None:
            responses.append(await _expanded(request, node, part, depth + 1))
    return b"".join(responses)
