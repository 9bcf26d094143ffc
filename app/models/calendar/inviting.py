"""Who can be invited to an event: colleagues, teams, people of the address books; and who an address is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app import database
from app.lib.names import full_name
from app.lib.numbers import whole
from app.lib.searching import fold, words
from app.models.contacts import AddressBook
from app.models.member.directory import people_like
from app.models.viewer import Viewer

TEAM = "team:"


async def who_matches(viewer: Viewer, typed: str, most: int = 8) -> list[dict[str, Any]]:
    """Colleagues, teams and contacts that what was typed may mean: `value` (an address, or `team:` and an id), `name`, `detail`, and for
    colleagues `account_id` and `avatar`; `kind` is person, team or contact."""
    people = [
        {"kind": "person", "value": row["email"], "name": row["name"], "account_id": row["id"], "avatar": row["avatar"], "detail": row["email"]}
        for row in await people_like(viewer, typed, most, but=viewer.account_id)
    ]
    known = {one["value"] for one in people}
    return [*people, *await _teams(viewer, typed), *[one for one in await _contacts(viewer, typed, most) if one["value"] not in known]]


async def emails_of(viewer: Viewer, values: Sequence[str]) -> list[str]:
    """Addresses as they were chosen, each once, in small letters; a team stands for the people in it."""
    found: list[str] = []
    for value in values:
        team_id = whole(value.removeprefix(TEAM)) if value.startswith(TEAM) else None
        if team_id is not None:
            found += [row["email"] for row in await database.fetch(
                "SELECT a.email FROM team_member tm JOIN team t ON t.id = tm.team_id AND t.org_id = $1 AND t.deleted_at IS NULL"
                " JOIN account a ON a.id = tm.account_id JOIN membership m ON m.account_id = a.id AND m.org_id = $1 AND m.ended_at IS NULL"
                " WHERE t.id = $2 ORDER BY a.email", viewer.org_id, team_id,
            )]
        else:
            found.append(value.strip().lower())
    return list(dict.fromkeys(found))


async def people_of(viewer: Viewer, emails: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Those of these addresses that are people of the viewer's organisation: `account_id`, `name` and `avatar` by address."""
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(emails), 400):
        some = list(emails[start : start + 400])
        rows = await database.fetch(
            "SELECT a.id, a.email, a.given_name, a.family_name, a.avatar FROM account a JOIN membership m ON m.account_id = a.id"
            f" WHERE m.org_id = $1 AND m.ended_at IS NULL AND a.email IN ({database.marks(some, 2)})", viewer.org_id, *some,
        )
        found |= {row["email"]: {"account_id": row["id"], "name": full_name(row), "avatar": row["avatar"]} for row in rows}
    return found


async def _teams(viewer: Viewer, typed: str) -> list[dict[str, Any]]:
    if not typed.strip():
        return []
    like = fold(typed).strip().replace("\\", "").replace("%", "").replace("_", "")
    rows = await database.fetch(
        "SELECT t.id, t.name, (SELECT COUNT(*) FROM team_member m WHERE m.team_id = t.id) AS size FROM team t"
        " WHERE t.org_id = $1 AND t.deleted_at IS NULL AND t.name_key LIKE $2 ORDER BY t.name_key LIMIT 4", viewer.org_id, f"%{like}%",
    )
    return [{"kind": "team", "value": f"{TEAM}{row['id']}", "name": row["name"], "account_id": None, "avatar": "", "detail": str(row["size"])} for row in rows]


async def _contacts(viewer: Viewer, typed: str, most: int) -> list[dict[str, Any]]:
    if not viewer.can_use("contacts") or len(typed.strip()) < 2:
        return []
    books = [book.id for book in await AddressBook.all_for(viewer.account_id, viewer.org_id)]
    arguments: list[Any] = [*books, most]
    conditions = ""
    for word in words(typed)[:6]:
        arguments.append(f"% {word}%")
        conditions += f" AND c.words LIKE ${len(arguments)}"
    rows = await database.fetch(
        f"SELECT c.name, c.email FROM contact c WHERE c.book_id IN ({database.marks(books)}) AND c.email <> ''{conditions}"
        f" ORDER BY c.sort_name, c.id LIMIT ${len(books) + 1}", *arguments,
    )
    return [
        {"kind": "contact", "value": row["email"].lower(), "name": row["name"] or row["email"], "account_id": None, "avatar": "", "detail": row["email"]}
        for row in rows
    ]
