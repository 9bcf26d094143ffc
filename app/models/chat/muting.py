"""A muted conversation is muted in the bell, too, and the other way round: both show and change `channel_member.muted_at`."""

from __future__ import annotations

from app import database
from app.lib import clock
from app.models.announcements import announce
from app.models.chat import notices, places
from app.models.chat.channel import DIRECT
from app.models.notifications.choices import mutes_itself
from app.models.viewer import Viewer

_MUTED = """
SELECT c.id, c.kind, c.name, m.muted_at FROM channel_member m JOIN channel c ON c.id = m.channel_id
 WHERE m.account_id = $1 AND c.org_id = $2 AND m.muted_at IS NOT NULL AND c.archived_at IS NULL
"""
_SET = """
UPDATE channel_member SET muted_at = $1 WHERE account_id = $2 AND channel_id = (SELECT id FROM channel WHERE id = $3 AND org_id = $4) RETURNING id
"""


class MutedConversations:
    """Chat's sources of notices."""

    async def muted(self, viewer: Viewer) -> dict[str, tuple[str, int]]:
        """The conversations that somebody muted."""
        found = {}
        for row in await database.fetch(_MUTED, viewer.account_id, viewer.org_id):
            name = (await places.title_of(viewer, row["id"]))["title"] if row["kind"] == DIRECT else f"#{row['name']}"
            found[notices.source_of(row["id"])] = (name, row["muted_at"])
        return found

    async def set_muted(self, viewer: Viewer, source: str, on: bool) -> bool:
        """Mute a conversation or not; other tabs list it anew."""
        channel_id = notices.channel_of(source)
        if not channel_id or not await database.execute(_SET, clock.now() if on else None, viewer.account_id, channel_id, viewer.org_id):
            return False
        announce("channel.marked", channel_id, viewer.account_id)
        return True


mutes_itself(MutedConversations())
