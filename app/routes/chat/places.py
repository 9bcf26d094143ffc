"""The side column, browsing public channels, starting channels and direct conversations."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app import access
from app.lib import blobs, emoji, shortcodes
from app.lib.forms import ChoiceField, Form, ManyField, NumberField, TextField
from app.lib.i18n import _
from app.lib.numbers import whole
from app.models.chat import custom_emoji, places
from app.models.chat.channel import MOST_DESCRIPTION, MOST_NAME, PRIVATE, PUBLIC, Channel, NameRefused, check_may_start
from app.models.chat.direct import between
from app.models.chat.members import people_for
from app.models.viewer import Viewer
from app.render import fragment, page, redirect
from app.rooms import badge

ANY_ID = 2**53
_PICTURE = {
    "Cache-Control": "private, max-age=31536000, immutable", "Content-Security-Policy": "default-src 'none'; sandbox", "Content-Disposition": "inline",
    "X-Content-Type-Options": "nosniff",
}


class NewChannel(Form):
    """Starting a channel."""

    name = TextField(most=200)
    display_name = TextField(most=MOST_NAME, required=False)
    description = TextField(most=MOST_DESCRIPTION, required=False)
    kind = ChoiceField((PUBLIC, PRIVATE), required=False, default=PUBLIC)
    people = ManyField(NumberField(0, ANY_ID))


class NewDirect(Form):
    """Writing to people."""

    account_id = ManyField(NumberField(0, ANY_ID), most=50)


@badge("chat")
async def _waiting(viewer: Viewer) -> int:
    return await places.count_for(viewer)


@get("/chat", include_in_schema=False)
async def index(request: Request) -> Response[bytes]:
    """Where one left off: the conversation with something for the viewer, else the one read last."""
    access.require(request.state.viewer, "chat.use")
    mine = await places.places_of(request.state.viewer)
    order = sorted(mine.everything, key=lambda one: (one["count"] > 0 and not one["muted_at"], one["read_up_to"], one["sole_key"] == "general"))
    if order:
        return redirect(request, order[-1]["url"])
    return await page(request, "chat/empty.html", places=mine, current=0)


@get("/chat/side", include_in_schema=False)
async def show_side(request: Request, current: FromQuery[str] = "") -> Response[bytes]:
    """The side column alone, when something about the list has changed. `current` is a channel's id or the name of a view."""
    access.require(request.state.viewer, "chat.use")
    return fragment(request, "chat/_side.html", places=await places.places_of(request.state.viewer), current=whole(current) or current)


@get("/chat/channels", include_in_schema=False)
async def list_channels(request: Request, q: FromQuery[str] = "", archived: FromQuery[int] = 0) -> Response[bytes]:
    """Public channels to join and one's own, or those that are archived (not for guests)."""
    viewer = request.state.viewer
    access.require_member(viewer, "chat.use")
    found = await places.public_channels(viewer, q, archived=bool(archived))
    if request.headers.get("hx-target", "").endswith("#channel-rows"):
        return fragment(request, "chat/_browse_rows.html", channels=found, q=q, archived=archived)
    return await page(request, "chat/browse.html", places=await places.places_of(viewer), current=0, channels=found, q=q, archived=archived)


@get("/chat/channels/new", include_in_schema=False)
async def new_channel(request: Request) -> Response[bytes]:
    """The form, in a dialog; where others start the channels, the reason instead."""
    access.require_member(request.state.viewer, "chat.use")
    await check_may_start(request.state.viewer)
    return await _form(request, "new_channel", form=NewChannel())


@post("/chat/channels", status_code=200, include_in_schema=False)
async def create_channel(request: Request) -> Response[bytes]:
    """Start a channel and go there."""
    access.require_member(request.state.viewer, "chat.use")
    form = NewChannel(await request.form())
    if form.is_valid:
        try:
            channel = await Channel.start(
                request.state.viewer, form["kind"], form["name"], form["description"], form["people"], request.state.idempotency_key,
                form["display_name"],
            )
            return redirect(request, channel.url)
        except NameRefused as refused:
            form.refuse("name", str(refused))
    return await _form(request, "new_channel", status=422, form=form)


