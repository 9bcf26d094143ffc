"""`/dav/calendars/AB12345/`: a person's calendars, those of others that they took, and where invitations come in and go out."""

from __future__ import annotations

from collections.abc import Sequence

from app.lib.dav.names import cal, d
from app.lib.dav.problems import Problem
from app.lib.dav.writing import elements, escape, href
from app.models.calendar import Calendar, CalendarRefused
from app.models.calendar.programs import make_at
from app.models.dav import Caller, DeadProperty
from app.routes.dav.calendars.calendar import MADE_SETTERS, CalendarNode
from app.routes.dav.calendars.inbox import Inbox
from app.routes.dav.calendars.scheduling import Outbox
from app.routes.dav.nodes import Collection, Made, Node
from app.routes.dav.properties import READ, WRITE, Properties, fixed, for_everyone, supported_reports

_COMPONENT_SETS = b"".join(
    b'<cal:supported-calendar-component-set><cal:comp name="' + name + b'"/></cal:supported-calendar-component-set>'
    for name in (b"VEVENT", b"VTODO", b"VJOURNAL")
)


def home_of(caller: Caller) -> str:
    """The address of somebody's calendar home."""
    return f"/dav/calendars/{caller.sync_name}/"


class Homes(Collection):
    """`/dav/calendars/`: the caller's home alone."""

    def __init__(self, caller: Caller) -> None:
        super().__init__(caller, "/dav/calendars/")

    @property
    def properties(self) -> Properties:
        return {
            d("resourcetype"): fixed(elements(d("collection")), in_allprop=True), d("displayname"): fixed(b"Calendars", in_allprop=True),
            d("supported-report-set"): fixed(b""), **for_everyone(self.caller, self.caller.principal, READ),
        }

    async def find(self, name: str) -> Node | None:
        return Home(self.caller) if name.upper() == self.caller.sync_name and self.caller.using("calendar") else None

    async def nodes(self) -> Sequence[Node]:
        return [Home(self.caller)] if self.caller.using("calendar") else []


class Home(Collection):
    """The calendars of one person. New ones are made in the organisation that they joined first."""

    kinds = frozenset((cal("calendar"),))
    made_setters = MADE_SETTERS
    dead_kind = "calendar-home"

    def __init__(self, caller: Caller) -> None:
        super().__init__(caller, home_of(caller))
        self.org_ids = [viewer.org_id for viewer in caller.using("calendar")]

    @property
    def id(self) -> int:
        return self.caller.account_id

    @property
    def privileges(self) -> tuple[str, ...]:
        return (*READ, *WRITE)

    @property
    def properties(self) -> Properties:
        return {
            d("resourcetype"): fixed(elements(d("collection")), in_allprop=True),
            d("displayname"): fixed(escape(self.caller.name), in_allprop=True),
            d("supported-report-set"): fixed(supported_reports(self.reports)),
            cal("calendar-home-set"): fixed(href(self.href)),
            cal("timezone-service-set"): fixed(b""),
            cal("supported-calendar-component-sets"): fixed(_COMPONENT_SETS),
            **for_everyone(self.caller, self.caller.principal, self.privileges),
        }

    async def find(self, name: str) -> Node | None:
        if name in ("inbox", "outbox"):
            return (Inbox if name == "inbox" else Outbox)(self.caller)
        calendar = await Calendar.by_segment(self.caller.account_id, name)
        return CalendarNode(self.caller, calendar) if calendar.org_id in self.org_ids else None

    async def nodes(self) -> Sequence[Node]:
        calendars = await Calendar.all_for(self.caller.account_id)
        return [*(CalendarNode(self.caller, one) for one in calendars if one.org_id in self.org_ids), Inbox(self.caller), Outbox(self.caller)]

    async def make(self, name: str, made: Made) -> None:
        try:
            calendar = await make_at(self.caller.account_id, self.org_ids[0], name, **made.fields)
        except CalendarRefused as refused:
            raise Problem(403, text=str(refused)) from None
        if made.dead:
            await DeadProperty.write(CalendarNode.dead_kind, calendar.id, self.caller.account_id, made.dead)

    async def delete(self, request: object) -> None:
        raise Problem(403, d("need-privileges"), text="A home can’t be deleted.")
