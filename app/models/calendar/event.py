"""An event as somebody uses it: found with their rights, changed as a command that can be undone.

    event = await Event.seen_by(viewer, object_id)
    draft = event.draft(key)                              # key: which instance (Occurrence.key); empty when nothing recurs
    await event.edit(viewer, replace(draft, title="…"), scope=ALL, key=key)
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from app import database
from app.lib.i18n import _, ngettext
from app.lib.ical import ZONED, Component
from app.lib.ical.series import ENDLESS, Series
from app.lib.ical.values import wall_of
from app.lib.locales import short_day, short_time
from app.models.base import NotFound, Refused
from app.models.calendar import editing, scheduling
from app.models.calendar.calendar import Calendar
from app.models.calendar.drafts import Draft, Guest, check_draft, new_event, set_organiser
from app.models.calendar.editing import ALL, FOLLOWING, SCOPES, THIS, draft_at
from app.models.calendar.indexing import check, zone_of
from app.models.calendar.storing import Condition, LostRace, address_in, by_href, main_of, put, remove, transfer
from app.models.calendar.tables import CalendarObject
from app.models.command import Command, undoes
from app.models.viewer import Viewer

Written = tuple[str, str | None]  # an address in the calendar, and the text there, or None to take it away


@dataclass(frozen=True, slots=True)
class Preview:
    """What an edit would do, before it is done: so many instances change, so many keep how they differ, and the same in words."""

    changed: int
    is_endless: bool
    kept: int
    told: int
    lines: tuple[str, ...]


class Event:
    """An event or a task, with its calendar and the viewer's level in it."""

    def __init__(self, stored: CalendarObject, calendar: Calendar) -> None:
        self.stored, self.calendar = stored, calendar
        self.command_id: int | None = None  # of what was done with it just now, to be undone
        self.text: Component = check(stored.ics)
        series = Series.of(self.text, zone_of(calendar.timezone))
        if series is None:
            raise NotFound(f"event {stored.id}")
        self.series = series

    # -- finding

    @classmethod
    async def seen_by(cls, viewer: Viewer, id_: int) -> Self:
        """An event whose contents the viewer may read. Raises `NotFound`, also where they only see that somebody is busy."""
        row = await database.fetch_one("SELECT * FROM calendar_object WHERE id = $1 AND org_id = $2", id_, viewer.org_id)
        if row is None:
            raise NotFound(f"event {id_}")
        calendar = await Calendar.seen_by(viewer, row["calendar_id"])
        is_private = row["visibility"] in ("PRIVATE", "CONFIDENTIAL") and not calendar.is_own
        if not calendar.can_see or is_private:
            raise NotFound(f"event {id_}")
        return cls(CalendarObject.from_row(row), calendar)

    @classmethod
    async def by_uid(cls, viewer: Viewer, uid: str) -> Self:
        """The viewer's own copy of an event with this UID. Raises `NotFound`."""
        id_ = await database.fetch_value(
            "SELECT o.id FROM calendar_object o JOIN calendar c ON c.id = o.calendar_id WHERE o.org_id = $1 AND o.uid = $2 AND c.account_id = $3"
            " AND c.deleted_at IS NULL ORDER BY o.id LIMIT 1", viewer.org_id, uid, viewer.account_id,
        )
        if id_ is None:
            raise NotFound(f"event {uid}")
        return await cls.seen_by(viewer, id_)

    @classmethod
    async def seen_or_own(cls, viewer: Viewer, id_: int) -> Self:
        """An event whose contents the viewer may read, else their own copy of it. Raises `NotFound`."""
        try:
            return await cls.seen_by(viewer, id_)
        except NotFound:
            uid = await database.fetch_value("SELECT uid FROM calendar_object WHERE id = $1 AND org_id = $2", id_, viewer.org_id)
            return await cls.by_uid(viewer, uid or "")

    # -- what it is

    @property
    def id(self) -> int:
        """The object's id."""
        return self.stored.id

    @property
    def url(self) -> str:
        """Its address."""
        return f"/calendar/events/{self.id}"

    @property
    def recurs(self) -> bool:
        """Whether it takes place more than once."""
        return self.series.recurs

    @property
    def can_edit(self) -> bool:
        """Whether the one it was found for may change it; who is only invited may answer instead."""
        return self.calendar.can_write and self.is_organised_here

    @property
    def is_organised_here(self) -> bool:
        """Whether who invites is whose calendar this is, or nobody is invited."""
        return not self.stored.organiser or self.stored.organiser == address_in(self.calendar)

    @property
    def organiser(self) -> str:
        """The address of who invites; empty without guests."""
        return self.stored.organiser

    def first_key(self) -> str:
        """The key of the first instance."""
        first = self.series.between(-ENDLESS, ENDLESS, 1)
        return first[0].key if first else ""

    def draft(self, key: str = "") -> Draft:
        """What a form shows of an instance, or of the first one. Raises `NotFound`."""
        return draft_at(self.series, key if key or not self.recurs else self.first_key())

    def instant(self, key: str = "") -> tuple[int, int]:
        """When an instance begins and ends. Raises `NotFound`."""
        one = self.series.instance(key if key or not self.recurs else self.first_key())
        if one is None:
            raise NotFound(f"instance {key}")
        return one.start, one.end

    async def guests(self, key: str = "") -> list[dict[str, Any]]:
        """The guests of an instance with their answer and how the invitation fared: rows of CalendarGuest with `given_name`, `avatar` …"""
        own = self.series.instance(key) if key else None
        is_own = own is not None and own.component.find("RECURRENCE-ID") is not None
        return await database.fetch(
            "SELECT g.*, a.given_name, a.family_name, a.avatar, r.name AS resource_name FROM calendar_guest g LEFT JOIN account a ON a.id = g.account_id"
            " LEFT JOIN resource r ON r.id = g.resource_id WHERE g.object_id = $1 AND g.key = $2 ORDER BY g.id", self.id, key if is_own else "",
        )

    # -- changing

    @classmethod
    async def create(cls, viewer: Viewer, calendar: Calendar, draft: Draft, key: str | None = None) -> Self:
        """A new event, whose guests are invited. Raises `DraftRefused` with the field, `Refused`."""
        draft = check_draft(draft)
        if not calendar.can_write:
            raise Refused(_("You may look at this calendar, but not change it."))
        async with Command.once(viewer, "event.create", key) as command:
            if command.repeated:
                return await cls.seen_by(viewer, command.result or 0)
            uid = str(uuid.uuid4())
            organiser = await scheduling.organiser_of(calendar, viewer)
            text = new_event(uid, draft, organiser).serialize()
            inverse = await write(viewer, calendar, [(f"{uid}.ics", text)])
            id_ = await database.fetch_value("SELECT id FROM calendar_object WHERE calendar_id = $1 AND uid = $2", calendar.id, uid)
            command.done(id_, what=draft.title or _("Event without a title"), url=f"/calendar/events/{id_}", inverse=inverse)
        made = await cls.seen_by(viewer, id_)
        made.command_id = command.id
        return made

    async def edit(self, viewer: Viewer, draft: Draft, scope: str = ALL, key: str = "", *, resets: bool = False, once: str | None = None) -> Command:
        """Make an instance, it and what follows, or all instances as the draft says. Instances that differ keep how, unless `resets`.

        Raises `DraftRefused` with the field, `Refused`, `NotFound`.
        """
        draft = check_draft(draft)
        self._check_may_edit()
        async with Command.once(viewer, "event.edit", once) as command:
            if not command.repeated:
                key, scope = self._place(key, scope)
                changes = await self._edited(viewer, draft, scope, key, resets=resets)
                inverse = await write(viewer, self.calendar, changes, seen=self.stored)
                command.done(self.id, what=draft.title or self.stored.summary, url=self.url, inverse=inverse)
        return command

    async def move(self, viewer: Viewer, start: datetime, scope: str = THIS, key: str = "", *, end: datetime | None = None,
                   is_all_day: bool | None = None, once: str | None = None) -> Command:
        """Let an instance begin at another time of the clock of its zone; it keeps its length unless an end is given (CAL-04)."""
        shown = self.draft(key)
        all_day = shown.is_all_day if is_all_day is None else is_all_day
        length = timedelta(days=1) if all_day and not shown.is_all_day else timedelta(hours=1) if shown.is_all_day and not all_day else shown.end - shown.start
        zone = shown.timezone or ("" if not shown.is_all_day else viewer.timezone)
        return await self.edit(
            viewer, replace(shown, start=start, end=end or start + length, is_all_day=all_day, timezone="" if all_day else zone), scope, key, once=once
        )

    async def resize(self, viewer: Viewer, end: datetime, scope: str = THIS, key: str = "", *, once: str | None = None) -> Command:
        """Let an instance end at another time of the clock (CAL-08)."""
        return await self.edit(viewer, replace(self.draft(key), end=end), scope, key, once=once)

    async def delete(self, viewer: Viewer, scope: str = ALL, key: str = "", *, once: str | None = None) -> Command:
        """Take an instance, it and what follows, or all away (CAL-05); guests are told. Raises `Refused`, `NotFound`."""
        if not self.calendar.can_write:
            raise Refused(_("You may look at this calendar, but not change it."))
        async with Command.once(viewer, "event.delete", once) as command:
            if not command.repeated:
                key, scope = self._place(key, scope)
                inverse = await write(viewer, self.calendar, [self._without(scope, key)], seen=self.stored)
                command.done(self.id, what=self.stored.summary or _("Event without a title"), url="/calendar", inverse=inverse)
        return command

    async def move_to(self, viewer: Viewer, target: Calendar, *, once: str | None = None) -> Command:
        """Put it into another calendar (CAL-20). Raises `Refused`."""
        self.check_may_go_to(target)
        async with Command.once(viewer, "event.move_to", once) as command:
            if not command.repeated and target.id != self.calendar.id:
                await transfer(self.stored, self.calendar, target, viewer.account_id)
                inverse = {"from": target.id, "to": self.calendar.id, "href": self.stored.href}
                command.done(self.id, what=self.stored.summary, url=self.url, inverse=inverse)
        return command

    def check_may_go_to(self, target: Calendar) -> None:
        """Raises `Refused` where `move_to` does."""
        self._check_may_edit()
        if not target.can_write:
            raise Refused(_("You may look at this calendar, but not change it."))
        if self.stored.organiser and self.stored.organiser != address_in(target):
            raise Refused(_("An event with guests stays in the calendars of who invites."))

    # -- saying before what an edit does (BEY-07)

    def preview_edit(self, draft: Draft, scope: str, key: str = "", *, resets: bool = False) -> Preview:
        """What `edit` would change, in words."""
        key, scope = self._place(key, scope)
        shown = self.draft(key)
        touched = self._touched(scope, key)
        own = [one for one in touched if one.component.find("RECURRENCE-ID") is not None and (scope != THIS)]
        lines = [self._counted(scope, len(touched))]
        lines += _differences(shown, draft)
        if own:
            said = ngettext("%(count)s that differs is made like the others.", "%(count)s that differ are made like the others.", len(own)) if resets else (
                ngettext("%(count)s that was changed before keeps how it differs.", "%(count)s that were changed before keep how they differ.", len(own)))
            lines.append(said % {"count": len(own)})
        is_news = replace(shown, colour="", reminders=(), show_as="") != replace(draft, colour="", reminders=(), show_as="")  # what guests get of it
        told = len({guest.email for guest in (*shown.guests, *draft.guests) if guest.kind == "INDIVIDUAL"}) if is_news else 0
        if told:
            lines.append(ngettext("%(count)s guest is told.", "%(count)s guests are told.", told) % {"count": told})
        return Preview(len(touched), self._is_endless(scope), 0 if resets else len(own), told, tuple(lines))

    def preview_delete(self, scope: str, key: str = "") -> Preview:
        """What `delete` would take away, in words."""
        key, scope = self._place(key, scope)
        touched = self._touched(scope, key)
        shown = self.draft(key)
        told = len([guest for guest in shown.guests if guest.kind == "INDIVIDUAL"])
        lines = [self._counted(scope, len(touched))]
        if told:
            lines.append(ngettext("%(count)s guest is told.", "%(count)s guests are told.", told) % {"count": told})
        return Preview(len(touched), self._is_endless(scope), 0, told, tuple(lines))

    # -- how

    def _check_may_edit(self) -> None:
        if not self.calendar.can_write:
            raise Refused(_("You may look at this calendar, but not change it."))
        if not self.is_organised_here:
            raise Refused(_("Only %(organiser)s can change this event. You can propose another time.") % {"organiser": self.organiser})

    def _place(self, key: str, scope: str) -> tuple[str, str]:
        if scope not in SCOPES:
            raise Refused(_("This can’t be done."))
        if not self.recurs:
            return "", ALL
        return key or self.first_key(), scope

    async def _edited(self, viewer: Viewer, draft: Draft, scope: str, key: str, *, resets: bool) -> list[Written]:
        new = self.text.copy()
        raises = bool(self.stored.organiser or draft.guests)
        changes: list[Written] = []
        if scope == THIS:
            editing.edit_one(new, key, draft, raises_sequence=raises)
        elif scope == FOLLOWING:
            uid = str(uuid.uuid4())
            rest = editing.split(new, key, uid)
            if rest is not None:
                editing.edit_all(rest, key, _with_rest_of_rule(draft, self.draft(key), rest), resets=resets)
                await self._organise(viewer, rest, draft)
                changes.append((f"{uid}.ics", rest.serialize()))
            else:
                editing.edit_all(new, key, draft, resets=resets, raises_sequence=raises)
        else:
            editing.edit_all(new, key, draft, resets=resets, raises_sequence=raises)
        await self._organise(viewer, new, draft)
        return [(self.stored.href, new.serialize()), *changes]

    async def _organise(self, viewer: Viewer, calendar: Component, draft: Draft) -> None:
        """Say who invites where there are guests, and nobody where there are none any more."""
        organiser = await scheduling.organiser_of(self.calendar, viewer)
        for part in calendar.within("VEVENT"):
            if part.find("ATTENDEE") is not None and part.find("ORGANIZER") is None:
                set_organiser(part, *organiser)

    def _without(self, scope: str, key: str) -> Written:
        new = self.text.copy()
        raises = bool(self.stored.organiser)
        if scope == ALL:
            return self.stored.href, None
        is_left = editing.remove_one(new, key, raises_sequence=raises) if scope == THIS else editing.end_before(new, key, raises_sequence=raises)
        return self.stored.href, new.serialize() if is_left else None

    def _touched(self, scope: str, key: str) -> Sequence[Any]:
        if scope == THIS:
            one = self.series.instance(key)
            return [one] if one else []
        if scope == FOLLOWING:
            return editing.instances_from(self.series, key)
        return self.series.between(-ENDLESS, ENDLESS, 1000)

    def _is_endless(self, scope: str) -> bool:
        return scope != THIS and self.series.is_endless

    def _counted(self, scope: str, count: int) -> str:
        if not self.recurs:
            return _("This event is concerned.")
        if scope == THIS:
            return _("Only this one is concerned; the others stay as they are.")
        if self._is_endless(scope):
            return _("This and all that follow are concerned.") if scope == FOLLOWING else _("The whole series is concerned.")
        return ngettext("%(count)s date is concerned.", "%(count)s dates are concerned.", count) % {"count": count}


