"""Telling people: who hears what, what chat makes of it, and how it is taken back."""

from __future__ import annotations

from typing import Any

import pytest

from app import database
from app.lib import clock
from app.models import security_log
from app.models.chat import Message, reactions, reading
from app.models.chat.channel import PUBLIC, Channel
from app.models.chat.direct import between
from app.models.chat.members import mark
from app.models.notifications import Digest, NoticeChoice, NoticeMute, Notification, notices_read, notify, unread_count
from app.models.notifications.digest import account_of, letters_due, next_slot, token_of, unsubscribe
from app.models.presence import choose, roster
from tests.people import People, Person


async def titles(person: Person) -> list[str]:
    """What is in somebody's centre, the newest first."""
    return [one.words.title for one in await Notification.shown_to(person.viewer)]


async def reasons(person: Person, channel: str) -> list[str]:
    """Why each notice was or wasn't sent on a way, the newest first."""
    rows = await database.fetch("SELECT * FROM notification WHERE account_id = $1 ORDER BY id DESC", person.id)
    return [outcome["reason"] for row in rows for outcome in Notification.from_row(row).outcomes if outcome["channel"] == channel]


async def talk(people: People, *, text: str = "hello @Beat") -> tuple[Channel, Message]:
    channel = await Channel.start(people.anna.viewer, PUBLIC, "launch", people=[people.beat.id, people.chiara.id])
    id_ = await Message.post(channel, people.anna.viewer, text)
    return channel, await Message.found(people.anna.viewer, id_)


async def test_who_is_named_is_told_and_nobody_else(people: People) -> None:
    _channel, message = await talk(people)
    (notice,) = await Notification.shown_to(people.beat.viewer)
    assert (notice.words.title, notice.words.body, notice.url) == ("Anna Alpha mentioned you in #launch", "hello @Beat", message.url)
    assert await titles(people.chiara) == await titles(people.anna) == []


async def test_a_direct_message_is_told_until_it_is_read(people: People) -> None:
    channel = await between(people.anna.viewer, [people.beat.id])
    first = await Message.post(channel, people.anna.viewer, "one")
    last = await Message.post(channel, people.anna.viewer, "two")
    assert await unread_count(people.beat.id, people.beat.viewer.org_id) == 2
    theirs = await Channel.seen_by(people.beat.viewer, channel.id)
    await reading.read(people.beat.viewer, theirs, first)
    assert await unread_count(people.beat.id, people.beat.viewer.org_id) == 1
    await reading.read(people.beat.viewer, theirs, last)
    assert await unread_count(people.beat.id, people.beat.viewer.org_id) == 0
    assert len(await titles(people.beat)) == 2, "read ones stay in the list"


async def test_answering_is_reading(people: People) -> None:
    channel = await between(people.anna.viewer, [people.beat.id])
    await Message.post(channel, people.anna.viewer, "one")
    await Message.post(await Channel.seen_by(people.beat.viewer, channel.id), people.beat.viewer, "two")
    assert await unread_count(people.beat.id, people.beat.viewer.org_id) == 0


async def test_an_edit_changes_what_is_told_and_whom(people: People) -> None:
    _channel, message = await talk(people)
    await message.edit(people.anna.viewer, "hello @Chiara")
    assert await titles(people.beat) == []
    assert [one.words.body for one in await Notification.shown_to(people.chiara.viewer)] == ["hello @Chiara"]
    await (await Message.found(people.anna.viewer, message.id)).edit(people.anna.viewer, "good morning @Chiara")
    assert [one.words.body for one in await Notification.shown_to(people.chiara.viewer)] == ["good morning @Chiara"]


async def test_a_message_taken_back_takes_its_notices_along(people: People) -> None:
    _channel, message = await talk(people)
    await reactions.react(people.chiara.viewer, await Message.found(people.chiara.viewer, message.id), "👍")
    assert len(await titles(people.beat)) == len(await titles(people.anna)) == 1
    command = await message.take_back(people.anna.viewer)
    assert await titles(people.beat) == await titles(people.anna) == []
    await command.undo(people.anna.viewer)
    assert len(await titles(people.beat)) == 1


async def test_a_reaction_is_told_once_and_taken_back(people: People) -> None:
    _channel, message = await talk(people)
    for _time in range(2):
        await reactions.react(people.beat.viewer, await Message.found(people.beat.viewer, message.id), "🎉")
    assert await titles(people.anna) == ["Beat Keller reacted with 🎉"]
    assert await reasons(people.anna, "push") == ["default_off"]
    await reactions.unreact(people.beat.viewer, await Message.found(people.beat.viewer, message.id), "🎉")
    assert await titles(people.anna) == []
    await reactions.react(people.anna.viewer, await Message.found(people.anna.viewer, message.id), "🎉")
    assert await titles(people.anna) == [], "nobody is told of what they did themselves"


async def test_muted_in_chat_or_in_the_bell_is_held_back_with_the_reason(people: People) -> None:
    channel, _message = await talk(people)
    await mark(people.beat.viewer, channel, "muted_at", True)
    await Message.post(channel, people.anna.viewer, "and @Beat again")
    assert len(await titles(people.beat)) == 1 and (await reasons(people.beat, "in_app"))[0] == "muted"
    source = f"channel:{channel.id}"
    assert [(mute.source, mute.name) for mute in await NoticeMute.of(people.beat.viewer)] == [(source, "#launch")], "the bell shows what chat has"
    command = await NoticeMute.mute(people.chiara.viewer, source, "#launch")
    assert (await Channel.seen_by(people.chiara.viewer, channel.id)).muted_at, "and chat what the bell has"
    await Message.post(channel, people.anna.viewer, "and @Chiara")
    assert await titles(people.chiara) == []
    assert [one.words.body for one in await Notification.held_back(people.chiara.viewer)] == ["and @Chiara"]
    await command.undo(people.chiara.viewer)
    await Message.post(channel, people.anna.viewer, "and @Chiara again")
    assert len(await titles(people.chiara)) == 1
    again = await NoticeMute.unmute(people.beat.viewer, source)
    assert (await Channel.seen_by(people.beat.viewer, channel.id)).muted_at is None and await NoticeMute.of(people.beat.viewer) == []
    await again.undo(people.beat.viewer)
    assert [mute.source for mute in await NoticeMute.of(people.beat.viewer)] == [source]


