"""Threads: answers below a message. Who takes part follows, and has what is new there beside what is new in channels."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from piccolo.columns import BigInt, ForeignKey

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.ids import new_id
from app.models.account import Account
from app.models.announcements import announce
from app.models.base import NotFound, Refused, Row
from app.models.chat import notices
from app.models.chat.channel import DIRECT, Channel
from app.models.chat.log import shown
from app.models.chat.message import Message
from app.models.command import Command
from app.models.viewer import Viewer

MOST_FACES = 3

_FOLLOW = """
INSERT INTO thread_follow (id, root_id, channel_id, account_id, last_reply_id, read_up_to, created_at) VALUES ($1, $2, $3, $4, $5, $5, $6)
 ON CONFLICT (account_id, root_id) DO UPDATE SET unfollowed_at = NULL
"""
_NEWS = """
UPDATE thread_follow SET last_reply_id = $1,
       new_since = CASE WHEN account_id = $2 OR unfollowed_at IS NOT NULL THEN NULL ELSE COALESCE(new_since, $1) END,
       read_up_to = CASE WHEN account_id = $2 THEN $1 ELSE read_up_to END
 WHERE root_id = $3 RETURNING account_id, unfollowed_at
"""
_OPEN = """
 FROM thread_follow f JOIN channel_member m ON m.channel_id = f.channel_id AND m.account_id = f.account_id
  JOIN channel c ON c.id = f.channel_id AND c.org_id = $2 AND c.archived_at IS NULL
 WHERE f.account_id = $1 AND f.unfollowed_at IS NULL
"""
_COUNT = f"SELECT COUNT(*) {_OPEN} AND f.new_since IS NOT NULL AND m.muted_at IS NULL"
_LIST = f"""
SELECT f.root_id, f.channel_id, f.last_reply_id, f.read_up_to, f.new_since {_OPEN} AND f.last_reply_id < $3 ORDER BY f.last_reply_id DESC LIMIT $4
"""
_LIST_NEW = _LIST.replace("AND f.last_reply_id < $3", "AND f.last_reply_id < $3 AND f.new_since IS NOT NULL")


class ThreadFollow(Row):
    """Somebody who follows a thread, and how far they have read in it."""

    root_id = ForeignKey(Message)
    channel_id = ForeignKey(Channel)
    account_id = ForeignKey(Account)
    last_reply_id = BigInt(default=0)
    read_up_to = BigInt(default=0)
    new_since = BigInt(null=True, default=None, help_text="The first answer that wasn't seen; null: all were.")
    unfollowed_at = BigInt(null=True, default=None)
    created_at = BigInt(default=0)


async def root_of(channel: Channel, id_: int) -> Message:
    """The message with this id that may begin a thread in this channel. Raises `NotFound`."""
    row = await database.fetch_one("SELECT * FROM message WHERE id = $1 AND channel_id = $2 AND thread_id IS NULL", id_, channel.id)
    if row is None:
        raise NotFound(f"thread {id_}")
    root = Message.from_row(row)
    root.channel = channel
    return root


async def reply(channel: Channel, viewer: Viewer, root_id: int, text: str, key: str | None = None, named: Collection[int] = (), **more: Any) -> int:
    """Answer below a message; the same `key` answers once. Returns the answer's id. Raises as `Message.post`."""
    return await Message.post(channel, viewer, text, key, named, thread_id=root_id, **more)


async def add_reply(channel: Channel, author_id: int, root_id: int, id_: int, people: Collection[int]) -> None:
    """Count a new answer, in its transaction: on its root, and for who follows. Raises `Refused` below what was deleted."""
    root = await root_of(channel, root_id)
    if root.deleted_at is not None:
        raise Refused(_("This message was deleted meanwhile."))
    faces = [str(author_id), *(face for face in root.repliers.split(",") if face and face != str(author_id))]
    await root.touch(replies=root.replies + 1, last_reply_id=id_, repliers=",".join(faces[:MOST_FACES]))
    followers = {author_id, root.author_id, *people}
    if channel.kind == DIRECT:
        followers |= {row["account_id"] for row in await database.fetch("SELECT account_id FROM channel_member WHERE channel_id = $1", channel.id)}
    for account_id in sorted(await _still_following(root, followers, {author_id, *people})):
        await database.execute(_FOLLOW, new_id(), root.id, channel.id, account_id, root.last_reply_id if account_id == author_id else 0, clock.now())
    told = [row["account_id"] for row in await database.execute(_NEWS, id_, author_id, root.id) if row["unfollowed_at"] is None]
    await root.announce()
    announce("thread.news", root.id, channel.id, [account_id for account_id in told if account_id != author_id])


