"""A channel's page, its log in pieces, and what one made of it: favourite, muted, put away, read."""

from __future__ import annotations

from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app import access
from app.lib.forms import Form, NumberField
from app.lib.i18n import _
from app.lib.ids import new_id
from app.models.chat import Channel, assistance, drafts, log, looking_after, members, pins, places, reading, saved, threads
from app.models.chat.message import MOST_CHARACTERS
from app.models.chat.rules import ChatRules
from app.models.invitation.pending import invited_to
from app.render import fragment, nothing, page, redirect, toast
from app.routes.chat.articles import articles, furniture


class Reading(Form):
    """How far one has read."""

    up_to = NumberField(0, 2**53)


@get("/chat/channels/{channel_id:int}", include_in_schema=False)
async def show_channel(request: Request, channel_id: FromPath[int], before: FromQuery[int] = 0, after: FromQuery[int] = 0) -> Response[bytes]:
    """The channel where one stopped reading; without scripts, older and newer pieces of it by `before` and `after`."""
    channel = await access.find_channel(request.state.viewer, channel_id)
    if before or after:
        piece = await (log.before(channel.id, before) if before else log.after(channel.id, after))
    else:
        piece = await log.opening(channel.id, channel.read_up_to, channel.last_message_id)
    return await channel_page(request, channel, piece)


@get("/chat/channels/{channel_id:int}/messages/{message_id:int}", include_in_schema=False)
async def show_message(request: Request, channel_id: FromPath[int], message_id: FromPath[int]) -> Response[bytes]:
    """The channel around one message."""
    channel = await access.find_channel(request.state.viewer, channel_id)
    message = await access.find_message(request.state.viewer, message_id)
    if message.channel_id != channel.id:
        raise access.NotFound("message")
    if message.thread_id is not None:
        from app.routes.chat.threads import panel_of

        root = await threads.root_of(channel, message.thread_id)
        panel = await panel_of(request, channel, root, message.id)
        return await channel_page(request, channel, await log.around(channel.id, root.id), target=root.id, panel="chat/_thread.html", **panel)
    return await channel_page(request, channel, await log.around(channel.id, message.id), target=message.id)


@get("/chat/channels/{channel_id:int}/messages", include_in_schema=False)
async def list_messages(
    request: Request, channel_id: FromPath[int], before: FromQuery[int] = 0, after: FromQuery[int] = 0, around: FromQuery[int] = 0
) -> Response[bytes]:
    """A piece of the log: the newest, or those before, after or around a message."""
    channel = await access.find_channel(request.state.viewer, channel_id)
    if before:
        piece = await log.before(channel.id, before)
    elif after:
        piece = await log.after(channel.id, after)
    else:
        piece = await (log.around(channel.id, around) if around else log.newest(channel.id))
    return fragment(request, "chat/_piece.html", piece=piece, channel=channel, articles=articles)


@get("/chat/channels/{channel_id:int}/changes", include_in_schema=False)
async def list_changes(request: Request, channel_id: FromPath[int], since: FromQuery[int] = 0) -> Response[bytes]:
    """What was posted, edited, deleted and reacted to since a change: 205 when that is so much that the page had better begin anew."""
    channel = await access.find_channel(request.state.viewer, channel_id)
    changed = await log.changes(channel.id, since)
    if changed is None:
        return nothing(205)
    return fragment(request, "chat/_messages.html", messages=changed, articles=articles)


