"""The copies of an event in the calendars of members, and what they are told of it."""

from __future__ import annotations

from collections.abc import Iterable

from app import database
from app.lib import clock, itip
from app.lib.i18n import speaking
from app.lib.ical import Component
from app.lib.ical.series import ENDLESS
from app.lib.numbers import whole
from app.models.account import Account
from app.models.calendar.calendar import Calendar
from app.models.calendar.drafts import Reminder, alarm_of
from app.models.calendar.inbox import deliver
from app.models.calendar.indexing import check, digest
from app.models.calendar.reminders import when_words
from app.models.calendar.scheduling.mails import note_delivery
from app.models.calendar.storing import main_of, put, remove, uid_of
from app.models.calendar.tables import CalendarObject
from app.models.notifications import notices_withdrawn, notify
from app.models.viewer import Viewer


async def members_of(org_id: int, emails: Iterable[str]) -> dict[str, int]:
    """Those who have a calendar here: their accounts by address."""
    wanted, found = list(emails), {}
    for start in range(0, len(wanted), 400):
        some = wanted[start : start + 400]
        for row in await database.fetch(
            "SELECT a.id, a.email FROM account a JOIN membership m ON m.account_id = a.id AND m.org_id = $1 AND m.ended_at IS NULL"
            " AND m.role IN ('legal', 'admin', 'user') JOIN product_right p ON p.membership_id = m.id AND p.product = 'calendar' AND p.level = 'use'"
            f" WHERE a.email IN ({database.marks(some, 2)})", org_id, *some,
        ):
            found[row["email"]] = row["id"]
    return found


async def is_member(org_id: int, email: str) -> bool:
    """Whether an address is somebody's who has a calendar here."""
    return bool(await members_of(org_id, [email]))


async def bring(
    viewer: Viewer, calendar: Calendar, account_id: int, email: str, was: Component | None, now: Component | None, *, is_over: bool
) -> None:
    """Bring a member's copy up to date, and tell them of what concerns them."""
    copy = await own_copy(account_id, calendar.org_id, uid_of(now or was))
    if now is None:
        if copy is not None:
            await remove(copy.calendar, copy.href)
        if was is not None:
            await deliver(calendar.org_id, account_id, itip.cancel(was, [email]))
            await tell(viewer, calendar, account_id, was, "calendar.changed", what="cancelled" if is_over else "uninvited")
        return
    is_news = was is None or not itip.says_the_same(was, now)
    target = copy.calendar if copy is not None else await Calendar.default_for(account_id, calendar.org_id)
    mine = check(copy.ics) if copy is not None else None
    if is_news:
        await deliver(calendar.org_id, account_id, itip.request(now))
    itip.keep_own(now, mine, email)
    if mine is None:
        _add_reminders(now, target)
    stored, _old = await put(target, account_id, copy.href if copy is not None else f"{uid_of(now)[:200].replace('/', '-')}.ics", now.serialize())
    if is_news:
        kind = "calendar.invited" if was is None else "calendar.changed"
        await tell(viewer, calendar, account_id, now, kind, what="changed", url=f"/calendar/events/{stored.id}")
    await note_delivery(calendar, uid_of(now), email, "delivered")


async def own_copy(account_id: int, org_id: int, uid: str) -> CalendarObject | None:
    """Somebody's own copy of an event, in any of their calendars."""
    row = await database.fetch_one(
        "SELECT o.* FROM calendar_object o JOIN calendar c ON c.id = o.calendar_id WHERE o.org_id = $1 AND o.uid = $2 AND c.account_id = $3"
        " AND c.deleted_at IS NULL AND c.kind = 'own' ORDER BY o.id LIMIT 1", org_id, uid, account_id,
    )
    if row is None:
        return None
    found = CalendarObject.from_row(row)
    found.calendar = await Calendar._reread(row["calendar_id"], account_id)
    return found


async def tell(viewer: Viewer, calendar: Calendar, account_id: int, event: Component, kind: str, *, what: str, url: str = "/calendar") -> None:
    """Notify a member of what happened to an event, unless it is over."""
    read = digest(event, calendar.timezone)
    if read.columns["last_end"] is not None and read.columns["last_end"] < clock.now():
        return  # nobody needs to know of what is over
    uid = uid_of(event)
    if kind == "calendar.changed":
        await notices_withdrawn(calendar.org_id, f"event:{uid[:70]}", people=[account_id])
    account = await Account.get(account_id)
    first = read.series.between(-ENDLESS, ENDLESS, 1) if read.series else []
    with speaking(account.locale, account.timezone):
        when = when_words(first[0].start, first[0].end, account.timezone, account.locale, is_all_day=first[0].kind == "date") if first else ""
    await notify(
        kind, [account_id], calendar.org_id, facts={"actor": viewer.name, "title": main_of(event).text("SUMMARY"), "when": when, "what": what},
        url=url, source=f"calendar:{calendar.id}", source_name=calendar.name, actor_id=viewer.account_id, group=f"event:{uid[:70]}",
    )


async def tell_kept(viewer: Viewer, calendar: Calendar, event: Component, email: str) -> bool:
    """Tell a member that the time they proposed isn't taken. Whether they are one."""
    members = await members_of(calendar.org_id, [email])
    for account_id in members.values():
        copy = await own_copy(account_id, calendar.org_id, uid_of(event))
        url = f"/calendar/events/{copy.id}" if copy is not None else "/calendar"
        await tell(viewer, calendar, account_id, event, "calendar.changed", what="kept", url=url)
    return bool(members)


def _add_reminders(calendar: Component, target: Calendar) -> None:
    for part in calendar.within("VEVENT"):
        for minutes in target.reminders.split(","):
            if (before := whole(minutes.strip())) is not None:
                part.add(alarm_of(Reminder(before), part.text("SUMMARY")))
