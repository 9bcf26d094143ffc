r"""Cards for addresses inside the suite: an app says what is at its address, to a reader who may see it (BEY-02).

    @card_of(r"/chat/channels/(\d+)/messages/(\d+)")
    async def _message(viewer: Viewer, channel_id: str, message_id: str) -> Card | None: …

It returns None, or raises `NotFound` or `Refused`, where there is nothing for this viewer. What follows a ? in an address is ignored unless the
pattern asks for it. The browser asks for the card of each link to our own host when it shows a message, or the description of an event, so one
rendering of the message serves all its readers.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from app.models.base import NotFound, Refused
from app.models.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Card:
    """What stands on a card: `icon` of static/icons.svg or a small `picture`, `kind` in words, a title, a line or two, and what it opens.

    `size` is in bytes, `meeting` the address of a call to join, `is_public` whether its page stands outside the shell.
    """

    kind: str
    title: str
    url: str
    icon: str
    text: str = ""
    about: str = ""
    picture: str = ""
    size: int | None = None
    meeting: str = ""
    is_public: bool = False


Maker = Callable[..., Awaitable[Card | None]]
_makers: list[tuple[re.Pattern[str], Maker]] = []


def card_of(pattern: str) -> Callable[[Maker], Maker]:
    """Register what makes the card of an address that matches `pattern` whole; it gets the viewer and the groups."""

    def register(maker: Maker) -> Maker:
        _makers.append((re.compile(rf"{pattern}(?:[?&].*)?"), maker))
        return maker

    return register


async def card_at(viewer: Viewer, target: str) -> Card | None:
    """The card of an address of ours, from its path on, as far as this viewer may see it."""
    for pattern, maker in _makers:
        if match := pattern.fullmatch(target):
            try:
                return await maker(viewer, *match.groups(default=""))
            except (NotFound, Refused):
                return None
    return None
