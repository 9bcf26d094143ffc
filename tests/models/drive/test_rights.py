"""Who may see and do what, and who finds it."""

from __future__ import annotations

import pytest

from app.lib import clock
from app.models import departure
from app.models.base import NotFound, Refused
from app.models.command import Command
from app.models.drive import (
    COMMENT,
    EDIT,
    MANAGE,
    VIEW,
    create_drive,
    drives_of,
    home_drive,
    make_folder,
    move,
    put_file,
    remove,
    rename,
    share,
)
from app.models.drive.arriving import taken
from app.models.drive.bulk import FROM
from app.models.drive.comments import comment, comments_on
from app.models.drive.history import activity, turn_back
from app.models.drive.marks import favour, favourites, recent, set_tags, shared_by, shared_with, visit
from app.models.drive.reasons import level_of_account, reasons_for
from app.models.drive.rights import grants_at, inherit, leave, unshare
from app.models.drive.tables import Node
from app.models.files import keep_bytes, storage_of
from app.models.search import search, visible_scopes
from app.models.team import Description, Team
from tests.drive import come, file, folder, home, names, see
from tests.people import People, Person

pytestmark = pytest.mark.anyio


async def finds(person: Person, words: str) -> bool:
    return bool(await search(await visible_scopes(person.viewer), person.viewer.org_id, words, ["file"]))


async def test_nobody_else_sees_ones_own_files(people: People) -> None:
    node = await file(people.beat, "secret plan.txt")
    for other in (people.anna, people.chiara, people.gina, people.erik):
        with pytest.raises(NotFound):
            await see(other, node)
        assert not await finds(other, "secret")
    assert await finds(people.beat, "secret")


async def test_what_is_shared_is_seen_found_and_reaches_below(people: People) -> None:
    place = await folder(people.anna, "project")
    node = await file(people.anna, "budget.txt", parent=place)
    await share(people.anna.viewer, place.node, "account", people.beat.id, VIEW)
    found = await see(people.beat, node)
    assert (found.level, [crumb.name for crumb in found.crumbs]) == (VIEW, ["project"])
    assert await finds(people.beat, "budget")
    with pytest.raises(NotFound):
        await see(people.beat, node, EDIT)
    with pytest.raises(NotFound):
        await put_file(people.beat.viewer, await see(people.beat, place), "mine.txt", await keep_bytes(b"x"))
    with pytest.raises(NotFound):
        await see(people.beat, await home(people.anna))
    assert [item.node.name for item in await shared_with(people.beat.viewer)] == ["project"]
    assert [item.node.name for item in await shared_by(people.anna.viewer)] == ["project"]


async def test_what_is_shared_is_changed_but_stays_where_it_is(people: People) -> None:
    place, mine = await folder(people.anna, "project"), await home(people.beat)
    node, other = await file(people.anna, "plan.txt", parent=place), await folder(people.anna, "other")
    many = [(await file(people.anna, f"{number}.txt", parent=place)).id for number in range(FROM)]
    for one in (place, other):
        await share(people.anna.viewer, one.node, "account", people.beat.id, EDIT)
    shared = await see(people.beat, place, EDIT)
    for refused in (remove(people.beat.viewer, [place.node.id]), move(people.beat.viewer, [place.node.id], await see(people.beat, other, EDIT)),
                    remove(people.beat.viewer, [*many, place.node.id]), move(people.beat.viewer, [place.node.id, *many], await see(people.beat, other, EDIT))):
        with pytest.raises(Refused, match="not where it lies"):
            await refused
    assert len(await names(people.anna, place)) == FROM + 1
    await rename(people.beat.viewer, shared, "plans")
    await move(people.beat.viewer, [node.id], await see(people.beat, other, EDIT))
    await remove(people.beat.viewer, many)
    assert await names(people.anna, place) == [] and await names(people.beat, mine) == []
    await share(people.anna.viewer, place.node, "account", people.beat.id, MANAGE)
    await remove(people.beat.viewer, [place.node.id])


async def test_nothing_takes_out_what_others_took_away_meanwhile(people: People) -> None:
    """Not by an Undo, nor by turning back a folder that it was in."""
    anna, beat = people.anna, people.beat
    shared, other, private = await folder(anna, "shared"), await folder(anna, "other"), await folder(anna, "private")
    await share(anna.viewer, shared.node, "account", beat.id, MANAGE)
    await share(anna.viewer, other.node, "account", beat.id, EDIT)
    node = await file(anna, "plan.txt", parent=shared)
    await share(anna.viewer, node, "account", beat.id, EDIT)
    moment = clock.now()
    await move(beat.viewer, [node.id], await see(beat, other, EDIT))
    (command, *_rest) = await Command.recent(beat.viewer)
    await move(anna.viewer, [node.id], private)

    with pytest.raises(Refused):
        await command.undo(beat.viewer)
    await turn_back(beat.viewer, await see(beat, shared), moment)
    assert await names(anna, private) == ["plan.txt"]


