"""Cards of chat: messages and channels inside the suite, and the pictures of pages elsewhere."""

from __future__ import annotations

from litestar import Request, delete, get
from litestar.params import FromPath
from litestar.response import Response

from app import access
from app.cards import Card, card_of
from app.lib import blobs
from app.lib.i18n import _, ngettext
from app.lib.markdown import words
from app.models.account import Account
from app.models.base import Refused
from app.models.chat import Channel, Message, cards, members, places
from app.models.viewer import Viewer
from app.routes.chat.messages import _shown

_HEADERS = {
    "Cache-Control": "private, max-age=604800, immutable", "Content-Security-Policy": "default-src 'none'; sandbox", "Content-Disposition": "inline",
    "X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin",
}


@card_of(r"/chat/channels/(\d{1,18})/messages/(\d{1,18})")
async def _message(viewer: Viewer, channel_id: str, message_id: str) -> Card | None:
    message = await access.find_message(viewer, int(message_id))
    if message.deleted_at is not None or message.channel_id != int(channel_id):
        return None
    author = await Account.get(message.author_id)
    text = words(message.text or message.forwarded_text, 240)
    return Card(_("Message"), author.name, message.url, "message-circle", text, await _title(viewer, message.channel))


@card_of(r"/chat/channels/(\d{1,18})/threads/(\d{1,18})")
async def _thread(viewer: Viewer, channel_id: str, message_id: str) -> Card | None:
    return await _message(viewer, channel_id, message_id)


@card_of(r"/chat/channels/(\d{1,18})")
async def _channel(viewer: Viewer, channel_id: str) -> Card | None:
    channel = await access.find_channel(viewer, int(channel_id))
    count = await members.count_in(channel)
    about = ngettext("%(num)s member", "%(num)s members", count) % {"num": count}
    return Card(_("Channel"), await _title(viewer, channel), channel.url, "hash", channel.description, about)


async def _title(viewer: Viewer, channel: Channel) -> str:
    if channel.is_direct:
        return str((await places.title_of(viewer, channel.id))["title"])
    return f"#{channel.name}"


@get("/chat/cards/{name:str}", include_in_schema=False)
async def show_card_picture(request: Request, name: FromPath[str]) -> Response[bytes]:
    """The small picture of a page elsewhere, from here: nobody's browser asks over there."""
    access.require(request.state.viewer, "chat.use")
    content = await blobs.store().get(name) if len(name) == 64 and await cards.is_picture(name) else None
    if content is None:
        raise access.NotFound("card")
    return Response(content, media_type="image/webp", headers=_HEADERS)


@delete("/chat/messages/{message_id:int}/cards", status_code=200, include_in_schema=False)
async def delete_cards(request: Request, message_id: FromPath[int]) -> Response[bytes]:
    """Take the cards of one's own message away."""
    message: Message = await access.find_message(request.state.viewer, message_id)
    if message.author_id != request.state.viewer.account_id:
        raise Refused(_("Only your own messages can be edited."))
    await cards.hide(message)
    return await _shown(request, message.channel_id, message.id)


handlers = [show_card_picture, delete_cards]
