"""Confirming a new email address by the link that was sent to it."""

from __future__ import annotations

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Response

from app.models.base import Refused
from app.models.credential import EmailedLink
from app.models.credential.emailed_link import NEW_EMAIL
from app.render import page
from app.routes.guard import OPEN


@get("/email/{token:str}", opt=OPEN, include_in_schema=False)
async def ask_to_confirm(request: Request, token: FromPath[str]) -> Response[bytes]:
    """Asks; mail scanners open links, so opening it changes nothing."""
    return await _attempt(request, token, confirm=False)


@post("/email/{token:str}", opt=OPEN, status_code=200, include_in_schema=False)
async def confirm_email(request: Request, token: FromPath[str]) -> Response[bytes]:
    """The address is the account's own from now on."""
    return await _attempt(request, token, confirm=True)


async def _attempt(request: Request, token: str, confirm: bool) -> Response[bytes]:
    try:
        link = await EmailedLink.find_open(token, NEW_EMAIL)
        if confirm:
            await link.confirm_email()
    except Refused as error:
        return await page(request, "entrance/link_over.html", status=404, again="/account", why=str(error))
    return await page(request, "entrance/email.html", email=link.email, is_confirmed=confirm)


handlers = [ask_to_confirm, confirm_email]
