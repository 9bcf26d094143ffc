"""Signing in at the organisation's OpenID Connect provider, and coming back from it."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.response import Response

from app.lib import clock
from app.lib.addresses import local_path
from app.lib.forms import EmailField, Form, NumberField, TextField
from app.lib.i18n import _
from app.lib.tokens import hash_token, new_token
from app.models.base import NotFound, Refused
from app.models.credential import Challenge, SignInProvider
from app.models.credential.challenge import AT_PROVIDER, TIME
from app.models.credential.provider import Way
from app.models.session import Proof, Session
from app.models.sign_in_policy import OPENID
from app.render import page, redirect
from app.routes.entrance import keep_cookie, read_cookie, status_of
from app.routes.entrance.sign_in import go_on, show_problem
from app.routes.guard import OPEN

SIGN_IN, CONNECT = "sign-in", "connect"
WAY = "chalet-way"  # cookie: the browser that went to the provider
RETURN = "/sign-in/openid/return"


class AtProvider(Form):
    """Which provider."""

    provider_id = NumberField(1, 2**53)
    next = TextField(most=2000, required=False)


class ByAddress(Form):
    """Whose address it is by whose domain the provider is found."""

    email = EmailField()
    next = TextField(most=2000, required=False)


def way_to(request: Request) -> Way:
    """How this server, under the host in use, and a provider reach each other."""
    return Way(request.state.origin + RETURN, request.app.state.settings.private_issuers)


async def send_to_provider(request: Request, provider: SignInProvider, purpose: str, url: str, account_id: int | None = None) -> Response[bytes]:
    """A page that goes on to the provider by itself: `form-action` of our content security policy forbids a redirect. Raises `Refused`."""
    browser = new_token()
    there = await provider.send_there(way_to(request), browser, account_id=account_id, purpose=purpose, next=url)
    headers = {"Cache-Control": "no-store", "Refresh": f"0; url={there}"}
    answer = await page(request, "entrance/to_provider.html", provider=provider, there=there, headers=headers)
    keep_cookie(request, answer, WAY, browser, TIME // clock.SECOND)
    return answer


@post("/sign-in/openid", opt=OPEN, status_code=200, include_in_schema=False)
async def go_to_provider(request: Request) -> Response[bytes]:
    """On to the provider."""
    form = AtProvider(await request.form())
    provider = await SignInProvider.find(form["provider_id"]) if form.is_valid else None
    url = local_path(form.raw.get("next", ""))
    if provider is None or not _is_offered(request, provider):
        return await show_problem(request, url, _("This way of signing in is no longer offered."))
    try:
        return await send_to_provider(request, provider, SIGN_IN, url)
    except Refused as error:
        return await show_problem(request, url, str(error))


@get("/sign-in/organisation", opt=OPEN, include_in_schema=False)
async def ask_for_address(request: Request) -> Response[bytes]:
    """Where several organisations have a provider: asks for the address, whose domain says which."""
    return await page(request, "entrance/organisation.html", form=ByAddress(email="", next=local_path(request.query_params.get("next", ""))))


@post("/sign-in/organisation", opt=OPEN, status_code=200, include_in_schema=False)
async def find_provider(request: Request) -> Response[bytes]:
    """On to the provider that the address belongs to."""
    form = ByAddress(await request.form())
    try:
        provider = await SignInProvider.for_address(form["email"]) if form.is_valid else None
        if provider is not None and _is_offered(request, provider):
            return await send_to_provider(request, provider, SIGN_IN, local_path(form["next"]))
        if form.is_valid:
            form.refuse("email", _("No organisation here has a sign-in of its own for this address."))
    except Refused as error:
        form.refuse("email", str(error))
    return await page(request, "entrance/organisation.html", status=422, form=form)


@get(RETURN, opt=OPEN, include_in_schema=False)
async def come_back(request: Request) -> Response[bytes]:
    """The browser comes back from the provider with a code, or with why it got none (RFC 6749 §4.1.2)."""
    said = {name: str(value)[:4000] for name, value in request.query_params.items()}
    challenge = await Challenge.take(AT_PROVIDER, said.get("state", ""))
    if challenge is None or challenge.remembered["browser"] != hash_token(read_cookie(request, WAY)):
        return await show_problem(request, "", _lost(said))
    remembered = challenge.remembered
    try:
        provider = await SignInProvider.get(remembered["provider"])
        return await _receive(request, provider, challenge, said)
    except NotFound:
        return await show_problem(request, "", _("This way of signing in is no longer offered."))
    except Refused as error:
        if remembered["purpose"] == CONNECT and request.state.viewer:
            return await page(request, "entrance/not_connected.html", status=422, why=str(error))
        return await show_problem(request, remembered["next"], str(error), status_of(error))


async def _receive(request: Request, provider: SignInProvider, challenge: Challenge, said: dict[str, str]) -> Response[bytes]:
    if said.get("error") or not said.get("code"):
        raise Refused(_why_not(provider, said))
    if said.get("iss", provider.issuer) != provider.issuer:  # RFC 9207: the answer of another provider
        raise Refused(_("The answer came from another provider. Please try again."))
    remembered: dict[str, Any] = challenge.remembered
    stranger = await provider.who_came_back(way_to(request), challenge, said["code"])
    if remembered["purpose"] == CONNECT:
        viewer = request.state.viewer
        if viewer is None or viewer.account_id != challenge.account_id:
            raise Refused(_("Somebody else is signed in here by now. Please try again."))
        await provider.link(viewer, stranger)
        return redirect(request, "/account/security?saved=1", full=True)
    account = await provider.account_of(stranger)
    factors = 2 if provider.is_two_factor or stranger.is_two_factor else 1
    proof = Proof(OPENID, factors, provider.id)
    await Session.check_way(account, proof)
    return await go_on(request, account, local_path(remembered["next"]), proof)


def _is_offered(request: Request, provider: SignInProvider) -> bool:
    """At an organisation's own domain its own provider alone."""
    return request.state.brand.org_id in (None, provider.org_id)


def _lost(said: dict[str, str]) -> str:
    """The answer belongs to no question of this browser. Some providers leave `state` out when they refuse."""
    if said.get("error") == "access_denied" and not said.get("state"):
        return _("The sign-in was refused or cancelled there. Nothing was changed; you can try again.")
    return _("That took too long, or it was begun in another browser. Please try again.")


def _why_not(provider: SignInProvider, said: dict[str, str]) -> str:
    """What a provider's error means for the person (RFC 6749 §4.1.2.1, OpenID Connect Core 1.0 §3.1.2.6)."""
    error = said.get("error", "")
    if error == "access_denied":
        return _("%(provider)s didn’t let you through, or you cancelled. Nothing was changed; you can try again.") % {"provider": provider.name}
    if error in ("server_error", "temporarily_unavailable"):
        return _("%(provider)s has a problem of its own at the moment. Please try again later.") % {"provider": provider.name}
    detail = " ".join(said.get("error_description", "").split())[:200]
    return _("%(provider)s refused the sign-in (%(error)s). Please tell your administrator.") % {
        "provider": provider.name, "error": " – ".join(part for part in (error[:60], detail) if part) or "?"
    }


handlers = [go_to_provider, ask_for_address, find_provider, come_back]
