"""People in the search: members are found by name, email address and title. Guests are not in the directory (DIR-13)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from typing import Any

from app import database
from app.lib.names import full_name
from app.lib.searching import fold
from app.models.search import Indexed, SearchEntry, scopes_of, texts_of
from app.models.viewer import Viewer

PERSON = "person"
_LISTED = "m.ended_at IS NULL AND a.disabled_at IS NULL AND m.role NOT IN ('external', 'bot')"
_SELECT = """
SELECT m.id, m.org_id, m.account_id, m.title, m.created_at, a.given_name, a.family_name, a.email
  FROM membership m JOIN account a ON a.id = m.account_id
"""


@scopes_of(PERSON)
async def _scopes(viewer: Viewer) -> Collection[int]:
    return () if viewer.is_external else (viewer.org_id,)


@texts_of(PERSON, f"SELECT m.id FROM membership m JOIN account a ON a.id = m.account_id WHERE {_LISTED}")
async def _texts() -> AsyncIterator[Indexed]:
    for row in await database.fetch(f"{_SELECT} WHERE {_LISTED}"):
        yield _indexed(row)


async def index_person(account_id: int) -> None:
    """Bring the entries of an account's memberships up to date. Call it where a name, address, role or membership changes."""
    await _name_memberships(account_id)
    rows = await database.fetch(f"{_SELECT} WHERE m.account_id = $1 AND {_LISTED}", account_id)
    listed = {row["id"]: _indexed(row) for row in rows}
    for member in await database.fetch("SELECT id FROM membership WHERE account_id = $1", account_id):
        if found := listed.get(member["id"]):
            await SearchEntry.put(PERSON, found.subject_id, found.org_id, found.scope, found.title, found.body, found.at, found.author_id)
        else:
            await SearchEntry.remove(PERSON, member["id"])


async def _name_memberships(account_id: int) -> None:
    """What lists of members, guests among them, are ordered by and searched in."""
    for row in await database.fetch(f"{_SELECT} WHERE m.account_id = $1", account_id):
        sort_name = fold(full_name(row))[:200]
        words = fold(f"{row['given_name']} {row['family_name']} {row['email']} {row['title']}".strip())[:700]
        await database.execute("UPDATE membership SET sort_name = $1, words = $2 WHERE id = $3", sort_name, words, row["id"])


def _indexed(row: dict[str, Any]) -> Indexed:
    name = full_name(row)
    about = f"{row['email']} · {row['title']}" if row["title"] else row["email"]
    return Indexed(row["id"], row["org_id"], row["org_id"], name, about, row["created_at"], row["account_id"])
