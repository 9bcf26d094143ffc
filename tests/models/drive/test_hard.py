"""What must hold whatever somebody tries, or whatever happens at the same time: the tree stays a tree, and rights are asked at every node."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app import database, live
from app.lib import clock
from app.models.base import NotFound, Refused
from app.models.drive import (
    EDIT,
    MANAGE,
    VIEW,
    copy_all,
    create_drive,
    find_node,
    make_folder,
    move,
    purge,
    put_file,
    remove,
    restore,
    share,
)
from app.models.drive.finding import line_of
from app.models.drive.history import turn_back
from app.models.drive.listing import size_under
from app.models.drive.rights import grants_at, inherit, unshare
from app.models.drive.tables import Node
from app.models.files import QuotaFull, keep_bytes
from app.models.links import Wanted, close_link, make_link, open_link
from app.models.search import visible_scopes
from app.settings import Settings
from tests.drive import content, file, folder, home, names, see
from tests.people import People

pytestmark = pytest.mark.anyio


async def loops() -> int:
    """How many nodes don't lead up to the root of a drive."""
    lines = [await line_of(row["id"]) for row in await database.fetch("SELECT id FROM node")]
    return sum(line[0]["parent_id"] is not None for line in lines)


async def test_two_moves_at_once_make_no_circle(people: People) -> None:
    for _round in range(5):
        one, other = await folder(people.anna, f"one{_round}"), await folder(people.anna, f"other{_round}")
        await asyncio.gather(
            move(people.anna.viewer, [one.node.id], other), move(people.anna.viewer, [other.node.id], one), return_exceptions=True
        )
        assert await loops() == 0


async def test_undoing_a_move_makes_no_circle(people: People) -> None:
    one, other = await folder(people.anna, "one"), await folder(people.anna, "other")
    inner = await folder(people.anna, "inner", one)
    first = await move(people.anna.viewer, [inner.node.id], other)
    await move(people.anna.viewer, [one.node.id], await see(people.anna, inner))
    with pytest.raises(Refused):
        await first.undo(people.anna.viewer)
    assert await loops() == 0


async def test_nothing_lies_in_a_file(people: People) -> None:
    node = await file(people.anna, "a.txt")
    with pytest.raises(Refused):
        await make_folder(people.anna.viewer, await see(people.anna, node), "inside")
    with pytest.raises(Refused):
        await file(people.anna, "b.txt", parent=await see(people.anna, node))


async def test_a_file_with_rights_of_its_own_is_not_replaced_by_who_edits_its_folder(people: People) -> None:
    place = await folder(people.anna, "project")
    node = await file(people.anna, "wages.txt", b"secret", place)
    await share(people.anna.viewer, place.node, "account", people.beat.id, EDIT)
    await inherit(people.anna.viewer, node, False)
    with pytest.raises(NotFound):
        await put_file(people.beat.viewer, await see(people.beat, place), "wages.txt", await keep_bytes(b"mine"), replace=await Node.get(node.id))
    assert await content(node) == b"secret"


async def test_turning_back_takes_nothing_that_is_elsewhere_and_not_ones_own(people: People) -> None:
    place = await folder(people.anna, "project")
    node, hidden = await file(people.anna, "diary.txt", b"mine", place), await file(people.anna, "wages.txt", b"10", place)
    await share(people.anna.viewer, place.node, "account", people.beat.id, MANAGE)
    moment = clock.now()
    with clock.at(moment + 1000):
        private = await folder(people.anna, "private")
        await move(people.anna.viewer, [node.id], private)
        await inherit(people.anna.viewer, hidden, False)
        await put_file(people.anna.viewer, await see(people.anna, place), "wages.txt", await keep_bytes(b"20"), replace=await Node.get(hidden.id))
        await file(people.anna, "new.txt", b"new", place)
    with clock.at(moment + 2000):
        await turn_back(people.beat.viewer, await see(people.beat, place), moment)
    assert (await Node.get(node.id)).parent_id == private.node.id, "it isn't there for who turns back"
    assert await content(hidden) == b"20"
    assert await names(people.beat, await see(people.beat, place)) == []


