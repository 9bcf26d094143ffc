"""Many files that come together are one change: one line in What I did, one way back."""

from __future__ import annotations

import pytest

from app.models.command import Command
from app.models.drive import Found, find_path, make_folder, move, put_file, remove, share
from app.models.drive.bulk import FROM
from app.models.drive.rights import EDIT, VIEW
from app.models.drive.uploading import by_program
from app.models.files import keep_bytes
from tests.drive import come, content, file, folder, home, names, see
from tests.people import People, Person

pytestmark = pytest.mark.anyio


async def latest(person: Person) -> Command:
    return (await Command.recent(person.viewer))[0]


async def test_an_upload_is_one_change_and_goes_as_one(people: People) -> None:
    anna, root = people.anna, await home(people.anna)
    there = await file(anna, "there.txt", b"before")
    await file(anna, "mine.txt")
    await come(anna, root, "Trip/Day 1/a.txt", "Trip/Day 1/b.txt", "Trip/c.txt", "loose.txt", "there.txt", "gone.txt")
    before = await Command.recent(anna.viewer)
    assert [one.kind for one in before] == ["node.upload", "node.put", "node.put"] and before[0].what == "Trip"
    assert await Command.part_counts([before[0].id]) == {before[0].id: 8}  # six files, two folders
    assert [one.what for one in await before[0].parts(most=2)] == ["gone.txt", "there.txt"]
    await remove(anna.viewer, [(await find_path(anna.viewer, root.drive, ["gone.txt"])).node.id])

    await before[0].undo(anna.viewer)
    assert sorted(await names(anna, root)) == ["mine.txt", "there.txt"] and await content(there) == b"before"
    assert all(one.undone_at for one in await before[0].parts())

    # What comes of it later, after a lost connection, is a change of its own.
    await come(anna, root, "Trip/late.txt")
    assert (await latest(anna)).id > before[0].id and (await latest(anna)).is_undoable


async def test_many_loose_files_go_together(people: People) -> None:
    root = await home(people.anna)
    await come(people.anna, root, *(f"{number}.txt" for number in range(FROM + 1)))
    await (await latest(people.anna)).undo(people.anna.viewer)
    assert await names(people.anna, root) == []


async def test_what_was_sorted_meanwhile_goes_too(people: People) -> None:
    anna, root = people.anna, await home(people.anna)
    await come(anna, root, "Trip/a.txt", "Trip/b.txt")
    whole, trip = await latest(anna), await find_path(anna.viewer, root.drive, ["Trip"])
    await move(anna.viewer, [(await find_path(anna.viewer, root.drive, ["Trip", "a.txt"])).node.id], await folder(anna, "sorted", trip))
    await whole.undo(anna.viewer)
    assert await names(anna, root) == []


async def test_what_others_put_elsewhere_stays_there(people: People) -> None:
    anna, beat, place, private = people.anna, people.beat, await folder(people.anna, "ours"), await folder(people.anna, "mine")
    await share(anna.viewer, place.node, "account", beat.id, EDIT)
    await come(beat, await see(beat, place, EDIT), "a.txt", "b.txt")
    node = (await find_path(anna.viewer, place.drive, ["ours", "a.txt"])).node
    await share(anna.viewer, node, "account", beat.id, EDIT)
    await move(anna.viewer, [node.id], private)
    await (await latest(beat)).undo(beat.viewer)
    assert (await names(anna, place), await names(anna, private)) == ([], ["a.txt"])


async def test_what_others_saved_since_stays(people: People) -> None:
    anna, beat, place = people.anna, people.beat, await folder(people.anna, "ours")
    await share(anna.viewer, place.node, "account", beat.id, EDIT)
    mine, ours = await file(anna, "mine.txt", b"before", place), await file(anna, "ours.txt", b"before", place)
    await come(anna, place, "mine.txt", "ours.txt")
    whole = await latest(anna)
    await put_file(beat.viewer, await see(beat, place, EDIT), "ours.txt", await keep_bytes(b"by Beat"), replace=ours)
    await whole.undo(anna.viewer)
    assert (await content(mine), await content(ours)) == (b"before", b"by Beat")


async def test_one_part_is_taken_back_alone(people: People) -> None:
    root = await home(people.anna)
    await come(people.anna, root, "a.txt", "b.txt")
    whole = await latest(people.anna)
    await (await whole.parts())[0].undo(people.anna.viewer)
    assert await names(people.anna, root) == ["a.txt"]
    await whole.undo(people.anna.viewer)
    assert await names(people.anna, root) == []


async def test_what_may_no_longer_be_changed_stays(people: People) -> None:
    place = await folder(people.anna, "ours")
    await share(people.anna.viewer, place.node, "account", people.beat.id, EDIT)
    await come(people.beat, await see(people.beat, place.node, EDIT), "a.txt", "b.txt")
    await share(people.anna.viewer, place.node, "account", people.beat.id, VIEW)
    await (await latest(people.beat)).undo(people.beat.viewer)
    assert sorted(await names(people.anna, place)) == ["a.txt", "b.txt"]


async def test_what_a_program_copies_is_one_change(people: People) -> None:
    anna, root = people.anna, await home(people.anna)
    for name in ("one", "two"):
        async with by_program(anna.viewer, name, root.node):
            place = Found(await make_folder(anna.viewer, root, name), root.level, root.drive)
        async with by_program(anna.viewer, "a.txt", place.node):
            await put_file(anna.viewer, place, "a.txt", await keep_bytes(b"a"))
    (whole,) = await Command.recent(anna.viewer)
    assert (whole.what, await Command.part_counts([whole.id])) == ("one", {whole.id: 4})
    await whole.undo(anna.viewer)
    assert await names(anna, root) == []
    async with by_program(anna.viewer, "anew.txt", root.node):
        await put_file(anna.viewer, root, "anew.txt", await keep_bytes(b"a"))
    assert (await latest(anna)).id != whole.id and (await latest(anna)).is_undoable
