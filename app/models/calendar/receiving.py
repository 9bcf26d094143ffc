"""Messages about events from elsewhere (RFC 5546): in files that are dropped or imported, and in mails (RFC 6047)."""

from __future__ import annotations

import email
import re
from email.message import Message
from email.policy import default
from email.utils import getaddresses

from app import database
from app.lib import itip
from app.lib.i18n import _
from app.lib.ical import Component, Malformed, parse
from app.lib.ical.values import instant_of
from app.lib.ical.zones import Zones
from app.models.base import NotFound, Refused
from app.models.calendar import proposing, scheduling
from app.models.calendar.calendar import Calendar
from app.models.calendar.drafts import Draft, draft_of
from app.models.calendar.indexing import check, zone_of
from app.models.calendar.proposing import Proposal
from app.models.calendar.storing import main_of, put, remove, uid_of
from app.models.calendar.tables import CalendarObject

ANSWERS = (itip.REPLY, itip.COUNTER)
_OWN = """
SELECT o.*, c.account_id FROM calendar_object o JOIN calendar c ON c.id = o.calendar_id AND c.deleted_at IS NULL AND c.kind = 'own'
  JOIN account a ON a.id = c.account_id AND a.email = o.organiser WHERE o.org_id = $1 AND o.uid = $2 ORDER BY o.id
"""
Organised = tuple[Calendar, CalendarObject]


async def receive(org_id: int, account_id: int, text: str | bytes) -> str:
    """Apply a message that somebody dropped or imported as a file; what it was. Raises `Refused` when it concerns nothing of theirs."""
    message = parse(text)
    method = itip.method_of(message)
    if not message.within(*itip.PARTS):
        raise Refused(_("There is no event or task in it."))
    if method in ANSWERS:
        for calendar, event in await _organised(org_id, uid_of(message)):
            if calendar.account_id == account_id and await _answered(message, calendar, event):
                return method
        raise Refused(_("This answers an invitation that isn’t known here."))
    if method not in (itip.REQUEST, itip.CANCEL, itip.PUBLISH, ""):
        raise Refused(_("Such a message can’t be applied: %(method)s.") % {"method": method})
    await _taken(org_id, account_id, message, method)
    return method or itip.PUBLISH


async def receive_mail(content: bytes) -> bool:
    """Apply the answer in a mail: only what its sender says of themselves, to events that they are invited to. Whether it was one."""
    mail = email.message_from_bytes(content, policy=default)
    sender, message = _sender_of(mail), _message_in(mail)
    if not sender or message is None or itip.method_of(message) not in ANSWERS or not message.within(*itip.PARTS):
        return False
    uid, is_one = uid_of(message), False
    for row in await database.fetch("SELECT id FROM organisation"):
        async with database.transaction():
            for calendar, event in await _organised(row["id"], uid):
                is_one |= await _answered(message, calendar, event, by=sender)
    return is_one


async def _organised(org_id: int, uid: str) -> list[Organised]:
    """The events of a UID in the calendars of who invites to them."""
    found = []
    for row in await database.fetch(_OWN, org_id, uid):
        calendar = await Calendar._reread(row["calendar_id"], row.pop("account_id"))
        found.append((calendar, CalendarObject.from_row(row)))
    return found


async def _answered(message: Component, calendar: Calendar, event: CalendarObject, by: str = "") -> bool:
    """Apply what guests answer or propose; with `by`, only that guest. Whether anything of it holds."""
    invited, text = itip.guests_of(check(event.ics)), check(event.ics)
    is_counter, applied = itip.method_of(message) == itip.COUNTER, False
    for guest, name in itip.guests_of(message).items():
        if guest not in invited or guest == event.organiser or (by and guest != by) or _is_stale(message, text):
            continue
        note = main_of(message).text("COMMENT")
        if is_counter:
            proposal = _proposal(message, text, calendar, note)
            if proposal.end > proposal.start:
                await proposing.note(calendar, event, guest, name or invited[guest], proposal)
                applied = True
        else:
            answers = itip.answers_of(message, guest)
            applied |= await scheduling.apply_answers(
                calendar.org_id, event.uid, event.organiser, guest, answers, name or invited[guest] or guest, note=note
            )
    return applied


def _is_stale(message: Component, event: Component) -> bool:
    """Whether it answers what the event was before it was put to another time (RFC 5546 §3.2.3: SEQUENCE says which version)."""
    if itip.sequence_of(message) >= itip.sequence_of(event) or itip.method_of(message) == itip.COUNTER:
        return False
    said, is_ = main_of(message), main_of(event)
    if said.find("RECURRENCE-ID") is not None or said.find("DTSTART") is None:
        return False
    return draft_of(said, Zones(message)).start_instant != draft_of(is_, Zones(event)).start_instant


def _proposal(message: Component, event: Component, calendar: Calendar, note: str) -> Proposal:
    main = main_of(message)
    draft, line = draft_of(main, Zones(message)), main.find("RECURRENCE-ID")
    zone = zone_of(calendar.timezone)

    def instant(draft: Draft, which: str) -> int:
        return instant_of(getattr(draft, which), zone) if draft.is_all_day or not draft.timezone else int(getattr(draft, f"{which}_instant"))

    key = scheduling.as_written(event, line.value) if line is not None else ""
    return Proposal(instant(draft, "start"), instant(draft, "end"), key, note)


async def _taken(org_id: int, account_id: int, message: Component, method: str) -> None:
    """An invitation, news of it or its end, into the copy of who is invited."""
    uid = uid_of(message)
    copy = await scheduling.own_copy(account_id, org_id, uid)
    message.remove("METHOD")
    if copy is not None and itip.sequence_of(message) < itip.sequence_of(check(copy.ics)):
        raise Refused(_("A later version of this event is known here already."))
    target = copy.calendar if copy is not None else await Calendar.default_for(account_id, org_id)
    if method == itip.CANCEL:
        if copy is not None:
            await remove(target, copy.href)
        return
    address = await database.fetch_value("SELECT email FROM account WHERE id = $1", account_id)
    itip.keep_own(message, check(copy.ics) if copy is not None else None, address)
    await put(target, account_id, copy.href if copy is not None else f"{uid[:200].replace('/', '-')}.ics", message.serialize())


def _sender_of(mail: Message) -> str:
    """The one address that a mail is from; none where the receiving server says that it isn't (DMARC, RFC 8601)."""
    verdict = str(mail.get("Authentication-Results", ""))  # the first one is that of the server that received it last
    found = [address.lower() for _name, address in getaddresses([str(mail.get("From", ""))]) if address]
    return "" if len(found) != 1 or re.search(r"\bdmarc\s*=\s*fail", verdict, re.IGNORECASE) else found[0]


def _message_in(mail: Message) -> Component | None:
    """The first iCalendar message of a mail."""
    for part in mail.walk():
        if part.get_content_type() in ("text/calendar", "application/ics"):
            try:
                message = parse(part.get_payload(decode=True) or b"")  # type: ignore[arg-type]
                check(_plain(message).serialize())
            except (Malformed, Refused, NotFound, ValueError):
                continue
            return message
    return None


def _plain(message: Component) -> Component:
    copy = message.copy()
    copy.remove("METHOD")
    return copy
