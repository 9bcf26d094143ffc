"""Before the shell: signing in, forgotten passwords, confirmed addresses."""

from __future__ import annotations

from litestar import Request
from litestar.response import Response

from app.edge import session_cookie
from app.lib.passkeys import RelyingParty
from app.models.account import Account
from app.models.base import Refused
from app.models.credential import Throttled
from app.models.session import Arrival, Session
from app.render import page, redirect


async def enter(request: Request, account: Account, url: str) -> Response[bytes]:
    """Sign this browser in, with a new token whatever cookie it came with, and go to `url`."""
    viewer = request.state.viewer
    arrival = Arrival(request.state.host, request.state.address, request.headers.get("user-agent", ""))
    begun = await Session.sign_in(account, arrival, earlier=viewer.session_id if viewer else None)
    if begun is None:
        return await page(request, "entrance/nowhere.html", status=403, account=account)
    token, seconds = begun
    answer = redirect(request, url, full=True)
    answer.headers["Set-Cookie"] = session_cookie(token, request.state.scheme, seconds)
    return answer


def relying_party(request: Request) -> RelyingParty:
    """What passkeys made in this request are bound to: the host in use."""
    return RelyingParty(request.state.host, request.state.origin, request.state.brand.name)


def status_of(error: Refused) -> int:
    """429 for someone who has to wait, else 422."""
    return 429 if isinstance(error, Throttled) else 422
