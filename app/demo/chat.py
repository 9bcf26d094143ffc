"""Alpina's channels and two months of talk in them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from app import database
from app.demo import script
from app.demo.calendar import Calendar
from app.demo.people import FIRST_DAY
from app.demo.script import Said
from app.lib import clock
from app.lib.ids import first_at, new_id
from app.models.account import Account
from app.models.chat.channel import DIRECT, PRIVATE, PUBLIC, Channel
from app.models.chat.message import rendered
from app.models.organisation import Organisation

Cast = dict[str, Account]
EVERYONE = "anna beat chiara david elin farid greta hugo ines jonas katja luca"
EDITED_AFTER = 2 * clock.MINUTE


@dataclass(frozen=True, slots=True)
class Place:
    """A channel of the demo."""

    name: str
    kind: str
    description: str
    people: str
    favourite_of: str = ""


PLACES = (
    Place("announcements", PUBLIC, "Few messages, all worth reading", EVERYONE),
    Place("product", PUBLIC, "Firn, Pass 40 and what comes after: decisions and their reasons",
          "anna beat chiara david elin farid greta hugo ines jonas luca", "beat chiara jonas"),
    Place("launch-2027", PUBLIC, "Everything about the launch on the first Tuesday in March",
          EVERYONE, "anna elin"),
    Place("support", PUBLIC, "Tickets, parcels, and what customers really say", EVERYONE, "greta hugo"),
    Place("sales", PUBLIC, "Retail partners, orders, fairs", "anna beat elin farid ines luca greta"),
    Place("web-shop", PUBLIC, "The shop, its servers and its bugs", "anna beat chiara david elin greta ines"),
    Place("kitchen", PUBLIC, "Lunch, cake, lost bottles", "beat chiara david greta hugo jonas katja luca farid"),
    Place("leadership", PRIVATE, "Numbers, people, things that aren’t decided yet", "anna beat farid ines katja", "anna"),
    Place("agency-nord", PRIVATE, "Film and pictures for the launch, with Agency Nord", "anna beat chiara elin mira"),
)

_MESSAGE = """
INSERT INTO message (id, org_id, channel_id, author_id, text, html, created_at, changed, edited_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $1, $8)
"""
_REACTION = "INSERT INTO reaction (id, message_id, account_id, emoji, created_at) VALUES ($1, $2, $3, $4, $5)"
_MENTION = "INSERT INTO mention (id, message_id, channel_id, account_id) VALUES ($1, $2, $3, $4)"
_VERSION = "INSERT INTO message_version (id, message_id, text, created_at) VALUES ($1, $2, $3, $4)"
_READ = "UPDATE channel_member SET read_up_to = $1 WHERE channel_id = $2 AND account_id = $3"


async def fill(alpina: Organisation, cast: Cast, days: Calendar) -> None:
    """Open the channels, say everything, and leave Anna something to read."""
    said = script.read(days)
    with clock.at(days.at(-FIRST_DAY, 8, 30)):
        channels = await _open(alpina, cast, {one.channel for one in said})
    ids = _ids(said)
    await _write(alpina, cast, channels, said, ids)
    await _react(cast, said, ids)
    await _mark_read(cast, channels, said, ids)


async def _open(alpina: Organisation, cast: Cast, spoken_in: set[str]) -> dict[str, Channel]:
    channels = {"general": await Channel.general(alpina, cast["anna"].id)}
    for place in PLACES:
        people = [cast[name] for name in place.people.split()]
        channels[place.name] = await Channel.insert_new(
            org_id=alpina.id, kind=place.kind, name=place.name, description=place.description, created_by=people[0].id, created_at=clock.now()
        )
        await channels[place.name].take_in([person.id for person in people])
        for name in place.favourite_of.split():
            await database.execute(
                "UPDATE channel_member SET favourite_at = $1 WHERE channel_id = $2 AND account_id = $3", clock.now(), channels[place.name].id, cast[name].id
            )
    for name in sorted(spoken_in - set(channels)):
        channels[name] = await _direct(alpina, sorted(cast[one].id for one in name.removeprefix("dm:").split(",")))
    return channels


async def _direct(alpina: Organisation, people: list[int]) -> Channel:
    channel = await Channel.insert_new(
        org_id=alpina.id, kind=DIRECT, sole_key=",".join(map(str, people)), created_by=people[0], created_at=clock.now()
    )
    await channel.take_in(people)
    return channel


def _ids(said: list[Said]) -> list[int]:
    """Ids as they would have been made then: in the order of time."""
    found: list[int] = []
    for one in said:
        found.append(max(first_at(one.at), found[-1] + 1 if found else 0))
    return found


async def _write(alpina: Organisation, cast: Cast, channels: dict[str, Channel], said: list[Said], ids: list[int]) -> None:
    messages, mentions, versions = [], [], []
    for one, id_ in zip(said, ids, strict=True):
        channel = channels[one.channel]
        html, named = await rendered(channel, one.edited or one.text)
        edited_at = one.at + EDITED_AFTER if one.edited else None
        messages.append((id_, alpina.id, channel.id, cast[one.author].id, one.edited or one.text, html, one.at, edited_at))
        mentions += [(new_id(), id_, channel.id, account_id) for account_id in named]
        if edited_at:
            versions.append((new_id(), id_, one.text, edited_at))
    await database.execute_many(_MESSAGE, messages)
    await database.execute_many(_MENTION, mentions)
    await database.execute_many(_VERSION, versions)


async def _react(cast: Cast, said: list[Said], ids: list[int]) -> None:
    rows = [
        (new_id(), id_, cast[name].id, emoji, one.at + (n + 1) * 40 * clock.SECOND)
        for one, id_ in zip(said, ids, strict=True)
        for emoji, names in one.reactions
        for n, name in enumerate(names)
    ]
    await database.execute_many(_REACTION, rows)


async def _mark_read(cast: Cast, channels: dict[str, Channel], said: list[Said], ids: list[int]) -> None:
    """Everybody has read everything, except who the talk says hasn't."""
    last: dict[str, int] = {}
    stopped: dict[tuple[str, str], int] = defaultdict(int)
    for one, id_ in zip(said, ids, strict=True):
        last[one.channel] = id_
        for name in one.last_read_by:
            stopped[one.channel, name] = id_
    for name, id_ in last.items():
        await channels[name].change(last_message_id=id_)
        await database.execute("UPDATE channel_member SET read_up_to = $1 WHERE channel_id = $2", id_, channels[name].id)
    await database.execute_many(_READ, [(id_, channels[place].id, cast[name].id) for (place, name), id_ in stopped.items()])