async def test_who_was_let_in_may_leave(people: People) -> None:
    place, team_place = await folder(people.anna, "project"), await folder(people.anna, "everybody’s")
    await share(people.anna.viewer, place.node, "account", people.beat.id, EDIT)
    await share(people.anna.viewer, team_place.node, "everyone", 0, VIEW)
    await leave(people.beat.viewer, (await see(people.beat, place)).node)
    with pytest.raises(NotFound):
        await see(people.beat, place)
    assert not any(one.is_undoable for one in await Command.recent(people.beat.viewer)), "who shared it relies on it"
    with pytest.raises(Refused):
        await leave(people.beat.viewer, (await see(people.beat, team_place)).node)
    assert [event["kind"] for event in await activity(place.node.id, most=1)] == ["left"]


async def test_taking_it_back_takes_it_out_of_the_search(people: People) -> None:
    place = await folder(people.anna, "project")
    node = await file(people.anna, "budget.txt", parent=place)
    await share(people.anna.viewer, place.node, "account", people.beat.id, EDIT)
    (grant,) = await grants_at(place.node.id)
    await unshare(people.anna.viewer, place.node, grant["id"])
    assert not await finds(people.beat, "budget")
    with pytest.raises(NotFound):
        await see(people.beat, node)
    (command, *_rest) = await Command.recent(people.anna.viewer)
    await command.undo(people.anna.viewer)
    assert (await see(people.beat, node)).level == EDIT
    assert await finds(people.beat, "budget")


async def test_a_folder_with_rights_of_its_own_is_hidden_from_those_above(people: People) -> None:
    outer = await folder(people.anna, "outer")
    inner = await folder(people.anna, "salaries", outer)
    node = await file(people.anna, "wages.txt", parent=inner)
    await share(people.anna.viewer, outer.node, "account", people.beat.id, EDIT)
    assert await finds(people.beat, "wages")
    await inherit(people.anna.viewer, inner.node, False)
    assert not await finds(people.beat, "wages")
    assert await names(people.beat, await see(people.beat, outer)) == []
    assert "salaries" not in {event["name"] for event in await activity(outer.node.id)}
    with pytest.raises(NotFound):
        await see(people.beat, node)
    assert await taken(people.beat.viewer, await see(people.beat, outer), ["salaries/wages.txt", "salaries"]) == ["salaries"], "names aren't guessed"
    assert await taken(people.anna.viewer, outer, ["salaries/wages.txt"]) == ["salaries/wages.txt"]
    assert await names(people.anna, outer) == ["salaries"]
    await share(people.anna.viewer, (await see(people.anna, inner)).node, "account", people.chiara.id, COMMENT)
    assert await finds(people.chiara, "wages")
    await inherit(people.anna.viewer, (await see(people.anna, inner)).node, True)
    assert await finds(people.beat, "wages")


async def test_moving_a_folder_moves_its_rights(people: People) -> None:
    shared = await folder(people.anna, "shared")
    await share(people.anna.viewer, shared.node, "account", people.beat.id, VIEW)
    private = await folder(people.anna, "private")
    await file(people.anna, "diary.txt", parent=private)
    assert not await finds(people.beat, "diary")
    await move(people.anna.viewer, [private.node.id], shared)
    assert await finds(people.beat, "diary")
    await move(people.anna.viewer, [private.node.id], await home(people.anna))
    assert not await finds(people.beat, "diary")


async def test_teams_and_everyone_but_guests(people: People) -> None:
    team = await Team.create(people.anna.viewer, Description("Design"), [people.chiara.id])
    place = await folder(people.anna, "logos")
    await share(people.anna.viewer, place.node, "team", team.id, EDIT)
    assert (await see(people.chiara, place)).level == EDIT
    with pytest.raises(NotFound):
        await see(people.david, place)
    await share(people.anna.viewer, place.node, "everyone", 0, VIEW)
    assert (await see(people.david, place)).level == VIEW
    with pytest.raises(NotFound):
        await see(people.gina, place)


async def test_a_guest_with_drive_sees_what_is_shared_until_it_ends(people: People) -> None:
    await people.gina.membership.grant("drive", "use")
    people.gina.viewer.clear_cache()
    from app.models.viewer import Viewer

    gina = await Viewer.by_token(people.gina.token)
    assert gina is not None
    people.gina.viewer = gina
    node = await file(people.anna, "brief.pdf")
    await share(people.anna.viewer, node, "account", people.gina.id, VIEW, expires_at=clock.now() + clock.DAY)
    assert (await see(people.gina, node)).level == VIEW
    assert await drives_of(gina) == []
    with pytest.raises(NotFound):
        await home_drive(gina)
    with clock.at(clock.now() + 2 * clock.DAY), pytest.raises(NotFound):
        await see(people.gina, node)


async def test_drives_of_the_organisation(people: People) -> None:
    drive = await create_drive(people.anna.viewer, "shared", "Company")
    root = await Node.get(drive.root_id)
    assert (await see(people.beat, root)).level == EDIT
    assert [one.name for one in await drives_of(people.beat.viewer)] == ["", "Company"]
    await make_folder(people.beat.viewer, await see(people.beat, root), "Marketing")
    with pytest.raises(Refused):
        await create_drive(people.beat.viewer, "shared", "Mine")
    (everyone,) = await grants_at(root.id)
    await unshare(people.anna.viewer, root, everyone["id"])
    assert [one.name for one in await drives_of(people.beat.viewer)] == [""]
    assert (await see(people.anna, root)).level == MANAGE, "who manages Drive stays in"


