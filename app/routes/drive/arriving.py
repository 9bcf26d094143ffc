"""Files that arrive from a browser: asked about once, then one by one (uploaded in pieces before) or many small ones in one request."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Response

from app.access import find_drive_node
from app.lib.blobs import NoRoom
from app.lib.forms import ChoiceField, Form, NumberField, TextField
from app.lib.i18n import _
from app.models.base import NotFound, Refused
from app.models.drive import EDIT
from app.models.drive.arriving import ASK, CONFLICTS, Arrival, Arrivals, taken
from app.models.drive.content import MOST_MODIFIED
from app.models.drive.names import NameTaken
from app.models.drive.tables import Node
from app.models.files import Blob, Upload, receive
from app.render import nothing
from app.routes.drive import as_json
from app.routes.uploads import pieces_of

_MOST_PATHS = 10_000
_LARGEST_PARCEL = 48 << 20  # bytes; a browser packs at most a third of it


class Uploaded(Form):
    """An upload that is to become a file."""

    upload = TextField(most=100)
    name = TextField(most=1000, strip=False)
    path = TextField(most=4000, required=False, strip=False)
    modified = NumberField(0, MOST_MODIFIED, required=False)
    conflict = ChoiceField(CONFLICTS, required=False, default=ASK)
    together = TextField(most=80, required=False)


class Packed(msgspec.Struct):
    """What a parcel says of one of its files."""

    key: Annotated[str, msgspec.Meta(min_length=8, max_length=80)]
    name: Annotated[str, msgspec.Meta(max_length=1000)]
    path: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    modified: int | None = None
    conflict: Literal["ask", "keep", "replace", "skip"] = "ask"
    together: Annotated[str, msgspec.Meta(max_length=80)] = ""


@post("/drive/folders/{node_id:int}/conflicts", status_code=200, request_max_body_size=8_000_000, include_in_schema=False)
async def list_conflicts(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """Which of these paths (JSON, a list of at most 10,000 texts) are taken already, asked once before many are uploaded."""
    found = await find_drive_node(request.state.viewer, node_id, EDIT)
    paths = _read(await request.body(), list[str])
    if len(paths) > _MOST_PATHS:
        raise Refused(_("This is too much at once."))
    return as_json({"taken": await taken(request.state.viewer, found, paths)}, 200)


@post("/drive/folders/{node_id:int}/arrivals", status_code=200, include_in_schema=False)
async def create_arrival(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """Make a file of an upload that has arrived: 201 with its id, 409 when the name is taken and nobody was asked, 204 when it is skipped."""
    viewer = request.state.viewer
    found = await find_drive_node(viewer, node_id, EDIT)
    form = Uploaded(await request.form())
    if not form.is_valid:
        return as_json({"error": next(iter(form.errors.values()))}, 422)
    arrivals = Arrivals(viewer, found)
    arrival = Arrival(form["name"], form["path"], form["modified"], form["conflict"], request.state.idempotency_key or None, form["together"] or None)
    if (before := await arrivals.before(arrival)) is not None:
        return as_json(_facts(before), 201)
    upload = await Upload.ready(form["upload"], viewer)
    try:
        node = await arrivals.put(arrival, await upload.blob(), upload)
    except NameTaken as there:
        return as_json(_taken(there), 409)
    if node is None:
        await upload.discard()
        return nothing(204)
    return as_json(_facts(node), 201)


@post("/drive/folders/{node_id:int}/parcels", status_code=200, request_max_body_size=_LARGEST_PARCEL, include_in_schema=False)
async def create_parcel(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """Make files of many small ones: a form whose `about` (JSON, a list of `Packed`) tells of each `file`, in their order. The answer tells
    what became of each: its id, name and url, `taken`, `skipped`, or the `error`. Sent again after a lost answer, nothing is doubled."""
    viewer = request.state.viewer
    found = await find_drive_node(viewer, node_id, EDIT)
    form = await request.form()
    about, files = _read(str(form.get("about", "")).encode(), list[Packed]), [one for one in form.getall("file", []) if isinstance(one, UploadFile)]
    if not about or len(about) != len(files):
        raise Refused(_("This can’t be read."))
    arrivals = Arrivals(viewer, found)
    contents = await asyncio.gather(*(receive(pieces_of(file)) for file in files), return_exceptions=True)  # a disk syncs many as fast as one
    return as_json({"files": [await _unpack(arrivals, one, content) for one, content in zip(about, contents, strict=True)]}, 200)


async def _unpack(arrivals: Arrivals, packed: Packed, content: Blob | BaseException) -> dict[str, Any]:
    arrival = Arrival(packed.name, packed.path, packed.modified, packed.conflict, packed.key, packed.together or None)
    try:
        if (before := await arrivals.before(arrival)) is not None:
            return _facts(before)
        if isinstance(content, BaseException):
            raise content
        node = await arrivals.put(arrival, content)
    except NameTaken as there:
        return _taken(there)
    except NotFound:
        return {"error": _("The folder isn’t there any more.")}
    except NoRoom:
        return {"error": _("The server’s disk is full. Please tell an administrator.")}
    except Refused as refused:
        return {"error": str(refused)}
    return _facts(node) if node is not None else {"skipped": True}


def _read(body: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused(_("This can’t be read.")) from None


def _facts(node: Node) -> dict[str, Any]:
    return {"id": node.id, "name": node.name, "url": node.url}


def _taken(there: NameTaken) -> dict[str, Any]:
    assert there.there is not None
    return {"taken": there.there.name, "is_folder": there.there.is_folder}


handlers = [list_conflicts, create_arrival, create_parcel]
