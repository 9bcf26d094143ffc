"""Manager › Moving in and out: histories of Slack and Mattermost come in, channels go out as one zip."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar import Request, delete, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Response, Stream

from app.access import require
from app.lib import blobs
from app.lib.forms import CheckField, ChoiceField, Form, ManyField, NumberField, TextField
from app.lib.i18n import _, language
from app.models.base import NotFound, Refused
from app.models.chat import administration
from app.models.chat.moving import exporting, importing
from app.models.chat.moving.importing import BUSY
from app.models.chat.moving.tables import ChatImport
from app.models.chat.moving.writing import MERGE, RENAME
from app.models.chat.rules import ChatRules
from app.models.viewer import Viewer
from app.render import fragment, is_htmx, page, redirect, render

HERE = "/manager/chat/moving"
_SHOWN = 200  # people and places of a history that are listed


class Choices(Form):
    """What becomes of channels that are here already, and of direct conversations."""

    existing = ChoiceField((MERGE, RENAME), required=False, default=MERGE)
    direct = CheckField()
    place = ManyField(TextField(most=200), most=20_000)


class Wanted(Form):
    """Which channel is written out; 0: all."""

    channel_id = NumberField(0, 2**53, required=False, default=0)


@get(HERE, include_in_schema=False)
async def show_moving(request: Request) -> Response[bytes]:
    """Both ways."""
    return await _page(request)


@post(HERE, status_code=200, include_in_schema=False, request_max_body_size=None)
async def create_import(request: Request) -> Response[bytes]:
    """Take a file and look through it. Nothing is written yet."""
    viewer = _manager(request)
    sent = (await request.form()).get("file")
    if not isinstance(sent, UploadFile) or not sent.filename:
        return await _page(request, 422, error=_("Choose a file first."))
    try:
        one = await importing.keep(viewer, sent.filename, _pieces(sent))
    except NotFound:
        raise
    except Refused as refused:
        return await _page(request, 422, error=str(refused))
    return redirect(request, f"{HERE}/{one.id}")


@get(f"{HERE}/{{import_id:int}}", include_in_schema=False)
async def show_import(request: Request, import_id: FromPath[int]) -> Response[bytes]:
    """What is in it, how far it is, what was left out."""
    one = await importing.find(_manager(request), import_id)
    if request.headers.get("hx-target", "").endswith("#import-state"):
        return fragment(request, "manager/_import_state.html", **_details(one))
    return await page(request, "manager/import.html", **_details(one))


@post(f"{HERE}/{{import_id:int}}/run", status_code=200, include_in_schema=False)
async def create_run(request: Request, import_id: FromPath[int]) -> Response[bytes]:
    """Write it, or go on."""
    viewer = _manager(request)
    one = await importing.find(viewer, import_id)
    form = Choices(await request.form())
    if not form.is_valid:
        raise Refused(next(iter(form.errors.values())))
    listed = [place["key"] for place in msgspec.json.decode(one.report).get("places", [])[:_SHOWN]]
    skip = [key for key in listed if key not in form["place"]] if form["place"] else []
    await importing.start(viewer, one, existing=form["existing"] or MERGE, direct=form["direct"], skip=skip)
    return redirect(request, f"{HERE}/{one.id}")


@delete(f"{HERE}/{{import_id:int}}/run", status_code=200, include_in_schema=False)
async def delete_run(request: Request, import_id: FromPath[int]) -> Response[bytes]:
    """Stop."""
    viewer = _manager(request)
    one = await importing.find(viewer, import_id)
    await importing.cancel(viewer, one)
    return redirect(request, f"{HERE}/{one.id}")


@delete(f"{HERE}/{{import_id:int}}", status_code=200, include_in_schema=False)
async def delete_import(request: Request, import_id: FromPath[int]) -> Response[bytes]:
    """Take everything away that it brought."""
    viewer = _manager(request)
    one = await importing.find(viewer, import_id)
    await importing.undo(viewer, one)
    return redirect(request, f"{HERE}/{one.id}")


@post(f"{HERE}/exports", status_code=200, include_in_schema=False)
async def create_export(request: Request) -> Response[bytes]:
    """Write a channel, or all, out."""
    viewer = _manager(request)
    form = Wanted(await request.form())
    try:
        await exporting.ask(viewer, form.values.get("channel_id") or None)
    except NotFound:
        raise
    except Refused as refused:
        return await _page(request, 422, export_error=str(refused))
    return redirect(request, f"{HERE}#exports")


@post(f"{HERE}/rules", status_code=200, include_in_schema=False)
async def update_rules(request: Request) -> Response[bytes]:
    """Whether an export of everything has direct conversations."""
    viewer = _manager(request)
    await exporting.allow_direct(viewer, bool((await request.form()).get("direct")))
    return redirect(request, HERE)


@delete(f"{HERE}/exports/{{export_id:int}}", status_code=200, include_in_schema=False)
async def delete_export(request: Request, export_id: FromPath[int]) -> Response[bytes]:
    """Stop it."""
    viewer = _manager(request)
    await exporting.cancel(viewer, await exporting.find(viewer, export_id))
    return redirect(request, HERE)


@get(f"{HERE}/exports/{{export_id:int}}/file", include_in_schema=False)
async def show_file(request: Request, export_id: FromPath[int]) -> Stream:
    """The zip."""
    one = await exporting.find(_manager(request), export_id)
    if one.state != exporting.DONE:
        raise NotFound(f"export {export_id}")
    headers = {
        "Content-Disposition": f'attachment; filename="chat-{one.id}.zip"', "Content-Length": str(one.bytes), "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Stream(blobs.store().stream(one.file), media_type="application/zip", headers=headers)


async def _pieces(sent: UploadFile) -> AsyncIterator[bytes]:
    while part := await sent.read(1 << 20):
        yield part


async def _page(request: Request, status: int = 200, **more: Any) -> Response[bytes]:
    viewer = _manager(request)
    options = [(row["id"], f"#{row['name']}") for row in await administration.channels(viewer)]
    context: dict[str, Any] = {
        "imports": await importing.imports_of(viewer), "exports": await exporting.exports_of(viewer),
        "rules": await ChatRules.of(viewer.org_id), "states": state_words(), "error": "", "export_options": options, "export_error": "", **more,
    }
    if is_htmx(request) and request.headers.get("hx-target", "").endswith("#moving"):
        return fragment(request, "manager/_moving.html", status=status, **context)
    return await page(request, "manager/moving.html", status=status, **context)


def _details(one: ChatImport) -> dict[str, Any]:
    report = msgspec.json.decode(one.report)
    return {
        "one": one, "report": report, "problems": msgspec.json.decode(one.problems), "states": state_words(), "why": problem_words(), "shown": _SHOWN,
        "is_busy": one.state in BUSY,
    }


def state_words() -> dict[str, str]:
    """What each state is called."""
    return {
        "uploaded": _("Uploaded"), "checking": _("Being looked through"), "checked": _("Ready to come in"), "running": _("Coming in"), "done": _("Done"),
        "cancelled": _("Stopped"), "failed": _("Can’t be read"), "undoing": _("Being taken away"), "undone": _("Taken away"), "waiting": _("Waiting"),
    }


def problem_words() -> dict[str, str]:
    """Why something is left out."""
    return {
        "no_history": _("This isn’t an export of Slack or Mattermost."), "broken_zip": _("The zip is broken or wasn’t uploaded whole."),
        "bomb": _("A file in it grows out of all proportion when it is unpacked."), "too_many": _("There are too many files in it."),
        "encrypted": _("The zip has a password. Unpack it and make one without."), "broken_json": _("isn’t JSON"), "no_message": _("isn’t a message"),
        "no_time": _("has no time that can be read"), "no_author": _("says nobody wrote it"), "no_text": _("has no text and no file"),
        "no_place": _("is of a channel that isn’t in the file"), "too_long": _("is too long"),
    }


def _manager(request: Request) -> Viewer:
    viewer: Viewer = request.state.viewer
    require(viewer, "chat.manage")
    if viewer.is_external:
        raise NotFound("chat")
    return viewer


def _rendered(template: str, **context: Any) -> str:
    return render(template, language=language(), **context)


exporting.pages_with(_rendered)
handlers = [
    show_moving, create_import, show_import, create_run, delete_run, delete_import, create_export, update_rules, delete_export, show_file,
]
