"""Changes made without a connection: done once, and never over what was changed elsewhere meanwhile."""

from __future__ import annotations

import pytest

from app import database
from app.models.base import Refused
from app.models.chat import Channel, Message, reactions
from app.models.chat.message import EditedMeanwhile
from tests.people import People

pytestmark = pytest.mark.anyio


async def said(people: People, text: str) -> Message:
    """A message of Anna's in a channel of hers."""
    channel = await Channel.start(people.anna.viewer, "public", "meanwhile")
    return await Message.found(people.anna.viewer, await Message.post(channel, people.anna.viewer, text))


async def now(message: Message, people: People) -> Message:
    return await Message.found(people.anna.viewer, message.id)


async def test_an_edit_of_what_changed_elsewhere_shows_both(people: People) -> None:
    message = await said(people, "from home")
    await message.edit(people.anna.viewer, "from the desk", "desk", 0)
    elsewhere = await now(message, people)
    with pytest.raises(EditedMeanwhile) as meanwhile:
        await elsewhere.edit(people.anna.viewer, "from the train", "train", 0)
    assert (meanwhile.value.text, meanwhile.value.base) == ("from the desk", elsewhere.edited_at)
    assert (await now(message, people)).text == "from the desk"
    await elsewhere.edit(people.anna.viewer, "from the train", "train", meanwhile.value.base)  # the same key: nothing was done with it
    assert (await now(message, people)).text == "from the train"


async def test_an_edit_whose_answer_was_lost_is_no_conflict(people: People) -> None:
    message = await said(people, "one")
    await message.edit(people.anna.viewer, "two", "key", 0)
    await (await now(message, people)).edit(people.anna.viewer, "two", "key", 0)
    assert (await now(message, people)).text == "two"
    assert await database.fetch_value("SELECT COUNT(*) FROM message_version WHERE message_id = $1", message.id) == 1


async def test_a_message_deleted_meanwhile_stays_deleted(people: People) -> None:
    message = await said(people, "gone")
    stale = await now(message, people)
    await message.take_back(people.anna.viewer)
    with pytest.raises(Refused):
        await stale.edit(people.anna.viewer, "back again", "key", 0)


async def test_a_reaction_that_comes_late_again_is_nothing(people: People) -> None:
    message = await said(people, "well done")
    await reactions.react(people.anna.viewer, message, "👍", "late")
    await reactions.unreact(people.anna.viewer, message, "👍", "back")
    await reactions.react(people.anna.viewer, message, "👍", "late")
    assert await database.fetch_value("SELECT COUNT(*) FROM reaction WHERE message_id = $1", message.id) == 0
