"""Cards below messages: what a page elsewhere says it is, fetched once by the server for everybody."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from urllib.parse import urldefrag

from piccolo.columns import BigInt, ForeignKey, SmallInt, Text, Varchar

from app import database
from app.lib import blobs, clock, page_cards, pictures
from app.lib.ids import new_id
from app.models.base import Row
from app.models.chat import holding
from app.models.chat.channel import Channel
from app.models.chat.message import Message

MOST = 3  # of one message
FRESH = 7 * clock.DAY
SIDE = 240  # pixels of a card's picture


class LinkCard(Row):
    """What a page says about itself. Without a title there is nothing to show."""

    url = Text()
    url_hash = Varchar(length=64, help_text="SHA-256 of the address.")
    title = Varchar(length=300, default="")
    description = Varchar(length=500, default="")
    site = Varchar(length=100, default="")
    picture = Varchar(length=64, default="", help_text="Hash of its picture, made small.")
    width = SmallInt(default=0)
    height = SmallInt(default=0)
    fetched_at = BigInt(null=True, default=None)


class MessageCard(Row):
    """A card below a message."""

    message_id = ForeignKey(Message)
    card_id = ForeignKey(LinkCard)
    place = SmallInt(default=0)


async def fetch(message_id: int, urls: Sequence[str], edited_at: int | None = None, private: Collection[str] = ()) -> None:
    """Ask the pages that a message links to what they are, and show it below the message. `private` is as in `app.lib.safe_http`."""
    found = []
    for url in list(dict.fromkeys(urldefrag(url)[0] for url in urls))[:MOST]:
        card_id = await _card_of(url, private)
        if card_id is not None:
            found.append(card_id)
    if not found:
        return
    async with database.transaction():
        message = await Message.find(message_id)
        if message is None or message.deleted_at is not None or message.edited_at != edited_at:
            return  # it says something else by now, and has a job of its own
        message.channel = await Channel.get(message.channel_id)
        await database.execute("DELETE FROM message_card WHERE message_id = $1", message_id)
        for place, card_id in enumerate(found):
            await MessageCard.insert_new(message_id=message_id, card_id=card_id, place=place)
        await message.touch(holds=message.holds | holding.CARDS)
        await message.announce()


async def hide(message: Message) -> None:
    """Take the cards of a message away."""
    async with database.transaction():
        await database.execute("DELETE FROM message_card WHERE message_id = $1", message.id)
        await message.touch(holds=message.holds & ~holding.CARDS)
        await message.announce()


async def is_picture(name: str) -> bool:
    """Whether it is the picture of a card."""
    return await database.fetch_value("SELECT 1 FROM link_card WHERE picture = $1 LIMIT 1", name) is not None


async def _card_of(url: str, private: Collection[str]) -> int | None:
    """The card of an address, asked for at most once a week; None where there is nothing to show."""
    url_hash = hashlib.sha256(url.encode()).hexdigest()
    known = await database.fetch_one("SELECT id, title, fetched_at FROM link_card WHERE url_hash = $1", url_hash)
    if known and known["fetched_at"] and known["fetched_at"] > clock.now() - FRESH:
        return known["id"] if known["title"] else None
    page = await page_cards.read_page(url, private) or page_cards.PageCard()
    name, size = await _picture(page.picture, private) if page.picture else ("", (0, 0))
    row = await database.execute(
        "INSERT INTO link_card (id, url, url_hash, title, description, site, picture, width, height, fetched_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (url_hash) DO UPDATE SET title = excluded.title,"
        " description = excluded.description, site = excluded.site, picture = excluded.picture, width = excluded.width, height = excluded.height,"
        " fetched_at = excluded.fetched_at RETURNING id",
        new_id(), url, url_hash, page.title, page.description, page.site, name, *size, clock.now(),
    )
    return int(row[0]["id"]) if page.title else None


async def _picture(url: str, private: Collection[str]) -> tuple[str, tuple[int, int]]:
    content = await page_cards.read_picture(url, private)
    try:
        small, _size = await pictures.within(content or b"", SIDE)
    except pictures.PictureError:
        return "", (0, 0)
    return await blobs.store().put(small), (88, 88)
