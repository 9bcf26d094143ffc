"""Secrets that stand for a right: sessions, links in mails, application passwords. Only their hash is stored."""

from __future__ import annotations

import hashlib
import secrets


def new_token(size: int = 24) -> str:
    """A random token of `size` bytes, URL-safe."""
    return secrets.token_urlsafe(size)


def hash_token(token: str) -> str:
    """The SHA-256 of a token, hex. Fast on purpose: tokens are random, so there is nothing to guess."""
    return hashlib.sha256(token.encode()).hexdigest()