async def test_turning_back_brings_things_home_from_another_drive(people: People) -> None:
    company = await create_drive(people.anna.viewer, "shared", "Company")
    root = await see(people.anna, await Node.get(company.root_id))
    place = await folder(people.anna, "project")
    moved, thrown = await file(people.anna, "moved.txt", b"1", place), await file(people.anna, "thrown.txt", b"2", place)
    moment = clock.now()
    with clock.at(moment + 1000):
        await move(people.anna.viewer, [moved.id, thrown.id], root)
        await remove(people.anna.viewer, [thrown.id])
    with clock.at(moment + 2000):
        await turn_back(people.anna.viewer, await see(people.anna, place), moment)
    assert await names(people.anna, place) == ["moved.txt", "thrown.txt"]
    drives = {row["drive_id"] for row in await database.fetch("SELECT drive_id FROM node WHERE parent_id = $1", place.node.id)}
    assert drives == {place.drive.id}
    assert await database.fetch_value("SELECT used FROM storage_use WHERE account_id = $1", people.anna.id) == 2


async def test_undoing_asks_for_the_right_again(people: People) -> None:
    place = await folder(people.anna, "project")
    await share(people.anna.viewer, place.node, "account", people.beat.id, MANAGE)
    link = await make_link(people.beat.viewer, "drive", place.node.id, Wanted(), what="", url="")
    closing = await close_link(people.beat.viewer, link, what="project", url="")
    (grant,) = await grants_at(place.node.id)
    await unshare(people.anna.viewer, place.node, grant["id"])
    with pytest.raises(NotFound):
        await closing.undo(people.beat.viewer)
    with pytest.raises(NotFound):
        await open_link(link.token)


async def test_sharing_again_and_undoing_the_end_of_the_first_share(people: People) -> None:
    place = await folder(people.anna, "project")
    await share(people.anna.viewer, place.node, "account", people.beat.id, EDIT)
    (grant,) = await grants_at(place.node.id)
    ending = await unshare(people.anna.viewer, place.node, grant["id"])
    await share(people.anna.viewer, place.node, "account", people.beat.id, VIEW)
    await ending.undo(people.anna.viewer)
    assert (await see(people.beat, place)).level == EDIT


async def test_two_files_that_fit_alone_do_not_both_fit(people: People) -> None:
    await people.anna.organisation.change(storage_limit=15)
    company = await create_drive(people.anna.viewer, "shared", "Company")
    places = [await home(people.anna), await home(people.beat), await see(people.anna, await Node.get(company.root_id))]
    blobs = [await keep_bytes(bytes([number]) * 10) for number in range(3)]
    outcomes = await asyncio.gather(
        *(put_file(who.viewer, place, f"{number}.bin", blobs[number])
          for number, (who, place) in enumerate(zip((people.anna, people.beat, people.anna), places, strict=True))),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Node) for one in outcomes) == 1, outcomes
    assert sum(isinstance(one, QuotaFull) for one in outcomes) == 2, outcomes


async def test_folders_can_not_be_nested_so_deep_that_they_are_lost(people: People) -> None:
    place = await folder(people.anna, "0")
    with pytest.raises(Refused):
        for number in range(1, 200):
            place = await folder(people.anna, str(number), place)
    assert (await find_node(people.anna.viewer, place.node.id)).level
    deep = await folder(people.anna, "deep")
    await folder(people.anna, "deeper", deep)
    with pytest.raises(Refused):
        await move(people.anna.viewer, [deep.node.id], place)


