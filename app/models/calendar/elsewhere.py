"""Calendars whose contents come from elsewhere: an address that is fetched every hour, public holidays, birthdays of contacts."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

from app import database
from app.lib import clock, public_holidays
from app.lib.i18n import _, speaking
from app.lib.ical import Component, Malformed, Property, parse_all
from app.lib.safe_http import Caller, NotAllowed, TooLong, check_url
from app.models.account import Account
from app.models.base import Refused
from app.models.calendar.calendar import BIRTHDAYS, HOLIDAYS, SUBSCRIPTION, Calendar
from app.models.calendar.importing import essence, objects
from app.models.calendar.storing import put, remove
from app.models.command import Command
from app.models.contacts import people
from app.models.job import Job
from app.models.viewer import Viewer

EVERY = clock.HOUR
MOST_BYTES = 20 * 1024 * 1024
TIMEOUT = 30.0  # seconds, from first to last
MOST_EVENTS = 20_000


async def subscribe(viewer: Viewer, url: str, name: str = "", hue: int = 16, once: str | None = None) -> Command:
    """A calendar that shows what is at an address. It is fetched at once, then every hour. Raises `Refused`."""
    url = url.strip()
    if url.lower().startswith(("webcal://", "webcals://")):
        url = "https://" + url.partition("://")[2]
    try:
        check_url(url)
    except NotAllowed:
        raise Refused(_("This address can’t be subscribed to: it must begin with https:// and be public.")) from None
    host = url.split("/")[2]
    return await _make(viewer, once, kind=SUBSCRIPTION, name=name or host, hue=hue, source=url, is_transparent=1)


async def add_holidays(viewer: Viewer, country: str, part: str = "", name: str = "", hue: int = 16, once: str | None = None) -> Command:
    """A calendar of the public holidays of a country, or a part of it. Raises `Refused`."""
    try:
        public_holidays.between(country, part, date(2026, 1, 1), date(2026, 1, 2), viewer.locale)
    except ValueError:
        raise Refused(_("The holidays of this country aren’t known.")) from None
    return await _make(viewer, once, kind=HOLIDAYS, name=name or _("Public holidays"), hue=hue, source=f"{country} {part}".strip(), is_transparent=1)


async def add_birthdays(viewer: Viewer, name: str = "", hue: int = 4, once: str | None = None) -> Command:
    """A calendar of the birthdays of one's contacts."""
    return await _make(viewer, once, kind=BIRTHDAYS, name=name or _("Birthdays"), hue=hue, source="contacts", is_transparent=1)


async def _make(viewer: Viewer, once: str | None, *, name: str, **columns: Any) -> Command:
    async with Command.once(viewer, "calendar.create", once) as command:
        if not command.repeated:
            made = await Calendar.make(viewer.account_id, viewer.org_id, name, **columns)
            command.done(made.id, what=made.name, url=made.url, inverse={"calendar": made.id})
            await Job.enqueue("refresh_calendars")
    return command


async def refresh_due(private: tuple[str, ...] | list[str] = ()) -> None:
    """Bring up to date what wasn't for an hour. What fails says why, and is tried again an hour later."""
    rows = await database.fetch(
        f"SELECT * FROM calendar WHERE kind IN ('{SUBSCRIPTION}', '{HOLIDAYS}', '{BIRTHDAYS}') AND deleted_at IS NULL"
        " AND (fetched_at IS NULL OR fetched_at < $1) ORDER BY fetched_at LIMIT 200", clock.now() - EVERY + clock.MINUTE,
    )
    async with Caller(private) as caller:
        for row in rows:
            await refresh(Calendar.from_row(row), caller)


async def refresh(calendar: Calendar, caller: Caller) -> None:
    """Bring one up to date."""
    failure, etag = "", calendar.fetch_etag
    try:
        if calendar.kind == SUBSCRIPTION:
            found, etag = await _fetched(calendar, caller)
        else:
            found = await (_holidays(calendar) if calendar.kind == HOLIDAYS else _birthdays(calendar))
        if found is not None:
            await replace(calendar, found)
    except (NotAllowed, TooLong, Malformed, Refused, ValueError, OSError, TimeoutError) as error:
        with speaking((await Account.get(calendar.account_id)).locale):
            failure = _why(error)
    except Exception as error:  # whatever the other side answers mustn't stop the others
        if type(error).__module__.split(".")[0] != "aiohttp":
            raise
        failure = type(error).__name__
    await calendar.change(fetched_at=clock.now(), fetch_failure=failure[:300], fetch_etag=etag[:300])


