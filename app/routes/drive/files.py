"""A file: its viewer, its bytes, its small picture, its text being edited; zips of selections."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

from litestar import Request, get, post, route
from litestar.enums import HttpMethod
from litestar.params import FromPath, FromQuery
from litestar.response import Response, Stream

from app.access import find_drive_node
from app.lib import blobs, file_types
from app.lib.documents import document_html
from app.lib.file_looks import can_print_office
from app.lib.forms import Form, NumberField, TextField
from app.lib.highlighting import marked_code
from app.lib.i18n import _
from app.models.base import NotFound, Refused
from app.models.drive import EDIT, VIEW, Found, find_node, list_page, marks, put_file
from app.models.drive.content import Conflict, content_of
from app.models.drive.looking import page_of, zip_listing
from app.models.drive.unzipping import unzip
from app.models.drive.versions import text_of, version_of
from app.models.drive.zipping import entries, found_for_zip, zipped
from app.models.files import Blob, keep_bytes
from app.models.files.previews import FAILED, THUMB, BlobFacts
from app.render import fragment, is_htmx, nothing, page, redirect, toast
from app.routes.drive import chosen
from app.routes.drive.places import drive_name, side
from app.routes.files import disposition, file_answer

MOST_EDITED = 2_000_000  # bytes of a text that is edited in the browser
MOST_ROWS, MOST_PAGES, MOST_ENTRIES = 1000, 300, 2000
EDITABLE = (file_types.TEXT, file_types.MARKDOWN, file_types.CODE, file_types.TABLE)
_BINARY = "application/octet-stream"


class Editing(Form):
    """A text as it is now, and the version that it was made of."""

    text = TextField(most=MOST_EDITED, strip=False, required=False)
    base = NumberField(0, 2**53)
    settled = TextField(most=1, required=False)


@get("/drive/files/{node_id:int}", include_in_schema=False)
async def show_file(request: Request, node_id: FromPath[int], edit: FromQuery[int] = 0, v: FromQuery[int] = 0) -> Response[bytes]:
    """The viewer of a file, of now or of one of its versions."""
    viewer, found = request.state.viewer, await find_drive_node(request.state.viewer, node_id)
    if found.node.is_folder:
        return redirect(request, found.node.url)
    context = await shown(found, v) | {"editing": bool(edit) and found.can_edit and not v}
    own = found.drive.owner_id == viewer.account_id or not found.drive.is_personal
    return await page(request, "drive/file.html", **context, **await _neighbours(request, found),
                      **await side(viewer, "drive" if own else "shared", found.drive.id))


@post("/drive/files/{node_id:int}/visits", status_code=200, include_in_schema=False)
async def create_visit(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """Somebody has it open: said by its page, since a page is also fetched in advance."""
    await marks.visit(request.state.viewer, (await find_drive_node(request.state.viewer, node_id)).node)
    return nothing()


@route("/drive/files/{node_id:int}/content", http_method=[HttpMethod.GET, HttpMethod.HEAD], include_in_schema=False)
async def show_content(request: Request, node_id: FromPath[int], v: FromQuery[int] = 0, download: FromQuery[int] = 0) -> Response[Any] | Stream:
    """Its bytes; `v` for those of a version, `download` to save them."""
    found = await find_drive_node(request.state.viewer, node_id)
    return await content_answer(request, found, v, download=bool(download))


@get("/drive/files/{node_id:int}/thumb", include_in_schema=False)
async def show_thumb(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """Its small picture."""
    found = await find_drive_node(request.state.viewer, node_id)
    return await thumb_answer(found)


@get("/drive/files/{node_id:int}/pages/{number:int}", include_in_schema=False)
async def show_page(request: Request, node_id: FromPath[int], number: FromPath[int], v: FromQuery[int] = 0) -> Response[bytes]:
    """A page of a PDF, or of an office file, as a picture."""
    found = await find_drive_node(request.state.viewer, node_id)
    return await page_answer(found, number, v)


@post("/drive/files/{node_id:int}/text", status_code=200, request_max_body_size=3 * MOST_EDITED, include_in_schema=False)
async def update_text(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """Save a text as a new version. When somebody else has saved meanwhile, both are shown (409) and nothing is lost."""
    found = await find_drive_node(request.state.viewer, node_id, EDIT)
    form = Editing(await request.form())
    if not form.is_valid:
        raise Refused(next(iter(form.errors.values())))
    parent, blob = await find_node(request.state.viewer, found.node.parent_id or 0, 0), await keep_bytes(form["text"].encode())
    try:
        node = await put_file(
            request.state.viewer, Found(parent.node, found.level, found.drive), found.node.name, blob, replace=found.node,
            base=form["base"], key=request.state.idempotency_key or None, origin="edited",
        )
    except Conflict as conflict:
        theirs = await text_of(await content_of(conflict.theirs), MOST_EDITED)
        return fragment(request, "drive/_conflict.html", status=422, found=found, theirs=theirs, mine=form["text"], base=conflict.theirs.version_id)
    goes_on = is_htmx(request) and not form["settled"]
    answer = fragment(request, "drive/_saved.html", found=found, base=node.version_id) if goes_on else redirect(request, node.url)
    answer.headers.update(toast(_("Saved.")))
    return answer


@post("/drive/files/{node_id:int}/unpacking", status_code=200, include_in_schema=False)
async def create_unpacking(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """Unpack a zip beside itself."""
    found = await find_drive_node(request.state.viewer, node_id, VIEW)
    into = await find_drive_node(request.state.viewer, found.node.parent_id or 0, EDIT)
    folder = await unzip(request.state.viewer, found, into)
    answer = redirect(request, folder.url)
    answer.headers.update(toast(_("It was unpacked into “%(name)s”.") % {"name": folder.name}))
    return answer


@get("/drive/zip", include_in_schema=False)
async def show_zip(request: Request) -> Stream:
    """What was chosen as one zip, written while it is sent."""
    viewer = request.state.viewer
    return zip_answer(viewer, await found_for_zip(viewer, await chosen(request)))


@post("/drive/zip", status_code=200, request_max_body_size=2_000_000, include_in_schema=False)
async def create_zip(request: Request) -> Stream:
    """The same for more than an address can name."""
    viewer = request.state.viewer
    return zip_answer(viewer, await found_for_zip(viewer, await chosen(request)))


def zip_answer(viewer: Any, found: list[Found]) -> Stream:
    """A zip of nodes as an answer."""
    name = (found[0].node.name or drive_name(found[0].drive)) if len(found) == 1 else _("Files")
    headers = {"Content-Disposition": disposition(f"{name}.zip", download=True), "Cache-Control": "no-store"}
    return Stream(_zip_pieces(viewer, found), media_type="application/zip", headers=headers)


async def content_answer(request: Request, found: Found, v: int = 0, *, download: bool = False) -> Response[Any] | Stream:
    """The bytes of a file, or of one of its versions. Raises `NotFound`."""
    node = found.node
    if v and v != node.version_id:
        version = await version_of(node, v)
        blob, etag, modified_at = await Blob.get(version.blob_id), f'"{version.id}"', version.modified_at
    else:
        blob, etag, modified_at = await content_of(node), node.etag, node.modified_at
    return await file_answer(request, blob.hash, blob.size, node.name, etag=etag, modified_at=modified_at, download=download)


async def thumb_answer(found: Found) -> Response[bytes]:
    """The small picture of a file. Raises `NotFound`."""
    content = await blobs.store().get((await content_of(found.node)).hash, THUMB)
    if content is None:
        raise NotFound("thumb")
    return Response(content, media_type="image/webp", headers=_PICTURE)


async def page_answer(found: Found, number: int, v: int = 0) -> Response[bytes]:
    """A page of a file as a picture. Raises `NotFound`."""
    node = found.node
    blob = await Blob.get((await version_of(node, v)).blob_id) if v and v != node.version_id else await content_of(node)
    content = await page_of(blob, node.group, number) if number < MOST_PAGES else b""
    if not content:
        raise NotFound("page")
    return Response(content, media_type="image/webp", headers=_PICTURE)


_PICTURE = {"Cache-Control": "private, max-age=86400", "Content-Security-Policy": "default-src 'none'; sandbox"}


async def shown(found: Found, v: int = 0) -> dict[str, Any]:
    """What the viewer shows of a file: `view` says how, the rest what."""
    node, group = found.node, found.node.group
    blob = await Blob.get((await version_of(node, v)).blob_id) if v and v != node.version_id else await content_of(node)
    facts = await BlobFacts.of(blob.id)
    context: dict[str, Any] = {"found": found, "node": node, "group": group, "facts": facts, "v": v, "view": "none", "blob": blob, "base": node.version_id}
    kind = file_types.media_type(node.name)
    if group in EDITABLE and blob.size <= MOST_EDITED:
        context |= await _as_text(blob, node.name, group)
    elif group in (file_types.PICTURE, file_types.VIDEO, file_types.AUDIO) and kind in file_types.SHOWN_AS_THEY_ARE:
        context |= {"why": "refused"} if group == file_types.PICTURE and facts.thumb == FAILED else {"view": group}
    elif group == file_types.PDF or facts.preview == "made":
        context |= {"view": "pages", "pages": min(MOST_PAGES, facts.pages or 1)}
    elif group == file_types.ARCHIVE and node.name.lower().endswith(".zip") and (listing := await zip_listing(blob)):
        context |= {"view": "zip", "listing": listing, "entries": listing["entries"][:MOST_ENTRIES]}
    elif group in (file_types.OFFICE, file_types.SHEET, file_types.SLIDES):
        context |= {"why": "waits" if can_print_office() and not facts.made_at else "office", "excerpt": facts.text[:3000]}
    return context


async def _as_text(blob: Blob, name: str, group: str) -> dict[str, Any]:
    try:
        text = await text_of(blob, MOST_EDITED)
    except Refused:
        return {}
    if group == file_types.MARKDOWN:
        return {"view": "markdown", "text": text, "html": document_html(text)}
    if group == file_types.TABLE:
        return {"view": "table", "text": text, "rows": _table(text, name)}
    return {"view": "code", "text": text, "html": marked_code(text, name)}


def _table(text: str, name: str) -> list[list[str]]:
    try:
        dialect: Any = csv.excel_tab if name.lower().endswith(".tsv") else csv.Sniffer().sniff(text[:4000], ",;\t|")
    except csv.Error:
        dialect = csv.excel
    rows = []
    try:
        for row in csv.reader(io.StringIO(text), dialect):
            rows.append(row[:100])
            if len(rows) >= MOST_ROWS:
                break
    except csv.Error:
        pass
    return rows


async def _neighbours(request: Request, found: Found) -> dict[str, Any]:
    """The files before and after it in its folder, among the first thousand."""
    try:
        parent = await find_node(request.state.viewer, found.node.parent_id or 0)
    except NotFound:
        return {"before": None, "after": None}
    files = [item.node for item in (await list_page(request.state.viewer, parent, most=1000)).items if item.node.is_file]
    here = next((number for number, node in enumerate(files) if node.id == found.node.id), None)
    if here is None:
        return {"before": None, "after": None}
    return {"before": files[here - 1] if here else None, "after": files[here + 1] if here + 1 < len(files) else None}


async def _zip_pieces(viewer: Any, found: list[Found]) -> AsyncIterator[bytes]:
    async for piece in zipped(entries(viewer, found)):
        yield piece


handlers = [show_file, create_visit, show_content, show_thumb, show_page, update_text, create_unpacking, show_zip, create_zip]
