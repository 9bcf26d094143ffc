"""Where the Manager begins: what there is to look after, and the tools."""

from __future__ import annotations

from litestar import Request, get
from litestar.params import FromQuery
from litestar.response import Response

from app.access import require_colleague
from app.models.invitation.pending import count_pending
from app.models.member import count_people, people_like
from app.models.organisation import Organisation
from app.models.resource import Resource
from app.models.team import team_names
from app.render import fragment, page
from app.rooms import products

MANAGED = {"chat": "/manager/chat"}
"""Where each product is managed."""


@get("/manager", include_in_schema=False)
async def show_manager(request: Request) -> Response[bytes]:
    """Everybody but guests: the organisation for those who administer it, and the tools, open or not."""
    viewer = require_colleague(request.state.viewer)
    is_admin = viewer.is_admin
    return await page(
        request, "manager/start.html", products=products(), managed=MANAGED, teams=len(await team_names(viewer.org_id)),
        resources=len(await Resource.of(viewer.org_id)), counts=await count_people(viewer.org_id) if is_admin else None,
        organisation=await Organisation.get(viewer.org_id), pending=await count_pending(viewer.org_id) if is_admin else 0,
    )


@get("/manager/colleagues", include_in_schema=False)
async def list_colleagues(request: Request, q: FromQuery[str] = "", but: FromQuery[int] = 0) -> Response[bytes]:
    """Options for choosing somebody of the organisation."""
    viewer = require_colleague(request.state.viewer)
    return fragment(request, "shared/_people_options.html", people=await people_like(viewer, q[:100], but=but))


handlers = [show_manager, list_colleagues]