def _why(error: Exception) -> str:
    if isinstance(error, TooLong):
        return _("The other side sends more than %(most)s MB.") % {"most": MOST_BYTES // 1024 // 1024}
    if isinstance(error, TimeoutError):
        return _("The other side took longer than %(seconds)s seconds.") % {"seconds": round(TIMEOUT)}
    return str(error) or type(error).__name__


async def _fetched(calendar: Calendar, caller: Caller) -> tuple[dict[str, str] | None, str]:
    headers = {"accept": "text/calendar, */*;q=0.1", **({"if-none-match": calendar.fetch_etag} if calendar.fetch_etag else {})}
    answer = await caller.get_whole(calendar.source, MOST_BYTES, headers, timeout=TIMEOUT)
    if answer.status == 304:
        return None, calendar.fetch_etag
    if answer.status != 200:
        raise ValueError(_("The other side answered %(status)s.") % {"status": answer.status})
    found: dict[str, str] = {}
    for uid, one in objects([one for one in parse_all(answer.body) if one.name == "VCALENDAR"]):
        found[uid] = one.serialize()
        if len(found) > MOST_EVENTS:
            raise ValueError(_("There are more than %(most)s events in it.") % {"most": MOST_EVENTS})
    return found, answer.headers.get("ETag", "")


async def replace(calendar: Calendar, wanted: dict[str, str]) -> None:
    """Let a calendar hold these objects, by UID, and no others."""
    known = {row["uid"]: row for row in await database.fetch("SELECT uid, href, etag FROM calendar_object WHERE calendar_id = $1", calendar.id)}
    todo = [(uid, text) for uid, text in wanted.items() if uid not in known or known[uid]["etag"] != _etag(text)]
    for start in range(0, len(todo), 50):
        async with database.transaction():
            for uid, text in todo[start : start + 50]:
                if uid in known and await _says(calendar, known[uid]["href"]) == essence(text):
                    continue  # feeds are often written anew at each request, with the time of it in each event
                href = known[uid]["href"] if uid in known else f"{hashlib.sha256(uid.encode('utf-8', 'replace')).hexdigest()[:40]}.ics"
                try:
                    async with database.savepoint():
                        await put(calendar, calendar.account_id, href, text)
                except Refused:
                    continue  # one that can't be kept mustn't hide the others
    for uid, row in known.items():
        if uid not in wanted:
            await remove(calendar, row["href"])


async def _says(calendar: Calendar, href: str) -> list[str]:
    return essence(await database.fetch_value("SELECT ics FROM calendar_object WHERE calendar_id = $1 AND href = $2", calendar.id, href))


def _etag(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


async def _holidays(calendar: Calendar) -> dict[str, str]:
    account = await Account.get(calendar.account_id)
    country, _space, part = calendar.source.partition(" ")
    this_year = datetime.fromtimestamp(clock.now() / 1000, UTC).year
    days = public_holidays.between(country, part, date(this_year - 1, 1, 1), date(this_year + 3, 12, 31), account.locale)
    return dict(_whole_day(f"{country}-{part}-{day:%Y%m%d}-{hashlib.sha256(name.encode()).hexdigest()[:8]}", name, day) for day, name in days)


async def _birthdays(calendar: Calendar) -> dict[str, str]:
    account = await Account.get(calendar.account_id)
    found = {}
    whose = cast(Viewer, _Whose(calendar.account_id, calendar.org_id))
    with speaking(account.locale, account.timezone):
        for one in await people.birthdays(whose):
            name = _("Birthday of %(name)s") % {"name": one.name}
            if one.year:
                name = _("Birthday of %(name)s (%(year)s)") % {"name": one.name, "year": one.year}
            first = date(one.year or 2000, one.month, one.day)
            rule = "FREQ=YEARLY" if (one.month, one.day) != (2, 29) else "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1"
            uid, text = _whole_day(f"birthday-{one.contact_id}", name, first, rule)
            found[uid] = text
    return found


class _Whose:
    """Whose contacts are asked for."""

    def __init__(self, account_id: int, org_id: int) -> None:
        self.account_id, self.org_id = account_id, org_id


def _whole_day(uid: str, title: str, day: date, rule: str = "") -> tuple[str, str]:
    lines: list[Property | Component] = [
        Property.of_text("UID", uid), Property.make("DTSTAMP", "20000101T000000Z"), Property.make("DTSTART", f"{day:%Y%m%d}", [("VALUE", "DATE")]),
        Property.make("DTEND", f"{day + timedelta(days=1):%Y%m%d}", [("VALUE", "DATE")]), Property.of_text("SUMMARY", title),
        Property.make("TRANSP", "TRANSPARENT"),
    ]
    if rule:
        lines.append(Property.make("RRULE", rule))
    event = Component("VEVENT", lines)
    return uid, Component("VCALENDAR", [Property.make("VERSION", "2.0"), Property.of_text("PRODID", "-//Chalet//Calendar//EN"), event]).serialize()
