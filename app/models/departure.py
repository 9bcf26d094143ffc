"""What happens to what somebody owns when they leave an organisation.

An app says what it hands over, in the transaction that ends the membership, and how that is taken back:

    @on_departure
    async def channels(viewer: Viewer, member: Membership, heir_id: int | None) -> dict[str, Any]:
        …
        return {…}  # plain JSON, what `undo` needs

    @channels.undo
    async def _back(viewer: Viewer, inverse: dict[str, Any]) -> None: …

    @channels.owned
    async def _owned(member: Membership) -> list[str]: …  # a sentence for each kind of thing, shown before somebody is removed

Without an heir, nobody takes over: what must have an owner keeps the one it had.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from app.models.organisation import Membership
from app.models.viewer import Viewer

HandOver = Callable[[Viewer, Membership, int | None], Awaitable[dict[str, Any]]]
TakeBack = Callable[[Viewer, dict[str, Any]], Awaitable[None]]
Owned = Callable[[Membership], Awaitable[list[str]]]


class Departure:
    """What one app hands over, takes back, and says it would hand over."""

    def __init__(self, hand_over: HandOver) -> None:
        self.key = hand_over.__name__
        self.hand_over = hand_over
        self.take_back: TakeBack | None = None
        self.say_owned: Owned | None = None

    def undo(self, take_back: TakeBack) -> TakeBack:
        """Register how it is taken back."""
        self.take_back = take_back
        return take_back

    def owned(self, say: Owned) -> Owned:
        """Register what says what somebody owns."""
        self.say_owned = say
        return say


_departures: dict[str, Departure] = {}


def on_departure(hand_over: HandOver) -> Departure:
    """Register what an app does when somebody leaves. The function's name is kept in the inverse: don't rename it."""
    departure = Departure(hand_over)
    assert departure.key not in _departures, f"{departure.key} is handed over twice"
    _departures[departure.key] = departure
    return departure


async def hand_over_all(viewer: Viewer, member: Membership, heir_id: int | None) -> dict[str, Any]:
    """Let every app hand over; what is needed to take it back, by the apps' keys."""
    return {key: await departure.hand_over(viewer, member, heir_id) for key, departure in _departures.items()}


async def take_all_back(viewer: Viewer, inverses: dict[str, Any]) -> None:
    """Undo `hand_over_all`, the last first."""
    for key, inverse in reversed(inverses.items()):
        departure = _departures.get(key)
        if departure is not None and departure.take_back is not None:
            await departure.take_back(viewer, inverse)


async def owned_by(member: Membership) -> list[str]:
    """What somebody would leave behind, in sentences."""
    in_order = sorted(_departures.items())
    return [line for _key, departure in in_order if departure.say_owned for line in await departure.say_owned(member)]
