"""Who may do what with a channel, and that it can be taken back."""

from __future__ import annotations

import pytest

from app import database
from app.lib import clock
from app.models.base import NotFound, Refused
from app.models.chat import Channel, Message, categories, looking_after, members, places
from app.models.chat.channel import NameRefused
from app.models.chat.looking_after import Settings
from app.models.command import Command
from tests.people import People, Person

pytestmark = pytest.mark.anyio


async def seen(person: Person, channel: Channel) -> Channel:
    return await Channel.seen_by(person.viewer, channel.id)


async def launch(people: People, kind: str = "public") -> Channel:
    return await Channel.start(people.beat.viewer, kind, "launch", people=[people.anna.id, people.chiara.id, people.gina.id])


async def test_a_header_is_rendered_and_guests_change_nothing(people: People) -> None:
    channel = await launch(people)
    await looking_after.arrange(people.chiara.viewer, await seen(people.chiara, channel), Settings(header="See the **plan** <b>x</b>"))
    shown = await seen(people.anna, channel)
    assert "<strong>plan</strong>" in shown.header_html and "<b>" not in shown.header_html
    for settings in (Settings(name="other"), Settings(header="mine"), Settings(description="mine")):
        with pytest.raises(Refused):
            await looking_after.arrange(people.gina.viewer, await seen(people.gina, channel), settings)
    assert (await seen(people.gina, channel)).name == "launch"


async def test_a_channel_is_closed_by_those_who_look_after_it_and_opened_by_chat_managers(people: People) -> None:
    channel = await launch(people)
    with pytest.raises(Refused):
        await looking_after.arrange(people.chiara.viewer, await seen(people.chiara, channel), Settings(kind="private"))
    await looking_after.set_role(people.beat.viewer, await seen(people.beat, channel), people.chiara.id, True)
    await looking_after.arrange(people.chiara.viewer, await seen(people.chiara, channel), Settings(kind="private"))
    with pytest.raises(NotFound):
        await Channel.seen_by(people.david.viewer, channel.id)
    with pytest.raises(Refused):
        await looking_after.arrange(people.beat.viewer, await seen(people.beat, channel), Settings(kind="public"))
    await looking_after.arrange(people.anna.viewer, await seen(people.anna, channel), Settings(kind="public"))
    assert (await seen(people.david, channel)).kind == "public"


async def test_guests_never_look_after_a_channel(people: People) -> None:
    channel = await launch(people)
    with pytest.raises(Refused):
        await looking_after.set_role(people.beat.viewer, await seen(people.beat, channel), people.gina.id, True)
    assert not looking_after.looks_after(people.gina.viewer, await seen(people.gina, channel))


async def test_an_archived_channel_is_read_but_not_written(people: People) -> None:
    channel = await launch(people)
    mine = await seen(people.anna, channel)
    await Message.post(mine, people.anna.viewer, "before")
    await looking_after.archive(people.beat.viewer, await seen(people.beat, channel))
    with pytest.raises(Refused, match="archived"):
        await Message.post(mine, people.anna.viewer, "a second too late")
    assert channel.id not in {row["id"] for row in (await places.places_of(people.anna.viewer)).everything}
    assert [row["id"] for row in await places.public_channels(people.anna.viewer, archived=True)] == [channel.id]
    assert await places.public_channels(people.gina.viewer, archived=True) == []
    await looking_after.restore(people.beat.viewer, await seen(people.beat, channel))
    await Message.post(mine, people.anna.viewer, "after")
    with pytest.raises(Refused):
        await looking_after.archive(people.chiara.viewer, await seen(people.chiara, channel))


async def test_the_channel_of_all_members_stays(people: People) -> None:
    id_ = await database.fetch_value("SELECT id FROM channel WHERE org_id = $1 AND sole_key = 'general'", people.anna.viewer.org_id)
    general = await Channel.seen_by(people.anna.viewer, id_)
    for work in (looking_after.archive(people.anna.viewer, general), looking_after.delete(people.anna.viewer, general, general.name),
                 members.leave(people.anna.viewer, general), looking_after.arrange(people.anna.viewer, general, Settings(kind="private"))):
        with pytest.raises(Refused):
            await work


async def test_a_deleted_channel_comes_back_or_is_erased(people: People) -> None:
    channel = await launch(people)
    message_id = await Message.post(await seen(people.anna, channel), people.anna.viewer, "kept?")
    with pytest.raises(Refused, match="name"):
        await looking_after.delete(people.beat.viewer, await seen(people.beat, channel), "something")
    command = await looking_after.delete(people.beat.viewer, await seen(people.beat, channel), "launch")
    with pytest.raises(NotFound):
        await Message.found(people.anna.viewer, message_id)
    other = await launch(people)
    with pytest.raises(NameRefused):
        await command.undo(people.beat.viewer)
    await looking_after.delete(people.beat.viewer, await seen(people.beat, other), "launch")
    await (await Command.get(command.id)).undo(people.beat.viewer)
    assert (await Message.found(people.anna.viewer, message_id)).text == "kept?"
    await database.execute("UPDATE channel SET deleted_at = $1 WHERE id = $2", clock.now() - 31 * clock.DAY, other.id)
    await looking_after.erase_deleted()
    assert await Channel.find(other.id) is None and await Channel.find(channel.id) is not None


async def test_everybody_arranges_their_own_list(people: People) -> None:
    channel, other = await launch(people), await Channel.start(people.beat.viewer, "public", "zoo", people=[people.anna.id])
    anna = people.anna.viewer
    made = await categories.make(anna, "Projects", await seen(people.anna, channel))
    await categories.place(anna, await seen(people.anna, other), str(made.id), [other.id, channel.id])
    (shown,) = (await places.places_of(anna)).categories
    assert [row["id"] for row in shown["places"]] == [other.id, channel.id]
    assert (await places.places_of(people.beat.viewer)).categories == []
    with pytest.raises(NotFound):
        await categories.place(people.beat.viewer, await seen(people.beat, channel), str(made.id))
    command = await categories.remove(anna, made)
    assert (await places.places_of(anna)).categories == []
    await command.undo(anna)
    assert len((await places.places_of(anna)).categories[0]["places"]) == 2
    await categories.place(anna, await seen(people.anna, channel), "favourites")
    assert [row["id"] for row in (await places.places_of(anna)).favourites] == [channel.id]


async def test_slow_mode_makes_members_wait(people: People) -> None:
    channel = await launch(people)
    await looking_after.arrange(people.beat.viewer, await seen(people.beat, channel), Settings(slow_seconds=60))
    mine = await seen(people.chiara, channel)
    await Message.post(mine, people.chiara.viewer, "one")
    with pytest.raises(Refused, match="slow mode"):
        await Message.post(mine, people.chiara.viewer, "two")
    for person in (people.beat, people.anna):
        for text in ("one", "two"):
            await Message.post(await seen(person, channel), person.viewer, text)
    await database.execute("UPDATE message SET created_at = created_at - 61000 WHERE author_id = $1", people.chiara.id)
    await Message.post(mine, people.chiara.viewer, "three")
