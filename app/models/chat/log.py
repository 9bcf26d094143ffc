"""Reading a channel in pieces, by message id: the newest, those around one, before one, after one, and what changed since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app import database
from app.lib import clock
from app.lib.ids import first_at, made_at
from app.lib.names import full_name

PIECE = 50
MOST_CHANGES = 200
OVERLAP = 10 * clock.SECOND  # transactions may commit in another order than their ids were made
TOGETHER = 5 * clock.MINUTE  # messages of one author within this time stand under one name

_COLUMNS = """
m.id, m.channel_id, m.author_id, m.html, m.created_at, m.changed, m.edited_at, m.deleted_at, a.given_name, a.family_name, a.avatar,
a.is_bot
"""
_FROM = f"SELECT {_COLUMNS} FROM message m JOIN account a ON a.id = m.author_id WHERE m.channel_id = $1"
_BEFORE = f"{_FROM} AND m.id < $2 ORDER BY m.id DESC LIMIT $3"
_AFTER = f"{_FROM} AND m.id > $2 ORDER BY m.id LIMIT $3"
_CHANGED = f"{_FROM} AND m.changed > $2 ORDER BY m.changed LIMIT $3"
_ONE = f"{_FROM} AND m.id = $2"
_REACTIONS = """
SELECT r.message_id, r.emoji, r.account_id, a.given_name, a.family_name
  FROM message m JOIN reaction r ON r.message_id = m.id JOIN account a ON a.id = r.account_id
 WHERE m.channel_id = $1 AND m.id BETWEEN $2 AND $3 ORDER BY r.id
"""


@dataclass(slots=True)
class Piece:
    """Messages in their order, as templates show them, and whether there are more before and after."""

    messages: list[dict[str, Any]]
    has_before: bool
    has_after: bool


async def newest(channel_id: int, most: int = PIECE) -> Piece:
    """The last messages of a channel."""
    return await before(channel_id, 2**53, most)


async def before(channel_id: int, id_: int, most: int = PIECE) -> Piece:
    """The messages before the one with this id."""
    rows = await database.fetch(_BEFORE, channel_id, id_, most + 1)
    return Piece(await _shown(channel_id, rows[most - 1 :: -1] if len(rows) > most else rows[::-1]), len(rows) > most, id_ < 2**53)


async def after(channel_id: int, id_: int, most: int = PIECE) -> Piece:
    """The messages after the one with this id."""
    rows = await database.fetch(_AFTER, channel_id, id_, most + 1)
    return Piece(await _shown(channel_id, rows[:most]), True, len(rows) > most)


async def around(channel_id: int, id_: int, most: int = PIECE) -> Piece:
    """The message with this id (or what comes next to its place) between older and newer ones."""
    half = most // 2
    older = await database.fetch(_BEFORE, channel_id, id_ + 1, half + 1)
    newer = await database.fetch(_AFTER, channel_id, id_, half + 1)
    rows = [*older[:half][::-1], *newer[:half]]
    return Piece(await _shown(channel_id, rows), len(older) > half, len(newer) > half)


async def opening(channel_id: int, read_up_to: int | None, last_message_id: int) -> Piece:
    """What somebody sees who opens a channel: the newest, or where they stopped reading."""
    if read_up_to is None or read_up_to >= last_message_id:
        return await newest(channel_id)
    piece = await newest(channel_id)
    if not piece.has_before or piece.messages[0]["id"] <= read_up_to:
        return piece
    return await around(channel_id, read_up_to, PIECE)


async def sources(channel_id: int, author_id: int, first_id: int) -> list[dict[str, Any]]:
    """What an author wrote from a message on, as they typed it, so that they can change it without a connection: id, text, base."""
    return await database.fetch(
        "SELECT id, text, COALESCE(edited_at, 0) AS base FROM message WHERE channel_id = $1 AND author_id = $2 AND id >= $3 AND deleted_at IS NULL"
        " ORDER BY id DESC LIMIT $4",
        channel_id, author_id, first_id, PIECE,
    )


async def changes(channel_id: int, since: int) -> list[dict[str, Any]] | None:
    """Messages that were posted or changed after the change id `since`, with an overlap; None when they are more than `MOST_CHANGES`."""
    begin = first_at(made_at(since) - OVERLAP)
    rows = await database.fetch(_CHANGED, channel_id, begin, MOST_CHANGES + 1)
    if len(rows) > MOST_CHANGES:
        return None
    return await _shown(channel_id, sorted(rows, key=lambda row: row["id"]))


async def shown(channel_id: int, id_: int) -> dict[str, Any]:
    """One message as templates show it."""
    return (await _shown(channel_id, await database.execute(_ONE, channel_id, id_)))[0]


async def _shown(channel_id: int, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    reactions = await _reactions(channel_id, rows[0]["id"], rows[-1]["id"]) if rows else {}
    author, last = 0, 0
    for row in rows:
        row["name"] = full_name(row)
        stamp = datetime.fromtimestamp(row["created_at"] / 1000, UTC).isoformat(timespec="seconds")
        row["iso"], row["time"] = f"{stamp[:19]}Z", stamp[11:16]
        row["reactions"] = reactions.get(row["id"], ())
        row["follows"] = row["author_id"] == author and row["created_at"] - last < TOGETHER
        author, last = row["author_id"], row["created_at"]
    return rows


async def _reactions(channel_id: int, first: int, last: int) -> dict[int, list[dict[str, Any]]]:
    """By message: emoji in the order they came, with the ids and names of who reacted."""
    found: dict[int, dict[str, dict[str, Any]]] = {}
    for row in await database.execute(_REACTIONS, channel_id, first, last):
        kinds = found.setdefault(row["message_id"], {})
        one = kinds.setdefault(row["emoji"], {"emoji": row["emoji"], "who": [], "names": []})
        one["who"].append(row["account_id"])
        if len(one["names"]) < 20:
            one["names"].append(full_name(row))
    return {id_: list(kinds.values()) for id_, kinds in found.items()}
