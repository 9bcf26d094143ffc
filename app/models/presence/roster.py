"""Who is there right now, known in every server process without asking anybody.

Each process looks after the people whose tabs it serves: it knows which of their tabs are in use, what they chose, and so their state.
It tells all processes (`presence.tabs`), and each of them tells its own browsers. A process that isn't heard of any more takes its
people with it, so a crash leaves nobody behind as online; one that misses something asks the others to say it all again.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Collection, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from app import live
from app.lib import clock
from app.models.presence.audience import sharers
from app.models.presence.availability import AWAY, DND, OFFLINE, ONLINE, Choice, choices_of
from app.models.viewer import Viewer

GRACE = 6 * clock.SECOND
"""How long somebody without a tab stays: a reload or a move to another process isn't going away."""

BEAT = 10
"""Seconds between two signs of life of a process."""

SILENCE = 25.0
"""Seconds after which a process that isn't heard of counts as dead."""

GATHER = 0.15
"""Seconds in which changes are gathered before browsers are told."""

_MOST = 400  # people in one message between processes
_OF_EVERY_TAB = ("account", "org", "presence")
_RANK = {OFFLINE: 0, AWAY: 1, ONLINE: 2, DND: 3}

Key = tuple[int, int]  # organisation, account


class Seen(NamedTuple):
    """What one process says of somebody: their state there, whether a tab is in use, and the topics that such a tab listens to."""

    state: str
    is_active: bool
    is_guest: bool
    looking: frozenset[str] = frozenset()


@dataclass(slots=True)
class Here:
    """Somebody with a tab at this process, or who had one a moment ago."""

    is_guest: bool = False
    is_active: bool = True
    looking: frozenset[str] = frozenset()
    idle_since: int | None = None
    gone_at: int | None = None
    choice: Choice | None = None
    due: int = 0
    said: Seen | None = None


class Roster:
    """What this process knows."""

    def __init__(self) -> None:
        self.origin = secrets.token_hex(6)
        self.here: dict[Key, Here] = {}
        self.seen: dict[Key, dict[str, Seen]] = {}
        self.places: dict[int, set[int]] = {}  # account → organisations in `seen`
        self.heard: dict[str, float] = {}
        self.guests: set[Key] = set()
        self.told: dict[int, dict[int, str]] = {}  # organisation → account → the state that browsers were told last
        self.news: set[Key] = set()
        self.tasks: set[asyncio.Task[None]] = set()

    def state(self, key: Key) -> str:
        """The state of somebody in an organisation, by all processes."""
        return max((seen.state for seen in self.seen.get(key, {}).values()), key=_RANK.__getitem__, default=OFFLINE)

    def is_active(self, account_id: int) -> bool:
        """Whether a tab of the account is in use, whatever organisation it shows."""
        return any(seen.is_active for org_id in self.places.get(account_id, ()) for seen in self.seen[org_id, account_id].values())

    def is_looking(self, account_id: int, topic: str) -> bool:
        """Whether a tab of the account that is in use listens to the topic."""
        return any(topic in seen.looking for org_id in self.places.get(account_id, ()) for seen in self.seen[org_id, account_id].values())

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something in the background."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


_roster = Roster()


def active_accounts(account_ids: Iterable[int]) -> set[int]:
    """Those of the accounts that have a tab in use right now: seen, with the hand on it within the last two minutes, at any process."""
    return {account_id for account_id in account_ids if _roster.is_active(account_id)}


def accounts_looking(account_ids: Iterable[int], topic: str) -> set[int]:
    """Those of the accounts that have the place of this topic before them in a tab in use, at any process."""
    return {account_id for account_id in account_ids if _roster.is_looking(account_id, topic)}


def states_in(org_id: int) -> dict[int, str]:
    """Who is there in an organisation, guests among them, and how. Those who aren't there are left out."""
    return {account: state for org, account in _roster.seen if org == org_id and (state := _roster.state((org, account))) != OFFLINE}


async def visible_states(viewer: Viewer) -> dict[int, str]:
    """The same, of those whom this viewer may see, as browsers were told last: what comes later, they hear."""
    states = dict(_roster.told.get(viewer.org_id, {}))
    guests = {account for org, account in _roster.guests if org == viewer.org_id}
    if not viewer.is_external and not guests:
        return states
    known = await sharers(viewer.org_id, viewer.account_id)
    return {account: state for account, state in states.items() if account in known or not (viewer.is_external or account in guests)}


# -- the people whose tabs are here


@live.on_presence
def _noticed(connection: live.Connection) -> None:
    """A tab came, went, changed between being in use and not, or shows another place."""
    person = connection.person
    key = (person.org_id, person.account_id)
    tabs = [tab for tab in live.connections_of(person.account_id) if tab.person.org_id == person.org_id]
    here = _roster.here.get(key)
    if here is None:
        if not tabs:
            return
        here = _roster.here[key] = Here(is_guest=getattr(person, "role", "") == "external")
        _roster.run(_read_choices({person.account_id}))
    now = clock.now()
    here.is_active = any(tab.active for tab in tabs)
    here.looking = frozenset().union(*(_places_shown(tab) for tab in tabs if tab.active))
    here.idle_since = None if here.is_active else here.idle_since or now
    here.gone_at = None if tabs else here.gone_at or now
    _work_out(key, here, now)


def _places_shown(tab: live.Connection) -> set[str]:
    """The topics of what a tab shows: not those that every tab has."""
    return {topic for topic in tab.topics if topic.partition(":")[0] not in _OF_EVERY_TAB}


@live.on_internal("presence.chosen")
def _chosen(account_id: int) -> None:
    if any(account == account_id for _org, account in _roster.here):
        _roster.run(_read_choices({account_id}))


