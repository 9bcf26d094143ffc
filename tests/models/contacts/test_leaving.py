"""What becomes of address books when somebody leaves, and what somebody takes along."""

from __future__ import annotations

from app.models import member
from app.models.command import Command
from app.models.contacts import AddressBook, my_data
from app.models.contacts.people import birthdays
from app.models.contacts.sharing import answer, share
from app.models.my_data import Owner
from tests.people import People

CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{0}\r\nFN:{0}\r\nBDAY:{1}\r\nEND:VCARD\r\n"


async def test_shared_books_go_to_the_heir_and_come_back(people: People) -> None:
    anna, beat, chiara = people.anna, people.beat, people.chiara
    private = await AddressBook.default_for(beat.id, beat.organisation.id)
    shared = await AddressBook.make(beat.id, beat.organisation.id, "Customers")
    await shared.put(beat.id, "a.vcf", CARD.format("a", "1980-01-02"))
    await share(beat.viewer, await AddressBook.seen_by(beat.viewer, shared.id), [chiara.id], [], False, 1)
    await answer(chiara.viewer, shared.id, True)
    ended = await member.end_membership(anna.viewer, beat.id, anna.id)
    assert [book.name for book in await AddressBook.all_for(anna.id)] == ["Contacts", "Customers"]
    assert [book.level for book in await AddressBook.all_for(chiara.id)] == [4, 1], "Chiara reads on"
    command = ended if isinstance(ended, Command) else (await Command.recent(anna.viewer))[0]
    await command.undo(anna.viewer)
    assert sorted(book.id for book in await AddressBook.all_for(beat.id)) == sorted([private.id, shared.id])
    assert [book.name for book in await AddressBook.all_for(anna.id)] == ["Contacts"]


async def test_own_books_are_in_ones_copy_of_everything(people: People) -> None:
    book = await AddressBook.default_for(people.anna.id, people.anna.organisation.id)
    await book.put(people.anna.id, "a.vcf", CARD.format("Zoë", "--05-12"))
    owner = Owner(people.anna.id, people.anna.organisation.id, people.anna.membership.id, "UTC")
    files = {path: b"".join([piece async for piece in pieces]) async for path, pieces in my_data._contacts(owner)}
    assert files == {"contacts/contacts.vcf": CARD.format("Zoë", "--05-12").encode()}


async def test_birthdays_are_told_by_day(people: People) -> None:
    book = await AddressBook.default_for(people.anna.id, people.anna.organisation.id)
    for name, day in (("Late", "1980-12-31"), ("Early", "--01-02"), ("None", "circa 1800")):
        await book.put(people.anna.id, f"{name}.vcf", CARD.format(name, day))
    assert [(one.name, one.month, one.day, one.year) for one in await birthdays(people.anna.viewer)] == [("Early", 1, 2, None), ("Late", 12, 31, 1980)]
    assert await birthdays(people.beat.viewer) == []