async def test_what_is_put_into_a_folder_that_is_being_erased_is_no_orphan(people: People) -> None:
    for _round in range(5):
        place = await folder(people.anna, f"f{_round}")
        found = await see(people.anna, place)
        blob = await keep_bytes(b"x" * 10)
        await remove(people.anna.viewer, [place.node.id])
        await asyncio.gather(
            purge(people.anna.viewer, [place.node.id]), put_file(people.anna.viewer, found, "a.txt", blob),
            put_file(people.anna.viewer, found, "b.txt", blob), return_exceptions=True,
        )
        orphans = await database.fetch("SELECT n.id FROM node n WHERE n.parent_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM node p WHERE p.id = n.parent_id)")
        assert orphans == []



async def test_the_size_of_a_folder_is_that_of_what_one_may_see(people: People) -> None:
    outer = await folder(people.anna, "outer")
    await file(people.anna, "seen.txt", b"12345", outer)
    inner = await folder(people.anna, "hidden", outer)
    hidden = await file(people.anna, "secret.txt", b"1234567", inner)
    await remove(people.anna.viewer, [(await file(people.anna, "gone.txt", b"1", outer)).id])
    await share(people.anna.viewer, outer.node, "account", people.beat.id, 1)
    assert await size_under(people.beat.viewer, outer) == (2, 12)
    await inherit(people.anna.viewer, inner.node, False)
    assert await size_under(people.anna.viewer, outer) == (2, 12) and await size_under(people.beat.viewer, await see(people.beat, outer)) == (1, 5)
    await inherit(people.anna.viewer, hidden, False)
    await share(people.anna.viewer, inner.node, "account", people.beat.id, 1)
    assert await size_under(people.beat.viewer, await see(people.beat, outer)) == (1, 5), "what a folder shows, a file in it may still hide"


async def test_finding_a_node_does_not_read_all_nodes(people: People, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Once SQLite knows how many there are, it likes to look at each of them before it begins."""
    outer, other = await folder(people.anna, "outer"), await folder(people.anna, "other")
    inner = await folder(people.anna, "inner", outer)
    many = [(await file(people.anna, f"{number}.txt", parent=inner)).id for number in range(60)]
    await database.execute("ANALYZE")
    asked, fetch = dict[str, tuple[Any, ...]](), database.fetch

    async def heard(sql: str, *values: Any) -> Any:
        asked[sql] = values
        return await fetch(sql, *values)

    monkeypatch.setattr(database, "fetch", heard)
    await move(people.anna.viewer, [inner.node.id], other)
    await copy_all(people.anna.viewer, [inner.node.id], outer)
    await size_under(people.anna.viewer, outer)
    await size_under(people.beat.viewer, outer)
    await remove(people.anna.viewer, many)
    await restore(people.anna.viewer, many)
    await remove(people.anna.viewer, many)
    await purge(people.anna.viewer, many)
    await remove(people.anna.viewer, [inner.node.id])
    await restore(people.anna.viewer, [inner.node.id])
    await remove(people.anna.viewer, [inner.node.id])
    await purge(people.anna.viewer, [inner.node.id])
    await visible_scopes(people.anna.viewer)
    looked = {sql: values for sql, values in asked.items() if "RECURSIVE" in sql or "emptied_at" in sql}
    assert len(looked) >= 8
    for sql, values in looked.items():
        plan = str(await fetch(f"EXPLAIN {'' if settings.database_url else 'QUERY PLAN '}{sql}", *values))
        assert "BLOOM" not in plan and "node_org_trash" not in plan, (sql, plan)


async def test_who_listens_is_asked_again_when_rights_change(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(live, "recheck_topic", asked.append)
    place, private = await folder(people.anna, "project"), await folder(people.anna, "private")
    inner = await folder(people.anna, "inner", place)
    assert asked == []
    await share(people.anna.viewer, place.node, "account", people.beat.id, EDIT)
    await share(people.anna.viewer, place.node, "account", people.chiara.id, EDIT)
    for change in (
        move(people.anna.viewer, [inner.node.id], private), unshare(people.anna.viewer, place.node, (await grants_at(place.node.id))[0]["id"]),
        inherit(people.anna.viewer, place.node, False),
    ):
        asked.clear()
        await change
        assert "drive:" in asked
