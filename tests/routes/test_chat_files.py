"""Files of messages, cards below links, emoji of one's own, and searches that narrow."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator

import httpx
import pytest
from PIL import Image

from app import database
from app.lib import clock
from app.lib.ids import first_at
from app.models.chat import Channel, Message, cards, files, members, pins
from app.models.command import UNDO_FOR
from tests.conftest import browser
from tests.people import People, Person
from tests.pictures import photo, written

pytestmark = pytest.mark.anyio
HTMX = {"HX-Request": "true"}
TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture
async def launch(people: People) -> AsyncIterator[Channel]:
    yield await Channel.start(people.anna.viewer, "private", "launch", people=[people.beat.id])


def picture(width: int, height: int) -> bytes:
    return written(photo(width, height))


async def upload(visitor: httpx.AsyncClient, name: str, content: bytes, **facts: str) -> str:
    from base64 import b64encode

    told = ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in {"filename": name, **facts}.items())
    begun = await visitor.post("/uploads", headers={**TUS, "Upload-Length": str(len(content)), "Upload-Metadata": told})
    assert begun.status_code == 201, begun.text
    address = begun.headers["location"]
    half = len(content) // 2
    for offset, piece in ((0, content[:half]), (half, content[half:])):
        sent = await visitor.patch(address, content=piece, headers={**TUS, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"})
        assert sent.status_code == 204, sent.text
    return address.rpartition("/")[2]


async def post(visitor: httpx.AsyncClient, channel: Channel, tokens: list[str], text: str = "", key: str = "") -> httpx.Response:
    return await visitor.post(f"{channel.url}/messages", data={"text": text, "upload": tokens}, headers={**HTMX, "Idempotency-Key": key})


async def the_file() -> dict:
    row = await database.fetch_one("SELECT * FROM message_file ORDER BY id DESC LIMIT 1")
    assert row is not None
    return row


async def test_a_file_is_posted_once_and_given_out_in_ranges(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    anna, beat = browser(app, people.anna), browser(app, people.beat)
    token = await upload(anna, "notes.bin", bytes(range(256)) * 8)
    first, second = [await post(anna, launch, [token], key="one") for _ in range(2)]
    assert first.status_code == second.status_code == 200, second.text
    assert "notes.bin" in first.text and "notes.bin" in second.text
    assert await database.fetch_value("SELECT COUNT(*) FROM message_file") == 1
    file = await the_file()
    whole = await beat.get(f"/chat/files/{file['id']}")
    part = await beat.get(f"/chat/files/{file['id']}", headers={"Range": "bytes=256-259"})
    assert (whole.status_code, len(whole.content), part.status_code, part.content) == (200, 2048, 206, bytes([0, 1, 2, 3]))
    assert "sandbox" in whole.headers["content-security-policy"] and whole.headers["content-disposition"].startswith("attachment")
    assert "notes.bin" in (await beat.get(f"{launch.url}/files")).text
    assert "search-hits" in (await beat.get("/search?q=notes+has:file")).text
    for person in (people.chiara, people.gina, people.erik):
        for path in (f"/chat/files/{file['id']}", f"/chat/files/{file['id']}/thumb", f"{launch.url}/files"):
            assert (await browser(app, person).get(path)).status_code == 404
    again = await post(anna, launch, [token], "once more", key="two")
    assert again.status_code == 422 and await database.fetch_value("SELECT COUNT(*) FROM message") == 1


async def test_nobody_posts_somebody_elses_or_half_an_upload(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    anna, beat = browser(app, people.anna), browser(app, people.beat)
    token = await upload(anna, "mine.txt", b"mine, all of it")
    assert (await post(beat, launch, [token], "look", key="b")).status_code == 422
    begun = await anna.post("/uploads", headers={**TUS, "Upload-Length": "100"})
    assert (await post(anna, launch, [begun.headers["location"].rpartition("/")[2]], "half", key="a")).status_code == 422
    assert await database.fetch_value("SELECT COUNT(*) FROM message") == 0
    assert (await post(anna, launch, [token], "", key="c")).status_code == 200


async def test_a_picture_has_its_place_and_a_small_one(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    anna = browser(app, people.anna)
    await post(anna, launch, [await upload(anna, "view.png", picture(1600, 800), width="1600", height="800")], key="p")
    file = await the_file()
    assert f'src="/chat/files/{file["id"]}/thumb"' in (await anna.get(launch.url)).text
    await files.make_thumb(file["id"])
    small = await anna.get(f"/chat/files/{file['id']}/thumb")
    assert (small.status_code, small.headers["content-type"], (await the_file())["thumb"]) == (200, "image/webp", "made")
    shown = (await anna.get(launch.url)).text
    assert 'width="420" height="210"' in shown


async def test_a_gif_moves_unless_its_reader_wants_rest(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    anna, body = browser(app, people.anna), io.BytesIO()
    frames = [Image.new("RGB", (60, 40), colour) for colour in ("red", "blue")]
    frames[0].save(body, "GIF", save_all=True, append_images=frames[1:])
    await post(anna, launch, [await upload(anna, "party.gif", body.getvalue(), width="60", height="40")], key="g")
    file = await the_file()
    shown = (await anna.get(launch.url)).text
    assert f'<img src="/chat/files/{file["id"]}"' in shown and f'<source srcset="/chat/files/{file["id"]}/thumb"' in shown
    whole = await anna.get(f"/chat/files/{file['id']}")
    assert whole.content == body.getvalue() and not whole.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(("name", "content"), [("evil.html", b"<script>alert(1)</script>"), ("evil.svg", b"<svg onload='alert(1)'/>"), ("not.png", b"no picture")])
async def test_what_could_run_never_does(app: httpx.ASGITransport, people: People, launch: Channel, name: str, content: bytes) -> None:
    anna = browser(app, people.anna)
    await post(anna, launch, [await upload(anna, name, content)], key=name)
    file = await the_file()
    await files.make_thumb(file["id"])
    answer = await anna.get(f"/chat/files/{file['id']}")
    assert "sandbox" in answer.headers["content-security-policy"] and "nosniff" in answer.headers["x-content-type-options"]
    assert answer.headers["content-type"].partition(";")[0] not in ("text/html", "image/svg+xml")


async def test_a_deleted_messages_files_are_gone_at_once_and_later_for_good(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    anna = browser(app, people.anna)
    await post(anna, launch, [await upload(anna, "a.txt", b"some words here")], key="x")
    file = await the_file()
    message = await Message.found(people.anna.viewer, file["message_id"])
    await message.take_back(people.anna.viewer)
    assert (await anna.get(f"/chat/files/{file['id']}")).status_code == 404
    assert await database.fetch_value("SELECT COUNT(*) FROM blob_use WHERE kind = 'chat'") == 1
    with clock.at(clock.now() + UNDO_FOR + clock.DAY):
        await Message.erase_deleted()
    assert await database.fetch_value("SELECT COUNT(*) FROM blob_use WHERE kind = 'chat'") == 0
    assert await database.fetch_value("SELECT used FROM storage_use WHERE account_id = 0") == 0


async def test_cards_inside_the_suite_respect_who_reads(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    id_ = await Message.post(launch, people.anna.viewer, "The **secret** is out")
    path = f"/cards?url={launch.url}/messages/{id_}"
    shown = await browser(app, people.beat).get(path)
    assert shown.status_code == 200 and "secret" in shown.text and "Anna Alpha" in shown.text
    for person in (people.chiara, people.gina, people.erik):
        assert (await browser(app, person).get(path)).status_code == 204
    assert (await browser(app, people.beat).get("/cards?url=/nowhere/at/all")).status_code == 204


async def test_link_cards_go_with_their_words(people: People, launch: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.lib import page_cards

    async def read(url: str, _private: object = ()) -> page_cards.PageCard | None:
        return page_cards.PageCard("A page", "About things", "pages.example") if "pages.example" in url else None

    monkeypatch.setattr(page_cards, "read_page", read)
    id_ = await Message.post(launch, people.anna.viewer, "See https://pages.example/a and https://nothing.example/")
    await cards.fetch(id_, ["https://pages.example/a", "https://nothing.example/"])
    from app.models.chat import log

    assert [card["title"] for card in (await log.shown(launch.id, id_))["cards"]] == ["A page"]
    await (await Message.found(people.anna.viewer, id_)).edit(people.anna.viewer, "Never mind")
    assert (await log.shown(launch.id, id_))["cards"] == ()
    await cards.fetch(id_, ["https://pages.example/a"])
    assert (await log.shown(launch.id, id_))["cards"] == ()


async def test_emoji_of_ones_own(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    anna, beat = browser(app, people.anna), browser(app, people.beat)
    assert (await beat.get("/manager/chat/emoji")).status_code == 404
    for name, content, status in (("", picture(50, 50), 422), ("tada", picture(50, 50), 422), ("ours", b"nothing", 422), ("ours", picture(300, 200), 303), ("ours", picture(9, 9), 422)):
        answer = await anna.post("/manager/chat/emoji", data={"name": name}, files={"picture": ("x.png", content, "image/png")})
        assert answer.status_code == status, (name, answer.text[:200])
    id_ = await Message.post(launch, people.anna.viewer, "Well done :ours: :theirs:")
    html = (await Message.get(id_)).html
    assert html.count("<img") == 1 and ":theirs:" in html
    address = html.partition('src="')[2].partition('"')[0]
    assert (await beat.get(address)).status_code == 200
    assert (await browser(app, people.erik).get(address)).status_code == 404
    for emoji, status in ((":ours:", 200), (":theirs:", 422), ("👍🏽", 200), ("x", 422)):
        assert (await beat.post(f"/chat/messages/{id_}/reactions", data={"emoji": emoji}, headers=HTMX)).status_code == status, emoji


async def found(app: httpx.ASGITransport, person: Person, query: str) -> str:
    answer = await browser(app, person).get("/search", params={"q": query})
    assert answer.status_code == 200
    return answer.text


async def test_searches_narrow_by_words(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    other = await Channel.start(people.anna.viewer, "public", "other", people=[people.beat.id])
    with clock.at(clock.now() - 10 * clock.DAY):
        old = await Message.post(launch, people.anna.viewer, "marmot one https://a.example/")
    await database.execute("UPDATE message SET created_at = created_at WHERE id = $1", old)
    await Message.post(await Channel.seen_by(people.beat.viewer, other.id), people.beat.viewer, "marmot two")
    pinned = await Message.post(other, people.anna.viewer, "marmot three")
    await pins.pin(people.anna.viewer, await Message.found(people.anna.viewer, pinned), True)
    cases = {
        "marmot from:beat": {"two"}, "marmot from:me": {"one", "three"}, 'marmot from:"Anna Alpha"': {"one", "three"}, "marmot in:#other": {"two", "three"},
        "marmot has:link": {"one"}, "marmot is:pinned": {"three"}, "is:pinned": {"three"}, "marmot from:nobody": set(), "marmot has:nonsense": set(),
        "from:anna": {"one", "three"}, "marmot before:2001-01-01": set(), '"marmot two"': {"two"}, "marmot after:2001-01-01 in:launch": {"one"},
    }
    for query, wanted in cases.items():
        text = (await found(app, people.anna, query)).partition("search-hits")[2]
        assert {word for word in ("one", "two", "three") if f" {word}" in text.replace("</mark>", "")} == wanted, query
    assert "marmot" not in (await found(app, people.chiara, "in:launch has:link")).partition("search-hits")[2]


async def test_a_day_leads_to_its_first_message(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    id_ = await Message.post(launch, people.anna.viewer, "Today")
    anna = browser(app, people.anna)
    assert (await anna.get(f"{launch.url}/days?day=2020-01-01")).headers["location"].endswith(f"/messages/{id_}")
    for day in ("2999-01-01", "never", "0000-00-00"):
        assert (await anna.get(f"{launch.url}/days?day={day}")).status_code == 422
    assert first_at(clock.now()) > 0


async def test_a_level_and_keywords_are_chosen(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    beat = browser(app, people.beat)
    assert (await beat.post(f"{launch.url}/notices", data={"level": "all", "keywords": "Firn, press kit"}, headers=HTMX)).status_code == 200
    assert "firn, press kit" in (await beat.get(f"{launch.url}/notices")).text
    for wrong in ({"level": "loud"}, {"level": "all", "keywords": "x"}):
        assert (await beat.post(f"{launch.url}/notices", data=wrong, headers={**HTMX, "HX-Target": "dialog#dialog"})).status_code == 422


async def test_names_offer_all_teams_and_those_who_arent_there(app: httpx.ASGITransport, people: People, launch: Channel) -> None:
    beat = browser(app, people.beat)
    offered = (await beat.get(f"{launch.url}/people?q=ch")).text
    assert "@channel" in offered and "Chiara Dotti" in offered and "data-outside" in offered
    outside = await beat.get(f"{launch.url}/outside?people={people.chiara.id},{people.anna.id},x")
    assert "Chiara Dotti" in outside.text and "Anna" not in outside.text
    id_ = await Message.post(await Channel.seen_by(people.beat.viewer, launch.id), people.beat.viewer, "@Chiara Dotti please look", named=[people.chiara.id])
    assert "mention" not in (await Message.get(id_)).html
    assert (await beat.post(f"{launch.url}/members", data={"people": str(people.chiara.id)}, headers=HTMX)).status_code == 200
    assert 'class="mention"' in (await Message.get(id_)).html
    assert await database.fetch_value("SELECT kind FROM notification WHERE account_id = $1 AND kind = 'chat.mention'", people.chiara.id)
    await members.add(people.anna.viewer, launch, [people.gina.id])
    assert "data-outside" not in (await browser(app, people.gina).get(f"{launch.url}/people?q=ch")).text
    assert (await browser(app, people.gina).get(f"{launch.url}/outside?people={people.chiara.id}")).status_code == 404
