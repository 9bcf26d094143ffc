"""Who is there twice, and making one of several: nothing is lost, and what clients know stays."""

from __future__ import annotations

import pytest

from app.lib.vcard import read_card
from app.models.base import Refused
from app.models.command import Command
from app.models.contacts import AddressBook, Contact
from app.models.contacts.duplicates import find_duplicates, merge, prepare, put_aside
from tests.people import People


async def cards(people: People, *texts: str) -> list[Contact]:
    book = await AddressBook.default_for(people.anna.id, people.anna.organisation.id)
    return [
        await book.put(people.anna.id, f"{number}.vcf", f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:u{number}\r\n{text}\r\nEND:VCARD\r\n") for number, text in enumerate(texts)
    ]


async def test_they_are_found_by_address_number_and_name(people: People) -> None:
    made = await cards(
        people, "FN:Zoë Meier\r\nEMAIL:zoe@x.example", "FN:Z. Meier\r\nEMAIL:ZOE@x.example\r\nTEL:044 312 12 12", "FN:Zoe M.\r\nTEL:+41 44 312 12 12",
        "FN:Élodie Roy", "FN:elodie roy", "FN:Alone\r\nEMAIL:alone@x.example",
    )
    by_name, linked = sorted(await find_duplicates(people.anna.viewer), key=lambda group: len(group.contacts))
    assert {one.id for one in linked.contacts} == {one.id for one in made[:3]}
    assert sorted(linked.reasons) == [("email", "zoe@x.example"), ("phone", "+41443121212")]
    assert ({one.id for one in by_name.contacts}, by_name.reasons) == ({made[3].id, made[4].id}, [("name", "elodie roy")])
    await put_aside(people.anna.viewer, [made[4].id, made[3].id])
    assert len(await find_duplicates(people.anna.viewer)) == 1
    assert await find_duplicates(people.beat.viewer) == []


async def test_one_is_made_of_several_and_undone(people: People) -> None:
    one, two = await cards(
        people, "FN:Zoë Meier\r\nN:Meier;Zoë;;;\r\nEMAIL:zoe@x.example\r\nTEL:044 312 12 12\r\nNOTE:first\r\nX-ODD:1",
        "FN:Z. Meier\r\nN:Meier;Z.;;;\r\nEMAIL:ZOE@x.example\r\nEMAIL:z@y.example\r\nTEL:+41 44 312 12 12\r\nBDAY:1980-01-02\r\nCATEGORIES:Alps\r\nX-ELSE:2",
    )
    book = await AddressBook.default_for(people.anna.id, people.anna.organisation.id)
    before = await book.contacts()
    prepared = await prepare(people.anna.viewer, [one.id, two.id], one.id)
    assert [item.value for item in prepared.details.of("email")] == ["zoe@x.example", "z@y.example"]
    assert [item.value for item in prepared.details.of("phone")] == ["044 312 12 12"]
    command = await merge(people.anna.viewer, prepared, prepared.details)
    [kept] = await book.contacts()
    card = read_card(kept.vcard)
    assert (kept.id, kept.uid, kept.href, kept.birthday) == (one.id, "u0", "0.vcf", "1980-01-02")
    assert (card.value("X-ODD"), card.value("X-ELSE"), card.value("CATEGORIES"), card.value("NOTE")) == ("1", "2", "Alps", "first")
    assert (await book.changes_since(book.modseq)).gone in ([], ["1.vcf"])
    await (await Command.get(command.id)).undo(people.anna.viewer)
    assert [(contact.id, contact.vcard, contact.href) for contact in await book.contacts()] == [(contact.id, contact.vcard, contact.href) for contact in before]
    with pytest.raises(Refused):
        await prepare(people.anna.viewer, [one.id])
    with pytest.raises(Refused):
        await prepare(people.beat.viewer, [one.id, two.id])


async def test_namesakes_are_not_taken_for_those_who_share_an_address(people: People) -> None:
    made = await cards(
        people, "FN:Anna Roy\r\nEMAIL:a@x.example", "FN:Dr. Anna Roy\r\nN:Roy;Anna;;Dr.;\r\nEMAIL:a@x.example", "FN:Anna Roy\r\nEMAIL:other@x.example",
        "FN:Alba Berg\r\nEMAIL:1@x.example", "FN:Alba Berg\r\nEMAIL:2@x.example",
    )
    sure, namesakes = await find_duplicates(people.anna.viewer)
    assert ([one.id for one in sure.contacts], sorted(sure.reasons)) == ([made[0].id, made[1].id], [("email", "a@x.example"), ("name", "anna roy")])
    assert ([one.id for one in namesakes.contacts], namesakes.is_namesakes) == ([made[3].id, made[4].id], True), "the likelier first"


async def test_an_address_that_says_less_is_not_kept_beside_the_one_that_says_more(people: People) -> None:
    one, two = await cards(
        people, "FN:A\r\nORG:Berg AG;Shop\r\nADR:;;Weg 1;Bern;;3000;\r\nEMAIL:a@x.example\r\nNOTE:one", "FN:A\r\nORG:berg ag\r\nADR:;;Weg 1;Bern;;3000;CH\r\nADR:;;Weg 2;Bern;;;",
    )
    found = await prepare(people.anna.viewer, [one.id, two.id])
    assert found.kept.id == one.id
    assert [item.value for item in found.details.of("address")] == ["Weg 1, Bern, 3000, CH", "Weg 2, Bern"]
    assert [item.value for item in found.details.of("organisation")] == ["Berg AG, Shop"]
