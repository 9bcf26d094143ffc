"""What becomes of calendars when somebody leaves, and what they take along."""

from __future__ import annotations

from app.models.calendar import VIEW, Calendar, departures, managing, my_data, sharing
from app.models.calendar.storing import put
from app.models.departure import owned_by
from app.models.my_data import Owner
from tests.models.calendar.test_importing import ics, vevent
from tests.people import People


async def test_shared_calendars_go_to_the_heir_and_back(people: People) -> None:
    team = await managing.create(people.beat.viewer, "Team")
    await managing.create(people.beat.viewer, "Private")
    await sharing.share(people.beat.viewer, team, VIEW, account_id=people.chiara.id)
    assert "1 shared calendar: Team" in await owned_by(people.beat.membership)
    inverse = await departures.calendars.hand_over(people.anna.viewer, people.beat.membership, people.anna.id)
    assert [one.name for one in await Calendar.all_for(people.anna.id)] == ["Calendar", "Team"]
    assert {one.name for one in await Calendar.all_for(people.beat.id)} == {"Calendar", "Private"}
    assert departures.calendars.take_back is not None
    await departures.calendars.take_back(people.anna.viewer, inverse)
    assert {one.name for one in await Calendar.all_for(people.beat.id)} == {"Calendar", "Private", "Team"}


async def test_calendars_are_among_ones_data(people: People) -> None:
    calendar = await Calendar.default_for(people.anna.id, people.anna.viewer.org_id)
    await put(calendar, people.anna.id, "a.ics", ics(vevent("a", more="CLASS:PRIVATE\r\n")).decode())
    owner = Owner(people.anna.id, people.anna.viewer.org_id, people.anna.membership.id, "Europe/Zurich")
    files = [(name, b"".join([piece async for piece in pieces])) async for name, pieces in my_data._calendars(owner)]
    assert [name for name, _body in files] == ["calendar/calendar.ics"] and b"SUMMARY:Talk" in files[0][1]
