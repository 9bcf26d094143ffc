"""What the system's share sheet hands to the suite: a page with a preview, on which one picks where it goes.

The service worker takes the share first, so that it works without a connection; without a worker the server does the same, but for
files: whoever has no worker chooses them anew on the page.
"""

from __future__ import annotations

from urllib.parse import urlencode

from litestar import Request, get, post
from litestar.datastructures import UploadFile
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
MOST_BODY = 64_000_000
"""What a browser without scripts can send on: it comes here first, and then goes to its place as a whole."""
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


@takes_shares("chat", files=["*/*"])
async def _conversations(viewer: Viewer) -> list[Destination]:
    mine = (await places.places_of(viewer)).everything
    newest_first = sorted(mine, key=lambda one: -one["last_message_id"])
    return [
        Destination(
            one["title"], one["kind"], f"{one['url']}/messages", one["url"], tuple(one["people"]), takes=("text", "files"), post_files=f"{one['url']}/shared",
        )
        for one in newest_first
    ]


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


@post("/share/sent", include_in_schema=False, request_max_body_size=MOST_BODY)
async def create_sent(request: Request) -> Response[bytes]:
    """Hand it on, where no script did: the browser posts the same form to the place's own address."""
    sent = await request.form()
    form = Sending(sent)
    to = next((one for one in await destinations_for(request.state.viewer) if one.url == form.values.get("to")), None)
    text = str(form.raw.get("text", ""))
    has_files = any(isinstance(one, UploadFile) and one.filename for one in sent.getall("file", []))
    if error := _refusal(to, bool(text.strip()), has_files):
        return await _show(request, text, status=422, error=error)
    assert to is not None
    return Response(b"", status_code=307, headers={"Location": to.post_files or to.post if has_files else to.post})


def _refusal(to: Destination | None, has_text: bool, has_files: bool) -> str:
    if to is None:
        return _("Choose where it goes.")
    if not has_text and not has_files:
        return _("There is nothing to send yet.")
    if has_files and "files" not in to.takes:
        return _("%(place)s takes no files.") % {"place": to.title}
    return "" if has_files or "text" in to.takes else _("%(place)s takes files only.") % {"place": to.title}


async def _show(request: Request, text: str, status: int = 200, error: str = "") -> Response[bytes]:
    found = await destinations_for(request.state.viewer)
    with_files = any("files" in one.takes for one in found)
    return await page(request, "pwa/share.html", status=status, text=text, destinations=found, with_files=with_files, error=error, most=MOST_CHARACTERS)


handlers = [show_share, create_share, create_sent]
