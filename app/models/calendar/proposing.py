"""Other times that guests propose to whoever invites, here or elsewhere (COUNTER, RFC 5546 §3.2.7), and what comes of it (§3.2.8)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from app import database
from app.lib import clock, itip
from app.lib.i18n import _
from app.lib.ical import Component
from app.lib.ical.series import Series
from app.lib.ical.values import wall_of
from app.lib.ical.zones import Zones
from app.models.base import NotFound, Refused
from app.models.calendar import scheduling
from app.models.calendar.answering import MOST_NOTE, by_token
from app.models.calendar.calendar import Calendar
from app.models.calendar.drafts import apply, draft_of
from app.models.calendar.editing import stand_in
from app.models.calendar.event import Event
from app.models.calendar.indexing import zone_of
from app.models.calendar.storing import address_in, main_of
from app.models.calendar.tables import CalendarObject
from app.models.command import Command
from app.models.job import Job
from app.models.notifications import notify
from app.models.viewer import Viewer


class Proposal(NamedTuple):
    """When somebody would rather have an event, or one of a series (`key`); instants in milliseconds."""

    start: int
    end: int
    key: str = ""
    note: str = ""


async def propose(viewer: Viewer, event: Event, proposal: Proposal) -> None:
    """Propose another time to whoever invites. Raises `Refused`."""
    owner = address_in(event.calendar)
    if owner not in itip.guests_of(event.text) or proposal.end <= proposal.start:
        raise Refused(_("You aren’t invited to this event."))
    original = await scheduling.find_organisers(event.calendar.org_id, event.stored.uid, event.organiser)
    if original is not None:
        await note(*original, owner, viewer.name, proposal)
    else:
        await _mail(viewer, event, owner, proposal)


async def propose_by_token(token: str, proposal: Proposal) -> None:
    """The same by the link of an invitation. Raises `NotFound`, `Refused`."""
    found = await by_token(token)
    if found.is_cancelled or proposal.end <= proposal.start:
        raise Refused(_("This event can’t be answered any more."))
    await note(found.event.calendar, found.event.stored, found.guest.email, found.guest.name, proposal)


async def note(calendar: Calendar, event: CalendarObject, email: str, name: str, proposal: Proposal) -> None:
    """Put a proposal before whoever invites; `calendar` is theirs."""
    async with database.transaction():
        await database.execute(
            "UPDATE calendar_guest SET note = $1, answered_at = $2, proposed_start = $3, proposed_end = $4, proposed_key = $5"
            " WHERE object_id = $6 AND email = $7",
            proposal.note[:MOST_NOTE], clock.now(), proposal.start, proposal.end, proposal.key, event.id, email,
        )
        if calendar.account_id is not None:
            await notify(
                "calendar.answered", [calendar.account_id], calendar.org_id,
                facts={"name": name or email, "title": event.summary, "answer": itip.COUNTER, "text": proposal.note[:300]},
                url=f"/calendar/events/{event.id}", source=f"calendar:{calendar.id}", source_name=calendar.name, group=f"answer:{event.id}:{email[:50]}",
            )


async def accept(viewer: Viewer, event: Event, guest_id: int) -> Command:
    """Move the event to when a guest proposed. Raises `Refused`, `NotFound`."""
    row = await _proposal_of(event, guest_id)
    shown = event.draft(row["proposed_key"])
    zone = zone_of(shown.timezone or viewer.timezone)
    async with database.transaction():
        command = await event.move(
            viewer, wall_of(row["proposed_start"], zone), "this", row["proposed_key"], end=wall_of(row["proposed_end"], zone), is_all_day=False
        )
        await _forget(event, row["email"])
    return command


async def decline(viewer: Viewer, event: Event, guest_id: int) -> Command:
    """Leave the event when it is; the guest learns it. Raises `Refused`, `NotFound`."""
    row = await _proposal_of(event, guest_id)
    if not event.can_edit:
        raise Refused(_("You may look at this calendar, but not change it."))
    async with Command.once(viewer, "event.decline_proposal") as command:
        await _forget(event, row["email"])
        command.done(event.id, what=event.stored.summary, url=event.url)
        if not await scheduling.tell_kept(viewer, event.calendar, event.text, row["email"]):
            view = itip.for_guest(event.text, row["email"])
            if view is not None:
                await Job.enqueue(
                    "mail_event", org_id=event.calendar.org_id, calendar_id=event.calendar.id, email=row["email"], method=itip.DECLINECOUNTER,
                    ics=itip.decline_counter(view).serialize(), actor=viewer.name,
                )
    return command


async def proposals_of(event: Event) -> list[dict[str, Any]]:
    """Guests who proposed another time."""
    return await database.fetch("SELECT * FROM calendar_guest WHERE object_id = $1 AND proposed_start IS NOT NULL ORDER BY id", event.id)


async def _proposal_of(event: Event, guest_id: int) -> dict[str, Any]:
    row = await database.fetch_one("SELECT * FROM calendar_guest WHERE id = $1 AND object_id = $2", guest_id, event.id)
    if row is None or row["proposed_start"] is None:
        raise NotFound("proposal")
    return row


async def _forget(event: Event, email: str) -> None:
    await database.execute(
        "UPDATE calendar_guest SET proposed_start = NULL, proposed_end = NULL, proposed_key = '' WHERE object_id = $1 AND email = $2", event.id, email
    )


async def _mail(viewer: Viewer, event: Event, owner: str, proposal: Proposal) -> None:
    """A COUNTER to an organiser of elsewhere."""
    if await scheduling.is_member(event.calendar.org_id, event.organiser):
        raise Refused(_("Whoever invites has taken this event away."))
    message = counter(event, owner, proposal)
    await Job.enqueue(
        "mail_reply", org_id=event.calendar.org_id, organiser=event.organiser, email=owner, name=viewer.name, ics=message.serialize()
    )


def counter(event: Event, email: str, proposal: Proposal) -> Component:
    """The message that proposes another time for an event, or one of a series, in a guest's name."""
    text = event.text.copy()
    series = Series.of(text, zone_of(event.calendar.timezone)) if event.recurs and proposal.key else None
    part = stand_in(text, series, proposal.key) if series is not None else main_of(text)
    zones = Zones(text)
    said = draft_of(part, zones)
    zone = zone_of(said.timezone or event.calendar.timezone)
    wanted = replace(said, start=wall_of(proposal.start, zone), end=wall_of(proposal.end, zone), is_all_day=False, end_timezone="",
                     timezone=said.timezone or event.calendar.timezone)
    apply(text, part, wanted, said, zones, with_rule=False)
    for other in text.within(*itip.PARTS):
        if other is not part:
            text.remove_component(other)
    return itip.reply(text, email, proposal.note, itip.COUNTER)
