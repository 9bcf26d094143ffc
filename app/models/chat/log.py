"""Reading a channel in pieces, by message id: the newest, those around one, before one, after one, and what changed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from app import database
from app.lib import clock
from app.lib.ids import first_at, made_at
from app.lib.names import full_name
from app.models.chat import attached

PIECE = 50
MOST_CHANGES = 200
OVERLAP = 10 * clock.SECOND  # transactions may commit in another order than their ids were made
TOGETHER = 5 * clock.MINUTE  # messages of one author within this time stand under one name

_COLUMNS = """
m.id, m.channel_id, m.author_id, m.html, m.created_at, m.changed, m.edited_at, m.deleted_at, m.thread_id, m.replies, m.last_reply_id, m.repliers,
m.pinned_at, m.asked_at, m.forwarded, m.holds, m.spoken_as, m.import_id, a.given_name, a.family_name, a.avatar, a.is_bot
"""
_SELECT = f"SELECT {_COLUMNS} FROM message m JOIN account a ON a.id = m.author_id"
_FROM = f"{_SELECT} WHERE m.channel_id = $1 AND m.thread_id IS NULL"
_FROM_THREAD = f"{_SELECT} WHERE m.channel_id = $1 AND m.thread_id = $4"
_BEFORE = "AND m.id < $2 ORDER BY m.id DESC LIMIT $3"
_AFTER = "AND m.id > $2 ORDER BY m.id LIMIT $3"
_CHANGED = "AND m.changed > $2 ORDER BY m.changed LIMIT $3"
_ONE = f"{_SELECT} WHERE m.channel_id = $1 AND m.id = $2"
_REACTIONS = """
SELECT r.message_id, r.emoji, r.account_id, a.given_name, a.family_name
  FROM reaction r JOIN account a ON a.id = r.account_id WHERE r.message_id IN ({}) ORDER BY r.id
