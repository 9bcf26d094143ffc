"""Answering an invitation: the page that its link opens. Looking at it changes nothing, since mail scanners open links too."""

from __future__ import annotations

from urllib.parse import quote

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Response

from app.edge import session_cookie
from app.lib.forms import ChoiceField, EmailField, Form, TextField, TimezoneField, too_short
from app.lib.i18n import OFFERED, language, speak
from app.lib.passwords import MOST, weakness
from app.lib.timezones import offered_timezones
from app.mail import link_base
from app.models.account import Account
from app.models.base import Refused
from app.models.brand.known import brand_of
from app.models.invitation.acceptance import UNKNOWN, InvitationOver, Opened, Registration, accept, decline, open_invitation, register
from app.models.session import Session
from app.models.sign_in_policy import SignInPolicy
from app.render import page, redirect
from app.routes.entrance import enter, status_of
from app.routes.guard import OPEN


class Registering(Form):
    """Who registers."""

    given_name = TextField(most=80)
    family_name = TextField(most=80, required=False)
    phone = TextField(most=40, required=False)
    email = EmailField(required=False)
    password = TextField(most=MOST, strip=False)
    timezone = TimezoneField()
    language = ChoiceField(OFFERED)

    def check(self) -> None:
        if why := weakness(self["password"], (self["given_name"], self["family_name"], self["email"])):
            self.refuse("password", why)


@get("/invitation/{token:str}", opt=OPEN, include_in_schema=False)
async def show_invitation(request: Request, token: FromPath[str]) -> Response[bytes]:
    """Who invites, to what, and the way to answer that fits whoever looks."""
    try:
        opened = await open_invitation(token)
    except InvitationOver as over:
        return await _over(request, over)
    if not _is_here(request, opened):
        home = (await brand_of(opened.organisation.id)).origin or link_base(request.app.state.settings, "")
        return redirect(request, f"{home}/invitation/{quote(token, safe='')}", full=True)
    return await _show(request, token, opened)


@post("/invitation/{token:str}", opt=OPEN, status_code=200, include_in_schema=False)
async def create_account(request: Request, token: FromPath[str]) -> Response[bytes]:
    """Register and come in."""
    form = Registering(await request.form())
    if form.raw.get("language") in OFFERED:
        speak(form.raw["language"])
    try:
        opened = await _opened(request, token)
        least = (await SignInPolicy.of(opened.invitation.org_id)).password_least
        if "password" not in form.errors and len(form.values["password"]) < least:
            form.refuse("password", too_short(least))
        if not form.is_valid:
            return await _show(request, token, opened, form, 422)
        account = await register(opened, _registration(opened, form), _base(request))
    except InvitationOver as over:
        return await _over(request, over)
    except Refused as error:
        form.refuse("", str(error))
        return await _show(request, token, opened, form, status_of(error))
    return await enter(request, account, opened.first_page)


@post("/invitation/{token:str}/acceptance", opt=OPEN, status_code=200, include_in_schema=False)
async def create_acceptance(request: Request, token: FromPath[str]) -> Response[bytes]:
    """Accept with the account that is signed in."""
    viewer = request.state.viewer
    try:
        opened = await _opened(request, token)
        if viewer is None:
            return redirect(request, _sign_in(token), full=True)
        if not await opened.is_for(viewer.account_id, viewer.email):
            return await _show(request, token, opened, status=422)
        member = await accept(opened, await Account.get(viewer.account_id), _base(request))
    except InvitationOver as over:
        return await _over(request, over)
    except Refused as error:
        return await _show(request, token, opened, status=422, error=str(error))
    await (await Session.get(viewer.session_id)).go_to(member.id)
    return redirect(request, opened.first_page, full=True)


@post("/invitation/{token:str}/refusal", opt=OPEN, status_code=200, include_in_schema=False)
async def create_refusal(request: Request, token: FromPath[str]) -> Response[bytes]:
    """Say no."""
    try:
        opened = await _opened(request, token)
        await decline(opened)
    except InvitationOver as over:
        return await _over(request, over)
    return await page(request, "entrance/invitation_declined.html", opened=opened)


@post("/invitation/{token:str}/sign-out", opt=OPEN, status_code=200, include_in_schema=False)
async def end_session(request: Request, token: FromPath[str]) -> Response[bytes]:
    """Go on as somebody else: sign this browser out, and come back."""
    if viewer := request.state.viewer:
        await (await Session.get(viewer.session_id)).end()
    answer = redirect(request, f"/invitation/{quote(token, safe='')}", full=True)
    answer.headers["Set-Cookie"] = session_cookie("", request.state.scheme, 0)
    return answer


async def _opened(request: Request, token: str) -> Opened:
    """The invitation, where it can be answered. Raises `InvitationOver`."""
    opened = await open_invitation(token)
    if not _is_here(request, opened):
        raise InvitationOver(UNKNOWN)
    return opened


def _is_here(request: Request, opened: Opened) -> bool:
    """At an organisation's own domain nobody joins another one: they couldn't come in there, and it would carry the wrong name."""
    return request.state.brand.org_id in (None, opened.organisation.id)


async def _show(
    request: Request, token: str, opened: Opened, form: Registering | None = None, status: int = 200, error: str = ""
) -> Response[bytes]:
    invitation, viewer = opened.invitation, request.state.viewer
    form = form or Registering(
        given_name=invitation.given_name, family_name=invitation.family_name, email=invitation.email, language=language(), timezone=opened.organisation.timezone
    )
    return await page(
        request, "entrance/invitation.html", status=status, form=form, opened=opened, invitation=invitation, error=error or form.errors.get("", ""),
        address=f"/invitation/{quote(token, safe='')}", sign_in=_sign_in(token), timezones=offered_timezones(),
        is_for=viewer is not None and await opened.is_for(viewer.account_id, viewer.email), least=(await SignInPolicy.of(invitation.org_id)).password_least,
        headers={"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"},
    )


async def _over(request: Request, over: InvitationOver) -> Response[bytes]:
    return await page(request, "entrance/invitation_over.html", status=404, state=over.state)


def _registration(opened: Opened, form: Registering) -> Registration:
    email = opened.invitation.email if opened.invitation.is_login_fixed else form["email"] or opened.invitation.email
    return Registration(
        form["given_name"], form["family_name"] or "", form["phone"] or "", email, form["password"], form["language"], form["timezone"]
    )


def _sign_in(token: str) -> str:
    return f"/sign-in?next={quote(f'/invitation/{token}', safe='')}"


def _base(request: Request) -> str:
    return link_base(request.app.state.settings, request.state.origin)


handlers = [show_invitation, create_account, create_acceptance, create_refusal, end_session]
