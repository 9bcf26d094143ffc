"""Folders and files: made, moved, copied, thrown away, put back, undone."""

from __future__ import annotations

from unittest import mock

import msgspec
import pytest

from app import database
from app.jobs import run_now
from app.lib import clock
from app.models.base import NotFound, Refused
from app.models.command import Command
from app.models.drive import (
    NameRefused,
    NameTaken,
    changes_since,
    copy,
    copy_all,
    create_drive,
    empty_trash,
    find_node,
    find_path,
    home_drive,
    list_page,
    make_folder,
    move,
    purge,
    put_file,
    remove,
    rename,
    restore,
    restore_version,
    room_for,
    share,
)
from app.models.drive.bulk import FROM
from app.models.drive.content import Conflict
from app.models.drive.drives import archive_drive
from app.models.drive.history import turn_back
from app.models.drive.rights import EDIT
from app.models.drive.tables import Node, Version
from app.models.drive.trash import erase_trash, list_trash, prune_drives, prune_trash
from app.models.drive.tree import make_folders
from app.models.drive.versions import compare, pin, thin_versions
from app.models.files import Blob, keep_bytes
from app.models.files.sweeping import agreement, sweep
from app.models.search import search, visible_scopes
from tests.drive import content, file, folder, home, names, see
from tests.people import People, Person

pytestmark = pytest.mark.anyio


async def undo(person: Person, kind: str = "") -> None:
    command = next(one for one in await Command.recent(person.viewer) if one.kind == kind or not kind)
    await command.undo(person.viewer)


async def found_by(person: Person, words: str) -> list[str]:
    hits = await search(await visible_scopes(person.viewer), person.viewer.org_id, words, ["file"])
    return ["".join(segment.text for segment in hit.title) for hit in hits]


async def test_folders_come_first_and_numbers_count(people: People) -> None:
    for name in ("b.txt", "a10.txt", "a2.txt"):
        await file(people.anna, name)
    await folder(people.anna, "zoo")
    assert await names(people.anna, await home(people.anna)) == ["zoo", "a2.txt", "a10.txt", "b.txt"]


async def test_pages_follow_one_another_in_every_order(people: People) -> None:
    place = await home(people.anna)
    for number in range(7):
        await file(people.anna, f"f{number}", b"x" * number)
    await folder(people.anna, "sub")
    for sort in ("name", "modified", "size"):
        for down in (False, True):
            seen, after = [], ""
            while True:
                page = await list_page(people.anna.viewer, place, sort, down, after, 3)
                seen += [item.node.name for item in page.items]
                after = page.after
                if not after:
                    break
            files = [f"f{number}" for number in range(7)]
            assert seen == ["sub", *(reversed(files) if down else files)], (sort, down)


async def test_names_are_unique_whatever_their_form(people: People) -> None:
    place = await home(people.anna)
    await file(people.anna, "Zürich.txt")
    for twin in ("Zu\u0308rich.txt", "ZÜRICH.txt"):
        with pytest.raises(NameTaken):
            await put_file(people.anna.viewer, place, twin, await keep_bytes(b"x"))
    for bad in ("a/b", "line\nbreak", "CON", "dots...", ""):
        with pytest.raises(NameRefused):
            await make_folder(people.anna.viewer, place, bad)
    assert (await folder(people.anna, "😀" * 63)).node.name == "😀" * 63


async def test_move_keeps_both_or_replaces_and_can_be_undone(people: People) -> None:
    one, other = await folder(people.anna, "one"), await folder(people.anna, "other")
    note = await file(people.anna, "note.txt", b"one", one)
    await file(people.anna, "note.txt", b"other", other)
    await move(people.anna.viewer, [note.id], other)
    assert await names(people.anna, other) == ["note (2).txt", "note.txt"]
    await undo(people.anna)
    assert (await names(people.anna, one), await names(people.anna, other)) == (["note.txt"], ["note.txt"])
    await move(people.anna.viewer, [note.id], other, conflict="replace")
    assert await names(people.anna, other) == ["note.txt"]
    assert await content((await find_path(people.anna.viewer, other.drive, ["other", "note.txt"])).node) == b"one"
    with pytest.raises(NameTaken):
        await move(people.anna.viewer, [(await file(people.anna, "note.txt")).id], other, conflict="refuse")


