"""Password, second step, passkeys and signed-in devices on one page."""

from __future__ import annotations

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Response

from app.lib.addresses import place_of
from app.lib.devices import device
from app.lib.forms import Form, TextField
from app.lib.i18n import _
from app.lib.passwords import MOST
from app.models.account import Account
from app.models.base import NotFound, Refused
from app.models.credential import LinkedIdentity, OneTimeSecret, Passkey, RecoveryCode, SignInProvider, WrongPassword
from app.models.credential.password import change_password
from app.models.own_security import disconnect_identity
from app.models.own_security import end_other_sessions as end_others
from app.models.own_security import end_session as end_one
from app.models.session import Session
from app.models.sign_in_policy import password_least
from app.render import fragment, is_htmx
from app.routes.account import ask_to_confirm, done, needs_confirmation, own_account, show
from app.routes.entrance import check_new_password, relying_party, status_of
from app.routes.entrance.openid import CONNECT, send_to_provider


class ChangePassword(Form):
    """The old one, where there is one, and the new one."""

    password = TextField(most=MOST, strip=False, required=False)
    new_password = TextField(most=MOST, strip=False)


@get("/account/security", include_in_schema=False)
async def show_security(request: Request) -> Response[bytes]:
    """All of it."""
    return await _show(request, await own_account(request), ChangePassword())


@post("/account/password", status_code=200, include_in_schema=False)
async def update_password(request: Request) -> Response[bytes]:
    """Replace the password and sign out every other device."""
    account = await own_account(request)
    if account.password_hash is None and await needs_confirmation(request):
        return ask_to_confirm(request, "/account/security")
    form = ChangePassword(await request.form())
    status = 422
    await check_new_password(form, "new_password", account)
    try:
        if form.is_valid:
            await change_password(request.state.viewer, form["password"], form["new_password"])
            return done(request, "/account/security", _("Your password was changed, and your other devices were signed out."))
    except Refused as error:
        status = status_of(error)
        form.refuse("password", _("This isn’t your password.") if isinstance(error, WrongPassword) else str(error))
    if is_htmx(request):
        return fragment(request, "account/_password_form.html", status=status, form=form, account=account, least=await password_least(account.id))
    return await _show(request, account, form, status)


@post("/account/sessions/{session_id:int}/removal", status_code=200, include_in_schema=False)
async def end_session(request: Request, session_id: FromPath[int]) -> Response[bytes]:
    """Sign one device out."""
    await end_one(request.state.viewer, session_id)
    return done(request, "/account/security", _("That device was signed out."))


@post("/account/sessions/removal", status_code=200, include_in_schema=False)
async def end_other_sessions(request: Request) -> Response[bytes]:
    """Sign every device out but this one."""
    await end_others(request.state.viewer)
    return done(request, "/account/security", _("Your other devices were signed out."))


@post("/account/identities", status_code=200, include_in_schema=False)
async def create_identity(request: Request) -> Response[bytes]:
    """On to the organisation's provider, to sign in with it from then on."""
    if await needs_confirmation(request):
        return ask_to_confirm(request, "/account/security")
    provider = await SignInProvider.of(request.state.viewer.org_id)
    if provider is None:
        raise NotFound("provider")
    return await send_to_provider(request, provider, CONNECT, "/account/security", request.state.viewer.account_id)


@post("/account/identities/{identity_id:int}/removal", status_code=200, include_in_schema=False)
async def remove_identity(request: Request, identity_id: FromPath[int]) -> Response[bytes]:
    """Don't sign in with the provider any more."""
    viewer = request.state.viewer
    if not any(one["id"] == identity_id for one in await LinkedIdentity.of(viewer.account_id)):
        raise NotFound(f"identity {identity_id}")
    if await needs_confirmation(request):
        return ask_to_confirm(request, "/account/security")
    await disconnect_identity(viewer, identity_id)
    return done(request, "/account/security", _("Disconnected."))


async def _show(request: Request, account: Account, form: ChangePassword, status: int = 200) -> Response[bytes]:
    viewer = request.state.viewer
    sessions = [{"row": one, "device": device(one.user_agent), "where": place_of(one.address)} for one in await Session.of(account.id)]
    identities = await LinkedIdentity.of(account.id)
    provider = await SignInProvider.of(viewer.org_id)
    can_connect = provider is not None and not any(one["provider_id"] == provider.id for one in identities)
    return await show(
        request, "security", status, account=account, form=form, sessions=sessions, passkeys=await Passkey.of(account.id),
        has_codes=await OneTimeSecret.active(account.id) is not None, codes_left=await RecoveryCode.left(account.id), party=relying_party(request),
        least=await password_least(account.id), identities=identities, provider=provider if can_connect else None,
        two_factors_due=viewer.two_factors_due,
    )


handlers = [show_security, update_password, end_session, end_other_sessions, create_identity, remove_identity]
