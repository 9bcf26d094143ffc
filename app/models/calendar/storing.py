"""The one way in for every calendar object: its text, its index, its search entry, the calendar's modseq and what is told, in one transaction."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.ical import Component
from app.lib.ids import new_id
from app.lib.numbers import whole
from app.models.announcements import announce
from app.models.base import NotFound, Refused
from app.models.calendar import attachments
from app.models.calendar.calendar import OWNED, Calendar, readable_ids
from app.models.calendar.indexing import Digest, ObjectRefused, check, digest
from app.models.calendar.reminders import schedule
from app.models.calendar.tables import MOST_HREF, CalendarObject
from app.models.search import Indexed, SearchEntry, scopes_of, texts_of
from app.models.viewer import Viewer

_FOLD = re.compile(r"\r?\n[ \t]")
EVENT = "event"
Condition = Callable[[str | None], None]
"""Raises what refuses a change of an object that has this ETag now (None: it isn't there)."""

_COLUMNS = (
    "id", "calendar_id", "org_id", "href", "uid", "component", "etag", "schedule_tag", "modseq", "size", "summary", "location", "status", "visibility",
    "colour", "organiser", "guest_count", "sequence", "recurs", "has_alarms", "meeting_url", "first_start", "last_end", "expanded_from",
    "expanded_until", "stand_ins", "due_at", "completed_at", "created_by", "created_at", "changed_at", "ics",
)
_UPSERT = (
    f"INSERT INTO calendar_object ({', '.join(_COLUMNS)}) VALUES ({database.marks(_COLUMNS)}) ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name not in ("id", "created_by", "created_at"))
)
_INSTANCE = (
    "INSERT INTO calendar_instance (id, object_id, calendar_id, reach, starts, ends, kind, busy, key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
)


class UidTaken(ObjectRefused):
    """Another object of the calendar, at `href`, has the UID."""

    def __init__(self, href: str) -> None:
        super().__init__(_("Another event of this calendar has the same UID."), "no-uid-conflict")
        self.href = href


class LostRace(Refused):
    """The object is no longer what the sender believes. `etag` is what it is now; None: it isn't there."""

    def __init__(self, etag: str | None) -> None:
        super().__init__(_("Somebody else changed this event meanwhile."))
        self.etag = etag


async def put(
    calendar: Calendar, account_id: int | None, href: str, text: str, condition: Condition | None = None, *, keeps_tag: bool = False
) -> tuple[CalendarObject, dict[str, Any] | None]:
    """Write an object at an address of a calendar; also the row that was there before. `keeps_tag`: only answers of guests changed
    (RFC 6638 §3.2.10).

    Raises `ObjectRefused`, `UidTaken`, what `condition` raises, and `NotFound` when the calendar was deleted meanwhile.
    """
    if not 0 < len(href) <= MOST_HREF or "/" in href or "\x00" in href:
        raise ObjectRefused(_("An event can’t have this address."))
    read = digest(check(text), calendar.timezone, await owner_email(calendar))
    check_kind(calendar, read)
    async with database.transaction():
        modseq = await advance(calendar)
        old = await database.fetch_one("SELECT * FROM calendar_object WHERE calendar_id = $1 AND href = $2", calendar.id, href)
        if condition is not None:
            condition(old["etag"] if old else None)
        await _check_uid(calendar, href, read.columns["uid"], old)
        stored = await store(calendar, account_id, href, text, read, modseq, old, keeps_tag=keeps_tag)
        tell(calendar, [stored.id])
    return stored, old


def check_kind(calendar: Calendar, read: Digest) -> None:
    """Raises `ObjectRefused` for what a calendar doesn't keep: a journal, or a task where there are none."""
    if read.columns["component"] not in calendar.components.split():
        raise ObjectRefused(_("This calendar doesn’t keep such things."), "supported-calendar-component")


async def remove(calendar: Calendar, href: str, condition: Condition | None = None) -> dict[str, Any]:
    """Remove an object; its row as it was. Raises `NotFound`, and what `condition` raises."""
    async with database.transaction():
        modseq = await advance(calendar)
        old = await database.fetch_one("SELECT * FROM calendar_object WHERE calendar_id = $1 AND href = $2", calendar.id, href)
        if condition is not None:
            condition(old["etag"] if old else None)
        if old is None:
            raise NotFound(f"event {href}")
        await database.execute("DELETE FROM calendar_object WHERE id = $1", old["id"])
        await _note_gone(calendar, href, modseq)
        await SearchEntry.remove(EVENT, old["id"])
        tell(calendar, [old["id"]])
    return old


async def transfer(stored: CalendarObject, source: Calendar, target: Calendar, account_id: int | None) -> None:
    """Put an object into another calendar, as it is: its id stays, and what is known of its guests. Raises `UidTaken`, `ObjectRefused`."""
    async with database.transaction():
        await _check_uid(target, "", stored.uid, None)
        if await database.fetch_value("SELECT 1 FROM calendar_object WHERE calendar_id = $1 AND href = $2", target.id, stored.href):
            raise ObjectRefused(_("An event can’t have this address."))
        moved = await database.execute(
            "UPDATE calendar_object SET calendar_id = $1 WHERE id = $2 AND calendar_id = $3 AND etag = $4 RETURNING id",
            target.id, stored.id, source.id, stored.etag,
        )
        if not moved:
            raise LostRace(None)
        await _note_gone(source, stored.href, await advance(source))
        await database.execute("DELETE FROM calendar_gone WHERE calendar_id = $1 AND href = $2", target.id, stored.href)
        await put(target, account_id, stored.href, stored.ics)
        tell(source, [stored.id])


async def _note_gone(calendar: Calendar, href: str, modseq: int) -> None:
    await database.execute(
        "INSERT INTO calendar_gone (id, calendar_id, href, modseq, gone_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (calendar_id, href) DO UPDATE SET modseq = excluded.modseq, gone_at = excluded.gone_at",
        new_id(), calendar.id, href, modseq, clock.now(),
    )


async def store(
    calendar: Calendar, account_id: int | None, href: str, text: str, read: Digest, modseq: int, old: dict[str, Any] | None,
    *, keeps_tag: bool = False,
) -> CalendarObject:
    """Write an object and everything beside it, in the open transaction. `old` is the row that it replaces."""
    now, etag = clock.now(), hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    row: dict[str, Any] = {
        "id": old["id"] if old else new_id(), "calendar_id": calendar.id, "org_id": calendar.org_id, "href": href, "etag": etag,
        "schedule_tag": old["schedule_tag"] if old and keeps_tag else etag, "modseq": modseq, "size": len(text.encode("utf-8", "surrogatepass")),
        "created_by": old["created_by"] if old else account_id, "created_at": old["created_at"] if old else now, "changed_at": now, "ics": text,
        **read.columns,
    }
    await database.execute(_UPSERT, *(row[name] for name in _COLUMNS))
    if old:
        await database.execute("DELETE FROM calendar_instance WHERE object_id = $1", row["id"])
    else:
        await database.execute("DELETE FROM calendar_gone WHERE calendar_id = $1 AND href = $2", calendar.id, href)
    await write_instances(row["id"], calendar.id, read)
    await _write_guests(row["id"], read, had_some=bool(old))
    await _write_words(calendar, row, read, old)
    named = attachments.tokens_in(read.calendar)
    had_some = old is not None and "/calendar/attachments/" in _FOLD.sub("", old["ics"])
    if named or had_some:
        await attachments.note(row["id"], calendar.org_id, named, had_some=had_some)
    if calendar.kind == OWNED and (old is not None or read.columns["has_alarms"]):
        await schedule(row["id"], calendar, read)
    stored = CalendarObject.from_row(row)
    stored.calendar, stored.parsed = calendar, read.calendar
    return stored


async def write_instances(object_id: int, calendar_id: int, read: Digest) -> None:
    """The index of when it takes place."""
    if len(read.instances) == 1:
        await database.execute(_INSTANCE, new_id(), object_id, calendar_id, *read.instances[0])
    elif read.instances:
        await database.execute_many(_INSTANCE, [(new_id(), object_id, calendar_id, *one) for one in read.instances])


async def _write_words(calendar: Calendar, row: dict[str, Any], read: Digest, old: dict[str, Any] | None) -> None:
    at = row["first_start"] if row["first_start"] is not None else row["created_at"]
    if row["visibility"] in ("PRIVATE", "CONFIDENTIAL"):
        if old is not None:
            await SearchEntry.remove(EVENT, row["id"])
    else:
        await SearchEntry.put(EVENT, row["id"], calendar.org_id, calendar.id, row["summary"], read.words, at)


async def advance(calendar: Calendar, by: int = 1) -> int:
    """Count so many changes of a calendar and lock it until the transaction's end: the last one's modseq. Raises `NotFound`."""
    rows = await database.execute("UPDATE calendar SET modseq = modseq + $1 WHERE id = $2 AND deleted_at IS NULL RETURNING modseq", by, calendar.id)
    if not rows:
        raise NotFound(f"calendar {calendar.id}")
    calendar.modseq = rows[0]["modseq"]
    return int(rows[0]["modseq"])


async def owner_email(calendar: Calendar) -> str:
    """The address of whose calendar it is; empty for a room's."""
    if calendar.account_id is None:
        return ""
    return await database.fetch_value("SELECT email FROM account WHERE id = $1", calendar.account_id) or ""


def tell(calendar: Calendar, object_ids: list[int]) -> None:
    """Let pages that show the calendar know."""
    announce("calendar.changed", calendar.org_id, calendar.id, object_ids)


async def by_href(calendar: Calendar, href: str) -> CalendarObject:
    """The object at an address. Raises `NotFound`."""
    row = await database.fetch_one("SELECT * FROM calendar_object WHERE calendar_id = $1 AND href = $2", calendar.id, href)
    if row is None:
        raise NotFound(f"event {href}")
    found = CalendarObject.from_row(row)
    found.calendar = calendar
    return found


async def by_uid(calendar: Calendar, uid: str) -> CalendarObject | None:
    """The object of a UID, if the calendar has it."""
    row = await database.fetch_one("SELECT * FROM calendar_object WHERE calendar_id = $1 AND uid = $2", calendar.id, uid)
    if row is None:
        return None
    found = CalendarObject.from_row(row)
    found.calendar = calendar
    return found


def main_of(calendar: Component) -> Component:
    """The component that stands for the whole, or the first instance where there is none."""
    parts = calendar.within("VEVENT", "VTODO", "VJOURNAL")
    return next((part for part in parts if part.find("RECURRENCE-ID") is None), parts[0])


def uid_of(calendar: Component | None) -> str:
    """The UID of an object."""
    return main_of(calendar).text("UID") if calendar is not None else ""


async def _check_uid(calendar: Calendar, href: str, uid: str, old: dict[str, Any] | None) -> None:
    if old is not None and old["uid"] == uid:
        return
    taken = await database.fetch_value("SELECT href FROM calendar_object WHERE calendar_id = $1 AND uid = $2 AND href <> $3", calendar.id, uid, href)
    if taken is not None:
        raise UidTaken(taken)
    if old is not None:
        raise ObjectRefused(_("The UID of an event can’t be changed."), "no-uid-conflict")


_GUEST = (
    "INSERT INTO calendar_guest (id, object_id, key, email, name, account_id, resource_id, kind, role, answer, note, delivery, failure, proposed_key)"
    " VALUES ($1, $2, $3, CAST($4 AS varchar), $5, (SELECT id FROM account WHERE email = CAST($4 AS varchar)),"
    " (SELECT id FROM resource WHERE id = CAST($6 AS bigint)),"
    " $7, $8, $9, '', '', '', '')"
    " ON CONFLICT (object_id, key, email) DO UPDATE SET name = excluded.name, kind = excluded.kind, role = excluded.role, answer = excluded.answer"
)


async def _write_guests(object_id: int, read: Digest, *, had_some: bool) -> None:
    """The guests as the text has them; of those who stay, what is known of their invitation is kept."""
    if had_some:
        wanted = {(guest.key, guest.email) for guest in read.guests}
        rows = await database.fetch("SELECT id, key, email FROM calendar_guest WHERE object_id = $1", object_id)
        gone = [(row["id"],) for row in rows if (row["key"], row["email"]) not in wanted]
        if gone:
            await database.execute_many("DELETE FROM calendar_guest WHERE id = $1", gone)
    if read.guests:
        await database.execute_many(
            _GUEST, [(new_id(), object_id, one.key, one.email, one.name, room_id(one.email), one.kind, one.role, one.answer) for one in read.guests]
        )


def room_id(email: str) -> int | None:
    """The resource that an address of a room stands for."""
    name, _at, host = email.partition("@")
    return whole(name.removeprefix("room-")) if host == ROOMS_HOST and name.startswith("room-") else None


def room_email(resource_id: int) -> str:
    """The address by which a room is invited."""
    return f"room-{resource_id}@{ROOMS_HOST}"


def address_in(calendar: Calendar) -> str:
    """The address of whose calendar it is: who invites when an event in it has guests."""
    return room_email(calendar.resource_id) if calendar.resource_id is not None else calendar.owner_email


ROOMS_HOST = "rooms.invalid"  # RFC 2606: nothing is ever sent there


@scopes_of(EVENT)
async def _scopes(viewer: Viewer) -> Any:
    return await readable_ids(viewer)


@texts_of(EVENT, "SELECT id FROM calendar_object WHERE visibility NOT IN ('PRIVATE', 'CONFIDENTIAL')")
async def _texts() -> AsyncIterator[Indexed]:
    last = 0
    while rows := await database.fetch(
        "SELECT id, org_id, calendar_id, summary, first_start, created_at, visibility, ics FROM calendar_object WHERE id > $1 ORDER BY id LIMIT 200", last
    ):
        for row in rows:
            last = row["id"]
            if row["visibility"] in ("PRIVATE", "CONFIDENTIAL"):
                continue
            words = digest(check(row["ics"])).words
            at = row["first_start"] if row["first_start"] is not None else row["created_at"]
            yield Indexed(row["id"], row["org_id"], row["calendar_id"], row["summary"], words, at)
