"""Names, phone and email address (HOME-07 to HOME-09)."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, get, post
from litestar.response import Response

from app.lib.forms import EmailField, Form, TextField
from app.lib.i18n import _
from app.lib.passwords import MOST
from app.models.account import Account
from app.models.base import Refused
from app.models.credential import WrongPassword, check_password
from app.models.credential.emailed_link import request_new_email
from app.models.own_profile import ProfileChangedMeanwhile, base_of, introduce_self, own_facts
from app.render import fragment, is_htmx, toast
from app.routes.account import done, own_account, show
from app.routes.entrance import status_of


class ProfileForm(Form):
    """What others see."""

    given_name = TextField(most=80)
    family_name = TextField(most=80, required=False)
    title = TextField(most=120, required=False)
    pronouns = TextField(most=40, required=False)
    phone = TextField(most=40, required=False)
    base = TextField(most=2000, required=False)


class EmailForm(Form):
    """A new address, and the password."""

    email = EmailField()
    password = TextField(most=MOST, strip=False)


@get("/account", include_in_schema=False)
async def show_profile(request: Request) -> Response[bytes]:
    """The profile."""
    return await _show(request, await own_account(request))


@post("/account", status_code=200, include_in_schema=False)
async def update_profile(request: Request) -> Response[bytes]:
    """Save names and phone."""
    account = await own_account(request)
    form = ProfileForm(await request.form())
    if not form.is_valid:
        return await _refuse(request, account, "_profile_form", profile=form)
    wanted = {name: form[name] for name in ("given_name", "family_name", "title", "pronouns", "phone")}
    try:
        await introduce_self(request.state.viewer, wanted, form["base"], request.state.idempotency_key or None)
    except ProfileChangedMeanwhile as meanwhile:
        return await _ask_which(request, account, form, meanwhile)
    return done(request, "/account", _("Saved."), full=True)


@post("/account/email", status_code=200, include_in_schema=False)
async def change_email(request: Request) -> Response[bytes]:
    """Send a link to the new address; nothing changes until it is followed."""
    account = await own_account(request)
    form = EmailForm(await request.form())
    try:
        if form.is_valid:
            await check_password(account, form["password"])
            await request_new_email(account, form["email"], request.state.origin)
            return done(request, "/account", _("We sent a link to %(email)s. Your address changes when you open it.") % {"email": form["email"]})
    except Refused as error:
        is_wrong = isinstance(error, WrongPassword)
        form.refuse("password" if is_wrong else "email", _("This isn’t your password.") if is_wrong else str(error))
        return await _refuse(request, account, "_email_form", status_of(error), email=form)
    return await _refuse(request, account, "_email_form", email=form)


async def _ask_which(request: Request, account: Account, form: Form, meanwhile: ProfileChangedMeanwhile) -> Response[bytes]:
    """409: the form with both, or, where it waited in the outbox (which says for whom it sends), what the outbox shows beside it."""
    if request.headers.get("chalet-for"):
        theirs, mine = ("\n".join(facts[name] or "–" for name in meanwhile.theirs) for facts in (meanwhile.theirs, form.values))
        body = msgspec.json.encode({"text": theirs, "mine": mine, "base": meanwhile.base})
        return Response(body, status_code=409, media_type="application/json", headers=toast(str(meanwhile), kind="error"))
    for name, value in meanwhile.theirs.items():
        form.refuse(name, _("This was changed elsewhere to “%(text)s”. Save again to keep yours.") % {"text": value or "–"})
    form.raw["base"] = meanwhile.base
    return await _refuse(request, account, "_profile_form", 409, profile=form)


async def _refuse(request: Request, account: Account, part: str, status: int = 422, **forms: Any) -> Response[bytes]:
    if is_htmx(request):
        return fragment(request, f"account/{part}.html", status=status, account=account, **forms)
    return await _show(request, account, status, **forms)


async def _show(request: Request, account: Account, status: int = 200, **forms: Form) -> Response[bytes]:
    facts = await own_facts(request.state.viewer)
    own = {"profile": ProfileForm(**facts, base=base_of(facts)), "email": EmailForm(email="")}
    return await show(request, "profile", status, account=account, **{**own, **forms})


handlers = [show_profile, update_profile, change_email]