"""


@dataclass(slots=True)
class Piece:
    """Messages in their order, as templates show them, and whether there are more before and after."""

    messages: list[dict[str, Any]]
    has_before: bool
    has_after: bool


async def newest(channel_id: int, most: int = PIECE, thread_id: int | None = None) -> Piece:
    """The last messages of a channel, or of a thread in it."""
    return await before(channel_id, 2**53, most, thread_id)


async def before(channel_id: int, id_: int, most: int = PIECE, thread_id: int | None = None) -> Piece:
    """The messages before the one with this id."""
    rows = await _rows(_BEFORE, channel_id, id_, most + 1, thread_id)
    return Piece(await _shown(rows[most - 1 :: -1] if len(rows) > most else rows[::-1]), len(rows) > most, id_ < 2**53)


async def after(channel_id: int, id_: int, most: int = PIECE, thread_id: int | None = None) -> Piece:
    """The messages after the one with this id."""
    rows = await _rows(_AFTER, channel_id, id_, most + 1, thread_id)
    return Piece(await _shown(rows[:most]), True, len(rows) > most)


async def around(channel_id: int, id_: int, most: int = PIECE, thread_id: int | None = None) -> Piece:
    """The message with this id (or what comes next to its place) between older and newer ones."""
    half = most // 2
    older = await _rows(_BEFORE, channel_id, id_ + 1, half + 1, thread_id)
    newer = await _rows(_AFTER, channel_id, id_, half + 1, thread_id)
    rows = [*older[:half][::-1], *newer[:half]]
    return Piece(await _shown(rows), len(older) > half, len(newer) > half)


async def opening(channel_id: int, read_up_to: int | None, last_message_id: int) -> Piece:
    """What somebody sees who opens a channel: the newest, or where they stopped reading."""
    if read_up_to is None or read_up_to >= last_message_id:
        return await newest(channel_id)
    piece = await newest(channel_id)
    if not piece.has_before or piece.messages[0]["id"] <= read_up_to:
        return piece
    return await around(channel_id, read_up_to, PIECE)


async def first_from(channel_id: int, instant: int) -> int:
    """The first message said from an instant on (milliseconds since the epoch), or 0. Ids are in the order of time."""
    sql = "SELECT MIN(id) FROM message WHERE channel_id = $1 AND id >= $2 AND thread_id IS NULL"
    return int(await database.fetch_value(sql, channel_id, first_at(instant)) or 0)


async def sources(channel_id: int, author_id: int, first_id: int, thread_id: int | None = None) -> list[dict[str, Any]]:
    """What an author wrote from a message on, as they typed it, so that they can change it without a connection: id, text, base."""
    return await database.fetch(
        "SELECT id, text, COALESCE(edited_at, 0) AS base FROM message WHERE channel_id = $1 AND author_id = $2 AND id >= $3 AND deleted_at IS NULL"
        f" AND thread_id {'IS NULL' if thread_id is None else '= $5'} ORDER BY id DESC LIMIT $4",
        channel_id, author_id, first_id, PIECE, *([thread_id] if thread_id is not None else []),
    )


async def changes(channel_id: int, since: int, thread_id: int | None = None) -> list[dict[str, Any]] | None:
    """Messages that were posted or changed after the change id `since`, with an overlap; None when they are more than `MOST_CHANGES`."""
    begin = first_at(made_at(since) - OVERLAP)
    rows = await _rows(_CHANGED, channel_id, begin, MOST_CHANGES + 1, thread_id)
    if len(rows) > MOST_CHANGES:
        return None
    return await _shown(sorted(rows, key=lambda row: row["id"]))


async def shown(channel_id: int, id_: int) -> dict[str, Any]:
    """One message as templates show it."""
    return (await _shown(await database.execute(_ONE, channel_id, id_)))[0]


async def shown_of(ids: Sequence[int]) -> list[dict[str, Any]]:
    """Messages of whatever channels, in the order of their ids here, as templates show them. Who may read them is asked elsewhere."""
    if not ids:
        return []
    rows = await database.fetch(f"{_SELECT} WHERE m.id IN ({database.marks(ids)})", *ids)
    found = {row["id"]: row for row in rows}
    for row in rows:
        await _shown([row])
    return [found[id_] for id_ in ids if id_ in found]


async def _rows(condition: str, channel_id: int, id_: int, most: int, thread_id: int | None) -> list[dict[str, Any]]:
    if thread_id is None:
        return await database.fetch(f"{_FROM} {condition}", channel_id, id_, most)
    return await database.fetch(f"{_FROM_THREAD} {condition}", channel_id, id_, most, thread_id)


async def _shown(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    reactions = await _reactions([row["id"] for row in rows]) if rows else {}
    author, last = 0, 0
    for row in rows:
        row["name"] = row["spoken_as"] or full_name(row)
        row["iso"], row["time"] = _clock(row["created_at"] // 1000)
        row["reactions"] = reactions.get(row["id"], ())
        row["follows"] = row["author_id"] == author and row["created_at"] - last < TOGETHER
        author, last = row["author_id"], row["created_at"]
    await attached.attach(rows)
    return rows


@lru_cache(20_000)
def _clock(seconds: int) -> tuple[str, str]:
    """A time of UTC as `<time datetime>` has it, and its hours and minutes."""
    stamp = datetime.fromtimestamp(seconds, UTC).isoformat()
    return f"{stamp[:19]}Z", stamp[11:16]


async def _reactions(ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """By message: emoji in the order they came, with the ids and names of who reacted."""
    found: dict[int, dict[str, dict[str, Any]]] = {}
    for row in await database.execute(_REACTIONS.format(database.marks(ids)), *ids):
        kinds = found.setdefault(row["message_id"], {})
        one = kinds.setdefault(row["emoji"], {"emoji": row["emoji"], "picture": "", "who": [], "names": []})
        one["who"].append(row["account_id"])
        if len(one["names"]) < 20:
            one["names"].append(full_name(row))
    await attached.picture_reactions(found)
    return {id_: list(kinds.values()) for id_, kinds in found.items()}
