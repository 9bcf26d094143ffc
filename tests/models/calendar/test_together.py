"""With whom somebody meets: only what is in their own calendars, as it stands for each time of a series."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from app.models.calendar import ALL, EDIT, THIS, Calendar, Event, Guest, answering, sharing
from app.models.calendar.together import meetings_with
from tests.models.calendar.test_scheduling import BEAT, CHIARA, OUTSIDER, meeting, soon
from tests.people import People, Person


async def with_(person: Person, *emails: str) -> tuple[list[str], list[str]]:
    found = await meetings_with(person.viewer, emails)
    return [one.summary for one in found.coming], [one.summary for one in found.before]


async def test_the_next_meetings_come_first_and_the_last_ones_after(people: People) -> None:
    for days in (9, 2, 30, 5, -3, -30, -90, -200):
        await meeting(people.anna, BEAT, title=f"In {days}", start=soon(days))
    await meeting(people.anna, OUTSIDER, title="Outside")
    assert await with_(people.anna, BEAT.upper()) == (["In 2", "In 5", "In 9"], ["In -3", "In -30", "In -90"])
    assert await with_(people.beat, "anna@alpina.example") == (["In 2", "In 5", "In 9"], ["In -3", "In -30", "In -90"])
    assert await with_(people.anna, OUTSIDER, BEAT) == (["In 2", "Outside", "In 5"], ["In -3", "In -30", "In -90"])


async def test_a_series_gives_each_of_its_times_and_those_who_come_to_one_only_that(people: People) -> None:
    series = await meeting(people.anna, BEAT, title="Weekly", start=soon() - timedelta(weeks=2), rule="FREQ=WEEKLY;COUNT=4")
    first = await meetings_with(people.anna.viewer, [BEAT])
    assert (len(first.coming), len(first.before)) == (2, 2)
    key = first.coming[0].key
    await series.edit(people.anna.viewer, replace(series.draft(key), guests=(Guest(CHIARA),)), THIS, key)
    assert [one.key for one in (await meetings_with(people.anna.viewer, [CHIARA])).coming] == [key]
    assert [one.key for one in (await meetings_with(people.anna.viewer, [BEAT])).coming] == [first.coming[1].key]


async def test_nothing_of_other_peoples_events_is_told(people: People) -> None:
    secret = await meeting(people.beat, CHIARA, title="Secret")
    shared = await Calendar.default_for(people.beat.id, people.beat.viewer.org_id)
    assert await with_(people.beat, CHIARA) == (["Secret"], []), "there is something to be told"
    await sharing.share(people.beat.viewer, shared, EDIT, account_id=people.anna.id)
    await sharing.take(people.anna.viewer, await Calendar.seen_by(people.anna.viewer, shared.id))
    assert (await Event.seen_by(people.anna.viewer, secret.id)).stored.summary == "Secret", "Anna may look at Beat's calendar"
    assert await with_(people.anna, CHIARA, BEAT) == ([], []), "but she isn't in it"
    assert await with_(people.erik, CHIARA, BEAT) == ([], [])
    assert await with_(people.gina, CHIARA, BEAT) == ([], [])


async def test_declined_deleted_and_cancelled_ones_are_not_told(people: People) -> None:
    event = await meeting(people.anna, BEAT, title="Declined")
    await answering.answer(people.beat.viewer, await Event.by_uid(people.beat.viewer, event.stored.uid), "", "DECLINED")
    assert await with_(people.beat, "anna@alpina.example") == ([], []) and await with_(people.anna, BEAT) == ([], [])
    event = await meeting(people.anna, BEAT, title="Off")
    assert await with_(people.anna, BEAT) == (["Off"], [])
    await event.delete(people.anna.viewer, ALL)  # Beat keeps a cancelled copy
    assert await with_(people.anna, BEAT) == ([], []) and await with_(people.beat, "anna@alpina.example") == ([], [])