async def _read_choices(account_ids: Collection[int]) -> None:
    choices = await choices_of(account_ids)
    for key, here in list(_roster.here.items()):
        if key[1] in account_ids:
            here.choice = choices.get(key[1], Choice())
            _work_out(key, here, clock.now())


def _work_out(key: Key, here: Here, now: int) -> None:
    """Find out how somebody is, and tell the processes when that is news."""
    if here.gone_at is not None and here.gone_at + GRACE <= now:
        del _roster.here[key]
        _say([(key, None)])
        return
    state, here.due = here.choice.state(now, here.idle_since) if here.choice else (OFFLINE, now + clock.MINUTE)
    if here.gone_at is not None:
        here.due = min(here.due, here.gone_at + GRACE)
    seen = Seen(state, here.is_active, here.is_guest, here.looking)
    if seen != here.said:
        here.said = seen
        _say([(key, seen)])


@live.on_tick
def _tick(second: int) -> None:
    """What time alone changes: somebody becomes away, quiet hours begin, a process falls silent."""
    global _roster
    if second == 0:
        _roster = Roster()
        live.broadcast_internal("presence.hello", _roster.origin)
    now = clock.now()
    for key, here in [(key, here) for key, here in _roster.here.items() if here.due <= now]:
        _work_out(key, here, now)
    if second % BEAT == 0:
        live.broadcast_internal("presence.beat", [_roster.origin, len(_roster.here)])
    for origin in [origin for origin, at in _roster.heard.items() if at < time.monotonic() - SILENCE]:
        _forget(origin)


# -- between the processes


def _say(rows: list[tuple[Key, Seen | None]]) -> None:
    said = [_row(key, seen) for key, seen in rows]
    live.broadcast_internal("presence.tabs", [_roster.origin, said])


def _row(key: Key, seen: Seen | None) -> list[Any]:
    return [*key, *seen[:3], False, *sorted(seen.looking)] if seen else [*key, OFFLINE, False, False, True]


@live.on_internal("presence.tabs")
def _heard_tabs(data: tuple[str, list[Any]]) -> None:
    origin, rows = data
    if origin != _roster.origin:
        _roster.heard[origin] = time.monotonic()
    for org_id, account_id, state, is_active, is_guest, is_gone, *looking in rows:
        _put((org_id, account_id), origin, None if is_gone else Seen(state, is_active, is_guest, frozenset(looking)))


@live.on_internal("presence.beat")
def _heard_beat(data: tuple[str, int]) -> None:
    """A process lives. When it serves other people than we know of, something was missed."""
    origin, count = data
    if origin == _roster.origin:
        return
    _roster.heard[origin] = time.monotonic()
    if sum(origin in seen for seen in _roster.seen.values()) != count:
        live.broadcast_internal("presence.hello", _roster.origin)


@live.on_internal("presence.hello")
def _heard_hello(origin: str) -> None:
    """Somebody wants to know everything."""
    if origin == _roster.origin:
        return
    rows: list[tuple[Key, Seen | None]] = [(key, here.said) for key, here in _roster.here.items() if here.said]
    live.broadcast_internal("presence.whole", _roster.origin)
    for start in range(0, len(rows), _MOST):
        _say(rows[start : start + _MOST])


@live.on_internal("presence.whole")
def _heard_whole(origin: str) -> None:
    """Everything that a process knows comes anew: what we had of it may be old."""
    if origin != _roster.origin:
        _forget(origin)


@live.on_internal("live.lost")
def _lost(_: Any) -> None:
    live.broadcast_internal("presence.hello", _roster.origin)


def _forget(origin: str) -> None:
    _roster.heard.pop(origin, None)
    for key in [key for key, seen in _roster.seen.items() if origin in seen]:
        _put(key, origin, None)


def _put(key: Key, origin: str, seen: Seen | None) -> None:
    everywhere = _roster.seen.setdefault(key, {})
    if seen is None:
        everywhere.pop(origin, None)
    else:
        everywhere[origin] = seen
        (_roster.guests.add if seen.is_guest else _roster.guests.discard)(key)
    places = _roster.places.setdefault(key[1], set())
    places.add(key[0])
    if not everywhere:
        del _roster.seen[key]
        places.discard(key[0])
        if not places:
            del _roster.places[key[1]]
    _gather(key)


# -- to the browsers of this process


def _gather(key: Key) -> None:
    if not _roster.news:
        asyncio.get_running_loop().call_later(GATHER, lambda: _roster.run(_tell()))
    _roster.news.add(key)


async def _tell() -> None:
    """Say what changed since the last time, to everybody who may see it."""
    news, _roster.news = _roster.news, set()
    by_org: dict[int, dict[int, str]] = {}
    for key in news:
        org_id, account_id = key
        told, state = _roster.told.setdefault(org_id, {}), _roster.state(key)
        if state == told.get(account_id, OFFLINE):
            continue
        if state == OFFLINE:
            del told[account_id]
        else:
            told[account_id] = state
        by_org.setdefault(org_id, {})[account_id] = state
    for org_id, states in by_org.items():
        await _tell_organisation(org_id, states)


async def _tell_organisation(org_id: int, states: dict[int, str]) -> None:
    topic = f"presence:{org_id}"
    guests = {account for account in states if (org_id, account) in _roster.guests}
    members = [[account, state] for account, state in states.items() if account not in guests]
    if members:
        live.publish_here(topic, "presence", data=members)
    for guest in guests:
        live.publish_here(topic, "presence", data=[[guest, states[guest]]], only=await sharers(org_id, guest))
    for guest in [account for (org, account), here in _roster.here.items() if org == org_id and here.is_guest and here.gone_at is None]:
        known = await sharers(org_id, guest)
        if told := [[account, state] for account, state in states.items() if account in known]:
            live.publish_here(f"account:{guest}", "presence", data=told)

