"""Moving in and out over HTTP."""

from __future__ import annotations

import io
import json
import zipfile

import httpx
import pytest

from app import database
from app.jobs.runner import drain
from app.models.chat import Channel, Message
from app.models.chat.direct import between
from app.models.chat.files import attach_blob
from app.models.files import keep_bytes
from tests.chat_archives import slack
from tests.conftest import browser
from tests.people import People

pytestmark = pytest.mark.anyio
HTMX = {"HX-Request": "true"}
HERE = "/manager/chat/moving"


async def test_a_history_is_uploaded_looked_at_and_brought_in(app: httpx.ASGITransport, people: People) -> None:
    anna, beat = browser(app, people.anna), browser(app, people.beat)
    assert (await beat.get(HERE)).status_code == 404 and (await anna.get(HERE)).status_code == 200
    assert (await beat.post(HERE, files={"file": ("x.zip", slack())})).status_code == 404
    assert (await anna.post(HERE, data={})).status_code == 422
    made = await anna.post(HERE, files={"file": ("export.zip", slack(), "application/zip")})
    assert made.status_code == 303
    here = made.headers["location"]
    assert "Nothing is written yet" in (await anna.get(here)).text
    await drain()
    shown = (await anna.get(here)).text
    assert "Olga Old" in shown and "isn’t JSON" in shown and "#launch" in shown and "Past author" in shown
    assert (await browser(app, people.erik).get(here)).status_code == 404
    await anna.post(f"{here}/run", data={"existing": "merge", "place": ["C1", "C2"]}, headers=HTMX)
    await drain()
    assert "The history is here" in (await anna.get(here)).text
    assert await database.fetch_value("SELECT COUNT(*) FROM message") == 6
    assert (await anna.delete(here, headers=HTMX)).status_code == 200
    await drain()
    assert "gone again" in (await anna.get(here)).text and await database.fetch_value("SELECT COUNT(*) FROM message") == 0


async def test_channels_are_written_out(app: httpx.ASGITransport, people: People) -> None:
    anna, beat = browser(app, people.anna), browser(app, people.beat)
    channel = await Channel.start(people.beat.viewer, "private", "launch", people=[people.anna.id])
    await Message.post(await Channel.seen_by(people.beat.viewer, channel.id), people.beat.viewer, "**Plan** <script>alert(1)</script>")
    await attach_blob(
        await Message.post(await Channel.seen_by(people.beat.viewer, channel.id), people.beat.viewer, "the file"), channel, people.beat.id,
        await keep_bytes(b"numbers"), "../Zahlen für März.csv", 0,
    )
    await Message.post(await between(people.beat.viewer, [people.chiara.id]), people.beat.viewer, "between us")
    assert (await beat.post(f"{HERE}/exports", data={})).status_code == 404
    assert (await anna.post(f"{HERE}/exports", data={"channel_id": "0"})).status_code == 303
    assert "already" in (await anna.post(f"{HERE}/exports", data={})).text
    await drain()
    id_ = await database.fetch_value("SELECT id FROM chat_export")
    answer = await anna.get(f"{HERE}/exports/{id_}/file")
    assert answer.headers["content-disposition"].startswith("attachment") and (await beat.get(f"{HERE}/exports/{id_}/file")).status_code == 404
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    page = archive.read("channels/launch.html").decode()
    assert "<strong>Plan</strong>" in page and "<script>" not in page and "Beat Keller" in page
    assert json.loads(archive.read("json/launch.json"))[0]["text"] == "**Plan** <script>alert(1)</script>"
    (name,) = [name for name in archive.namelist() if name.startswith("files/")]
    assert archive.read(name) == b"numbers" and f'href="../{name}"' in page and name.endswith("-.._Zahlen_f_r_M_rz.csv")
    assert not any("between us" in archive.read(name).decode() for name in archive.namelist())
    assert await database.fetch_value("SELECT COUNT(*) FROM audit_entry WHERE kind = 'chat.export'") == 1
    await anna.post(f"{HERE}/rules", data={"direct": "on"})
    await anna.post(f"{HERE}/exports", data={})
    await drain()
    answer = await anna.get(f"{HERE}/exports/{await database.fetch_value('SELECT MAX(id) FROM chat_export')}/file")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert any("between us" in archive.read(name).decode() for name in archive.namelist())


async def test_old_messages_are_used_as_new_ones(app: httpx.ASGITransport, people: People) -> None:
    """Their ids are below zero: they are of 2017, and ours begin in 2024."""
    anna = browser(app, people.anna)
    here = (await anna.post(HERE, files={"file": ("export.zip", slack(), "application/zip")})).headers["location"]
    await drain()
    await anna.post(f"{here}/run", data={"existing": "merge"}, headers=HTMX)
    await drain()
    row = await database.fetch_one("SELECT id, channel_id, html FROM message WHERE text LIKE 'Who comes%'")
    assert row and row["id"] < 0
    id_, channel = row["id"], f"/chat/channels/{row['channel_id']}"
    assert f'id="m{id_}"' in (await anna.get(f"{channel}/messages/{id_}")).text and f'id="m{id_}"' in (await anna.get(channel)).text
    assert "👍" in (await anna.post(f"/chat/messages/{id_}/reactions", data={"emoji": "👍"}, headers=HTMX)).text
    assert (await anna.post(f"/chat/messages/{id_}/pin", headers=HTMX)).status_code == 200
    assert "Me!" in (await anna.get(f"{channel}/threads/{id_}")).text
    assert f'id="m{id_}"' in (await anna.get(f"{channel}/messages?around={id_}")).text
    assert (await anna.get(f"{channel}/messages?before={id_}")).status_code == 200
