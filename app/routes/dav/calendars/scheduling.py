"""Where invitations would go out (RFC 6638): programs only store events, and guests are told; what is left is the question who is busy when."""

from __future__ import annotations

from collections.abc import Sequence

from app.lib.dav.names import cal, d
from app.lib.dav.problems import Problem
from app.lib.dav.writing import document, element, elements, escape, href
from app.lib.ical import Component, Malformed, Property, parse
from app.lib.ical.series import when_of
from app.lib.ical.zones import Zones
from app.lib.numbers import whole
from app.models.calendar.free_busy import Diary, free_busy
from app.models.calendar.indexing import address_of
from app.models.dav import Caller, colleagues
from app.routes.dav.calendars.item import calendar_of
from app.routes.dav.nodes import Collection, Node
from app.routes.dav.properties import READ, Properties, fixed, for_everyone
from app.routes.dav.requests import XML, Answer, Request

MOST_ASKED = 500
SEND = tuple(cal(name) for name in ("schedule-send", "schedule-send-invite", "schedule-send-reply", "schedule-send-freebusy"))


def outbox_of(caller: Caller) -> str:
    """The address of somebody's outbox."""
    return f"/dav/calendars/{caller.sync_name}/outbox/"


class Outbox(Collection):
    """Takes questions about busy times."""

    def __init__(self, caller: Caller) -> None:
        super().__init__(caller, outbox_of(caller))

    @property
    def properties(self) -> Properties:
        return {
            d("resourcetype"): fixed(elements(d("collection"), cal("schedule-outbox")), in_allprop=True),
            d("displayname"): fixed(b"Outbox", in_allprop=True),
            d("supported-report-set"): fixed(b""),
            **for_everyone(self.caller, self.caller.principal, (*READ, *SEND)),
        }

    async def find(self, name: str) -> Node | None:
        return None

    async def post(self, request: Request) -> Answer:
        """The busy times of everybody who is asked about, one response each (§5)."""
        asked, part = _request(await calendar_of(request))
        organiser = part.find("ORGANIZER")
        if organiser is None or address_of(organiser) not in (self.caller.email.lower(), self.caller.principal.lower()):
            raise Problem(403, cal("organizer-allowed"))
        since, until = _span(part, Zones(asked))
        guests = part.all("ATTENDEE")[:MOST_ASKED]
        emails = [await self._email(guest) for guest in guests]
        diaries = await self._diaries(emails, since, until)
        kept = [*part.all("UID"), *part.all("ORGANIZER")]
        inner = b"".join(_response(guest, diaries.get(email), since, until, kept) for guest, email in zip(guests, emails, strict=True))
        return Answer(200, (XML,), document(cal("schedule-response"), inner))

    async def _email(self, guest: Property) -> str:
        """A guest's address, also where a principal stands for it."""
        given = address_of(guest)
        name = given.rpartition("/dav/principals/")[2].strip("/") if "/dav/principals/" in given else ""
        if name.upper() == self.caller.sync_name:
            return self.caller.email.lower()
        if name.startswith("u") and (account_id := whole(name[1:])) is not None:
            found = await colleagues(self.caller, account_id=account_id)
            return found[0].email.lower() if found else given
        return given

    async def _diaries(self, emails: Sequence[str], since: int, until: int) -> dict[str, Diary]:
        found: dict[str, Diary] = {}
        for viewer in self.caller.using("calendar"):
            for diary in await free_busy(viewer, [email for email in emails if email not in found], since, until):
                if diary.is_known:
                    found[diary.email] = diary
        return found


def _request(text: str) -> tuple[Component, Component]:
    try:
        calendar = parse(text)
    except Malformed:
        raise Problem(403, cal("valid-calendar-data")) from None
    parts = calendar.within("VFREEBUSY")
    if calendar.text("METHOD").upper() != "REQUEST" or len(parts) != 1 or not parts[0].text("UID"):
        raise Problem(403, cal("valid-scheduling-message"))
    return calendar, parts[0]


def _span(part: Component, zones: Zones) -> tuple[int, int]:
    start, end = part.find("DTSTART"), part.find("DTEND")
    try:
        if start is None or end is None:
            raise ValueError("no span")
        since, until = when_of(start.value, start, zones).instant, when_of(end.value, end, zones).instant
        if until <= since:
            raise ValueError("ends before it begins")
    except ValueError:
        raise Problem(403, cal("valid-scheduling-message")) from None
    return since, until


def _response(guest: Property, diary: Diary | None, since: int, until: int, kept: Sequence[Property]) -> bytes:
    from app.routes.dav.calendars.busy import written

    recipient = element(cal("recipient"), href(escape(guest.value.strip())))
    if diary is None:
        return element(cal("response"), recipient + element(cal("request-status"), b"3.7;Invalid calendar user"))
    data = written(since, until, diary.busy, [*kept, guest], "REPLY")
    return element(cal("response"), recipient + element(cal("request-status"), b"2.0;Success") + element(cal("calendar-data"), escape(data)))
