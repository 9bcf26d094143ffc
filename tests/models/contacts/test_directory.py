"""Directories: the members of each organisation that one belongs to, always in step, and nobody's guests."""

from __future__ import annotations

import pytest

from app.models.account import Profile
from app.models.base import NotFound
from app.models.contacts import Directory, person_seen_by
from app.models.team import Description, Team
from tests.people import People


async def test_members_are_in_it_and_guests_are_not(people: People) -> None:
    [directory] = await Directory.all_for(people.beat.id)
    assert directory.name == "Directory of Alpina"
    assert [one.name for one in await directory.people()] == ["Anna Alpha", "Beat Keller", "Chiara Dotti", "David Ngo"]
    assert await directory.search("") == []
    assert await Directory.all_for(people.gina.id) == []
    with pytest.raises(NotFound):
        await Directory.seen_by(people.gina.id, directory.org_id)
    with pytest.raises(NotFound):
        await person_seen_by(people.erik.viewer, people.beat.membership.id)
    with pytest.raises(NotFound):
        await directory.person(people.gina.membership.id)


async def test_it_shows_what_people_say_of_themselves_at_once(people: People) -> None:
    [directory] = await Directory.all_for(people.beat.id)
    before = (await directory.person(people.anna.membership.id)).etag
    await people.anna.account.introduce(Profile("Anna", "Beta", "+41 44 1", "she/her"))
    await Team.create(people.anna.viewer, Description("Sales, West"), [people.anna.id])
    [anna] = await directory.search("beta")
    assert (anna.phone, anna.pronouns, anna.teams) == ("+41 44 1", "she/her", ["Sales, West"])
    assert "CATEGORIES:Sales\\, West\r\n" in anna.vcard and "FN:Anna Beta\r\n" in anna.vcard
    assert anna.etag != before
    assert (await directory.contact(anna.href)).id == anna.id


async def test_whoever_belongs_to_two_organisations_sees_both(people: People) -> None:
    await people.erik.organisation.admit(people.anna.account)
    assert [one.org_name for one in await Directory.all_for(people.anna.id)] == ["Alpina", "Nordlicht"]
    assert (await person_seen_by(people.anna.viewer, people.erik.membership.id)).name == "Erik Berg"


async def test_who_leaves_or_is_disabled_is_gone(people: People) -> None:
    [directory] = await Directory.all_for(people.anna.id)
    await people.david.account.disable()
    assert [one.name for one in await directory.people()] == ["Anna Alpha", "Beat Keller", "Chiara Dotti"]
    with pytest.raises(NotFound):
        await directory.person(people.david.membership.id)
