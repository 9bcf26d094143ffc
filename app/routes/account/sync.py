"""Application passwords for calendar and contact programs (DAV-04, DAV-09)."""

from __future__ import annotations

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Response

from app.lib.forms import Form, TextField
from app.lib.i18n import _
from app.models.credential import ApplicationPassword, OneTimeSecret
from app.models.own_security import issue_application_password
from app.models.own_security import revoke_application_password as revoke
from app.routes.account import ask_to_confirm, done, needs_confirmation, own_account, show


class NewApplicationPassword(Form):
    """What it is for."""

    name = TextField(most=80)


@get("/account/sync", include_in_schema=False)
async def show_sync(request: Request) -> Response[bytes]:
    """The sync user name, and the programs that have a password."""
    return await _show(request, NewApplicationPassword())


@post("/account/application-passwords", status_code=200, include_in_schema=False)
async def create_application_password(request: Request) -> Response[bytes]:
    """Make one and show it once."""
    if await needs_confirmation(request):
        return ask_to_confirm(request, "/account/sync")
    form = NewApplicationPassword(await request.form())
    if not form.is_valid:
        return await _show(request, form, 422)
    password = await issue_application_password(request.state.viewer, form["name"])
    return await _show(request, NewApplicationPassword(), made=password, made_for=form["name"])


@post("/account/application-passwords/{password_id:int}/removal", status_code=200, include_in_schema=False)
async def revoke_application_password(request: Request, password_id: FromPath[int]) -> Response[bytes]:
    """The program is locked out."""
    await revoke(request.state.viewer, password_id)
    return done(request, "/account/sync", _("The application password was revoked."))


async def _show(request: Request, form: NewApplicationPassword, status: int = 200, made: str = "", made_for: str = "") -> Response[bytes]:
    account = await own_account(request)
    return await show(
        request, "sync", status, account=account, form=form, made=made, made_for=made_for, passwords=await ApplicationPassword.of(account.id),
        has_codes=await OneTimeSecret.active(account.id) is not None,
    )


handlers = [show_sync, create_application_password, revoke_application_password]
