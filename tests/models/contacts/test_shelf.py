"""Whole books: made, renamed, shared and deleted, and every one of it taken back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from app import database
from app.lib import clock
from app.models.base import NotFound, Refused
from app.models.command import Command
from app.models.contacts import AddressBook, BookRefused, shelf
from app.models.contacts.sharing import answer, change_level, offered, share, shares_of
from app.models.team import Description, Team
from tests.people import People

CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{0}\r\nFN:{0}\r\nEND:VCARD\r\n"


async def state() -> list[object]:
    """What undoing has to bring back."""
    books = await database.fetch("SELECT id, name, hue, description, deleted_at IS NULL AS there FROM address_book ORDER BY id")
    shares = await database.fetch("SELECT book_id, sole_key, level FROM address_book_share ORDER BY sole_key")
    answers = await database.fetch("SELECT book_id, account_id, accepted_at IS NULL AS open FROM address_book_answer ORDER BY account_id")
    return [books, shares, answers]


async def test_doing_and_undoing_leaves_everything_as_it_was(people: People) -> None:
    anna, beat = people.anna.viewer, people.beat.viewer
    team = await Team.create(anna, Description("Sales"), [people.chiara.id])
    made = await shelf.create_book(anna, "Customers", 3)
    await share(anna, made, [people.beat.id], [], False, 1)
    await answer(beat, made.id, True)
    [row] = await shares_of(made)
    done: list[tuple[People | object, Callable[[], Awaitable[Command]]]] = [
        (anna, lambda: shelf.describe_book(anna, made, "Clients", 5, "ours")),
        (anna, lambda: share(anna, made, [people.david.id, people.beat.id], [team.id], True, 2)),
        (anna, lambda: change_level(anna, made, row["id"], 3)),
        (anna, lambda: change_level(anna, made, row["id"], 0)),
        (beat, lambda: answer(beat, made.id, False)),
        (anna, lambda: shelf.delete_book(anna, made)),
    ]
    for viewer, do in done:
        before = await state()
        command = await do()
        assert await state() != before, command.kind
        await (await Command.get(command.id)).undo(viewer)  # type: ignore[arg-type]
        assert await state() == before, command.kind


async def test_a_book_is_offered_to_everybody_of_a_team_and_gone_with_it(people: People) -> None:
    anna, chiara = people.anna.viewer, people.chiara.viewer
    team = await Team.create(anna, Description("Sales"), [people.chiara.id])
    made = await shelf.create_book(anna, "Customers", 3)
    await share(anna, made, [], [team.id], False, 2)
    assert [(one["name"], one["level"]) for one in await offered(chiara)] == [("Customers", 2)]
    assert await offered(people.beat.viewer) == [] and await offered(people.gina.viewer) == []
    await answer(chiara, made.id, True)
    assert (await AddressBook.seen_by(chiara, made.id)).can_write
    with pytest.raises(NotFound):
        await shelf.delete_book(chiara, await AddressBook.seen_by(chiara, made.id))
    await team.remove_member(anna, people.chiara.id)
    with pytest.raises(NotFound):
        await AddressBook.seen_by(chiara, made.id)


async def test_what_cant_be_a_book_is_refused(people: People) -> None:
    anna = people.anna.viewer
    for name in ("", "   ", "x" * 121):
        with pytest.raises(BookRefused):
            await shelf.create_book(anna, name, 3)
    first = await AddressBook.default_for(people.anna.id, people.anna.organisation.id)
    with pytest.raises(Refused):
        await shelf.delete_book(anna, first)
    with pytest.raises(Refused):
        await share(anna, first, [people.gina.id, people.erik.id], [], False, 1)


async def test_what_is_old_is_forgotten(people: People) -> None:
    book = await AddressBook.default_for(people.anna.id, people.anna.organisation.id)
    made = await shelf.create_book(people.anna.viewer, "Old", 3)
    with clock.at(clock.now() - 200 * clock.DAY):
        await book.put(people.anna.id, "a.vcf", CARD.format("a"))
        await book.remove_card(people.anna.id, "a.vcf")
        await made.put(people.anna.id, "b.vcf", CARD.format("b"))
        await shelf.delete_book(people.anna.viewer, made)
    now = await book.current_modseq()
    await shelf.prune()
    for table in ("contact_version", "contact_gone", "contact"):
        assert await database.fetch(f"SELECT id FROM {table}") == [], table
    assert await AddressBook.find(made.id) is None
    assert (await book.changes_since(now)).is_complete
