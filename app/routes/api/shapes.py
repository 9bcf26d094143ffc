"""What goes in and out of the API. Ids are texts: they are numbers of 53 bits, which some languages round."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

Text = Annotated[str, Meta(min_length=1, max_length=20_000, description="Markdown.")]
Id = Annotated[str, Meta(pattern=r"^-?[0-9]{1,16}$")]


class Person(msgspec.Struct):
    """Somebody in the organisation, or a bot."""

    id: str
    name: str
    is_bot: bool
    is_guest: bool


class Channel(msgspec.Struct):
    """A channel or a direct conversation."""

    id: str
    kind: str
    name: str
    display_name: str
    description: str
    header: str
    is_member: bool
    is_archived: bool
    last_message_id: str


class Reaction(msgspec.Struct):
    """An emoji on a message and who put it there."""

    emoji: str
    people: list[str]


class Message(msgspec.Struct):
    """Something said. Times are in milliseconds since 1970."""

    id: str
    channel_id: str
    author_id: str
    author_name: str
    text: str
    html: str
    created_at: int
    edited_at: int | None
    is_deleted: bool
    reactions: list[Reaction]


class Messages(msgspec.Struct):
    """Messages in their order. `before` and `after` are what to ask for next; null where there is nothing more."""

    messages: list[Message]
    before: str | None
    after: str | None


class NewMessage(msgspec.Struct, forbid_unknown_fields=True):
    """What to say."""

    text: Text


class NewReaction(msgspec.Struct, forbid_unknown_fields=True):
    """An emoji, as its characters."""

    emoji: Annotated[str, Meta(min_length=1, max_length=40)]


class NewChannel(msgspec.Struct, forbid_unknown_fields=True):
    """A channel to start."""

    name: Annotated[str, Meta(min_length=1, max_length=80)]
    kind: Annotated[str, Meta(pattern="^(public|private)$")] = "public"
    description: Annotated[str, Meta(max_length=500)] = ""


class ChannelChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change of a channel; what isn't there stays."""

    name: Annotated[str, Meta(min_length=1, max_length=80)] | None = None
    display_name: Annotated[str, Meta(max_length=80)] | None = None
    description: Annotated[str, Meta(max_length=500)] | None = None
    header: Annotated[str, Meta(max_length=2000)] | None = None


class NewMembers(msgspec.Struct, forbid_unknown_fields=True):
    """People to add."""

    people: Annotated[list[Id], Meta(min_length=1, max_length=500)]
