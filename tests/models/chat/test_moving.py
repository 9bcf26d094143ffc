"""Histories of other chats: brought in, gone on with after a crash, cancelled, undone; and what people in them may not do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app import database
from app.jobs.runner import drain
from app.lib import blobs
from app.lib.ids import place_of
from app.models.account import Account
from app.models.base import NotFound, Refused
from app.models.chat import Channel, log, places
from app.models.chat.moving import importing
from app.models.chat.moving.importing import DONE, FAILED, UNDONE
from app.models.chat.moving.tables import ChatImport
from app.models.chat.moving.writing import Writer
from app.models.organisation import Organisation
from app.models.search import search, visible_scopes
from tests.chat_archives import START, mattermost_zip, said, slack
from tests.people import People

pytestmark = pytest.mark.anyio


async def body(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def looked_through(people: People, content: bytes) -> ChatImport:
    one = await importing.keep(people.anna.viewer, "export.zip", body(content))
    await drain()
    return await ChatImport.get(one.id)


async def brought(people: People, content: bytes, **options: Any) -> ChatImport:
    one = await looked_through(people, content)
    await importing.start(people.anna.viewer, one, **{"existing": "merge", "direct": True, "skip": [], **options})
    await drain()
    return await ChatImport.get(one.id)


async def channel_of(people: People, name: str) -> Channel:
    id_ = await database.fetch_value("SELECT id FROM channel WHERE org_id = $1 AND name = $2", people.anna.viewer.org_id, name)
    return await Channel.seen_by(people.anna.viewer, id_)


async def counts() -> dict[str, Any]:
    tables = ("message", "channel", "channel_member", "account", "reaction", "search_entry", "imported_thing", "membership", "blob_use")
    return {table: await database.fetch_value(f"SELECT COUNT(*) FROM {table}") for table in tables}


async def test_the_dry_run_changes_nothing_and_says_what_is_there(people: People) -> None:
    before = await counts()
    one = await looked_through(people, slack())
    report = json.loads(one.report)
    assert (one.state, one.kind, report["messages"], report["replies"], report["reactions"], report["linked_files"], report["problems"]) == ("checked", "slack", 8, 1, 2, 1, 1)
    assert {person["name"]: person["is_known"] for person in report["people"]} == {"Anna Alpha": True, "Olga Old": False, "Erik Berg": False, "Beat Keller": True}
    assert {place["name"]: place["is_taken"] for place in report["places"]}["general"]
    assert {**await counts(), "blob_use": before["blob_use"]} == before
    assert json.loads(one.problems) == [["launch/2017-07-15.json", "broken_json"]]


async def test_a_slack_history_comes_in_with_its_dates(people: People) -> None:
    one = await brought(people, slack())
    assert (one.state, one.done, one.total) == (DONE, 8, 8)
    launch = await channel_of(people, "launch")
    assert launch.header == "*Soon*" and launch.description == "The launch"
    first, *_rest = (await log.newest(launch.id)).messages
    assert first["created_at"] == (START + 180) * 1000 and place_of(first["created_at"]) <= first["id"] < place_of(first["created_at"] + 1)
    assert first["author_id"] == people.beat.id and f'data-account="{people.anna.id}"' in first["html"] and first["replies"] == 1
    assert [row["name"] for row in (await log.newest(launch.id)).messages] == ["Beat Keller", "Beat Keller", "CI"]
    general = (await log.newest((await channel_of(people, "general")).id)).messages
    erik = next(row for row in general if "I am Erik" in row["html"])
    assert erik["author_id"] != people.erik.id and erik["name"] == "Erik Berg" and erik["edited_at"], "an address elsewhere speaks for nobody here"
    assert [reaction["emoji"] for reaction in general[0]["reactions"]] == ["🎉"]
    assert not any(row["is_new"] for row in (await places.places_of(people.anna.viewer)).everything), "a history isn’t unread"
    assert [hit.id for hit in await search(await visible_scopes(people.anna.viewer), people.anna.viewer.org_id, "comes")] == [first["id"]]
    secret = await database.fetch_one("SELECT * FROM channel WHERE name = 'secret'")
    assert secret and secret["kind"] == "private" and secret["archived_at"]
    assert [row["html"] for row in (await log.newest((await places.places_of(people.anna.viewer)).direct[0]["id"])).messages] == ["<p>hi Anna</p>"]


async def test_everything_is_undone_as_a_whole(people: People) -> None:
    before = await counts()
    one = await brought(people, slack())
    with pytest.raises(NotFound):
        await importing.find(people.beat.viewer, one.id)
    await importing.undo(people.anna.viewer, one)
    await drain()
    assert (await ChatImport.get(one.id)).state == UNDONE
    after = await counts()
    direct = await database.fetch_value("SELECT COUNT(*) FROM channel WHERE kind = 'direct'")
    assert {**after, "channel": after["channel"] - direct, "channel_member": after["channel_member"] - 2, "blob_use": before["blob_use"]} == before


async def test_a_killed_process_loses_and_doubles_nothing(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    days = {f"general/2018-01-{day:02d}.json": [said(1000 * day + n, "U1", f"{day} {n}") for n in range(40)] for day in range(1, 10)}
    days["general/2018-01-20.json"] = [said(30_000 + n, "U1", f"long {n}") for n in range(400)]
    one = await looked_through(people, slack(days))
    await importing.start(people.anna.viewer, one, existing="merge", direct=False, skip=[])
    written, real = 0, Writer.write

    async def dies(self: Writer, *piece: Any) -> bool:
        nonlocal written
        written += 1
        if written % 5 == 0:
            raise KeyboardInterrupt
        goes_on = await real(self, *piece)
        if written % 3 == 0:
            raise KeyboardInterrupt
        return goes_on

    monkeypatch.setattr(Writer, "write", dies)
    for _ in range(40):
        try:
            await importing.run(one.id)
        except KeyboardInterrupt:
            continue
    assert (await ChatImport.get(one.id)).state == DONE and written > 12
    assert await database.fetch_value("SELECT COUNT(*) FROM message WHERE import_id = $1", one.id) == 9 * 40 + 400 + 7


async def test_it_is_cancelled_and_gone_on_with(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    one = await looked_through(people, slack())
    await importing.start(people.anna.viewer, one, existing="rename", direct=False, skip=["G1"])
    real = Writer.write

    async def cancels(self: Writer, *piece: Any) -> bool:
        result = await real(self, *piece)
        await database.execute("UPDATE chat_import SET state = 'cancelled' WHERE id = $1 AND progress = '{\"at\":[0,1],\"written\":0}'", one.id)
        return result

    monkeypatch.setattr(Writer, "write", cancels)
    await importing.run(one.id)
    stopped = await ChatImport.get(one.id)
    assert stopped.state == "cancelled" and 0 < await database.fetch_value("SELECT COUNT(*) FROM message") < 7
    monkeypatch.setattr(Writer, "write", real)
    await importing.start(people.anna.viewer, stopped, existing="rename", direct=False, skip=["G1"])
    await drain()
    assert (await ChatImport.get(one.id)).state == DONE
    assert await database.fetch_value("SELECT COUNT(*) FROM message WHERE import_id = $1", one.id) == 6
    assert await database.fetch_one("SELECT 1 AS x FROM channel WHERE name = 'secret'") is None


async def test_a_private_history_never_merges_into_a_public_channel(people: People) -> None:
    await Channel.start(people.anna.viewer, "public", "secret")
    await brought(people, slack())
    rows = await database.fetch("SELECT name, kind FROM channel WHERE name LIKE 'secret%' ORDER BY name")
    assert [row["kind"] for row in rows] == ["public", "private"]


async def test_who_joins_later_gets_what_they_wrote(people: People) -> None:
    await brought(people, mattermost_zip())
    author = await database.fetch_value("SELECT author_id FROM message WHERE text = 'Me'")
    olga = await Account.open("olga@alpina.example", "Olga", "Old")
    await (await Organisation.get(people.anna.viewer.org_id)).admit(olga)
    assert author != olga.id and await database.fetch_value("SELECT author_id FROM message WHERE text = 'Me'") == olga.id


async def test_files_of_mattermost_come_with_their_messages(people: People) -> None:
    before = await counts()
    one = await brought(people, mattermost_zip())
    file = await database.fetch_one("SELECT f.*, m.text, m.holds FROM message_file f JOIN message m ON m.id = f.message_id")
    assert file and (file["name"], file["size"], file["text"]) == ("plan.txt", 8, "**Who** comes?") and file["holds"]
    assert await blobs.store().get(file["hash"]) == b"the plan"
    await importing.undo(people.anna.viewer, one)
    await drain()
    assert await database.fetch_value("SELECT COUNT(*) FROM message_file") == 0
    assert await database.fetch_value("SELECT COUNT(*) FROM blob_use WHERE kind = 'chat'") == 0 and (await counts())["message"] == before["message"]


async def test_a_bad_file_is_refused_with_a_word(people: People) -> None:
    one = await looked_through(people, b"hello")
    assert (one.state, one.error) == (FAILED, "no_history")
    with pytest.raises(Refused):
        await importing.cancel(people.anna.viewer, one)
    with pytest.raises(NotFound):
        await importing.keep(people.beat.viewer, "x", body(b"x"))
