"""The addresses of the API, version 1: a bot sees and does what a member may who is in the same channels, within its scopes."""

from __future__ import annotations

from typing import Any

from litestar import Request, Router, delete, get, patch, post
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from app import access, database
from app.lib.names import full_name
from app.models.base import NotFound
from app.models.chat import Channel, Message, log, looking_after, members, places, reactions
from app.models.chat.looking_after import Settings
from app.models.viewer import Viewer
from app.routes.api import shapes
from app.routes.api.door import answer, body, bot, errors
from app.routes.guard import OPEN

MOST = 200


@get("/me", opt=OPEN)
async def show_me(request: Request) -> Response[bytes]:
    """The bot itself."""
    viewer = await bot(request, "")
    return answer(shapes.Person(str(viewer.account_id), viewer.name, True, False))


@get("/channels", opt=OPEN)
async def list_channels(request: Request) -> Response[bytes]:
    """The public channels, and those that the bot is in."""
    viewer = await bot(request, "read")
    return answer([_channel(channel) for channel in await places.seen_channels(viewer)])


@post("/channels", status_code=201, opt=OPEN)
async def create_channel(request: Request) -> Response[bytes]:
    """Start a channel with the bot in it."""
    viewer, new = await bot(request, "channels"), await body(request, shapes.NewChannel)
    channel = await Channel.start(viewer, new.kind, new.name, new.description, key=_key(request))
    return answer(_channel(channel), 201)


