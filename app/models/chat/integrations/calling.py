"""Calls to programs outside: signed, to public hosts only, written into a log.

A call carries `Chalet-Timestamp` (seconds since the epoch) and `Chalet-Signature`: `v1=` and the HMAC-SHA256, in hex, of
`v1:<timestamp>:<body>` with the integration's secret, so that the receiver knows that it is ours and not a repetition.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection

from app.lib import clock, seals
from app.lib.safe_http import Answer, Caller
from app.models.chat.integrations.tables import Integration

AGENT = "Chalet-Webhook/1"
_private: frozenset[str] = frozenset()


def use(private: Collection[str]) -> None:
    """Let these hosts (`host:port`) of the own network be called as well, from now on."""
    global _private
    _private = frozenset(private)


def private_hosts() -> frozenset[str]:
    """The hosts of the own network that may be called."""
    return _private


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What `Chalet-Signature` says."""
    return "v1=" + hmac.new(secret.encode(), b"v1:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()


async def call(one: Integration, body: bytes, content_type: str, url: str = "") -> Answer:
    """POST a body to the integration's address once. Raises `NotAllowed`, `OSError`, `TimeoutError` or `aiohttp.ClientError`."""
    timestamp = str(clock.now() // 1000)
    headers = {
        "Content-Type": content_type, "User-Agent": AGENT, "Chalet-Timestamp": timestamp,
        "Chalet-Signature": signature(seals.unseal(one.secret) if one.secret else "", timestamp, body),
    }
    async with Caller(_private) as caller:
        return await caller.post(url or one.url, body, headers)
