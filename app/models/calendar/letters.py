"""What mails about events say, and how the event travels with them (RFC 6047)."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from markupsafe import Markup

from app import database
from app.lib import itip, markdown
from app.lib.i18n import _, speaking
from app.lib.ical import Component, parse
from app.lib.ical.zones import Zones
from app.models.calendar import attachments, scheduling
from app.models.calendar.answering import token_for
from app.models.calendar.calendar import Calendar
from app.models.calendar.drafts import Guest, draft_of
from app.models.calendar.indexing import digest
from app.models.calendar.reminders import when_words
from app.models.calendar.storing import main_of

_WHAT = {itip.CANCEL: "cancel", itip.DECLINECOUNTER: "kept"}


@dataclass(frozen=True, slots=True)
class EventLetter:
    """Who gets it, in which language, and what its template needs."""

    name: str
    locale: str
    reply_to: str
    facts: dict[str, Any] = field(default_factory=dict)


async def invitation(calendar: Calendar, message: Component, email: str, method: str, actor: str, base: str, *, is_update: bool) -> EventLetter:
    """An invitation, news of it, or its end."""
    organisation = await database.fetch_one("SELECT locale, timezone FROM organisation WHERE id = $1", calendar.org_id)
    locale, timezone = (organisation["locale"], organisation["timezone"]) if organisation else ("en", "UTC")
    main = main_of(message)
    draft = draft_of(main, Zones(message))
    read = digest(_plain(message), calendar.timezone)
    first = read.series.between(-(1 << 52), 1 << 52, 1)[0] if read.series else None
    zone = draft.timezone or timezone
    with speaking(locale, zone):
        when = when_words(first.start, first.end, zone, locale, is_all_day=draft.is_all_day) if first else ""
        if not draft.is_all_day and zone != "UTC":
            when += f" ({zone.replace('_', ' ')})"
    link = f"{base}/calendar/answer/{await token_for(calendar.id, main.text('UID'), email)}" if method != itip.CANCEL else ""
    return EventLetter(itip.guests_of(message).get(email, ""), locale, itip.organiser_of(message), {
        "title": draft.title, "when": when, "recurs": bool(draft.rule), "place": draft.location, "about": draft.description[:4000],
        "about_html": Markup(markdown.render(draft.description[:4000]).html) if draft.description else "",
        "meeting_url": draft.meeting_url,
        "actor": actor, "guests": [_named(guest, locale) for guest in draft.guests if guest.kind == "INDIVIDUAL"][:30],
        "files": [] if method == itip.CANCEL else draft.attachments,
        "what": _WHAT.get(method) or ("update" if is_update else "invite"), "answer_url": link,
    })


async def for_stranger(calendar: Calendar, message: Component, email: str, base: str) -> Component:
    """The event as somebody without an account gets it: its files open by their own link."""
    made = message.copy()
    link = f"{base}/calendar/answer/{await token_for(calendar.id, main_of(made).text('UID'), email)}/files"
    for part in made.within(*itip.PARTS):
        for line in part.all("ATTACH"):
            if token := attachments.token_of(line.value):
                part.items[part.items.index(line)] = line.with_value(f"{link}/{token}")
    return made


def answered_to(message: Component, address: str) -> Component:
    """A message to which programs answer at another address, if one is given: they send a REPLY to ORGANIZER (RFC 6047 §2.3)."""
    made = message.copy()
    for part in made.within(*itip.PARTS) if address else ():
        organiser = part.find("ORGANIZER")
        if organiser is not None:
            part.items[part.items.index(organiser)] = organiser.with_value(f"mailto:{address}")
    return made


def _named(guest: Guest, locale: str) -> str:
    name = guest.name or guest.email
    with speaking(locale):
        return _("%(name)s (optional)") % {"name": name} if guest.is_optional else name


def reply(message: Component, name: str) -> dict[str, Any]:
    """What the mail about an answer, or about another time that is proposed, says."""
    main, is_counter = main_of(message), message.text("METHOD") == itip.COUNTER
    line = next(iter(main.all("ATTENDEE")), None)
    answer = itip.COUNTER if is_counter else (line.param("PARTSTAT") or "") if line else ""
    draft = draft_of(main, Zones(message))
    when = when_words(draft.start_instant, draft.end_instant, draft.timezone or "UTC", "en") if is_counter else ""
    zone = f" ({draft.timezone.replace('_', ' ')})" if when and draft.timezone else ""
    return {"name": name, "title": main.text("SUMMARY"), "answer": answer, "note": main.text("COMMENT"), "when": when + zone}


def attach(message: EmailMessage, ics: str, method: str, reply_to: str) -> None:
    """Put the event into a mail: as an alternative that programs understand, and as a file for those that don't (RFC 6047 §2.4)."""
    alternative = message
    alternative.add_alternative(ics.encode(), "text", "calendar", cte="base64")
    part = alternative.get_payload()[-1]  # type: ignore[index]
    part.replace_header("Content-Type", f'text/calendar; charset="utf-8"; method={method}')  # type: ignore[union-attr]
    del part["Content-Disposition"]  # type: ignore[union-attr]
    message.add_attachment(ics.encode(), "application", "ics", filename="invite.ics")
    if reply_to and "\n" not in reply_to:
        message["Reply-To"] = reply_to


async def note(calendar: Calendar, ics: str, email: str, failure: str = "") -> None:
    """Note on the organiser's event whether the mail went."""
    uid = main_of(parse(ics)).text("UID")
    await scheduling.note_delivery(calendar, uid, email, "failed" if failure else "sent", failure)


def said(title: str, when: str, place: str, url: str) -> str:
    """A reminder in chat."""
    about = " · ".join(part for part in (when, place) if part)
    return f"⏰ **{title or _('Event without a title')}**\n{about}\n{url}"


def _plain(message: Component) -> Component:
    copy = message.copy()
    copy.remove("METHOD")
    return copy
