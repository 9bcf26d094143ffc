"""Commands: done once however often they are sent, and undone once."""

from __future__ import annotations

import pytest

from app import database
from app.lib import clock
from app.models.base import NotFound, Refused
from app.models.command import UNDO_FOR, Command, undoes
from tests.people import People


@undoes("test.rename")
async def _rename_back(viewer, inverse) -> None:
    await database.execute("UPDATE organisation SET name = $1 WHERE id = $2", inverse["name"], viewer.org_id)


async def rename(people: People, name: str, key: str | None = None) -> Command:
    async with Command.once(people.anna.viewer, "test.rename", key) as command:
        if not command.repeated:
            before = await database.fetch_value("SELECT name FROM organisation WHERE id = $1", people.anna.viewer.org_id)
            await database.execute("UPDATE organisation SET name = $1 WHERE id = $2", name, people.anna.viewer.org_id)
            command.done(result=people.anna.viewer.org_id, what=name, inverse={"name": before})
    return command


async def name_of(people: People) -> str:
    return await database.fetch_value("SELECT name FROM organisation WHERE id = $1", people.anna.viewer.org_id)


async def test_the_same_key_does_it_once(people: People) -> None:
    first = await rename(people, "Berg", "key-1")
    again = await rename(people, "Tal", "key-1")
    assert not first.repeated and again.repeated
    assert again.result == first.result
    assert await name_of(people) == "Berg"


async def test_two_people_may_use_the_same_key(people: People) -> None:
    await rename(people, "Berg", "key-1")
    async with Command.once(people.beat.viewer, "test.rename", "key-1") as command:
        assert not command.repeated


async def test_a_key_belongs_to_one_kind_of_command(people: People) -> None:
    await rename(people, "Berg", "key-1")
    with pytest.raises(Refused):
        async with Command.once(people.anna.viewer, "test.other", "key-1"):
            pass


async def test_undo_restores_and_happens_once(people: People) -> None:
    command = await rename(people, "Berg")
    await command.undo(people.anna.viewer)
    assert await name_of(people) == "Alpina"
    with pytest.raises(Refused):
        await command.undo(people.anna.viewer)


async def test_nobody_undoes_for_another(people: People) -> None:
    command = await rename(people, "Berg")
    assert (await Command.find_own(command.id, account_id=people.anna.id, org_id=people.anna.viewer.org_id)).is_undoable
    for other in (people.beat, people.erik):
        with pytest.raises(NotFound):
            await Command.find_own(command.id, account_id=other.id, org_id=other.viewer.org_id)


async def test_after_thirty_days_it_stays(people: People) -> None:
    command = await rename(people, "Berg")
    with clock.at(clock.now() + UNDO_FOR + 1):
        with pytest.raises(Refused):
            await command.undo(people.anna.viewer)
        assert await Command.recent(people.anna.viewer) == []
        await Command.prune()
    assert await database.fetch_value("SELECT COUNT(*) FROM command") == 0
    assert await name_of(people) == "Berg"


async def test_a_command_that_fails_leaves_nothing(people: People) -> None:
    with pytest.raises(ZeroDivisionError):
        async with Command.once(people.anna.viewer, "test.rename", "key-1") as command:
            command.done(what=str(1 / 0))
    assert not (await rename(people, "Berg", "key-1")).repeated
