r"""Cards for addresses inside the suite: an app says what is at its address, to a reader who may see it (BEY-02).

    @card_of(r"/chat/channels/(\d+)/messages/(\d+)")
    async def _message(viewer: Viewer, channel_id: str, message_id: str) -> Card | None: …

It returns None, or raises `NotFound`, where there is nothing for this viewer. The browser asks for the card of each link to our own
host when it shows a message, so one rendering of the message serves all its readers.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from app.models.base import NotFound
from app.models.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Card:
    """What stands on a card: `icon` of static/icons.svg, `kind` in words, a title, a line or two, and the address that it opens."""

    kind: str
    title: str
    url: str
    icon: str
    text: str = ""
    about: str = ""


Maker = Callable[..., Awaitable[Card | None]]
_makers: list[tuple[re.Pattern[str], Maker]] = []


def card_of(pattern: str) -> Callable[[Maker], Maker]:
    """Register what makes the card of a path that matches `pattern` whole; it gets the viewer and the groups."""

    def register(maker: Maker) -> Maker:
        _makers.append((re.compile(pattern), maker))
        return maker

    return register


async def card_at(viewer: Viewer, path: str) -> Card | None:
    """The card of a path of ours, as far as this viewer may see it."""
    for pattern, maker in _makers:
        if match := pattern.fullmatch(path):
            try:
                return await maker(viewer, *match.groups())
            except NotFound:
                return None
    return None
