"""Words that aren't said: a message with one is refused, or the word is masked, as the organisation decided."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.ids import new_id
from app.models import audit
from app.models.base import NotFound, Refused
from app.models.command import Command, undoes
from app.models.viewer import Viewer

REFUSE, MASK = "refuse", "mask"
ACTIONS = (REFUSE, MASK)
MOST = 1000


async def fit(org_id: int, text: str) -> str:
    """A text as it may stand. Raises `Refused` that names the word; the text is kept in the composer."""
    rows = await database.fetch("SELECT word, action FROM forbidden_word WHERE org_id = $1 ORDER BY word", org_id)
    if not rows:
        return text
    refused, masked = (_pattern(tuple(row["word"] for row in rows if row["action"] == action)) for action in ACTIONS)
    found = refused.search(text) if refused else None
    if found:
        raise Refused(_("Your organisation doesn’t allow the word “%(word)s” here. Your text is kept.") % {"word": found[0]})
    return masked.sub(lambda match: "•" * len(match[0]), text) if masked else text


async def listed(viewer: Viewer) -> list[dict[str, Any]]:
    """The words of the viewer's organisation."""
    return await database.fetch("SELECT id, word, action FROM forbidden_word WHERE org_id = $1 ORDER BY word", viewer.org_id)


async def forbid(viewer: Viewer, typed: str, action: str) -> Command:
    """Forbid words, one on a line or between commas. Raises `Refused`."""
    assert action in ACTIONS
    wanted = list(dict.fromkeys(word[:80] for part in re.split(r"[\n,;]", typed.lower()) if (word := " ".join(part.split()))))
    if not wanted:
        raise Refused(_("Please fill this in."))
    if len(wanted) + len(await listed(viewer)) > MOST:
        raise Refused(_("These are too many: at most %(most)s.") % {"most": MOST})
    async with Command.once(viewer, "words.forbid") as command:
        made = []
        for word in wanted:
            rows = await database.execute(
                "INSERT INTO forbidden_word (id, org_id, word, action, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6)"
                " ON CONFLICT (org_id, word) DO UPDATE SET action = excluded.action RETURNING id",
                new_id(), viewer.org_id, word, action, viewer.account_id, clock.now(),
            )
            made += [row["id"] for row in rows]
        await audit.record("chat.words", ", ".join(wanted)[:400], viewer=viewer, action=action)
        command.done(what=", ".join(wanted), url="/manager/chat/moderation", inverse={"ids": made})
    return command


async def allow(viewer: Viewer, word_id: int) -> Command:
    """Allow a word again. Raises `NotFound`."""
    async with Command.once(viewer, "words.allow") as command:
        rows = await database.execute("DELETE FROM forbidden_word WHERE id = $1 AND org_id = $2 RETURNING word, action", word_id, viewer.org_id)
        if not rows:
            raise NotFound(f"word {word_id}")
        await audit.record("chat.words", rows[0]["word"], viewer=viewer, action="allow")
        command.done(what=rows[0]["word"], url="/manager/chat/moderation", inverse=dict(rows[0]))
    return command


@lru_cache(maxsize=200)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str] | None:
    """Whole words in any case of letters, the longest first."""
    if not words:
        return None
    each = "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{each})(?!\w)", re.IGNORECASE)


@undoes("words.forbid")
async def _forbid_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    for id_ in inverse["ids"]:
        await database.execute("DELETE FROM forbidden_word WHERE id = $1 AND org_id = $2", id_, viewer.org_id)


@undoes("words.allow")
async def _allow_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    await database.execute(
        "INSERT INTO forbidden_word (id, org_id, word, action, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (org_id, word) DO NOTHING",
        new_id(), viewer.org_id, inverse["word"], inverse["action"], viewer.account_id, clock.now(),
    )
