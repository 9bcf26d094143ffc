"""Calendars, events and tasks: kept as clients wrote them, found through an index, changed as commands.

Pages call these (all of it with the viewer's rights; instants are milliseconds, `key` names an instance of a series, as in `Occurrence.key`):

- calendars (`calendar.py`, `sharing.py`): `Calendar.all_for(account_id, org_id)` those somebody works with (a default one is made),
  `Calendar.seen_by(viewer, id)`, `Calendar.offered_to(viewer)`, `managing.create/edit/delete`, `sharing.share/unshare/take/leave/show/look`,
  `sharing.make_link` and `by_link`. Levels BUSY < VIEW < EDIT < SHARE < OWN; `calendar.can_see/can_write/can_share`, `is_hidden`, `hue`.
- what takes place (`occurrences.py`): `occurrences(viewer, since, until, calendars=None, timezone=None)` → `Occurrence`s (`is_hidden`:
  busy only), `day_bounds(first, last, timezone)`; with whom (`together.py`): `meetings_with(viewer, emails)`.
- an event (`event.py`): `Event.seen_by(viewer, object_id)`; `event.draft(key)` → `Draft` (`drafts.py`: what a form has);
  `Event.create(viewer, calendar, draft, key=once)`, `event.edit(viewer, draft, scope, key, resets=)`, `.move(viewer, start, scope, key)`,
  `.resize`, `.delete(viewer, scope, key)`, `.move_to(viewer, calendar)`; scopes THIS, FOLLOWING, ALL; each is a `Command` with undo.
  `event.preview_edit/preview_delete` → `Preview` in words. `event.guests(key)`, `event.can_edit`, `event.is_organised_here`, `event.recurs`.
  A draft that can't be raises `DraftRefused` with `field`.
- free or busy (`free_busy.py`): `free_busy(viewer, emails, since, until, except_object)` → `Diary`s, `room_diaries(viewer, …)`,
  `best_slots(viewer, diaries, length, since, until)` → `Slot`s with who can't come and why, `why_not(diaries, start, end)`.

- answers (`answering.py`): `answer(viewer, event, key, said, note)`; without an account `by_token(token)` → `Invitation` (`event`, `guest`,
  `view`), `answer_by_token`. Other times (`proposing.py`): `propose`, `propose_by_token`, `accept`, `decline`. Messages with a METHOD in files
  and mails: `receiving.py`, `mailbox.py`. Files of events: `attachments.py`.
- files (`importing.py`): `look` → `Plan` (dry run), `begin` → `CalendarImport` (`done` of `total`), `outcome_of`, `export(calendar)`.
- calendars from elsewhere (`elsewhere.py`): `subscribe`, `add_holidays`, `add_birthdays`; tasks (`tasks.py`): `listed`, `add`, `done`, `edit`,
  `delete`; booking pages (`booking.py`): `make`, `change`, `of`, `by_token`, `slots`, `book`, `cancel`.
- reminders (`reminders.py`) are alarms in the text; `Draft.reminders` writes them, storing promises the next one.

Programs (`app/routes/dav/`) call `Calendar.by_segment(account_id, segment)`, `calendar.segment`, and `storing.put/remove/by_href` (the one
way in: index, search, modseq, tombstone), `syncing.changes_since`, `occurrences.rows_between`;
after a write `scheduling.prepared` (before it) and `scheduling.changed` make implicit scheduling (RFC 6638).

`tables.py` the rows, `indexing.py` from a text to columns and instances, `editing.py` edits of a series, `scheduling.py` invitations.
The iCalendar text is the truth, byte for byte; the columns beside it are an index.
"""

from app.models.calendar import listening
from app.models.calendar.calendar import BUSY, EDIT, OWN, SHARE, VIEW, Calendar, CalendarRefused
from app.models.calendar.drafts import Draft, DraftRefused, Guest, Reminder
from app.models.calendar.editing import ALL, FOLLOWING, THIS
from app.models.calendar.event import Event, Preview
from app.models.calendar.free_busy import Diary, Slot, best_slots, free_busy, room_diaries, why_not
from app.models.calendar.indexing import ObjectRefused
from app.models.calendar.occurrences import Occurrence, day_bounds, occurrences
from app.models.calendar.storing import LostRace, UidTaken, room_email, room_id
from app.models.calendar.tables import CalendarGuest, CalendarInstance, CalendarObject

__all__ = [
    "ALL",
    "BUSY",
    "EDIT",
    "FOLLOWING",
    "OWN",
    "SHARE",
    "THIS",
    "VIEW",
    "Calendar",
    "CalendarGuest",
    "CalendarInstance",
    "CalendarObject",
    "CalendarRefused",
    "Diary",
    "Draft",
    "DraftRefused",
    "Event",
    "Guest",
    "LostRace",
    "ObjectRefused",
    "Occurrence",
    "Preview",
    "Reminder",
    "Slot",
    "UidTaken",
    "best_slots",
    "day_bounds",
    "free_busy",
    "listening",
    "occurrences",
    "room_diaries",
    "room_email",
    "room_id",
    "why_not",
]
