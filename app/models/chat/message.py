"""What people write, and how it is changed and taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Self

import msgspec
from piccolo.columns import BigInt, ForeignKey, Integer, Text, Varchar

from app import database
from app.lib import clock, markdown, shortcodes
from app.lib.emoji import is_only_emoji
from app.lib.i18n import _
from app.lib.ids import new_id
from app.lib.names import full_name
from app.models.account import Account
from app.models.announcements import announce
from app.models.base import NotFound, Refused, Row
from app.models.chat import custom_emoji, holding, notices
from app.models.chat.channel import DIRECT, Channel
from app.models.chat.log import shown
from app.models.chat.moderation.words import fit
from app.models.chat.naming import members_meant, teams_named, with_teams
from app.models.chat.pace import check_pace
from app.models.command import UNDO_FOR, Command, undoes
from app.models.files import Upload
from app.models.job import Job
from app.models.organisation import Organisation
from app.models.search import SearchEntry
from app.models.viewer import Viewer

MOST_CHARACTERS = markdown.MOST_CHARACTERS
_MOMENT = 10 * clock.MINUTE
_LONG = 1_500  # characters whose rendering is worth a thread

_INSERT = """
INSERT INTO message (id, org_id, channel_id, author_id, text, html, created_at, changed, thread_id, forwarded, holds, asked_at, spoken_as)
VALUES ($1, $2, $3, $4, $5, $6, $7, $1, $8, $9, $10, $11, $12)
"""
_LOCK = """
SELECT c.kind, c.archived_at, c.slow_seconds, c.created_by, m.id AS member_id, m.role AS member_role FROM channel c
  LEFT JOIN channel_member m ON m.channel_id = c.id AND m.account_id = $2 WHERE c.id = $1 AND c.deleted_at IS NULL
