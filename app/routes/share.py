"""What the system's share sheet hands to the suite: a page with a preview, on which one picks where it goes.

The service worker takes the share first, so that it works without a connection; without a worker the server does the same.
"""

from __future__ import annotations

from urllib.parse import urlencode

from litestar import Request, get, post
from litestar.params import FromQuery
from litestar.response import Response

from app.doors import Destination, destinations_for, takes_shares
from app.lib.forms import Form, TextField
from app.lib.i18n import _
from app.models.chat import places
from app.models.chat.message import MOST_CHARACTERS
from app.models.viewer import Viewer
from app.render import page, redirect
from app.rooms import all_apps
from app.routes.guard import OPEN

LONGEST_ADDRESS = 4_000
ADDRESSES = ["/share", *(f"{app.url}/share" for app in all_apps() if app.colour)]
"""One for each app that installs on its own: it must lie within the app's scope."""


class Shared(Form):
    """What a share sheet sends: any of the three may be missing, and browsers put links where they like."""

    title = TextField(most=MOST_CHARACTERS, required=False)
    text = TextField(most=MOST_CHARACTERS, required=False)
    url = TextField(most=LONGEST_ADDRESS, required=False)

    @property
    def whole(self) -> str:
        """One text: what stands in another part isn't repeated."""
        kept: list[str] = []
        for part in (str(self.raw.get(name, "")).strip() for name in ("title", "text", "url")):
            if part and not any(part in other for other in kept):
                kept = [*(other for other in kept if other not in part), part]
        return "\n".join(kept)


class Sending(Form):
    """Where a shared text goes, and the text as it was edited."""

    to = TextField(most=200, required=False)
    text = TextField(most=1_000_000, strip=False, required=False)


@takes_shares("chat")
async def _conversations(viewer: Viewer) -> list[Destination]:
    mine = (await places.places_of(viewer)).everything
    newest_first = sorted(mine, key=lambda one: -one["last_message_id"])
    return [Destination(one["title"], one["kind"], f"{one['url']}/messages", one["url"], tuple(one["people"])) for one in newest_first]


@get(ADDRESSES, include_in_schema=False)
async def show_share(request: Request, title: FromQuery[str] = "", text: FromQuery[str] = "", url: FromQuery[str] = "") -> Response[bytes]:
    """Pick where it goes. The text comes from the address, or waits on the device."""
    return await _show(request, Shared({"title": title, "text": text, "url": url}).whole)


@post(ADDRESSES, status_code=200, opt=OPEN, include_in_schema=False)
async def create_share(request: Request) -> Response[bytes]:
    """A share without a service worker in between: show it. Who isn't signed in does that first and finds it again."""
    form = Shared(await request.form())
    if request.state.viewer is None:
        address = f"{request.url.path}?{urlencode({'text': form.whole[:LONGEST_ADDRESS]})}"
        return redirect(request, f"/sign-in?{urlencode({'next': address})}", full=True)
    return await _show(request, form.whole)


@post("/share/sent", include_in_schema=False)
async def create_sent(request: Request) -> Response[bytes]:
    """Hand it on, where no script did: the browser posts the same form to the place's own address."""
    form = Sending(await request.form())
    to = next((one for one in await destinations_for(request.state.viewer) if one.url == form.values.get("to")), None)
    text = str(form.raw.get("text", ""))
    if to is None or not text.strip():
        return await _show(request, text, status=422, error=_("Choose where it goes.") if to is None else _("There is nothing to send yet."))
    return Response(b"", status_code=307, headers={"Location": to.post})


async def _show(request: Request, text: str, status: int = 200, error: str = "") -> Response[bytes]:
    found = await destinations_for(request.state.viewer)
    return await page(request, "pwa/share.html", status=status, text=text, destinations=found, error=error, most=MOST_CHARACTERS)


handlers = [show_share, create_share, create_sent]
