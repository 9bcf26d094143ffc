"""Where the Manager begins: what there is to look after, and the tools."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from litestar import Request, get
from litestar.params import FromQuery
from litestar.response import Response

from app.access import require_colleague
from app.models.member import count_people, people_like
from app.models.organisation import Organisation
from app.models.resource import Resource
from app.models.team import teams_of
from app.models.viewer import Viewer
from app.render import fragment, page
from app.rooms import products

MANAGED = {"chat": "/manager/chat"}
"""Where each product is managed, once its room has a page for it."""

Waiting = Callable[[Viewer], Awaitable[int]]
_waiting: list[Waiting] = []


def waiting(count: Waiting) -> Waiting:
    """Register how many invitations wait, for the overview and the list of people."""
    _waiting.append(count)
    return count


async def count_waiting(viewer: Viewer) -> int:
    """How many invitations are pending."""
    return sum([await count(viewer) for count in _waiting])


@get("/manager", include_in_schema=False)
async def show_manager(request: Request) -> Response[bytes]:
    """Everybody but guests: the organisation for those who administer it, and the tools, open or not."""
    viewer = require_colleague(request.state.viewer)
    is_admin = viewer.is_admin
    return await page(
        request, "manager/start.html", products=products(), managed=MANAGED, teams=len(await teams_of(viewer.org_id)),
        resources=len(await Resource.of(viewer.org_id)), counts=await count_people(viewer.org_id) if is_admin else None,
        organisation=await Organisation.get(viewer.org_id), pending=await count_waiting(viewer) if is_admin else 0,
    )


@get("/manager/colleagues", include_in_schema=False)
async def list_colleagues(request: Request, q: FromQuery[str] = "", but: FromQuery[int] = 0) -> Response[bytes]:
    """Options for choosing somebody of the organisation."""
    viewer = require_colleague(request.state.viewer)
    return fragment(request, "shared/_people_options.html", people=await people_like(viewer, q[:100], but=but))


handlers = [show_manager, list_colleagues]
