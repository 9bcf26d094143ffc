"""Writing a history: people, channels, then what was said, a piece in a transaction together with how far the reading is."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import zipfile
import zlib
from collections.abc import AsyncIterator, Collection, Iterable
from dataclasses import dataclass, field
from typing import IO, Any, Self

import msgspec

from app import database
from app.lib import clock, markdown, shortcodes
from app.lib.chat_archives import Archive, Person, Place, Said
from app.lib.chat_archives.items import DIRECT, PRIVATE, PUBLIC
from app.lib.emoji import is_only_emoji
from app.lib.ids import new_id, place_of
from app.lib.slack_text import SHORTCODES
from app.models.account import Account
from app.models.announcements import announce
from app.models.base import Refused
from app.models.chat import holding
from app.models.chat.channel import Channel, NameRefused, channel_name
from app.models.chat.direct import conversation
from app.models.chat.files import attach_blob, bits_of_names
from app.models.chat.moderation.retention import erase_messages
from app.models.chat.moving.tables import ChatImport
from app.models.files import Blob, receive
from app.models.organisation import BOT, Membership, Organisation, on_admission
from app.models.search import Indexed, insert_entry

MERGE, RENAME = "merge", "rename"
_LOW = 4096  # ids that fit into a millisecond
_STEP = 300
MOST_FILE = 4 * 1024**3  # bytes of one file

_MESSAGE = """
INSERT INTO message (id, org_id, channel_id, author_id, text, html, created_at, changed, edited_at, thread_id, holds, pinned_at, spoken_as, import_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $1, $8, $9, $10, $11, $12, $13) ON CONFLICT (id) DO NOTHING RETURNING id
"""
_REACTION = """
INSERT INTO reaction (id, message_id, account_id, emoji, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (message_id, account_id, emoji) DO NOTHING
"""
_THING = """
INSERT INTO imported_thing (id, import_id, kind, key, target_id, is_new) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (import_id, kind, key) DO NOTHING
"""
_IN_USE = """
SELECT 1 FROM message WHERE author_id = $1 UNION ALL SELECT 1 FROM reaction WHERE account_id = $1 UNION ALL SELECT 1 FROM channel WHERE created_by = $1
 UNION ALL SELECT 1 FROM channel_member WHERE account_id = $1 LIMIT 1
"""
_REACTIONS_OVER = """
UPDATE reaction SET account_id = $1 WHERE account_id = $2
   AND NOT EXISTS (SELECT 1 FROM reaction o WHERE o.message_id = reaction.message_id AND o.emoji = reaction.emoji AND o.account_id = $1)
"""


@dataclass(slots=True)
class Writer:
    """What one run knows: which account each person is, which channel each place."""

    one: ChatImport
    archive: Archive
    accounts: dict[str, int]
    names: dict[str, str]
    channels: dict[str, Channel]
    roots: dict[tuple[str, str], int] = field(default_factory=dict)

    @classmethod
    async def prepared(cls, one: ChatImport, archive: Archive, people: list[Person], places: list[Place]) -> Self:
        """People and channels are there when it returns. What an earlier run made isn't made again."""
        options = msgspec.json.decode(one.options)
        made = {(row["kind"], row["key"]): row["target_id"] for row in await database.fetch(
            "SELECT kind, key, target_id FROM imported_thing WHERE import_id = $1 AND kind IN ('user', 'channel')", one.id)}
        writer = cls(one, archive, {}, {person.key: person.name for person in people}, {})
        known = await members_by_email(one.org_id, [person.email for person in people if person.email])
        for person in people:
            writer.accounts[person.key] = made.get(("user", person.key)) or await writer._account(person, known)
        taken = await channels_by_name(one.org_id)
        for place in places:
            if place.key in options["skip"] or (place.kind == DIRECT and not options["direct"]):
                continue
            id_ = made.get(("channel", place.key))
            channel = await Channel.find(id_) if id_ else await writer._channel(place, taken, options["existing"])
            if channel is not None:
                writer.channels[place.key] = channel
        return writer

    async def write(self, said: list[Said], at: list[int], written: int) -> bool:
        """Write messages, and that so many of the piece that begins at this position are written. Returns whether to go on: it may have been cancelled."""
        wanted = [one for one in said if one.place in self.channels]
        rendered = await asyncio.to_thread(self._rendered, wanted)
        files = await self._received(wanted)
        async with database.transaction():
            if not await self._goes_on():
                return False
            for one, (text, html) in zip(wanted, rendered, strict=True):
                await self._write(one, text, html, [(name, files[path]) for name, path in _inside(one) if path in files])
            progress = msgspec.json.encode({"at": at, "written": written}).decode()
            await database.execute("UPDATE chat_import SET done = done + $1, progress = $2 WHERE id = $3", len(said), progress, self.one.id)
        await asyncio.sleep(0)
        return True

    async def finish(self) -> None:
        """Count the answers of threads, and let nobody find a history unread."""
        await count_threads(self.one.id)
        for channel in self.channels.values():
            await settle_channel(channel)

    async def _goes_on(self) -> bool:
        lock = "" if database.dialect() == "sqlite" else " FOR UPDATE"
        return bool(await database.fetch_value(f"SELECT 1 FROM chat_import WHERE id = $1 AND state = 'running'{lock}", self.one.id))

    # -- people and places

    async def _account(self, person: Person, known: dict[str, int]) -> int:
        """The member with this address, else a past author: an account with a name, with which nobody signs in."""
        async with database.transaction():
            account_id = known.get(person.email) if person.email else None
            is_new = account_id is None
            if account_id is None:
                account_id = await past_author(self.one.org_id, person.name)
                if person.email:
                    await self._note("email", person.email, account_id, is_new=True)
            await self._note("user", person.key, account_id, is_new=is_new)
        return account_id

    async def _channel(self, place: Place, taken: dict[str, int], existing: str) -> Channel | None:
        members = [self.accounts[key] for key in place.members if key in self.accounts]
        async with database.transaction():
            if place.kind == DIRECT:
                if not 1 <= len(set(members)) <= 9:
                    return None
                channel, is_new = await conversation(self.one.org_id, members[0], members), False
            else:
                channel, is_new = await self._named(place, taken, existing, members)
            await self._note("channel", place.key, channel.id, is_new=is_new)
            if place.kind != DIRECT:
                added = await channel.take_in(await real_members(self.one.org_id, [*members, *([self.one.account_id] if is_new else [])]))
                for account_id in added:
                    await self._note("member", f"{channel.id}:{account_id}", account_id, is_new=True)
        return channel

    async def _named(self, place: Place, taken: dict[str, int], existing: str, members: list[int]) -> tuple[Channel, bool]:
        name = address_of(place.name)
        if name in taken and (place.is_general or existing == MERGE):
            channel = await Channel.get(taken[name])
            if channel.kind == place.kind or place.is_general:  # what was private there never becomes public here
                return channel, False
        while name in taken:
            name = f"{name[:70]}-{secrets.token_hex(2)}"
        now = clock.now()
        channel = await Channel.insert_new(
            org_id=self.one.org_id, kind=PRIVATE if place.kind == PRIVATE else PUBLIC, name=name,
            display_name=place.display_name if place.display_name != name else "",
            description=place.description, header=place.header, header_html=markdown.render(place.header).html if place.header else "",
            created_by=members[0] if members else self.one.account_id, created_at=place.created_at or now, archived_at=now if place.is_archived else None,
        )
        taken[name] = channel.id
        return channel, True

    async def _note(self, kind: str, key: str, target_id: int, *, is_new: bool) -> None:
        await database.execute(_THING, new_id(), self.one.id, kind, key[:120], target_id, is_new)

    # -- messages

    def _rendered(self, said: Iterable[Said]) -> list[tuple[str, str]]:
        """Texts as they are kept and shown: names of people who are here are @names."""
        made = []
        for one in said:
            links = [f"📎 {file.name}" if not file.url else f"📎 [{file.name}]({file.url})" for file in one.files if not file.path]
            text = "\n".join([*([one.text] if one.text.strip() else []), *links])[: markdown.MOST_CHARACTERS].replace("\x00", "")
            people = [markdown.Named(self.accounts[key], name) for key, name in self.names.items() if f"@{name}" in text] if "@" in text else []
            made.append((text, f'<span class="jumbo">{text.strip()}</span>' if is_only_emoji(text) else markdown.render(text, people).html if text else ""))
        return made

    async def _received(self, said: Iterable[Said]) -> dict[str, Blob]:
        """The files of messages out of the archive, by their paths there. What isn't in it, or is too large, is left out."""
        found: dict[str, Blob] = {}
        for path in {path for one in said for _name, path in _inside(one)}:
            stream = self.archive.open_file(path)
            if stream is not None:
                with contextlib.suppress(Refused, zipfile.BadZipFile, EOFError, zlib.error), stream:
                    found[path] = await receive(_pieces(stream), MOST_FILE)
        return found

    async def _write(self, one: Said, text: str, html: str, files: list[tuple[str, Blob]]) -> None:
        channel, org_id = self.channels[one.place], self.one.org_id
        author_id = self.accounts.get(one.author) or await self._stranger(one)
        thread_id = await self._root(one) if one.thread else None
        if not text and not files:
            return
        holds = bits_of_names([name for name, _blob in files])
        place, low = place_of(one.at), secrets.randbelow(_LOW)
        for step in range(_LOW):
            id_ = place + (low + step) % _LOW
            if await database.execute(
                _MESSAGE, id_, org_id, channel.id, author_id, text, html, one.at, one.edited_at, thread_id, holds, one.at if one.is_pinned else None,
                one.author_name if one.author not in self.accounts else "", self.one.id,
            ):
                break
        else:
            return
        words = "\n".join([text, *(name for name, _blob in files)])
        await insert_entry("message", Indexed(id_, org_id, channel.id, "", words, one.at, author_id, holding.marks(holds, one.at if one.is_pinned else None)))
        await self._react(one, id_)
        if one.has_thread:
            self.roots[one.place, one.key] = id_
            await self._note("root", f"{one.place} {one.key}", id_, is_new=True)
        for n, (name, blob) in enumerate(files):
            await attach_blob(id_, channel, author_id, blob, name, n)

    async def _root(self, one: Said) -> int | None:
        known = self.roots.get((one.place, one.thread))
        if known is None:
            known = await database.fetch_value(
                "SELECT target_id FROM imported_thing WHERE import_id = $1 AND kind = 'root' AND key = $2", self.one.id, f"{one.place} {one.thread}"[:120]
            )
        if len(self.roots) > 50_000:
            self.roots.clear()
        if known is not None:
            self.roots[one.place, one.thread] = known
        return known

    async def _react(self, one: Said, message_id: int) -> None:
        for put in one.reactions:
            emoji = shortcodes.character(put.emoji) or SHORTCODES.get(put.emoji.partition("::")[0], "")
            for key in put.people if emoji else ():
                if account_id := self.accounts.get(key):
                    await database.execute(_REACTION, new_id(), message_id, account_id, emoji, one.at)

    async def _stranger(self, one: Said) -> int:
        """Somebody who is in no list: a bot, or who was deleted over there."""
        key = one.author or one.author_name
        account_id = await past_author(self.one.org_id, one.author_name or one.author, is_bot=True)
        self.accounts[key] = self.accounts[one.author] = account_id
        self.names.setdefault(key, one.author_name or one.author)
        await self._note("user", key, account_id, is_new=True)
        return account_id


def _inside(one: Said) -> list[tuple[str, str]]:
    return [(file.name, file.path) for file in one.files if file.path]


async def _pieces(stream: IO[bytes]) -> AsyncIterator[bytes]:
    while part := await asyncio.to_thread(stream.read, 1 << 20):
        yield part


async def members_by_email(org_id: int, emails: Collection[str]) -> dict[str, int]:
    """Accounts of the organisation's members and guests by their addresses. Nobody else is ever found."""
    found: dict[str, int] = {}
    listed = sorted({email.lower() for email in emails if email})
    for begin in range(0, len(listed), 500):
        part = listed[begin : begin + 500]
        for row in await database.fetch(
            "SELECT a.email, a.id FROM account a JOIN membership m ON m.account_id = a.id AND m.org_id = $1 AND m.ended_at IS NULL AND m.role <> 'bot'"
            f" WHERE a.email IN ({database.marks(part, 2)})", org_id, *part,
        ):
            found[row["email"]] = row["id"]
    return found


async def channels_by_name(org_id: int) -> dict[str, int]:
    """The channels of an organisation by their addresses."""
    rows = await database.fetch("SELECT id, name FROM channel WHERE org_id = $1 AND kind <> 'direct'", org_id)
    return {row["name"]: row["id"] for row in rows}


def address_of(name: str) -> str:
    """A name over there as an address here."""
    try:
        return channel_name(name)
    except NameRefused:
        cleaned = "-".join("".join(letter if letter.isalnum() or letter in "-_." else " " for letter in name.lower()).split())[:70].strip("-._")
        return cleaned or "channel"


async def past_author(org_id: int, name: str, *, is_bot: bool = False) -> int:
    """An account that only has a name: nobody signs in with it, and it is in no list of people."""
    account = await Account.open(f"past-{new_id()}-{secrets.token_hex(3)}@chalet.invalid", " ".join(name.split())[:80] or "?")
    await account.change(disabled_at=clock.now(), is_bot=is_bot)
    await Membership.insert_new(org_id=org_id, account_id=account.id, role=BOT, created_at=clock.now(), ended_at=clock.now())
    return account.id


async def real_members(org_id: int, account_ids: Collection[int]) -> list[int]:
    """Those who are here and use Chat; past authors are in no channel."""
    rows = await database.fetch(
        "SELECT m.account_id FROM membership m JOIN product_right r ON r.membership_id = m.id AND r.product = 'chat' AND r.level = 'use'"
        " WHERE m.org_id = $1 AND m.ended_at IS NULL AND m.role IN ('legal', 'admin', 'user')", org_id,
    )
    here = {row["account_id"] for row in rows}
    return [id_ for id_ in dict.fromkeys(account_ids) if id_ in here]


async def count_threads(import_id: int) -> None:
    """The numbers and faces under messages whose threads were brought."""
    after = -(2**62)
    while rows := await database.fetch(
        "SELECT DISTINCT thread_id FROM message WHERE import_id = $1 AND thread_id > $2 ORDER BY thread_id LIMIT $3", import_id, after, _STEP
    ):
        async with database.transaction():
            for row in rows:
                replies = await database.fetch("SELECT id, author_id FROM message WHERE thread_id = $1 AND deleted_at IS NULL ORDER BY id", row["thread_id"])
                faces = ",".join(map(str, list(dict.fromkeys(reply["author_id"] for reply in replies))[:3]))
                await database.execute(
                    "UPDATE message SET replies = $1, last_reply_id = $2, repliers = $3, changed = $4 WHERE id = $5",
                    len(replies), replies[-1]["id"] if replies else 0, faces, new_id(), row["thread_id"],
                )
        after = rows[-1]["thread_id"]
        await asyncio.sleep(0)


async def settle_channel(channel: Channel) -> None:
    """The last message is the newest; whoever had read everything has still."""
    async with database.transaction():
        before = await database.fetch_value("SELECT last_message_id FROM channel WHERE id = $1", channel.id)
        last = await database.fetch_value("SELECT MAX(id) FROM message WHERE channel_id = $1 AND thread_id IS NULL", channel.id)
        if last is not None and (last > before or before == 0):
            await database.execute("UPDATE channel SET last_message_id = $1 WHERE id = $2", last, channel.id)
            await database.execute("UPDATE channel_member SET read_up_to = $1 WHERE channel_id = $2 AND read_up_to >= $3", last, channel.id, before)
        rows = await database.fetch("SELECT account_id FROM channel_member WHERE channel_id = $1", channel.id)
        announce("channel.members", channel.id, [row["account_id"] for row in rows])


async def take_away(one: ChatImport) -> None:
    """Everything that an import made, in steps: messages, then the channels, memberships and past authors that nothing else needs."""
    while ids := [row["id"] for row in await database.fetch("SELECT id FROM message WHERE import_id = $1 ORDER BY id DESC LIMIT $2", one.id, _STEP)]:
        async with database.transaction():
            await erase_messages(ids)
        await asyncio.sleep(0)
    things = await database.fetch("SELECT * FROM imported_thing WHERE import_id = $1", one.id)
    async with database.transaction():
        for thing in (row for row in things if row["kind"] == "member"):
            channel = await Channel.find(int(thing["key"].partition(":")[0]))
            if channel is not None and not channel.is_general:
                await channel.let_go(thing["target_id"])
        for thing in (row for row in things if row["kind"] == "channel"):
            await _empty_channel(thing)
        for thing in (row for row in things if row["kind"] == "user" and row["is_new"]):
            await _forget_author(thing["target_id"])
        await database.execute("DELETE FROM imported_thing WHERE import_id = $1", one.id)


async def _empty_channel(thing: dict[str, Any]) -> None:
    channel = await Channel.find(thing["target_id"])
    if channel is None:
        return
    last = await database.fetch_value("SELECT MAX(id) FROM message WHERE channel_id = $1 AND thread_id IS NULL", channel.id)
    if last is None and thing["is_new"]:
        await database.execute("DELETE FROM channel WHERE id = $1", channel.id)
    else:
        await database.execute("UPDATE channel SET last_message_id = $1 WHERE id = $2", last or 0, channel.id)


async def _forget_author(account_id: int) -> None:
    """A past author who wrote nothing any more, and whom nothing else names."""
    if await database.fetch_value(_IN_USE, account_id) is None:
        await database.execute("DELETE FROM account WHERE id = $1 AND email LIKE 'past-%@chalet.invalid'", account_id)


@on_admission
async def _claim(organisation: Organisation, member: Membership) -> None:
    """Whoever joins with the address of a past author gets what that one wrote."""
    account = await Account.get(member.account_id)
    rows = await database.fetch(
        "SELECT t.id, t.import_id, t.target_id FROM imported_thing t JOIN chat_import i ON i.id = t.import_id AND i.org_id = $1"
        " WHERE t.kind = 'email' AND t.key = $2", organisation.id, account.email,
    )
    for row in rows if member.role not in (BOT,) else ():
        await database.execute("UPDATE message SET author_id = $1 WHERE author_id = $2 AND import_id = $3", account.id, row["target_id"], row["import_id"])
        await database.execute(_REACTIONS_OVER, account.id, row["target_id"])
        await database.execute(
            "UPDATE imported_thing SET target_id = $1 WHERE import_id = $2 AND kind = 'user' AND target_id = $3", account.id, row["import_id"], row["target_id"]
        )
        await database.execute("DELETE FROM imported_thing WHERE id = $1", row["id"])


