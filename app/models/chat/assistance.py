"""What an assistant makes of what was said, for who reads it: a translation, a summary. Whoever brings one registers it:

    @assists(SUMMARY)
    async def _summary(viewer: Viewer, said: Sequence[Said]) -> str: …

It answers in Markdown, in the viewer's language, and raises `Refused` with the reason. It is given only what the viewer may read, and nothing
that it answers is kept or shown to others. As long as nothing is registered, nothing is offered.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from app import database
from app.lib.names import full_name
from app.models.base import NotFound
from app.models.chat.channel import Channel
from app.models.chat.message import Message
from app.models.viewer import Viewer

TRANSLATION, SUMMARY = "translation", "summary"
MOST = 300  # messages of a summary: the latest
_SAID = """
SELECT m.text, m.created_at, a.given_name, a.family_name FROM message m JOIN account a ON a.id = m.author_id
 WHERE m.channel_id = $1 AND {} AND m.deleted_at IS NULL AND m.text <> '' ORDER BY m.id DESC LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class Said:
    """A message: who wrote it, its Markdown, and when, in milliseconds since the epoch."""

    author: str
    text: str
    at: int


Assistant = Callable[[Viewer, Sequence[Said]], Awaitable[str]]
_assistants: dict[str, Assistant] = {}


def assists(kind: str) -> Callable[[Assistant], Assistant]:
    """Register who makes translations of a message, or summaries."""

    def register(assistant: Assistant) -> Assistant:
        _assistants[kind] = assistant
        return assistant

    return register


def offered() -> frozenset[str]:
    """What can be asked for."""
    return frozenset(_assistants)


async def translation(viewer: Viewer, message: Message) -> str:
    """What a message says, in the viewer's language, as Markdown. Raises `NotFound` without an assistant, `Refused`."""
    return await _asked(TRANSLATION, viewer, message.channel_id, "m.id = $2", message.id)


async def summary(viewer: Viewer, channel: Channel, thread_id: int = 0) -> str:
    """What was said in a channel lately, or in a thread of it, as Markdown. Raises `NotFound` without an assistant, `Refused`."""
    return await _asked(SUMMARY, viewer, channel.id, "(m.thread_id = $2 OR m.id = $2)" if thread_id else "m.thread_id IS NULL AND $2 = 0", thread_id)


async def _asked(kind: str, viewer: Viewer, channel_id: int, condition: str, about: int) -> str:
    if kind not in _assistants:
        raise NotFound(kind)
    rows = await database.fetch(_SAID.format(condition), channel_id, about, MOST)
    return await _assistants[kind](viewer, [Said(full_name(row), row["text"], row["created_at"]) for row in reversed(rows)])
