"""Setting up a second factor where the organisation asks for one: the only page that leads on for those who have none."""

from __future__ import annotations

from litestar import Request, get, post
from litestar.response import Response

from app.lib.addresses import local_path
from app.lib.forms import Form, TextField
from app.models.base import Refused
from app.models.credential import OneTimeSecret, Passkey
from app.models.own_security import switch_two_factor_on
from app.render import page, redirect
from app.routes.account import needs_confirmation, own_account
from app.routes.account.two_factor import SECRET, setup_facts
from app.routes.entrance import relying_party, status_of
from app.routes.guard import HELD


class Protection(Form):
    """Proof that the app has the secret, and where to go on."""

    code = TextField(most=20)
    next = TextField(most=2000, required=False)


@get("/protection", opt=HELD, include_in_schema=False)
async def show_protection(request: Request) -> Response[bytes]:
    """What is asked for and why, an authenticator app or a passkey, and until when it may be put off."""
    url = local_path(request.query_params.get("next", ""))
    if request.state.viewer.two_factors_due is None:
        return redirect(request, url, full=True)
    return await _show(request, Protection(next=url))


@post("/protection", opt=HELD, status_code=200, include_in_schema=False)
async def create_protection(request: Request) -> Response[bytes]:
    """Switch two-step sign-in on with a first code, and show the recovery codes."""
    form = Protection(await request.form())
    viewer = request.state.viewer
    url = local_path(form.raw.get("next", ""))
    if viewer.two_factors_due is None:
        return redirect(request, url, full=True)
    status = 422
    try:
        if form.is_valid and not await needs_confirmation(request):
            codes = await switch_two_factor_on(viewer, await OneTimeSecret.prepare(viewer.account_id), form["code"])
            return await page(request, "entrance/recovery_codes.html", codes=codes, url=url, headers=SECRET)
    except Refused as error:
        status = status_of(error)
        form.refuse("code", str(error))
    return await _show(request, form, status)


async def _show(request: Request, form: Protection, status: int = 200) -> Response[bytes]:
    viewer = request.state.viewer
    is_confirmed = not await needs_confirmation(request)
    account = await own_account(request)
    facts = setup_facts(request, await OneTimeSecret.prepare(viewer.account_id)) if is_confirmed else {}
    return await page(
        request, "entrance/protection.html", status=status, form=form, is_confirmed=is_confirmed, has_password=account.password_hash is not None,
        passkeys=await Passkey.of(viewer.account_id), party=relying_party(request), headers=SECRET, **facts,
    )


handlers = [show_protection, create_protection]
