"""Password, second step, passkeys and signed-in devices on one page."""

from __future__ import annotations

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Response

from app.lib.devices import device
from app.lib.forms import Form, TextField
from app.lib.i18n import _
from app.lib.passwords import LEAST, MOST, weakness
from app.models.account import Account
from app.models.base import Refused
from app.models.credential import OneTimeSecret, Passkey, RecoveryCode, WrongPassword
from app.models.credential.password import change_password
from app.models.session import Session
from app.render import fragment, is_htmx
from app.routes.account import done, own_account, show
from app.routes.entrance import relying_party, status_of


class ChangePassword(Form):
    """The old one and the new one."""

    password = TextField(most=MOST, strip=False)
    new_password = TextField(least=LEAST, most=MOST, strip=False)


@get("/account/security", include_in_schema=False)
async def show_security(request: Request) -> Response[bytes]:
    """All of it."""
    return await _show(request, await own_account(request), ChangePassword())


@post("/account/password", status_code=200, include_in_schema=False)
async def update_password(request: Request) -> Response[bytes]:
    """Replace the password and sign out every other device."""
    account = await own_account(request)
    form = ChangePassword(await request.form())
    status = 422
    if form.is_valid and (why := weakness(form["new_password"], account.personal_words)):
        form.refuse("new_password", why)
    try:
        if form.is_valid:
            await change_password(account, form["password"], form["new_password"], request.state.viewer.session_id)
            return done(request, "/account/security", _("Your password was changed, and your other devices were signed out."))
    except Refused as error:
        status = status_of(error)
        form.refuse("password", _("This isn’t your password.") if isinstance(error, WrongPassword) else str(error))
    if is_htmx(request):
        return fragment(request, "account/_password_form.html", status=status, form=form, account=account)
    return await _show(request, account, form, status)


@post("/account/sessions/{session_id:int}/removal", status_code=200, include_in_schema=False)
async def end_session(request: Request, session_id: FromPath[int]) -> Response[bytes]:
    """Sign one device out."""
    await (await Session.find_own(request.state.viewer.account_id, session_id)).end()
    return done(request, "/account/security", _("That device was signed out."))


@post("/account/sessions/removal", status_code=200, include_in_schema=False)
async def end_other_sessions(request: Request) -> Response[bytes]:
    """Sign every device out but this one."""
    await (await own_account(request)).sign_out_everywhere(but=request.state.viewer.session_id)
    return done(request, "/account/security", _("Your other devices were signed out."))


async def _show(request: Request, account: Account, form: ChangePassword, status: int = 200) -> Response[bytes]:
    sessions = [{"row": one, "device": device(one.user_agent)} for one in await Session.of(account.id)]
    return await show(
        request, "security", status, account=account, form=form, sessions=sessions, passkeys=await Passkey.of(account.id),
        has_codes=await OneTimeSecret.active(account.id) is not None, codes_left=await RecoveryCode.left(account.id), party=relying_party(request),
    )


handlers = [show_security, update_password, end_session, end_other_sessions]
