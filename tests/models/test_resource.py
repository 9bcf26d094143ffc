"""Rooms and equipment: what they are, who may book them, and the archive."""

from __future__ import annotations

import pytest

from app.models.base import NotFound
from app.models.resource import TEAMS, Description, NameTaken, Resource, items_of
from app.models.team import Description as TeamDescription
from app.models.team import Team
from tests.people import People, Person

EIGER = Description("Eiger", seats=6, place="2nd floor", equipment=("Screen", "Whiteboard"))


async def bookable(someone: Person) -> list[str]:
    return [one.name for one in await Resource.bookable_by(someone.viewer)]


async def test_a_room_is_described_and_taken_back(people: People) -> None:
    room = await Resource.create(people.anna.viewer, EIGER)
    changed = await room.describe(people.anna.viewer, Description("Van", "equipment", 9, "Yard"))
    (van,) = await Resource.of(people.anna.organisation.id)
    assert (van.name, van.kind, van.seats, van.items) == ("Van", "equipment", None, []), "a van’s seats aren’t asked for"
    await changed.undo(people.anna.viewer)
    (again,) = await Resource.of(people.anna.organisation.id)
    assert await again.description() == EIGER


async def test_it_is_booked_by_everybody_or_by_teams_and_never_by_guests(people: People) -> None:
    team = await Team.create(people.anna.viewer, TeamDescription("Sales"), [people.beat.id])
    room = await Resource.create(people.anna.viewer, EIGER)
    assert await bookable(people.beat) == await bookable(people.chiara) == ["Eiger"]
    assert await bookable(people.gina) == await bookable(people.erik) == []
    await room.describe(people.anna.viewer, Description("Eiger", booking=TEAMS, teams=(team.id,)))
    assert (await bookable(people.beat), await bookable(people.chiara)) == (["Eiger"], [])
    await team.delete(people.anna.viewer)
    assert await bookable(people.beat) == [], "nobody books for a team that is gone"


async def test_a_team_from_elsewhere_cant_be_chosen(people: People) -> None:
    foreign = await Team.create(people.erik.viewer, TeamDescription("Theirs"))
    with pytest.raises(NotFound):
        await Resource.create(people.anna.viewer, Description("Eiger", booking=TEAMS, teams=(foreign.id,)))
    assert await Resource.of(people.anna.organisation.id) == []


async def test_the_archive_frees_the_name_until_it_is_wanted_back(people: People) -> None:
    room = await Resource.create(people.anna.viewer, EIGER)
    with pytest.raises(NameTaken):
        await Resource.create(people.anna.viewer, Description("eiger"))
    archived = await room.archive(people.anna.viewer)
    assert await bookable(people.beat) == []
    assert [one.name for one in await Resource.of(people.anna.organisation.id, archived=True)] == ["Eiger"]
    second = await Resource.create(people.anna.viewer, Description("eiger"))
    with pytest.raises(NameTaken):
        await archived.undo(people.anna.viewer)
    await second.archive(people.anna.viewer)
    await room.restore(people.anna.viewer)
    assert await bookable(people.beat) == ["Eiger"]


async def test_only_administrators_look_after_them(people: People) -> None:
    room = await Resource.create(people.anna.viewer, EIGER)
    for work in (Resource.create(people.beat.viewer, Description("Mine")), room.describe(people.beat.viewer, EIGER), room.archive(people.beat.viewer)):
        with pytest.raises(NotFound):
            await work


def test_a_list_of_things_is_read_as_people_type_it() -> None:
    assert items_of(" Screen ,  Two  lights\nTripod,, Screen") == ("Screen", "Two lights", "Tripod")
