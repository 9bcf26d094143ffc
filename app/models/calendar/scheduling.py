"""Invitations: who invites, who is told of what, and what they answer (RFC 5546, RFC 6638).

Members of the organisation get a copy of the event in their own calendar, rooms answer by themselves, people of elsewhere get mail.
Everything here runs in the transaction that writes the object.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, cast

from app import database
from app.lib import clock, itip
from app.lib.i18n import _, speaking
from app.lib.ical import Component, Property
from app.lib.ical.series import ENDLESS, Series
from app.lib.ical.values import ZONED, instant_of, parse_date_time
from app.models.account import Account
from app.models.base import NotFound
from app.models.calendar.calendar import EDIT, Calendar
from app.models.calendar.drafts import Reminder, alarm_of, stamp
from app.models.calendar.editing import stand_in
from app.models.calendar.inbox import deliver
from app.models.calendar.indexing import FREE, check, digest
from app.models.calendar.occurrences import rows_between
from app.models.calendar.reminders import when_words
from app.models.calendar.storing import address_in, advance, by_uid, main_of, put, remove, room_id
from app.models.calendar.tables import CalendarObject
from app.models.job import Job
from app.models.notifications import notices_withdrawn, notify
from app.models.resource import Resource
from app.models.viewer import Viewer

ANSWERS = ("ACCEPTED", "DECLINED", "TENTATIVE")
MOST_MAILS = 500  # to people of elsewhere, of one event
_QUIET = 50  # guests up to which all learn who comes


async def organiser_of(calendar: Calendar, viewer: Viewer) -> tuple[str, str]:
    """Address and name of who invites to events of a calendar: whose it is."""
    if calendar.account_id is None or calendar.account_id == viewer.account_id:
        return viewer.email, viewer.name
    row = await database.fetch_one("SELECT email, given_name, family_name FROM account WHERE id = $1", calendar.account_id)
    return (row["email"], f"{row['given_name']} {row['family_name']}".strip()) if row else (viewer.email, viewer.name)


def prepared(calendar: Calendar, before: str | None, text: str) -> str:
    """A text that is about to be stored: when the organiser moved it, its guests are asked anew."""
    new = check(text)
    owner = address_in(calendar)
    if before is None or not owner or itip.organiser_of(new) != owner:
        return text
    old = check(before)
    if not itip.moves(old, new):
        return text
    itip.ask_anew(new, owner)
    if itip.sequence_of(new) <= itip.sequence_of(old):
        stamp(main_of(new), raises_sequence=True)
    return new.serialize()


async def changed(viewer: Viewer, calendar: Calendar, before: str | None, after: str | None, note: str = "", *, replies: bool = True) -> None:
    """Let those concerned know what changed in an object, in the transaction that wrote it. `None`: there was none, or is none any more.

    Without `replies`, whoever invites isn't told what a guest does (RFC 6638 §8.1).
    """
    old, new = check(before) if before else None, check(after) if after else None
    one = new or old
    organiser = itip.organiser_of(one) if one is not None else ""
    owner = address_in(calendar)
    if one is None or not organiser or calendar.resource_id is not None:
        return
    if organiser == owner:
        await _organised(viewer, calendar, old, new, owner)
    elif replies and owner in itip.guests_of(one):
        await _answered(viewer, calendar, old, new, owner, note)


async def changed_by(account: Account, calendar: Calendar, before: str | None, after: str | None) -> None:
    """The same where nobody is signed in: in the name of whose calendar it is."""
    await changed(cast(Viewer, _Actor(account.id, calendar.org_id, account.email, account.name)), calendar, before, after)


class _Actor(NamedTuple):
    account_id: int
    org_id: int
    email: str
    name: str
    is_external: bool = False


def brought_back(text: str, current: str | None, calendar: Calendar) -> str:
    """A text that is brought back, told to guests as newer than what they saw meanwhile (its SEQUENCE grows); what they answered stays."""
    event = check(text)
    main = main_of(event)
    if main.find("ORGANIZER") is None:
        return text
    now = check(current) if current is not None else None
    if now is not None and itip.organiser_of(event) == address_in(calendar):
        itip.keep_answers(event, now, except_for=address_in(calendar))
    sequence = max(itip.sequence_of(event), itip.sequence_of(now) if now is not None else 0)
    main.set(Property.make("SEQUENCE", str(sequence)))
    stamp(main, raises_sequence=True)
    return event.serialize()


# -- what the organiser changes


async def _organised(viewer: Viewer, calendar: Calendar, old: Component | None, new: Component | None, owner: str) -> None:
    before = itip.guests_of(old) if old else {}
    now = itip.guests_of(new) if new else {}
    members = await _members(calendar.org_id, {*before, *now} - {owner})
    rooms = {email: number for email in (*before, *now) if (number := room_id(email)) is not None}
    if new is not None:
        await _book_rooms(viewer, calendar, new, rooms, now)
    for email, number in rooms.items():
        if email not in now:
            await _free_room(number, calendar.org_id, old)
    mails: list[tuple[str, str]] = []
    views_before, views_now = itip.Views(old), itip.Views(new)
    for email in {**before, **now}:
        if email == owner or email in rooms:
            continue
        was, is_ = views_before.of(email), views_now.of(email)
        if email in members:
            await _bring(viewer, calendar, members[email], email, was, is_, is_over=new is None)
        elif is_ is not None and (was is None or not itip.says_the_same(was, is_)):
            mails.append((email, itip.REQUEST))
        elif is_ is None and was is not None:
            mails.append((email, itip.CANCEL))
    await _mail(viewer, calendar, views_before, views_now, mails)


async def _members(org_id: int, emails: Iterable[str]) -> dict[str, int]:
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


async def _bring(
    viewer: Viewer, calendar: Calendar, account_id: int, email: str, was: Component | None, now: Component | None, *, is_over: bool
) -> None:
    """Bring a member's copy up to date, and tell them of what concerns them."""
    copy = await own_copy(account_id, calendar.org_id, itip_uid(now or was))
    if now is None:
        if copy is not None:
            await remove(copy.calendar, copy.href)
        if was is not None:
            await deliver(calendar.org_id, account_id, itip.cancel(was, [email]))
            await _tell(viewer, calendar, account_id, was, "calendar.changed", what="cancelled" if is_over else "uninvited")
        return
    is_news = was is None or not itip.says_the_same(was, now)
    target = copy.calendar if copy is not None else await Calendar.default_for(account_id, calendar.org_id)
    mine = check(copy.ics) if copy is not None else None
    if is_news:
        await deliver(calendar.org_id, account_id, itip.request(now))
    itip.keep_own(now, mine, email)
    if mine is None:
        _add_reminders(now, target)
    stored, _old = await put(target, account_id, copy.href if copy is not None else f"{itip_uid(now)[:200].replace('/', '-')}.ics", now.serialize())
    if is_news:
        kind = "calendar.invited" if was is None else "calendar.changed"
        await _tell(viewer, calendar, account_id, now, kind, what="changed", url=f"/calendar/events/{stored.id}")
    await note_delivery(calendar, itip_uid(now), email, "delivered")


