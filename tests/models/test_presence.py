"""Who is there: states of tabs, choices, processes that come and go, and who may see it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from app import live
from app.lib import clock
from app.lib.quiet import Span
from app.live import registry, socket
from app.live.frames import Frame
from app.live.hub import Connection
from app.models import presence
from app.models.chat import Channel
from app.models.presence import accounts_looking, active_accounts, quiet_until, quiet_until_of, roster, states_in, visible_states
from tests.people import People, Person

pytestmark = pytest.mark.usefixtures("app")
NOW = 1_795_000_000_000


class Paper:
    """A wire that keeps what is written to it."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def write(self, frame: Frame) -> None:
        self.events += msgspec.json.decode(frame.text)

    def waiting(self) -> int:
        return 0

    def is_gone(self) -> bool:
        return False

    def close(self, code: int) -> None: ...
    def abort(self) -> None: ...

    def told(self, kind: str = "presence") -> list[Any]:
        return [event["d"] for event in self.events if event["k"] == kind]


class Tab:
    """A tab of a person, without a network."""

    def __init__(self, person: Person) -> None:
        self.paper = Paper()
        self.connection = Connection(person.viewer, self.paper)

    async def open(self) -> Tab:
        live._hub.join(self.connection)  # type: ignore[union-attr]
        for topic in (f"presence:{self.connection.person.org_id}",):
            if await registry.topics["presence"](self.connection.person, self.connection.person.org_id):
                live._hub.subscribe(self.connection, topic)  # type: ignore[union-attr]
        self.notice()
        await settled()
        return self

    async def use(self, is_active: bool) -> None:
        self.connection.active = is_active
        self.notice()
        await settled()

    async def close(self) -> None:
        live._hub.leave(self.connection)  # type: ignore[union-attr]
        self.notice()
        await settled()

    def notice(self) -> None:
        for notice in registry.presences:
            notice(self.connection)


async def settled() -> None:
    """Until what was begun is done, told to browsers included."""
    while roster._roster.tasks or roster._roster.news or any(topic.is_busy for topic in live._hub.topics.values()):  # type: ignore[union-attr]
        await asyncio.sleep(0.01)


def tick() -> None:
    roster._tick(1)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(roster, "GATHER", 0.0)
    with clock.at(NOW):
        yield


async def test_a_tab_makes_somebody_online_and_idleness_of_all_tabs_away(people: People) -> None:
    first, second = await Tab(people.anna).open(), await Tab(people.anna).open()
    org = people.anna.viewer.org_id
    assert states_in(org) == {people.anna.id: "online"}
    await first.use(False)
    assert active_accounts([people.anna.id, people.beat.id]) == {people.anna.id}, "the other tab is in use"
    await second.use(False)
    assert active_accounts([people.anna.id]) == set()
    assert states_in(org) == {people.anna.id: "online"}, "idle, but not for long enough"
    with clock.at(NOW + 10 * clock.MINUTE):
        tick()
        assert states_in(org) == {people.anna.id: "away"}
        await second.use(True)
        assert states_in(org) == {people.anna.id: "online"}


async def test_the_minutes_until_away_are_ones_own(people: People) -> None:
    tab = await Tab(people.anna).open()
    await presence.set_away_minutes(people.anna.id, 60)
    await settled()
    await tab.use(False)
    with clock.at(NOW + 59 * clock.MINUTE):
        tick()
        assert states_in(people.anna.viewer.org_id) == {people.anna.id: "online"}
    with clock.at(NOW + 60 * clock.MINUTE):
        tick()
        assert states_in(people.anna.viewer.org_id) == {people.anna.id: "away"}


async def test_without_a_tab_one_is_offline_after_a_moment(people: People) -> None:
    tab = await Tab(people.anna).open()
    await tab.close()
    assert states_in(people.anna.viewer.org_id) == {people.anna.id: "online"}, "it may be a reload"
    assert active_accounts([people.anna.id]) == set()
    with clock.at(NOW + roster.GRACE):
        tick()
        assert states_in(people.anna.viewer.org_id) == {}


async def test_do_not_disturb_holds_until_its_end(people: People) -> None:
    await Tab(people.anna).open()
    await presence.choose(people.anna.id, "dnd", NOW + clock.HOUR)
    await settled()
    assert states_in(people.anna.viewer.org_id) == {people.anna.id: "dnd"}
    assert await quiet_until(people.anna.id) == NOW + clock.HOUR
    assert await quiet_until_of([people.anna.id, people.beat.id]) == {people.anna.id: NOW + clock.HOUR}
    with clock.at(NOW + clock.HOUR):
        tick()
        assert await quiet_until(people.anna.id) is None
        assert states_in(people.anna.viewer.org_id) == {people.anna.id: "online"}


async def test_do_not_disturb_without_an_end_is_a_far_one(people: People) -> None:
    await presence.choose(people.anna.id, "dnd")
    assert await quiet_until(people.anna.id) == presence.FOREVER


async def test_quiet_hours_follow_the_clock_of_the_person(people: People) -> None:
    await people.anna.account.prefer(timezone="Asia/Tokyo")
    await presence.set_quiet_hours(people.anna.id, [Span(0b1111111, 22 * 60, 6 * 60)])
    tokyo_evening = 1_795_010_400_000 - 1_795_010_400_000 % clock.DAY + 13 * clock.HOUR + clock.MINUTE  # 22:01 in Tokyo
    with clock.at(tokyo_evening):
        assert await quiet_until(people.anna.id) == tokyo_evening - clock.MINUTE + 8 * clock.HOUR
        await Tab(people.anna).open()
        assert states_in(people.anna.viewer.org_id) == {people.anna.id: "dnd"}
        await people.anna.account.prefer(timezone="Europe/Zurich")
        assert await quiet_until(people.anna.id) is None
        await settled()
        assert states_in(people.anna.viewer.org_id) == {people.anna.id: "online"}