@get("/chat/direct/new", include_in_schema=False)
async def new_direct(request: Request) -> Response[bytes]:
    """Choose whom to write to, in a dialog."""
    access.require(request.state.viewer, "chat.use")
    return await _form(request, "new_direct", form=NewDirect(), people=await people_for(request.state.viewer, most=12))


@post("/chat/direct", status_code=200, include_in_schema=False)
async def create_direct(request: Request) -> Response[bytes]:
    """The conversation with these people; it is the same one each time."""
    access.require(request.state.viewer, "chat.use")
    form = NewDirect(await request.form())
    if not form.is_valid:
        return await _form(request, "new_direct", status=422, form=form, people=[])
    return redirect(request, (await between(request.state.viewer, form["account_id"])).url)


@get("/chat/people", include_in_schema=False)
async def list_people(request: Request, q: FromQuery[str] = "", channel: FromQuery[int] = 0) -> Response[bytes]:
    """Options of a people picker: whom the viewer may write to, without those who are in `channel`."""
    access.require(request.state.viewer, "chat.use")
    return fragment(request, "shared/_people_options.html", people=await people_for(request.state.viewer, q, not_in=channel))


@get("/chat/emoji", include_in_schema=False)
async def list_emoji(request: Request) -> Response[bytes]:
    """The emoji picker's insides."""
    access.require(request.state.viewer, "chat.use")
    return fragment(
        request, "chat/_emoji.html", groups=emoji.groups(), names=emoji_group_names(), own=await custom_emoji.emoji_of(request.state.viewer.org_id),
        codes=shortcodes.words_by_emoji(), toned=shortcodes.has_tones, headers={"Cache-Control": "private, max-age=300"},
    )


@get("/chat/emoji/options", include_in_schema=False)
async def list_emoji_options(request: Request, q: FromQuery[str] = "") -> Response[bytes]:
    """What may be meant by the beginning of a :name:."""
    viewer = request.state.viewer
    access.require(viewer, "chat.use")
    typed = q.strip().lower()[:40]
    own = [(one["name"], "", one["picture"]) for one in await custom_emoji.emoji_of(viewer.org_id) if typed in one["name"]]
    found = [*own, *((name, text, "") for name, text in shortcodes.like(typed))][:8]
    return fragment(request, "chat/_emoji_options.html", found=found, headers={"Cache-Control": "private, max-age=300"})


@get("/chat/emoji/{name:str}", include_in_schema=False)
async def show_emoji(request: Request, name: FromPath[str]) -> Response[bytes]:
    """The picture of an emoji of the organisation's own."""
    viewer = request.state.viewer
    access.require(viewer, "chat.use")
    content = await blobs.store().get(name) if len(name) == 64 and await custom_emoji.is_picture_in(viewer.org_id, name) else None
    if content is None:
        raise access.NotFound("emoji")
    return Response(content, media_type="image/webp", headers=_PICTURE)


def emoji_group_names() -> dict[str, str]:
    """What the groups of emoji are called, by their keys."""
    return {
        "smileys": _("Smileys"), "people": _("People"), "hearts": _("Hearts"), "nature": _("Nature"), "food": _("Food"), "activity": _("Activities"),
        "travel": _("Travel"), "objects": _("Objects"), "symbols": _("Symbols"),
    }


async def _form(request: Request, name: str, **context: Any) -> Response[bytes]:
    """A form in #dialog, or as a page of its own."""
    if request.headers.get("hx-target", "").endswith("#dialog"):
        return fragment(request, f"chat/_{name}.html", **context)
    mine = await places.places_of(request.state.viewer)
    return await page(request, "chat/form.html", inner=f"chat/_{name}.html", places=mine, current=0, **context)


handlers = [index, show_side, list_channels, new_channel, create_channel, new_direct, create_direct, list_people, list_emoji, list_emoji_options, show_emoji]
