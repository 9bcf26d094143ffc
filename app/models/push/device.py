"""Devices that take web push (RFC 8030), and what was sent to each."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Any, Self

from piccolo.columns import BigInt, Boolean, ForeignKey, Integer, OnDelete, SmallInt, Text, Varchar

from app import database
from app.lib import clock, safe_http, webpush
from app.lib.devices import device as device_of
from app.lib.i18n import _
from app.lib.tokens import hash_token
from app.models.account import Account
from app.models.announcements import announce
from app.models.base import NotFound, Refused, Row
from app.models.push.vapid import VapidKey
from app.models.session import Session
from app.models.viewer import Viewer

MOST_DEVICES = 20
FORGOTTEN_AFTER = 60 * clock.DAY
LOGGED_FOR = 14 * clock.DAY
QUEUED, SENT, FAILED, GONE, WITHDRAWN, LATE = "queued", "sent", "failed", "gone", "withdrawn", "late"


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a browser's `PushSubscription` says of itself, and where it was made."""

    endpoint: str
    p256dh: str
    auth: str
    application_server_key: str
    host: str = ""
    user_agent: str = ""
    replaces: str = ""

    @property
    def hash(self) -> str:
        """What it is found by."""
        return hash_token(self.endpoint)

    def has_secret(self, auth: str, p256dh: str) -> bool:
        """Whether its secrets are these."""
        return hmac.compare_digest(self.auth, auth) and hmac.compare_digest(self.p256dh, p256dh)