async def test_away_by_hand_stays_while_tabs_are_used(people: People) -> None:
    await Tab(people.anna).open()
    await presence.choose(people.anna.id, "away")
    await settled()
    assert states_in(people.anna.viewer.org_id) == {people.anna.id: "away"}
    assert active_accounts([people.anna.id]) == {people.anna.id}, "notifications still know that a tab is in use"


# -- several processes


def other_process(*rows: list[Any], origin: str = "other") -> None:
    roster._heard_tabs((origin, list(rows)))


async def test_the_state_is_the_best_of_all_processes_and_a_dead_one_leaves_no_ghosts(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    org, anna, beat = people.anna.viewer.org_id, people.anna.id, people.beat.id
    tab = await Tab(people.anna).open()
    other_process([org, anna, "away", False, False, False], [org, beat, "online", True, False, False])
    await settled()
    assert states_in(org) == {anna: "online", beat: "online"} and active_accounts([beat]) == {beat}
    monkeypatch.setattr(roster, "SILENCE", -1.0)
    tick()
    await settled()
    assert states_in(org) == {anna: "online"} and active_accounts([beat]) == set()
    assert tab.paper.told()[-1] == [[beat, "offline"]]


async def test_every_process_knows_what_a_tab_in_use_shows(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    org, anna, beat = people.anna.viewer.org_id, people.anna.id, people.beat.id
    channel = await Channel.start(people.anna.viewer, "private", "plans")
    topic = f"channel:{channel.id}"
    tab = await Tab(people.anna).open()
    said: list[Any] = []
    monkeypatch.setattr(live._bus, "send", lambda content: said.append(content.data) if getattr(content, "kind", "") == "presence.tabs" else None)
    await socket._obey(live._hub, tab.connection, socket.Message(sub=[topic]))  # type: ignore[arg-type]
    assert said == [[roster._roster.origin, [[org, anna, "online", True, False, False, topic]]]], "what the others are told"
    other_process([org, beat, "online", True, False, False, topic])
    assert accounts_looking([anna, beat], topic) == {anna, beat} and accounts_looking([anna, beat], "channel:1") == set()
    await tab.use(False)
    other_process([org, beat, "online", True, False, False, "channel:1"])
    assert accounts_looking([anna, beat], topic) == set()
    await tab.use(True)
    live.cut(anna, topic)
    assert accounts_looking([anna], topic) == set()


async def test_a_process_that_says_goodbye_for_somebody(people: People) -> None:
    org, beat = people.anna.viewer.org_id, people.beat.id
    other_process([org, beat, "online", True, False, False])
    other_process([org, beat, "offline", False, False, True])
    assert states_in(org) == {} and roster._roster.seen == {} and roster._roster.places == {}


async def test_what_was_missed_is_asked_for(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, Any]] = []
    await Tab(people.anna).open()
    monkeypatch.setattr(live, "broadcast_internal", lambda kind, data=None: said.append((kind, data)))
    roster._heard_beat(("other", 3))
    assert said == [("presence.hello", roster._roster.origin)]
    roster._heard_hello("other")
    kind, (origin, rows) = said[-1]
    assert kind == "presence.tabs" and origin == roster._roster.origin
    assert [row[:3] for row in rows] == [[people.anna.viewer.org_id, people.anna.id, "online"]]


# -- who may see it


async def test_members_hear_of_their_own_organisation_only(people: People) -> None:
    anna, erik = await Tab(people.anna).open(), await Tab(people.erik).open()
    assert not await registry.topics["presence"](people.erik.viewer, people.anna.viewer.org_id)
    beat = await Tab(people.beat).open()
    assert [[people.beat.id, "online"]] in anna.paper.told()
    assert all(row[0] == people.erik.id for rows in erik.paper.told() for row in rows)
    assert set(await visible_states(people.erik.viewer)) == {people.erik.id}
    await beat.close()


async def test_guests_and_members_see_each_other_only_where_they_share_a_channel(people: People) -> None:
    gina, anna, beat = await Tab(people.gina).open(), await Tab(people.anna).open(), await Tab(people.beat).open()
    assert not await registry.topics["presence"](people.gina.viewer, people.gina.viewer.org_id), "guests aren't let in"
    assert set(await visible_states(people.gina.viewer)) == {people.gina.id}
    assert set(await visible_states(people.anna.viewer)) == {people.anna.id, people.beat.id}
    await Channel.start(people.anna.viewer, "private", "shared", people=[people.gina.id])
    gina.paper.events.clear(), anna.paper.events.clear(), beat.paper.events.clear()
    await presence.choose(people.anna.id, "dnd")
    await presence.choose(people.beat.id, "dnd")
    await presence.choose(people.gina.id, "dnd")
    await settled()
    assert sorted(row[0] for rows in gina.paper.told() for row in rows) == sorted([people.anna.id, people.gina.id])
    assert people.gina.id in [row[0] for rows in anna.paper.told() for row in rows]
    assert people.gina.id not in [row[0] for rows in beat.paper.told() for row in rows]
    assert set(await visible_states(people.gina.viewer)) == {people.gina.id, people.anna.id}
    assert people.gina.id not in await visible_states(people.beat.viewer)