def _with_rest_of_rule(draft: Draft, shown: Draft, rest: Component) -> Draft:
    """The draft with the rule and the other dates that the rest of a series has, unless the draft changes them."""
    rule = main_of(rest).value("RRULE") or "" if draft.rule == shown.rule else draft.rule
    return replace(draft, rule=rule, extra=tuple(wall for wall in draft.extra if wall >= shown.start))


def _differences(old: Draft, new: Draft) -> list[str]:
    lines = []
    if (old.start, old.is_all_day, old.timezone) != (new.start, new.is_all_day, new.timezone):
        lines.append(_("It begins %(new)s instead of %(old)s.") % {"new": _clock(new, new.start, old.start), "old": _clock(old, old.start, new.start)})
    if old.length != new.length:
        lines.append(_("It takes %(new)s instead of %(old)s.") % {"new": _length(new.length), "old": _length(old.length)})
    if old.location != new.location:
        lines.append(_("The place is %(new)s.") % {"new": new.location} if new.location else _("It has no place any more."))
    if old.title != new.title:
        lines.append(_("It is called “%(new)s”.") % {"new": new.title})
    if (old.rule, old.extra) != (new.rule, new.extra):
        lines.append(_("The repetition changes.") if new.rule or new.extra else _("It is no longer repeated."))
    came, went = _names(new.guests, old.guests), _names(old.guests, new.guests)
    if came:
        lines.append(_("Invited: %(names)s.") % {"names": came})
    if went:
        lines.append(_("No longer invited: %(names)s.") % {"names": went})
    words = {
        "description": _("description"), "meeting_url": _("meeting link"), "attachments": _("files"), "colour": _("colour"),
        "reminders": _("reminders"), "show_as": _("show as"), "visibility": _("who sees the details"),
    }
    others = [word for name, word in words.items() if getattr(old, name) != getattr(new, name)]
    return [*lines, _("Also changed: %(names)s.") % {"names": ", ".join(others)}] if others else lines


