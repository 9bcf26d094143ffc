"""Reading without a connection: what every device keeps, the people, and the page about what this device holds."""

from __future__ import annotations

from litestar import Request, get
from litestar.response import Response

from app.doors import Place, keeps_places, places_for
from app.lib.i18n import _
from app.models.chat.members import people_for
from app.models.viewer import Viewer
from app.render import page
from app.routes.account import show
from app.routes.pwa import installable

MOST_PEOPLE = 500


@keeps_places("home")
async def _always(viewer: Viewer) -> list[Place]:
    return [Place("/", _("Home")), Place("/offline/people", _("People")), Place("/account/offline", _("Offline and storage"))]


@keeps_places("chat")
async def _conversations(viewer: Viewer) -> list[Place]:
    return [Place("/chat", _("Chat")), Place("/share", _("Share")), Place("/chat/share", _("Share"))]


@get("/offline/places", include_in_schema=False)
async def list_places(request: Request) -> list[dict[str, str]]:
    """What the service worker fetches for later."""
    return [{"url": place.url, "title": place.title} for place in await places_for(request.state.viewer)]


@get("/offline/people", include_in_schema=False)
async def list_people(request: Request) -> Response[bytes]:
    """Everybody whom the viewer may write to, on one page that a device can keep."""
    return await page(request, "pwa/people.html", people=await people_for(request.state.viewer, most=MOST_PEOPLE))


@get("/account/offline", include_in_schema=False)
async def show_storage(request: Request) -> Response[bytes]:
    """What this device keeps and what waits on it: the browser fills it in, the server doesn't know."""
    viewer = request.state.viewer
    return await show(request, "offline", keeping=[app for app in installable() if app.url == "/" or viewer.can_use(app.key)])


handlers = [list_places, list_people, show_storage]
