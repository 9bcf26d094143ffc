"""Pushing, against a push service on this machine: what arrives, in what order of things, and what becomes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from app import database
from app.jobs.push import hang_up
from app.jobs.runner import drain
from app.lib import clock
from app.models import presence
from app.models.base import Refused
from app.models.chat import Message
from app.models.chat.channel import Channel
from app.models.chat.direct import between
from app.models.notifications import Notification, notices_read, notify
from app.models.presence import choose
from app.models.push import sending
from app.models.push.device import MOST_DEVICES, PushDelivery, PushDevice, Subscription
from app.models.push.vapid import VapidKey
from app.models.session import Session
from app.settings import Settings
from tests.people import People, Person
from tests.push_service import PushService, running


@pytest.fixture
def service() -> Iterator[PushService]:
    with running() as service:
        yield service


@pytest.fixture
def settings(settings: Settings, service: PushService) -> Settings:
    return replace(settings, push_private_hosts=(service.host,))


@pytest.fixture(autouse=True)
async def _connections(app: object) -> AsyncIterator[None]:
    yield
    await hang_up()


async def turn_on(person: Person, service: PushService, name: str = "phone", **more: str) -> PushDevice:
    """Let a browser of this person take pushes."""
    key, browser = await VapidKey.current(), service.browser(name)
    subscription = Subscription(browser.endpoint, **browser.keys, application_server_key=key.public, user_agent="Firefox/140 Android", **more)
    return await PushDevice.subscribe(person.viewer, subscription, (service.host,))


async def write(people: People, text: str = "Hello Beat") -> Channel:
    channel = await between(people.anna.viewer, [people.beat.id])
    await Message.post(channel, people.anna.viewer, text)
    return channel


async def log(device: PushDevice) -> list[str]:
    return [one.state for one in await device.log()]


async def test_a_message_arrives_sealed_signed_and_with_its_headers(people: People, service: PushService) -> None:
    device = await turn_on(people.beat, service)
    channel = await write(people, "Grüezi 👋 " + "long " * 3000)
    await drain()
    (message,) = service.messages
    assert message.said["title"] == "Anna Alpha" and message.said["body"].startswith("Grüezi 👋") and message.size <= 4096
    assert message.said["url"].startswith(channel.url) and message.said["brand"] and message.said["icon"].startswith("/icons/")
    assert [one["action"] for one in message.said["actions"]] == ["reply", "read"]
    assert (message.headers["Urgency"], message.headers["TTL"], len(message.headers["Topic"])) == ("high", "86400", 32)
    assert message.signer == (await VapidKey.current()).public and message.said["unread"] == 1
    (sent,) = await device.log()
    assert (sent.status, sent.http_status) == ("sent", 201) and sent.milliseconds is not None


async def test_the_next_message_stands_in_place_of_the_one_before(people: People, service: PushService) -> None:
    await turn_on(people.beat, service)
    await write(people)
    await write(people, "Still there?")
    await drain()
    first, second = sorted(service.messages, key=lambda one: one.said["id"])
    assert first.said["tag"] == second.said["tag"] and first.headers["Topic"] == second.headers["Topic"]
    assert second.said["body"] == "Still there?\n1 more before that"


async def test_what_was_read_before_it_was_sent_isnt_sent(people: People, service: PushService) -> None:
    device = await turn_on(people.beat, service)
    channel = await write(people)
    await notices_read(people.beat.id, source=f"channel:{channel.id}")
    await drain()
    assert service.messages == [] and await log(device) == ["withdrawn"]


async def test_what_was_read_elsewhere_is_closed_on_the_device(people: People, service: PushService) -> None:
    device = await turn_on(people.beat, service)
    await write(people)
    await drain()
    (earlier,) = await device.log()
    await earlier.acknowledge("clicked_at")  # waits no more
    channel = await write(people)
    await drain()
    await notices_read(people.beat.id, source=f"channel:{channel.id}")
    await drain()
    _earlier, shown, closing = service.messages
    assert closing.said["close"] == [shown.said["id"]] and closing.said["unread"] == 0
    assert closing.headers["Topic"] == shown.headers["Topic"], "a device that was away never shows it at all"
    assert sorted(await log(device)) == ["clicked", "closed"]


async def test_closing_never_takes_the_place_of_what_came_after(people: People, service: PushService) -> None:
    device = await turn_on(people.beat, service)
    channel = await write(people)
    await drain()
    await notices_read(people.beat.id, source=f"channel:{channel.id}")
    await write(people)
    await drain()
    _first, *since = service.messages
    closing = next(one for one in since if "close" in one.said)
    assert "Topic" not in closing.headers, "a device that was away shows the second"
    assert sorted(await log(device)) == ["closed", "sent"]


async def test_a_message_taken_back_is_closed_too(people: People, service: PushService) -> None:
    await turn_on(people.beat, service)
    channel = await write(people)
    await drain()
    message = await Message.last_of(people.anna.viewer, await Channel.seen_by(people.anna.viewer, channel.id))
    assert message is not None
    await (await Message.found(people.anna.viewer, message.id)).take_back(people.anna.viewer)
    await drain()
    assert "close" in service.messages[-1].said


async def test_a_subscription_that_is_over_is_dropped_and_its_owner_told(people: People, service: PushService) -> None:
    device = await turn_on(people.beat, service)
    for status in (404, 410):
        await turn_on(people.beat, service)
        service.answers["phone"] = [status]
        await write(people)
        await drain()
        assert await PushDevice.of(people.beat.viewer) == []
    assert [one.words.title for one in await Notification.shown_to(people.beat.viewer)][:1] == [f"{device.name} gets no more notifications"]


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_service_that_is_busy_is_asked_again_later(status: int, people: People, service: PushService) -> None:
    device = await turn_on(people.beat, service)
    service.answers["phone"] = [status]
    service.retry_after = "40" if status == 429 else ""
    await write(people)
    await drain()
    assert service.messages == [] and await log(device) == ["queued"]
    with clock.at(clock.now() + 6 * clock.SECOND):
        await drain()
        assert len(service.messages) == (0 if status == 429 else 1), "Retry-After is kept to"
    with clock.at(clock.now() + 60 * clock.SECOND):
        await drain()
    assert len(service.messages) == 1 and await log(device) == ["sent"]


async def test_a_service_that_stays_away_is_given_up(people: People, service: PushService) -> None:
    device = await turn_on(people.beat, service)
    service.answers["phone"] = [503] * 20
    await write(people)
    at = clock.now()
    for _try in range(12):
        with clock.at(at):
            await drain()
        at += 2 * clock.HOUR
    assert await log(device) == ["late"] and service.messages == []
    assert await database.fetch("SELECT id FROM job") == [], "no dead letter for an administrator"


async def test_a_service_that_sends_elsewhere_isnt_followed(people: People, service: PushService) -> None:
    device = await turn_on(people.beat, service)
    service.answers["phone"] = [307]
    await write(people)
    await drain()
    (failed,) = await device.log()
    assert (failed.status, failed.http_status) == ("failed", 307)


async def test_each_device_and_kind_has_its_switch(people: People, service: PushService) -> None:
    await turn_on(people.beat, service, "phone")
    _session, token = await Session.begin(people.beat.membership, 30)
    viewer = await people.beat.viewer.by_token(token)
    assert viewer is not None
    laptop = await turn_on(Person(people.beat.account, people.beat.organisation, people.beat.membership, token, viewer), service, "laptop")
    await laptop.change(is_on=False)
    await write(people)
    await drain()
    assert [one.browser for one in service.messages] == ["phone"]
    (row,) = await database.fetch("SELECT * FROM notification WHERE account_id = $1", people.beat.id)
    pushed = {one["device_id"]: one["reason"] for one in Notification.from_row(row).outcomes if one["channel"] == "push"}
    assert pushed[laptop.id] == "device_off" and len(pushed) == 2


async def test_quiet_time_holds_back_all_but_what_is_urgent(people: People, service: PushService) -> None:
    device = await turn_on(people.beat, service)
    await choose(people.beat.id, "dnd", clock.now() + clock.HOUR)
    await write(people)
    await notify("security.sign_in", [people.beat.id], people.beat.viewer.org_id, facts={"device": "Chrome on Linux"})
    await drain()
    assert [one.said["title"] for one in service.messages] == ["New sign-in to your account"]
    held = await Notification.held_back(people.beat.viewer)
    assert [outcome["reason"] for outcome in held[0].outcomes if outcome["channel"] == "push"] == ["quiet"]
    assert await log(device) == ["sent"]


async def test_who_uses_the_suite_is_pushed_to_when_they_left_without_reading(
    people: People, service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    await turn_on(people.beat, service)
    here = {people.beat.id}
    monkeypatch.setattr(presence, "active_accounts", lambda ids: here & set(ids))
    await write(people)
    await write(people, "This one is read")
    (newest, *_rest) = await Notification.shown_to(people.beat.viewer)
    await drain()
    assert service.messages == []
    await notices_read(people.beat.id, ids=[newest.id])
    here.clear()
    with clock.at(clock.now() + 2 * clock.MINUTE):
        await drain()
    assert [one.said["body"] for one in service.messages] == ["Hello Beat"]


async def test_signing_out_ends_pushes_and_signing_in_again_brings_them_back(people: People, service: PushService) -> None:
    device = await turn_on(people.beat, service)
    await device.rename("My phone")
    await (await Session.get(people.beat.viewer.session_id)).end()
    await write(people)
    await drain()
    assert service.messages == []
    _session, token = await Session.begin(people.beat.membership, 30)
    viewer = await people.beat.viewer.by_token(token)
    assert viewer is not None
    again = await turn_on(Person(people.beat.account, people.beat.organisation, people.beat.membership, token, viewer), service)
    assert (again.id, again.name) == (device.id, "My phone")


async def test_another_person_on_the_same_browser_takes_it_over(people: People, service: PushService) -> None:
    await turn_on(people.beat, service)
    await turn_on(people.chiara, service)
    assert await PushDevice.of(people.beat.viewer) == [] and len(await PushDevice.of(people.chiara.viewer)) == 1
    await write(people)
    await drain()
    assert service.messages == [], "Chiara isn't shown what was written to Beat"


async def test_nobody_takes_a_subscription_whose_secret_they_dont_have(people: People, service: PushService) -> None:
    await turn_on(people.beat, service)
    key, theirs = await VapidKey.current(), service.browser("other")
    stolen = Subscription(service.browser("phone").endpoint, **theirs.keys, application_server_key=key.public)
    with pytest.raises(Refused):
        await PushDevice.subscribe(people.erik.viewer, stolen, (service.host,))
    assert len(await PushDevice.of(people.beat.viewer)) == 1


async def test_an_account_has_so_many_devices_and_no_more(people: People, service: PushService) -> None:
    key = await VapidKey.current()
    for number in range(MOST_DEVICES + 1):
        _session, token = await Session.begin(people.beat.membership, 30)
        viewer = await people.beat.viewer.by_token(token)
        assert viewer is not None
        browser = service.browser(f"b{number}")
        subscription = Subscription(browser.endpoint, **browser.keys, application_server_key=key.public)
        if number < MOST_DEVICES:
            await PushDevice.subscribe(viewer, subscription, (service.host,))
        else:
            with pytest.raises(Refused, match="at most 20"):
                await PushDevice.subscribe(viewer, subscription, (service.host,))


@pytest.mark.parametrize("endpoint", [
    "https://localhost/x", "https://127.0.0.1/x", "https://[::1]/x", "https://10.0.0.1/x", "https://169.254.169.254/x", "http://fcm.googleapis.com/x",
    "https://a:b@fcm.googleapis.com/x", "https://fcm.googleapis.com:8443/x",
])
async def test_an_endpoint_that_isnt_a_push_service_is_refused(endpoint: str, people: People, service: PushService) -> None:
    key, browser = await VapidKey.current(), service.browser("phone")
    with pytest.raises(Refused, match="public address"):
        await PushDevice.subscribe(people.beat.viewer, Subscription(endpoint, **browser.keys, application_server_key=key.public), (service.host,))


async def test_after_a_rotation_old_subscriptions_work_until_they_are_made_anew(people: People, service: PushService) -> None:
    device = await turn_on(people.beat, service)
    old = await VapidKey.current()
    new = await VapidKey.rotate()
    await write(people)
    await drain()
    assert service.messages[0].signer == old.public and service.messages[0].said["key"] == new.public
    browser = service.browser("phone-anew")
    again = Subscription(browser.endpoint, **browser.keys, application_server_key=new.public, replaces=service.browser("phone").endpoint)
    moved = await PushDevice.subscribe(people.beat.viewer, again, (service.host,))
    assert moved.id == device.id
    await write(people)
    await drain()
    assert service.messages[-1].signer == new.public
    await VapidKey.prune()
    assert [key.id for key, _devices in await VapidKey.counted()] == [new.id]


async def test_a_test_arrives_where_it_was_asked_for(people: People, service: PushService) -> None:
    device = await turn_on(people.beat, service)
    id_ = await sending.send_test(device)
    await drain()
    assert service.messages[0].said["title"] == "Notifications work"
    await (await PushDelivery.found(people.beat.viewer, id_)).acknowledge("shown_at")
    assert await log(device) == ["shown"]
