"""What is kept beside the text of calendar objects: an index of instances, guests, and traces of what was deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from piccolo.columns import BigInt, Bytea, ForeignKey, SmallInt, Text, Varchar

from app.models.account import Account
from app.models.base import Row
from app.models.calendar.calendar import Calendar
from app.models.resource import Resource

if TYPE_CHECKING:
    from app.lib.ical import Component

MOST_HREF, MOST_UID, MOST_TEXT = 255, 1000, 500


class CalendarObject(Row):
    """An event or a task with all its instances: the text of one UID (RFC 4791 §4.1). `ics` is the truth, the columns an index."""

    calendar_id = ForeignKey(Calendar)
    org_id = BigInt()
    href = Varchar(length=MOST_HREF, help_text="Segment of its address, unique in the calendar.")
    uid = Varchar(length=MOST_UID, help_text="Unique in the calendar.")
    component = Varchar(length=12, help_text="VEVENT, VTODO or VJOURNAL.")
    etag = Varchar(length=40)
    schedule_tag = Varchar(length=40, default="")
    modseq = BigInt(default=0)
    size = BigInt(default=0)
    summary = Varchar(length=MOST_TEXT, default="")
    location = Varchar(length=MOST_TEXT, default="")
    status = Varchar(length=16, default="", help_text="CONFIRMED, TENTATIVE, CANCELLED, NEEDS-ACTION, COMPLETED …, in capitals.")
    visibility = Varchar(length=16, default="", help_text="PUBLIC, PRIVATE or CONFIDENTIAL; empty: as the calendar.")
    colour = Varchar(length=24, default="")
    organiser = Varchar(length=254, default="", help_text="The address, in lower case; empty without guests.")
    guest_count = BigInt(default=0)
    sequence = BigInt(default=0)
    recurs = SmallInt(default=0)
    has_alarms = SmallInt(default=0)
    meeting_url = Varchar(length=MOST_TEXT, default="")
    first_start = BigInt(null=True, default=None, help_text="Milliseconds; of dates and floating times as if in UTC. Null: it has no time.")
    last_end = BigInt(null=True, default=None)
    expanded_from = BigInt(default=0, help_text="The span in which all its instances are in CalendarInstance.")
    expanded_until = BigInt(default=0)
    stand_ins = Text(default="", help_text="JSON: what instances of their own are called, where they are, by key.")
    due_at = BigInt(null=True, default=None, help_text="Of a task.")
    completed_at = BigInt(null=True, default=None)
    created_by = ForeignKey(Account, null=True, default=None)
    created_at = BigInt(default=0)
    changed_at = BigInt(default=0)
    ics = Text(default="")

    calendar: Calendar
    parsed: Component | None = None


class CalendarInstance(Row):
    """One time that an object takes place, so that a month is one look into an index. `reach` sorts by length: see `indexing.py`."""

    object_id = ForeignKey(CalendarObject)
    calendar_id = BigInt()
    reach = SmallInt(default=0)
    starts = BigInt()
    ends = BigInt()
    kind = SmallInt(default=0, help_text="0 an instant, 1 floating, 2 whole days; both of these as if in UTC.")
    busy = SmallInt(default=1, help_text="0 free, 1 busy, 2 tentative, 3 away.")
    key = Varchar(length=20, default="", help_text="Which of a series, as RECURRENCE-ID has it.")


class CalendarGone(Row):
    """An address where an object was (RFC 6578 tells clients)."""

    calendar_id = ForeignKey(Calendar)
    href = Varchar(length=MOST_HREF)
    modseq = BigInt()
    gone_at = BigInt(default=0)


class CalendarGuest(Row):
    """Somebody who is invited to an event, or to one instance of it, and what they answered; also how the invitation fared."""

    object_id = ForeignKey(CalendarObject)
    key = Varchar(length=20, default="", help_text="Of one instance only; empty: of all.")
    email = Varchar(length=254, help_text="In lower case.")
    name = Varchar(length=200, default="")
    account_id = ForeignKey(Account, null=True, default=None)
    resource_id = ForeignKey(Resource, null=True, default=None)
    kind = Varchar(length=12, default="INDIVIDUAL", help_text="CUTYPE in capitals.")
    role = Varchar(length=20, default="REQ-PARTICIPANT")
    answer = Varchar(length=16, default="NEEDS-ACTION", help_text="PARTSTAT in capitals.")
    note = Varchar(length=MOST_TEXT, default="")
    answered_at = BigInt(null=True, default=None)
    proposed_start = BigInt(null=True, default=None, help_text="When they would rather have it.")
    proposed_end = BigInt(null=True, default=None)
    proposed_key = Varchar(length=20, default="")
    delivery = Varchar(length=12, default="", help_text="waiting, sent, delivered (in the suite), failed; empty: nothing was sent.")
    delivered_at = BigInt(null=True, default=None)
    failure = Varchar(length=MOST_TEXT, default="")


class CalendarAlarm(Row):
    """The next time that somebody is to be reminded of an object by one of its alarms."""

    object_id = ForeignKey(CalendarObject)
    account_id = ForeignKey(Account)
    alarm = SmallInt(default=0, help_text="Which of the alarms.")
    due_at = BigInt()
    starts = BigInt(help_text="When the instance begins.")
    key = Varchar(length=20, default="")
    way = Varchar(length=8, default="push", help_text="push, email or chat.")


class CalendarMessage(Row):
    """A scheduling message in somebody's inbox (RFC 6638 §2.2), as programs read and delete it."""

    org_id = BigInt()
    account_id = ForeignKey(Account)
    href = Varchar(length=MOST_HREF)
    uid = Varchar(length=MOST_UID)
    method = Varchar(length=16)
    etag = Varchar(length=40)
    ics = Text(default="")
    created_at = BigInt(default=0)


