"""Where invitations and answers come in (RFC 6638 §4): they are in the calendar at once, so that a program shows them and takes them out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import cached_property
from typing import Any

from app.lib.dav.hrefs import quoted
from app.lib.dav.names import cal, cs, d
from app.lib.dav.writing import elements, href
from app.models.calendar import Calendar
from app.models.calendar.inbox import discard, messages
from app.models.dav import Caller
from app.routes.dav.calendars.data import KIND, SUPPORTED, calendar_data, content_of
from app.routes.dav.nodes import Batch, Collection, Content, Node, RowNode
from app.routes.dav.properties import READ, Properties, Property, column, etag, fixed, for_everyone, http_date, supported_reports
from app.routes.dav.reports.multiget import CALENDAR as MULTIGET
from app.routes.dav.requests import Request
from app.routes.dav.wanted import Wanted

QUERY = cal("calendar-query")
TIMEZONE = "UTC"  # of dates and floating times in a message
DELIVER = tuple(cal(name) for name in ("schedule-deliver", "schedule-deliver-invite", "schedule-deliver-reply", "schedule-query-freebusy"))


def inbox_of(caller: Caller) -> str:
    """The address of somebody's inbox."""
    return f"/dav/calendars/{caller.sync_name}/inbox/"


class Inbox(Collection):
    """Messages, which nobody changes."""

    reports = (QUERY, MULTIGET)
    has_items = True

    def __init__(self, caller: Caller) -> None:
        super().__init__(caller, inbox_of(caller))
        self._default = self._tag = ""

    async def rows(self) -> list[dict[str, Any]]:
        """The messages, oldest first."""
        return await messages(self.caller.account_id, [viewer.org_id for viewer in self.caller.using("calendar")])

    async def prepare(self, names: frozenset[str]) -> None:
        """The calendar that invitations go into, and whether there is news."""
        if cal("schedule-default-calendar-URL") in names:
            calendars = await Calendar.all_for(self.caller.account_id, self.caller.using("calendar")[0].org_id)
            found = next((one.segment for one in calendars if one.is_own and one.is_default), "")
            self._default = f"/dav/calendars/{self.caller.sync_name}/{found}/" if found else ""
        if cs("getctag") in names:
            rows = await self.rows()
            self._tag = f"{rows[-1]['id'] if rows else 0}-{len(rows)}"

    @property
    def privileges(self) -> tuple[str, ...]:
        return (*READ, "unbind", *DELIVER)

    @property
    def properties(self) -> Properties:
        return {
            d("resourcetype"): fixed(elements(d("collection"), cal("schedule-inbox")), in_allprop=True),
            d("displayname"): fixed(b"Inbox", in_allprop=True),
            cal("schedule-default-calendar-URL"): Property(lambda _any: href(self._default) if self._default else b""),
            cal("supported-calendar-data"): fixed(SUPPORTED),
            cs("getctag"): Property(lambda _any: f'"{self._tag}"'.encode()),
            d("supported-report-set"): fixed(supported_reports(self.reports)),
            **for_everyone(self.caller, self.caller.principal, self.privileges),
        }

    @cached_property
    def item_properties(self) -> Properties:
        return {
            d("resourcetype"): fixed(b"", in_allprop=True),
            d("getetag"): Property(etag, True, ("etag",)),
            d("getcontenttype"): column("method", lambda value: f"{KIND}; method={value}".encode(), in_allprop=True),
            d("getlastmodified"): column("created_at", http_date, in_allprop=True),
            d("supported-report-set"): fixed(b""),
            cal("calendar-data"): calendar_data(TIMEZONE),
            **for_everyone(self.caller, self.caller.principal, self.privileges),
        }

    async def find(self, name: str) -> Node | None:
        return next((Message(self, row) for row in await self.rows() if row["href"] == name), None)

    async def members(self, wanted: Wanted) -> AsyncIterator[Batch]:
        yield self.batch(await self.rows())

    def batch(self, rows: Sequence[dict[str, Any]]) -> Batch:
        """Rows of messages as a batch."""
        return Batch(self.item_properties, rows, lambda row: f"{self.href}{quoted(row['href'])}".encode())

    async def named(self, names: Sequence[str], wanted: Wanted) -> Batch:
        return self.batch([row for row in await self.rows() if row["href"] in names])


class Message(RowNode):
    """A message."""

    @property
    def may_write(self) -> bool:
        return True  # it may be taken out; nothing may be put in its place

    async def read(self, request: Request) -> Content:
        return Content(content_of(self.row["ics"], request), f"{KIND}; method={self.row['method']}", self.row["etag"], self.row["created_at"])

    async def delete(self, request: Request) -> None:
        request.match.check(self.etag)
        await discard(self.row["id"])
