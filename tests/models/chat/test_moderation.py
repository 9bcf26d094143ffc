"""Reports, forbidden words, retention and legal holds."""

from __future__ import annotations

import httpx
import pytest

from app import database
from app.lib import clock
from app.lib.ids import place_of
from app.models.base import NotFound, Refused
from app.models.chat import Channel, Message, administration, looking_after
from app.models.chat.moderation import reports, retention, words
from app.models.chat.moving import exporting
from app.models.chat.rules import ChatRules
from tests.conftest import browser
from tests.people import People, Person

pytestmark = pytest.mark.anyio
HTMX = {"HX-Request": "true"}


async def say(person: Person, channel: Channel, text: str) -> int:
    return await Message.post(await Channel.seen_by(person.viewer, channel.id), person.viewer, text)


async def launch(people: People) -> Channel:
    return await Channel.start(people.beat.viewer, "private", "launch", people=[people.chiara.id, people.gina.id])


async def test_a_report_waits_with_its_context_and_is_decided(people: People) -> None:
    channel = await launch(people)
    before, bad = await say(people.chiara, channel, "fine"), await say(people.beat, channel, "nasty words")
    assert before < bad
    message = await Message.found(people.gina.viewer, bad)
    await reports.report(people.gina.viewer, message, "abuse", "see")
    await reports.report(people.gina.viewer, message, "spam")
    with pytest.raises(NotFound):
        await reports.report(people.david.viewer, await Message.found(people.david.viewer, bad), "abuse")
    with pytest.raises(Refused):
        await reports.report(people.beat.viewer, await Message.found(people.beat.viewer, bad), "abuse")
    (one,) = await reports.waiting(people.anna.viewer)
    assert (one["said"], one["reason"], one["before"][0]["text"], one["reporter"]) == ("nasty words", "abuse", "fine", "Gina Guest")
    assert await reports.waiting(people.erik.viewer) == []
    told = await database.fetch("SELECT text FROM message WHERE text LIKE '%was reported%'")
    assert len(told) == 1
    with pytest.raises(NotFound):
        await reports.settle(people.beat.viewer, one["id"], "removed")
    with pytest.raises(NotFound):
        await reports.settle(people.erik.viewer, one["id"], "removed")
    await reports.settle(people.anna.viewer, one["id"], "warned")
    assert await reports.count_waiting(people.anna.viewer) == 0
    assert (await Message.get(bad)).deleted_at is not None
    assert await database.fetch_value("SELECT COUNT(*) FROM message WHERE text LIKE '%nasty words%' AND text LIKE '%removed%'") == 1


async def test_words_are_refused_or_masked_also_by_an_edit(people: People) -> None:
    channel = await launch(people)
    await words.forbid(people.anna.viewer, "Darn\nbad  word", "refuse")
    command = await words.forbid(people.anna.viewer, "heck", "mask")
    for text in ("well DARN it", "a bad word here"):
        with pytest.raises(Refused, match="allow the word"):
            await say(people.beat, channel, text)
    id_ = await say(people.beat, channel, "what the Heck, checkered")
    assert (await Message.get(id_)).text == "what the ••••, checkered"
    with pytest.raises(Refused):
        await (await Message.found(people.beat.viewer, id_)).edit(people.beat.viewer, "darn")
    await command.undo(people.anna.viewer)
    assert (await Message.get(await say(people.beat, channel, "heck"))).text == "heck"


