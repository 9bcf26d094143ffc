"""Browsers from which somebody signed in before, so that a new one can be told of."""

from __future__ import annotations

from piccolo.columns import BigInt, ForeignKey, Varchar

from app.models.account import Account
from app.models.base import Row


class KnownDevice(Row):
    """A browser that an account signed in from. It keeps a token of its own, also after signing out."""

    account_id = ForeignKey(Account)
    token_hash = Varchar(length=64)
    created_at = BigInt(default=0)
    seen_at = BigInt(default=0)
