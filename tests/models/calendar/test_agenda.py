"""The day ahead, in the morning."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app import database
from app.lib import clock
from app.models.calendar import Calendar, Draft, Event, agenda
from app.models.notifications import NoticeChoice
from tests.people import People

ZURICH = ZoneInfo("Europe/Zurich")


async def test_who_wants_it_is_told_of_their_day_once(people: People) -> None:
    start = (datetime.fromtimestamp(clock.now() / 1000, ZURICH) + timedelta(days=2)).replace(hour=10, minute=0, second=0, microsecond=0, tzinfo=None)
    for person in (people.anna, people.beat):
        calendar = await Calendar.default_for(person.id, person.viewer.org_id)
        await Event.create(person.viewer, calendar, Draft("Launch", start, start + timedelta(hours=1), timezone="Europe/Zurich"))
    await NoticeChoice.choose(people.anna.id, agenda.KIND, "push", True)
    for hour, count in ((6, 0), (7, 1), (7, 1), (8, 1)):
        with clock.at(int(start.replace(hour=hour, minute=5, tzinfo=ZURICH).timestamp() * 1000)):
            await agenda.send_due()
        rows = await database.fetch("SELECT account_id, facts FROM notification WHERE kind = $1", agenda.KIND)
        assert len(rows) == count and all(row["account_id"] == people.anna.id and "Launch" in row["facts"] for row in rows)
