"""What people send by mistake or on purpose: too much, too many, too odd, too late, all at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app import database
from app.lib import clock
from app.lib.markdown import is_allowed
from app.models.base import NotFound, Refused
from app.models.chat import Channel, Message, forwarding, later, looking_after, members, pins, polls, reactions, threads
from tests.people import People, Person, person

pytestmark = pytest.mark.anyio


@pytest.fixture
async def launch(people: People) -> Channel:
    return await Channel.start(people.anna.viewer, "private", "launch", people=[people.beat.id, people.chiara.id])


async def seen(channel: Channel, who: Person) -> Channel:
    return await Channel.seen_by(who.viewer, channel.id)


BOMBS = [
    "> " * 3000 + "x", "- " * 3000 + "x", "[" * 10_000, "![" * 5000, "*" * 19_999, "`" * 9_999 + "a", "|" + "a|" * 4_900 + "\n|" + "-|" * 4_900, "@" * 19_000,
    ":" * 19_000, ":a:" * 6_000, "https://a.b/" * 1_500, "~~" * 9_000, "```python\n" + "(" * 15_000 + "\n```", ("```c\n" + "\n" * 500 + "```\n") * 30,
    "_a_" * 6_000, "\\" * 19_000, "&amp;" * 3_900, "<script>" * 2_000, "1. " * 6_000, "$" * 19_000, "\u202e" * 5_000, "Z\u0337\u0322\u0301a\u0336l\u0338g\u0334o\u0335 " * 1_500,
]


@pytest.mark.parametrize("text", BOMBS, ids=lambda text: repr(text[:12]))
async def test_a_markdown_bomb_becomes_a_message_soon(people: People, launch: Channel, text: str) -> None:
    root = await Message.post(launch, people.anna.viewer, "Here")
    began = asyncio.get_running_loop().time()
    id_ = await threads.reply(await seen(launch, people.beat), people.beat.viewer, root, text)
    assert asyncio.get_running_loop().time() - began < 20  # minutes or for ever, where it goes wrong
    assert is_allowed((await Message.get(id_)).html)


async def test_too_long_is_refused_everywhere_and_nothing_is_left_behind(people: People, launch: Channel) -> None:
    root = await Message.post(launch, people.anna.viewer, "Here")
    long, at = "x" * 100_000, clock.now() + clock.HOUR
    with pytest.raises(Refused):
        await threads.reply(launch, people.anna.viewer, root, long)
    with pytest.raises(Refused):
        await later.schedule(people.anna.viewer, launch, long, at)
    with pytest.raises(Refused):
        await polls.ask(people.anna.viewer, launch, long, ["a", "b"])
    with pytest.raises(Refused):
        await forwarding.forward(people.anna.viewer, await Message.found(people.anna.viewer, root), [launch], long)
    assert await database.fetch_value("SELECT COUNT(*) FROM message") == 1
    assert (await Message.get(root)).replies == 0


async def test_a_thousand_names_and_ids_that_lie(people: People, launch: Channel) -> None:
    id_ = await Message.post(launch, people.anna.viewer, "@Beat Keller @channel @here " * 500, named=[*range(1, 500), people.erik.id, people.gina.id, -1, -2])
    named = {row["account_id"] for row in await database.fetch("SELECT account_id FROM mention WHERE message_id = $1", id_)}
    assert named == {people.anna.id, people.beat.id, people.chiara.id}


async def test_twenty_people_react_with_the_same_emoji_at_once(people: People, launch: Channel) -> None:
    crowd = [await person(people.anna.organisation, f"p{n}@alpina.example", f"P{n}", "Crowd") for n in range(20)]
    await launch.take_in([one.id for one in crowd])
    id_ = await Message.post(launch, people.anna.viewer, "Who is in?")
    found = [(one.viewer, await Message.found(one.viewer, id_)) for one in crowd]
    await asyncio.gather(*(reactions.react(viewer, message, "👍") for viewer, message in found for _ in range(2)))
    assert await database.fetch_value("SELECT COUNT(*) FROM reaction WHERE message_id = $1", id_) == 20
    await asyncio.gather(*(reactions.unreact(viewer, message, "👍") for viewer, message in found))
    assert await database.fetch_value("SELECT COUNT(*) FROM reaction WHERE message_id = $1", id_) == 0


async def test_nothing_is_written_into_a_channel_archived_a_second_ago(people: People, launch: Channel) -> None:
    viewer, open_still = people.beat.viewer, await seen(launch, people.beat)
    root = await Message.post(launch, people.anna.viewer, "Last words")
    message = await Message.found(viewer, root)
    await looking_after.archive(people.anna.viewer, await seen(launch, people.anna))
    attempts: list[Any] = [
        Message.post(open_still, viewer, "One more"), threads.reply(open_still, viewer, root, "One more"), polls.ask(viewer, open_still, "Well?", ["a", "b"]),
        forwarding.forward(viewer, message, [open_still]),
    ]
    for attempt in attempts:
        with pytest.raises((Refused, NotFound)):
            await attempt
    with pytest.raises((Refused, NotFound)):
        await pins.pin(viewer, await Message.found(viewer, root), True)
    assert await database.fetch_value("SELECT COUNT(*) FROM message") == 1


async def test_guests_do_in_their_channel_what_members_do_and_nothing_beyond(people: People, launch: Channel) -> None:
    """GUEST-11, -13, -14, -18, -20, -21."""
    await launch.take_in([people.gina.id])
    gina, own = people.gina.viewer, await seen(launch, people.gina)
    id_ = await Message.post(own, gina, "Hello from outside")
    await pins.pin(gina, await Message.found(gina, id_), True)
    await threads.reply(own, gina, id_, "And an answer")
    await members.mark(gina, own, "favourite_at", True)
    await members.mark(gina, own, "muted_at", True)
    other = await Channel.start(people.anna.viewer, "public", "other")
    hidden = await Message.post(other, people.anna.viewer, "For members")
    for attempt in (Channel.seen_by(gina, other.id), Message.found(gina, hidden)):
        with pytest.raises(NotFound):
            await attempt
    with pytest.raises(Refused):
        await members.add(gina, own, [people.david.id])
    with pytest.raises((Refused, NotFound)):
        await threads.reply(other, gina, hidden, "May I?")
