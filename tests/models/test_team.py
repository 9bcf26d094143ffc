"""Work teams: who is in them, who may change that, and the search."""

from __future__ import annotations

import pytest

from app import database
from app.models import member
from app.models.base import NotFound, Refused
from app.models.command import Command
from app.models.search import search, visible_scopes
from app.models.team import Description, NameTaken, Team, set_teams, teams_of
from tests.people import People, Person


async def team_of(people: People, *members: Person, is_open: bool = False) -> Team:
    """A team called Sales."""
    return await Team.create(people.anna.viewer, Description("Sales", "Sells", 3, is_open), [one.id for one in members])


async def inside(team: Team) -> list[str]:
    return [one["given_name"] for one in await team.members()]


async def last(someone: Person) -> Command:
    return (await Command.recent(someone.viewer))[0]


async def test_people_come_and_go_and_it_is_taken_back(people: People) -> None:
    team = await team_of(people, people.beat)
    assert await team.add(people.anna.viewer, [people.chiara.id, people.beat.id]) == [people.chiara.id]
    await (await last(people.anna)).undo(people.anna.viewer)
    assert await inside(team) == ["Beat"]
    await (await team.remove_member(people.anna.viewer, people.beat.id)).undo(people.anna.viewer)
    assert await inside(team) == ["Beat"]


async def test_guests_and_outsiders_are_in_no_team(people: People) -> None:
    team = await team_of(people, people.beat, is_open=True)
    assert await team.add(people.anna.viewer, [people.gina.id, people.erik.id]) == []
    for stranger in (people.gina, people.erik):
        with pytest.raises(NotFound):
            await Team.seen_by(stranger.viewer, team.id)
        with pytest.raises(NotFound):
            await team.join(stranger.viewer) if stranger is people.gina else await team.add(stranger.viewer, [stranger.id])
    assert await inside(team) == ["Beat"]


async def test_only_open_teams_are_joined(people: People) -> None:
    team = await team_of(people)
    with pytest.raises(Refused, match="isn’t open"):
        await team.join(people.beat.viewer)
    await team.describe(people.anna.viewer, Description("Sales", is_open=True))
    joined = await team.join(people.beat.viewer)
    assert await inside(team) == ["Beat"]
    await joined.undo(people.beat.viewer)
    assert await inside(team) == []


async def test_who_leads_a_team_changes_it_but_doesnt_delete_it(people: People) -> None:
    team = await team_of(people, people.beat, people.chiara)
    mine = await Team.seen_by(people.beat.viewer, team.id)
    with pytest.raises(NotFound):
        await mine.describe(people.beat.viewer, Description("Mine"))
    await team.lead(people.anna.viewer, people.beat.id, True)
    mine = await Team.seen_by(people.beat.viewer, team.id)
    await mine.describe(people.beat.viewer, Description("Mine"))
    added = await mine.add(people.beat.viewer, [people.david.id])
    assert added == [people.david.id] and await inside(team) == ["Beat", "Chiara", "David"]
    with pytest.raises(NotFound):
        await mine.delete(people.beat.viewer)


async def test_who_no_longer_leads_it_cant_undo(people: People) -> None:
    team = await team_of(people, people.beat, people.chiara)
    await team.lead(people.anna.viewer, people.beat.id, True)
    mine = await Team.seen_by(people.beat.viewer, team.id)
    removed = await mine.remove_member(people.beat.viewer, people.chiara.id)
    await team.lead(people.anna.viewer, people.beat.id, False)
    with pytest.raises(Refused, match="no longer change"):
        await removed.undo(people.beat.viewer)
    assert await inside(team) == ["Beat"]


async def test_a_member_leaves_by_themselves_and_takes_nobody_along(people: People) -> None:
    team = await team_of(people, people.beat, people.chiara)
    mine = await Team.seen_by(people.beat.viewer, team.id)
    with pytest.raises(NotFound):
        await mine.remove_member(people.beat.viewer, people.chiara.id)
    left = await mine.remove_member(people.beat.viewer, people.beat.id)
    await left.undo(people.beat.viewer)
    assert await inside(team) == ["Beat", "Chiara"]


async def test_names_are_given_once_whatever_the_case_until_a_team_is_deleted(people: People) -> None:
    team = await team_of(people)
    with pytest.raises(NameTaken):
        await Team.create(people.anna.viewer, Description("SÀLES"))
    deleted = await team.delete(people.anna.viewer)
    other = await Team.create(people.anna.viewer, Description("sales"))
    with pytest.raises(NameTaken):
        await deleted.undo(people.anna.viewer)
    await other.delete(people.anna.viewer)
    await (await Command.get(deleted.id)).undo(people.anna.viewer)
    assert [one["name"] for one in await teams_of(people.anna.organisation.id)] == ["Sales"]


async def test_the_same_request_twice_makes_one_team(people: People) -> None:
    first = await Team.create(people.anna.viewer, Description("Sales"), key="k")
    assert (await Team.create(people.anna.viewer, Description("Sales"), key="k")).id == first.id


async def test_an_administrator_sets_all_teams_of_somebody_and_takes_it_back(people: People) -> None:
    sales = await team_of(people, people.beat)
    lab = await Team.create(people.anna.viewer, Description("Lab"))
    await sales.lead(people.anna.viewer, people.beat.id, True)
    changed = await set_teams(people.anna.viewer, people.beat.id, [lab.id])
    assert (await inside(sales), await inside(lab)) == ([], ["Beat"])
    await changed.undo(people.anna.viewer)
    assert (await inside(sales), await inside(lab)) == (["Beat"], [])
    assert (await Team.seen_by(people.beat.viewer, sales.id)).is_led, "they lead it again"
    with pytest.raises(Refused):
        await set_teams(people.anna.viewer, people.gina.id, [lab.id])
    with pytest.raises(NotFound):
        await set_teams(people.beat.viewer, people.beat.id, [lab.id])


async def test_teams_are_found_by_colleagues_only(people: People) -> None:
    team = await team_of(people)

    async def found(someone: Person) -> list[int]:
        return [hit.id for hit in await search(await visible_scopes(someone.viewer), someone.organisation.id, "sales")]

    assert await found(people.beat) == [team.id]
    assert await found(people.gina) == await found(people.erik) == []
    await team.delete(people.anna.viewer)
    assert await found(people.beat) == []


async def test_who_is_disabled_isnt_shown_and_is_back_when_enabled(people: People) -> None:
    team = await team_of(people, people.beat)
    await member.disable(people.anna.viewer, [people.beat.id])
    assert await inside(team) == [] and await team.count_members() == 0
    await member.enable(people.anna.viewer, [people.beat.id])
    assert await inside(team) == ["Beat"]
    assert await database.fetch_value("SELECT COUNT(*) FROM team_member") == 1