def _add_reminders(calendar: Component, target: Calendar) -> None:
    for part in calendar.within("VEVENT"):
        for minutes in target.reminders.split(","):
            if minutes.strip().isdigit():
                part.add(alarm_of(Reminder(int(minutes)), part.text("SUMMARY")))


def itip_uid(calendar: Component | None) -> str:
    """The UID of an object."""
    return main_of(calendar).text("UID") if calendar is not None else ""


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


async def _tell(viewer: Viewer, calendar: Calendar, account_id: int, event: Component, kind: str, *, what: str, url: str = "/calendar") -> None:
    read = digest(event, calendar.timezone)
    if read.columns["last_end"] is not None and read.columns["last_end"] < clock.now():
        return  # nobody needs to know of what is over
    uid = itip_uid(event)
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


# -- rooms


async def _book_rooms(viewer: Viewer, calendar: Calendar, new: Component, rooms: dict[str, int], now: dict[str, str]) -> None:
    """Let each room accept when it is free at all times of the event, else decline. The room's calendar is locked meanwhile."""
    answers: dict[str, str] = {}
    for email, number in rooms.items():
        if email not in now:
            continue
        room = await Resource.find(number)
        if room is None or room.org_id != calendar.org_id or room.archived_at is not None:
            answers[email] = "DECLINED"
            continue
        answers[email] = await _book(viewer, room, email, new)
    if not answers:
        return
    touched = False
    for email, answer in answers.items():
        touched |= itip.set_answer(new, email, answer)
    if touched:
        found = await by_uid(calendar, itip_uid(new))
        if found is not None:
            await put(calendar, viewer.account_id, found.href, new.serialize())


