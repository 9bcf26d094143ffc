"""Choosing a new password by a link in a mail."""

from __future__ import annotations

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Response

from app.lib.forms import EmailField, Form, TextField
from app.lib.passwords import MOST
from app.models.account import Account
from app.models.base import Refused
from app.models.credential import EmailedLink, LinkOver
from app.models.credential.emailed_link import RESET, request_reset
from app.models.sign_in_policy import password_least
from app.render import page, redirect
from app.routes.entrance import check_new_password, status_of
from app.routes.guard import OPEN


class ForgottenPassword(Form):
    """Whose password."""

    email = EmailField()


class NewPassword(Form):
    """The password to be."""

    password = TextField(most=MOST, strip=False)


@get("/reset", opt=OPEN, include_in_schema=False)
async def ask_for_link(request: Request) -> Response[bytes]:
    """Asks for the address."""
    return await page(request, "entrance/forgotten.html", form=ForgottenPassword(email=""), is_sent=False)


@post("/reset", opt=OPEN, status_code=200, include_in_schema=False)
async def send_link(request: Request) -> Response[bytes]:
    """Promises a mail; the same for addresses without an account."""
    form = ForgottenPassword(await request.form())
    if not form.is_valid:
        return await page(request, "entrance/forgotten.html", status=422, form=form, is_sent=False)
    try:
        await request_reset(form["email"], request.state.address, request.state.origin)
    except Refused as error:
        form.refuse("email", str(error))
        return await page(request, "entrance/forgotten.html", status=status_of(error), form=form, is_sent=False)
    return await page(request, "entrance/forgotten.html", form=form, is_sent=True)


@get("/reset/{token:str}", opt=OPEN, include_in_schema=False)
async def show_new_password(request: Request, token: FromPath[str]) -> Response[bytes]:
    """Asks for the new password. Looking at it doesn't use the link up."""
    return await _with_link(request, token, NewPassword())


@post("/reset/{token:str}", opt=OPEN, status_code=200, include_in_schema=False)
async def set_new_password(request: Request, token: FromPath[str]) -> Response[bytes]:
    """Sets it, signs every device out, and leads to the sign-in page, where a second step is still asked for."""
    return await _with_link(request, token, NewPassword(await request.form()), is_sent=True)


async def _with_link(request: Request, token: str, form: NewPassword, is_sent: bool = False) -> Response[bytes]:
    try:
        link = await EmailedLink.find_open(token, RESET)
        if is_sent:
            await check_new_password(form, "password", await Account.get(link.account_id))
        if not is_sent or not form.is_valid:
            return await _show(request, form, link)
        await link.reset_password(form["password"])
    except LinkOver:
        return await page(request, "entrance/link_over.html", status=404, again="/reset")
    return redirect(request, "/sign-in?reset=done", full=True)


async def _show(request: Request, form: NewPassword, link: EmailedLink) -> Response[bytes]:
    return await page(
        request, "entrance/new_password.html", status=200 if form.is_valid else 422, form=form, email=link.email,
        least=await password_least(link.account_id),
    )


handlers = [ask_for_link, send_link, show_new_password, set_new_password]
