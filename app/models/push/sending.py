"""Sending what was queued: each message encrypted for its device, by the key that it subscribed with, and what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from app import database
from app.lib import clock, webpush
from app.lib.i18n import _, ngettext, speaking
from app.lib.ids import new_id
from app.lib.numbers import whole
from app.lib.safe_http import Answer, Caller, NotAllowed
from app.models import presence
from app.models.announcements import announce
from app.models.base import NotFound
from app.models.brand import Brand, default_brand
from app.models.brand.known import brand_at
from app.models.job import Job
from app.models.notifications.kinds import LOW, Words, kind_of, known
from app.models.notifications.notification import Notification, unread_count
from app.models.notifications.notifying import notify
from app.models.push.device import FAILED, GONE, LATE, QUEUED, SENT, PushDelivery, PushDevice
from app.models.push.vapid import VapidKey

TEST = "push.test"
CLOSE_TTL = clock.HOUR // clock.SECOND
MOST_TRIES = 7
MOST_TITLE, MOST_BODY = 120, 500
_WAITS = (5, 20, 60, 300, 900, 3600)  # seconds before the 2nd, 3rd … try
_LONGEST_WAIT = 6 * clock.HOUR
_AT_ONCE = asyncio.Semaphore(20)

_QUEUED = """
SELECT p.id AS delivery_id, d.*, k.private AS vapid_private, m.org_id AS org_id, a.locale AS account_locale
  FROM push_delivery p JOIN push_device d ON d.id = p.device_id JOIN vapid_key k ON k.id = d.vapid_id JOIN account a ON a.id = d.account_id
  LEFT JOIN session s ON s.id = d.session_id LEFT JOIN membership m ON m.id = s.membership_id
 WHERE p.status = 'queued'
"""


@dataclass(frozen=True, slots=True)
class Courier:
    """Who carries it: connections to push services, and whom these may ask about us (RFC 8292 §2.1)."""

    caller: Caller
    subject: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message for one device."""

    content: dict[str, Any]
    ttl: int
    urgency: str
    topic: str


async def push_now(courier: Courier, notification_ids: Sequence[int]) -> None:
    """Send what is queued for these notices, to all their devices side by side."""
    if notification_ids:
        await _send_all(courier, await database.fetch(f"{_QUEUED} AND p.notification_id IN ({database.marks(notification_ids)})", *notification_ids))


async def push_again(courier: Courier, delivery_ids: Sequence[int]) -> None:
    """Send these, unless they were withdrawn meanwhile."""
    if delivery_ids:
        await _send_all(courier, await database.fetch(f"{_QUEUED} AND p.id IN ({database.marks(delivery_ids)})", *delivery_ids))


async def push_late(courier: Courier, notification_ids: Sequence[int]) -> None:
    """Push what was put off because a tab was in use: if it is still unread and nobody is there any more."""
    if not notification_ids:
        return
    rows = await database.fetch(f"SELECT * FROM notification WHERE read_at IS NULL AND id IN ({database.marks(notification_ids)})", *notification_ids)
    here = presence.active_accounts({row["account_id"] for row in rows})
    quiet = await presence.quiet_until_of({row["account_id"] for row in rows})
    late = [Notification.from_row(row) for row in rows if row["account_id"] not in here and row["account_id"] not in quiet]
    async with database.transaction():
        for notification in late:
            await _queue_late(notification)
    await push_now(courier, [notification.id for notification in late])


async def push_close(courier: Courier, device_id: int, notification_ids: Sequence[int]) -> None:
    """Let a device close notifications that were read elsewhere, where its platform allows messages that show nothing."""
    row = await database.fetch_one(
        "SELECT d.*, k.private AS vapid_private, m.org_id FROM push_device d JOIN vapid_key k ON k.id = d.vapid_id"
        " JOIN session s ON s.id = d.session_id JOIN membership m ON m.id = s.membership_id WHERE d.id = $1",
        device_id,
    )
    if row is None or not PushDevice.from_row(row).takes_silence:
        return
    tags = await database.fetch(f"SELECT DISTINCT tag FROM push_delivery WHERE device_id = ${len(notification_ids) + 1}"
                                f" AND notification_id IN ({database.marks(notification_ids)})", *notification_ids, device_id)
    content = {"close": list(notification_ids), "unread": await unread_count(row["account_id"], row["org_id"]), "key": (await VapidKey.current()).public}
    topic = tags[0]["tag"] if len(tags) == 1 and not await _says_more(device_id, tags[0]["tag"]) else ""
    await _post(courier, row, Parcel(content, CLOSE_TTL, LOW, topic))


