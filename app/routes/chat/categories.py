"""Arranging one's side column: categories of one's own, and where each conversation stands."""

from __future__ import annotations

from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app import access
from app.lib.forms import Form, ManyField, NumberField, TextField
from app.lib.i18n import _
from app.lib.numbers import whole
from app.models.chat import categories, places
from app.models.chat.categories import CHANNELS, FAVOURITES, ChannelCategory
from app.models.chat.channel import Channel
from app.render import fragment, is_htmx, page, redirect, toast

CLOSE: dict[str, Any] = {"dialog:close": True}


class Named(Form):
    """What a category is called."""

    name = TextField(most=60)


class Placed(Form):
    """Where a conversation goes: a group, or a new category by its name; and what the group then has."""

    group = TextField(most=20, required=False)
    name = TextField(most=60, required=False)
    order = ManyField(NumberField(1, 2**53))




@get("/chat/channels/{channel_id:int}/place", include_in_schema=False)
async def edit_place(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Choose where it stands, in a dialog."""
    channel = await access.find_own_channel(request.state.viewer, channel_id)
    return await _form(request, "edit_place", Placed(group=_group_of(channel)), channel=channel)


@post("/chat/channels/{channel_id:int}/place", status_code=200, include_in_schema=False)
async def update_place(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """List it among the favourites, the channels, or in a category, which may be a new one."""
    viewer = request.state.viewer
    channel = await access.find_own_channel(viewer, channel_id)
    form = Placed(await request.form())
    if form.is_valid and form["group"] == "new" and not form["name"]:
        form.refuse("name", _("Please fill this in."))
    if not form.is_valid:
        return await _form(request, "edit_place", form, 422, channel=channel)
    if form["group"] == "new":
        await categories.make(viewer, form["name"], channel)
    else:
        await categories.place(viewer, channel, form["group"] or CHANNELS, form["order"])
    return await _side(request)


@get("/chat/categories/new", include_in_schema=False)
async def new_category(request: Request) -> Response[bytes]:
    """The form, in a dialog."""
    access.require(request.state.viewer, "chat.use")
    return await _form(request, "edit_category", Named(), category=None)


@post("/chat/categories", status_code=200, include_in_schema=False)
async def create_category(request: Request) -> Response[bytes]:
    """Make one."""
    access.require(request.state.viewer, "chat.use")
    form = Named(await request.form())
    if not form.is_valid:
        return await _form(request, "edit_category", form, 422, category=None)
    await categories.make(request.state.viewer, form["name"])
    return await _side(request)


@get("/chat/categories/{category_id:int}/edit", include_in_schema=False)
async def edit_category(request: Request, category_id: FromPath[int]) -> Response[bytes]:
    """Its name, its place, and taking it away."""
    category = await ChannelCategory.own(request.state.viewer, category_id)
    return await _form(request, "edit_category", Named(name=category.name), category=category)


@post("/chat/categories/{category_id:int}", status_code=200, include_in_schema=False)
async def update_category(request: Request, category_id: FromPath[int]) -> Response[bytes]:
    """Call it something else."""
    category = await ChannelCategory.own(request.state.viewer, category_id)
    form = Named(await request.form())
    if not form.is_valid:
        return await _form(request, "edit_category", form, 422, category=category)
    await categories.rename(request.state.viewer, category, form["name"])
    return await _side(request)


@delete("/chat/categories/{category_id:int}", status_code=200, include_in_schema=False)
async def delete_category(request: Request, category_id: FromPath[int]) -> Response[bytes]:
    """Take it away; its conversations stay."""
    category = await ChannelCategory.own(request.state.viewer, category_id)
    command = await categories.remove(request.state.viewer, category)
    return await _side(request, toast(_("The category is gone; its conversations aren’t."), undo=command.id, **CLOSE))


@post("/chat/categories/{category_id:int}/fold", status_code=200, include_in_schema=False)
async def create_fold(request: Request, category_id: FromPath[int]) -> Response[bytes]:
    """Hide what is in it."""
    await categories.fold(request.state.viewer, await ChannelCategory.own(request.state.viewer, category_id), True)
    return await _side(request)


@delete("/chat/categories/{category_id:int}/fold", status_code=200, include_in_schema=False)
async def delete_fold(request: Request, category_id: FromPath[int]) -> Response[bytes]:
    """Show it."""
    await categories.fold(request.state.viewer, await ChannelCategory.own(request.state.viewer, category_id), False)
    return await _side(request)


@post("/chat/categories/{category_id:int}/position", status_code=200, include_in_schema=False)
async def update_position(request: Request, category_id: FromPath[int], by: FromQuery[int] = 1) -> Response[bytes]:
    """Move it up or down."""
    await categories.shift(request.state.viewer, await ChannelCategory.own(request.state.viewer, category_id), 1 if by > 0 else -1)
    return await _side(request)


def _group_of(channel: Channel) -> str:
    return FAVOURITES if channel.favourite_at else str(channel.category_id or CHANNELS)


async def _side(request: Request, headers: dict[str, str] | None = None) -> Response[bytes]:
    """The side column as it is now, out of band; dialogs close."""
    if not is_htmx(request):
        return redirect(request, "/chat")
    current = request.headers.get("hx-current-url", "").partition("/chat/channels/")[2].split("/")[0].split("?")[0]
    mine = await places.places_of(request.state.viewer)
    shown = {"HX-Reswap": "none", "HX-Trigger": '{"dialog:close": true}', **(headers or {})}
    return fragment(request, "chat/_side.html", headers=shown, places=mine, current=whole(current) or 0, side_oob=True)


async def _form(request: Request, name: str, form: Form, status: int = 200, **context: Any) -> Response[bytes]:
    mine = await places.places_of(request.state.viewer)
    if request.headers.get("hx-target", "").endswith("#dialog"):
        return fragment(request, f"chat/_{name}.html", status=status, form=form, places=mine, **context)
    return await page(request, "chat/form.html", status=status, inner=f"chat/_{name}.html", places=mine, current=0, form=form, **context)


handlers = [
    edit_place, update_place, new_category, create_category, edit_category, update_category, delete_category, create_fold, delete_fold, update_position,
]
