"""What is written, changed, taken back, reacted to and read."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app import database
from app.lib import clock
from app.models.announcements import announced
from app.models.base import NotFound, Refused
from app.models.chat import Channel, Message, log, members, reactions, reading
from app.models.command import UNDO_FOR, Command
from app.models.search import search, visible_scopes
from tests.people import People, Person

pytestmark = pytest.mark.anyio


@pytest.fixture
async def launch(people: People) -> Channel:
    return await Channel.start(people.anna.viewer, "private", "launch", people=[people.beat.id, people.chiara.id])


async def say(channel: Channel, person: Person, text: str, **more: Any) -> int:
    return await Message.post(await Channel.seen_by(person.viewer, channel.id), person.viewer, text, **more)


async def test_a_message_is_posted_once_for_one_key(people: People, launch: Channel) -> None:
    ids = await asyncio.gather(*(say(launch, people.anna, "Hello", key="one") for _ in range(5)))
    assert len(set(ids)) == 1
    assert await database.fetch_value("SELECT COUNT(*) FROM message WHERE channel_id = $1", launch.id) == 1


async def test_ids_are_in_the_order_of_commits(people: People, launch: Channel) -> None:
    ids = await asyncio.gather(*(say(launch, person, f"{n}") for n in range(10) for person in (people.anna, people.beat)))
    assert (await Channel.get(launch.id)).last_message_id == max(ids)


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 20_001, "x" * 100_000])
async def test_texts_that_are_refused(people: People, launch: Channel, text: str) -> None:
    with pytest.raises(Refused):
        await say(launch, people.anna, text)


@pytest.mark.parametrize("text", ["Z̷̢̈́a̶l̸g̴o̵" * 200, "\u202eright to left\u202c", "שלום עולם", "\x00nul", "👨‍👩‍👧‍👦", "a" * 20_000])
async def test_odd_texts_are_kept(people: People, launch: Channel, text: str) -> None:
    id_ = await say(launch, people.anna, text)
    assert (await Message.get(id_)).text == text.replace("\x00", "")


async def test_nobody_writes_in_a_channel_that_they_just_left(people: People, launch: Channel) -> None:
    seen = await Channel.seen_by(people.beat.viewer, launch.id)
    await members.leave(people.beat.viewer, seen)
    with pytest.raises(NotFound):
        await Message.post(seen, people.beat.viewer, "One more thing")


async def test_people_are_named_by_their_names(people: People, launch: Channel) -> None:
    id_ = await say(launch, people.anna, "@Beat Keller and @chiara, see `@Anna` and @David Ngo and x@Beat Keller")
    html = (await Message.get(id_)).html
    assert html.count('class="mention"') == 2
    named = await database.fetch("SELECT account_id FROM mention WHERE message_id = $1", id_)
    assert {row["account_id"] for row in named} == {people.beat.id, people.chiara.id}


async def test_a_thousand_names(people: People, launch: Channel) -> None:
    id_ = await say(launch, people.anna, "@Beat Keller " * 1000)
    assert await database.fetch_value("SELECT COUNT(*) FROM mention WHERE message_id = $1", id_) == 1


async def test_editing_keeps_what_was_said_before(people: People, launch: Channel) -> None:
    message = await Message.found(people.anna.viewer, await say(launch, people.anna, "Tuesday"))
    command = await message.edit(people.anna.viewer, "Wednesday @Beat")
    shown = await log.shown(launch.id, message.id)
    assert "Wednesday" in shown["html"] and shown["edited_at"]
    assert [row["text"] for row in await database.fetch("SELECT text FROM message_version WHERE message_id = $1", message.id)] == ["Tuesday"]
    with pytest.raises(Refused):
        await (await Message.found(people.beat.viewer, message.id)).edit(people.beat.viewer, "Friday")
    await command.undo(people.anna.viewer)
    assert (await Message.get(message.id)).text == "Tuesday"


async def test_deleting_leaves_a_trace_and_can_be_undone(people: People, launch: Channel) -> None:
    message = await Message.found(people.beat.viewer, await say(launch, people.beat, "@Anna wrong channel"))
    with pytest.raises(Refused):
        await (await Message.found(people.chiara.viewer, message.id)).take_back(people.chiara.viewer)
    command = await message.take_back(people.beat.viewer)
    assert (await log.shown(launch.id, message.id))["deleted_at"]
    assert not await _hits(people.anna, "wrong")
    await command.undo(people.beat.viewer)
    assert not (await log.shown(launch.id, message.id))["deleted_at"]
    assert await _hits(people.anna, "wrong")
    assert await database.fetch_value("SELECT COUNT(*) FROM mention WHERE message_id = $1", message.id) == 1


async def test_words_that_were_deleted_are_forgotten_in_the_end(people: People, launch: Channel) -> None:
    message = await Message.found(people.anna.viewer, await say(launch, people.anna, "secret"))
    await message.take_back(people.anna.viewer)
    with clock.at(clock.now() + UNDO_FOR + clock.DAY):
        await Message.erase_deleted()
    assert (await Message.get(message.id)).text == ""


async def test_only_those_who_may_read_find_messages(people: People, launch: Channel) -> None:
    await say(launch, people.anna, "The budget of the launch")
    assert await _hits(people.beat, "budget")
    assert not await _hits(people.david, "budget")
    assert not await _hits(people.erik, "budget")


async def _hits(person: Person, words: str) -> list[Any]:
    return await search(await visible_scopes(person.viewer, ["message"]), person.viewer.org_id, words, ["message"])


async def test_twenty_people_react_at_once(people: People, launch: Channel) -> None:
    id_ = await say(launch, people.anna, "Done!")
    heard: list[dict[str, Any]] = []
    announced("message.changed")(heard.append)
    three = (people.anna, people.beat, people.chiara)
    emojis = ["👍", "🎉", "🚀", "👏", "🔥", "💯", "✅"]

    async def react(person: Person, emoji: str) -> None:
        await reactions.react(person.viewer, await Message.found(person.viewer, id_), emoji)

    await asyncio.gather(*(react(person, emoji) for emoji in emojis for person in three for _ in range(2)))
    latest = max((one for one in heard if one["id"] == id_), key=lambda one: one["changed"])
    assert latest["reactions"] == (await log.shown(launch.id, id_))["reactions"]
    assert {one["emoji"]: len(one["who"]) for one in latest["reactions"]} == dict.fromkeys(emojis, 3)
    await reactions.unreact(people.anna.viewer, await Message.found(people.anna.viewer, id_), "👍")
    left = {one["emoji"]: len(one["who"]) for one in (await log.shown(launch.id, id_))["reactions"]}
    assert left == {**dict.fromkeys(emojis, 3), "👍": 2}
    with pytest.raises(Refused):
        await react(people.anna, "<script>")


async def test_the_log_is_read_in_pieces_both_ways(people: People, launch: Channel) -> None:
    ids = [await say(launch, people.anna, str(n)) for n in range(30)]

    def of(piece: log.Piece) -> list[int]:
        return [one["id"] for one in piece.messages]

    newest = await log.newest(launch.id, 10)
    assert of(newest) == ids[20:] and newest.has_before and not newest.has_after
    assert of(await log.before(launch.id, ids[20], 10)) == ids[10:20]
    first = await log.before(launch.id, ids[10], 10)
    assert of(first) == ids[:10] and not first.has_before
    assert of(await log.after(launch.id, ids[9], 10)) == ids[10:20]
    middle = await log.around(launch.id, ids[15], 10)
    assert of(middle) == ids[11:21] and middle.has_before and middle.has_after


async def test_a_page_that_was_away_learns_of_everything(people: People, launch: Channel) -> None:
    with clock.at(clock.now()):
        message = await Message.found(people.anna.viewer, await say(launch, people.anna, "first"))
    since = (await log.shown(launch.id, message.id))["changed"]
    await message.edit(people.anna.viewer, "first, better")
    second = await say(launch, people.beat, "second")
    changed = await log.changes(launch.id, since)
    assert changed is not None and [one["id"] for one in changed] == [message.id, second]


async def test_reading_moves_on_and_back_only_on_purpose(people: People, launch: Channel) -> None:
    ids = [await say(launch, people.anna, str(n)) for n in range(4)]

    async def read_up_to() -> int | None:
        return (await Channel.seen_by(people.beat.viewer, launch.id)).read_up_to

    channel = await Channel.seen_by(people.beat.viewer, launch.id)
    await reading.read(people.beat.viewer, channel, ids[2])
    await reading.read(people.beat.viewer, channel, ids[1])
    assert await read_up_to() == ids[2]
    await reading.read(people.beat.viewer, channel, 2**53)
    assert await read_up_to() == ids[3]
    await reading.unread_from(people.beat.viewer, await Message.found(people.beat.viewer, ids[1]))
    assert await read_up_to() == ids[0]


async def test_a_deletion_is_in_what_i_did(people: People, launch: Channel) -> None:
    message = await Message.found(people.anna.viewer, await say(launch, people.anna, "oops"))
    await message.take_back(people.anna.viewer)
    assert (await Command.recent(people.anna.viewer))[0].what == "oops"
