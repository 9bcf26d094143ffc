"""The sync assistant: where programs sync, as whom and with which password, and what was here (DAV-01 to DAV-09)."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.response import Response

from app.lib.apple_profile import KIND, sync_profile
from app.lib.forms import Form, TextField
from app.lib.i18n import _
from app.lib.qr import qr_code
from app.models.credential import ApplicationPassword
from app.models.credential.application_password import programs_need_own
from app.models.dav import SyncProgram
from app.models.own_security import issue_application_password
from app.models.own_security import revoke_application_password as revoke
from app.routes.account import ask_to_confirm, done, needs_confirmation, own_account, show
from app.routes.dav.trees import all_trees


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


@get("/account/sync/apple", include_in_schema=False)
async def show_apple_profile(request: Request) -> Response[bytes]:
    """A profile that sets an iPhone, iPad or Mac up, apart from the password."""
    account = await own_account(request)
    content = sync_profile(request.state.origin, account.sync_name, request.state.viewer.org_name, request.state.brand.name, kinds=_kinds())
    headers = {"content-disposition": 'attachment; filename="sync.mobileconfig"', "cache-control": "no-store"}
    return Response(content, media_type=KIND, headers=headers)


def _kinds() -> tuple[str, ...]:
    return tuple(kind for kind, tree in (("CardDAV", "contacts"), ("CalDAV", "calendars")) if any(one.name == tree for one in all_trees()))


def _setup(request: Request, sync_name: str) -> dict[str, Any]:
    """The address, and pictures that telephones read: Android opens DAVx⁵ with it, an iPhone this page."""
    origin = request.state.origin
    scheme, _colon, host = origin.partition("://")
    android = f"{'carddavs' if scheme == 'https' else 'carddav'}://{sync_name}@{host}/dav/"
    return {
        "origin": origin, "is_secure": scheme == "https", "android": qr_code(android), "iphone": qr_code(f"{origin}/account/sync?on=apple"), "kinds": _kinds(),
        "has_files": any(one.name == "files" for one in all_trees()),
    }


async def _show(request: Request, form: NewApplicationPassword, status: int = 200, made: str = "", made_for: str = "") -> Response[bytes]:
    account = await own_account(request)
    return await show(
        request, "sync", status, account=account, form=form, made=made, made_for=made_for, passwords=await ApplicationPassword.of(account.id),
        needs_own=await programs_need_own(account.id), programs=await SyncProgram.of(account.id), on=request.query_params.get("on", ""),
        **_setup(request, account.sync_name),
    )


handlers = [show_sync, show_apple_profile, create_application_password, revoke_application_password]
