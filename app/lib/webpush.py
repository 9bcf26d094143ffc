"""Web push messages: keys of the server (RFC 8292), encryption for one browser (RFC 8291), and headers (RFC 8030)."""

from __future__ import annotations

import base64
import hashlib
import time
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

MOST_BYTES = 3_900
"""Bytes of a message before it is encrypted: 4096 less what RFC 8188 adds (86 + 17), and some room."""

TOKEN_FOR = 12 * 3600  # seconds; RFC 8292 §2 allows 24 h
_REUSED_FOR = 6 * 3600
_JOINERS = "\u200d\ufe0f\ufe0e\u20e3"

KNOWN_SERVICES = ("fcm.googleapis.com", "android.googleapis.com", "push.services.mozilla.com", "push.apple.com", "notify.windows.com")
"""The push services of Chrome, Firefox, Safari and Edge, with the names below them."""


class BadKeys(ValueError):
    """What a browser says to encrypt with can't be used."""


def warm_up() -> None:
    """Import what takes half a second: call it in a thread before the first push, so that nobody waits for it."""
    import aiohttp  # noqa: F401
    import py_vapid  # noqa: F401
    import pywebpush  # noqa: F401

    import app.lib.safe_connections  # noqa: F401


def new_key_pair() -> tuple[str, str]:
    """A P-256 key pair: the private key as PEM, the public one as browsers take it (uncompressed point, base64url)."""
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    point = private.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return pem.decode(), encode(point)


def check_keys(p256dh: str, auth: str) -> None:
    """Whether a subscription's keys can be used: a point of the curve and 16 bytes. Raises `BadKeys`."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _decode(p256dh))
        secret = _decode(auth)
    except (ValueError, TypeError):
        raise BadKeys("the key isn’t a point of P-256") from None
    if len(secret) != 16:
        raise BadKeys("the secret isn’t 16 bytes")


def encrypt(message: bytes, p256dh: str, auth: str) -> bytes:
    """A message that only this browser reads (RFC 8291, aes128gcm)."""
    from pywebpush import WebPusher

    pusher = WebPusher({"endpoint": "https://unused", "keys": {"p256dh": p256dh, "auth": auth}})
    return bytes(pusher.encode(message, content_encoding="aes128gcm")["body"])


def headers(private: str, endpoint: str, subject: str, *, ttl: int, urgency: str, topic: str = "") -> dict[str, str]:
    """The headers of a push: who sends it, how long it is worth keeping, whether to wake a phone for it, what it replaces."""
    parts = urlsplit(endpoint)
    made = {
        "Authorization": _signed(private, f"{parts.scheme}://{parts.netloc}", subject, int(time.time() // _REUSED_FOR)),
        "Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream", "TTL": str(ttl), "Urgency": urgency,
    }
    return made | ({"Topic": topic_of(topic)} if topic else {})


def topic_of(text: str) -> str:
    """A Topic header (RFC 8030 §5.4: at most 32 characters of base64url) that stands for a text and doesn't tell it."""
    return encode(hashlib.sha256(text.encode()).digest())[:32]


def service_of(endpoint: str) -> str:
    """The known service that an endpoint belongs to, or an empty word."""
    host = (urlsplit(endpoint).hostname or "").rstrip(".")
    return next((name for name in KNOWN_SERVICES if host == name or host.endswith(f".{name}")), "")


def fitted(message: Mapping[str, Any], most: int = MOST_BYTES) -> bytes:
    """A message as JSON of at most `most` bytes: `body`, then `title` are cut for that, between characters as people see them."""
    written = msgspec.json.encode(message)
    for name in ("body", "title"):
        length = len(message.get(name) or "")
        while len(written) > most and length > 0:
            length -= max(1, (len(written) - most) // 4)
            message = {**message, name: cut(message[name], max(0, length))}
            written = msgspec.json.encode(message)
    return written


def cut(text: str, most: int) -> str:
    """At most `most` code points of a text, with … where something is left out; never between a letter and its accents or joined emoji."""
    if len(text) <= most:
        return text
    end = max(0, most - 1)
    while end > 0 and (_joins(text[end]) or text[end - 1] == "\u200d" or _is_flag_half(text, end)):
        end -= 1
    return text[:end].rstrip() + "…" if most > 0 else ""


def encode(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _joins(letter: str) -> bool:
    return letter in _JOINERS or bool(unicodedata.combining(letter)) or "\U0001f3fb" <= letter <= "\U0001f3ff"


def _is_flag_half(text: str, at: int) -> bool:
    """Whether a cut at `at` would part the two letters of a flag."""
    start = at
    while start > 0 and "\U0001f1e6" <= text[start - 1] <= "\U0001f1ff":
        start -= 1
    return (at - start) % 2 == 1 and "\U0001f1e6" <= text[at] <= "\U0001f1ff"


def _decode(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)


@lru_cache(maxsize=500)
def _signed(private: str, audience: str, subject: str, _slot: int) -> str:
    """The Authorization header for a push service, the same for some hours."""
    from py_vapid import Vapid02

    key = Vapid02.from_pem(private.encode())
    return str(key.sign({"aud": audience, "sub": subject, "exp": int(time.time()) + TOKEN_FOR})["Authorization"])
