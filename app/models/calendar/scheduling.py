"""Invitations: who invites, who is told of what, and what they answer (RFC 5546, RFC 6638)."""

from __future__ import annotations

from typing import Any

from app import database
from app.models.calendar.calendar import Calendar
from app.models.calendar.drafts import stamp
from app.models.calendar.indexing import check
from app.models.calendar.storing import main_of, room_email
from app.models.viewer import Viewer


def address_in(calendar: Calendar) -> str:
    """The address of whose calendar it is: who invites when an event in it has guests."""
    return room_email(calendar.resource_id) if calendar.resource_id is not None else calendar.owner_email


async def organiser_of(calendar: Calendar, viewer: Viewer) -> tuple[str, str]:
    """Address and name of who invites to events of a calendar: whose it is."""
    if calendar.account_id is None or calendar.account_id == viewer.account_id:
        return viewer.email, viewer.name
    row = await database.fetch_one("SELECT email, given_name, family_name FROM account WHERE id = $1", calendar.account_id)
    return (row["email"], f"{row['given_name']} {row['family_name']}".strip()) if row else (viewer.email, viewer.name)


async def changed(viewer: Viewer, calendar: Calendar, before: str | None, after: str | None) -> None:
    """Let those concerned know what changed in an object, in the transaction that wrote it."""


def later_than(text: str, href: str, inverse: dict[str, Any]) -> str:
    """A text that is brought back, told to guests as newer than what they saw meanwhile (its SEQUENCE grows)."""
    calendar = check(text)
    main = main_of(calendar)
    if main.find("ORGANIZER") is None:
        return text
    for _change in range(2):
        stamp(main, raises_sequence=True)
    return calendar.serialize()