def _elsewhere(person: Person, is_active: bool, *topics: str) -> None:
    """Another server process tells of a tab of theirs."""
    roster._heard_tabs(("other", [[person.viewer.org_id, person.id, "online", is_active, False, False, *topics]]))


async def test_who_is_looking_at_it_isnt_told(people: People) -> None:
    channel, _message = await talk(people)
    _elsewhere(people.beat, True, f"channel:{channel.id}")
    await Message.post(channel, people.anna.viewer, "@Beat here")
    assert len(await titles(people.beat)) == 1 and (await reasons(people.beat, "push"))[0] == "looking"
    _elsewhere(people.beat, True, "channel:1")
    await Message.post(channel, people.anna.viewer, "@Beat there")
    assert len(await titles(people.beat)) == 2


async def test_a_choice_is_kept_and_said(people: People) -> None:
    await NoticeChoice.choose(people.beat.id, "chat.mention", "in_app", False)
    await talk(people)
    assert await titles(people.beat) == [] and await reasons(people.beat, "in_app") == ["off"]


async def test_nobody_outside_the_organisation_is_told(people: People) -> None:
    await notify("member.joined", [people.erik.id, people.beat.id], people.anna.viewer.org_id, facts={"name": "X"})
    assert await titles(people.erik) == [] and await titles(people.beat) == ["X joined"]
    await notify("system.mail", [people.anna.id, people.beat.id], people.anna.viewer.org_id)
    assert len(await titles(people.anna)) == 1 and len(await titles(people.beat)) == 1, "administrators only"


async def test_people_hear_of_a_new_browser_and_of_changes_to_their_protection(people: People) -> None:
    await security_log.note("session.new_device", people.beat.account, device="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
    await security_log.note("two_factor.off", people.beat.account, viewer=people.beat.viewer)
    await security_log.note("session.end", people.beat.account, viewer=people.beat.viewer)
    assert await titles(people.beat) == ["Two-step sign-in was turned off", "New sign-in to your account"]
    assert "Firefox · Linux" in (await Notification.shown_to(people.beat.viewer))[1].words.body


# -- digests


async def test_a_digest_has_what_is_unread_once(people: People) -> None:
    _channel, message = await talk(people)
    await Message.post(await Channel.seen_by(people.anna.viewer, message.channel_id), people.anna.viewer, "@Beat two")
    (newest, *_rest) = await Notification.shown_to(people.beat.viewer)
    await notices_read(people.beat.id, ids=[newest.id])
    with clock.at(clock.now() + clock.DAY):
        async with database.transaction():
            (letter,) = await letters_due()
        assert letter.account.id == people.beat.id and letter.count == 1
        assert [group["name"] for group in letter.groups] == ["#launch"]
        async with database.transaction():
            assert await letters_due() == []


async def test_an_unsubscribed_person_gets_none(people: People) -> None:
    await talk(people)
    token = await token_of(people.beat.id)
    assert (await account_of(token)).id == people.beat.id
    await unsubscribe(people.beat.id)
    with clock.at(clock.now() + 2 * clock.DAY):
        await talk_again(people)
        async with database.transaction():
            assert await letters_due() == []
    assert (await reasons(people.beat, "mail"))[0] == "digest_off"


async def talk_again(people: People) -> None:
    channel = await Channel.start(people.anna.viewer, PUBLIC, "later", people=[people.beat.id])
    await Message.post(channel, people.anna.viewer, "@Beat later")


@pytest.mark.parametrize(("frequency", "hour", "weekday", "after", "due"), [
    ("hourly", 8, 0, "2026-11-22T09:50+01:00", "2026-11-22T10:00+01:00"),
    ("daily", 8, 0, "2026-11-22T07:59+01:00", "2026-11-22T08:00+01:00"),
    ("daily", 8, 0, "2026-11-22T08:00+01:00", "2026-11-23T08:00+01:00"),
    ("daily", 8, 0, "2026-10-24T12:00+02:00", "2026-10-25T08:00+01:00"),
    ("weekly", 8, 0, "2026-11-22T12:00+01:00", "2026-11-23T08:00+01:00"),
    ("weekly", 8, 6, "2026-11-22T08:00+01:00", "2026-11-29T08:00+01:00"),
])
def test_a_digest_keeps_to_the_persons_clock(frequency: str, hour: int, weekday: int, after: str, due: str) -> None:
    digest: Any = Digest(id=1, frequency=frequency, hour=hour, weekday=weekday, sent_at=0)
    assert next_slot(digest, "Europe/Zurich", _ms(after)) == _ms(due)


def _ms(text: str) -> int:
    from datetime import datetime

    return round(datetime.fromisoformat(text).timestamp() * 1000)


async def test_quiet_time_is_said(people: People) -> None:
    await choose(people.beat.id, "dnd")
    await talk(people)
    assert await reasons(people.beat, "push") == ["no_device"], "without a device that is the reason"
    assert len(await titles(people.beat)) == 1
