"""Texts that only this server can have written: links that do one small thing without signing in."""

from __future__ import annotations

import base64
import hashlib
import hmac


def sign(secret: str, purpose: str, text: str) -> str:
    """`text` with a signature, URL-safe. One made for another purpose doesn't count."""
    return f"{_encode(text.encode())}.{_encode(_signature(secret, purpose, text))}"


def signed_text(secret: str, purpose: str, token: str) -> str | None:
    """The text of a token that `sign` made with this secret and purpose; None for any other."""
    body, _dot, signature = token.partition(".")
    try:
        text = _decode(body).decode()
        given = _decode(signature)
    except ValueError:
        return None
    return text if hmac.compare_digest(given, _signature(secret, purpose, text)) else None


def _signature(secret: str, purpose: str, text: str) -> bytes:
    return hmac.new(secret.encode(), f"{purpose}\n{text}".encode(), hashlib.sha256).digest()[:20]


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