"""


Hear = Callable[[Channel, int, int, str], Awaitable[None]]
_hearing: list[Hear] = []


def on_post(hear: Hear) -> Hear:
    """Register what happens with every new message, in its transaction: channel, author's id, the message's id, text."""
    _hearing.append(hear)
    return hear


NOT_HELD = (
    "NOT EXISTS (SELECT 1 FROM legal_hold h WHERE h.org_id = message.org_id AND h.ended_at IS NULL"
    " AND (h.channel_id IS NULL OR h.channel_id = message.channel_id))"
)


class EditedMeanwhile(Refused):
    """Somebody changed a message that was changed elsewhere meanwhile. `text` and `base` are of what it says now."""

    def __init__(self, text: str, base: int) -> None:
        super().__init__(_("This message was changed elsewhere meanwhile."))
        self.text = text
        self.base = base


class Message(Row):
    """Something said in a channel. `html` is `text` rendered once, safe to show."""

    org_id = ForeignKey(Organisation)
    channel_id = ForeignKey(Channel)
    author_id = ForeignKey(Account)
    text = Text(default="")
    html = Text(default="")
    created_at = BigInt(default=0)
    changed = BigInt(default=0, help_text="An id made at the latest change of anything shown with it: what `since` compares.")
    edited_at = BigInt(null=True, default=None)
    deleted_at = BigInt(null=True, default=None)
    deleted_by = ForeignKey(Account, null=True, default=None)
    spoken_as = Varchar(length=80, default="", help_text="The name that an integration gave itself for this message.")
    import_id = BigInt(null=True, default=None, help_text="The move from another chat that brought it.")
    thread_id = BigInt(null=True, default=None, help_text="The message that it answers, in the thread below that; null in the channel itself.")
    replies = Integer(default=0, help_text="How many answers its thread has.")
    last_reply_id = BigInt(default=0)
    repliers = Varchar(length=120, default="", help_text="Ids of the accounts that answered last, at most three, with commas.")
    pinned_at = BigInt(null=True, default=None)
    pinned_by = ForeignKey(Account, null=True, default=None)
    asked_at = BigInt(null=True, default=None, help_text="Since when its readers are asked to confirm that they have read it.")
    forwarded = Text(null=True, default=None, help_text="JSON of what is handed on with it: id, channel_id, author_id, name, html, at.")
    holds = Integer(default=0, help_text="What it has beside words, in bits: see `holding.py`.")

    channel: Channel  # where it was `found`

    @property
    def url(self) -> str:
        """Its permanent address."""
        return f"/chat/channels/{self.channel_id}/messages/{self.id}"

    @classmethod
    async def found(cls, viewer: Viewer, id_: int) -> Self:
        """The message with this id in a channel that the viewer may read. Raises `NotFound`."""
        message = await cls.get(id_)
        message.channel = await Channel.seen_by(viewer, message.channel_id)
        return message

    @classmethod
    async def post(cls, channel: Channel, viewer: Viewer, text: str, key: str | None = None, named: Collection[int] = (), **more: Any) -> int:
        """Say something in a channel; the same `key` says it once. Returns its id. `named` are accounts that its @names were chosen from.

        `more` is as in `write`. Raises `Refused` for a text that is empty or too long, and in a channel that the viewer isn't in (any more).
        """
        from app.models.chat import files as attaching

        uploads = await attaching.ready(more.pop("uploads", ()), viewer)
        text = checked(text, may_be_empty=bool(more.get("forwarded") or uploads))
        async with Command.once(viewer, "message.post", key) as command:
            if not command.repeated:
                more["files"] = attaching.taken(uploads)
                command.done(await cls.write(channel, viewer.account_id, text, key, named, **more))
        return int(command.result or 0)

    @classmethod
    async def write(
        cls, channel: Channel, author_id: int, text: str, key: str | None = None, named: Collection[int] = (), *, must_be_member: bool = True,
        thread_id: int | None = None, forwarded: str | None = None, asks: bool = False, poll: dict[str, Any] | None = None,
        spoken_as: str = "", files: Sequence[Upload] = (),
    ) -> int:
        """Put a text that was `checked` into a channel, in the transaction under way: what `post` does, and what the suite's bot does.

        `thread_id`: as an answer below that message. `forwarded`: with a copy of another message (`forwarding.py`). `asks`: readers
        are asked to confirm. `poll`: with these columns of a poll. `files`: with these uploads, which are `ready`.
        """
        from app.models.chat import files as attaching

        await _lock(channel, author_id, must_be_member)
        text = await fit(channel.org_id, text)
        id_ = new_id()  # made under the lock: ids in a channel are in the order of their commits
        said = await _read_text(channel, text, named)
        now = clock.now()
        holds = (holding.POLL if poll else 0) | said.holds | attaching.bits_of(files)
        await database.execute(
            _INSERT, id_, channel.org_id, channel.id, author_id, text, said.html, now, thread_id, forwarded, holds, now if asks else None, spoken_as
        )
        if poll:
            await _add_poll(id_, poll)
        await attaching.attach_to(id_, channel, author_id, files)
        await Mention.replace(channel, id_, said.heard, thread_id)
        if thread_id is None:
            await database.execute("UPDATE channel SET last_message_id = $1 WHERE id = $2", id_, channel.id)
            await _author_has_read(channel, author_id, id_)
        message = await cls.get(id_)
        message.channel = channel
        await message.index()
        await _announce_new(message, said.heard, key)
        await fetch_cards_later(message, said.links)
        if thread_id is not None:
            from app.models.chat.threads import add_reply

            await add_reply(channel, author_id, thread_id, id_, said.people)
        await notices.tell(channel, author_id, id_, text or message.forwarded_text, said.heard, thread_id)
        for hear in _hearing:
            await hear(channel, author_id, id_, text)
        return id_

    async def edit(self, viewer: Viewer, text: str, key: str | None = None, base: int | None = None) -> Command:
        """Change what one's own message says; what it said before is kept. Raises `Refused`.

        `base` is the `edited_at` (0: never) of what was being changed: when it says something else by now, that is `EditedMeanwhile`.
        """
        text = await fit(self.org_id, checked(text))
        if self.author_id != viewer.account_id or self.deleted_at is not None or self.channel.member_id is None:
            raise Refused(_("Only your own messages can be edited."))
        async with Command.once(viewer, "message.edit", key) as command:
            if not command.repeated:
                await self._read_again()
            if not command.repeated and text != self.text:
                if base is not None and base != (self.edited_at or 0):
                    raise EditedMeanwhile(self.text, self.edited_at or 0)
                before = self.text
                await MessageVersion.insert_new(message_id=self.id, text=before, created_at=clock.now())
                await self._rewrite(text)
                command.done(self.id, what=text[:120], url=self.url, inverse={"message": self.id, "text": before})
        return command

    async def take_back(self, viewer: Viewer, key: str | None = None) -> Command:
        """Take a message back; a trace stays. Its author may, and chat administrators. Raises `Refused`."""
        if self.channel.member_id is None or (self.author_id != viewer.account_id and not viewer.can_manage("chat")):
            raise Refused(_("Only your own messages can be deleted."))
        async with Command.once(viewer, "message.delete", key) as command:
            if not command.repeated and self.deleted_at is None:
                await self.withdraw(viewer.account_id)
                command.done(self.id, what=self.text[:120], url=self.url, inverse={"message": self.id})
        return command

    async def withdraw(self, account_id: int) -> None:
        """Leave nothing but a trace of it, in the transaction under way. Whether `account_id` may is asked elsewhere."""
        await self.touch(deleted_at=clock.now(), deleted_by=account_id)
        await self.announce()
        await notices.withdraw(self.channel, self.id)
        await database.execute("DELETE FROM mention WHERE message_id = $1", self.id)
        await SearchEntry.remove("message", self.id)
        await self._recount()

    async def restore(self) -> None:
        """Undo a deletion, as long as the text wasn't erased."""
        if not self.text and not self.forwarded and not self.holds & holding.FILES:
            raise Refused(_("This can’t be undone any more."))
        heard = (await _read_text(self.channel, self.text)).heard
        await Mention.replace(self.channel, self.id, heard, self.thread_id)
        await self.touch(deleted_at=None, deleted_by=None)
        await self.index()
        await self.announce()
        await self._recount()
        await notices.tell(self.channel, self.author_id, self.id, self.text, heard, self.thread_id)

    async def _recount(self) -> None:
        if self.thread_id is not None:
            from app.models.chat.threads import recount

            await recount(self.channel, self.thread_id)

    @property
    def forwarded_text(self) -> str:
        """The words of the message that it hands on."""
        return str(msgspec.json.decode(self.forwarded)["text"]) if self.forwarded else ""

    async def index(self) -> None:
        """Write its search entry anew."""
        names: list[str] = []
        if self.holds & holding.FILES:
            rows = await database.fetch("SELECT name FROM message_file WHERE message_id = $1 ORDER BY place", self.id)
            names = [row["name"] for row in rows]
        text = "\n".join(part for part in (self.text, self.forwarded_text, *names) if part)
        await SearchEntry.put(
            "message", self.id, self.org_id, self.channel_id, "", text, self.created_at, self.author_id, holding.marks(self.holds, self.pinned_at)
        )

    async def versions(self) -> list[dict[str, Any]]:
        """What it said before, the latest first: text, and until when it said that."""
        return await database.fetch("SELECT text, created_at FROM message_version WHERE message_id = $1 ORDER BY id DESC LIMIT 100", self.id)

    async def touch(self, **values: Any) -> None:
        """Write these columns, and that something shown with the message has changed. The message is locked until the transaction ends."""
        if database.dialect() != "sqlite":
            await database.fetch("SELECT id FROM message WHERE id = $1 FOR UPDATE", self.id)
        self.changed = new_id()
        columns = "".join(f", {name} = ${n}" for n, name in enumerate(values, 3))
        await database.execute(f"UPDATE message SET changed = $2{columns} WHERE id = $1", self.id, self.changed, *values.values())
        self.__dict__.update(values)

    async def _read_again(self) -> None:
        """Read again what it says, and let nobody else change it until the transaction ends."""
        lock = "" if database.dialect() == "sqlite" else " FOR UPDATE"
        (row,) = await database.fetch(f"SELECT text, edited_at, deleted_at FROM message WHERE id = $1{lock}", self.id)
        self.__dict__.update(row)
        if self.deleted_at is not None:
            raise Refused(_("This message was deleted meanwhile."))

    async def announce(self) -> None:
        """Tell what it looks like now."""
        announce("message.changed", await shown(self.channel_id, self.id))

    async def _rewrite(self, text: str) -> None:
        said = await _read_text(self.channel, text)
        await Mention.replace(self.channel, self.id, said.heard, self.thread_id)
        await self.touch(text=text, html=said.html, edited_at=clock.now(), holds=self.holds & ~(holding.LINK | holding.CARDS) | said.holds)
        await database.execute("DELETE FROM message_card WHERE message_id = $1", self.id)
        await self.index()
        await self.announce()
        await notices.tell_again(self.channel, self.author_id, self.id, text, said.heard, self.thread_id)
        await fetch_cards_later(self, said.links)

    @classmethod
    async def last_of(cls, viewer: Viewer, channel: Channel) -> Self | None:
        """The viewer's own latest message in a channel, to edit it."""
        row = await database.fetch_one(
            "SELECT * FROM message WHERE channel_id = $1 AND author_id = $2 AND deleted_at IS NULL AND id > $3 ORDER BY id DESC LIMIT 1",
            channel.id, viewer.account_id, max(0, channel.last_message_id - (1 << 45)),
        )
        return cls.from_row(row) if row else None

    @classmethod
    async def name_again(cls, viewer: Viewer, channel: Channel) -> None:
        """Somebody came into the channel: whom the viewer's message of a moment ago names is named now, and told."""
        message = await cls.last_of(viewer, channel)
        if message is None or message.created_at < clock.now() - _MOMENT:
            return
        message.channel = channel
        async with database.transaction():
            said = await _read_text(channel, message.text)
            if said.html == message.html:
                return
            await Mention.replace(channel, message.id, said.heard, message.thread_id)
            await message.touch(html=said.html)
            await message.announce()
            await notices.tell_again(channel, message.author_id, message.id, message.text, said.heard, message.thread_id)

    @classmethod
    async def erase_deleted(cls) -> None:
        """Forget the words of messages that were deleted so long ago that it can't be undone."""
        before = clock.now() - UNDO_FOR
        old = f"deleted_at < $1 AND (text <> '' OR forwarded IS NOT NULL) AND {NOT_HELD}"
        await database.execute(f"DELETE FROM message_version WHERE message_id IN (SELECT id FROM message WHERE {old})", before)
        await database.execute(f"UPDATE message SET text = '', html = '', forwarded = NULL WHERE {old}", before)
        from app.models.chat import files as attaching

        await attaching.let_go_deleted(before, NOT_HELD)


