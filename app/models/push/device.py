"""Devices that take web push (RFC 8030), and what was sent to each."""

from __future__ import annotations

from piccolo.columns import BigInt, Boolean, ForeignKey, Integer, OnDelete, SmallInt, Text, Varchar

from app.models.account import Account
from app.models.base import Row
from app.models.session import Session

QUEUED, SENT, FAILED, GONE, WITHDRAWN, LATE = "queued", "sent", "failed", "gone", "withdrawn", "late"


class VapidKey(Row):
    """A key pair of this server (RFC 8292). A subscription belongs to the key that it was made with."""

    private = Text(help_text="PKCS 8, PEM.")
    public = Varchar(length=100, help_text="Uncompressed point, base64url: what browsers subscribe with.")
    created_at = BigInt(default=0)
    retired_at = BigInt(null=True, default=None)


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