async def _book(viewer: Viewer, room: Resource, email: str, new: Component) -> str:
    diary = await Calendar.for_room(room)
    await advance(diary)
    view = itip.for_guest(new, email)
    existing = await by_uid(diary, itip_uid(new))
    if view is None or not await may_book(viewer, room) or await _is_taken(diary, view, existing):
        if existing is not None:
            await remove(diary, existing.href)
        return "DECLINED"
    itip.set_answer(view, email, "ACCEPTED")
    await put(diary, viewer.account_id, existing.href if existing else f"{itip_uid(new)[:200].replace('/', '-')}.ics", view.serialize())
    return "ACCEPTED"


async def may_book(viewer: Viewer, room: Resource) -> bool:
    """Whether somebody may book a room."""
    return any(one.id == room.id for one in await Resource.bookable_by(viewer))


async def _is_taken(diary: Calendar, view: Component, existing: CalendarObject | None) -> bool:
    read = digest(view, diary.timezone)
    spans = [(starts, ends) for _reach, starts, ends, _kind, busy, _key in read.instances if busy != FREE and ends > clock.now()]
    if not spans:
        return False
    rows = await rows_between([diary], min(start for start, _end in spans), max(end for _start, end in spans) + 1)
    taken = sorted((row["starts"], row["ends"]) for row in rows if row["busy"] != FREE and (existing is None or row["object_id"] != existing.id))
    place = 0
    for start, end in sorted(spans):
        while place < len(taken) and taken[place][1] <= start:
            place += 1
        if any(begin < end and over > start for begin, over in taken[max(0, place - 5) : place + 50]):
            return True
    return False


async def _free_room(number: int, org_id: int, old: Component | None) -> None:
    room = await Resource.find(number)
    if room is None or room.org_id != org_id or old is None:
        return
    diary = await Calendar.for_room(room)
    existing = await by_uid(diary, itip_uid(old))
    if existing is not None:
        await remove(diary, existing.href)


# -- people of elsewhere


async def _mail(viewer: Viewer, calendar: Calendar, before: itip.Views, now: itip.Views, mails: list[tuple[str, str]]) -> None:
    for number, (email, method) in enumerate(mails):
        was = before.of(email)
        view = was if method == itip.CANCEL else now.of(email)
        if view is not None and number >= MOST_MAILS:
            await note_delivery(calendar, itip_uid(view), email, "failed", _("At most %(most)s guests of elsewhere get mail.") % {"most": MOST_MAILS})
            continue
        if view is None:
            continue
        message = itip.request(view) if method == itip.REQUEST else itip.cancel(view, [email])
        await Job.enqueue(
            "mail_event", org_id=calendar.org_id, calendar_id=calendar.id, email=email, method=method, ics=message.serialize(),
            is_update=was is not None, actor=viewer.name,
        )
        await note_delivery(calendar, itip_uid(view), email, "waiting")


