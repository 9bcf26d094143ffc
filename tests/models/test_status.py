"""Statuses: what is shown, until when, and what comes back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.jobs.runner import drain
from app.lib import clock
from app.models import status
from app.models.base import Refused
from app.models.chat import Channel
from app.models.organisation import Organisation
from app.models.status import MemberStatus, Saying, clear_status, pop_automatic, push_automatic, set_status, statuses_in, visible_statuses
from tests.people import People, Person

pytestmark = pytest.mark.usefixtures("app")
NOW = 1_795_000_000_000
HOLIDAY = Saying("🌴", "On holiday", NOW + 9 * clock.DAY)
MEETING = Saying("🗓️", "In a meeting", NOW + clock.HOUR)


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with clock.at(NOW):
        yield


async def shown(one: Person) -> str:
    saying = (await statuses_in(one.viewer.org_id)).get(one.id)
    return saying.text if saying else ""


async def test_it_clears_itself_and_restores_what_was_before(people: People) -> None:
    await set_status(people.anna.viewer, HOLIDAY)
    await set_status(people.anna.viewer, MEETING)
    assert await shown(people.anna) == "In a meeting"
    with clock.at(NOW + clock.HOUR):
        assert await shown(people.anna) == "On holiday"
        told: list[int] = []
        original = status._tell
        status._tell = lambda membership_id: (told.append(membership_id), original(membership_id))[1]  # type: ignore[assignment]
        try:
            await drain()
        finally:
            status._tell = original
        assert told == [people.anna.membership.id], "the browsers are told at that moment"
    with clock.at(NOW + 9 * clock.DAY):
        assert await shown(people.anna) == ""


async def test_what_ends_earlier_is_replaced(people: People) -> None:
    await set_status(people.anna.viewer, MEETING)
    await set_status(people.anna.viewer, Saying("🏡", "Working remotely"))
    assert await shown(people.anna) == "Working remotely"
    await clear_status(people.anna.viewer)
    assert await shown(people.anna) == ""


async def test_clearing_and_setting_can_be_undone(people: People) -> None:
    await set_status(people.anna.viewer, HOLIDAY)
    set_ = await set_status(people.anna.viewer, Saying("🏡", "Working remotely"))
    await set_.undo(people.anna.viewer)
    assert await shown(people.anna) == "On holiday"
    cleared = await clear_status(people.anna.viewer)
    assert cleared is not None and await shown(people.anna) == ""
    await cleared.undo(people.anna.viewer)
    assert await shown(people.anna) == "On holiday"
    await clear_status(people.anna.viewer)
    assert await clear_status(people.anna.viewer) is None, "nothing is left to clear"


async def test_sent_twice_it_is_set_once(people: People) -> None:
    first = await set_status(people.anna.viewer, HOLIDAY, "key")
    again = await set_status(people.anna.viewer, HOLIDAY, "key")
    assert again.repeated and again.result == first.result
    assert len(await MemberStatus._stack(people.anna.membership.id)) == 1


@pytest.mark.parametrize("saying", [Saying(), Saying("", "", NOW + 5), Saying("🌴", "Late", NOW)])
async def test_nothing_and_the_past_are_refused(people: People, saying: Saying) -> None:
    with pytest.raises(Refused):
        await set_status(people.anna.viewer, saying)


async def test_it_stays_in_its_organisation(people: People) -> None:
    other = await Organisation.found("Other")
    await other.admit(people.anna.account)
    await set_status(people.anna.viewer, HOLIDAY)
    assert await statuses_in(other.id) == {}
    assert await visible_statuses(people.erik.viewer) == {}


async def test_guests_see_those_they_share_a_channel_with(people: People) -> None:
    for one in (people.anna, people.beat, people.gina):
        await set_status(one.viewer, HOLIDAY)
    assert set(await visible_statuses(people.gina.viewer)) == {people.gina.id}
    assert set(await visible_statuses(people.beat.viewer)) == {people.anna.id, people.beat.id}
    await Channel.start(people.anna.viewer, "private", "shared", people=[people.gina.id])
    assert set(await visible_statuses(people.gina.viewer)) == {people.gina.id, people.anna.id}
    assert people.gina.id in await visible_statuses(people.anna.viewer)
    assert people.gina.id not in await visible_statuses(people.beat.viewer)


async def test_a_call_shows_its_emoji_and_gives_back_what_was_before(people: People) -> None:
    member = people.anna.membership.id
    await set_status(people.anna.viewer, HOLIDAY)
    await push_automatic(member, "call:1", "📞", "In a call", NOW + clock.DAY)
    await push_automatic(member, "call:2", "📞", "In another call", NOW + clock.DAY)
    assert await shown(people.anna) == "In another call"
    await set_status(people.anna.viewer, Saying("🏡", "Set during the call"))
    assert await shown(people.anna) == "In another call", "the call stays on top"
    await pop_automatic(member, "call:2")
    assert await shown(people.anna) == "In a call"
    await pop_automatic(member, "call:1")
    await pop_automatic(member, "call:1")
    assert await shown(people.anna) == "Set during the call"


async def test_a_call_that_is_never_hung_up_ends_by_itself(people: People) -> None:
    await push_automatic(people.anna.membership.id, "call:1", "📞", until=NOW + clock.HOUR)
    with clock.at(NOW + clock.HOUR):
        assert await statuses_in(people.anna.viewer.org_id) == {}


async def test_recent_ones_are_offered_once_each(people: People) -> None:
    for number, saying in enumerate((HOLIDAY, MEETING, HOLIDAY)):
        with clock.at(NOW + number):
            await set_status(people.anna.viewer, saying)
    assert [one.text for one in await MemberStatus.recent(people.anna.viewer)] == ["On holiday", "In a meeting"]
    assert await MemberStatus.recent(people.beat.viewer) == []


async def test_what_is_over_long_ago_is_forgotten_except_the_latest_of_each(people: People) -> None:
    newcomer = people.chiara
    for number, saying in enumerate((HOLIDAY, HOLIDAY, MEETING)):
        with clock.at(NOW + number):
            await set_status(newcomer.viewer, saying)
    with clock.at(NOW + 60 * clock.DAY):
        await MemberStatus.prune()
        assert sorted(one.text for one in await MemberStatus.recent(newcomer.viewer)) == ["In a meeting", "On holiday"]
    with clock.at(NOW + 800 * clock.DAY):
        await MemberStatus.prune()
        assert await MemberStatus.recent(newcomer.viewer) == []