async def test_old_messages_are_erased_unless_a_hold_keeps_them(people: People) -> None:
    channel = await launch(people)
    now = clock.now()
    old, young = await say(people.beat, channel, "old"), await say(people.beat, channel, "young")
    place = place_of(now - 40 * clock.DAY)
    await database.execute("UPDATE message SET id = $1, created_at = $2 WHERE id = $3", place, now - 40 * clock.DAY, old)
    await database.execute("UPDATE search_entry SET subject_id = $1 WHERE subject_id = $2", place, old)
    await retention.keep_for(people.anna.viewer, 30)
    await retention.hold(people.anna.viewer, "case 7", channel.id)
    assert await retention.erase_old() == 0 and await Message.find(place)
    await database.execute("UPDATE message SET deleted_at = $1 WHERE id = $2", now - 40 * clock.DAY, place)
    await Message.erase_deleted()
    assert (await Message.get(place)).text == "old", "a hold keeps what people deleted, too"
    (held,) = await retention.holds(people.anna.viewer)
    with pytest.raises(NotFound):
        await retention.end_hold(people.erik.viewer, held["id"])
    await retention.end_hold(people.anna.viewer, held["id"])
    await retention.keep_channel_for(people.anna.viewer, await Channel.get(channel.id), 0)
    assert await retention.erase_old() == 0
    await retention.keep_channel_for(people.anna.viewer, await Channel.get(channel.id), None)
    assert await retention.erase_old() == 1
    assert await Message.find(place) is None and await Message.find(young)
    assert await database.fetch_value("SELECT COUNT(*) FROM search_entry WHERE subject_id = $1", place) == 0
    entries = await database.fetch("SELECT kind FROM audit_entry WHERE org_id = $1 ORDER BY position DESC LIMIT 1", people.anna.viewer.org_id)
    assert entries[0]["kind"] == "chat.retention"


async def test_a_hold_keeps_a_deleted_channel(people: People) -> None:
    channel = await launch(people)
    await looking_after.delete(people.beat.viewer, await Channel.seen_by(people.beat.viewer, channel.id), "launch")
    await database.execute("UPDATE channel SET deleted_at = 1 WHERE id = $1", channel.id)
    await retention.hold(people.anna.viewer, "case 7")
    await looking_after.erase_deleted()
    assert await Channel.find(channel.id)


async def test_the_page(app: httpx.ASGITransport, people: People) -> None:
    channel = await launch(people)
    id_ = await say(people.beat, channel, "nasty words")
    anna, gina, here = browser(app, people.anna), browser(app, people.gina), "/manager/chat/moderation"
    dialog = {**HTMX, "HX-Target": "dialog#dialog"}
    assert (await gina.get(f"/chat/messages/{id_}/report/new", headers=dialog)).status_code == 200
    assert (await gina.post(f"/chat/messages/{id_}/report", data={"reason": ""}, headers=dialog)).status_code == 422
    assert (await gina.post(f"/chat/messages/{id_}/report", data={"reason": "spam", "note": "<b>"}, headers=dialog)).status_code == 200
    shown = (await anna.get(here)).text
    assert "nasty words" in shown and "&lt;b&gt;" in shown and "Gina Guest" in shown
    assert (await browser(app, people.beat).get(here)).status_code == 404 and (await gina.get(here)).status_code == 404
    report = await database.fetch_value("SELECT id FROM message_report")
    assert "nasty words" not in (await anna.post(f"{here}/reports/{report}", data={"outcome": "removed"}, headers=HTMX)).text
    target = {**HTMX, "HX-Target": "div#moderation"}
    assert (await anna.post(f"{here}/words", data={"words": "", "action": "mask"}, headers=target)).status_code == 422
    assert "heck" in (await anna.post(f"{here}/words", data={"words": "heck", "action": "mask"}, headers=target)).text
    assert (await anna.post(f"{here}/retention", data={"days": "-3"}, headers=target)).status_code == 422
    assert 'value="90"' in (await anna.post(f"{here}/retention", data={"days": "90"}, headers=target)).text
    assert "case 7" in (await anna.post(f"{here}/holds", data={"reason": "case 7", "channel_id": str(channel.id)}, headers=target)).text


async def test_one_rule_leaves_the_others_as_they_are(people: People) -> None:
    await administration.decide(people.anna.viewer, "managers", "members", "https://meet.example.org")
    await retention.keep_for(people.anna.viewer, 30)
    await exporting.allow_direct(people.anna.viewer, True)
    rules = await ChatRules.of(people.anna.viewer.org_id)
    assert (rules.channel_makers, rules.guest_hosts, rules.meetings) == ("managers", "members", "https://meet.example.org")
    assert rules.retention_days == 30 and rules.export_direct
