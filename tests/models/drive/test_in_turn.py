"""Moving, throwing away and putting back very many that were chosen: others write meanwhile, and there is one way back from any point."""

from __future__ import annotations

from collections.abc import Awaitable
from types import SimpleNamespace
from typing import Any

import pytest

from app.lib.ids import new_id
from app.models.base import NotFound, Refused
from app.models.command import Command
from app.models.drive import (
    EDIT,
    MANAGE,
    Found,
    bulk,
    create_drive,
    find_node,
    move,
    moving,
    remove,
    restore,
    share,
    trash,
    tree,
    uploading,
)
from app.models.files import QuotaFull, storage_of
from app.models.files.sweeping import agreement
from app.models.search import agreement as search_agreement
from tests.drive import file, folder, found, home, meanwhile, names, see
from tests.people import People, Person

pytestmark = pytest.mark.anyio

COUNT, PIECE = 10, 3


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (bulk, moving, trash, tree, uploading):
        for name, value in (("FROM", 5), ("PIECE", PIECE)):
            monkeypatch.setattr(module, name, value, raising=hasattr(module, name))


async def album(person: Person, parent: Found | None = None) -> tuple[Found, list[int]]:
    """A folder of ten files of 7 bytes, and their ids."""
    place = await folder(person, "album", parent)
    return place, [(await file(person, f"needle {number}.txt", parent=place)).id for number in range(COUNT)]


async def turns(work: Awaitable[Any], person: Person) -> int:
    """How many folders somebody made, one after the other, while the work was done."""
    return await meanwhile(work, lambda _number: folder(person, f"folder {new_id()}"))


async def last(person: Person) -> Command:
    return (await Command.recent(person.viewer))[0]


class Sudden(Exception):
    """The end."""


def ends(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, after: int) -> None:
    """Let what is called so fail after so many calls, as if the server died."""
    work, calls = getattr(module, name), iter(range(10_000))

    async def dies(*given: Any) -> Any:
        if next(calls) == after:
            raise Sudden
        return await work(*given)

    monkeypatch.setattr(module, name, dies)


async def test_others_write_while_very_many_are_moved_thrown_away_and_put_back(people: People) -> None:
    place, ids = await album(people.anna)
    target, everybody = await folder(people.anna, "target"), sorted(await names(people.anna, place))
    least = COUNT / PIECE
    for work, there, gone in (
        (lambda: move(people.anna.viewer, ids, target), target, place), (lambda: remove(people.anna.viewer, ids), None, place),
    ):
        assert await turns(work(), people.beat) >= least
        assert await names(people.anna, gone) == [] and (there is None or sorted(await names(people.anna, there)) == everybody)
        assert await found(people.anna) == (COUNT if there else 0)
        command = await last(people.anna)
        assert command.what == "needle 0.txt and 9 more"
        assert await turns(command.undo(people.anna.viewer), people.beat) >= least
        assert sorted(await names(people.anna, place)) == everybody and await found(people.anna) == COUNT
        with pytest.raises(Refused):
            await (await Command.get(command.id)).undo(people.anna.viewer)
    await remove(people.anna.viewer, ids)
    assert await turns(restore(people.anna.viewer, ids), people.beat) >= least
    assert sorted(await names(people.anna, place)) == everybody and await found(people.anna) == COUNT
    assert await turns((await last(people.anna)).undo(people.anna.viewer), people.beat) >= least
    assert await names(people.anna, place) == [] and (await search_agreement("file"))[1:] == (0, 0)


