"""Passkeys of one's own: add, name, remove."""

from __future__ import annotations

from litestar import Request, post
from litestar.params import FromPath
from litestar.response import Response

from app.lib.addresses import local_path
from app.lib.forms import Form, TextField
from app.lib.i18n import _
from app.models.base import Refused
from app.models.credential import Passkey
from app.models.own_security import note_passkey
from app.models.own_security import remove_passkey as remove_own
from app.render import nothing, redirect
from app.routes.account import ask_to_confirm, done, needs_confirmation, own_account
from app.routes.entrance import relying_party
from app.routes.guard import HELD


class NewPasskey(Form):
    """What the browser made, as JSON, and what its owner calls it."""

    name = TextField(most=80)
    credential = TextField(most=50_000)
    next = TextField(most=2000, required=False)


class PasskeyName(Form):
    """Another name."""

    name = TextField(most=80)


@post("/account/passkeys/options", opt=HELD, status_code=200, include_in_schema=False)
async def pose_question(request: Request) -> Response[str] | Response[bytes]:
    """The options for `navigator.credentials.create`; 403 with an address where the password is asked for first."""
    if await needs_confirmation(request):
        return nothing(403, Location="/protection" if request.state.viewer.is_held else "/account/confirm?next=/account/security")
    options = await Passkey.registration(await own_account(request), relying_party(request))
    return Response(options, media_type="application/json", headers={"Cache-Control": "no-store"})


@post("/account/passkeys", opt=HELD, status_code=200, include_in_schema=False)
async def create_passkey(request: Request) -> Response[bytes]:
    """Keep a new one."""
    if await needs_confirmation(request):
        return ask_to_confirm(request, "/account/security")
    form = NewPasskey(await request.form())
    if not form.is_valid:
        raise Refused(next(iter(form.errors.values())))
    viewer = request.state.viewer
    await note_passkey(viewer, await Passkey.register(await own_account(request), relying_party(request), form["credential"], form["name"]))
    if form["next"]:
        return redirect(request, local_path(form["next"]), full=True)
    return done(request, "/account/security", _("The passkey was added."))


@post("/account/passkeys/{passkey_id:int}", status_code=200, include_in_schema=False)
async def rename_passkey(request: Request, passkey_id: FromPath[int]) -> Response[bytes]:
    """Name it anew."""
    passkey = await Passkey.find_own(passkey_id, account_id=request.state.viewer.account_id)
    form = PasskeyName(await request.form())
    if not form.is_valid:
        raise Refused(form.errors["name"])
    await passkey.rename(form["name"])
    return done(request, "/account/security", _("Saved."))


@post("/account/passkeys/{passkey_id:int}/removal", status_code=200, include_in_schema=False)
async def remove_passkey(request: Request, passkey_id: FromPath[int]) -> Response[bytes]:
    """It opens nothing any more."""
    passkey = await Passkey.find_own(passkey_id, account_id=request.state.viewer.account_id)
    if await needs_confirmation(request):
        return ask_to_confirm(request, "/account/security")
    await remove_own(request.state.viewer, passkey)
    return done(request, "/account/security", _("The passkey was removed."))


handlers = [pose_question, create_passkey, rename_passkey, remove_passkey]
