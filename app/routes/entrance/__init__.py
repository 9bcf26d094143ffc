"""Before the shell: signing in, forgotten passwords, confirmed addresses."""

from __future__ import annotations

from urllib.parse import quote

from litestar import Request
from litestar.datastructures import Cookie
from litestar.response import Response

from app.edge import session_cookie
from app.lib import clock
from app.lib.forms import Form, too_short
from app.lib.passkeys import RelyingParty
from app.lib.passwords import weakness
from app.mail import link_base
from app.models.account import Account
from app.models.base import Refused
from app.models.credential import Throttled
from app.models.credential.known_device import KEPT_FOR
from app.models.invitation.acceptance import accept_on_the_way
from app.models.session import INVITED, Arrival, Proof, Session
from app.models.sign_in_policy import password_least
from app.render import page, redirect

DEVICE, BROWSER = "chalet-device", "chalet-browser"  # cookies: a browser that was used before; the one that began something


async def enter(request: Request, account: Account, url: str, proof: Proof = INVITED) -> Response[bytes]:
    """Sign this browser in, with a new token whatever cookie it came with, and go to `url`. Raises `NotThisWay`."""
    viewer = request.state.viewer
    agent, brand = request.headers.get("user-agent", ""), request.state.brand
    arrival = Arrival(request.state.host, request.state.address, agent, read_cookie(request, DEVICE), brand.org_id)
    entry = await Session.sign_in(account, arrival, proof, earlier=viewer.session_id if viewer else None)
    if entry is None and (first_page := await accept_on_the_way(url, account, link_base(request.app.state.settings, request.state.origin))):
        url, entry = first_page, await Session.sign_in(account, arrival, proof, earlier=viewer.session_id if viewer else None)
    if entry is None:
        return await page(request, "entrance/nowhere.html", status=403, account=account)
    answer = redirect(request, f"/protection?next={quote(url, safe='')}" if entry.is_weak else url, full=True)
    answer.headers["Set-Cookie"] = session_cookie(entry.token, request.state.scheme, entry.seconds)
    keep_cookie(request, answer, DEVICE, entry.device, KEPT_FOR // clock.SECOND)
    return answer


def keep_cookie(request: Request, answer: Response, name: str, value: str, seconds: int) -> None:
    """Have the browser keep a cookie of this host that no script can read; 0 seconds delete it."""
    secure = request.state.scheme == "https"
    answer.set_cookie(
        Cookie(f"__Host-{name}" if secure else name, value=value, path="/", max_age=seconds, httponly=True, samesite="lax", secure=secure)
    )


def read_cookie(request: Request, name: str) -> str:
    """A cookie that `keep_cookie` set; empty where there is none."""
    return str(request.cookies.get(f"__Host-{name}" if request.state.scheme == "https" else name, ""))[:200]


async def check_new_password(form: Form, name: str, account: Account) -> None:
    """Refuse the new password in a field when it is too short for the account's organisations, or easy to guess."""
    if not form.is_valid:
        return
    least = await password_least(account.id)
    if len(form[name]) < least:
        form.refuse(name, too_short(least))
    elif why := weakness(form[name], account.personal_words):
        form.refuse(name, why)


def relying_party(request: Request) -> RelyingParty:
    """What passkeys made in this request are bound to: the host in use, or all hosts of a brand's domain (docs/custom-brand.md)."""
    return RelyingParty(request.state.brand.domain or request.state.host, request.state.origin, request.state.brand.name)


def status_of(error: Refused) -> int:
    """429 for someone who has to wait, else 422."""
    return 429 if isinstance(error, Throttled) else 422