async def note_delivery(calendar: Calendar, uid: str, email: str, state: str, failure: str = "") -> None:
    """Note how an invitation fares, on the organiser's object."""
    await database.execute(
        "UPDATE calendar_guest SET delivery = $1, delivered_at = $2, failure = $3 WHERE email = $4 AND object_id IN"
        " (SELECT id FROM calendar_object WHERE calendar_id = $5 AND uid = $6)", state, clock.now(), failure[:500], email, calendar.id, uid,
    )


# -- answers


async def _answered(viewer: Viewer, calendar: Calendar, old: Component | None, new: Component | None, owner: str, note: str) -> None:
    """A guest changed their copy: the organiser learns what they answer."""
    before = itip.answers_of(old, owner) if old else {}
    if new is None:
        answers = {key: "DECLINED" for key, answer in before.items() if answer != "DECLINED"}
    else:
        answers = {key: answer for key, answer in itip.answers_of(new, owner).items() if before.get(key) != answer and answer != "NEEDS-ACTION"}
    one = new or old
    if answers and one is not None:
        await apply_answers(calendar.org_id, itip_uid(one), itip.organiser_of(one), owner, answers, viewer.name, note=note, view=one)


async def apply_answers(
    org_id: int, uid: str, organiser: str, email: str, answers: dict[str, str], name: str, *, note: str = "", view: Component | None = None
) -> bool:
    """Write a guest's answers (by RECURRENCE-ID, empty for the whole) into the organiser's object, and tell them. Mails a REPLY to an
    organiser of elsewhere. Whether there was such an event here."""
    original = await find_organisers(org_id, uid, organiser)
    if original is None:
        if view is not None and not await _members(org_id, [organiser]):
            made = itip.reply(view, email, note)
            for key, answer in answers.items():
                itip.set_answer(made, email, answer, key or None)
            await Job.enqueue("mail_reply", org_id=org_id, organiser=organiser, email=email, name=name, ics=made.serialize())
        return False
    calendar, found = original
    event = check(found.ics)
    answers = {as_written(event, key): answer for key, answer in answers.items()}
    for key, answer in answers.items():
        if key and not any(line.value == key for part in event.within(*itip.PARTS) for line in part.all("RECURRENCE-ID")):
            _make_instance(event, key)
        itip.set_answer(event, email, answer, key or None)
        if not key:
            _answer_whole(event, email, answer)
    if email not in itip.guests_of(event):
        return False  # somebody who wasn't invited
    await put(calendar, calendar.account_id, found.href, event.serialize(), keeps_tag=True)
    await database.execute(
        "UPDATE calendar_guest SET note = $1, answered_at = $2 WHERE object_id = $3 AND email = $4", note[:500], clock.now(), found.id, email
    )
    if calendar.account_id is not None:
        await deliver(org_id, calendar.account_id, itip.reply(event, email, note))
    await _tell_answer(calendar, found, event, email, name, next(iter(answers.values())), note)
    await _spread(calendar, event, email, organiser)
    return True


async def is_member(org_id: int, email: str) -> bool:
    """Whether an address is somebody's who has a calendar here."""
    return bool(await _members(org_id, [email]))


async def tell_kept(viewer: Viewer, calendar: Calendar, event: Component, email: str) -> bool:
    """Tell a member that the time they proposed isn't taken. Whether they are one."""
    members = await _members(calendar.org_id, [email])
    for account_id in members.values():
        copy = await own_copy(account_id, calendar.org_id, itip_uid(event))
        url = f"/calendar/events/{copy.id}" if copy is not None else "/calendar"
        await _tell(viewer, calendar, account_id, event, "calendar.changed", what="kept", url=url)
    return bool(members)


