"""What guests answer: members in their own copy, people without an account by a signed link (BEY-06)."""

from __future__ import annotations

from dataclasses import dataclass

from app import database
from app.lib import itip
from app.lib.i18n import _
from app.lib.ical import Component
from app.lib.ical.series import Series
from app.lib.signing import sign, signed_text
from app.models.base import NotFound, Refused
from app.models.calendar import scheduling
from app.models.calendar.calendar import VIEW, Calendar
from app.models.calendar.drafts import stamp
from app.models.calendar.editing import stand_in
from app.models.calendar.event import Event, write
from app.models.calendar.indexing import zone_of
from app.models.calendar.storing import address_in, main_of
from app.models.calendar.tables import CalendarGuest, CalendarObject
from app.models.command import Command
from app.models.server_secret import ServerSecret
from app.models.viewer import Viewer

ANSWERS = scheduling.ANSWERS
MOST_NOTE = 500
_SECRET, _PURPOSE = "calendar-answers", "calendar.answer"


async def answer(viewer: Viewer, event: Event, key: str, said: str, note: str = "", once: str | None = None) -> Command:
    """Accept, decline or perhaps come (ANSWERS), to one instance (`key`) or to all. Whoever invites learns it. Raises `Refused`, `NotFound`."""
    owner = address_in(event.calendar)
    if said not in ANSWERS or not event.calendar.can_write or owner not in itip.guests_of(event.text):
        raise Refused(_("You aren’t invited to this event."))
    async with Command.once(viewer, "event.answer", once) as command:
        if not command.repeated:
            text = event.text.copy()
            series = Series.of(text, zone_of(event.calendar.timezone)) if key and event.recurs else None
            part = stand_in(text, series, key) if series is not None else None
            _set(text, owner, said, part)
            stamp(part or main_of(text))
            inverse = await write(viewer, event.calendar, [(event.stored.href, text.serialize())], note=note[:MOST_NOTE])
            command.done(event.id, what=event.stored.summary, url=event.url, inverse=inverse)
    return command


@dataclass(frozen=True, slots=True)
class Invitation:
    """An event as a guest without an account sees it by their link."""

    event: Event
    guest: CalendarGuest
    view: Component

    @property
    def is_cancelled(self) -> bool:
        """Whether it doesn't take place any more."""
        return self.event.stored.status == "CANCELLED"


async def token_for(calendar_id: int, uid: str, email: str) -> str:
    """What stands in a guest's link: it says who answers to what, and can't be made by anybody else."""
    return sign(await ServerSecret.named(_SECRET), _PURPOSE, f"{calendar_id} {email} {uid}")


async def by_token(token: str) -> Invitation:
    """The event and the guest of a link. Raises `NotFound`, also when they are no longer invited."""
    text = signed_text(await ServerSecret.named(_SECRET), _PURPOSE, token)
    calendar_id, _space, rest = (text or "").partition(" ")
    email, _space, uid = rest.partition(" ")
    row = await database.fetch_one("SELECT * FROM calendar_object WHERE calendar_id = $1 AND uid = $2", int(calendar_id or 0), uid) if text else None
    calendar = await Calendar.find(row["calendar_id"]) if row else None
    if row is None or calendar is None or calendar.deleted_at is not None:
        raise NotFound("invitation")
    calendar.level = VIEW
    if calendar.account_id is not None:
        calendar.owner_email = await database.fetch_value("SELECT email FROM account WHERE id = $1", calendar.account_id)
    event = Event(CalendarObject.from_row(row), calendar)
    view = itip.for_guest(event.text, email)
    guest = await database.fetch_one("SELECT * FROM calendar_guest WHERE object_id = $1 AND email = $2 ORDER BY key LIMIT 1", event.id, email)
    if view is None or guest is None:
        raise NotFound("invitation")
    return Invitation(event, CalendarGuest.from_row(guest), view)


async def answer_by_token(token: str, said: str, key: str = "", note: str = "") -> Invitation:
    """The same as `answer`, by a link. Raises `NotFound`, `Refused`."""
    found = await by_token(token)
    if said not in ANSWERS or found.is_cancelled:
        raise Refused(_("This event can’t be answered any more."))
    async with database.transaction():
        await scheduling.apply_answers(
            found.event.calendar.org_id, found.event.stored.uid, found.event.organiser, found.guest.email, {key: said},
            found.guest.name or found.guest.email, note=note[:MOST_NOTE],
        )
    return await by_token(token)


def _set(calendar: Component, owner: str, said: str, part: Component | None) -> None:
    for one in [part] if part is not None else calendar.within(*itip.PARTS):
        for line in one.all("ATTENDEE"):
            if itip.address(line) == owner:
                one.items[one.items.index(line)] = line.with_params(PARTSTAT=said, RSVP=None)

