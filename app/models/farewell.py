"""Leaving for good: an account that is to be deleted, unless its owner comes back in time."""

from __future__ import annotations

from piccolo.columns import BigInt

from app.models.base import Row


class Farewell(Row):
    """An account whose owner wants it deleted. The row's id is the account's."""

    asked_at = BigInt(default=0)
    due_at = BigInt(default=0)
    done_at = BigInt(null=True, default=None)
