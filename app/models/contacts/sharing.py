"""Whom an address book is shared with, and what they answered."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from piccolo.columns import BigInt, ForeignKey, SmallInt, Varchar

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.ids import new_id
from app.models.account import Account
from app.models.announcements import announce
from app.models.base import NotFound, Refused, Row
from app.models.command import Command, undoes
from app.models.contacts.book import ADMINISTER, READ, SHARED_LEVEL, AddressBook
from app.models.notifications import notify
from app.models.team import Team
from app.models.viewer import Viewer

LEVELS = (READ, 2, ADMINISTER)
EVERYONE = "all"
_MEMBER = "m.org_id = $1 AND m.ended_at IS NULL AND m.role IN ('legal', 'admin', 'user')"


class AddressBookShare(Row):
    """A book, shared with a person, a team, or (neither) everyone in its organisation."""

    book_id = ForeignKey(AddressBook)
    account_id = ForeignKey(Account, null=True, default=None)
    team_id = ForeignKey(Team, null=True, default=None)
    sole_key = Varchar(length=24, help_text="a:12, t:34 or all: a book is shared once with each.")
    level = SmallInt(default=1, help_text="1 read, 2 write, 3 administer.")
    shared_by = ForeignKey(Account)
    created_at = BigInt(default=0)


class AddressBookAnswer(Row):
    """What somebody answered to a book that is shared with them. Without an answer it is offered."""

    book_id = ForeignKey(AddressBook)
    account_id = ForeignKey(Account)
    accepted_at = BigInt(null=True, default=None)
    declined_at = BigInt(null=True, default=None)


async def shares_of(book: AddressBook) -> list[dict[str, Any]]:
    """Whom a book is shared with: dicts with id, level, kind (person, team, everyone), name, email, avatar, person (id), accepted_at, declined_at."""
    rows = await database.fetch(
        "SELECT s.id, s.level, s.account_id, s.team_id, trim(a.given_name || ' ' || a.family_name) AS person_name, a.email, a.avatar, t.name AS team_name,"
        " w.accepted_at, w.declined_at FROM address_book_share s LEFT JOIN account a ON a.id = s.account_id LEFT JOIN team t ON t.id = s.team_id"
        " LEFT JOIN address_book_answer w ON w.book_id = s.book_id AND w.account_id = s.account_id WHERE s.book_id = $1 ORDER BY s.id", book.id,
    )
    return [
        {
            "id": row["id"], "level": row["level"], "kind": "person" if row["account_id"] else "team" if row["team_id"] else "everyone",
            "name": row["person_name"] or row["team_name"] or "", "email": row["email"], "avatar": row["avatar"] or "", "person": row["account_id"] or 0,
            "accepted_at": row["accepted_at"], "declined_at": row["declined_at"],
        }
        for row in rows
    ]


async def share(viewer: Viewer, book: AddressBook, people: Collection[int], teams: Collection[int], everyone: bool, level: int) -> Command:
    """Share a book with colleagues, teams or everyone; who had another level has this one from now on. People are told. Raises `Refused`."""
    _check(book, level)
    keys = await _keys(viewer, people, teams, everyone)
    if not keys:
        raise Refused(_("Choose with whom to share it."))
    async with Command.once(viewer, "book.share") as command:
        before = await _levels(book, keys)
        for key in keys:
            await _put(book, key, level, viewer.account_id)
        told = [int(key[2:]) for key in keys if key.startswith("a:") and key not in before]
        await notify(
            "contacts.shared", told, viewer.org_id, facts={"actor": viewer.name, "book": book.name}, url=f"{book.url}/offer", source=f"book:{book.id}",
            source_name=book.name, actor_id=viewer.account_id,
        )
        command.done(book.id, what=book.name, url=book.url, inverse={"book": book.id, "before": {key: before.get(key, 0) for key in keys}})
        await _tell(book)
    return command


async def change_level(viewer: Viewer, book: AddressBook, share_id: int, level: int) -> Command:
    """Let a share have another level; 0 ends it."""
    if level:
        _check(book, level)
    elif not book.can_administer:
        raise NotFound(f"book {book.id}")
    found = await database.fetch_one("SELECT sole_key, level FROM address_book_share WHERE id = $1 AND book_id = $2", share_id, book.id)
    if found is None:
        raise NotFound(f"share {share_id}")
    async with Command.once(viewer, "book.share") as command:
        await _put(book, found["sole_key"], level, viewer.account_id)
        command.done(book.id, what=book.name, url=book.url, inverse={"book": book.id, "before": {found["sole_key"]: found["level"]}})
        await _tell(book)
    return command


@undoes("book.share")
async def _share_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    book = await AddressBook.seen_by(viewer, inverse["book"])
    if not book.can_administer:
        raise NotFound(f"book {book.id}")
    for key, level in inverse["before"].items():
        await _put(book, key, level, viewer.account_id)
    await _tell(book)


# -- on the other side


async def offered(viewer: Viewer) -> list[dict[str, Any]]:
    """Books that are shared with the viewer and that they haven't answered: dicts with id, name, hue, owner, level."""
    rows = await database.fetch(
        f"SELECT b.id, b.name, b.hue, trim(a.given_name || ' ' || a.family_name) AS owner, {SHARED_LEVEL} AS level FROM address_book b"
        " JOIN account a ON a.id = b.account_id WHERE b.org_id = $2 AND b.deleted_at IS NULL AND b.account_id <> $1"
        " AND b.id IN (SELECT book_id FROM address_book_share) AND NOT EXISTS (SELECT 1 FROM address_book_answer w"
        " WHERE w.book_id = b.id AND w.account_id = $1 AND (w.accepted_at IS NOT NULL OR w.declined_at IS NOT NULL)) ORDER BY b.id",
        viewer.account_id, viewer.org_id,
    )
    return [row for row in rows if row["level"]]


