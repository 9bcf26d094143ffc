"""Invitations to people of elsewhere, and how they fare."""

from __future__ import annotations

from app import database
from app.lib import clock, itip
from app.lib.i18n import _
from app.models.calendar.calendar import Calendar
from app.models.calendar.storing import uid_of
from app.models.job import Job
from app.models.viewer import Viewer

MOST_MAILS = 500  # to people of elsewhere, of one event


async def mail(viewer: Viewer, calendar: Calendar, before: itip.Views, now: itip.Views, mails: list[tuple[str, str]]) -> None:
    """Mail requests and cancellations, each guest their own view of the event; beyond `MOST_MAILS` it is noted that none went."""
    for number, (email, method) in enumerate(mails):
        was = before.of(email)
        view = was if method == itip.CANCEL else now.of(email)
        if view is not None and number >= MOST_MAILS:
            await note_delivery(calendar, uid_of(view), email, "failed", _("At most %(most)s guests of elsewhere get mail.") % {"most": MOST_MAILS})
            continue
        if view is None:
            continue
        message = itip.request(view) if method == itip.REQUEST else itip.cancel(view, [email])
        await Job.enqueue(
            "mail_event", org_id=calendar.org_id, calendar_id=calendar.id, email=email, method=method, ics=message.serialize(),
            is_update=was is not None, actor=viewer.name,
        )
        await note_delivery(calendar, uid_of(view), email, "waiting")


async def note_delivery(calendar: Calendar, uid: str, email: str, state: str, failure: str = "") -> None:
    """Note how an invitation fares, on the organiser's object."""
    await database.execute(
        "UPDATE calendar_guest SET delivery = $1, delivered_at = $2, failure = $3 WHERE email = $4 AND object_id IN"
        " (SELECT id FROM calendar_object WHERE calendar_id = $5 AND uid = $6)", state, clock.now(), failure[:500], email, calendar.id, uid,
    )