class MessageVersion(Row):
    """What a message said before an edit."""

    message_id = ForeignKey(Message)
    text = Text(default="")
    created_at = BigInt(default=0)


class Reaction(Row):
    """One person's emoji on a message."""

    message_id = ForeignKey(Message)
    account_id = ForeignKey(Account)
    emoji = Varchar(length=40)
    created_at = BigInt(default=0)


class Mention(Row):
    """Somebody named in a message."""

    message_id = ForeignKey(Message)
    channel_id = ForeignKey(Channel)
    account_id = ForeignKey(Account)
    thread_id = BigInt(null=True, default=None, help_text="Of an answer in a thread: the message that it answers.")

    @classmethod
    async def replace(cls, channel: Channel, message_id: int, account_ids: Collection[int], thread_id: int | None = None) -> None:
        """Let these accounts, and no others, be named in a message."""
        await database.execute("DELETE FROM mention WHERE message_id = $1", message_id)
        if account_ids:
            await database.execute_many(
                "INSERT INTO mention (id, message_id, channel_id, account_id, thread_id) VALUES ($1, $2, $3, $4, $5)",
                [(new_id(), message_id, channel.id, account_id, thread_id) for account_id in account_ids],
            )


def checked(text: str, *, may_be_empty: bool = False) -> str:
    """A text as it is kept. Raises `Refused` when it is empty or too long; nothing of it is lost in the browser then."""
    text = text.replace("\x00", "").replace("\r\n", "\n").strip("\n").rstrip()
    if not text.strip() and not may_be_empty:
        raise Refused(_("There is nothing to send yet."))
    if len(text) > MOST_CHARACTERS:
        raise Refused(
            _("This message is too long: at most %(most)s characters, it has %(count)s. Your text is kept.") % {"most": MOST_CHARACTERS, "count": len(text)}
        )
    return text


