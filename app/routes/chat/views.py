"""Chat across conversations: what is new, where one is named, threads that one follows, what one keeps."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.params import FromQuery
from litestar.response import Response

from app import access
from app.models.chat import across, saved, threads
from app.models.chat.places import places_of
from app.render import page, redirect
from app.routes.chat.articles import article, articles


@get("/chat/unread", include_in_schema=False)
async def list_unread(request: Request) -> Response[bytes]:
    """What is new in one's conversations, one after the other."""
    viewer = _chats(request)
    mine = await places_of(viewer)
    return await _view(request, "chat/unread.html", "unread", mine, unread=await across.unread_in(viewer, mine))


@post("/chat/unread", status_code=200, include_in_schema=False)
async def delete_unread(request: Request) -> Response[bytes]:
    """Everything was seen."""
    viewer = _chats(request)
    await across.read_everything(viewer)
    return redirect(request, "/chat/unread")


@get("/chat/mentions", include_in_schema=False)
async def list_mentions(request: Request, before: FromQuery[int] = 0) -> Response[bytes]:
    """Where one was named, the latest first."""
    viewer = _chats(request)
    messages, more = await across.mentions_of(viewer, before)
    return await _listed(request, "mentions", messages, more)


@get("/chat/saved", include_in_schema=False)
async def list_saved(request: Request, before: FromQuery[int] = 0) -> Response[bytes]:
    """What one keeps, the latest first."""
    viewer = _chats(request)
    messages, more = await saved.saved_by(viewer, before)
    return await _listed(request, "saved", messages, more)


@get("/chat/threads", include_in_schema=False)
async def list_threads(request: Request, before: FromQuery[int] = 0, new: FromQuery[int] = 0) -> Response[bytes]:
    """Threads that one follows, the latest answer first; those with something new alone with `new`."""
    viewer = _chats(request)
    found = await threads.followed(viewer, before, only_new=bool(new))
    mine = await places_of(viewer)
    return await _view(
        request, "chat/threads.html", "threads", mine, threads=found, titles={one["id"]: one for one in mine.everything}, only_new=bool(new),
        more=found[-1]["last_reply_id"] if len(found) == 20 else 0, article=article,
    )


@post("/chat/threads", status_code=200, include_in_schema=False)
async def delete_new_threads(request: Request) -> Response[bytes]:
    """Everything in threads was seen."""
    await threads.read_all(_chats(request))
    return redirect(request, "/chat/threads")


def _chats(request: Request) -> Any:
    access.require(request.state.viewer, "chat.use")
    return request.state.viewer


async def _listed(request: Request, name: str, messages: list[dict[str, Any]], more: int) -> Response[bytes]:
    viewer, mine = request.state.viewer, await places_of(request.state.viewer)
    titles = await across.titles_of(viewer, mine, {message["channel_id"] for message in messages})
    return await _view(request, "chat/listed.html", name, mine, messages=messages, more=more, titles=titles, article=article)


async def _view(request: Request, template: str, name: str, mine: Any, **context: Any) -> Response[bytes]:
    return await page(request, template, places=mine, current=name, articles=articles, **context)


handlers = [list_unread, delete_unread, list_mentions, list_saved, list_threads, delete_new_threads]
