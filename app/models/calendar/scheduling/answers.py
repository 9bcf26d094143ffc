"""What guests answer: written into the organiser's event, told, and shown on the other copies."""

from __future__ import annotations

from app import database
from app.lib import clock, itip
from app.lib.ical import Component
from app.lib.ical.series import Series
from app.lib.ical.values import ZONED, instant_of, parse_date_time
from app.models.base import NotFound
from app.models.calendar.calendar import Calendar
from app.models.calendar.editing import stand_in
from app.models.calendar.inbox import deliver
from app.models.calendar.indexing import check
from app.models.calendar.scheduling.copies import members_of, own_copy
from app.models.calendar.storing import main_of, put, uid_of
from app.models.calendar.tables import CalendarObject
from app.models.job import Job
from app.models.notifications import notify
from app.models.viewer import Viewer

ANSWERS = ("ACCEPTED", "DECLINED", "TENTATIVE")
_QUIET = 50  # guests up to which all learn who comes


async def answered(viewer: Viewer, calendar: Calendar, old: Component | None, new: Component | None, owner: str, note: str) -> None:
    """A guest changed their copy: the organiser learns what they answer."""
    before = itip.answers_of(old, owner) if old else {}
    if new is None:
        answers = {key: "DECLINED" for key, answer in before.items() if answer != "DECLINED"}
    else:
        answers = {key: answer for key, answer in itip.answers_of(new, owner).items() if before.get(key) != answer and answer != "NEEDS-ACTION"}
    one = new or old
    if answers and one is not None:
        await apply_answers(calendar.org_id, uid_of(one), itip.organiser_of(one), owner, answers, viewer.name, note=note, view=one)


async def apply_answers(
    org_id: int, uid: str, organiser: str, email: str, answers: dict[str, str], name: str, *, note: str = "", view: Component | None = None
) -> bool:
    """Write a guest's answers (by RECURRENCE-ID, empty for the whole) into the organiser's object, and tell them. Mails a REPLY to an
    organiser of elsewhere. Whether there was such an event here."""
    original = await find_organisers(org_id, uid, organiser)
    if original is None:
        if view is not None and not await members_of(org_id, [organiser]):
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


def _answer_whole(event: Component, email: str, answer: str) -> None:
    """An answer to the series is one to its instances that differ, too, unless they were answered on their own."""
    main = main_of(event)
    for part in event.within(*itip.PARTS):
        if part is main:
            continue
        for line in part.all("ATTENDEE"):
            if itip.address(line) == email and (line.param("PARTSTAT") or "NEEDS-ACTION").upper() == "NEEDS-ACTION":
                part.items[part.items.index(line)] = line.with_params(PARTSTAT=answer)


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
    for other, account_id in (await members_of(calendar.org_id, set(guests) - {organiser})).items():
        copy = await own_copy(account_id, calendar.org_id, uid_of(event))
        if copy is None:
            continue
        theirs = check(copy.ics)
        changes = [itip.set_answer(theirs, email, answer, key or None) for key, answer in answers.items()]
        if any(changes) and other != email:
            await put(copy.calendar, account_id, copy.href, theirs.serialize(), keeps_tag=True)
