"""`/dav/calendars/AB12345/`: a person's calendars, those of others that they took, and where invitations come in and go out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.lib.dav.names import cal
from app.lib.dav.writing import href
from app.models.calendar import Calendar
from app.models.calendar.programs import make_at
from app.routes.dav import homes
from app.routes.dav.calendars.calendar import MADE_SETTERS, CalendarNode
from app.routes.dav.calendars.inbox import Inbox
from app.routes.dav.calendars.scheduling import Outbox
from app.routes.dav.nodes import Node
from app.routes.dav.properties import Properties, fixed

_COMPONENT_SETS = b"".join(
    b'<cal:supported-calendar-component-set><cal:comp name="' + name + b'"/></cal:supported-calendar-component-set>'
    for name in (b"VEVENT", b"VTODO", b"VJOURNAL")
)


class Home(homes.Home):
    """The calendars of one person, and the collections through which scheduling goes."""

    folder, product = "calendars", "calendar"
    kinds = frozenset((cal("calendar"),))
    made_setters = MADE_SETTERS
    dead_kind = "calendar-home"
    made_kind = CalendarNode.dead_kind

    @property
    def more(self) -> Properties:
        return {
            cal("calendar-home-set"): fixed(href(self.href)), cal("timezone-service-set"): fixed(b""),
            cal("supported-calendar-component-sets"): fixed(_COMPONENT_SETS),
        }

    async def find(self, name: str) -> Node | None:
        if name in ("inbox", "outbox"):
            return (Inbox if name == "inbox" else Outbox)(self.caller)
        calendar = await Calendar.by_segment(self.caller.account_id, name)
        return CalendarNode(self.caller, calendar) if calendar.org_id in self.org_ids else None

    async def nodes(self) -> Sequence[Node]:
        calendars = await Calendar.all_for(self.caller.account_id)
        return [*(CalendarNode(self.caller, one) for one in calendars if one.org_id in self.org_ids), Inbox(self.caller), Outbox(self.caller)]

    async def make_at(self, org_id: int, segment: str, fields: Mapping[str, Any]) -> int:
        return (await make_at(self.caller.account_id, org_id, segment, **fields)).id


class Homes(homes.Homes):
    """`/dav/calendars/`."""

    home, title = Home, b"Calendars"