async def test_what_ends_suddenly_is_taken_back_as_far_as_it_came(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    place, ids = await album(people.anna)
    target, everybody = await folder(people.anna, "target"), sorted(await names(people.anna, place))
    for work, module, name, back in (
        (lambda: move(people.anna.viewer, ids, target), moving.Moving, "move", "move"), (lambda: remove(people.anna.viewer, ids), trash, "put_all_away", "bring_all_back"),
    ):
        with monkeypatch.context() as dying:
            ends(dying, module, name, 2)
            with pytest.raises(Sudden):
                await work()
        assert len(await names(people.anna, place)) == COUNT - 2 * PIECE, "two pieces went"
        with monkeypatch.context() as dying:
            ends(dying, module, back, 1)
            with pytest.raises(Sudden):
                await (await last(people.anna)).undo(people.anna.viewer)
        assert len(await names(people.anna, place)) == COUNT - PIECE, "one came back"
        await (await last(people.anna)).undo(people.anna.viewer)
        assert sorted(await names(people.anna, place)) == everybody and not (await last(people.anna)).is_undoable
    await remove(people.anna.viewer, ids)
    ends(monkeypatch, trash, "bring_all_back", 2)
    with pytest.raises(Sudden):
        await restore(people.anna.viewer, ids)
    assert len(await names(people.anna, place)) == 2 * PIECE
    await (await last(people.anna)).undo(people.anna.viewer)
    assert await names(people.anna, place) == []


async def test_everything_is_asked_before_anything_is_done(people: People) -> None:
    place, ids = await album(people.anna)
    target = await folder(people.anna, "target")
    await share(people.anna.viewer, place.node, "account", people.beat.id, EDIT)
    foreign = (await file(people.anna, "foreign.txt")).id
    other = await home(people.beat)
    for refused, work in (
        (NotFound, lambda: remove(people.beat.viewer, [*ids, foreign])), (NotFound, lambda: move(people.anna.viewer, [*ids, 1], target)),
        (Refused, lambda: move(people.beat.viewer, ids, other)), (Refused, lambda: move(people.anna.viewer, [*ids, target.node.id], target)),
    ):
        with pytest.raises(refused):
            await work()
        assert len(await names(people.anna, place)) == COUNT
    await remove(people.anna.viewer, [*ids, foreign])
    with pytest.raises(NotFound):
        await restore(people.beat.viewer, [*ids, foreign])
    assert await names(people.anna, place) == []


async def test_what_very_many_need_in_another_drive_is_asked_before(people: People) -> None:
    team = await create_drive(people.anna.viewer, "shared", "Team")
    shared = await find_node(people.anna.viewer, team.root_id, MANAGE)
    place, ids = await album(people.anna, shared)
    await people.anna.organisation.change(storage_per_person=COUNT * 7 - 1)
    with pytest.raises(QuotaFull):
        await move(people.anna.viewer, ids, await home(people.anna))
    assert len(await names(people.anna, place)) == COUNT
    await people.anna.organisation.change(storage_per_person=COUNT * 7, storage_limit=COUNT * 7)
    await move(people.anna.viewer, ids, await home(people.anna))
    assert (await storage_of(people.anna.organisation.id, people.anna.id)).used == COUNT * 7 and (await agreement()).miscounted == 0
    await people.anna.organisation.change(storage_per_person=1)
    await move(people.anna.viewer, ids, await folder(people.anna, "mine"))  # needs nothing more
    await (await last(people.anna)).undo(people.anna.viewer)
    await (await Command.recent(people.anna.viewer))[2].undo(people.anna.viewer)
    assert len(await names(people.anna, place)) == COUNT and (await storage_of(people.anna.organisation.id, people.anna.id)).used == 0


async def test_many_come_home_from_a_drive_that_is_not_ones_own(people: People) -> None:
    place, ids = await album(people.beat)
    shared = await folder(people.anna, "shared")
    await share(people.anna.viewer, shared.node, "account", people.beat.id, EDIT)
    await move(people.beat.viewer, ids, await see(people.beat, shared, EDIT))
    with pytest.raises(Refused):
        await move(people.beat.viewer, ids, place)
    await (await last(people.beat)).undo(people.beat.viewer)
    assert len(await names(people.beat, place)) == COUNT and await names(people.anna, shared) == []


async def test_what_others_do_meanwhile_holds(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    place, ids = await album(people.anna)
    target = await folder(people.anna, "target")
    pauses: list[float] = []

    async def meddle(seconds: float) -> None:
        """Between two pieces."""
        pauses.append(seconds)
        if len(pauses) == 1:
            await remove(people.anna.viewer, ids[-1:])
            await file(people.anna, "needle 8.txt", parent=await see(people.anna, target, EDIT))

    monkeypatch.setattr(bulk, "asyncio", SimpleNamespace(sleep=meddle))
    await move(people.anna.viewer, ids, target)
    assert await names(people.anna, place) == [] and len(pauses) == 3
    assert sorted(await names(people.anna, target)) == sorted([*(f"needle {number}.txt" for number in range(COUNT - 1)), "needle 8 (2).txt"])


async def test_folders_come_back_before_what_was_in_them(people: People) -> None:
    place, ids = await album(people.anna)
    await remove(people.anna.viewer, ids)
    await remove(people.anna.viewer, [place.node.id])
    await restore(people.anna.viewer, [*ids, place.node.id])
    assert len(await names(people.anna, await see(people.anna, place))) == COUNT
