"""The suite's bot: it speaks, and is nobody."""

from __future__ import annotations

import re

import httpx

from app import database
from app.models.bot import bot_says, bot_tells, suite_bot
from app.models.chat.channel import Channel
from app.models.chat.members import people_for
from app.models.member import colleagues
from app.models.search import search, visible_scopes
from app.models.search_people import PERSON
from tests.conftest import browser
from tests.people import People


async def test_a_direct_message_arrives_with_the_tag(app: httpx.ASGITransport, people: People) -> None:
    await bot_says(people.beat.viewer.org_id, people.beat.id, "Hello **Beat**")
    await bot_says(people.beat.viewer.org_id, people.beat.id, "And again")
    async with browser(app, people.beat) as beat:
        url = (await beat.get("/chat")).headers["location"]
        shown = (await beat.get(url)).text
    assert "<strong>Beat</strong>" in shown and "And again" in shown, "one conversation holds both"
    assert '<span class="tag">[bot]</span>' in shown and "Chalet" in shown
    bot = await suite_bot(people.beat.viewer.org_id)
    faces = re.findall(rf'<span class="avatar[^>]*data-person="{bot.id}".*?</span>', shown, re.DOTALL)
    assert faces and not any("data-live-dot" in face for face in faces), "nobody asks whether it is there"


async def test_it_is_listed_nowhere_and_holds_no_rights(people: People) -> None:
    anna = people.anna.viewer
    bot = await suite_bot(anna.org_id)
    assert (await suite_bot(anna.org_id)).id == bot.id
    assert bot.id not in {person["id"] for person in await people_for(anna, most=100)}
    assert bot.id not in {person["id"] for person in await colleagues(anna, 100)}
    assert await search(await visible_scopes(anna, [PERSON]), anna.org_id, "chalet", [PERSON]) == []
    rights = await database.fetch("SELECT r.id FROM product_right r JOIN membership m ON m.id = r.membership_id WHERE m.account_id = $1", bot.id)
    assert rights == []


async def test_nobody_signs_in_as_the_bot(app: httpx.ASGITransport, stranger: httpx.AsyncClient, people: People) -> None:
    bot = await suite_bot(people.anna.viewer.org_id)
    await bot.set_password("correct horse battery")
    answer = await stranger.post("/sign-in", data={"email": bot.email, "password": "correct horse battery"})
    assert answer.status_code == 422 and "set-cookie" not in answer.headers


async def test_it_writes_into_a_channel_without_being_in_it(people: People) -> None:
    channel = await Channel.general(people.anna.organisation, people.anna.id)
    before = await database.fetch_value("SELECT COUNT(*) FROM channel_member WHERE channel_id = $1", channel.id)
    await bot_tells(channel, "Nora has joined.")
    assert await database.fetch_value("SELECT COUNT(*) FROM channel_member WHERE channel_id = $1", channel.id) == before


async def test_each_organisation_has_its_own(people: People) -> None:
    assert (await suite_bot(people.anna.viewer.org_id)).id != (await suite_bot(people.erik.viewer.org_id)).id


