"""The link at the foot of a digest: ends digests without signing in."""

from __future__ import annotations

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Response

from app.lib.i18n import speak
from app.models.notifications import digest
from app.render import page
from app.routes.guard import OPEN


@get("/unsubscribe/{token:str}", opt=OPEN, include_in_schema=False)
async def ask_to_unsubscribe(request: Request, token: FromPath[str]) -> Response[bytes]:
    """Asks; mail scanners open links, so opening it changes nothing."""
    return await _attempt(request, token, is_confirmed=False)


@post("/unsubscribe/{token:str}", opt=OPEN, status_code=200, include_in_schema=False)
async def confirm_unsubscribe(request: Request, token: FromPath[str]) -> Response[bytes]:
    """No digests any more. Also what a mail program's own button sends (RFC 8058)."""
    return await _attempt(request, token, is_confirmed=True)


async def _attempt(request: Request, token: str, is_confirmed: bool) -> Response[bytes]:
    account = await digest.account_of(token)
    if not request.state.viewer:
        speak(account.locale)
    if is_confirmed:
        await digest.unsubscribe(account.id)
    return await page(request, "entrance/unsubscribe.html", email=account.email, is_confirmed=is_confirmed)


handlers = [ask_to_unsubscribe, confirm_unsubscribe]