async def recount(channel: Channel, root_id: int) -> None:
    """An answer was taken back, or restored: say on the root how many there are."""
    root = await root_of(channel, root_id)
    count = await database.fetch_value("SELECT COUNT(*) FROM message WHERE thread_id = $1 AND deleted_at IS NULL", root_id)
    await root.touch(replies=int(count))
    await root.announce()


async def followers(root_id: int) -> list[int]:
    """Accounts that follow a thread and are still in its channel."""
    rows = await database.fetch(
        "SELECT f.account_id FROM thread_follow f JOIN channel_member m ON m.channel_id = f.channel_id AND m.account_id = f.account_id"
        " WHERE f.root_id = $1 AND f.unfollowed_at IS NULL", root_id,
    )
    return [row["account_id"] for row in rows]


async def following(viewer: Viewer, root_id: int) -> dict[str, Any] | None:
    """How somebody follows a thread: read_up_to, new_since, unfollowed_at; None when they never did."""
    return await database.fetch_one(
        "SELECT read_up_to, new_since, unfollowed_at FROM thread_follow WHERE root_id = $1 AND account_id = $2", root_id, viewer.account_id
    )


async def follow(viewer: Viewer, root: Message, on: bool, key: str | None = None) -> None:
    """Hear of a thread, or no longer. Raises `Refused` for who isn't in the channel."""
    if root.channel.member_id is None:
        raise Refused(_("Join the channel to follow what is said in it."))
    async with Command.once(viewer, "thread.follow", key) as command:
        if command.repeated:
            return
        if on:
            await database.execute(_FOLLOW, new_id(), root.id, root.channel_id, viewer.account_id, root.last_reply_id, clock.now())
        else:
            await database.execute(
                "UPDATE thread_follow SET unfollowed_at = $1, new_since = NULL WHERE root_id = $2 AND account_id = $3",
                clock.now(), root.id, viewer.account_id,
            )
        announce("threads.changed", viewer.account_id)


async def read(viewer: Viewer, root: Message, up_to: int) -> None:
    """Answers up to this one were seen."""
    async with database.transaction():
        await notices.thread_read(viewer.account_id, root.channel_id, root.id)
        moved = await database.execute(
            "UPDATE thread_follow SET read_up_to = $1, new_since = CASE WHEN last_reply_id <= $1 THEN NULL ELSE new_since END"
            " WHERE root_id = $2 AND account_id = $3 AND (read_up_to < $1 OR new_since IS NOT NULL) RETURNING id",
            up_to, root.id, viewer.account_id,
        )
        if moved:
            announce("threads.changed", viewer.account_id)


async def read_all(viewer: Viewer) -> None:
    """Everything in all followed threads was seen."""
    await database.execute(
        "UPDATE thread_follow SET read_up_to = last_reply_id, new_since = NULL WHERE account_id = $1 AND new_since IS NOT NULL"
        " AND channel_id IN (SELECT id FROM channel WHERE org_id = $2)", viewer.account_id, viewer.org_id,
    )
    announce("threads.changed", viewer.account_id)


async def count_for(viewer: Viewer) -> int:
    """Followed threads with something new, in conversations that aren't muted."""
    return int(await database.fetch_value(_COUNT, viewer.account_id, viewer.org_id) or 0)


async def followed(viewer: Viewer, before: int = 0, most: int = 20, *, only_new: bool = False) -> list[dict[str, Any]]:
    """Threads that somebody follows, the latest answer first, before that with the id `before`.

    Each has root_id, channel_id, last_reply_id, read_up_to, new_since, and as templates show them `root` and the latest answers `answers`.
    """
    found = await database.fetch(_LIST_NEW if only_new else _LIST, viewer.account_id, viewer.org_id, before or 2**53, most)
    for one in found:
        one["root"] = await shown(one["channel_id"], one["root_id"])
        one["answers"] = await latest(one["channel_id"], one["root_id"])
    return found


async def latest(channel_id: int, root_id: int, most: int = 3) -> list[dict[str, Any]]:
    """The last answers of a thread, as templates show them."""
    from app.models.chat import log

    return (await log.before(channel_id, 2**53, most, thread_id=root_id)).messages


async def _still_following(root: Message, people: Collection[int], anew: Collection[int]) -> set[int]:
    """Those of `people` to whom following is new, or who do something that makes them follow again; only members of the channel."""
    rows = await database.fetch(
        f"SELECT m.account_id FROM channel_member m WHERE m.channel_id = $1 AND m.account_id IN ({database.marks(people, 2)})", root.channel_id, *people
    )
    known = {row["account_id"] for row in await database.fetch("SELECT account_id FROM thread_follow WHERE root_id = $1", root.id)}
    return {row["account_id"] for row in rows} - (known - set(anew))
