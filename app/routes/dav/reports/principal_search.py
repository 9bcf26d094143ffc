"""Looking for people by name or address (RFC 3744 §9.4, §9.5), among those that the caller works with."""

from __future__ import annotations

from app.lib.dav.names import cal, cs, d
from app.lib.dav.problems import Problem
from app.lib.dav.reading import Element, children, text
from app.lib.dav.writing import MULTISTATUS, MULTISTATUS_END, document, element, elements
from app.models.dav import colleagues
from app.routes.dav.nodes import Collection
from app.routes.dav.principals import SEARCH, SEARCHABLE, Me, Other
from app.routes.dav.propfind import own_response
from app.routes.dav.reports import report
from app.routes.dav.requests import XML, Answer, Request, multistatus
from app.routes.dav.wanted import Wanted

_SEARCHED = (d("displayname"), cs("email-address-set"), cal("calendar-user-address-set"))


@report(SEARCH)
async def search(request: Request, _collection: Collection, root: Element) -> Answer:
    """The people who match every property, or any where the test says so."""
    if request.depth(0) != 0:
        raise Problem(400, text="The Depth of this report is 0.")
    matches = [_words(one) for one in children(root) if one.tag == d("property-search")]
    if not matches or not all(matches):
        raise Problem(400, text="There is nothing to look for.")
    is_any = root.get("test") == "anyof"
    wanted = Wanted.read(root, is_minimal=request.is_minimal, leaves_zones=request.leaves_zones)
    found = {one.account_id: one for words in matches for one in await colleagues(request.caller, words=words)}
    if not is_any and len(matches) > 1:
        for words in matches:
            keep = {one.account_id for one in await colleagues(request.caller, words=words)}
            found = {id_: one for id_, one in found.items() if id_ in keep}
    caller = request.caller
    nodes: list[Collection] = [Me(caller) if id_ == caller.account_id else Other(caller, one) for id_, one in sorted(found.items())]
    return multistatus(MULTISTATUS + b"".join([await own_response(node, wanted) for node in nodes]) + MULTISTATUS_END)


def _words(part: Element) -> str:
    """What one property-search looks for; an address may come as mailto:. Properties that aren't searched find nobody."""
    names = {str(one.tag) for prop in part.iterfind(d("prop")) for one in children(prop)}
    words = text(part.find(d("match"))).strip().removeprefix("mailto:")
    return words if names & set(_SEARCHED) else ""


@report(SEARCHABLE)
async def searchable(_request: Request, _collection: Collection, _root: Element) -> Answer:
    """Which properties can be searched."""
    inner = b"".join(
        element(d("principal-search-property"), element(d("prop"), elements(name)) + element(d("description"), about))
        for name, about in zip(_SEARCHED, (b"Name", b"Email", b"Calendar address"), strict=True)
    )
    return Answer(200, (XML,), document(d("principal-search-property-set"), inner))
