"""Threads and what is done with messages over HTTP: pages, panels, dialogs, and who gets nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

import httpx
import pytest

from app.models.chat import Channel, Message, assistance, threads
from app.models.viewer import Viewer
from tests.conftest import browser
from tests.people import People

pytestmark = pytest.mark.anyio
HTMX = {"HX-Request": "true"}


@pytest.fixture
async def launch(people: People) -> AsyncIterator[Channel]:
    yield await Channel.start(people.anna.viewer, "private", "launch", "Until March", people=[people.beat.id])


async def test_a_thread_is_a_panel_and_a_page(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    root = await Message.post(launch, people.anna.viewer, "Who has the key?")
    beat = browser(app, people.beat)
    answered = await beat.post(f"{launch.url}/threads/{root}/messages", data={"text": "I **do**"}, headers=HTMX)
    assert answered.status_code == 200 and "<strong>do</strong>" in answered.text
    panel = await beat.get(f"{launch.url}/threads/{root}", headers={**HTMX, "HX-Target": "aside#detail"})
    page = await beat.get(f"{launch.url}/threads/{root}")
    assert "<html" not in panel.text and "Who has the key?" in panel.text and "<strong>do</strong>" in panel.text
    assert "<html" in page.text and page.text.count("<strong>do</strong>") == 1
    assert "2 " not in (await beat.get(launch.url)).text.split("thread-count")[1][:40]
    link = await beat.get(f"{launch.url}/messages/{(await threads.latest(launch.id, root))[0]['id']}")
    assert 'class="thread"' in link.text


async def test_views_show_what_is_ones_own(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    id_ = await Message.post(launch, people.anna.viewer, "@Beat look at the marmot")
    await threads.reply(launch, people.anna.viewer, id_, "It sleeps")
    beat, chiara = browser(app, people.beat), browser(app, people.chiara)
    assert (await beat.post(f"/chat/messages/{id_}/saving", headers=HTMX)).status_code == 204
    for path in ("unread", "mentions", "saved"):
        assert "marmot" in (await beat.get(f"/chat/{path}")).text, path
        assert "marmot" not in (await chiara.get(f"/chat/{path}")).text, path
    assert "It sleeps" in (await browser(app, people.anna).get("/chat/threads")).text
    assert (await beat.post("/chat/unread")).status_code == 303
    assert "marmot" not in (await beat.get("/chat/unread")).text


async def test_dialogs_open_and_answer(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    id_ = await Message.post(launch, people.anna.viewer, "Print the posters")
    beat = browser(app, people.beat)
    dialog = {**HTMX, "HX-Target": "dialog#dialog"}
    for path in (f"/chat/messages/{id_}/forwarding/new", f"/chat/messages/{id_}/reminders/new", f"/chat/messages/{id_}/versions", f"{launch.url}/polls/new"):
        answer = await beat.get(path, headers=dialog)
        assert answer.status_code == 200 and "<html" not in answer.text, path
        assert "<html" in (await beat.get(path)).text
    tomorrow = (datetime.now() + timedelta(days=1)).isoformat(timespec="minutes")
    sent = await beat.post(f"/chat/messages/{id_}/reminders", data={"at": tomorrow}, headers=dialog)
    assert sent.status_code == 200 and "dialog:close" in sent.headers["hx-trigger"]
    for at in ("", "yesterday", "2001-01-01T10:00"):
        assert (await beat.post(f"/chat/messages/{id_}/reminders", data={"at": at}, headers=dialog)).status_code == 422
    later = await beat.post(f"{launch.url}/scheduled", data={"text": "Good morning", "at": tomorrow}, headers=dialog)
    assert "chat:scheduled" in later.headers["hx-trigger"]
    assert "Good morning" in (await beat.get("/chat/drafts")).text
    assert "Good morning" not in (await browser(app, people.anna).get("/chat/drafts")).text
    wrong = await beat.post(f"{launch.url}/polls", data={"question": "Lunch?", "answer": "Pizza"}, headers=dialog)
    assert wrong.status_code == 422 and "Lunch?" in wrong.text and "Pizza" in wrong.text
    nowhere = await beat.post(f"/chat/messages/{id_}/forwarding", data={"text": "See"}, headers=dialog)
    assert nowhere.status_code == 422 and "See" in nowhere.text


async def test_nobody_from_elsewhere_does_anything(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    id_ = await Message.post(launch, people.anna.viewer, "secret")
    assert (await browser(app, people.beat).get(f"{launch.url}/threads/{id_}")).status_code == 200
    for person in (people.chiara, people.gina, people.erik):
        visitor = browser(app, person)
        for method, path in [
            ("GET", f"{launch.url}/threads/{id_}"), ("GET", f"{launch.url}/threads/{id_}/messages"), ("GET", f"{launch.url}/threads/{id_}/changes"),
            ("POST", f"{launch.url}/threads/{id_}/messages"), ("POST", f"{launch.url}/threads/{id_}/following"), ("GET", f"{launch.url}/pins"),
            ("POST", f"/chat/messages/{id_}/pin"), ("POST", f"/chat/messages/{id_}/saving"), ("POST", f"/chat/messages/{id_}/receipt"),
            ("GET", f"/chat/messages/{id_}/forwarding/new"), ("POST", f"/chat/messages/{id_}/forwarding"), ("GET", f"/chat/messages/{id_}/versions"),
            ("POST", f"/chat/messages/{id_}/reminders"), ("POST", f"{launch.url}/draft"), ("POST", f"{launch.url}/scheduled"),
            ("POST", f"{launch.url}/polls"), ("POST", f"/chat/messages/{id_}/votes"),
        ]:
            answer = await visitor.request(method, path, data={"text": "hi", "channel": str(launch.id)} if method == "POST" else None)
            assert answer.status_code == 404, (method, path)


async def test_a_message_isnt_handed_on_to_where_one_isnt(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    private = await Channel.start(people.chiara.viewer, "private", "others")
    id_ = await Message.post(launch, people.anna.viewer, "Hello")
    answer = await browser(app, people.beat).post(f"/chat/messages/{id_}/forwarding", data={"channel": str(private.id)}, headers=HTMX)
    assert answer.status_code == 404


async def test_the_side_column_knows_channels_and_views(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    anna = browser(app, people.anna)
    for current in (str(launch.id), "threads", "0", ""):
        side = await anna.get(f"/chat/side?current={current}")
        assert side.status_code == 200 and side.text.count('aria-current="page"') == (current not in ("0", "")), current


async def test_an_assistant_translates_and_sums_up_what_its_reader_may_read(
    app: httpx.ASGITransport, people: People, launch: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = await Message.post(launch, people.anna.viewer, "Guten **Morgen**")
    await threads.reply(launch, people.beat.viewer, id_, "Salut")
    beat, paths = browser(app, people.beat), [f"/chat/messages/{id_}/translation", f"{launch.url}/summary", f"{launch.url}/summary?thread={id_}"]
    assert [(await beat.get(path)).status_code for path in paths] == [404, 404, 404] and "data-do=\"translate\"" not in (await beat.get(launch.url)).text

    async def told(_viewer: Viewer, said: Sequence[assistance.Said]) -> str:
        return "Told: " + " ".join(f"{one.author.split()[0]} {one.text}" for one in said)

    monkeypatch.setattr(assistance, "_assistants", {assistance.TRANSLATION: told, assistance.SUMMARY: told})
    texts = [(await beat.get(path, headers=HTMX)).text for path in paths]
    assert all("Told: Anna Guten <strong>Morgen</strong>" in text for text in texts)
    assert ["Beat Salut" in text for text in texts] == [False, False, True]
    assert "data-do=\"translate\"" in (await beat.get(launch.url)).text
    for path in paths:
        assert (await browser(app, people.erik).get(path)).status_code == 404
