"""Who may listen to what is said, and who is writing.

`channel:<id>` carries the messages themselves: the page that shows the channel listens. `activity:<id>` only says that there is
something new: every tab listens to those of its channels, so that one message costs one publication, however many members a
channel has. Direct conversations and mentions are told to each person on `account:<id>`: they are few.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from typing import Any

import msgspec

from app import database, live
from app.models.base import NotFound
from app.models.chat import holding
from app.models.chat.channel import Channel
from app.models.search import Indexed, scopes_of, texts_of
from app.models.viewer import Viewer


@live.topic("channel")
async def _may_read(viewer: Viewer, channel_id: int) -> bool:
    if not viewer.can_use("chat"):
        return False
    try:
        await Channel.seen_by(viewer, channel_id)
    except NotFound:
        return False
    return True


@live.topic("activity")
async def _is_member(viewer: Viewer, channel_id: int) -> bool:
    return viewer.can_use("chat") and bool(await database.fetch(
        "SELECT m.id FROM channel_member m JOIN channel c ON c.id = m.channel_id"
        " WHERE m.channel_id = $1 AND m.account_id = $2 AND c.org_id = $3 AND c.deleted_at IS NULL",
        channel_id, viewer.account_id, viewer.org_id,
    ))


@live.signal("typing")
async def _typing(viewer: Viewer, channel_id: int, _data: Any) -> dict[str, Any] | None:
    return {"account": viewer.account_id, "name": viewer.given_name} if await _is_member(viewer, channel_id) else None


@scopes_of("message")
async def _scopes(viewer: Viewer) -> Collection[int]:
    if not viewer.can_use("chat"):
        return set()
    rows = await database.fetch(
        "SELECT c.id FROM channel_member m JOIN channel c ON c.id = m.channel_id WHERE m.account_id = $1 AND c.org_id = $2 AND c.deleted_at IS NULL",
        viewer.account_id, viewer.org_id,
    )
    if not viewer.is_external:
        rows += await database.fetch("SELECT id FROM channel WHERE org_id = $1 AND kind = 'public' AND deleted_at IS NULL", viewer.org_id)
    return {row["id"] for row in rows}


@texts_of("message", "SELECT id FROM message WHERE deleted_at IS NULL")
async def _texts() -> AsyncIterator[Indexed]:
    last = 0
    while rows := await database.fetch(
        "SELECT id, org_id, channel_id, author_id, text, created_at, forwarded, holds, pinned_at FROM message"
        " WHERE id > $1 AND deleted_at IS NULL ORDER BY id LIMIT 500", last
    ):
        for row in rows:
            text = "\n".join(part for part in (row["text"], msgspec.json.decode(row["forwarded"])["text"] if row["forwarded"] else "") if part)
            marks = holding.marks(row["holds"], row["pinned_at"])
            yield Indexed(row["id"], row["org_id"], row["channel_id"], "", text, row["created_at"], row["author_id"], marks)
        last = rows[-1]["id"]
