"""My data: a copy of everything, and leaving for good."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from litestar import Request, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import Response, Stream

from app import database
from app.lib.forms import Form, TextField
from app.lib.i18n import _
from app.lib.passwords import MOST
from app.models.base import NotFound, Refused
from app.models.credential import WrongPassword, check_password
from app.models.farewell import Farewell, only_legal_of
from app.models.my_data import DataExport
from app.models.session import Session
from app.render import fragment, redirect, toast
from app.routes.account import ask_to_confirm, needs_confirmation, own_account, show
from app.routes.entrance import status_of

_CHUNK = 256 * 1024


class Goodbye(Form):
    """The password, before an account goes."""

    password = TextField(most=MOST, strip=False)


@get("/account/data", include_in_schema=False)
async def show_my_data(request: Request) -> Response[bytes]:
    """What there is, and how to leave."""
    return await show(request, "my_data", **await _context(request))


@get("/account/data/progress", include_in_schema=False)
async def show_export_progress(request: Request) -> Response[bytes]:
    """How far the copy is."""
    return fragment(request, "account/_export.html", export=await DataExport.latest(request.state.viewer))


@post("/account/data", status_code=200, include_in_schema=False)
async def create_export(request: Request) -> Response[bytes]:
    """Have a copy made."""
    await DataExport.ask(request.state.viewer)
    return await _changed(request)


@post("/account/data/{export_id:int}/cancellation", status_code=200, include_in_schema=False)
async def cancel_export(request: Request, export_id: FromPath[int]) -> Response[bytes]:
    """Stop making it."""
    await (await _own(request, export_id)).cancel()
    return await _changed(request, _("The copy was cancelled."))


@get("/account/data/{export_id:int}/file", include_in_schema=False)
async def show_export_file(request: Request, export_id: FromPath[int], state: State) -> Stream:
    """The zip."""
    export = await _own(request, export_id)
    path = Path(state.settings.data_dir) / "exports" / export.file
    if not export.is_ready or not await export.is_for(request.state.viewer) or not path.is_file():
        raise NotFound(f"export {export_id}")
    await database.release_scope()
    headers = {
        "Content-Disposition": 'attachment; filename="my-data.zip"', "Content-Length": str(path.stat().st_size), "Cache-Control": "no-store",
    }
    return Stream(_read(path), media_type="application/zip", headers=headers)


@post("/account/deletion", status_code=200, include_in_schema=False)
async def create_deletion(request: Request) -> Response[bytes]:
    """Delete the account in a week. Signed out everywhere; signing in again takes it back."""
    account = await own_account(request)
    form, status = Goodbye(await request.form()), 422
    if account.password_hash is None:  # they sign in in another way, which is as good
        if await needs_confirmation(request):
            return ask_to_confirm(request, "/account/data")
        form.errors.clear()
    try:
        if form.is_valid:
            if account.password_hash is not None:
                await check_password(account, form["password"])
            await Farewell.ask(request.state.viewer)
            return redirect(request, "/sign-in", full=True)
    except Refused as error:
        status = status_of(error)
        form.refuse("password", _("This isn’t your password.") if isinstance(error, WrongPassword) else str(error))
    if request.headers.get("hx-target", "").endswith("#deletion-form"):
        return fragment(request, "account/_deletion_form.html", status=status, form=form, has_password=account.password_hash is not None)
    return await show(request, "my_data", status, **{**await _context(request), "form": form})


async def _context(request: Request) -> dict[str, Any]:
    viewer = request.state.viewer
    within_reach = {place.id for place in await (await Session.get(viewer.session_id)).reach()}
    return {
        "has_password": (await own_account(request)).password_hash is not None, "export": await DataExport.latest(viewer),
        "alone": await only_legal_of(viewer.account_id), "form": Goodbye(),
        "apart": [place.name for place in viewer.organisations if place.membership_id not in within_reach],
        "others": [place.name for place in viewer.organisations if place.membership_id != viewer.membership_id],
    }


async def _own(request: Request, export_id: int) -> DataExport:
    return await DataExport.find_own(export_id, account_id=request.state.viewer.account_id, org_id=request.state.viewer.org_id)


async def _changed(request: Request, text: str = "") -> Response[bytes]:
    if not request.headers.get("hx-target", "").endswith("#export"):
        return redirect(request, "/account/data")
    export = await DataExport.latest(request.state.viewer)
    return fragment(request, "account/_export.html", export=export, headers=toast(text) if text else None)


async def _read(path: Path) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            yield chunk
    finally:
        file.close()


handlers = [show_my_data, show_export_progress, create_export, cancel_export, show_export_file, create_deletion]