async def offer(viewer: Viewer, book_id: int) -> dict[str, Any]:
    """A book that is shared with the viewer, whatever they answered. Raises `NotFound`."""
    row = await database.fetch_one(
        f"SELECT b.id, b.name, b.hue, b.description, trim(a.given_name || ' ' || a.family_name) AS owner, {SHARED_LEVEL} AS level,"
        " (SELECT COUNT(*) FROM contact c WHERE c.book_id = b.id) AS count FROM address_book b JOIN account a ON a.id = b.account_id"
        " WHERE b.id = $2 AND b.org_id = $3 AND b.deleted_at IS NULL AND b.account_id <> $1", viewer.account_id, book_id, viewer.org_id,
    )
    if row is None or not row["level"] or viewer.is_external:
        raise NotFound(f"book {book_id}")
    return row


async def answer(viewer: Viewer, book_id: int, accepts: bool) -> Command:
    """Take a book that is shared, or withdraw from it."""
    book = await offer(viewer, book_id)
    async with Command.once(viewer, "book.answer") as command:
        before = await database.fetch_one(
            "SELECT accepted_at, declined_at FROM address_book_answer WHERE book_id = $1 AND account_id = $2", book_id, viewer.account_id
        )
        await _answer(viewer.account_id, book_id, clock.now() if accepts else None, None if accepts else clock.now())
        command.done(book_id, what=book["name"], url="/contacts", inverse={"book": book_id, **(before or {"accepted_at": None, "declined_at": None})})
    return command


@undoes("book.answer")
async def _answer_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    await _answer(viewer.account_id, inverse["book"], inverse["accepted_at"], inverse["declined_at"])


async def _answer(account_id: int, book_id: int, accepted_at: int | None, declined_at: int | None) -> None:
    await database.execute(
        "INSERT INTO address_book_answer (id, book_id, account_id, accepted_at, declined_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (book_id, account_id) DO UPDATE SET accepted_at = excluded.accepted_at, declined_at = excluded.declined_at",
        new_id(), book_id, account_id, accepted_at, declined_at,
    )
    announce("books.changed", [account_id])


# -- inside


def _check(book: AddressBook, level: int) -> None:
    if not book.can_administer:
        raise NotFound(f"book {book.id}")
    if level not in LEVELS:
        raise Refused(_("Please choose one of the offered values."))


async def _keys(viewer: Viewer, people: Collection[int], teams: Collection[int], everyone: bool) -> list[str]:
    """Whom to share with, as `sole_key` has them: colleagues and teams of the organisation only."""
    keys = [EVERYONE] if everyone else []
    for account_id in list(dict.fromkeys(people))[:500]:
        if account_id != viewer.account_id and await database.fetch_value(
            f"SELECT 1 FROM membership m WHERE {_MEMBER} AND m.account_id = $2", viewer.org_id, account_id
        ):
            keys.append(f"a:{account_id}")
    for team_id in list(dict.fromkeys(teams))[:100]:
        if await database.fetch_value("SELECT 1 FROM team WHERE id = $1 AND org_id = $2 AND deleted_at IS NULL", team_id, viewer.org_id):
            keys.append(f"t:{team_id}")
    return keys


async def _levels(book: AddressBook, keys: Collection[str]) -> dict[str, int]:
    rows = await database.fetch("SELECT sole_key, level FROM address_book_share WHERE book_id = $1", book.id)
    return {row["sole_key"]: row["level"] for row in rows if row["sole_key"] in keys}


async def _put(book: AddressBook, key: str, level: int, by: int) -> None:
    if not level:
        await database.execute("DELETE FROM address_book_share WHERE book_id = $1 AND sole_key = $2", book.id, key)
        return
    await database.execute(
        "INSERT INTO address_book_share (id, book_id, account_id, team_id, sole_key, level, shared_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        " ON CONFLICT (book_id, sole_key) DO UPDATE SET level = excluded.level",
        new_id(), book.id, int(key[2:]) if key.startswith("a:") else None, int(key[2:]) if key.startswith("t:") else None, key, level, by, clock.now(),
    )


async def _tell(book: AddressBook) -> None:
    """Tell everybody whose list of books this changes: whoever it is shared with."""
    rows = await database.fetch(
        "SELECT account_id FROM address_book_share WHERE book_id = $1 AND account_id IS NOT NULL UNION"
        " SELECT tm.account_id FROM address_book_share s JOIN team_member tm ON tm.team_id = s.team_id WHERE s.book_id = $1 UNION"
        " SELECT account_id FROM address_book_answer WHERE book_id = $1", book.id,
    )
    announce("books.changed", [book.account_id, *(row["account_id"] for row in rows)])
    announce("book.cut", book.id)
