"""Bringing in files of Google, Outlook, Apple and others: .ics, and .zip with such files. First what would happen, then doing it."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from app import database
from app.lib import clock, itip
from app.lib.i18n import _
from app.lib.ical import Component, Malformed, Property, parse, parse_all
from app.lib.ical.zones import iana_name
from app.lib.itip import number_of
from app.models.announcements import announce
from app.models.base import NotFound, Refused
from app.models.calendar import receiving
from app.models.calendar.calendar import Calendar
from app.models.calendar.indexing import COMPONENTS, check, digest
from app.models.calendar.storing import advance, check_kind, main_of, put, remove
from app.models.calendar.tables import CalendarImport
from app.models.command import Command, undoes
from app.models.job import Job
from app.models.viewer import Viewer

MOST_FILE = 60 * 1024 * 1024  # octets, also of all that is in a .zip
MOST_FILES = 2_000
MOST_OBJECTS = 100_000
AT_ONCE = 50
_SAID = 100  # refusals that are told one by one


class FileRefused(Refused):
    """The file can't be read; the text says why."""


@dataclass(slots=True)
class Plan:
    """What bringing a file in would do, or did: so many new, changed, the same as before, and what is refused with the reason."""

    new: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0
    tasks: int = 0
    series: int = 0
    messages: int = 0
    calendars: list[str] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)
    reasons: list[tuple[str, str]] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Everything in the file."""
        return self.new + self.changed + self.same + self.refused

    def refuse(self, title: str, reason: str) -> None:
        """Count something that can't be brought in."""
        self.refused += 1
        if len(self.reasons) < _SAID:
            self.reasons.append((title[:120], reason[:200]))