def _names(some: tuple[Guest, ...], without: tuple[Guest, ...]) -> str:
    known = {guest.email for guest in without}
    names = [guest.name or guest.email for guest in some if guest.email not in known]
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")


def _clock(draft: Draft, wall: datetime, other: datetime) -> str:
    day = short_day(wall) if wall.date() != other.date() or draft.is_all_day else ""
    return day if draft.is_all_day else f"{day} {short_time(wall)}".strip()


def _length(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    days, minutes = divmod(minutes, 1440)
    parts = [ngettext("%(count)s day", "%(count)s days", days) % {"count": days}] if days else []
    if minutes or not days:
        parts.append(_("%(hours)s:%(minutes)s h") % {"hours": minutes // 60, "minutes": f"{minutes % 60:02}"})
    return " ".join(parts)


# -- writing, and undoing


async def write(
    viewer: Viewer, calendar: Calendar, changes: Sequence[Written], *, note: str = "", seen: CalendarObject | None = None
) -> dict[str, Any]:
    """Write texts into a calendar in the open transaction, let those concerned know, and return the inverse for `undoes`.

    `seen` is the object as it was when the change was thought of: raises `LostRace` when somebody else changed it since.
    """
    before, after = [], []
    for href, text in changes:
        old: dict[str, Any] | None
        etag: str | None = None
        if text is None:
            old = await remove(calendar, href, _unchanged(seen, href))
        else:
            was = await database.fetch_value("SELECT ics FROM calendar_object WHERE calendar_id = $1 AND href = $2", calendar.id, href)
            text = scheduling.prepared(calendar, was, text)
            _stored, old = await put(calendar, viewer.account_id, href, text, _unchanged(seen, href))
        await scheduling.changed(viewer, calendar, old["ics"] if old else None, text, note)
        if text is not None:  # rooms may have answered meanwhile
            etag = await database.fetch_value("SELECT etag FROM calendar_object WHERE calendar_id = $1 AND href = $2", calendar.id, href)
        before.append([href, old["ics"] if old else None])
        after.append([href, etag])
    return {"calendar": calendar.id, "before": before, "after": after}


def _unchanged(seen: CalendarObject | None, href: str) -> Condition | None:
    if seen is None or seen.href != href:
        return None

    def check_same(etag: str | None) -> None:
        if etag != seen.etag:
            raise LostRace(etag)

    return check_same


@undoes("event.create")
@undoes("event.edit")
@undoes("event.delete")
@undoes("event.answer")
@undoes("task.change")
async def _as_before(viewer: Viewer, inverse: dict[str, Any]) -> None:
    calendar = await Calendar.seen_by(viewer, inverse["calendar"])
    if not calendar.can_write:
        raise Refused(_("You may look at this calendar, but not change it."))
    current: dict[str, str | None] = {}
    for href, etag in inverse["after"]:
        now = await database.fetch_one("SELECT etag, schedule_tag, ics FROM calendar_object WHERE calendar_id = $1 AND href = $2", calendar.id, href)
        if etag not in ((now["etag"], now["schedule_tag"]) if now else (None,)):  # the tag stays while only guests answer
            raise Refused(_("This event was changed again since, so nothing was undone."))
        current[href] = now["ics"] if now else None
    brought = [(href, scheduling.brought_back(text, current.get(href), calendar)) for href, text in inverse["before"] if text is not None]
    await write(viewer, calendar, [*brought, *((href, None) for href, text in inverse["before"] if text is None)])


@undoes("event.move_to")
async def _back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    here, there = await Calendar.seen_by(viewer, inverse["from"]), await Calendar.seen_by(viewer, inverse["to"])
    if not here.can_write or not there.can_write:
        raise Refused(_("You may look at this calendar, but not change it."))
    await transfer(await by_href(here, inverse["href"]), here, there, viewer.account_id)


def local_start(event: Event, key: str, timezone: str) -> datetime:
    """When an instance begins on a clock of that zone."""
    start, _end = event.instant(key)
    return wall_of(start, zone_of(timezone) if event.series.first.kind == ZONED else None)
