"""Copies of very many files: others write meanwhile, and nobody sees half of one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app import database
from app.lib import clock
from app.models.base import NotFound
from app.models.command import Command
from app.models.drive import EDIT, Found, Node, bulk, copy, copy_all, copying, empty_trash, find_node, make_folder, remove
from app.models.drive.trash import erase_trash, list_trash, prune_trash
from app.models.files import QuotaFull, storage_of
from app.models.files.sweeping import agreement
from app.models.search import agreement as search_agreement
from tests.drive import content, file, folder, found, meanwhile, names
from tests.people import People, Person

pytestmark = pytest.mark.anyio

PIECE = 3


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "LARGE", 10)
    for module in (bulk, copying):
        monkeypatch.setattr(module, "PIECE", PIECE)


async def album(person: Person) -> Found:
    """A folder of twelve files of 7 bytes, one of them in a folder further down."""
    place = await folder(person, "album")
    for number in range(11):
        await file(person, f"needle {number}.txt", parent=place)
    await file(person, "needle deep.txt", b"further", await folder(person, "inner", place))
    return place


async def used(person: Person) -> int:
    return (await storage_of(person.organisation.id, person.id)).used


async def rows() -> dict[str, int]:
    return {table: await database.fetch_value(f"SELECT COUNT(*) AS n FROM {table}") for table in ("node", "node_version", "blob_use", "search_entry", "node_event")}


async def test_others_write_while_very_many_are_copied_and_see_all_or_nothing(people: People) -> None:
    place, target = await album(people.anna), await folder(people.anna, "target")
    before, seen = await used(people.anna), set[tuple[int, int]]()

    async def write(number: int) -> None:
        await file(people.beat, f"{number}.txt")
        assert await list_trash(people.anna.viewer, target.drive) == ([], "")
        shown = len(await names(people.anna, target))
        seen.add((shown, await found(people.anna)))

    turns = await meanwhile(copy_all(people.anna.viewer, [place.node.id], target), write)
    assert turns >= 12 / PIECE, "one after each piece at least"
    assert seen <= {(0, 12), (0, 24), (1, 24)} and (0, 12) in seen, "what is seen is found"
    [made] = await database.fetch("SELECT id FROM node WHERE parent_id = $1", target.node.id)
    whole = await find_node(people.anna.viewer, made["id"], EDIT)
    assert await names(people.anna, whole) == await names(people.anna, place) and await found(people.anna) == 24
    [deep] = await database.fetch("SELECT * FROM node WHERE name = 'needle deep.txt' ORDER BY id DESC LIMIT 1")
    assert await content(Node.from_row(deep)) == b"further" and await used(people.anna) == 2 * before
    command = (await Command.recent(people.anna.viewer))[0]
    await command.undo(people.anna.viewer)
    assert await names(people.anna, target) == [] and await found(people.anna) == 12
    assert [node.id for node in (await list_trash(people.anna.viewer, target.drive))[0]] == [whole.node.id]


async def test_very_many_that_were_chosen_are_copied_once_for_a_key(people: People) -> None:
    place, target = await album(people.anna), await folder(people.anna, "target")
    ids = [row["id"] for row in await database.fetch("SELECT id FROM node WHERE parent_id = $1", place.node.id)]
    await file(people.anna, "needle 3.txt", b"there", target)
    one, other = await asyncio.gather(*(copy_all(people.anna.viewer, ids, target, key="k") for _twice in range(2)))
    again = await copy_all(people.anna.viewer, ids, target, key="k")
    assert one.id == other.id == again.id
    assert sorted(await names(people.anna, target)) == sorted([*await names(people.anna, place), "needle 3 (2).txt"])
    assert not await database.fetch("SELECT id FROM node WHERE trashed_at IS NOT NULL"), "what the second made is gone"
    await one.undo(people.anna.viewer)
    assert await names(people.anna, target) == ["needle 3.txt"]


async def test_a_name_may_be_taken_and_a_folder_go_while_very_many_are_copied(people: People) -> None:
    place, target = await album(people.anna), await folder(people.anna, "target")

    async def take(number: int) -> None:
        if number == 2:
            await make_folder(people.anna.viewer, target, "album")

    await meanwhile(copy(people.anna.viewer, place, target), take)
    assert sorted(await names(people.anna, target)) == ["album", "album (2)"]
    await copy(people.anna.viewer, place, target, "album", "replace")
    assert sorted(await names(people.anna, target)) == ["album", "album (2)"]
    left = await rows()

    async def throw(number: int) -> None:
        if number == 2:
            await remove(people.anna.viewer, [target.node.id])

    with pytest.raises(NotFound):
        await meanwhile(copy(people.anna.viewer, place, target), throw)
    assert await rows() == left | {"node_event": left["node_event"] + 1}


async def test_what_very_many_need_is_asked_before_and_when_it_ends_in_the_middle_nothing_is_left(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, target = await album(people.anna), await folder(people.anna, "target")
    await people.anna.organisation.change(storage_limit=12 * 7 + 60)
    left, before = await rows(), await used(people.anna)
    inserted: list[int] = []
    insert = copying.insert_copies

    async def counted(*given: Any, **more: Any) -> list[int]:
        ids = await insert(*given, **more)
        inserted.extend(ids)
        return ids

    monkeypatch.setattr(copying, "insert_copies", counted)
    with pytest.raises(QuotaFull):
        await copy_all(people.anna.viewer, [place.node.id], target)
    assert inserted == []

    async def enough(*_given: Any) -> None:
        """It was, when it was asked."""

    monkeypatch.setattr(copying, "check_quota", enough)
    with pytest.raises(QuotaFull):
        await copy_all(people.anna.viewer, [place.node.id], target)
    assert inserted and await rows() == left and await used(people.anna) == before
    assert await names(people.anna, target) == [] and "node.copy" not in [one.kind for one in await Command.recent(people.anna.viewer)]


async def test_what_the_death_of_the_server_leaves_is_nobodys_and_goes_by_itself(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    place, target = await album(people.anna), await folder(people.anna, "target")
    left = await rows()

    async def dies(*_given: Any) -> None:
        raise OSError

    with monkeypatch.context() as dying:
        dying.setattr(copying, "_shown", dies)
        dying.setattr(copying, "erase", dies)
        with pytest.raises(OSError):
            await copy(people.anna.viewer, place, target)
    [made] = await database.fetch("SELECT id FROM node WHERE parent_id = $1", target.node.id)
    assert await names(people.anna, target) == [] and await found(people.anna) == 12 and await list_trash(people.anna.viewer, target.drive) == ([], "")
    with pytest.raises(NotFound):
        await find_node(people.anna.viewer, made["id"], trashed=True)
    assert (await search_agreement("file"))[1:] == (0, 0) and (await agreement()).miscounted == 0
    await empty_trash(people.anna.viewer, target.drive)
    assert await erase_trash(target.drive.id) == 0 and await prune_trash() == 0, "it may be under way"
    with clock.at(clock.now() + 2 * clock.HOUR):
        assert await prune_trash() == 14 and await rows() == left
