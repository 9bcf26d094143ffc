"""CalDAV (RFC 4791, 6638): `home.py` the calendar home, `calendar.py` a calendar, `item.py` an event or task, `data.py` what a client gets of
its text, `query.py` calendar-query, `busy.py` free-busy-query, `inbox.py` and `scheduling.py` (the outbox) invitations and answers,
`managed.py` files of events (RFC 8607)."""

from __future__ import annotations

from app.lib.dav.names import cal, cs
from app.lib.dav.writing import escape, href
from app.models.dav import Caller, Colleague
from app.routes.dav import trees
from app.routes.dav.calendars import busy, query
from app.routes.dav.calendars.home import Home, Homes
from app.routes.dav.calendars.inbox import inbox_of
from app.routes.dav.calendars.managed import Attachments
from app.routes.dav.calendars.scheduling import outbox_of
from app.routes.dav.properties import Properties, fixed

__all__ = ["busy", "query"]


def _additions(caller: Caller, colleague: Colleague | None) -> Properties:
    if not caller.using("calendar"):
        return {}
    email = caller.email if colleague is None else colleague.email
    principal = caller.principal if colleague is None else caller.principal_of(colleague.account_id)
    both = {
        cal("calendar-user-address-set"): fixed(href(escape(f"mailto:{email}")) + href(principal)),
        cal("calendar-user-type"): fixed(b"INDIVIDUAL"),
    }
    if colleague is not None:
        return both
    return {
        **both, cal("calendar-home-set"): fixed(href(Home.of(caller))), cal("schedule-inbox-URL"): fixed(href(inbox_of(caller))),
        cal("schedule-outbox-URL"): fixed(href(outbox_of(caller))), cs("calendar-proxy-read-for"): fixed(b""), cs("calendar-proxy-write-for"): fixed(b""),
    }


_CLASSES = ("calendar-access", "calendar-auto-schedule", "calendar-managed-attachments", "calendar-no-timezone")
trees.register(trees.Tree("calendars", Homes, _CLASSES, _additions))
trees.register(trees.Tree("attachments", Attachments))
