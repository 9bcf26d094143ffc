"""Invitations: who invites, who is told of what, and what they answer (RFC 5546, RFC 6638).

Members of the organisation get a copy of the event in their own calendar, rooms answer by themselves, people of elsewhere get mail.
Everything here runs in the transaction that writes the object.
"""

from __future__ import annotations

from typing import NamedTuple, cast

from app import database
from app.lib import itip
from app.lib.ical import Property
from app.models.account import Account
from app.models.calendar.calendar import Calendar
from app.models.calendar.drafts import stamp
from app.models.calendar.indexing import check
from app.models.calendar.scheduling.answers import ANSWERS, answered, apply_answers, as_written, find_organisers
from app.models.calendar.scheduling.copies import is_member, own_copy, tell_kept
from app.models.calendar.scheduling.mails import note_delivery
from app.models.calendar.scheduling.organising import organised
from app.models.calendar.storing import address_in, main_of
from app.models.viewer import Viewer

__all__ = [
    "ANSWERS", "apply_answers", "as_written", "brought_back", "changed", "changed_by", "find_organisers", "is_member", "note_delivery",
    "organiser_of", "own_copy", "prepared", "tell_kept",
]


async def organiser_of(calendar: Calendar, viewer: Viewer) -> tuple[str, str]:
    """Address and name of who invites to events of a calendar: whose it is."""
    if calendar.account_id is None or calendar.account_id == viewer.account_id:
        return viewer.email, viewer.name
    row = await database.fetch_one("SELECT email, given_name, family_name FROM account WHERE id = $1", calendar.account_id)
    return (row["email"], f"{row['given_name']} {row['family_name']}".strip()) if row else (viewer.email, viewer.name)


def prepared(calendar: Calendar, before: str | None, text: str) -> str:
    """A text that is about to be stored: when the organiser moved it, its guests are asked anew."""
    new = check(text)
    owner = address_in(calendar)
    if before is None or not owner or itip.organiser_of(new) != owner:
        return text
    old = check(before)
    if not itip.moves(old, new):
        return text
    itip.ask_anew(new, owner)
    if itip.sequence_of(new) <= itip.sequence_of(old):
        stamp(main_of(new), raises_sequence=True)
    return new.serialize()


async def changed(viewer: Viewer, calendar: Calendar, before: str | None, after: str | None, note: str = "", *, replies: bool = True) -> None:
    """Let those concerned know what changed in an object, in the transaction that wrote it. `None`: there was none, or is none any more.

    Without `replies`, whoever invites isn't told what a guest does (RFC 6638 §8.1).
    """
    old, new = check(before) if before else None, check(after) if after else None
    one = new or old
    organiser = itip.organiser_of(one) if one is not None else ""
    owner = address_in(calendar)
    if one is None or not organiser or calendar.resource_id is not None:
        return
    if organiser == owner:
        await organised(viewer, calendar, old, new, owner)
    elif replies and owner in itip.guests_of(one):
        await answered(viewer, calendar, old, new, owner, note)


async def changed_by(account: Account, calendar: Calendar, before: str | None, after: str | None) -> None:
    """The same where nobody is signed in: in the name of whose calendar it is."""
    await changed(cast(Viewer, _Actor(account.id, calendar.org_id, account.email, account.name)), calendar, before, after)


class _Actor(NamedTuple):
    account_id: int
    org_id: int
    email: str
    name: str
    is_external: bool = False


def brought_back(text: str, current: str | None, calendar: Calendar) -> str:
    """A text that is brought back, told to guests as newer than what they saw meanwhile (its SEQUENCE grows); what they answered stays."""
    event = check(text)
    main = main_of(event)
    if main.find("ORGANIZER") is None:
        return text
    now = check(current) if current is not None else None
    if now is not None and itip.organiser_of(event) == address_in(calendar):
        itip.keep_answers(event, now, except_for=address_in(calendar))
    sequence = max(itip.sequence_of(event), itip.sequence_of(now) if now is not None else 0)
    main.set(Property.make("SEQUENCE", str(sequence)))
    stamp(main, raises_sequence=True)
    return event.serialize()