@dataclass(slots=True)
class Said:
    """A text as it is shown. `people` are named in it, one by one or in their teams; `heard` are also those whom @channel and @here mean."""

    html: str
    people: list[int]
    heard: list[int]
    links: list[str]

    @property
    def holds(self) -> int:
        """The bits of `message.holds` that come of the text."""
        return holding.LINK if self.links else 0


async def rendered(channel: Channel, text: str, named: Collection[int] = ()) -> tuple[str, list[int]]:
    """The HTML of a text, and the ids of the members that it names."""
    said = await _read_text(channel, text, named)
    return said.html, said.heard


async def _read_text(channel: Channel, text: str, named: Collection[int] = ()) -> Said:
    people = await _nameable(channel, text, named)
    teams = await teams_named(channel, text)
    pictures = await custom_emoji.pictures_of(channel.org_id, shortcodes.names_in(text))
    meant = [*people, *(markdown.Named(-team_id, name) for team_id, name in teams.items()), *markdown.EVERYBODY]
    work = asyncio.to_thread(markdown.render, text, meant, pictures) if len(text) > _LONG or "```" in text else None
    made = await work if work else markdown.render(text, meant, pictures)
    html = f'<span class="jumbo">{text.strip()}</span>' if is_only_emoji(text) else made.html if text else ""
    direct = await with_teams(channel, made.named)
    return Said(html, direct, list(dict.fromkeys([*direct, *await members_meant(channel, made.groups)])), made.links)