async def _says_more(device_id: int, tag: str) -> bool:
    """Whether something of this tag waits for the device, or may: a message with its topic would take its place at the push service (RFC 8030 section 5.4)."""
    return bool(await database.fetch(
        "SELECT id FROM push_delivery WHERE device_id = $1 AND tag = $2 AND closed_at IS NULL AND shown_at IS NULL AND clicked_at IS NULL"
        " AND status IN ($3, $4) LIMIT 1", device_id, tag, QUEUED, SENT,
    ))


async def send_test(device: PushDevice) -> int:
    """Queue a test for a device. Returns the delivery's id."""
    id_ = new_id()
    async with database.transaction():
        await database.execute(
            "INSERT INTO push_delivery (id, account_id, device_id, kind, tag, status, attempts, error, created_at) VALUES ($1, $2, $3, $4, $4, $5, 0, '', $6)",
            id_, device.account_id, device.id, TEST, QUEUED, clock.now(),
        )
        await Job.enqueue("push_again", delivery_ids=[id_])
        announce("push.log", device.account_id)
    return id_


# -- one message


async def _send_all(courier: Courier, rows: list[dict[str, Any]]) -> None:
    await asyncio.to_thread(webpush.warm_up)
    standard, key = await default_brand(), (await VapidKey.current()).public
    brands = {host: await brand_at(urlsplit(host).hostname or "") or standard for host in {row["host"] for row in rows}}
    await asyncio.gather(*(_send(courier, row, brands[row["host"]], key) for row in rows))


async def _send(courier: Courier, row: dict[str, Any], brand: Brand, key: str) -> None:
    """Send one message, and write down what became of it."""
    delivery = PushDelivery.from_row((await database.fetch("SELECT * FROM push_delivery WHERE id = $1", row["delivery_id"]))[0])
    if row["session_id"] is None or not row["org_id"]:
        return await _settle(delivery, FAILED, error="Nobody is signed in on this device.")
    parcel = await _parcel(row, delivery, brand, key)
    if parcel is None:
        return await _settle(delivery, "withdrawn")
    try:
        async with _AT_ONCE:
            answer = await _post(courier, row, parcel)
    except NotAllowed as refused:
        return await _settle(delivery, FAILED, error=str(refused))
    except Exception as error:
        if not _is_passing(error):
            raise
        return await _later(delivery, parcel, f"{type(error).__name__}: {error}")
    return await _answered(row, delivery, parcel, answer)


async def _post(courier: Courier, row: dict[str, Any], parcel: Parcel) -> Answer:
    body = webpush.encrypt(webpush.fitted(parcel.content), row["p256dh"], row["auth"])
    headers = webpush.headers(row["vapid_private"], row["endpoint"], courier.subject, ttl=parcel.ttl, urgency=parcel.urgency, topic=parcel.topic)
    return await courier.caller.post(row["endpoint"], body, headers)


async def _answered(row: dict[str, Any], delivery: PushDelivery, parcel: Parcel, answer: Answer) -> None:
    """RFC 8030 §5, §7.3: taken, gone for good, not now, or refused."""
    if 200 <= answer.status < 300:
        await database.execute("UPDATE push_device SET failures = 0 WHERE id = $1 AND failures > 0", row["id"])
        await _settle(delivery, SENT, answer.status)
    elif answer.status in (404, 410):
        await _settle(delivery, GONE, answer.status)
        await drop_gone(PushDevice.from_row(row), row["org_id"])
    elif answer.status == 429 or answer.status >= 500:
        await _later(delivery, parcel, answer.body[:200].decode(errors="replace"), answer.status, _retry_after(answer))
    else:
        await _settle(delivery, FAILED, answer.status, answer.body[:200].decode(errors="replace"))


async def drop_gone(device: PushDevice, org_id: int) -> None:
    """A push service says that a subscription is over: its owner is told in the app."""
    async with database.transaction():
        await notify(
            "push.gone", [device.account_id], org_id, facts={"device": device.name}, url="/account/notifications", source="push", group=f"device:{device.id}"
        )
        await device.drop()


