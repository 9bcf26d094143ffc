"""From one host of a brand to another without signing in twice, and away from hosts that are switched off.

begin (at chat.) → issue (at login.: a page whose form holds the token, which no address and no log does) → POST (at chat.)
"""

from __future__ import annotations

import re
from urllib.parse import quote

from litestar import Request, get, post
from litestar.params import FromQuery
from litestar.response import Response

from app.edge import session_cookie
from app.lib.addresses import local_path
from app.lib.domains import shown_domain
from app.lib.forms import Form, TextField
from app.lib.tokens import hash_token, new_token
from app.models.base import NotFound
from app.models.brand import Brand, addresses
from app.models.brand.handing_over import hand_over, take_over
from app.models.brand.known import brand_at, is_switched_off
from app.render import page, redirect
from app.routes.entrance import keep_cookie, read_cookie
from app.routes.guard import OPEN

CROSSING = "chalet-crossing"  # the cookie with the secret of a browser that set out
NO_STORE = {"Cache-Control": "no-store"}
_SIGNING_IN = 3600  # seconds that somebody may take at the sign-in page
_HASH = re.compile(r"[0-9a-f]{64}")


class Token(Form):
    """What the form brought."""

    token = TextField(most=100)
    next = TextField(most=2000, required=False)


@get("/handover/begin", opt=OPEN, include_in_schema=False)
async def begin(request: Request) -> Response[bytes]:
    """Set out for the sign-in host, with a secret kept here."""
    brand, url = _brand(request), local_path(request.query_params.get("next", ""))
    if request.state.viewer:
        return redirect(request, url, full=True)
    secret = new_token()
    to = brand.host.partition(".")[0]
    answer = redirect(request, f"{brand.origin}/handover/issue?to={to}&challenge={hash_token(secret)}&next={quote(url, safe='')}", full=True)
    keep_cookie(request, answer, CROSSING, secret, _SIGNING_IN)
    return answer


@get("/handover/issue", opt=OPEN, include_in_schema=False)
async def issue(request: Request, to: FromQuery[str] = "", challenge: FromQuery[str] = "") -> Response[bytes]:
    """A form with a token for a host of this very brand and no other; a script sends it, or a button. Who isn't signed in does that first."""
    brand, url = _brand(request), local_path(request.query_params.get("next", ""))
    if to not in addresses.web.open_labels or not _HASH.fullmatch(challenge):
        raise NotFound("host")
    viewer = request.state.viewer
    if viewer is None:
        back = f"/handover/issue?to={to}&challenge={challenge}&next={quote(url, safe='')}"
        return redirect(request, f"/sign-in?next={quote(back, safe='')}", full=True)
    host = f"{to}.{brand.domain}"
    token = await hand_over(viewer, host, challenge)
    return await page(
        request, "entrance/handover.html", failed=False, host=shown_domain(host), to=addresses.origin_of(host), token=token, next=url, headers=NO_STORE,
    )


@post("/handover", opt=OPEN, status_code=200, include_in_schema=False)
async def create_session(request: Request) -> Response[bytes]:
    """Sign this browser in here."""
    brand, form = _brand(request), Token(await request.form())
    url = local_path(str(form.raw.get("next", "")))
    if request.state.viewer:
        return redirect(request, url, full=True)
    secret = read_cookie(request, CROSSING) or new_token()  # without one it fails, and uses the token up
    agent = request.headers.get("user-agent", "")
    made = await take_over(form["token"], secret, brand.host, brand.org_id or 0, request.state.address, agent) if form.is_valid else None
    if made is None:
        return await page(request, "entrance/handover.html", status=422, failed=True, next=url, headers=NO_STORE)
    answer = redirect(request, url, full=True)
    answer.headers["Set-Cookie"] = session_cookie(made[0], request.state.scheme, made[1])
    keep_cookie(request, answer, CROSSING, "", 0)
    return answer


@get("/moved", opt=OPEN, include_in_schema=False)
async def show_moved(request: Request) -> Response[bytes]:
    """The address somebody used is switched off: here is the way. Names only addresses that really are."""
    host, url = request.query_params.get("from", ""), local_path(request.query_params.get("next", ""))
    if await brand_at(host):  # it was switched on again meanwhile
        return redirect(request, addresses.origin_of(host) + url, full=True)
    if not await is_switched_off(host):
        raise NotFound("host")
    label, _dot, domain = host.partition(".")
    return await page(request, "entrance/moved.html", host=f"{label}.{shown_domain(domain)}", url=url, here=request.state.host)


def _brand(request: Request) -> Brand:
    """The brand of this host; standard hosts have no such pages."""
    brand: Brand = request.state.brand
    if not brand.domain:
        raise NotFound("handover")
    return brand


handlers = [begin, issue, create_session, show_moved]
