"""Cards of a book: kept byte for byte, found by what they say, and told to clients that ask what changed."""

from __future__ import annotations

import pytest

from app import database
from app.models.base import NotFound
from app.models.contacts import AddressBook, CardRefused, LostRace, TooOld, UidTaken
from app.models.contacts.writing import MOST_CARD
from app.models.search import search, visible_scopes
from tests.people import People, Person

ZOE = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:zoe-1\r\nN:Zürcher;Zoë;;;\r\nFN:Zoë Zürcher\r\nEMAIL:Zoe@Example.com\r\nTEL:044 312 12 12\r\nX-ODD;a=b:kept \r\nEND:VCARD\r\n"


def card(uid: str, name: str, *lines: str) -> str:
    return "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", f"UID:{uid}", f"FN:{name}", *lines, "END:VCARD", ""])


async def book_of(person: Person) -> AddressBook:
    return await AddressBook.default_for(person.id, person.organisation.id)


async def test_a_card_comes_back_as_it_was_sent(people: People) -> None:
    book = await book_of(people.anna)
    made = await book.put(people.anna.id, "zoe.vcf", ZOE)
    found = await book.contact("zoe.vcf")
    assert found.vcard == ZOE
    assert (found.etag, found.size) == (made.etag, len(ZOE.encode()))
    assert (found.name, found.sort_name, found.letter, found.email) == ("Zoë Zürcher", "zoe zurcher", "Z", "Zoe@Example.com")
    assert await database.fetch_value("SELECT number FROM contact_phone WHERE contact_id = $1", found.id) == "+41443121212"
    assert await database.fetch_value("SELECT address FROM contact_email WHERE contact_id = $1", found.id) == "zoe@example.com"
    hits = await search(await visible_scopes(people.anna.viewer, ["contact"]), people.anna.organisation.id, "zurcher")
    assert [hit.id for hit in hits] == [found.id]
    assert not await search(await visible_scopes(people.beat.viewer, ["contact"]), people.beat.organisation.id, "zurcher")


async def test_changes_are_told_in_their_order_and_in_pieces(people: People) -> None:
    book = await book_of(people.anna)
    for number in range(4):
        await book.put(people.anna.id, f"{number}.vcf", card(f"u{number}", f"Person {number}"))
    first = await book.changes_since(0)
    assert ([href for href, _etag in first.changed], first.gone, first.is_complete) == (["0.vcf", "1.vcf", "2.vcf", "3.vcf"], [], True)
    await book.put(people.anna.id, "1.vcf", card("u1", "Another"))
    await book.remove_card(people.anna.id, "2.vcf")
    later = await book.changes_since(first.modseq)
    assert ([href for href, _etag in later.changed], later.gone) == (["1.vcf"], ["2.vcf"])
    piece = await book.changes_since(first.modseq, 1)
    assert ([href for href, _etag in piece.changed], piece.gone, piece.is_complete) == (["1.vcf"], [], False)
    rest = await book.changes_since(piece.modseq)
    assert (rest.changed, rest.gone, rest.modseq) == ([], ["2.vcf"], later.modseq)
    await book.put(people.anna.id, "2.vcf", card("u2", "Back"))
    assert (await book.changes_since(first.modseq)).gone == []
    with pytest.raises(TooOld):
        await book.changes_since(later.modseq + 100)
    assert sorted(href for href, _etag, _size in await book.etags()) == ["0.vcf", "1.vcf", "2.vcf", "3.vcf"]


async def test_preconditions_hold_and_uids_are_unique(people: People) -> None:
    book = await book_of(people.anna)
    made = await book.put(people.anna.id, "zoe.vcf", ZOE, if_none_match=True)
    with pytest.raises(LostRace) as lost:
        await book.put(people.anna.id, "zoe.vcf", ZOE, if_none_match=True)
    assert lost.value.etag == made.etag
    with pytest.raises(LostRace):
        await book.put(people.anna.id, "zoe.vcf", ZOE, if_match="other")
    with pytest.raises(LostRace):
        await book.put(people.anna.id, "new.vcf", card("n", "New"), if_match="*")
    with pytest.raises(UidTaken) as taken:
        await book.put(people.anna.id, "copy.vcf", ZOE)
    assert taken.value.href == "zoe.vcf"
    await book.put(people.anna.id, "zoe.vcf", ZOE.replace("kept", "changed"), if_match=made.etag)
    with pytest.raises(LostRace):
        await book.remove_card(people.anna.id, "zoe.vcf", if_match=made.etag)
    for href in ("a.vcf", "b.vcf"):
        await book.put(people.anna.id, href, "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:No UID\r\nEND:VCARD\r\n")


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("hello", "valid-address-data"),
        (card("a", "A") + card("b", "B"), "valid-address-data"),
        ("BEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD\r\n", "valid-address-data"),
        (card("a", "A", "NOTE:\x00"), "valid-address-data"),
        (card("a", "A", "PHOTO:" + "A" * MOST_CARD), "max-resource-size"),
    ],
)
async def test_what_is_no_card_is_refused(people: People, text: str, condition: str) -> None:
    book = await book_of(people.anna)
    with pytest.raises(CardRefused) as refused:
        await book.put(people.anna.id, "x.vcf", text)
    assert refused.value.condition == condition
    assert await book.etags() == []


async def test_books_are_found_by_who_may_see_them(people: People) -> None:
    anna, beat = people.anna, people.beat
    [mine] = await AddressBook.all_for(anna.id)
    assert (mine.is_default, mine.level, mine.segment) == (True, 4, "contacts")
    assert (await AddressBook.by_segment(anna.id, "contacts")).id == mine.id
    other = await AddressBook.make(anna.id, anna.organisation.id, "Contacts")
    assert other.slug == "contacts-2"
    with pytest.raises(NotFound):
        await AddressBook.seen_by(beat.viewer, mine.id)
    with pytest.raises(NotFound):
        await AddressBook.by_segment(beat.id, f"shared-{mine.id}")
    assert await AddressBook.all_for(people.gina.id) == []


async def test_a_deleted_book_takes_nothing_any_more(people: People) -> None:
    book = await book_of(people.anna)
    await book.put(people.anna.id, "zoe.vcf", ZOE)
    await database.execute("UPDATE address_book SET deleted_at = 1 WHERE id = $1", book.id)
    with pytest.raises(NotFound):
        await book.put(people.anna.id, "zoe.vcf", ZOE.replace("kept", "late"))
    with pytest.raises(NotFound):
        await book.changes_since(0)