async def _parcel(row: dict[str, Any], delivery: PushDelivery, brand: Brand, key: str) -> Parcel | None:
    """What the device is told; None when there is nothing to tell any more."""
    common = {
        "delivery": delivery.id, "brand": brand.name, "icon": f"/icons/{brand.version}/any-192.png", "badge": f"/icons/{brand.version}/monochrome-512.png",
        "at": delivery.created_at, "key": key, "lang": row["account_locale"], "unread": await unread_count(row["account_id"], row["org_id"]),
    }
    with speaking(row["account_locale"]):
        if delivery.notification_id is None:
            words = Words(_("Notifications work"), _("This is the test that you asked for, on %(device)s.") % {"device": row["name"]})
            content = {**common, "id": 0, "title": words.title, "body": words.body, "url": "/account/notifications", "tag": TEST, "actions": []}
            return Parcel(content, 300, "high", TEST)
        try:
            notification = await Notification.get(delivery.notification_id)
        except NotFound:
            return None
        if notification.read_at is not None or not known(notification.kind):
            return None
        return await _about(notification, common)


async def _about(notification: Notification, common: dict[str, Any]) -> Parcel:
    kind, words = kind_of(notification.kind), notification.words
    actions = kind.actions(notification.known_facts) if kind.actions else []
    content = {
        **common, "id": notification.id, "title": webpush.cut(words.title, MOST_TITLE), "body": webpush.cut(await _body(notification, words), MOST_BODY),
        "url": notification.url, "tag": notification.source, "urgent": kind.urgent,
        "actions": [
            {"action": one.key, "title": one.title, "method": one.method, "url": one.url, "field": one.field, "placeholder": one.placeholder}
            for one in actions
        ],
    }
    return Parcel(content, kind.ttl, kind.urgency, notification.source)


async def _body(notification: Notification, words: Words) -> str:
    """The newest of a source stands in place of those before it, so it says how many there are."""
    more = await database.fetch_value(
        "SELECT COUNT(*) FROM notification WHERE account_id = $1 AND org_id = $2 AND source = $3 AND read_at IS NULL AND shown = TRUE AND id < $4",
        notification.account_id, notification.org_id, notification.source, notification.id,
    )
    if not more:
        return words.body
    before = ngettext("%(number)s more before that", "%(number)s more before that", int(more)) % {"number": more}
    return f"{webpush.cut(words.body, MOST_BODY - 60)}\n{before}"


# -- what became of it


async def _settle(delivery: PushDelivery, status: str, http_status: int | None = None, error: str = "") -> None:
    now = clock.now()
    await database.execute(
        "UPDATE push_delivery SET status = $1, http_status = $2, error = $3, milliseconds = $4, sent_at = $5, attempts = attempts + 1"
        " WHERE id = $6 AND status = 'queued'",
        status, http_status, error[:300], min(now - delivery.created_at, 2**31 - 1), now if status == SENT else None, delivery.id,
    )
    announce("push.log", delivery.account_id)


async def _later(delivery: PushDelivery, parcel: Parcel, error: str, http_status: int | None = None, after: int | None = None) -> None:
    """Try again after a while, as long as the message is worth it."""
    wait = after if after is not None else _WAITS[min(delivery.attempts, len(_WAITS) - 1)] * clock.SECOND
    if delivery.attempts + 1 >= MOST_TRIES or clock.now() + wait > delivery.created_at + parcel.ttl * clock.SECOND:
        return await _settle(delivery, LATE, http_status, error)
    async with database.transaction():
        await database.execute(
            "UPDATE push_delivery SET attempts = attempts + 1, http_status = $1, error = $2 WHERE id = $3", http_status, error[:300], delivery.id
        )
        await Job.enqueue("push_again", delivery_ids=[delivery.id], run_at=clock.now() + wait)
        announce("push.log", delivery.account_id)
    return None


def _is_passing(error: Exception) -> bool:
    """Whether it may work the next time: the network, not us."""
    import aiohttp

    return isinstance(error, OSError | TimeoutError | aiohttp.ClientError)


def _retry_after(answer: Answer) -> int | None:
    """Milliseconds that a push service asks us to wait (RFC 9110 §10.2.3, in seconds)."""
    told = whole(next((value for name, value in answer.headers.items() if name.lower() == "retry-after"), ""))
    return min(told * clock.SECOND, _LONGEST_WAIT) if told is not None else None


async def _queue_late(notification: Notification) -> None:
    for outcome in notification.outcomes:
        if outcome["reason"] == "in_use" and outcome.get("device_id"):
            await database.execute(
                "INSERT INTO push_delivery (id, account_id, device_id, notification_id, kind, tag, status, attempts, error, created_at)"
                " SELECT $1, d.account_id, d.id, $3, $4, $5, 'queued', 0, '', $6 FROM push_device d WHERE d.id = $2",
                new_id(), outcome["device_id"], notification.id, notification.kind, notification.source, clock.now(),
            )
