"""Signing in by a link in a mail. Opening it changes nothing, since mail scanners open links: a button uses it up."""

from __future__ import annotations

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Response

from app.lib import clock
from app.lib.addresses import local_path
from app.lib.devices import device
from app.lib.forms import EmailField, Form, TextField
from app.lib.tokens import hash_token, new_token
from app.models.base import Refused
from app.models.credential import EmailedLink, LinkOver
from app.models.credential.emailed_link import LIFETIME, SIGN_IN, request_sign_in_link
from app.models.entrance import offers
from app.models.session import Proof
from app.models.sign_in_policy import LINK
from app.render import page, redirect
from app.routes.entrance import BROWSER, keep_cookie, read_cookie, status_of
from app.routes.entrance.sign_in import go_on, show_problem
from app.routes.guard import OPEN

NEXT = "chalet-next"  # cookie: where the browser that asked for the link wanted to go


class AskForLink(Form):
    """Whose link."""

    email = EmailField()
    next = TextField(most=2000, required=False)


@get("/sign-in/link", opt=OPEN, include_in_schema=False)
async def ask_for_link(request: Request) -> Response[bytes]:
    """Asks for the address."""
    if LINK not in (await offers()).methods:
        return redirect(request, "/sign-in", full=True)
    return await page(request, "entrance/link.html", form=AskForLink(email="", next=local_path(request.query_params.get("next", ""))), is_sent=False)


@post("/sign-in/link", opt=OPEN, status_code=200, include_in_schema=False)
async def send_link(request: Request) -> Response[bytes]:
    """Promises a mail; the same for addresses without an account."""
    form = AskForLink(await request.form())
    browser = new_token()
    try:
        if form.is_valid:
            agent = request.headers.get("user-agent", "")
            await request_sign_in_link(form["email"], request.state.address, request.state.origin, agent, browser)
    except Refused as error:
        form.refuse("email", str(error))
        return await page(request, "entrance/link.html", status=status_of(error), form=form, is_sent=False)
    answer = await page(request, "entrance/link.html", status=200 if form.is_valid else 422, form=form, is_sent=form.is_valid)
    if form.is_valid:
        keep_cookie(request, answer, BROWSER, browser, LIFETIME[SIGN_IN] // clock.SECOND)
        keep_cookie(request, answer, NEXT, local_path(form["next"]), LIFETIME[SIGN_IN] // clock.SECOND)
    return answer


@get("/sign-in/link/{token:str}", opt=OPEN, include_in_schema=False)
async def show_link(request: Request, token: FromPath[str]) -> Response[bytes]:
    """A button that signs in; in another browser than the one that asked for the link, with a warning."""
    try:
        link = await EmailedLink.find_open(token, SIGN_IN)
    except LinkOver:
        return await _over(request)
    is_same = hash_token(read_cookie(request, BROWSER)) == link.browser_hash
    return await page(request, "entrance/link_confirm.html", link=link, is_same=is_same, asked_by=device(link.asked_by))


@post("/sign-in/link/{token:str}", opt=OPEN, status_code=200, include_in_schema=False)
async def create_session(request: Request, token: FromPath[str]) -> Response[bytes]:
    """Use the link up and let in, or ask for the second step where it is on."""
    is_same = False
    try:
        link = await EmailedLink.find_open(token, SIGN_IN)
        is_same = hash_token(read_cookie(request, BROWSER)) == link.browser_hash
        url = local_path(read_cookie(request, NEXT)) if is_same else "/"
        return await go_on(request, await link.enter(), url, Proof(LINK))
    except LinkOver:
        return await _over(request)
    except Refused as error:
        return await show_problem(request, "", str(error), status_of(error))


async def _over(request: Request) -> Response[bytes]:
    return await page(request, "entrance/link_over.html", status=404, again="/sign-in/link")


handlers = [ask_for_link, send_link, show_link, create_session]