class PushDevice(Row):
    """A browser's subscription. Without a session nobody is signed in there, and nothing is sent."""

    account_id = ForeignKey(Account)
    session_id = ForeignKey(Session, null=True, default=None, on_delete=OnDelete.set_null)
    vapid_id = ForeignKey(VapidKey)
    host = Varchar(length=260, default="", help_text="Origin that the subscription was made on.")
    endpoint = Text()
    endpoint_hash = Varchar(length=64)
    p256dh = Varchar(length=120)
    auth = Varchar(length=60)
    name = Varchar(length=120, default="")
    user_agent = Varchar(length=300, default="")
    locale = Varchar(length=8, default="en")
    is_on = Boolean(default=True)
    failures = Integer(default=0)
    created_at = BigInt(default=0)
    seen_at = BigInt(default=0, help_text="When its browser last confirmed the subscription.")

    @property
    def service(self) -> str:
        """The known push service that it uses, or an empty word."""
        return webpush.service_of(self.endpoint)

    @property
    def takes_silence(self) -> bool:
        """Whether a message may close notifications without showing one: Apple ends subscriptions for that."""
        return self.service != "push.apple.com"

    @classmethod
    async def of(cls, viewer: Viewer) -> list[Self]:
        """Somebody's devices on which they are signed in here, the newest first."""
        rows = await database.fetch(
            "SELECT d.* FROM push_device d JOIN session s ON s.id = d.session_id JOIN membership m ON m.id = s.membership_id"
            " WHERE d.account_id = $1 AND m.org_id = $2 AND s.expires_at > $3 ORDER BY d.seen_at DESC, d.id DESC",
            viewer.account_id, viewer.org_id, clock.now(),
        )
        return [cls.from_row(row) for row in rows]

    @classmethod
    async def found(cls, viewer: Viewer, id_: int) -> Self:
        """One of somebody's own devices. Raises `NotFound`."""
        row = await database.fetch_one("SELECT * FROM push_device WHERE id = $1 AND account_id = $2", id_, viewer.account_id)
        if row is None:
            raise NotFound(f"device {id_}")
        return cls.from_row(row)

    @classmethod
    async def of_session(cls, viewer: Viewer) -> Self | None:
        """The device of the browser that asks."""
        row = await database.fetch_one("SELECT * FROM push_device WHERE session_id = $1 AND account_id = $2", viewer.session_id, viewer.account_id)
        return cls.from_row(row) if row else None

    @classmethod
    async def subscribe(cls, viewer: Viewer, subscription: Subscription, private: tuple[str, ...] = ()) -> Self:
        """Push to this browser from now on, for whoever is signed in there. The same subscription again is the same device.

        Raises `Refused` for an address that isn't a push service's, keys that can't be used, a key that isn't this server's, another
        browser's subscription, or too many devices.
        """
        key = await VapidKey.by_public(subscription.application_server_key)
        if key is None:
            raise Refused(_("This subscription is for another server. Turn notifications off and on again on this device."))
        await _check(subscription, private)
        async with database.transaction():
            known = await database.fetch_one("SELECT * FROM push_device WHERE endpoint_hash = $1", subscription.hash)
            if known:
                return await cls.from_row(known)._taken_over(viewer, subscription, key)
            before = await cls._before(viewer, subscription.replaces)
            if before:
                await before._move(viewer, subscription, key)
                return before
            await _check_number(viewer)
            return await cls._add(viewer, subscription, key)

    async def _taken_over(self, viewer: Viewer, subscription: Subscription, key: VapidKey) -> Self:
        """The browser says it again, perhaps with somebody else signed in. Only it knows the secret that goes with the endpoint."""
        if not subscription.has_secret(self.auth, self.p256dh):
            raise Refused(_("This subscription can’t be used. Turn notifications off and on again on this device."))
        if self.account_id != viewer.account_id:
            await self.drop()
            await _check_number(viewer)
            return await self._add(viewer, subscription, key)
        await database.execute("UPDATE push_device SET session_id = NULL WHERE session_id = $1 AND id <> $2", viewer.session_id, self.id)
        await self._move(viewer, subscription, key)
        return self

    async def _move(self, viewer: Viewer, subscription: Subscription, key: VapidKey) -> None:
        """The same browser: name, switches and log stay."""
        await self.change(
            session_id=viewer.session_id, vapid_id=key.id, host=subscription.host[:260], endpoint=subscription.endpoint,
            endpoint_hash=subscription.hash, p256dh=subscription.p256dh, auth=subscription.auth, user_agent=subscription.user_agent[:300],
            seen_at=clock.now(), failures=0,
        )

    @classmethod
    async def _before(cls, viewer: Viewer, replaced: str) -> Self | None:
        """The device that this browser was until now: of its session, or by the endpoint that it says it had."""
        row = await database.fetch_one(
            "SELECT * FROM push_device WHERE account_id = $1 AND (session_id = $2 OR endpoint_hash = $3) ORDER BY seen_at DESC LIMIT 1",
            viewer.account_id, viewer.session_id, hash_token(replaced),
        )
        return cls.from_row(row) if row else None

    @classmethod
    async def _add(cls, viewer: Viewer, subscription: Subscription, key: VapidKey) -> Self:
        now = clock.now()
        return await cls.insert_new(
            account_id=viewer.account_id, session_id=viewer.session_id, vapid_id=key.id, host=subscription.host[:260], endpoint=subscription.endpoint,
            endpoint_hash=subscription.hash, p256dh=subscription.p256dh, auth=subscription.auth, name=_name(subscription.user_agent),
            user_agent=subscription.user_agent[:300], locale=viewer.locale, created_at=now, seen_at=now,
        )

    async def rename(self, name: str) -> None:
        """Call it something that its owner recognises."""
        await self.change(name=name or _name(self.user_agent))

    async def drop(self) -> None:
        """Push there no more, and forget what was sent."""
        async with database.transaction():
            await database.execute("DELETE FROM notice_choice WHERE device_id = $1", self.id)
            await database.execute("DELETE FROM push_device WHERE id = $1", self.id)

    async def log(self, most: int = 30) -> list[PushDelivery]:
        """What was sent there lately, newest first."""
        rows = await database.fetch("SELECT * FROM push_delivery WHERE device_id = $1 ORDER BY id DESC LIMIT $2", self.id, most)
        return [PushDelivery.from_row(row) for row in rows]

    @classmethod
    async def prune(cls) -> None:
        """Forget browsers on which nobody signed in again for two months."""
        await database.execute("DELETE FROM push_device WHERE session_id IS NULL AND seen_at < $1", clock.now() - FORGOTTEN_AFTER)


