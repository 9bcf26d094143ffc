"""Two-step sign-in: an authenticator app, and recovery codes (MGR-10)."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.response import Response

from app.lib.forms import Form, TextField
from app.lib.i18n import _
from app.lib.qr import qr_code
from app.lib.totp import setup_uri
from app.models.base import NotFound, Refused
from app.models.credential import OneTimeSecret
from app.models.own_security import renew_recovery_codes as renew_recovery_codes_of
from app.models.own_security import switch_two_factor_off, switch_two_factor_on
from app.render import page
from app.routes.account import ask_to_confirm, done, needs_confirmation, show
from app.routes.entrance import status_of

SECRET = {"Cache-Control": "no-store"}  # so that neither browser nor service worker keeps the page


class FirstCode(Form):
    """Proof that the app has the secret."""

    code = TextField(most=20)


@get("/account/two-factor", include_in_schema=False)
async def show_two_factor(request: Request) -> Response[bytes]:
    """The secret, to be put into an app."""
    if await needs_confirmation(request):
        return ask_to_confirm(request, "/account/two-factor")
    return await _show(request, await OneTimeSecret.prepare(request.state.viewer.account_id), FirstCode())


@post("/account/two-factor", status_code=200, include_in_schema=False)
async def confirm_two_factor(request: Request) -> Response[bytes]:
    """Switch it on with a first code, and show the recovery codes."""
    if await needs_confirmation(request):
        return ask_to_confirm(request, "/account/two-factor")
    secret = await OneTimeSecret.prepare(request.state.viewer.account_id)
    form = FirstCode(await request.form())
    status = 422
    try:
        if form.is_valid:
            return await _codes(request, await switch_two_factor_on(request.state.viewer, secret, form["code"]))
    except Refused as error:
        status = status_of(error)
        form.refuse("code", str(error))
    return await _show(request, secret, form, status)


@post("/account/recovery-codes", status_code=200, include_in_schema=False)
async def renew_recovery_codes(request: Request) -> Response[bytes]:
    """New codes; the old ones are void."""
    if await needs_confirmation(request):
        return ask_to_confirm(request, "/account/security")
    await _active(request)
    return await _codes(request, await renew_recovery_codes_of(request.state.viewer))


@post("/account/two-factor/removal", status_code=200, include_in_schema=False)
async def remove_two_factor(request: Request) -> Response[bytes]:
    """Switch it off."""
    if await needs_confirmation(request):
        return ask_to_confirm(request, "/account/security")
    await switch_two_factor_off(request.state.viewer, await _active(request))
    return done(request, "/account/security", _("Two-step sign-in is off."))


async def _active(request: Request) -> OneTimeSecret:
    secret = await OneTimeSecret.active(request.state.viewer.account_id)
    if secret is None:
        raise NotFound("two-factor")
    return secret


async def _show(request: Request, secret: OneTimeSecret, form: FirstCode, status: int = 200) -> Response[bytes]:
    return await show(request, "two_factor", status, form=form, **setup_facts(request, secret), headers=SECRET)


def setup_facts(request: Request, secret: OneTimeSecret) -> dict[str, Any]:
    """The picture of a secret for an authenticator app, and the secret to be typed."""
    qr = qr_code(setup_uri(secret.secret, request.state.viewer.email, request.state.brand.name))
    return {"qr": qr, "secret": " ".join(secret.secret[i : i + 4] for i in range(0, len(secret.secret), 4))}


async def _codes(request: Request, codes: list[str]) -> Response[bytes]:
    return await page(request, "account/recovery_codes.html", codes=codes, headers=SECRET)


handlers = [show_two_factor, confirm_two_factor, renew_recovery_codes, remove_two_factor]
