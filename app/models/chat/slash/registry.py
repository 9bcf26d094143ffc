"""What commands there are, who may use them, and how a line becomes one."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any

from app import database
from app.lib.i18n import _
from app.lib.names import full_name
from app.models.base import NotFound, Refused
from app.models.chat.channel import Channel
from app.models.chat.members import people_for, people_in
from app.models.viewer import Viewer

_LINE = re.compile(r"/([a-z][a-z0-9_-]{0,39})(?:\s+|$)", re.IGNORECASE)
_PERSON = re.compile(r"@(\w[\w.’'+-]*)")
Words = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Given:
    """A command that somebody gave in a channel: what stood behind its word, and the accounts that names were chosen from."""

    viewer: Viewer
    channel: Channel
    text: str
    named: Collection[int] = ()
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it: Markdown that only who gave it sees, a message that was posted, a place to go, or a command to undo."""

    text: str = ""
    message_id: int = 0
    url: str = ""
    undo: int | None = None


Run = Callable[[Given], Awaitable[Answer]]
Allowed = Callable[[Viewer, Channel], bool]


@dataclass(frozen=True, slots=True)
class Slash:
    """One command. `allowed` says who is offered it; the model that it calls refuses anyhow."""

    word: str
    usage: Words
    about: Words
    run: Run
    allowed: Allowed
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Offered:
    """A command as it is offered while somebody types."""

    word: str
    usage: str
    about: str


Outside = Callable[[Viewer, Channel], Awaitable[list[Offered]]]
RunOutside = Callable[[str, Given], Awaitable[Answer | None]]
commands: dict[str, Slash] = {}
_outside: list[tuple[Outside, RunOutside]] = []


def anybody(viewer: Viewer, channel: Channel) -> bool:
    """Offered to everybody who is in the channel."""
    return True


def not_direct(viewer: Viewer, channel: Channel) -> bool:
    """Offered in channels."""
    return not channel.is_direct


def slash(word: str, usage: Words, about: Words, allowed: Allowed = anybody, *, restricted: bool = False) -> Callable[[Run], Run]:
    """Register a command. A restricted one is refused to guests before anything else is looked at (CHAT-10, GUEST-12)."""

    def register(run: Run) -> Run:
        commands[word] = Slash(word, usage, about, run, allowed, restricted)
        return run

    return register


def elsewhere(offers: Outside, run: RunOutside) -> None:
    """Register commands that aren't known beforehand, such as those that programs outside answer."""
    _outside.append((offers, run))


def is_line(text: str) -> bool:
    """Whether a text is a command: a slash and a word, and nothing like a path."""
    return _LINE.match(text) is not None


async def offered(viewer: Viewer, channel: Channel, typed: str = "") -> list[Offered]:
    """The commands that somebody may use here whose word begins with what was typed, by their words."""
    own = [
        Offered(one.word, one.usage(), one.about()) for one in commands.values()
        if one.allowed(viewer, channel) and not (one.restricted and viewer.is_external)
    ]
    for offers, _run in _outside:
        own += await offers(viewer, channel)
    begin = typed.lower().lstrip("/")
    return sorted((one for one in own if one.word.startswith(begin)), key=lambda one: one.word)


async def run(given: Given) -> Answer:
    """Do what a line says. Raises `Refused`, which says what to do; nothing typed is lost in the browser then."""
    line = _LINE.match(given.text)
    assert line is not None, given.text
    word = line[1].lower()
    behind = Given(given.viewer, given.channel, given.text[line.end() :].strip(), given.named, given.key)
    known = commands.get(word)
    if known is None:
        for _offers, run_outside in _outside:
            answer = await run_outside(word, behind)
            if answer is not None:
                return answer
        raise Refused(no_such(word))
    if known.restricted and given.viewer.is_external:
        raise Refused(_("Guests can’t use /%(word)s. Ask a member of the organisation.") % {"word": word})
    if not known.allowed(given.viewer, given.channel):
        raise Refused(_("/%(word)s can’t be used in this conversation, or not by you.") % {"word": word})
    return await known.run(behind)


def no_such(word: str) -> str:
    """What is said to a word that is no command."""
    return _("There is no command /%(word)s. Type / to see those that there are; to write it as a message, put a space before it.") % {"word": word}


async def people_at_the_start(given: Given, *, inside: bool = False) -> tuple[list[dict[str, Any]], str]:
    """The people that @names at the start of a text mean, and what follows them. Names come whole, alone if nobody shares them, or as addresses.

    `inside`: only members of the channel. Raises `Refused` for a name that means nobody, or several.
    """
    rest, found = given.text.strip(), list[dict[str, Any]]()
    while name := _PERSON.match(rest):
        person, length = await _person(given, rest, name[1], inside)
        found.append(person)
        rest = rest[length:].lstrip(" ,")
    if not found:
        raise Refused(_("Say whom you mean with @ and a name, such as @Anna."))
    return found, rest


async def _person(given: Given, text: str, first: str, inside: bool) -> tuple[dict[str, Any], int]:
    begin = first.rstrip(".’'")
    candidates = await (people_in(given.channel, begin, most=50) if inside else people_for(given.viewer, begin, most=50))
    words = text[1:].casefold()
    exact = [one for one in candidates if _begins(words, full_name(one)) or _begins(words, one["email"])]
    exact.sort(key=lambda one: (one["id"] not in given.named, -len(full_name(one))))
    if exact:
        one = exact[0]
        return one, 1 + len(full_name(one) if _begins(words, full_name(one)) else one["email"])
    alone = [one for one in candidates if _begins(words, one["given_name"])]
    if len(alone) == 1:
        return alone[0], 1 + len(alone[0]["given_name"])
    if len(alone) > 1:
        raise Refused(_("Several people are called %(name)s. Write the whole name.") % {"name": begin})
    raise Refused(_("There is nobody called %(name)s here.") % {"name": begin})


def _begins(words: str, name: str) -> bool:
    folded = name.casefold()
    return words.startswith(folded) and not words[len(folded) : len(folded) + 1].isalnum()


async def find_channel_named(viewer: Viewer, name: str) -> Channel | None:
    """The channel of this name that the viewer may see."""
    row = await database.fetch_value(
        "SELECT id FROM channel WHERE org_id = $1 AND name = $2 AND kind <> 'direct' AND deleted_at IS NULL", viewer.org_id, name.lstrip("#").lower()
    )
    try:
        return await Channel.seen_by(viewer, row) if row else None
    except NotFound:
        return None
