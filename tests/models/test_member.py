"""Roles, rights, being shut out, and leaving: who may do what to whom, and how it is taken back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app import database
from app.models import member
from app.models.audit import first_broken
from app.models.base import NotFound, Refused
from app.models.chat.channel import PRIVATE, PUBLIC, Channel
from app.models.chat.members import people_in
from app.models.command import Command
from app.models.member import Wanted
from app.models.organisation import ADMIN, LEGAL, USER, Organisation
from app.models.team import Description, Team, teams_of
from app.models.viewer import Viewer
from tests.people import People, Person, person


async def now(someone: Person) -> Viewer:
    """What this person may do now."""
    Viewer.clear_cache()
    viewer = await Viewer.by_token(someone.token)
    assert viewer is not None
    return viewer


async def names(org_id: int, **wanted: Any) -> list[str]:
    """Given names in the order of a list."""
    people, _following = await member.list_people(org_id, Wanted(**wanted))
    return [one.given_name for one in people]


async def role_of(someone: Person) -> str:
    return str(await database.fetch_value("SELECT role FROM membership WHERE id = $1", someone.membership.id))


# -- looking through them


async def test_a_list_is_searched_filtered_and_sorted(people: People) -> None:
    org_id = people.anna.organisation.id
    team = await Team.create(people.anna.viewer, Description("Sales"), [people.beat.id])
    await member.set_title(people.anna.viewer, people.david.id, "Über-Ingenieur")
    await member.set_right(people.anna.viewer, [people.beat.id], "chat", "manage", True)
    await member.set_right(people.anna.viewer, [people.chiara.id], "chat", "use", False)
    assert await names(org_id) == ["Anna", "Beat", "Chiara", "David", "Gina"]
    assert await names(org_id, sort="-name") == ["Gina", "David", "Chiara", "Beat", "Anna"]
    assert await names(org_id, search="ngo david") == ["David"], "words in any order"
    assert await names(org_id, search="UBER") == ["David"], "titles too, whatever the case and the marks"
    assert await names(org_id, search="alpina.example kel") == ["Beat"]
    assert await names(org_id, role="legal") == ["Anna"]
    assert await names(org_id, team=team.id) == ["Beat"]
    assert await names(org_id, right="chat.manage") == ["Anna", "Beat"]
    assert await names(org_id, right="chat.use", state="members") == ["Anna", "Beat", "David"]
    assert await names(org_id, state="guests") == ["Gina"]
    assert await names(people.erik.organisation.id) == ["Erik"]


@pytest.mark.parametrize("sort", ["name", "-name", "-seen", "joined"])
async def test_pieces_make_the_whole_list_also_where_values_are_equal(sort: str, people: People) -> None:
    alpina = people.anna.organisation
    for number in range(9):
        await person(alpina, f"twin{number}@alpina.example", "Twin", "Same")
    await database.execute("UPDATE membership SET seen_at = 5, created_at = 5 WHERE org_id = $1", alpina.id)
    whole, _nothing = await member.list_people(alpina.id, Wanted(sort=sort), most=50)
    found, after = [], ""
    while True:
        piece, after = await member.list_people(alpina.id, Wanted(sort=sort), after, most=4)
        found += piece
        if not after:
            break
    assert [one.id for one in found] == [one.id for one in whole] and len(found) == 14


async def test_a_cursor_that_somebody_made_up_begins_anew(people: People) -> None:
    for after in ("~", "x~y", "1~99999999999999999999", "no"):
        found, _after = await member.list_people(people.anna.organisation.id, Wanted(sort="-seen"), after)
        assert len(found) == 5


async def test_places_of_the_plan_are_counted_without_the_disabled_and_without_the_bot(people: People) -> None:
    await member.disable(people.anna.viewer, [people.beat.id])
    counts = await member.count_people(people.anna.organisation.id)
    assert (counts.users, counts.externals, counts.everybody, counts.disabled) == (3, 1, 5, 1)


# -- roles


async def test_becoming_an_administrator_brings_the_right_to_manage_and_undo_takes_exactly_that(people: People) -> None:
    await member.set_right(people.anna.viewer, [people.beat.id], "drive", "manage", True)
    changed = await member.change_role(people.anna.viewer, [people.beat.id], ADMIN)
    assert (await now(people.beat)).can_manage("chat")
    await changed.command.undo(people.anna.viewer)
    beat = await now(people.beat)
    assert beat.role == USER and not beat.can_manage("chat") and beat.can_manage("drive"), "what was given by hand stays"


async def test_using_and_managing_are_separate_rights(people: People) -> None:
    await member.change_role(people.anna.viewer, [people.beat.id], ADMIN)
    await member.set_right(people.anna.viewer, [people.beat.id], "chat", "manage", False)
    beat = await now(people.beat)
    assert beat.is_admin and beat.can_use("chat") and not beat.can_manage("chat")
    await member.set_right(people.anna.viewer, [people.chiara.id], "chat", "manage", True)
    changed = await member.set_right(people.anna.viewer, [people.chiara.id], "chat", "use", False)
    chiara = await now(people.chiara)
    assert not chiara.is_admin and chiara.can_manage("chat") and not chiara.can_use("chat")
    await changed.command.undo(people.anna.viewer)
    assert (await now(people.chiara)).can_use("chat")


async def test_only_a_legal_representative_appoints_or_changes_one(people: People) -> None:
    await member.change_role(people.anna.viewer, [people.beat.id], ADMIN)
    beat = await now(people.beat)
    for work in (
        member.change_role(beat, [people.beat.id], LEGAL),
        member.change_role(beat, [people.chiara.id], LEGAL),
        member.change_role(beat, [people.anna.id], USER),
        member.set_right(beat, [people.anna.id], "chat", "use", False),
        member.disable(beat, [people.anna.id]),
        member.end_membership(beat, people.anna.id),
        member.set_title(beat, people.anna.id, "Nobody"),
    ):
        with pytest.raises(Refused, match="legal representative"):
            await work
    assert await role_of(people.anna) == LEGAL


async def test_the_last_legal_representative_stays_until_there_is_another_one(people: People) -> None:
    with pytest.raises(Refused, match="last legal representative"):
        await member.change_role(people.anna.viewer, [people.anna.id], ADMIN)
    await member.change_role(people.anna.viewer, [people.beat.id], LEGAL)
    await member.change_role(people.anna.viewer, [people.anna.id], ADMIN)
    assert (await role_of(people.anna), await role_of(people.beat)) == (ADMIN, LEGAL)
    with pytest.raises(Refused, match="last legal representative"):
        await member.change_role(await now(people.beat), [people.beat.id], USER)


async def test_a_disabled_legal_representative_doesnt_count(people: People) -> None:
    await member.change_role(people.anna.viewer, [people.beat.id], LEGAL)
    await member.disable(people.anna.viewer, [people.beat.id])
    with pytest.raises(Refused, match="last legal representative"):
        await member.change_role(people.anna.viewer, [people.anna.id], USER)


async def test_an_appointment_cant_be_undone_by_who_stepped_down_since(people: People) -> None:
    appointed = await member.change_role(people.anna.viewer, [people.beat.id], LEGAL)
    await member.change_role(people.anna.viewer, [people.anna.id], ADMIN)
    with pytest.raises(Refused):
        await appointed.command.undo(await now(people.anna))
    assert await role_of(people.beat) == LEGAL


async def test_who_lost_the_right_to_do_it_cant_undo_it_either(people: People) -> None:
    await member.change_role(people.anna.viewer, [people.beat.id, people.chiara.id], ADMIN)
    demoted = await member.change_role(await now(people.beat), [people.chiara.id], USER)
    await member.change_role(people.anna.viewer, [people.beat.id], USER)
    with pytest.raises(Refused, match="no longer an administrator"):
        await demoted.command.undo(await now(people.beat))
    assert await role_of(people.chiara) == USER


async def test_guests_get_no_role_and_no_rights(people: People) -> None:
    for work in (member.change_role(people.anna.viewer, [people.gina.id], ADMIN), member.set_right(people.anna.viewer, [people.gina.id], "drive", "use", True)):
        with pytest.raises(Refused, match="is a guest"):
            await work


async def test_of_many_those_are_changed_for_whom_it_goes(people: People) -> None:
    changed = await member.change_role(people.anna.viewer, [people.beat.id, people.gina.id, people.anna.id], USER)
    assert [one.given_name for one in changed.people] == ["Beat"] and len(changed.left) == 2
    with pytest.raises(NotFound):
        await member.change_role(people.anna.viewer, [people.beat.id, people.erik.id], ADMIN)
    assert await role_of(people.beat) == USER, "nobody is changed when somebody isn’t ours"


# -- at once


async def at_once(*works: Any) -> list[Any]:
    return await asyncio.gather(*works, return_exceptions=True)


async def test_of_two_administrators_who_remove_each_other_one_wins_and_the_other_is_told(people: People) -> None:
    await member.change_role(people.anna.viewer, [people.beat.id, people.chiara.id], ADMIN)
    beat, chiara = await now(people.beat), await now(people.chiara)
    ended = await at_once(member.end_membership(beat, people.chiara.id), member.end_membership(chiara, people.beat.id))
    won, lost = [one for one in ended if isinstance(one, Command)], [one for one in ended if isinstance(one, Refused)]
    assert len(won) == len(lost) == 1, ended
    assert "no longer an administrator" in str(lost[0])
    assert (await names(people.anna.organisation.id)) in (["Anna", "Beat", "David", "Gina"], ["Anna", "Chiara", "David", "Gina"])


async def test_two_legal_representatives_who_demote_each_other_leave_one(people: People) -> None:
    await member.change_role(people.anna.viewer, [people.beat.id], LEGAL)
    anna, beat = await now(people.anna), await now(people.beat)
    ended = await at_once(member.change_role(anna, [people.beat.id], USER), member.change_role(beat, [people.anna.id], USER))
    assert sum(isinstance(one, Refused) for one in ended) == 1, ended
    assert sorted((await role_of(people.anna), await role_of(people.beat))) == [LEGAL, USER]


async def test_two_who_step_down_at_once_leave_one(people: People) -> None:
    await member.change_role(people.anna.viewer, [people.beat.id], LEGAL)
    anna, beat = await now(people.anna), await now(people.beat)
    ended = await at_once(member.change_role(anna, [people.anna.id], ADMIN), member.change_role(beat, [people.beat.id], ADMIN))
    assert sum(isinstance(one, Refused) for one in ended) == 1, ended
    assert sorted((await role_of(people.anna), await role_of(people.beat))) == [ADMIN, LEGAL]


async def test_the_last_place_of_the_plan_is_given_once(people: People) -> None:
    await member.disable(people.anna.viewer, [people.beat.id, people.chiara.id])
    await people.anna.organisation.change(user_limit=3)
    ended = await at_once(member.enable(people.anna.viewer, [people.beat.id]), member.enable(people.anna.viewer, [people.chiara.id]))
    assert sum(isinstance(one, Refused) for one in ended) == 1, ended
    assert (await member.count_people(people.anna.organisation.id)).users == 3


# -- shutting out


async def test_who_is_disabled_is_signed_out_here_only_and_comes_back_as_they_were(people: People) -> None:
    alpina = people.anna.organisation
    await (await Organisation.get(alpina.id)).admit(people.erik.account)
    changed = await member.disable(people.anna.viewer, [people.beat.id, people.erik.id])
    Viewer.clear_cache()
    assert await Viewer.by_token(people.beat.token) is None
    erik = await Viewer.by_token(people.erik.token)
    assert erik is not None and [place.name for place in erik.organisations] == ["Nordlicht"], "elsewhere nothing changed"
    assert await names(alpina.id, state="disabled") == ["Beat", "Erik"]
    await changed.command.undo(people.anna.viewer)
    beat = await member.find_member(people.anna.viewer, people.beat.id)
    assert not beat.is_disabled and beat.may("chat", "use")


async def test_nobody_disables_or_removes_themselves(people: People) -> None:
    await member.change_role(people.anna.viewer, [people.beat.id], LEGAL)
    for work in (member.disable(people.anna.viewer, [people.anna.id]), member.end_membership(people.anna.viewer, people.anna.id)):
        with pytest.raises(Refused, match=r"yourself|themselves"):
            await work


async def test_who_is_disabled_doesnt_come_back_by_an_invitation(people: People) -> None:
    await member.disable(people.anna.viewer, [people.beat.id])
    with pytest.raises(Refused, match="was disabled"):
        await people.anna.organisation.admit(people.beat.account)


# -- leaving


async def owned_by_beat(people: People) -> tuple[Channel, Team]:
    """A private channel that Beat founded with Chiara in it, and a team that he leads."""
    channel = await Channel.start(people.beat.viewer, PRIVATE, "beats-place", people=[people.chiara.id])
    team = await Team.create(people.anna.viewer, Description("Sales"), [people.beat.id])
    await team.lead(people.anna.viewer, people.beat.id, True)
    return channel, team


async def test_an_heir_takes_over_and_undo_gives_it_all_back(people: People) -> None:
    channel, team = await owned_by_beat(people)
    public = await Channel.start(people.chiara.viewer, PUBLIC, "lobby", people=[people.beat.id])
    before = await everything()
    said = await member.what_is_left_by(await member.find_member(people.anna.viewer, people.beat.id))
    assert said == ["1 channel: #beats-place", "Leads 1 team: Sales"]

    command = await member.end_membership(people.anna.viewer, people.beat.id, people.david.id)
    assert (await Channel.get(channel.id)).created_by == people.david.id
    assert [one["given_name"] for one in await people_in(channel)] == ["Chiara", "David"]
    assert [one["given_name"] for one in await people_in(public)] == ["Chiara"]
    assert [(one["given_name"], one["leads_at"] is not None) for one in await team.members()] == [("David", True)]
    Viewer.clear_cache()
    assert await Viewer.by_token(people.beat.token) is None

    await command.undo(people.anna.viewer)
    assert await everything() == before
    assert await first_broken(people.anna.organisation.id) is None


async def everything() -> dict[str, Any]:
    """What leaving touches, sessions aside: those are over for good."""
    tables = {
        "channel_member": "channel_id, account_id, joined_at, read_up_to, favourite_at, muted_at, hidden_at", "channel": "id, created_by",
        "team_member": "team_id, account_id, leads_at IS NULL AS is_led", "membership": "id, role, ended_at, disabled_at", "product_right": "membership_id, product, level",
    }
    return {table: await database.fetch(f"SELECT {columns} FROM {table} ORDER BY 1, 2") for table, columns in tables.items()}


async def test_without_an_heir_channels_keep_their_founder(people: People) -> None:
    channel, team = await owned_by_beat(people)
    await member.end_membership(people.anna.viewer, people.beat.id)
    assert (await Channel.get(channel.id)).created_by == people.beat.id
    assert await team.members() == []


@pytest.mark.parametrize("heir", ["gina", "beat", "erik", "chiara"])
async def test_an_heir_is_another_active_member(heir: str, people: People) -> None:
    await member.disable(people.anna.viewer, [people.chiara.id])
    with pytest.raises(Refused):
        await member.end_membership(people.anna.viewer, people.beat.id, getattr(people, heir).id)
    assert "Beat" in await names(people.anna.organisation.id)


async def test_a_removal_isnt_undone_twice_nor_over_a_full_plan(people: People) -> None:
    command = await member.end_membership(people.anna.viewer, people.beat.id)
    await people.anna.organisation.change(user_limit=3)
    with pytest.raises(Refused, match="all the 3 members"):
        await command.undo(people.anna.viewer)
    await people.anna.organisation.change(user_limit=None)
    await (await Organisation.get(people.anna.organisation.id)).admit(people.beat.account)
    with pytest.raises(Refused, match="back in the organisation already"):
        await (await Command.get(command.id)).undo(people.anna.viewer)


async def test_who_comes_back_begins_anew(people: People) -> None:
    await owned_by_beat(people)
    await member.change_role(people.anna.viewer, [people.beat.id], ADMIN)
    await member.end_membership(people.anna.viewer, people.beat.id)
    await people.anna.organisation.admit(people.beat.account, USER, ("chat",))
    beat = await member.find_member(people.anna.viewer, people.beat.id)
    assert (beat.role, beat.rights, beat.teams) == (USER, frozenset({"chat.use"}), ())
    rows = await database.fetch("SELECT c.name FROM channel_member m JOIN channel c ON c.id = m.channel_id WHERE m.account_id = $1", people.beat.id)
    assert [row["name"] for row in rows] == ["general"]


async def test_teams_are_counted_without_who_left(people: People) -> None:
    await owned_by_beat(people)
    await member.disable(people.anna.viewer, [people.beat.id])
    (team,) = await teams_of(people.anna.organisation.id)
    assert team["members"] == 0
