"""A thread: the panel beside the channel, its pieces and changes, answering, following, how far one has read."""

from __future__ import annotations

from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app import access
from app.lib.i18n import _
from app.lib.ids import new_id
from app.models.base import Refused
from app.models.chat import Channel, Message, drafts, log, threads
from app.models.chat.message import MOST_CHARACTERS
from app.render import fragment, is_htmx, nothing, redirect
from app.routes.chat.articles import article, articles
from app.routes.chat.channels import Reading, channel_page
from app.routes.chat.messages import Written, _shown


@get("/chat/channels/{channel_id:int}/threads/{message_id:int}", include_in_schema=False)
async def show_thread(request: Request, channel_id: FromPath[int], message_id: FromPath[int]) -> Response[bytes]:
    """The panel; as a page with the channel beside it."""
    channel, root = await _thread(request, channel_id, message_id)
    if request.headers.get("hx-target", "").endswith("#detail"):
        panel = await panel_of(request, channel, root)
        return fragment(request, "chat/_thread.html", channel=channel, articles=articles, most_characters=MOST_CHARACTERS, **panel)
    piece = await log.around(channel.id, root.id)
    return await channel_page(request, channel, piece, target=root.id, panel="chat/_thread.html", **await panel_of(request, channel, root))


@get("/chat/channels/{channel_id:int}/threads/{message_id:int}/messages", include_in_schema=False)
async def list_answers(
    request: Request, channel_id: FromPath[int], message_id: FromPath[int], before: FromQuery[int] = 0, after: FromQuery[int] = 0
) -> Response[bytes]:
    """A piece of it."""
    channel, root = await _thread(request, channel_id, message_id)
    if before or not after:
        piece = await log.before(channel.id, before or 2**53, thread_id=root.id)
    else:
        piece = await log.after(channel.id, after, thread_id=root.id)
    return fragment(request, "chat/_piece.html", piece=piece, channel=_as_place(channel, root), articles=articles)


@get("/chat/channels/{channel_id:int}/threads/{message_id:int}/changes", include_in_schema=False)
async def list_thread_changes(request: Request, channel_id: FromPath[int], message_id: FromPath[int], since: FromQuery[int] = 0) -> Response[bytes]:
    """What changed in it since a change; 205 when that is so much that it had better begin anew."""
    channel, root = await _thread(request, channel_id, message_id)
    changed = await log.changes(channel.id, since, root.id)
    if changed is None:
        return nothing(205)
    return fragment(request, "chat/_messages.html", messages=[await log.shown(channel.id, root.id), *changed], articles=articles)


@post("/chat/channels/{channel_id:int}/threads/{message_id:int}/messages", status_code=200, include_in_schema=False)
async def create_answer(request: Request, channel_id: FromPath[int], message_id: FromPath[int]) -> Response[bytes]:
    """Answer."""
    viewer = request.state.viewer
    channel, root = await _thread(request, channel_id, message_id)
    form = Written(await request.form())
    try:
        if not form.is_valid:
            raise Refused(_("This can’t be sent. Your text is kept."))
        key = request.state.idempotency_key or form["_key"] or None
        id_ = await threads.reply(channel, viewer, root.id, form["text"], key, form["mention"], **form.more)
    except Refused as refused:
        if is_htmx(request):
            raise
        panel = {**await panel_of(request, channel, root), "thread_draft": str(form.raw.get("text", "")), "thread_error": str(refused)}
        return await channel_page(request, channel, await log.around(channel.id, root.id), status=422, panel="chat/_thread.html", **panel)
    if not is_htmx(request):
        return redirect(request, f"{channel.url}/threads/{root.id}")
    return await _shown(request, channel.id, id_)


@post("/chat/channels/{channel_id:int}/threads/{message_id:int}/reading", status_code=200, include_in_schema=False)
async def create_thread_reading(request: Request, channel_id: FromPath[int], message_id: FromPath[int]) -> Response[bytes]:
    """Answers up to one were seen."""
    _channel, root = await _thread(request, channel_id, message_id)
    form = Reading(await request.form())
    if form.is_valid:
        await threads.read(request.state.viewer, root, form["up_to"])
    return nothing(204)


@get("/chat/channels/{channel_id:int}/threads/{message_id:int}/following", include_in_schema=False)
async def show_following(request: Request, channel_id: FromPath[int], message_id: FromPath[int]) -> Response[bytes]:
    """The button that says whether one follows it."""
    channel, root = await _thread(request, channel_id, message_id)
    follows = await threads.following(request.state.viewer, root.id)
    return fragment(request, "chat/_following.html", thread=_as_place(channel, root), is_following=bool(follows and follows["unfollowed_at"] is None))


@post("/chat/channels/{channel_id:int}/threads/{message_id:int}/following", status_code=200, include_in_schema=False)
async def create_following(request: Request, channel_id: FromPath[int], message_id: FromPath[int]) -> Response[bytes]:
    """Follow it."""
    return await _followed(request, channel_id, message_id, True)


@delete("/chat/channels/{channel_id:int}/threads/{message_id:int}/following", status_code=200, include_in_schema=False)
async def delete_following(request: Request, channel_id: FromPath[int], message_id: FromPath[int]) -> Response[bytes]:
    """Follow it no longer."""
    return await _followed(request, channel_id, message_id, False)


async def panel_of(request: Request, channel: Channel, root: Message, target: int = 0) -> dict[str, Any]:
    """What the panel shows: where one stopped reading, or around the answer `target`."""
    viewer = request.state.viewer
    follows = await threads.following(viewer, root.id)
    read = follows["read_up_to"] if follows else root.last_reply_id
    if target:
        piece = await log.around(channel.id, target, thread_id=root.id)
    else:
        piece = await log.newest(channel.id, thread_id=root.id)
    return {
        "thread": _as_place(channel, root), "answers": piece, "thread_root": article(await log.shown(channel.id, root.id)),
        "thread_read": read, "thread_last": root.last_reply_id, "is_following": bool(follows and follows["unfollowed_at"] is None),
        "thread_target": target, "thread_since": new_id(),
        "thread_sources": await log.sources(channel.id, viewer.account_id, piece.messages[0]["id"], root.id) if piece.messages else [],
        "thread_draft": await drafts.draft_in(viewer, channel.id, root.id), "thread_error": "",
    }


async def _thread(request: Request, channel_id: int, message_id: int) -> tuple[Channel, Message]:
    channel = await access.find_channel(request.state.viewer, channel_id)
    return channel, await threads.root_of(channel, message_id)


async def _followed(request: Request, channel_id: int, message_id: int, on: bool) -> Response[bytes]:
    channel, root = await _thread(request, channel_id, message_id)
    await threads.follow(request.state.viewer, root, on, request.state.idempotency_key or None)
    if not is_htmx(request):
        return redirect(request, f"{channel.url}/threads/{root.id}")
    return fragment(request, "chat/_following.html", thread=_as_place(channel, root), is_following=on)


def _as_place(channel: Channel, root: Message) -> dict[str, Any]:
    return {"id": root.id, "url": f"{channel.url}/threads/{root.id}"}


handlers = [show_thread, list_answers, list_thread_changes, create_answer, create_thread_reading, show_following, create_following, delete_following]