@get("/channels/{channel_id:int}", opt=OPEN)
async def show_channel(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """One channel."""
    return answer(_channel(await access.find_channel(await bot(request, "read"), channel_id)))


@patch("/channels/{channel_id:int}", opt=OPEN)
async def update_channel(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Change its name, description or header; the bot must be in it."""
    viewer, new = await bot(request, "channels"), await body(request, shapes.ChannelChange)
    channel = await access.find_own_channel(viewer, channel_id)
    await looking_after.arrange(viewer, channel, Settings(new.name, new.display_name, new.description, new.header))
    return answer(_channel(await access.find_channel(viewer, channel_id)))


@post("/channels/{channel_id:int}/membership", status_code=200, opt=OPEN)
async def create_membership(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Join a public channel."""
    viewer = await bot(request, "channels")
    await members.join(viewer, await access.find_channel(viewer, channel_id))
    return answer(_channel(await access.find_channel(viewer, channel_id)))


@delete("/channels/{channel_id:int}/membership", status_code=204, opt=OPEN)
async def delete_membership(request: Request, channel_id: FromPath[int]) -> None:
    """Leave a channel."""
    viewer = await bot(request, "channels")
    await members.leave(viewer, await access.find_own_channel(viewer, channel_id))


@get("/channels/{channel_id:int}/messages", opt=OPEN)
async def list_messages(
    request: Request, channel_id: FromPath[int], before: FromQuery[int] = 0, after: FromQuery[int] = 0, limit: FromQuery[int] = 50
) -> Response[bytes]:
    """Messages before or after one, or the newest. The bot must be in the channel."""
    channel = await access.find_own_channel(await bot(request, "read"), channel_id)
    most = max(1, min(limit, MOST))
    piece = await (log.after(channel.id, after, most) if after else log.before(channel.id, before or 2**53, most))
    shown = await _messages(piece.messages)
    return answer(shapes.Messages(
        shown, shown[0].id if shown and piece.has_before else None, shown[-1].id if shown and piece.has_after and (after or before) else None
    ))


@post("/channels/{channel_id:int}/messages", status_code=201, opt=OPEN)
async def create_message(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Say something. With an Idempotency-Key it is said once, however often it is sent."""
    viewer, new = await bot(request, "write"), await body(request, shapes.NewMessage)
    channel = await access.find_own_channel(viewer, channel_id)
    id_ = await Message.post(channel, viewer, new.text, _key(request))
    return answer(await _message(channel.id, id_), 201)


@get("/messages/{message_id:int}", opt=OPEN)
async def show_message(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """One message, in a channel that the bot is in."""
    message = await _own_channels(await bot(request, "read"), message_id)
    return answer(await _message(message.channel_id, message.id))


@patch("/messages/{message_id:int}", opt=OPEN)
async def update_message(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """Change what a message of the bot's says."""
    viewer, new = await bot(request, "write"), await body(request, shapes.NewMessage)
    message = await _own_channels(viewer, message_id)
    await message.edit(viewer, new.text, _key(request))
    return answer(await _message(message.channel_id, message.id))


@delete("/messages/{message_id:int}", status_code=204, opt=OPEN)
async def delete_message(request: Request, message_id: FromPath[int]) -> None:
    """Take a message of the bot's back."""
    viewer = await bot(request, "write")
    await (await _own_channels(viewer, message_id)).take_back(viewer, _key(request))


@post("/messages/{message_id:int}/reactions", status_code=200, opt=OPEN)
async def create_reaction(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """Put an emoji on a message."""
    viewer, new = await bot(request, "react"), await body(request, shapes.NewReaction)
    message = await _own_channels(viewer, message_id)
    await reactions.react(viewer, message, new.emoji, _key(request))
    return answer(await _message(message.channel_id, message.id))


@delete("/messages/{message_id:int}/reactions", status_code=204, opt=OPEN)
async def delete_reaction(request: Request, message_id: FromPath[int], emoji: FromQuery[str] = "") -> None:
    """Take an emoji of the bot's back."""
    viewer = await bot(request, "react")
    await reactions.unreact(viewer, await _own_channels(viewer, message_id), emoji, _key(request))


@get("/channels/{channel_id:int}/members", opt=OPEN)
async def list_members(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Who is in a channel that the bot is in."""
    channel = await access.find_own_channel(await bot(request, "members"), channel_id)
    return answer([shapes.Person(str(row["id"]), row["name"], row["role"] == "bot", row["is_guest"]) for row in await members.people_in(channel)])


@post("/channels/{channel_id:int}/members", status_code=200, opt=OPEN)
async def create_members(request: Request, channel_id: FromPath[int]) -> Response[bytes]:
    """Add people to a channel that the bot is in. Guests aren't added."""
    viewer, new = await bot(request, "members"), await body(request, shapes.NewMembers)
    _command, count = await members.add(viewer, await access.find_own_channel(viewer, channel_id), [int(id_) for id_ in new.people])
    return answer({"added": count})


@get("/people", opt=OPEN)
async def list_people(request: Request, q: FromQuery[str] = "") -> Response[bytes]:
    """People of the organisation whose name or address begins so."""
    rows = await members.people_for(await bot(request, "members"), q, most=100)
    return answer([shapes.Person(str(row["id"]), row["name"], row["role"] == "bot", row["is_guest"]) for row in rows])


def _channel(channel: Channel) -> shapes.Channel:
    return shapes.Channel(
        str(channel.id), channel.kind, channel.name, channel.display_name, channel.description, channel.header, channel.member_id is not None,
        channel.archived_at is not None, str(channel.last_message_id),
    )


async def _own_channels(viewer: Viewer, message_id: int) -> Message:
    message = await access.find_message(viewer, message_id)
    if message.channel.member_id is None:
        raise NotFound(f"message {message_id}")
    return message


async def _message(channel_id: int, id_: int) -> shapes.Message:
    return (await _messages([await log.shown(channel_id, id_)]))[0]


async def _messages(rows: list[dict[str, Any]]) -> list[shapes.Message]:
    ids = [row["id"] for row in rows]
    found = await database.fetch(f"SELECT id, text FROM message WHERE id IN ({database.marks(ids)})", *ids) if ids else []
    texts = {row["id"]: row["text"] for row in found}
    return [_shown(row, texts[row["id"]]) for row in rows]


def _shown(row: dict[str, Any], text: str) -> shapes.Message:
    gone = row["deleted_at"] is not None
    put = [shapes.Reaction(one["emoji"], [str(id_) for id_ in one["who"]]) for one in row["reactions"]]
    return shapes.Message(
        str(row["id"]), str(row["channel_id"]), str(row["author_id"]), row.get("name") or full_name(row), "" if gone else text, "" if gone else row["html"],
        row["created_at"], row["edited_at"], gone, [] if gone else put,
    )


def _key(request: Request) -> str | None:
    return request.state.idempotency_key or None


API = [
    show_me, list_channels, create_channel, show_channel, update_channel, create_membership, delete_membership, list_messages, create_message,
    show_message, update_message, delete_message, create_reaction, delete_reaction, list_members, create_members, list_people,
]
handlers = [Router("/api/v1", route_handlers=API, exception_handlers=errors, include_in_schema=False)]
