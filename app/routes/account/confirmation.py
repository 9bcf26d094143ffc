"""The password once more, before the ways to sign in are changed; who has none signs in again."""

from __future__ import annotations

from urllib.parse import quote

from litestar import Request, get, post
from litestar.response import Response

from app.edge import session_cookie
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
from app.routes.guard import HELD


class Confirmation(Form):
    """The password, and where to go on."""

    password = TextField(most=MOST, strip=False)
    next = TextField(most=2000, required=False)


@get("/account/confirm", opt=HELD, include_in_schema=False)
async def ask_password(request: Request) -> Response[bytes]:
    """Asks."""
    return await _show(request, Confirmation(next=_where(request.query_params.get("next", ""))))


@post("/account/confirm", opt=HELD, status_code=200, include_in_schema=False)
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
    return await _show(request, form, status)


@post("/account/confirm/sign-in", opt=HELD, status_code=200, include_in_schema=False)
async def sign_in_again(request: Request) -> Response[bytes]:
    """For somebody without a password: out, and in again the way they did before."""
    url = _where((await request.form()).get("next", ""))
    await (await Session.get(request.state.viewer.session_id)).end()
    answer = redirect(request, f"/sign-in?next={quote(url, safe='')}", full=True)
    answer.headers["Set-Cookie"] = session_cookie("", request.state.scheme, 0)
    return answer


async def _show(request: Request, form: Confirmation, status: int = 200) -> Response[bytes]:
    account = await own_account(request)
    return await show(request, "confirm", status, form=form, has_password=account.password_hash is not None)


def _where(url: str) -> str:
    return local_path(url, "/account/security")


handlers = [ask_password, confirm_password, sign_in_again]