async def _nameable(channel: Channel, text: str, named: Collection[int]) -> list[markdown.Named]:
    """Members whose name may follow an @ in the text; first those that were chosen. A first name alone means somebody if it is theirs alone."""
    starts = markdown.names_in(text)
    if not starts:
        return []
    cases = list(dict.fromkeys(case for start in starts for case in _cases(start)))
    found = await database.fetch(
        "SELECT a.id, a.given_name, a.family_name FROM channel_member m JOIN account a ON a.id = m.account_id"
        f" WHERE m.channel_id = $1 AND ({' OR '.join(f'a.given_name = ${n} OR a.given_name LIKE ${n} || $2' for n in range(3, len(cases) + 3))})"
        " ORDER BY a.id LIMIT 2000",
        channel.id, " %", *cases,
    )
    found.sort(key=lambda row: row["id"] not in named)
    firsts: dict[str, list[int]] = {}
    for row in found:
        firsts.setdefault(row["given_name"].casefold(), []).append(row["id"])
    full = [markdown.Named(row["id"], full_name(row)) for row in found]
    alone = [markdown.Named(row["id"], row["given_name"]) for row in found if len(firsts[row["given_name"].casefold()]) == 1]
    return full + alone


def _cases(start: str) -> tuple[str, ...]:
    start = start.rstrip(".-’'")
    return start, start.lower(), start.upper(), start.capitalize(), start.title()


async def _lock(channel: Channel, author_id: int, must_be_member: bool) -> None:
    """Let one transaction at a time write to a channel, and only if its author may now."""
    suffix = "" if database.dialect() == "sqlite" else " FOR UPDATE OF c"
    now = await database.execute(_LOCK + suffix, channel.id, author_id)
    if not now or (must_be_member and now[0]["member_id"] is None and now[0]["kind"] != "public"):
        raise NotFound(f"channel {channel.id}")
    if must_be_member and now[0]["member_id"] is None:
        raise Refused(_("You aren’t in this channel any more. Join it to write here; your text is kept."))
    if now[0]["archived_at"] is not None:
        raise Refused(_("This channel was archived, so nothing can be written here any more. Your text is kept."))
    if now[0]["slow_seconds"] and must_be_member:
        await check_pace(channel, author_id, now[0])


async def _author_has_read(channel: Channel, author_id: int, id_: int) -> None:
    await database.execute("UPDATE channel_member SET read_up_to = $1 WHERE channel_id = $2 AND account_id = $3", id_, channel.id, author_id)
    await notices.read_up_to(author_id, channel.id, id_)
    if channel.kind == DIRECT:
        await database.execute("UPDATE channel_member SET hidden_at = NULL WHERE channel_id = $1 AND hidden_at IS NOT NULL", channel.id)


async def fetch_cards_later(message: Message, links: Collection[str]) -> None:
    """Promise to ask the pages that a message links to what they are."""
    wanted = [link for link in links if link.startswith("https://")][:3]
    if wanted:
        await Job.enqueue("fetch_cards", org_id=message.org_id, message_id=message.id, urls=wanted, edited_at=message.edited_at)


async def _add_poll(id_: int, poll: dict[str, Any]) -> None:
    columns = ", ".join(poll)
    marks = ", ".join(f"${n}" for n in range(2, len(poll) + 2))
    await database.execute(f"INSERT INTO poll (id, message_id, {columns}) VALUES ($1, $1, {marks})", id_, *poll.values())


async def _announce_new(message: Message, people: list[int], key: str | None) -> None:
    """Tell the channel, and those who are told in person: everybody in a direct conversation, else who is named. Not who muted it."""
    channel, author_id, id_ = message.channel, message.author_id, message.id
    told: set[int] | None = None
    if (channel.kind == DIRECT and message.thread_id is None) or people:
        heard = await database.fetch("SELECT account_id FROM channel_member WHERE channel_id = $1 AND muted_at IS NULL", channel.id)
        told = {row["account_id"] for row in heard}
    members = told if channel.kind == DIRECT and message.thread_id is None else None
    named = [id_ for id_ in people if told and id_ in told and id_ != author_id]
    facts = await shown(channel.id, id_)
    if message.thread_id is not None:
        announce("message.answered", facts, named=named, key=key or "")
    else:
        announce("message.posted", facts, members=members, named=named, key=key or "")


@undoes("message.delete")
async def _undelete(viewer: Viewer, inverse: dict[str, Any]) -> None:
    await (await Message.found(viewer, inverse["message"])).restore()


@undoes("message.edit")
async def _unedit(viewer: Viewer, inverse: dict[str, Any]) -> None:
    message = await Message.found(viewer, inverse["message"])
    if message.deleted_at is not None:
        raise Refused(_("This can’t be undone any more."))
    await MessageVersion.insert_new(message_id=message.id, text=message.text, created_at=clock.now())
    await message._rewrite(inverse["text"])