class PushDelivery(Row):
    """One message to one device, from being queued to being clicked."""

    account_id = ForeignKey(Account)
    device_id = ForeignKey(PushDevice)
    notification_id = BigInt(null=True, default=None, help_text="Null: a test, or a withdrawal.")
    kind = Varchar(length=40, default="")
    tag = Varchar(length=80, default="")
    status = Varchar(length=10, default=QUEUED)
    http_status = SmallInt(null=True, default=None)
    milliseconds = Integer(null=True, default=None, help_text="From the event to the push service's answer.")
    attempts = SmallInt(default=0)
    error = Varchar(length=300, default="")
    created_at = BigInt(default=0)
    sent_at = BigInt(null=True, default=None)
    shown_at = BigInt(null=True, default=None)
    clicked_at = BigInt(null=True, default=None)
    closed_at = BigInt(null=True, default=None, help_text="When it was withdrawn because it was read elsewhere.")

    @property
    def state(self) -> str:
        """How far it came, in one word."""
        if self.clicked_at:
            return "clicked"
        if self.closed_at and self.status == SENT:
            return "closed"
        return "shown" if self.shown_at else self.status

    @classmethod
    async def found(cls, viewer: Viewer, id_: int) -> Self:
        """A message to one of somebody's own devices. Raises `NotFound`."""
        row = await database.fetch_one("SELECT * FROM push_delivery WHERE id = $1 AND account_id = $2", id_, viewer.account_id)
        if row is None:
            raise NotFound(f"delivery {id_}")
        return cls.from_row(row)

    async def acknowledge(self, column: str) -> None:
        """Its device says that it was shown, or clicked. The first time counts."""
        assert column in ("shown_at", "clicked_at")
        await database.execute(f"UPDATE push_delivery SET {column} = $1 WHERE id = $2 AND {column} IS NULL", clock.now(), self.id)
        announce("push.log", self.account_id)

    @classmethod
    async def of_notification(cls, notification_id: int) -> list[dict[str, Any]]:
        """What was sent for a notice, with the `name` of each device."""
        return await database.fetch(
            "SELECT p.*, d.name FROM push_delivery p JOIN push_device d ON d.id = p.device_id WHERE p.notification_id = $1 ORDER BY p.id", notification_id
        )

    @classmethod
    async def lately(cls) -> list[tuple[str, int, int | None]]:
        """What became of the messages of the last day: status, how many, and the milliseconds of the slowest that was sent."""
        rows = await database.fetch(
            "SELECT status, COUNT(*) AS number, MAX(milliseconds) AS slowest FROM push_delivery WHERE created_at > $1 GROUP BY status ORDER BY status",
            clock.now() - clock.DAY,
        )
        return [(row["status"], row["number"], row["slowest"] if row["status"] == SENT else None) for row in rows]

    @classmethod
    async def prune(cls) -> None:
        """Forget what was sent long ago."""
        await database.execute("DELETE FROM push_delivery WHERE created_at < $1", clock.now() - LOGGED_FOR)


async def _check(subscription: Subscription, private: tuple[str, ...]) -> None:
    try:
        webpush.check_keys(subscription.p256dh, subscription.auth)
        safe_http.check_url(subscription.endpoint, private)
        if not webpush.service_of(subscription.endpoint):
            await safe_http.check(subscription.endpoint, private)
    except (webpush.BadKeys, safe_http.NotAllowed):
        raise Refused(_("This browser’s push service can’t be used: it isn’t a public address of the internet.")) from None


async def _check_number(viewer: Viewer) -> None:
    """One that nobody is signed in on makes room; more than so many nobody has."""
    rows = await database.fetch("SELECT id, session_id FROM push_device WHERE account_id = $1 ORDER BY seen_at", viewer.account_id)
    if len(rows) < MOST_DEVICES:
        return
    for row in rows:
        if row["session_id"] is None:
            await database.execute("DELETE FROM push_device WHERE id = $1", row["id"])
            return
    raise Refused(_("Notifications go to at most %(most)s devices. Remove one that you don’t use any more.") % {"most": MOST_DEVICES})


def _name(user_agent: str) -> str:
    found = device_of(user_agent)
    if found.browser and found.system:
        return _("%(browser)s on %(system)s") % {"browser": found.browser, "system": found.system}
    return found.browser or found.system or _("Unknown device")
