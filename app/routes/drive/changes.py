"""Making, naming, moving, copying, throwing away and putting back."""

from __future__ import annotations

import json
from typing import Any

from litestar import Request, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Response

from app import database
from app.access import find_drive_node
from app.lib import file_names
from app.lib.i18n import _, ngettext
from app.lib.numbers import whole
from app.models.base import NotFound, Refused
from app.models.drive import (
    EDIT,
    VIEW,
    copy_all,
    drives_of,
    empty_trash,
    make_folder,
    marks,
    move,
    purge,
    put_file,
    remove,
    rename,
    restore,
)
from app.models.drive.finding import may_use
from app.models.drive.names import NameRefused, NameTaken, free_name
from app.models.drive.rights import leave
from app.models.files import receive
from app.render import nothing, redirect, toast
from app.routes.drive import CLOSED, Naming, as_json, chosen
from app.routes.drive.places import dialog
from app.routes.uploads import pieces_of


@get("/drive/folders/{node_id:int}/folders/new", include_in_schema=False)
async def new_folder(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """The form of a new folder, in a dialog."""
    found = await find_drive_node(request.state.viewer, node_id, EDIT)
    return await dialog(request, "drive/_new_folder.html", folder=found, form=Naming(name=await free_name(found.node.id, _("New folder"))))


@post("/drive/folders/{node_id:int}/folders", status_code=200, include_in_schema=False)
async def create_folder(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """Make a folder."""
    found = await find_drive_node(request.state.viewer, node_id, EDIT)
    form = Naming(await request.form())
    if form.is_valid:
        try:
            made = await make_folder(request.state.viewer, found, form["name"], key=request.state.idempotency_key)
            return _changed(_("The folder “%(name)s” was made.") % {"name": made.name}, made=made.id)
        except (NameRefused, NameTaken) as refused:
            form.refuse("name", str(refused))
    return await dialog(request, "drive/_new_folder.html", status=422, folder=found, form=form)


@get("/drive/folders/{node_id:int}/texts/new", include_in_schema=False)
async def new_text(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """The form of a new text, in a dialog."""
    found = await find_drive_node(request.state.viewer, node_id, EDIT)
    return await dialog(request, "drive/_new_text.html", folder=found, form=Naming(name=await free_name(found.node.id, _("Notes") + ".md")))


@post("/drive/folders/{node_id:int}/texts", status_code=200, include_in_schema=False)
async def create_text(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """Make an empty text and open it."""
    found = await find_drive_node(request.state.viewer, node_id, EDIT)
    form = Naming(await request.form())
    if form.is_valid:
        try:
            name = form["name"] if file_names.split(form["name"])[1] else f"{form['name']}.md"
            made = await put_file(request.state.viewer, found, name, await receive(_nothing()), origin="created")
            return redirect(request, f"{made.url}?edit=1")
        except (NameRefused, NameTaken) as refused:
            form.refuse("name", str(refused))
    return await dialog(request, "drive/_new_text.html", status=422, folder=found, form=form)


@post("/drive/nodes/{node_id:int}/name", status_code=200, include_in_schema=False)
async def update_name(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """Rename in place; a refusal is told as JSON beside the field."""
    found = await find_drive_node(request.state.viewer, node_id, EDIT)
    form = Naming(await request.form())
    if not form.is_valid:
        return as_json({"error": form.errors["name"]}, 422)
    try:
        command = await rename(request.state.viewer, found, form["name"])
    except (NameRefused, NameTaken) as refused:
        return as_json({"error": str(refused)}, 422)
    return _changed(_("It is called “%(name)s” now.") % {"name": found.node.name}, undo=command.id)


@post("/drive/moves", status_code=200, request_max_body_size=2_000_000, include_in_schema=False)
async def create_move(request: Request) -> Response[bytes]:
    """Move what was chosen into a folder."""
    target = await _target(request)
    command = await move(request.state.viewer, await chosen(request), target)
    count = len(json.loads(command.inverse or "{}").get("moves", []))
    if not count:
        return nothing(204)
    return _changed(ngettext("%(num)s item moved", "%(num)s items moved", count) % {"num": count}, undo=command.id)


@post("/drive/copies", status_code=200, request_max_body_size=2_000_000, include_in_schema=False)
async def create_copy(request: Request) -> Response[bytes]:
    """Copy what was chosen into a folder."""
    target, ids = await _target(request), await chosen(request)
    command = await copy_all(request.state.viewer, ids, target, key=request.state.idempotency_key)
    return _changed(ngettext("%(num)s item copied", "%(num)s items copied", len(ids)) % {"num": len(ids)}, undo=command.id)


@post("/drive/removals", status_code=200, request_max_body_size=2_000_000, include_in_schema=False)
async def create_removal(request: Request) -> Response[bytes]:
    """Put what was chosen into the trash."""
    ids = await chosen(request)
    command = await remove(request.state.viewer, ids)
    text = ngettext("%(num)s item is in the trash", "%(num)s items are in the trash", len(ids)) % {"num": len(ids)}
    if (await request.form()).get("from") == "file":
        answer = redirect(request, command.url)
        answer.headers.update(toast(text, undo=command.id))
        return answer
    return _changed(text, undo=command.id)


@post("/drive/leavings", status_code=200, request_max_body_size=2_000_000, include_in_schema=False)
async def create_leaving(request: Request) -> Response[bytes]:
    """Give back what was shared with one alone."""
    viewer, ids = request.state.viewer, await chosen(request)
    async with database.transaction():
        for id_ in ids:
            await leave(viewer, (await find_drive_node(viewer, id_)).node)
    if any([await may_use(viewer, id_, VIEW) for id_ in ids]):
        return _changed(_("Your own share is given back. What you still see, you see by a team or by another folder."))
    return _changed(ngettext("%(num)s item is no longer shared with you", "%(num)s items are no longer shared with you", len(ids)) % {"num": len(ids)})


@post("/drive/restorations", status_code=200, request_max_body_size=2_000_000, include_in_schema=False)
async def create_restoration(request: Request) -> Response[bytes]:
    """Take what was chosen out of the trash, to where it was."""
    ids = await chosen(request)
    command = await restore(request.state.viewer, ids)
    return _back(request, ngettext("%(num)s item is back", "%(num)s items are back", len(ids)) % {"num": len(ids)}, command.id)


@post("/drive/purges", status_code=200, request_max_body_size=2_000_000, include_in_schema=False)
async def create_purge(request: Request) -> Response[bytes]:
    """Delete what was chosen for good."""
    count = await purge(request.state.viewer, await chosen(request))
    return _back(request, ngettext("%(num)s item was deleted for good", "%(num)s items were deleted for good", count) % {"num": count})


@post("/drive/folders/{node_id:int}/trash", status_code=200, include_in_schema=False)
async def clear_trash(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """Empty the trash of the drive whose root this is."""
    found = await find_drive_node(request.state.viewer, node_id, EDIT)
    await empty_trash(request.state.viewer, found.drive)
    answer = redirect(request, f"/drive/trash?drive={found.drive.id}")
    answer.headers.update(toast(_("The trash is empty.")))
    return answer


@post("/drive/nodes/{node_id:int}/favourite", status_code=200, include_in_schema=False)
async def update_favourite(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """List it among one's favourites, or no longer."""
    found = await find_drive_node(request.state.viewer, node_id)
    on = (await request.form()).get("on", "1") == "1"
    await marks.favour(request.state.viewer, found.node, on)
    return _changed(_("Among your favourites now.") if on else _("No longer among your favourites."))


@post("/drive/folders/{node_id:int}/files", status_code=200, request_max_body_size=None, include_in_schema=False)
async def create_files(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """Files of a form, for browsers without scripts and for the share sheet: both are kept where a name is taken."""
    found = await find_drive_node(request.state.viewer, node_id, EDIT)
    sent = [one for one in (await request.form()).getall("file", []) if isinstance(one, UploadFile) and one.filename]
    if not sent:
        raise Refused(_("Please choose a file first."))
    for number, one in enumerate(sent):
        key = f"{request.state.idempotency_key}:{number}" if request.state.idempotency_key else None
        name = await free_name(found.node.id, file_names.fitted(one.filename))
        await put_file(request.state.viewer, found, name, await receive(pieces_of(one)), key=key)
    answer = redirect(request, found.node.url)
    answer.headers.update(toast(ngettext("%(num)s file was added", "%(num)s files were added", len(sent)) % {"num": len(sent)}))
    return answer


async def _target(request: Request) -> Any:
    to = whole(str((await request.form()).get("to", "")))
    if to is None:
        raise NotFound("target")
    return await find_drive_node(request.state.viewer, to, EDIT)


def _changed(text: str, undo: int | None = None, **facts: Any) -> Response[bytes]:
    """Nothing to swap: the list hears of it and asks anew, wherever it is shown."""
    events: dict[str, Any] = {"drive:changed": facts or {"at": 1}, **CLOSED}
    answer = nothing(200, **toast(text, undo=undo, **events))
    answer.headers["HX-Reswap"] = "none"
    return answer


def _back(request: Request, text: str, undo: int | None = None) -> Response[bytes]:
    if request.headers.get("hx-request") != "true":
        return redirect(request, "/drive/trash")
    return _changed(text, undo)


async def _nothing() -> Any:
    yield b""


async def open_drives(viewer: Any) -> list[Any]:
    """The drives that a viewer may put something into, for the share sheet."""
    return await drives_of(viewer)


handlers = [
    new_folder, create_folder, new_text, create_text, update_name, create_move, create_copy, create_removal, create_leaving, create_restoration,
    create_purge, clear_trash, update_favourite, create_files,
]
