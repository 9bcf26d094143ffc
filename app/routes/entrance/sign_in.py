"""Signing in with a password and, where it is on, a second step; signing out."""

from __future__ import annotations

from litestar import Request, get, post
from litestar.response import Response

from app.edge import session_cookie
from app.lib.addresses import local_path
from app.lib.forms import EmailField, Form, TextField
from app.lib.i18n import _
from app.lib.passwords import MOST
from app.models.account import Account
from app.models.base import Refused
from app.models.credential import Challenge, OneTimeSecret, RecoveryCode, sign_in
from app.models.credential.challenge import SECOND_FACTOR
from app.models.entrance import offers
from app.models.session import Proof, Session
from app.models.sign_in_policy import PASSWORD
from app.render import page, redirect
from app.routes.entrance import enter, relying_party, status_of
from app.routes.guard import OPEN


class SignIn(Form):
    """Who, and the proof."""

    email = EmailField()
    password = TextField(most=MOST, strip=False)
    next = TextField(most=2000, required=False)


class SecondStep(Form):
    """The code of an authenticator app, or a recovery code."""

    token = TextField(most=100)
    code = TextField(most=20, required=False)
    recovery_code = TextField(most=40, required=False)
    next = TextField(most=2000, required=False)

    def check(self) -> None:
        if not self["code"] and not self["recovery_code"]:
            self.refuse("code", _("Please fill this in."))


@get("/sign-in", opt=OPEN, include_in_schema=False)
async def show_sign_in(request: Request) -> Response[bytes]:
    """The form; someone who is signed in already goes on at once."""
    url = local_path(request.query_params.get("next", ""))
    if request.state.viewer:
        return redirect(request, url, full=True)
    return await show_form(request, SignIn(next=url, email=""))


@post("/sign-in", opt=OPEN, status_code=200, include_in_schema=False)
async def create_session(request: Request) -> Response[bytes]:
    """Take the password; then ask for the second step, or let in."""
    form = SignIn(await request.form())
    if not form.is_valid:
        return await show_form(request, form, 422)
    try:
        account = await sign_in(form["email"], form["password"], request.state.address)
        return await go_on(request, account, local_path(form["next"]), Proof(PASSWORD))
    except Refused as error:
        form.refuse("", str(error))
        return await show_form(request, form, status_of(error))


@post("/sign-in/code", opt=OPEN, status_code=200, include_in_schema=False)
async def answer_second_step(request: Request) -> Response[bytes]:
    """Take a code, once the first proof was right."""
    form = SecondStep(await request.form())
    challenge = await Challenge.look_up(SECOND_FACTOR, form.raw.get("token", ""))
    if challenge is None or challenge.account_id is None:
        return await show_problem(request, form.raw.get("next", ""), _("That took too long. Please sign in again."))
    try:
        if form.is_valid and await _accept(challenge, form):
            first = challenge.remembered
            proof = Proof(first["method"], 2, first["provider_id"])
            return await enter(request, await Account.get(challenge.account_id), local_path(form["next"]), proof)
    except Refused as error:
        form.refuse("code" if form["code"] else "recovery_code", str(error))
        return await page(request, "entrance/second_step.html", status=status_of(error), form=form)
    return await page(request, "entrance/second_step.html", status=422, form=form)


async def go_on(request: Request, account: Account, url: str, proof: Proof) -> Response[bytes]:
    """After the first proof: ask for the second step where it is on and wasn't part of it, else let in. Raises `NotThisWay`."""
    if proof.factors > 1 or not await OneTimeSecret.active(account.id):
        return await enter(request, account, url, proof)
    await Session.check_way(account, proof)
    token = await Challenge.pose(SECOND_FACTOR, account.id, method=proof.method, provider_id=proof.provider_id)
    return await page(request, "entrance/second_step.html", form=SecondStep(token=token, next=url))


async def _accept(challenge: Challenge, form: SecondStep) -> bool:
    """Raises `WrongCode`, `Throttled`."""
    secret = await OneTimeSecret.active(challenge.account_id)
    if form["code"] and secret:
        await secret.use(form["code"])
    else:
        await RecoveryCode.use(challenge.account_id, form["recovery_code"])
    return await Challenge.answer(SECOND_FACTOR, form["token"], challenge.account_id)


@post("/sign-out", opt=OPEN, status_code=200, include_in_schema=False)
async def end_session(request: Request) -> Response[bytes]:
    """Sign this browser out."""
    if viewer := request.state.viewer:
        await (await Session.get(viewer.session_id)).end()
    answer = redirect(request, "/sign-in", full=True)
    answer.headers["Set-Cookie"] = session_cookie("", request.state.scheme, 0)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


async def show_problem(request: Request, url: str, why: str, status: int = 422) -> Response[bytes]:
    """The sign-in page, which says why it didn't work."""
    form = SignIn(email="", next=local_path(url))
    form.refuse("", why)
    return await show_form(request, form, status)


async def show_form(request: Request, form: SignIn, status: int = 200) -> Response[bytes]:
    """The sign-in page with what the organisations of this server allow."""
    found = await offers(request.state.brand.org_id)
    return await page(
        request, "entrance/sign_in.html", status=status, form=form, offers=found, passkeys="passkey" in found.methods and relying_party(request).is_possible,
        reset=request.query_params.get("reset") == "done",
    )


handlers = [show_sign_in, create_session, answer_second_step, end_session]
