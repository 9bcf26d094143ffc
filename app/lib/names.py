"""What people are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def full_name(row: Mapping[str, Any], prefix: str = "") -> str:
    """Given and family name of a database row, from the columns `given_name` and `family_name` with this prefix; either may be missing."""
    return f"{row[f'{prefix}given_name'] or ''} {row[f'{prefix}family_name'] or ''}".strip()