@post("/chat/channels/{channel_id:int}/membership", status_code=200, include_in_schema=False)
async def create_membership(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Join."""
    channel = await access.find_channel(request.state.viewer, channel_id)
    await members.join(request.state.viewer, channel)
    return redirect(request, channel.url)


@delete("/chat/channels/{channel_id:int}/membership", status_code=200, include_in_schema=False)
async def delete_membership(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Leave."""
    channel = await access.find_own_channel(request.state.viewer, channel_id)
    command = await members.leave(request.state.viewer, channel)
    answer = redirect(request, "/chat")
    answer.headers.update(toast(_("You left #%(channel)s.") % {"channel": channel.name}, undo=command.id))
    return answer


@post("/chat/channels/{channel_id:int}/favourite", status_code=200, include_in_schema=False)
async def create_favourite(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """List it among the favourites."""
    return await _marked(request, channel_id, "favourite_at", True)


@delete("/chat/channels/{channel_id:int}/favourite", status_code=200, include_in_schema=False)
async def delete_favourite(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """List it where it was."""
    return await _marked(request, channel_id, "favourite_at", False)


@post("/chat/channels/{channel_id:int}/mute", status_code=200, include_in_schema=False)
async def create_mute(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Be left alone by it."""
    return await _marked(request, channel_id, "muted_at", True)


@delete("/chat/channels/{channel_id:int}/mute", status_code=200, include_in_schema=False)
async def delete_mute(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Hear of it again."""
    return await _marked(request, channel_id, "muted_at", False)


@post("/chat/channels/{channel_id:int}/hiding", status_code=200, include_in_schema=False)
async def create_hiding(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Put a direct conversation away until someone writes in it."""
    channel = await access.find_own_channel(request.state.viewer, channel_id)
    if not channel.is_direct:
        raise access.NotFound("direct conversation")
    await members.mark(request.state.viewer, channel, "hidden_at", True)
    return redirect(request, "/chat")


@post("/chat/channels/{channel_id:int}/reading", status_code=200, include_in_schema=False)
async def create_reading(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Everything up to a message was seen."""
    channel = await access.find_own_channel(request.state.viewer, channel_id)
    form = Reading(await request.form())
    if form.is_valid:
        await reading.read(request.state.viewer, channel, form["up_to"])
    return nothing(204)


async def channel_page(request: Request, channel: Channel, piece: log.Piece, *, status: int = 200, target: int = 0, **context: Any) -> Response[bytes]:
    """The page of a channel. Refused words (`draft`, with `error`) stay in the composer."""
    viewer = request.state.viewer
    mine = await places.places_of(viewer)
    about = await places.title_of(viewer, channel.id) if channel.is_direct else {"title": channel.title, "people": [], "is_self": False}
    shown = {
        "channel": channel, "piece": piece, "places": mine, "current": channel.id, "about": about, "members": await members.count_in(channel),
        "guests": 0 if channel.is_direct else await members.count_guests(channel), "invited": [] if "people" not in context else await invited_to(channel.id),
        "target": target, "since": new_id(), "articles": articles, "furniture": furniture(viewer, channel.member_id is not None),
        "assistance": assistance.offered(),
        "sources": await log.sources(channel.id, viewer.account_id, piece.messages[0]["id"]) if piece.messages and channel.member_id else [],
        "looks_after": looking_after.looks_after(viewer, channel), "most_characters": MOST_CHARACTERS, "error": "", "answer": "", "people": None, "panel": None,
        "draft": await drafts.draft_in(viewer, channel.id) if channel.member_id else "", "pins": await pins.count_in(channel.id),
        "kept": await saved.saved_in(viewer, channel.id),
        "calls": bool(channel.member_id and not channel.archived_at and (await ChatRules.of(viewer.org_id)).meetings),
    }
    return await page(request, "chat/channel.html", status=status, **{**shown, **context})


async def _marked(request: Request, channel_id: int, column: str, on: bool) -> Response[bytes]:
    viewer = request.state.viewer
    channel = await access.find_own_channel(viewer, channel_id)
    await members.mark(viewer, channel, column, on)
    if request.headers.get("hx-request") != "true":
        return redirect(request, channel.url)
    channel = await access.find_own_channel(viewer, channel_id)
    return fragment(request, "chat/_marks.html", channel=channel, places=await places.places_of(viewer), current=channel.id, side_oob=True)


handlers = [
    show_channel, show_message, list_messages, list_changes, create_membership, delete_membership, create_favourite,
    delete_favourite, create_mute, delete_mute, create_hiding, create_reading,
]
