"""Cards below messages: what a page elsewhere says it is, fetched once by the server for everybody."""

from __future__ import annotations

from piccolo.columns import BigInt, ForeignKey, SmallInt, Text, Varchar

from app.models.base import Row
from app.models.chat.message import Message


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