async def test_a_folder_is_not_moved_or_copied_into_itself(people: People) -> None:
    outer = await folder(people.anna, "outer")
    inner = await folder(people.anna, "inner", outer)
    for target in (outer, inner):
        with pytest.raises(Refused):
            await move(people.anna.viewer, [outer.node.id], target)
        with pytest.raises(Refused):
            await copy(people.anna.viewer, outer, target)


async def test_copies_share_content_and_count_for_the_quota(people: People) -> None:
    outer = await folder(people.anna, "outer")
    await file(people.anna, "a.txt", b"12345", outer)
    made = await copy(people.anna.viewer, outer, await home(people.anna))
    assert made.name == "outer (2)"
    assert await names(people.anna, await see(people.anna, made)) == ["a.txt"]
    assert (await room_for(outer.drive)).used == 10
    assert (await agreement()).files == 1
    await undo(people.anna)
    assert await names(people.anna, await home(people.anna)) == ["outer"]


async def test_rename_changes_the_type_and_what_is_found(people: People) -> None:
    node = await file(people.anna, "budget.txt")
    assert await found_by(people.anna, "budget") == ["budget.txt"]
    await rename(people.anna.viewer, await see(people.anna, node), "forecast.txt")
    assert (await found_by(people.anna, "budget"), await found_by(people.anna, "forecast")) == ([], ["forecast.txt"])
    await undo(people.anna)
    assert await found_by(people.anna, "budget") == ["budget.txt"]


async def test_the_trash_gives_back_with_everything_below(people: People) -> None:
    outer = await folder(people.anna, "outer")
    inner = await folder(people.anna, "inner", outer)
    await file(people.anna, "deep.txt", parent=inner)
    await remove(people.anna.viewer, [outer.node.id])
    assert await names(people.anna, await home(people.anna)) == []
    assert await found_by(people.anna, "deep") == []
    with pytest.raises(NotFound):
        await see(people.anna, inner)
    assert [node.name for node in (await list_trash(people.anna.viewer, outer.drive))[0]] == ["outer"]
    await folder(people.anna, "outer")  # the name is given away
    await restore(people.anna.viewer, [outer.node.id])
    assert await names(people.anna, await home(people.anna)) == ["outer", "outer (2)"]
    assert await found_by(people.anna, "deep") == ["deep.txt"]


async def test_what_lay_in_a_folder_that_is_gone_comes_back_at_the_top(people: People) -> None:
    outer = await folder(people.anna, "outer")
    note = await file(people.anna, "note.txt", parent=outer)
    await remove(people.anna.viewer, [note.id])
    await remove(people.anna.viewer, [outer.node.id])
    await restore(people.anna.viewer, [note.id])
    assert await names(people.anna, await home(people.anna)) == ["note.txt"]


async def test_emptying_the_trash_frees_room_and_the_sweep_takes_the_bytes(people: People) -> None:
    outer = await folder(people.anna, "outer")
    note = await file(people.anna, "note.txt", b"12345", outer)
    await remove(people.anna.viewer, [outer.node.id])
    assert (await room_for(outer.drive)).used == 5
    await empty_trash(people.anna.viewer, outer.drive)
    assert await erase_trash(outer.drive.id) == 2
    assert (await room_for(outer.drive)).used == 0
    assert await Node.find(note.id) is None
    with clock.at(clock.now() + 2 * clock.DAY):
        assert await sweep() == 1
    assert (await agreement()).missing == []


async def test_what_was_emptied_is_gone_at_once_and_erased_by_a_job(people: People) -> None:
    old = await folder(people.anna, "old")
    leaf = await file(people.anna, "leaf.txt", parent=old)
    many = [(await file(people.anna, f"{number}.txt")).id for number in range(FROM + 2)]
    taken = [await remove(people.anna.viewer, ids) for ids in ([leaf.id], [old.node.id], many)]
    first, after = await list_trash(people.anna.viewer, old.drive, most=30)
    rest, end = await list_trash(people.anna.viewer, old.drive, after, most=30)
    assert {node.id for node in [*first, *rest]} == {leaf.id, old.node.id, *many} and (len(first), end) == (30, "")
    await empty_trash(people.anna.viewer, old.drive)
    with clock.at(clock.now() + 1):
        await remove(people.anna.viewer, [(await file(people.anna, "new.txt")).id])
        assert [node.name for node in (await list_trash(people.anna.viewer, (await home(people.anna)).drive))[0]] == ["new.txt"]
        for change in (purge, restore):
            with pytest.raises(NotFound):
                await change(people.anna.viewer, [old.node.id])
        for command in taken:
            with pytest.raises(Refused, match="isn’t in the trash any more"):
                await command.undo(people.anna.viewer)
        assert await names(people.anna, await home(people.anna)) == []
        (job,) = await database.fetch("SELECT payload FROM job WHERE kind = 'erase_trash'")
        await run_now("erase_trash", msgspec.json.decode(job["payload"]))
    assert [row["name"] for row in await database.fetch("SELECT name FROM node WHERE parent_id IS NOT NULL")] == ["new.txt"]


