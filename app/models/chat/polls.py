"""Polls: a question with answers to choose from, below a message. Who chose what is seen by all, unless the poll is anonymous."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from piccolo.columns import BigInt, Boolean, ForeignKey, SmallInt, Text, Varchar

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.ids import new_id
from app.models.account import Account
from app.models.base import NotFound, Refused, Row
from app.models.chat.channel import Channel
from app.models.chat.message import Message
from app.models.command import Command, undoes
from app.models.viewer import Viewer

FEWEST, MOST = 2, 12
LONGEST_QUESTION, LONGEST_ANSWER = 300, 120


class Poll(Row):
    """A question. Its row has the id of its message, and goes with it."""

    message_id = ForeignKey(Message)
    question = Varchar(length=LONGEST_QUESTION)
    answers = Text(default="[]", help_text="JSON: the answers in their order.")
    is_multiple = Boolean(default=False)
    is_anonymous = Boolean(default=False)
    closes_at = BigInt(null=True, default=None)
    closed_at = BigInt(null=True, default=None)


class PollVote(Row):
    """One answer that somebody chose."""

    poll_id = ForeignKey(Poll)
    account_id = ForeignKey(Account)
    answer = SmallInt(default=0, help_text="Its place, from 0.")
    created_at = BigInt(default=0)


async def ask(
    viewer: Viewer, channel: Channel, question: str, answers: Sequence[str], *, is_multiple: bool = False, is_anonymous: bool = False,
    thread_id: int | None = None, key: str | None = None,
) -> int:
    """Put a question to a channel. Returns the message's id. Raises `Refused`."""
    question, answers = _checked(question, answers)
    async with Command.once(viewer, "poll.ask", key) as command:
        if not command.repeated:
            id_ = await Message.write(channel, viewer.account_id, question, key, thread_id=thread_id, poll={
                "question": question, "answers": msgspec.json.encode(answers).decode(), "is_multiple": is_multiple, "is_anonymous": is_anonymous,
            })
            command.done(id_)
    return int(command.result or 0)


async def vote(viewer: Viewer, message: Message, answers: Collection[int], key: str | None = None) -> None:
    """Choose these answers and no others; none takes one's vote back. Raises `Refused`, `NotFound`."""
    if message.channel.member_id is None or message.deleted_at is not None:
        raise Refused(_("You can’t vote here."))
    async with Command.once(viewer, "poll.vote", key) as command:
        if command.repeated:
            return
        await message.touch()
        poll = await _open_poll(message)
        chosen = sorted(set(answers))
        if any(not 0 <= answer < len(msgspec.json.decode(poll.answers)) for answer in chosen) or (len(chosen) > 1 and not poll.is_multiple):
            raise Refused(_("This isn’t an answer of this poll."))
        await database.execute("DELETE FROM poll_vote WHERE poll_id = $1 AND account_id = $2", poll.id, viewer.account_id)
        for answer in chosen:
            await database.execute(
                "INSERT INTO poll_vote (id, poll_id, account_id, answer, created_at) VALUES ($1, $2, $3, $4, $5)",
                new_id(), poll.id, viewer.account_id, answer, clock.now(),
            )
        await message.announce()


async def close(viewer: Viewer, message: Message) -> Command:
    """End a poll: its author may, and who manages Chat. Raises `Refused`."""
    if message.author_id != viewer.account_id and not viewer.can_manage("chat"):
        raise Refused(_("Who asked can end the poll."))
    async with Command.once(viewer, "poll.close") as command:
        await message.touch()
        poll = await _open_poll(message)
        await database.execute("UPDATE poll SET closed_at = $1 WHERE id = $2", clock.now(), poll.id)
        await message.announce()
        command.done(message.id, what=poll.question[:120], url=message.url, inverse={"message": message.id})
    return command


async def _open_poll(message: Message) -> Poll:
    poll = await Poll.find(message.id)
    if poll is None:
        raise NotFound(f"poll {message.id}")
    if poll.closed_at is not None:
        raise Refused(_("This poll has ended."))
    return poll


def _checked(question: str, answers: Sequence[str]) -> tuple[str, list[str]]:
    question = " ".join(question.split())
    found = list(dict.fromkeys(text for answer in answers if (text := " ".join(answer.split()))))
    if not question or len(question) > LONGEST_QUESTION:
        raise Refused(_("A poll needs a question of at most %(most)s characters.") % {"most": LONGEST_QUESTION})
    if not FEWEST <= len(found) <= MOST:
        raise Refused(_("A poll needs %(fewest)s to %(most)s different answers.") % {"fewest": FEWEST, "most": MOST})
    if any(len(answer) > LONGEST_ANSWER for answer in found):
        raise Refused(_("An answer is too long: at most %(most)s characters.") % {"most": LONGEST_ANSWER})
    return question, found


@undoes("poll.close")
async def _open_again(viewer: Viewer, inverse: dict[str, Any]) -> None:
    message = await Message.found(viewer, inverse["message"])
    await message.touch()
    await database.execute("UPDATE poll SET closed_at = NULL WHERE id = $1", message.id)
    await message.announce()