async def test_every_reason_is_told(people: People) -> None:
    place = await folder(people.anna, "project")
    node = await file(people.anna, "budget.txt", parent=place)
    await share(people.anna.viewer, place.node, "account", people.beat.id, EDIT)
    await share(people.anna.viewer, node, "everyone", 0, VIEW)
    told = {(reason.kind, reason.name, reason.level, reason.is_here) for reason in await reasons_for(node)}
    assert told == {("owner", "Anna Alpha", MANAGE, True), ("grant", "Everyone in the organisation", VIEW, True), ("grant", "Beat Keller", EDIT, False)}
    assert await level_of_account(people.beat.id, node) == EDIT
    assert await level_of_account(people.chiara.id, node) == VIEW
    assert await level_of_account(people.gina.id, node) == 0


async def test_comments_tell_whom_they_name_if_they_may_see_it(people: People) -> None:
    node = await file(people.anna, "budget.txt")
    await share(people.anna.viewer, node, "account", people.beat.id, COMMENT)
    await comment(people.beat.viewer, await see(people.beat, node), "@Anna Alpha and @Chiara Dotti: see page 3")
    assert [row["text"] for row in await comments_on(node.id)] == ["@Anna Alpha and @Chiara Dotti: see page 3"]
    from app import database

    told = {(row["account_id"], row["kind"]) for row in await database.fetch("SELECT account_id, kind FROM notification WHERE kind LIKE 'drive.%'")}
    assert told == {(people.beat.id, "drive.shared"), (people.anna.id, "drive.mention")}
    with pytest.raises(NotFound):
        await comment(people.chiara.viewer, await see(people.anna, node) if False else await see(people.chiara, node), "no")


async def test_recent_is_what_was_opened_or_changed(people: People) -> None:
    anna, root = people.anna, await home(people.anna)
    opened, edited = await file(people.beat, "opened.txt"), await file(anna, "edited.txt")
    await share(people.beat.viewer, opened, "account", anna.id, VIEW)
    gone = await file(anna, "gone.txt")
    await come(anna, root, *(f"many/{number}.txt" for number in range(20)))
    await visit(anna.viewer, opened)
    await put_file(anna.viewer, root, "edited.txt", await keep_bytes(b"new"), replace=edited)
    await remove(anna.viewer, [gone.id])
    assert [item.node.name for item in await recent(anna.viewer)] == ["edited.txt", "opened.txt", "19.txt", "18.txt", "17.txt", "16.txt", "15.txt"]
    assert [item.node.name for item in await recent(anna.viewer, 2)] == ["edited.txt", "opened.txt"]
    assert [item.node.name for item in await recent(people.beat.viewer)] == ["opened.txt"]


async def test_recent_files_elsewhere_and_gone_ones_take_no_place(people: People) -> None:
    """Somebody who is in two organisations, and who threw away what they had open last."""
    anna = people.anna
    kept, gone = await file(anna, "kept.txt"), await file(anna, "gone.txt")
    for node in (kept, await file(people.erik, "elsewhere.txt"), gone):
        await visit(anna.viewer, node)
    await remove(anna.viewer, [gone.id])
    assert [item.node.name for item in await recent(anna.viewer, 1)] == ["kept.txt"]


async def test_marks_are_ones_own_and_tags_are_for_all(people: People) -> None:
    node = await file(people.anna, "a.txt")
    await share(people.anna.viewer, node, "account", people.beat.id, VIEW)
    await favour(people.anna.viewer, node, True)
    await visit(people.anna.viewer, node)
    await set_tags(people.anna.viewer, node, ["Urgent", "urgent", " Q1 "])
    assert [item.node.name for item in await favourites(people.anna.viewer)] == ["a.txt"]
    assert [item.node.name for item in await recent(people.anna.viewer)] == ["a.txt"]
    assert await favourites(people.beat.viewer) == []
    from app.models.drive.marks import decorate

    (item,) = await decorate(people.beat.viewer, await shared_with(people.beat.viewer))
    assert [tag["name"] for tag in item.tags] == ["Q1", "urgent"]


async def test_files_go_to_the_heir_and_come_back(people: People) -> None:
    node = await file(people.beat, "handbook.txt", b"12345")
    async def totals() -> tuple[int, int]:
        return (await storage_of(node.org_id, people.beat.id)).used, (await storage_of(node.org_id, people.anna.id)).used

    assert await totals() == (5, 0)
    inverse = await departure.hand_over_all(people.anna.viewer, people.beat.membership, people.anna.id)
    assert (await see(people.anna, node)).level == MANAGE
    assert await totals() == (0, 5)
    await departure.take_all_back(people.anna.viewer, inverse)
    assert (await see(people.beat, node)).level == MANAGE
    assert await totals() == (5, 0)
    assert any("1 file in Drive" in line for line in await departure.owned_by(people.beat.membership))
