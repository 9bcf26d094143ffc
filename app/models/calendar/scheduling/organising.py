"""What the organiser changes: brought to members' copies, to rooms and, by mail, to people of elsewhere."""

from __future__ import annotations

from app.lib import itip
from app.lib.ical import Component
from app.models.calendar.calendar import Calendar
from app.models.calendar.scheduling.copies import bring, members_of
from app.models.calendar.scheduling.mails import mail
from app.models.calendar.scheduling.rooms import book_rooms, free_room
from app.models.calendar.storing import room_id
from app.models.viewer import Viewer


async def organised(viewer: Viewer, calendar: Calendar, old: Component | None, new: Component | None, owner: str) -> None:
    """Bring what changed to members' copies, rooms and mailboxes, each guest as far as it concerns them."""
    before = itip.guests_of(old) if old else {}
    now = itip.guests_of(new) if new else {}
    members = await members_of(calendar.org_id, {*before, *now} - {owner})
    rooms = {email: number for email in (*before, *now) if (number := room_id(email)) is not None}
    if new is not None:
        await book_rooms(viewer, calendar, new, rooms, now)
    for email, number in rooms.items():
        if email not in now:
            await free_room(number, calendar.org_id, old)
    mails: list[tuple[str, str]] = []
    views_before, views_now = itip.Views(old), itip.Views(new)
    for email in {**before, **now}:
        if email == owner or email in rooms:
            continue
        was, is_ = views_before.of(email), views_now.of(email)
        if email in members:
            await bring(viewer, calendar, members[email], email, was, is_, is_over=new is None)
        elif is_ is not None and (was is None or not itip.says_the_same(was, is_)):
            mails.append((email, itip.REQUEST))
        elif is_ is None and was is not None:
            mails.append((email, itip.CANCEL))
    await mail(viewer, calendar, views_before, views_now, mails)
