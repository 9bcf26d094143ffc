"""The password once more, before the ways to sign in are changed."""

from __future__ import annotations

from litestar import Request, get, post
from litestar.response import Response

from app.lib.addresses import local_path
from app.lib.forms import Form, TextField
from app.lib.i18n import _
from app.lib.passwords import MOST
from app.models.base import Refused
from app.models.credential import WrongPassword, check_password
from app.models.session import Session
from app.render import redirect
from app.routes.account import own_account, show
from app.routes.entrance import status_of


class Confirmation(Form):
    """The password, and where to go on."""

    password = TextField(most=MOST, strip=False)
    next = TextField(most=2000, required=False)


@get("/account/confirm", include_in_schema=False)
async def ask_password(request: Request) -> Response[bytes]:
    """Asks."""
    return await show(request, "confirm", form=Confirmation(next=_where(request.query_params.get("next", ""))))


@post("/account/confirm", status_code=200, include_in_schema=False)
async def confirm_password(request: Request) -> Response[bytes]:
    """Takes it, and goes on."""
    form = Confirmation(await request.form())
    status = 422
    try:
        if form.is_valid:
            await check_password(await own_account(request), form["password"])
            await (await Session.get(request.state.viewer.session_id)).confirm()
            return redirect(request, _where(form["next"]))
    except Refused as error:
        status = status_of(error)
        form.refuse("password", _("This isn’t your password.") if isinstance(error, WrongPassword) else str(error))
    return await show(request, "confirm", status, form=form)


def _where(url: str) -> str:
    return local_path(url, "/account/security")


handlers = [ask_password, confirm_password]
