"""Who there is to choose from: colleagues, and guests only where an app that they use says so (DIR-13)."""

from __future__ import annotations

from typing import Any

from app import database
from app.lib.names import full_name
from app.lib.searching import words
from app.models.viewer import Viewer


async def people_like(viewer: Viewer, typed: str, most: int = 8, but: int = 0, guests_of: str = "") -> list[dict[str, Any]]:
    """Active members whose name, address or title has what was typed, by name; not the account `but`. Of guests only those who use the
    product `guests_of`."""
    conditions = ""
    arguments: list[Any] = [viewer.org_id, but, most, guests_of]
    for word in words(typed)[:6]:
        arguments.append(f"%{word}%")
        conditions += f" AND m.words LIKE ${len(arguments)}"
    rows = await database.fetch(
        "SELECT a.id, a.given_name, a.family_name, a.email, a.avatar FROM membership m JOIN account a ON a.id = m.account_id"
        " WHERE m.org_id = $1 AND m.ended_at IS NULL AND a.disabled_at IS NULL AND a.id <> $2 AND (m.role IN ('legal', 'admin', 'user')"
        " OR (m.role = 'external' AND EXISTS (SELECT 1 FROM product_right r WHERE r.membership_id = m.id AND r.product = $4)))"
        f"{conditions} ORDER BY m.sort_name, m.id LIMIT $3", *arguments,
    )
    return [{**row, "name": full_name(row)} for row in rows]


async def colleagues(viewer: Viewer, most: int) -> list[dict[str, Any]]:
    """Members other than oneself, those seen last first; guests are not among them."""
    rows = await database.fetch(
        "SELECT a.id, a.given_name, a.family_name, a.avatar, m.title FROM membership m JOIN account a ON a.id = m.account_id"
        " LEFT JOIN (SELECT account_id, MAX(seen_at) AS seen_at FROM session GROUP BY account_id) s ON s.account_id = a.id"
        " WHERE m.org_id = $1 AND m.ended_at IS NULL AND m.role IN ('legal', 'admin', 'user') AND a.disabled_at IS NULL AND a.id <> $2"
        " ORDER BY COALESCE(s.seen_at, 0) DESC, a.given_name LIMIT $3",
        viewer.org_id, viewer.account_id, most,
    )
    return [{**row, "name": full_name(row)} for row in rows]