def _answer_whole(event: Component, email: str, answer: str) -> None:
    """An answer to the series is one to its instances that differ, too, unless they were answered on their own."""
    main = main_of(event)
    for part in event.within(*itip.PARTS):
        if part is main:
            continue
        for line in part.all("ATTENDEE"):
            if itip.address(line) == email and (line.param("PARTSTAT") or "NEEDS-ACTION").upper() == "NEEDS-ACTION":
                part.items[part.items.index(line)] = line.with_params(PARTSTAT=answer)


def as_written(event: Component, recurrence_id: str) -> str:
    """A RECURRENCE-ID as the event's own parts write it: answers may say it in UTC."""
    series = Series.of(event) if recurrence_id else None
    if series is None or series.first.kind != ZONED or not recurrence_id.endswith("Z") or series.first.tzid is None:
        return recurrence_id
    return series.key_of_instant(instant_of(parse_date_time(recurrence_id)[0], None))


def _make_instance(event: Component, recurrence_id: str) -> None:
    series = Series.of(event)
    if series is None:
        return
    try:
        stand_in(event, series, recurrence_id)
    except NotFound:
        return


async def find_organisers(org_id: int, uid: str, organiser: str) -> tuple[Calendar, CalendarObject] | None:
    """The organiser's own event with a UID, and its calendar, if they are here."""
    row = await database.fetch_one(
        "SELECT o.id, o.calendar_id, c.account_id FROM calendar_object o JOIN calendar c ON c.id = o.calendar_id JOIN account a ON a.id = c.account_id"
        " WHERE o.org_id = $1 AND o.uid = $2 AND a.email = $3 AND c.deleted_at IS NULL ORDER BY o.id LIMIT 1", org_id, uid, organiser,
    )
    if row is None:
        return None
    calendar = await Calendar._reread(row["calendar_id"], row["account_id"])
    found = await CalendarObject.get(row["id"])
    found.calendar = calendar
    return calendar, found


async def _tell_answer(calendar: Calendar, found: CalendarObject, event: Component, email: str, name: str, answer: str, note: str) -> None:
    if calendar.account_id is None:
        return
    row = await database.fetch_one("SELECT id FROM account WHERE email = $1", email)
    await notify(
        "calendar.answered", [calendar.account_id], calendar.org_id,
        facts={"name": name or email, "title": main_of(event).text("SUMMARY"), "answer": answer, "text": note[:300]},
        url=f"/calendar/events/{found.id}", source=f"calendar:{calendar.id}", source_name=calendar.name, actor_id=row["id"] if row else None,
        group=f"answer:{found.id}:{email[:50]}",
    )


async def _spread(calendar: Calendar, event: Component, email: str, organiser: str) -> None:
    """Let the other members' copies show the answer, where they aren't too many."""
    guests = itip.guests_of(event)
    if len(guests) > _QUIET:
        return
    answers = itip.answers_of(event, email)
    for other, account_id in (await _members(calendar.org_id, set(guests) - {organiser})).items():
        copy = await own_copy(account_id, calendar.org_id, itip_uid(event))
        if copy is None:
            continue
        theirs = check(copy.ics)
        changes = [itip.set_answer(theirs, email, answer, key or None) for key, answer in answers.items()]
        if any(changes) and other != email:
            await put(copy.calendar, account_id, copy.href, theirs.serialize(), keeps_tag=True)


async def writable_copy(viewer: Viewer, id_: int) -> tuple[Calendar, CalendarObject]:
    """The object of an id in a calendar that the viewer may change, for answers. Raises `NotFound`."""
    row = await database.fetch_one("SELECT * FROM calendar_object WHERE id = $1 AND org_id = $2", id_, viewer.org_id)
    if row is None:
        raise NotFound(f"event {id_}")
    calendar = await Calendar.seen_by(viewer, row["calendar_id"])
    if calendar.level < EDIT:
        raise NotFound(f"event {id_}")
    found = CalendarObject.from_row(row)
    found.calendar = calendar
    return calendar, found


