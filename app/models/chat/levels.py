"""Of what somebody is told in each conversation, and the words that they want to hear of wherever they are said."""

from __future__ import annotations

import re
from collections.abc import Collection

from piccolo.columns import ForeignKey, Varchar

from app import database, live
from app.lib import clock
from app.lib.i18n import _
from app.lib.ids import new_id
from app.lib.searching import words
from app.models.account import Account
from app.models.announcements import announce
from app.models.base import Refused, Row
from app.models.chat.channel import Channel
from app.models.organisation import Organisation
from app.models.viewer import Viewer

ALL, MENTIONS, NOTHING = "all", "mentions", "nothing"
LEVELS = (ALL, MENTIONS, NOTHING)
MOST_KEYWORDS, LONGEST_KEYWORD = 30, 60
_KEEP, _MOST_KEPT = 10 * clock.SECOND, 1_000
_kept: dict[int, tuple[int, dict[str, list[int]]]] = {}  # organisation → until when, and accounts by word


@live.on_internal("chat.keywords")
def _forget(org_id: int) -> None:
    _kept.pop(org_id, None)


class ChatKeyword(Row):
    """A word that somebody wants to be told of."""

    org_id = ForeignKey(Organisation)
    account_id = ForeignKey(Account)
    word = Varchar(length=LONGEST_KEYWORD, help_text="Folded: small letters without accents.")


async def set_level(viewer: Viewer, channel: Channel, level: str) -> None:
    """Choose of what to be told in a conversation."""
    assert level in LEVELS
    await database.execute("UPDATE channel_member SET level = $1 WHERE channel_id = $2 AND account_id = $3", level, channel.id, viewer.account_id)
    announce("channel.marked", channel.id, viewer.account_id)


async def keywords_of(viewer: Viewer) -> list[str]:
    """The words that somebody chose."""
    rows = await database.fetch("SELECT word FROM chat_keyword WHERE account_id = $1 AND org_id = $2 ORDER BY word", viewer.account_id, viewer.org_id)
    return [row["word"] for row in rows]


async def set_keywords(viewer: Viewer, typed: str) -> None:
    """Choose the words, separated by commas or lines. Raises `Refused`."""
    chosen = list(dict.fromkeys(word for part in re.split(r"[,\n;]", typed) if (word := " ".join(words(part)))))
    if len(chosen) > MOST_KEYWORDS or any(not 2 <= len(word) <= LONGEST_KEYWORD for word in chosen):
        raise Refused(_("At most %(most)s words, of 2 to %(longest)s characters each.") % {"most": MOST_KEYWORDS, "longest": LONGEST_KEYWORD})
    async with database.transaction():
        await database.execute("DELETE FROM chat_keyword WHERE account_id = $1 AND org_id = $2", viewer.account_id, viewer.org_id)
        for word in chosen:
            await database.execute(
                "INSERT INTO chat_keyword (id, org_id, account_id, word) VALUES ($1, $2, $3, $4)", new_id(), viewer.org_id, viewer.account_id, word
            )
        live.broadcast_internal("chat.keywords", viewer.org_id)


async def who_hears_words(channel: Channel, text: str) -> list[int]:
    """Members of a channel of whose words one stands in a text."""
    chosen = await _chosen(channel.org_id)
    said = f" {' '.join(words(text))} " if chosen else ""
    meant = sorted({account_id for word, accounts in chosen.items() if f" {word} " in said for account_id in accounts})
    if not meant:
        return []
    rows = await database.fetch(
        f"SELECT account_id FROM channel_member WHERE channel_id = $1 AND account_id IN ({database.marks(meant, 2)})", channel.id, *meant
    )
    return [row["account_id"] for row in rows]


async def _chosen(org_id: int) -> dict[str, list[int]]:
    """Accounts by their words, kept for some seconds: every message asks."""
    kept = _kept.get(org_id)
    if kept is None or kept[0] < clock.now():
        found: dict[str, list[int]] = {}
        for row in await database.fetch("SELECT account_id, word FROM chat_keyword WHERE org_id = $1", org_id):
            found.setdefault(row["word"], []).append(row["account_id"])
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        kept = _kept[org_id] = (clock.now() + _KEEP, found)
    return kept[1]


async def members_at(channel_id: int, levels: Collection[str]) -> list[int]:
    """Members who chose one of these levels."""
    rows = await database.fetch(
        f"SELECT account_id FROM channel_member WHERE channel_id = $1 AND level IN ({database.marks(levels, 2)})", channel_id, *levels
    )
    return [row["account_id"] for row in rows]