def read(name: str, data: bytes) -> list[Component]:
    """The calendars of a file. Raises `FileRefused`."""
    if len(data) > MOST_FILE:
        raise FileRefused(_("This file is too large: at most %(most)s MB.") % {"most": MOST_FILE // 1024 // 1024})
    found: list[Component] = []
    for file_name, text in _files(name, data):
        try:
            found += [one for one in parse_all(text) if one.name == "VCALENDAR"]
        except Malformed as error:
            raise FileRefused(_("%(file)s can’t be read: %(why)s.") % {"file": file_name, "why": str(error)}) from None
    if not found:
        raise FileRefused(_("There is no calendar in this file."))
    return found


def _files(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    if data[:4] != b"PK\x03\x04":
        yield name, data
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            wanted = [one for one in packed.infolist() if one.filename.lower().endswith((".ics", ".ical", ".ifb")) and not one.is_dir()]
            if len(wanted) > MOST_FILES or sum(one.file_size for one in wanted) > MOST_FILE:
                raise FileRefused(_("There is too much in this file: at most %(most)s MB.") % {"most": MOST_FILE // 1024 // 1024})
            for one in wanted:
                with packed.open(one) as file:
                    yield one.filename, file.read(MOST_FILE)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as error:
        raise FileRefused(_("This .zip file can’t be opened.")) from error


def messages(calendars: list[Component]) -> list[Component]:
    """Those that are no calendars but messages about one event: an answer, an invitation, its end (RFC 5546)."""
    return [one for one in calendars if itip.method_of(one) not in ("", "PUBLISH")]


def objects(calendars: list[Component]) -> Iterator[tuple[str, Component]]:
    """One object for each UID, with the zones it needs. What has no UID gets one that is the same the next time. Messages are passed over."""
    for calendar in calendars:
        if itip.method_of(calendar) not in ("", "PUBLISH"):
            continue
        zones = {zone.text("TZID"): zone for zone in calendar.within("VTIMEZONE")}
        head: list[Property | Component] = [line for line in calendar.properties if line.name in ("VERSION", "PRODID", "CALSCALE")]
        grouped: dict[str, list[Component]] = {}
        for part in calendar.within(*COMPONENTS):
            uid = part.text("UID")
            if not uid:
                uid = hashlib.sha256(part.serialize().encode("utf-8", "replace")).hexdigest()[:32]
                part.items.insert(0, Property.of_text("UID", uid))
            grouped.setdefault(uid, []).append(part)
        for uid, parts in grouped.items():
            kept = _once(parts)
            named = {line.param("TZID") for part in kept for line in part.properties if line.name in _WITH_ZONES}
            yield uid, Component("VCALENDAR", [*head, *(zone for tzid, zone in zones.items() if tzid in named), *kept])


_WITH_ZONES = frozenset({"DTSTART", "DTEND", "DUE", "RDATE", "EXDATE", "RECURRENCE-ID"})


def _once(parts: list[Component]) -> list[Component]:
    """Of several with the same RECURRENCE-ID, the latest; of several kinds, those of the first."""
    found: dict[str, Component] = {}
    for part in parts:
        if part.name != parts[0].name:
            continue
        key = part.value("RECURRENCE-ID") or ""
        other = found.get(key)
        if other is None or number_of(part) >= number_of(other):
            found[key] = part
    return list(found.values())


async def look(calendar: Calendar, name: str, data: bytes) -> Plan:
    """What bringing a file into a calendar would do. Raises `FileRefused`."""
    plan = Plan()
    calendars = read(name, data)
    plan.calendars = [title for one in calendars if (title := one.text("X-WR-CALNAME"))]
    known = await _known(calendar)
    plan.messages = len(messages(calendars))
    for number, (uid, one) in enumerate(objects(calendars)):
        if number >= MOST_OBJECTS:
            raise FileRefused(_("There are more than %(most)s events in this file.") % {"most": MOST_OBJECTS})
        try:
            text = one.serialize()
            read_one = digest(check(text), calendar.timezone)
            check_kind(calendar, read_one)
        except Refused as error:
            plan.refuse(main_of(one).text("SUMMARY") or uid, str(error))
            continue
        await _count(plan, calendar, uid, known.get(uid), text)
        plan.tasks += read_one.columns["component"] == "VTODO"
        plan.series += read_one.columns["recurs"]
        if len(plan.examples) < 5:
            plan.examples.append(read_one.columns["summary"])
    return plan


async def _count(plan: Plan, calendar: Calendar, uid: str, before: str | None, text: str) -> None:
    if before is None:
        plan.new += 1
    elif before == _etag(text) or essence(text) == essence(
        await database.fetch_value("SELECT ics FROM calendar_object WHERE calendar_id = $1 AND uid = $2", calendar.id, uid) or ""
    ):
        plan.same += 1
    else:
        plan.changed += 1


def _etag(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def essence(text: str) -> list[str]:
    """What an object says, without who wrote the file and when, its folds, and what zones are called that the file itself defines."""
    one = parse(text) if text else Component("VCALENDAR")
    zones = {zone.text("TZID"): _defined(zone) for zone in one.within("VTIMEZONE") if iana_name(zone.text("TZID")) is None}
    return sorted("\n".join(_lines(part, zones)) for part in one.within(*COMPONENTS))


def _lines(part: Component, zones: Mapping[str, str]) -> Iterator[str]:
    yield part.name
    for item in part.items:
        if isinstance(item, Component):
            yield from _lines(item, zones)
        elif item.name != "DTSTAMP":
            tzid = item.param("TZID") or ""
            yield (item.with_params(TZID=zones[tzid]) if tzid and tzid in zones else item).raw.replace("\n ", "").replace("\n\t", "")


def _defined(zone: Component) -> str:
    """A name for what a VTIMEZONE says, whatever it is called."""
    return hashlib.sha256("\n".join(line for line in _lines(zone, {}) if not line.startswith("TZID")).encode("utf-8", "surrogatepass")).hexdigest()


async def _known(calendar: Calendar) -> dict[str, str]:
    rows = await database.fetch("SELECT uid, etag FROM calendar_object WHERE calendar_id = $1", calendar.id)
    return {row["uid"]: row["etag"] for row in rows}


async def begin(viewer: Viewer, calendar: Calendar, name: str, data: bytes, once: str | None = None) -> CalendarImport:
    """Promise to bring a file in; `CalendarImport.find(id)` tells how far it is (`done` of `total`). Raises `FileRefused`, `Refused`."""
    if not calendar.can_write:
        raise Refused(_("You may look at this calendar, but not change it."))
    total = sum(1 for _one in objects(read(name, data)))
    async with Command.once(viewer, "calendar.import", once) as command:
        if command.repeated:
            return await CalendarImport.get(command.result or 0)
        made = await CalendarImport.insert_new(
            org_id=viewer.org_id, account_id=viewer.account_id, calendar_id=calendar.id, name=name[:200], content=data, total=total, created_at=clock.now()
        )
        await Job.enqueue("import_calendar", org_id=viewer.org_id, import_id=made.id)
        command.done(made.id, what=f"{calendar.name}: {name}"[:200], url=calendar.url, inverse={"import": made.id})
    return made


async def run(import_id: int) -> None:
    """Bring the file in, some objects in each transaction, so that others can write meanwhile. Begun anew, it goes on."""
    job = await CalendarImport.find(import_id)
    if job is None or job.finished_at is not None or job.content is None:
        return
    calendar = await Calendar._reread(job.calendar_id, job.account_id)
    plan, before = Plan(), []
    calendars = read(job.name, bytes(job.content))
    for message in messages(calendars):
        await _apply(job, message, plan)
    every = list(objects(calendars))
    for start in range(0, len(every), AT_ONCE):
        async with database.transaction():
            for uid, one in every[start : start + AT_ONCE]:
                before += await _bring(calendar, job.account_id, uid, one, plan)
            await job.change(done=min(start + AT_ONCE, len(every)))
    outcome = {"plan": plan, "before": before}
    await job.change(finished_at=clock.now(), content=None, outcome=msgspec.json.encode(outcome).decode())
    announce("calendar.imported", job.org_id, job.account_id, job.id)


async def _apply(job: CalendarImport, message: Component, plan: Plan) -> None:
    """An answer, an invitation or its end, as if it had come by mail."""
    try:
        async with database.transaction():
            await receiving.receive(job.org_id, job.account_id, message.serialize())
        plan.messages += 1
    except (Refused, NotFound) as error:
        plan.refuse(message.text("METHOD"), str(error))


async def _bring(calendar: Calendar, account_id: int, uid: str, one: Component, plan: Plan) -> list[list[Any]]:
    text = one.serialize()
    old = await database.fetch_one("SELECT href, etag, ics FROM calendar_object WHERE calendar_id = $1 AND uid = $2", calendar.id, uid)
    if old is not None and (old["etag"] == _etag(text) or essence(old["ics"]) == essence(text)):
        plan.same += 1
        return []
    href = old["href"] if old else f"{hashlib.sha256(uid.encode('utf-8', 'replace')).hexdigest()[:40]}.ics"
    try:
        async with database.savepoint():
            stored, _old = await put(calendar, account_id, href, text)
    except Refused as error:
        plan.refuse(main_of(one).text("SUMMARY") or uid, str(error))
        return []
    plan.changed += old is not None
    plan.new += old is None
    return [[href, old["ics"] if old else None, stored.etag]]


def outcome_of(job: CalendarImport) -> Plan | None:
    """What an import came to; None while it is under way."""
    if job.finished_at is None or not job.outcome:
        return None
    found = msgspec.json.decode(job.outcome)["plan"]
    return Plan(**{**found, "reasons": [tuple(one) for one in found["reasons"]]})


@undoes("calendar.import")
async def _take_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    job = await CalendarImport.find(inverse["import"])
    if job is None or job.account_id != viewer.account_id:
        raise NotFound("import")
    if job.finished_at is None:
        raise Refused(_("This file is still being brought in."))
    calendar = await Calendar.seen_by(viewer, job.calendar_id)
    await advance(calendar)
    for href, text, etag in msgspec.json.decode(job.outcome)["before"]:
        now = await database.fetch_value("SELECT etag FROM calendar_object WHERE calendar_id = $1 AND href = $2", calendar.id, href)
        if now != etag:
            continue  # somebody changed it since: it stays
        if text is None:
            await remove(calendar, href)
        else:
            await put(calendar, viewer.account_id, href, text)
    await job.change(undone_at=clock.now())


async def export(calendar: Calendar, *, is_busy_only: bool = False) -> bytes:
    """Everything of a calendar in one file; busy times only, with neither names nor places, where nothing more may be seen."""
    head = [
        Property.make("VERSION", "2.0"), Property.of_text("PRODID", "-//Chalet//Calendar//EN"), Property.of_text("X-WR-CALNAME", calendar.name),
        Property.of_text("X-WR-TIMEZONE", calendar.timezone),
    ]
    zones: dict[str, Component] = {}
    parts: list[Component] = []
    last = 0
    page = "SELECT id, ics, visibility FROM calendar_object WHERE calendar_id = $1 AND id > $2 ORDER BY id LIMIT 500"
    while rows := await database.fetch(page, calendar.id, last):
        last = rows[-1]["id"]
        for row in rows:
            one = check(row["ics"])
            _gather_zones(one, zones)
            is_hidden = is_busy_only or (row["visibility"] in ("PRIVATE", "CONFIDENTIAL") and not calendar.is_own)
            parts += [_only_busy(part) if is_hidden else part for part in one.within(*COMPONENTS)]
    return Component("VCALENDAR", [*head, *zones.values(), *parts]).serialize().encode("utf-8", "replace")


def _gather_zones(one: Component, zones: dict[str, Component]) -> None:
    """Add the zones of an object to those of a file. One that is called like another of the file, and isn't the same, gets a name of its own."""
    for zone in one.within("VTIMEZONE"):
        tzid = name = zone.text("TZID")
        number = 1
        while tzid and name in zones and iana_name(tzid) is None and _defined(zones[name]) != _defined(zone):
            number += 1
            name = f"{tzid} {number}"
        if name != tzid:
            zone.set_text("TZID", name)
            for part in one.within(*COMPONENTS):
                part.items = [
                    item.with_params(TZID=name) if isinstance(item, Property) and item.param("TZID") == tzid else item for item in part.items
                ]
        zones.setdefault(name, zone)


_OF_TIME = frozenset({"UID", "DTSTAMP", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "TRANSP", "STATUS", "SEQUENCE"})


def _only_busy(part: Component) -> Component:
    lines: list[Property | Component] = [line for line in part.properties if line.name in _OF_TIME]
    return Component(part.name, [*lines, Property.of_text("SUMMARY", _("Busy"))])
