"""Channels, direct conversations, who is in them, and what each person's lists say."""

from __future__ import annotations

import asyncio

import pytest

from app import database
from app.models.base import NotFound, Refused
from app.models.chat import Channel, Message, looking_after, members, places
from app.models.chat.channel import NameRefused, channel_name
from app.models.chat.direct import between
from app.models.chat.looking_after import Settings
from tests.people import People

pytestmark = pytest.mark.anyio


async def general(people: People) -> Channel:
    id_ = await database.fetch_value("SELECT id FROM channel WHERE org_id = $1 AND sole_key = 'general'", people.anna.organisation.id)
    return await Channel.seen_by(people.anna.viewer, id_)


async def test_members_come_into_the_general_channel_and_guests_do_not(people: People) -> None:
    channel = await general(people)
    inside = {person["id"] for person in await members.people_in(channel)}
    assert inside == {people.anna.id, people.beat.id, people.chiara.id, people.david.id}
    with pytest.raises(Refused):
        await members.leave(people.anna.viewer, channel)
    with pytest.raises(NotFound):
        await Channel.seen_by(people.gina.viewer, channel.id)


@pytest.mark.parametrize(("typed", "name"), [("#Launch 2027", "launch-2027"), ("  Équipe   Genève ", "équipe-genève"), ("a_b.c", "a_b.c")])
def test_names_of_channels(typed: str, name: str) -> None:
    assert channel_name(typed) == name


@pytest.mark.parametrize("typed", ["", "#", "  ", "a/b", "<b>", "x" * 81, "@all", "\u202eabc"])
def test_names_that_no_channel_has(typed: str) -> None:
    with pytest.raises(NameRefused):
        channel_name(typed)


async def test_a_name_is_given_once_in_an_organisation(people: People) -> None:
    await Channel.start(people.anna.viewer, "public", "launch")
    with pytest.raises(NameRefused):
        await Channel.start(people.beat.viewer, "private", "Launch")
    assert (await Channel.start(people.erik.viewer, "public", "launch")).org_id == people.erik.organisation.id


async def test_starting_twice_with_one_key_starts_one_channel(people: People) -> None:
    first = await Channel.start(people.anna.viewer, "public", "launch", key="k1")
    assert (await Channel.start(people.anna.viewer, "public", "launch", key="k1")).id == first.id


async def test_private_channels_are_for_their_members(people: People) -> None:
    channel = await Channel.start(people.anna.viewer, "private", "board", people=[people.beat.id, people.erik.id])
    assert {person["id"] for person in await members.people_in(channel)} == {people.anna.id, people.beat.id}
    for outsider in (people.chiara, people.gina, people.erik):
        with pytest.raises(NotFound):
            await Channel.seen_by(outsider.viewer, channel.id)
    command = await members.leave(people.beat.viewer, await Channel.seen_by(people.beat.viewer, channel.id))
    with pytest.raises(NotFound):
        await Channel.seen_by(people.beat.viewer, channel.id)
    await command.undo(people.beat.viewer)
    assert (await Channel.seen_by(people.beat.viewer, channel.id)).member_id


async def test_guests_find_no_public_channels_and_start_none(people: People) -> None:
    channel = await Channel.start(people.anna.viewer, "public", "launch")
    assert [one["name"] for one in await places.public_channels(people.beat.viewer)] == ["general", "launch"]
    assert await places.public_channels(people.gina.viewer) == []
    with pytest.raises(NotFound):
        await Channel.seen_by(people.gina.viewer, channel.id)
    with pytest.raises(Refused):
        await Channel.start(people.gina.viewer, "public", "mine")


async def test_guests_write_only_to_people_of_their_channels(people: People) -> None:
    with pytest.raises(NotFound):
        await between(people.gina.viewer, [people.anna.id])
    assert people.anna.id not in [person["id"] for person in await members.people_for(people.gina.viewer)]
    channel = await Channel.start(people.anna.viewer, "private", "with-gina")
    await members.add(people.anna.viewer, channel, [people.gina.id])
    assert [person["id"] for person in await members.people_for(people.gina.viewer, "an")] == [people.anna.id]
    conversation = await between(people.gina.viewer, [people.anna.id])
    assert conversation.is_direct
    with pytest.raises(NotFound):
        await between(people.gina.viewer, [people.anna.id, people.beat.id])


async def test_two_people_who_start_at_once_get_one_conversation(people: People) -> None:
    made = await asyncio.gather(*(
        between(person.viewer, [other.id]) for person, other in [(people.anna, people.beat), (people.beat, people.anna)] * 4
    ))
    assert len({channel.id for channel in made}) == 1
    assert await members.count_in(made[0]) == 2


async def test_conversations_with_oneself_and_in_groups(people: People) -> None:
    alone = await between(people.anna.viewer, [])
    assert (await between(people.anna.viewer, [people.anna.id])).id == alone.id
    group = await between(people.anna.viewer, [people.beat.id, people.chiara.id])
    assert (await places.title_of(people.anna.viewer, group.id))["title"] == "Beat, Chiara"
    with pytest.raises(NotFound):
        await between(people.anna.viewer, [people.erik.id])
    with pytest.raises(Refused):
        await between(people.anna.viewer, list(range(1, 12)))


async def test_what_is_new_is_counted_for_each_person(people: People) -> None:
    channel = await general(people)
    await Message.post(channel, people.anna.viewer, "Good morning @Beat Keller")
    direct = await between(people.anna.viewer, [people.beat.id])
    for text in ("Hi", "Are you there?"):
        await Message.post(direct, people.anna.viewer, text)
    mine = await places.places_of(people.beat.viewer)
    assert [(one["title"], one["count"], one["is_new"]) for one in mine.everything] == [("general", 1, True), ("Anna Alpha", 2, True)]
    assert await places.count_for(people.beat.viewer) == 3
    assert await places.count_for(people.chiara.viewer) == 0
    assert (await places.places_of(people.chiara.viewer)).channels[0]["is_new"]
    waiting = await Channel.unread_for(people.beat.viewer)
    assert [(one["name"], one["unread"], one["mentions"], one["snippet"]) for one in waiting] == [
        ("Anna Alpha", 2, 0, "Are you there?"), ("general", 1, 1, "Anna Alpha: Good morning @Beat Keller"),
    ]
    await members.mark(people.beat.viewer, direct, "muted_at", True)
    assert await places.count_for(people.beat.viewer) == 1


async def test_a_conversation_that_was_put_away_comes_back_when_someone_writes(people: People) -> None:
    direct = await between(people.anna.viewer, [people.beat.id])
    await members.mark(people.beat.viewer, direct, "hidden_at", True)
    assert not (await places.places_of(people.beat.viewer)).direct
    await Message.post(direct, people.anna.viewer, "Hello again")
    assert (await places.places_of(people.beat.viewer)).direct


async def test_names_and_descriptions_change_and_change_back(people: People) -> None:
    channel = await Channel.start(people.anna.viewer, "public", "launch", "Until March", people=[people.beat.id])
    await looking_after.arrange(people.beat.viewer, await Channel.seen_by(people.beat.viewer, channel.id), Settings("Launch 2027", description="Until April"))
    from app.models.command import Command

    await (await Command.recent(people.beat.viewer))[0].undo(people.beat.viewer)
    again = await Channel.seen_by(people.anna.viewer, channel.id)
    assert (again.name, again.description) == ("launch", "Until March")