async def test_the_trash_is_emptied_by_rule_and_not_by_others(people: People) -> None:
    node = await file(people.anna, "old.txt")
    await remove(people.anna.viewer, [node.id])
    with pytest.raises(NotFound):
        await purge(people.beat.viewer, [node.id])
    assert await prune_trash() == 0
    with clock.at(clock.now() + 31 * clock.DAY):
        assert await prune_trash() == 1


@pytest.mark.parametrize("count", [3, FROM])
async def test_what_is_still_there_comes_back_and_the_rest_is_told(people: People, count: int) -> None:
    ids = [(await file(people.anna, f"{number}.txt")).id for number in range(count)]
    taken = await remove(people.anna.viewer, ids)
    await purge(people.anna.viewer, ids[:1])
    assert await taken.undo(people.anna.viewer) == "The others are back. 1 item isn’t in the trash any more."
    assert len(await names(people.anna, await home(people.anna))) == count - 1


async def test_many_are_deleted_for_good_by_who_may_with_one_question_for_each_folder(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    place = await folder(people.anna, "many")
    await share(people.anna.viewer, place.node, "account", people.beat.id, EDIT)
    ids, left = [[(await file(people.anna, f"{whose} {number}.txt", parent=place)).id for number in range(FROM)] for whose in ("own", "other")]
    await remove(people.beat.viewer, ids)
    await remove(people.anna.viewer, left)
    with pytest.raises(Refused):
        await purge(people.beat.viewer, [*ids, left[0]])
    asked = mock.AsyncMock(side_effect=find_node)
    monkeypatch.setattr("app.models.drive.finding.find_node", asked)
    assert await purge(people.beat.viewer, ids) == FROM
    assert asked.await_count == 1
    shown, _after = await list_trash(people.beat.viewer, place.drive)
    assert {node.id for node in shown} == set(left) and asked.await_count == 2


async def test_versions_come_back_are_pinned_compared_and_thinned(people: People) -> None:
    place = await home(people.anna)
    node = await file(people.anna, "plan.md", b"one\ntwo\n")
    first = node.version_id
    node = await put_file(people.anna.viewer, place, "plan.md", await keep_bytes(b"one\nthree\n"), replace=node)
    assert first and node.version_id and node.version_id != first
    assert await compare(node, first, node.version_id) == [("…", ""), (" ", "one"), ("-", "two"), ("+", "three")]
    await restore_version(people.anna.viewer, await see(people.anna, node), first)
    assert await content(node) == b"one\ntwo\n"
    await undo(people.anna)
    assert await content(node) == b"one\nthree\n"
    await pin(people.anna.viewer, await see(people.anna, node), first, True, "sent to the printer")
    with clock.at(clock.now() + 200 * clock.DAY):
        assert await thin_versions() == 2
    kept = await database.fetch("SELECT label FROM node_version WHERE node_id = $1 ORDER BY number", node.id)
    assert [row["label"] for row in kept] == ["sent to the printer", ""]


async def test_two_tabs_do_not_overwrite_one_another(people: People) -> None:
    place, node = await home(people.anna), await file(people.anna, "plan.md", b"one")
    base = node.version_id
    await put_file(people.anna.viewer, place, "plan.md", await keep_bytes(b"first tab"), replace=node, base=base)
    with pytest.raises(Conflict):
        await put_file(people.anna.viewer, place, "plan.md", await keep_bytes(b"second tab"), replace=node, base=base)
    assert await content(node) == b"first tab"


async def test_the_same_content_again_is_no_version(people: People) -> None:
    node = await file(people.anna, "same.txt", b"same")
    await put_file(people.anna.viewer, await home(people.anna), "same.txt", await keep_bytes(b"same"), replace=node)
    assert len(await database.fetch("SELECT id FROM node_version WHERE node_id = $1", node.id)) == 1


async def test_a_folder_becomes_what_it_was_at_a_moment(people: People) -> None:
    place = await folder(people.anna, "project")
    keep, gone, moved = [await file(people.anna, f"{name}.txt", name.encode(), place) for name in ("keep", "gone", "moved")]
    elsewhere = await folder(people.anna, "elsewhere")
    async with database.transaction():
        await database.execute("UPDATE node_event SET at = at - 10000")
        await database.execute("UPDATE node_version SET created_at = created_at - 10000")
    moment = clock.now() - 5000
    await put_file(people.anna.viewer, place, "keep.txt", await keep_bytes(b"overwritten"), replace=keep)
    await remove(people.anna.viewer, [gone.id])
    await move(people.anna.viewer, [moved.id], elsewhere)
    await file(people.anna, "new.txt", parent=place)
    await turn_back(people.anna.viewer, await see(people.anna, place), moment)
    assert await names(people.anna, place) == ["gone.txt", "keep.txt", "moved.txt"]
    assert await content(keep) == b"keep"


async def test_a_sync_hears_of_what_changed_and_what_is_gone(people: People) -> None:
    place = await folder(people.anna, "sync")
    one, two = await file(people.anna, "one.txt", parent=place), await file(people.anna, "two.txt", parent=place)
    first = await changes_since(place.drive, place.node.id, None)
    assert [node.name for node in first.changed] == ["one.txt", "two.txt"]
    assert (await changes_since(place.drive, place.node.id, first.modseq))[:2] == ([], [])
    await remove(people.anna.viewer, [one.id])
    await rename(people.anna.viewer, await see(people.anna, two), "three.txt")
    later = await changes_since(place.drive, place.node.id, first.modseq)
    assert [node.name for node in later.changed] == ["three.txt"]
    assert sorted(later.gone) == ["one.txt", "two.txt"]
    await restore(people.anna.viewer, [one.id])
    assert (await changes_since(place.drive, place.node.id, first.modseq)).gone == ["two.txt"]


async def test_a_key_puts_a_file_once(people: People) -> None:
    place, blob = await home(people.anna), await keep_bytes(b"once")
    one = await put_file(people.anna.viewer, place, "once.txt", blob, key="k1")
    again = await put_file(people.anna.viewer, place, "once.txt", blob, key="k1")
    assert one.id == again.id


async def test_an_uploaded_folder_makes_its_folders_once(people: People) -> None:
    place = await home(people.anna)
    one = await make_folders(people.anna.viewer, place, ["a", "CON", "b/c"])
    again = await make_folders(people.anna.viewer, place, ["A", "con", "b_c"])
    assert one.node.id == again.node.id
    assert [crumb.name for crumb in one.crumbs] == ["", "a", "CON_"]


async def test_several_drives_for_one_person(people: People) -> None:
    drive = await create_drive(people.anna.viewer, "personal", "Archive")
    assert drive.slug == "archive"
    assert (await create_drive(people.anna.viewer, "personal", "Archive")).slug == "archive-2"
    node = await file(people.anna, "a.txt")
    await move(people.anna.viewer, [node.id], await see(people.anna, await Node.get(drive.root_id)))
    assert (await Node.get(node.id)).drive_id == drive.id
    assert (await Version.get(node.version_id or 0)).node_id == node.id
    assert (await home_drive(people.anna.viewer)).id != drive.id


async def test_a_drive_that_is_put_away_is_erased_when_nobody_can_undo_it(people: People) -> None:
    drive = await create_drive(people.anna.viewer, "personal", "Archive")
    node = await file(people.anna, "a.txt", b"12345", await see(people.anna, await Node.get(drive.root_id)))
    await archive_drive(people.anna.viewer, drive)
    with pytest.raises(NotFound):
        await see(people.anna, node)
    await undo(people.anna)
    assert await see(people.anna, node)
    await archive_drive(people.anna.viewer, drive)
    assert await prune_drives() == 0
    with clock.at(clock.now() + 31 * clock.DAY):
        assert await prune_drives() == 1
    assert (await room_for(drive)).used == 0
    assert await Node.find(node.id) is None


async def test_the_files_of_a_deleted_account_are_erased(people: People) -> None:
    node = await file(people.beat, "diary.txt")
    await people.beat.account.change(email=f"{people.beat.id}@deleted.invalid")
    assert await prune_drives() == 1
    assert await Node.find(node.id) is None


async def test_very_many_are_thrown_away_at_once_and_come_back(people: People) -> None:
    place, inner = await folder(people.anna, "many"), await folder(people.anna, "other")
    ids = [(await file(people.anna, f"needle {number}.txt", b"x", place)).id for number in range(45)]
    await file(people.anna, "needle below.txt", parent=inner)
    first = await changes_since(place.drive, place.node.id, None)
    await remove(people.anna.viewer, [*ids, inner.node.id])
    assert await names(people.anna, place) == []
    assert await found_by(people.anna, "needle") == []
    assert len((await changes_since(place.drive, place.node.id, first.modseq)).gone) == 45
    await undo(people.anna)
    assert len(await names(people.anna, place)) == 45
    assert await found_by(people.anna, "below") == ["needle below.txt"]
    with pytest.raises(NotFound):
        await remove(people.beat.viewer, ids)


async def test_very_many_are_moved_and_copied_at_once_and_it_is_undone(people: People) -> None:
    place, target = await folder(people.anna, "many"), await folder(people.anna, "target")
    drive = await create_drive(people.anna.viewer, "shared", "Team")
    team = await see(people.anna, await Node.get(drive.root_id), EDIT)
    inner = await folder(people.anna, "inner", place)
    deep = await file(people.anna, "needle deep.txt", b"1234", inner)
    ids = [(await file(people.anna, f"needle {number}.txt", b"x", place)).id for number in range(45)]
    twin = await file(people.anna, "NEEDLE 7.txt", b"another", target)
    await share(people.anna.viewer, await Node.get(ids[3]), "account", people.chiara.id, EDIT)
    first, used = await changes_since(place.drive, place.node.id, None), (await room_for(place.drive)).used
    everything = [*ids, inner.node.id]
    # To where one of the names is taken, in the same drive.
    await move(people.anna.viewer, everything, target)
    assert await names(people.anna, place) == [] and len(await names(people.anna, target)) == 47
    assert (await Node.get(ids[7])).name == "needle 7 (2).txt" and (await Node.get(twin.id)).name == "NEEDLE 7.txt"
    assert len((await changes_since(place.drive, place.node.id, first.modseq)).gone) == 46
    assert (await Node.get(ids[3])).above_id == (await Node.get(target.node.id)).anchor_id
    await undo(people.anna)
    assert len(await names(people.anna, place)) == 46 and (await Node.get(ids[7])).name == "needle 7.txt"
    # To the team's drive: rights, words and the quota follow, down to the last file.
    assert await found_by(people.beat, "deep") == []
    await move(people.anna.viewer, everything, team)
    assert await found_by(people.beat, "deep") == ["needle deep.txt"] and (await see(people.beat, deep, EDIT)).drive.id == drive.id
    assert (await room_for(place.drive)).used == used - 45 - 4
    with pytest.raises(Refused):
        await move(people.beat.viewer, everything, await home(people.beat))
    await undo(people.anna)
    assert await found_by(people.beat, "deep") == [] and (await room_for(place.drive)).used == used
    # A copy of all of it, that can be found by those who see it, and of which a moment later nothing is missing.
    await copy_all(people.anna.viewer, everything, team)
    assert await found_by(people.beat, "deep") == ["needle deep.txt"] and len(await names(people.beat, team)) == 46
    [copied] = await database.fetch("SELECT * FROM node WHERE name = 'needle deep.txt' AND drive_id = $1", drive.id)
    assert await content(Node.from_row(copied)) == b"1234"
    with clock.at(clock.now() + 5000):
        await turn_back(people.anna.viewer, await see(people.anna, team), clock.now() - 1000)
    assert await found_by(people.beat, "deep") == ["needle deep.txt"], "what is in a copied folder was there"
    with pytest.raises(Refused):
        await copy_all(people.anna.viewer, [*ids, inner.node.id], inner)
    with pytest.raises(Refused):
        await move(people.anna.viewer, everything, inner)
    with pytest.raises(NotFound):
        await copy_all(people.beat.viewer, everything, team)
    await undo(people.anna, "node.copy")
    assert await names(people.beat, team) == [] and await found_by(people.beat, "needle") == []
    assert await Blob.find((await Node.get(deep.id)).blob_id or 0)