class CalendarImport(Row):
    """A file that is brought into a calendar: what would happen, how far it is, what came of it."""

    org_id = BigInt()
    account_id = ForeignKey(Account)
    calendar_id = ForeignKey(Calendar)
    name = Varchar(length=200, default="")
    content = Bytea(null=True, default=None, help_text="The file, until it is brought in.")
    total = BigInt(default=0)
    done = BigInt(default=0)
    outcome = Text(default="", help_text="JSON: what was new, changed, the same, refused with the reason.")
    error = Varchar(length=300, default="")
    created_at = BigInt(default=0)
    finished_at = BigInt(null=True, default=None)
    undone_at = BigInt(null=True, default=None)


class BookingPage(Row):
    """A page where anybody with its link books a time with somebody."""

    org_id = BigInt()
    account_id = ForeignKey(Account)
    calendar_id = ForeignKey(Calendar)
    token = Varchar(length=40)
    title = Varchar(length=120)
    about = Varchar(length=2000, default="")
    place = Varchar(length=MOST_TEXT, default="")
    durations = Varchar(length=80, default="30", help_text="Minutes, with commas.")
    hours = Text(default="[]", help_text="JSON: [weekday (0 Monday), from, until] in minutes of the host's clock.")
    buffer_before = SmallInt(default=0, help_text="Minutes.")
    buffer_after = SmallInt(default=0)
    notice_hours = SmallInt(default=4)
    days_ahead = SmallInt(default=60)
    most_a_day = SmallInt(default=0, help_text="0: no limit.")
    questions = Text(default="[]", help_text="JSON: [text, is_required].")
    timezone = Varchar(length=64, default="UTC")
    created_at = BigInt(default=0)
    closed_at = BigInt(null=True, default=None)


class Booking(Row):
    """A time that was booked."""

    page_id = ForeignKey(BookingPage)
    object_id = ForeignKey(CalendarObject, null=True, default=None)
    starts = BigInt()
    ends = BigInt()
    name = Varchar(length=120)
    email = Varchar(length=254)
    answers = Text(default="[]")
    timezone = Varchar(length=64, default="UTC")
    token_hash = Varchar(length=64)
    created_at = BigInt(default=0)
    cancelled_at = BigInt(null=True, default=None)
