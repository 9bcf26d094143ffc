"""The notification centre, the choices and what browsers say about push, through the app."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from app import database
from app.jobs.notifications import digests
from app.jobs.push import hang_up
from app.jobs.runner import drain
from app.lib import clock
from app.models.chat import Message
from app.models.chat.direct import between
from app.models.notifications import NoticeChoice, NoticeMute, Notification, unread_count
from app.models.push.device import PushDelivery, PushDevice
from app.models.push.vapid import VapidKey
from app.settings import Settings
from tests.conftest import browser
from tests.people import People
from tests.push_service import PushService, running

HTMX = {"hx-request": "true"}


@pytest.fixture
def service() -> Iterator[PushService]:
    with running() as service:
        yield service


@pytest.fixture
def settings(settings: Settings, service: PushService) -> Settings:
    return replace(settings, push_private_hosts=(service.host,), base_url="http://localhost:8000")


async def write(people: People, text: str = "Hello Beat") -> int:
    channel = await between(people.anna.viewer, [people.beat.id])
    return await Message.post(channel, people.anna.viewer, text)


async def newest(people: People) -> Notification:
    return (await Notification.shown_to(people.beat.viewer))[0]


async def unread(people: People) -> int:
    return await unread_count(people.beat.id, people.beat.viewer.org_id)


async def test_opening_a_notice_reads_it_and_leads_to_its_place(app: httpx.ASGITransport, people: People) -> None:
    message_id = await write(people, "<b>bold</b> & co")
    async with browser(app, people.beat) as beat:
        page = (await beat.get("/notifications")).text
        assert "Anna Alpha" in page and "&lt;b&gt;bold&lt;/b&gt; &amp; co" in page
        assert ">1</span>" in (await beat.get("/notifications/bell", headers=HTMX)).text
        answer = await beat.post(f"/notifications/{(await newest(people)).id}/opening")
    assert answer.status_code == 303 and answer.headers["location"].endswith(f"/messages/{message_id}")
    assert await unread(people) == 0


async def test_a_notice_is_marked_and_marked_back(app: httpx.ASGITransport, people: People) -> None:
    await write(people)
    url = f"/notifications/{(await newest(people)).id}/reading"
    async with browser(app, people.beat) as beat:
        assert "Mark as new" in (await beat.post(url, headers=HTMX)).text and await unread(people) == 0
        assert "Mark as read" in (await beat.delete(url, headers=HTMX)).text and await unread(people) == 1


async def test_marking_all_leaves_what_came_after_the_list_was_made(app: httpx.ASGITransport, people: People) -> None:
    await write(people)
    seen = (await newest(people)).id
    await write(people, "later")
    async with browser(app, people.beat) as beat:
        await beat.post("/notifications/reading", data={"up_to": str(seen)}, headers=HTMX)
        assert await unread(people) == 1
        await beat.post("/notifications/reading", headers=HTMX)
    assert await unread(people) == 0


async def test_older_notices_come_page_by_page(app: httpx.ASGITransport, people: People) -> None:
    for number in range(45):
        await write(people, f"number {number:02}")
    async with browser(app, people.beat) as beat:
        first = (await beat.get("/notifications")).text
        assert "number 44" in first and "number 04" not in first
        older = re.search(r'hx-get="(/notifications\?before=\d+)"', first)
        assert older is not None
        second = (await beat.get(older[1], headers=HTMX | {"hx-target": "p.notice-older"})).text
    shown = re.findall(r"number \d\d", first + second)
    assert sorted(shown) == [f"number {number:02}" for number in range(45)], "none twice, none left out"


async def test_a_source_is_muted_and_unmuted(app: httpx.ASGITransport, people: People) -> None:
    await write(people)
    source = (await newest(people)).source
    async with browser(app, people.beat) as beat:
        answer = await beat.post("/notifications/mutes", data={"source": source, "name": "Anna"}, headers=HTMX)
        undo = re.search(r"/activity/\d+/undo", answer.headers["hx-trigger"])
        assert [mute.source for mute in await NoticeMute.of(people.beat.viewer)] == [source] and undo
        assert "Anna" in (await beat.get("/account/notifications")).text
        await beat.post(undo[0], headers=HTMX)
        assert await NoticeMute.of(people.beat.viewer) == []
        await beat.post("/notifications/mutes", data={"source": source, "name": "Anna"}, headers=HTMX)
        await write(people, "not heard")
        assert "You muted where it comes from." in (await beat.get("/notifications/held")).text


async def test_the_reasons_are_said(app: httpx.ASGITransport, people: People) -> None:
    await write(people)
    async with browser(app, people.beat) as beat:
        why = (await beat.get(f"/notifications/{(await newest(people)).id}/reasons", headers=HTMX)).text
    assert "It is on for this kind unless you change it." in why and "No device of yours takes notifications." in why


async def test_choices_are_kept(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.beat) as beat:
        page = (await beat.get("/account/notifications")).text
        on = re.findall(r'name="on" value="([^"]+)"(?: aria-label="[^"]*")? checked', page)
        assert "chat.direct:push" in on and "system.jobs" not in page, "what concerns administrators isn't offered to others"
        await beat.post("/account/notifications", data={"on": [one for one in on if one != "chat.direct:push"]}, headers=HTMX)
        await beat.post("/account/notifications/digest", data={"frequency": "weekly", "hour": "9", "weekday": "4"}, headers=HTMX)
        page = (await beat.get("/account/notifications")).text
    assert await NoticeChoice.of(people.beat.id) == {("chat.direct", "push"): False}
    assert '<option value="weekly" selected>' in page and '<option value="9" selected>' in page


async def test_a_browser_subscribes_is_tested_and_removed(app: httpx.ASGITransport, people: People, service: PushService) -> None:
    async with browser(app, people.beat) as beat:
        key = (await beat.get("/push/key")).json()
        assert key["device"] is None
        made = await beat.post("/push/devices", json=service.subscription("phone", key["key"]), headers={"user-agent": "Chrome/140 Android"})
        device = made.json()["device"]
        assert (await beat.get("/push/key")).json() == {"key": key["key"], "device": device, "current": True}
        await beat.post(f"/push/devices/{device}/test", headers=HTMX)
        await drain()
        delivery = service.wait(1)[0].said["delivery"]
        assert (await beat.post(f"/push/deliveries/{delivery}/shown")).status_code == 204
        assert "Chrome on Android" in (await beat.get("/account/notifications")).text
        assert "shown" in (await beat.get(f"/account/notifications/devices/{device}")).text
        kinds = {"name": "Phone", "is_on": "on", "kinds": ["chat.direct"]}
        await beat.post(f"/account/notifications/devices/{device}", data=kinds, headers=HTMX)
        assert (await NoticeChoice.of_device(people.beat.id, device))["chat.mention"] is False
        await beat.post(f"/account/notifications/devices/{device}/removal", headers=HTMX)
    await hang_up()
    assert await PushDevice.of(people.beat.viewer) == []


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"endpoint":1}', b"\xff", b'{"endpoint":"https://x.example/","keys":{},"key":""}'])
async def test_a_broken_subscription_gets_a_sentence(body: bytes, app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.beat) as beat:
        answer = await beat.post("/push/devices", content=body, headers=HTMX)
    assert answer.status_code == 422 and "can\\u2019t be used" in answer.headers["hx-trigger"]


async def test_nobody_touches_the_devices_of_others(app: httpx.ASGITransport, people: People, service: PushService) -> None:
    async with browser(app, people.beat) as beat:
        made = await beat.post("/push/devices", json=service.subscription("phone", (await VapidKey.current()).public))
        await beat.post(f"/push/devices/{made.json()['device']}/test", headers=HTMX)
    (delivery,) = await database.fetch("SELECT id FROM push_delivery")
    await write(people)
    notice, device = await newest(people), made.json()["device"]
    for other in (people.anna, people.gina, people.erik):
        async with browser(app, other) as client:
            for path in (f"/push/devices/{device}/test", f"/push/deliveries/{delivery['id']}/clicked", f"/account/notifications/devices/{device}",
                         f"/account/notifications/devices/{device}/removal", f"/notifications/{notice.id}/opening", f"/notifications/{notice.id}/reading"):
                assert (await client.post(path)).status_code == 404, path
            assert (await client.get(f"/notifications/{notice.id}/reasons")).status_code == 404
    assert len(await PushDevice.of(people.beat.viewer)) == 1 and await unread(people) == 1
    assert not (await PushDelivery.found(people.beat.viewer, delivery["id"])).clicked_at


async def test_a_clicked_push_is_read(app: httpx.ASGITransport, people: People, service: PushService) -> None:
    async with browser(app, people.beat) as beat:
        await beat.post("/push/devices", json=service.subscription("phone", (await VapidKey.current()).public))
        await write(people)
        await write(people, "more")
        await drain()
        await beat.post(f"/push/deliveries/{service.wait(2)[-1].said['delivery']}/clicked")
    await hang_up()
    assert await unread(people) == 0, "the one that was shown stood for those before it"


async def test_the_digest_is_mailed_and_its_link_ends_it(
    app: httpx.ASGITransport, people: People, stranger: httpx.AsyncClient, settings: Settings
) -> None:
    await write(people, "Are you there?")
    with clock.at(clock.now() + clock.DAY):
        await digests()
        await digests()
        await drain()
    (mail,) = (settings.data_dir / "outbox").glob("*beat*")
    message = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    link = re.search(r"/unsubscribe/[\w.\-]+", text)
    assert link is not None and "Are you there?" in text
    assert b"=?" not in mail.read_bytes().partition(b"\r\n\r\n")[0].partition(b"List-Unsubscribe:")[2], "mail programs read it as it stands"
    assert message["List-Unsubscribe"] == f"<http://localhost:8000{link[0]}>" and message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    asked = await stranger.get(link[0])
    assert asked.status_code == 200 and "beat@alpina.example" in asked.text
    assert await database.fetch("SELECT id FROM digest WHERE frequency = 'off'") == [], "opening the link changes nothing"
    assert "no more digests" in (await stranger.post(link[0])).text
    assert [row["id"] for row in await database.fetch("SELECT id FROM digest WHERE frequency = 'off'")] == [people.beat.id]
    for wrong in (link[0][:-2] + "xx", "/unsubscribe/" + "a" * 40, "/unsubscribe/ü"):
        assert (await stranger.post(wrong)).status_code == 404


async def test_an_empty_centre_says_so(app: httpx.ASGITransport, people: People) -> None:
    async with browser(app, people.gina) as gina:
        assert "Nothing yet" in (await gina.get("/notifications")).text
        assert "Nothing was held back" in (await gina.get("/notifications/held")).text
