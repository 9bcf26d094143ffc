"""The panel beside a list or a file: what it is, who may see it, versions, comments, activity, tags."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app.access import find_drive_node
from app.lib.forms import Form, NumberField, TextField
from app.lib.i18n import _
from app.models.base import Refused
from app.models.drive import COMMENT, EDIT, MANAGE, Found, marks, restore_version
from app.models.drive.comments import comment, comments_on, delete_comment
from app.models.drive.history import activity, turn_back
from app.models.drive.listing import Item, size_under
from app.models.drive.reasons import reasons_for
from app.models.drive.tables import Node
from app.models.drive.versions import compare, pin, versions_of
from app.models.files.previews import BlobFacts
from app.models.viewer import Viewer
from app.render import fragment, nothing, page, redirect, toast
from app.routes.drive import CHANGED, CLOSED
from app.routes.drive.places import dialog, drive_name, side

_TABS = ("about", "comments", "versions", "activity")


class Comment(Form):
    """Something said."""

    text = TextField(most=4000)


class Labels(Form):
    """Tags with commas between them, or what a version is called; the models cut them."""

    tags = TextField(most=10_000_000, required=False)
    label = TextField(most=10_000_000, required=False)


class Moment(Form):
    """A day and a time of the clock where the reader is."""

    on_date = TextField(most=10)
    on_time = TextField(most=5)


class Comparing(Form):
    """Two versions."""

    older = NumberField(1, 2**53)
    newer = NumberField(1, 2**53)


@get("/drive/nodes/{node_id:int}/details", include_in_schema=False)
async def show_details(request: Request, node_id: FromPath[int], tab: FromQuery[str] = "about") -> Response[bytes]:
    """The panel."""
    found = await find_drive_node(request.state.viewer, node_id)
    return await _panel(request, found, tab if tab in _TABS else "about")


@post("/drive/nodes/{node_id:int}/comments", status_code=200, include_in_schema=False)
async def create_comment(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """Say something."""
    found = await find_drive_node(request.state.viewer, node_id, COMMENT)
    form = Comment(await request.form())
    if not form.is_valid:
        return await _panel(request, found, "comments", status=422, form=form)
    await comment(request.state.viewer, found, form["text"], key=request.state.idempotency_key or None)
    return await _panel(request, found, "comments")


@post("/drive/nodes/{node_id:int}/comments/{comment_id:int}/removal", status_code=200, include_in_schema=False)
async def remove_comment(request: Request, node_id: FromPath[int], comment_id: FromPath[int]) -> Response[bytes]:
    """Take it back."""
    found = await find_drive_node(request.state.viewer, node_id, COMMENT)
    command = await delete_comment(request.state.viewer, found, comment_id)
    return await _panel(request, found, "comments", headers=toast(_("The comment was deleted."), undo=command.id))


@post("/drive/nodes/{node_id:int}/tags", status_code=200, include_in_schema=False)
async def update_tags(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """Give it these tags and no others, with commas between them."""
    found = await find_drive_node(request.state.viewer, node_id, EDIT)
    command = await marks.set_tags(request.state.viewer, found.node, Labels(await request.form())["tags"].split(","))
    return await _panel(request, found, "about", headers=toast(_("The tags were changed."), undo=command.id, **CHANGED))


@post("/drive/files/{node_id:int}/versions/{version_id:int}/restoration", status_code=200, include_in_schema=False)
async def restore_version_(request: Request, node_id: FromPath[int], version_id: FromPath[int]) -> Response[bytes]:
    """Make it what it was."""
    found = await find_drive_node(request.state.viewer, node_id, EDIT)
    command = await restore_version(request.state.viewer, found, version_id)
    answer = redirect(request, found.node.url)
    answer.headers.update(toast(_("The earlier version is the current one now."), undo=command.id))
    return answer


@post("/drive/files/{node_id:int}/versions/{version_id:int}/pin", status_code=200, include_in_schema=False)
async def update_pin(request: Request, node_id: FromPath[int], version_id: FromPath[int]) -> Response[bytes]:
    """Keep a version whatever the rule says, or no longer."""
    found = await find_drive_node(request.state.viewer, node_id, EDIT)
    sent = await request.form()
    await pin(request.state.viewer, found, version_id, sent.get("on", "1") == "1", Labels(sent)["label"])
    return await _panel(request, found, "versions")


@get("/drive/files/{node_id:int}/comparison", include_in_schema=False)
async def show_comparison(request: Request, node_id: FromPath[int], older: FromQuery[int] = 0, newer: FromQuery[int] = 0) -> Response[bytes]:
    """Two versions of a text side by side."""
    found = await find_drive_node(request.state.viewer, node_id)
    lines = await compare(found.node, older, newer or found.node.version_id or 0)
    return await dialog(request, "drive/_comparison.html", found=found, lines=lines)


@get("/drive/folders/{node_id:int}/moment", include_in_schema=False)
async def new_moment(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """Ask for the moment that a folder is to be turned back to."""
    found = await find_drive_node(request.state.viewer, node_id, MANAGE)
    return await dialog(request, "drive/_moment.html", found=found, form=Moment(), error="")


@post("/drive/folders/{node_id:int}/moment", status_code=200, include_in_schema=False)
async def create_moment(request: Request, node_id: FromPath[int]) -> Response[bytes]:
    """Turn a folder back to a moment."""
    found = await find_drive_node(request.state.viewer, node_id, MANAGE)
    form = Moment(await request.form())
    try:
        at = datetime.fromisoformat(f"{form['on_date']}T{form['on_time']}").replace(tzinfo=ZoneInfo(request.state.viewer.timezone or "UTC"))
        command = await turn_back(request.state.viewer, found, int(at.timestamp() * 1000))
    except (ValueError, KeyError):
        return await dialog(request, "drive/_moment.html", status=422, found=found, form=form, error=_("Please choose a day and a time."))
    except Refused as refused:
        return await dialog(request, "drive/_moment.html", status=422, found=found, form=form, error=str(refused))
    answer = nothing(200, **toast(_("The folder is as it was."), undo=command.id, **CHANGED, **CLOSED))
    answer.headers["HX-Reswap"] = "none"
    return answer


async def _panel(
    request: Request, found: Found, tab: str, *, status: int = 200, form: Comment | None = None, headers: dict[str, str] | None = None
) -> Response[bytes]:
    viewer, node = request.state.viewer, found.node
    (item,) = await marks.decorate(viewer, [Item(node, found.level)])
    context: dict[str, Any] = {"found": found, "node": node, "item": item, "tab": tab, "tabs": _TABS, "form": form or Comment()}
    context["name"] = node.name or drive_name(found.drive)
    context |= await _of_tab(viewer, found, tab)
    if request.headers.get("hx-request") == "true" and not request.headers.get("hx-target", "").endswith("#view"):
        return fragment(request, "drive/_details.html", status=status, headers=headers, **context)
    return await page(request, "drive/details.html", status=status, headers=headers, **context, **await side(viewer, "drive", found.drive.id))


async def _of_tab(viewer: Viewer, found: Found, tab: str) -> dict[str, Any]:
    node: Node = found.node
    if tab == "comments":
        return {"comments": await comments_on(node.id)}
    if tab == "versions":
        return {"versions": await versions_of(node) if node.is_file else []}
    if tab == "activity":
        return {"events": await activity(node.id)}
    files, size = await size_under(viewer, found) if node.is_folder else (1, node.size)
    return {"files": files, "total": size, "facts": await BlobFacts.of(node.blob_id), "reasons": await reasons_for(node)}


handlers = [
    show_details, create_comment, remove_comment, update_tags, restore_version_, update_pin, show_comparison, new_moment, create_moment,
]
