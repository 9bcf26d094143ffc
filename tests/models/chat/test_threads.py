"""Threads, and what else people do with messages: pins, saved ones, confirmations, handing on, polls, what is sent later."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app import database
from app.lib import clock
from app.models.base import NotFound, Refused
from app.models.chat import (
    Channel,
    Message,
    across,
    drafts,
    forwarding,
    later,
    levels,
    log,
    members,
    pins,
    places,
    polls,
    receipts,
    saved,
    threads,
)
from app.models.chat.direct import between
from app.models.search import search, visible_scopes
from tests.people import People, Person

pytestmark = pytest.mark.anyio


@pytest.fixture
async def launch(people: People) -> Channel:
    return await Channel.start(people.anna.viewer, "private", "launch", people=[people.beat.id, people.chiara.id])


async def say(channel: Channel, person: Person, text: str, **more: Any) -> int:
    return await Message.post(await Channel.seen_by(person.viewer, channel.id), person.viewer, text, **more)


async def answer(channel: Channel, person: Person, root: int, text: str, **more: Any) -> int:
    return await threads.reply(await Channel.seen_by(person.viewer, channel.id), person.viewer, root, text, **more)


async def found(person: Person, id_: int) -> Message:
    return await Message.found(person.viewer, id_)


async def kinds_told(person: Person) -> list[str]:
    rows = await database.fetch("SELECT kind FROM notification WHERE account_id = $1 ORDER BY id", person.id)
    return [row["kind"] for row in rows]


async def test_answers_stand_in_the_thread_and_not_in_the_channel(people: People, launch: Channel) -> None:
    root = await say(launch, people.anna, "Who has the key?")
    first = await answer(launch, people.beat, root, "I do")
    assert [one["id"] for one in (await log.newest(launch.id)).messages] == [root]
    assert [one["id"] for one in (await log.newest(launch.id, thread_id=root)).messages] == [first]
    shown = await log.shown(launch.id, root)
    assert (shown["replies"], [face["id"] for face in shown["faces"]]) == (1, [people.beat.id])
    assert (await Channel.get(launch.id)).last_message_id == root
    assert [one["id"] for one in await log.changes(launch.id, 0) or []] == [root]


async def test_a_thread_has_its_own_unread_and_its_own_followers(people: People, launch: Channel) -> None:
    root = await say(launch, people.anna, "Who has the key?")
    last = await answer(launch, people.beat, root, "I do")
    assert (await threads.count_for(people.anna.viewer), await threads.count_for(people.beat.viewer), await threads.count_for(people.chiara.viewer)) == (1, 0, 0)
    assert await kinds_told(people.anna) == ["chat.thread"]
    assert await places.count_for(people.anna.viewer) == 1
    await threads.read(people.anna.viewer, await found(people.anna, root), last)
    assert await threads.count_for(people.anna.viewer) == 0
    assert await database.fetch_value("SELECT COUNT(*) FROM notification WHERE account_id = $1 AND read_at IS NULL", people.anna.id) == 0

    await threads.follow(people.anna.viewer, await found(people.anna, root), False)
    await answer(launch, people.chiara, root, "@Beat thanks")
    assert await threads.count_for(people.anna.viewer) == 0
    assert await kinds_told(people.beat) == ["chat.mention"]
    (one,) = await threads.followed(people.beat.viewer, only_new=True)
    assert (one["root_id"], len(one["answers"])) == (root, 2)


async def test_whoever_leaves_hears_of_its_threads_no_more(people: People, launch: Channel) -> None:
    root = await say(launch, people.anna, "Who has the key?")
    await answer(launch, people.beat, root, "I do")
    await members.leave(people.beat.viewer, await Channel.seen_by(people.beat.viewer, launch.id))
    await answer(launch, people.anna, root, "Thanks")
    assert await threads.count_for(people.beat.viewer) == 0
    assert await threads.followed(people.beat.viewer) == []
    with pytest.raises(NotFound):
        await answer(launch, people.beat, root, "More")


async def test_answers_count_also_when_twenty_come_at_once_and_some_are_taken_back(people: People, launch: Channel) -> None:
    root = await say(launch, people.anna, "Hands up")
    ids = await asyncio.gather(*(answer(launch, person, root, f"{n}", key=f"{n}") for n in range(10) for person in (people.anna, people.beat)))
    assert (await Message.get(root)).replies == 20
    command = await (await found(people.anna, ids[0])).take_back(people.anna.viewer)
    assert (await Message.get(root)).replies == 19
    await command.undo(people.anna.viewer)
    assert (await Message.get(root)).replies == 20


async def test_no_thread_in_a_thread_nor_below_what_is_gone_or_elsewhere(people: People, launch: Channel) -> None:
    root = await say(launch, people.anna, "One")
    below = await answer(launch, people.anna, root, "Two")
    other = await Channel.start(people.anna.viewer, "private", "other")
    for channel, id_ in ((launch, below), (other, root), (launch, 1)):
        with pytest.raises(NotFound):
            await answer(channel, people.anna, id_, "Three")
    await (await found(people.anna, root)).take_back(people.anna.viewer)
    with pytest.raises(Refused):
        await answer(launch, people.anna, root, "Four")


async def test_pins_are_found_and_undone(people: People, launch: Channel) -> None:
    id_ = await say(launch, people.anna, "The address")
    command = await pins.pin(people.beat.viewer, await found(people.beat, id_), True)
    assert [one["id"] for one in await pins.pinned_in(launch.id)] == [id_]
    await command.undo(people.beat.viewer)
    assert await pins.pinned_in(launch.id) == []


async def test_guests_pin_where_they_are_and_nowhere_else(people: People, launch: Channel) -> None:
    """GUEST-11."""
    id_ = await say(launch, people.anna, "For the guest")
    with pytest.raises(NotFound):
        await found(people.gina, id_)
    await launch.take_in([people.gina.id])
    await pins.pin(people.gina.viewer, await found(people.gina, id_), True)
    assert len(await pins.pinned_in(launch.id)) == 1


async def test_saved_messages_are_ones_own_and_go_with_the_right_to_read(people: People, launch: Channel) -> None:
    id_ = await say(launch, people.anna, "Worth keeping")
    for _ in range(2):
        await saved.save(people.beat.viewer, await found(people.beat, id_), True)
    assert [one["id"] for one in (await saved.saved_by(people.beat.viewer))[0]] == [id_]
    assert (await saved.saved_by(people.anna.viewer))[0] == []
    await members.leave(people.beat.viewer, await Channel.seen_by(people.beat.viewer, launch.id))
    assert (await saved.saved_by(people.beat.viewer))[0] == []


async def test_readers_confirm_once_and_only_when_asked(people: People, launch: Channel) -> None:
    id_ = await say(launch, people.anna, "Fire drill at ten")
    with pytest.raises(Refused):
        await receipts.confirm(people.beat.viewer, await found(people.beat, id_))
    with pytest.raises(Refused):
        await receipts.ask(people.beat.viewer, await found(people.beat, id_), True)
    await receipts.ask(people.anna.viewer, await found(people.anna, id_), True)
    for person in (people.beat, people.beat, people.anna):
        await receipts.confirm(person.viewer, await found(person, id_))
    assert (await log.shown(launch.id, id_))["receipts"] == {"who": [people.beat.id], "names": ["Beat Keller"], "count": 1}


async def test_a_forwarded_message_says_whose_it_was_and_is_found(people: People, launch: Channel) -> None:
    id_ = await say(launch, people.anna, "The **marmot** is awake")
    direct = await between(people.beat.viewer, [people.david.id])
    (copy,) = await forwarding.forward(people.beat.viewer, await found(people.beat, id_), [direct])
    shown = await log.shown(direct.id, copy)
    assert (shown["forward"]["name"], shown["html"]) == ("Anna Alpha", "")
    assert "<strong>marmot</strong>" in shown["forward"]["html"]
    viewer = people.david.viewer
    assert [hit.id for hit in await search(await visible_scopes(viewer), viewer.org_id, "marmot")] == [copy]


async def test_a_poll_is_voted_on_by_many_at_once(people: People, launch: Channel) -> None:
    id_ = await polls.ask(people.anna.viewer, launch, "Lunch?", ["Pizza", "Soup", "Pizza"])
    everybody = (people.anna, people.beat, people.chiara)
    seen = [(person.viewer, await found(person, id_)) for _ in range(4) for person in everybody]
    await asyncio.gather(*(polls.vote(viewer, message, [n % 2]) for n, (viewer, message) in enumerate(seen)))
    await polls.vote(people.anna.viewer, await found(people.anna, id_), [0])
    poll = (await log.shown(launch.id, id_))["poll"]
    assert [answer["text"] for answer in poll["answers"]] == ["Pizza", "Soup"]
    assert poll["voters"] == sum(answer["count"] for answer in poll["answers"]) == 3
    for wrong in ([0, 1], [7], [-1]):
        with pytest.raises(Refused):
            await polls.vote(people.anna.viewer, await found(people.anna, id_), wrong)
    with pytest.raises(Refused):
        await polls.close(people.beat.viewer, await found(people.beat, id_))
    command = await polls.close(people.anna.viewer, await found(people.anna, id_))
    with pytest.raises(Refused):
        await polls.vote(people.beat.viewer, await found(people.beat, id_), [1])
    await command.undo(people.anna.viewer)
    await polls.vote(people.beat.viewer, await found(people.beat, id_), [])


async def test_an_anonymous_poll_names_nobody(people: People, launch: Channel) -> None:
    id_ = await polls.ask(people.anna.viewer, launch, "Are you happy?", ["Yes", "No"], is_anonymous=True)
    await polls.vote(people.beat.viewer, await found(people.beat, id_), [1])
    poll = (await log.shown(launch.id, id_))["poll"]
    assert [(answer["count"], answer["who"], answer["names"]) for answer in poll["answers"]] == [(0, [], []), (1, [], [])]


@pytest.mark.parametrize("answers", [[], ["One"], ["Same", "Same"], ["x" * 121, "y"], [str(n) for n in range(13)]])
async def test_polls_that_are_refused(people: People, launch: Channel, answers: list[str]) -> None:
    with pytest.raises(Refused):
        await polls.ask(people.anna.viewer, launch, "Well?", answers)


async def test_a_message_is_sent_later_once_and_not_into_a_closed_channel(people: People, launch: Channel) -> None:
    viewer, at = people.beat.viewer, clock.now() + clock.HOUR
    own = await Channel.seen_by(viewer, launch.id)
    await later.schedule(viewer, own, "Good morning @Anna", at)
    gone = await later.schedule(viewer, own, "Never mind", at)
    await gone.undo(viewer)
    await later.send_due()
    assert (await log.newest(launch.id)).messages == []
    with clock.at(at + 1):
        await asyncio.gather(later.send_due(), later.send_due())
    assert ["Good morning" in one["html"] for one in (await log.newest(launch.id)).messages] == [True]
    assert await kinds_told(people.anna) == ["chat.mention"]

    await later.schedule(viewer, own, "Too late", at)
    await members.leave(viewer, own)
    with clock.at(at + 1):
        await later.send_due()
    (waiting,) = await later.scheduled_of(viewer)
    assert waiting["refused"] and len((await log.newest(launch.id)).messages) == 1


@pytest.mark.parametrize("at", [0, -5, clock.DAY * 400])
async def test_times_that_are_refused(people: People, launch: Channel, at: int) -> None:
    with pytest.raises(Refused):
        await later.schedule(people.anna.viewer, launch, "Hello", clock.now() + at)


async def test_a_reminder_comes_at_its_time_if_the_message_may_still_be_read(people: People, launch: Channel) -> None:
    id_, at = await say(launch, people.anna, "Call the printer"), clock.now() + clock.HOUR
    await later.remind(people.beat.viewer, at, await found(people.beat, id_))
    await later.remind(people.chiara.viewer, at, await found(people.chiara, id_))
    await members.leave(people.chiara.viewer, await Channel.seen_by(people.chiara.viewer, launch.id))
    with clock.at(at + 1):
        await later.send_due()
        await later.send_due()
    assert (await kinds_told(people.beat), await kinds_told(people.chiara)) == (["chat.reminder"], [])


async def test_drafts_are_where_one_goes_on(people: People, launch: Channel) -> None:
    viewer = people.beat.viewer
    root = await say(launch, people.anna, "Thoughts?")
    await drafts.keep(viewer, launch, 0, "I thi")
    await drafts.keep(viewer, launch, root, "Well")
    assert (await drafts.draft_in(viewer, launch.id), await drafts.draft_in(viewer, launch.id, root)) == ("I thi", "Well")
    assert await drafts.draft_in(people.anna.viewer, launch.id) == ""
    await drafts.keep(viewer, launch, 0, " ")
    assert [one["thread_id"] for one in await drafts.drafts_of(viewer)] == [root]


async def test_levels_say_of_what_one_is_told(people: People, launch: Channel) -> None:
    await levels.set_level(people.beat.viewer, await Channel.seen_by(people.beat.viewer, launch.id), levels.ALL)
    await levels.set_level(people.chiara.viewer, await Channel.seen_by(people.chiara.viewer, launch.id), levels.NOTHING)
    await say(launch, people.anna, "Hello @Chiara")
    assert (await kinds_told(people.beat), await kinds_told(people.chiara)) == (["chat.channel"], [])


async def test_keywords_are_heard_as_whole_words_where_one_is(people: People, launch: Channel) -> None:
    await levels.set_keywords(people.beat.viewer, "Zürich, press kit")
    await levels.set_keywords(people.david.viewer, "zurich")
    for text in ("zurichsee", "Press, kit", "pressing kit"):
        await say(launch, people.anna, text)
    await say(launch, people.anna, "To ZURICH!")
    assert (await kinds_told(people.beat), await kinds_told(people.david)) == (["chat.keyword"] * 2, [])


async def test_channel_and_teams_are_named(people: People, launch: Channel) -> None:
    await say(launch, people.anna, "@channel look")
    assert (await kinds_told(people.anna), await kinds_told(people.beat), await kinds_told(people.david)) == ([], ["chat.mention"], [])
    messages, _more = await across.mentions_of(people.beat.viewer)
    assert len(messages) == 1
    assert (await across.mentions_of(people.anna.viewer))[0] == []


async def test_everything_is_read_at_once(people: People, launch: Channel) -> None:
    root = await say(launch, people.anna, "@Beat one")
    await answer(launch, people.beat, root, "two")
    await answer(launch, people.anna, root, "three")
    assert len(await across.unread_in(people.beat.viewer, await places.places_of(people.beat.viewer))) == 1
    await across.read_everything(people.beat.viewer)
    assert await places.count_for(people.beat.viewer) == 0
    assert await across.unread_in(people.beat.viewer, await places.places_of(people.beat.viewer)) == []
