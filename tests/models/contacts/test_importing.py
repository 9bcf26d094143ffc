"""Files of other programs: every card comes in without loss or is refused with a reason, and all of it can be taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.lib.vcard import V21, BadCard, as_version, decode, digest, read_card, read_cards
from app.models.command import Command
from app.models.contacts import AddressBook, importing
from app.models.contacts.importing import BAD, CHANGED, NEW, SAME, ContactImport
from tests.people import People

HERE = Path(__file__).resolve().parent.parent.parent / "corpus" / "contacts"
SHARED = Path(__file__).resolve().parents[4] / "shared" / "corpus" / "calendar-contacts"
FILES = sorted([*HERE.glob("*.vcf"), *(SHARED.glob("*/*.vcf") if SHARED.is_dir() else ())])

GOOGLE = """\
First Name,Middle Name,Last Name,Labels,Organization Name,Organization Title,Birthday,Notes,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Address 1 - Label,Address 1 - Street,Address 1 - City,Address 1 - Postal Code,Address 1 - Country
Zoë,,Zürcher,* myContacts ::: Friends,Alpina,Guide,1980-05-12,"two
lines",* Work,zoe@x.example ::: zoe2@x.example,Mobile,+41 79 1,Home,Weg 1,Bern,3000,CH
,,,,,,,,,,,,,,,,
,,,,,,--02-29,only a note,,,,,,,,,
"""
OUTLOOK = "Vorname;Nachname;Firma;E-Mail-Adresse;Mobiltelefon;Telefon (geschäftlich);Geburtstag;Straße geschäftlich;Ort geschäftlich;Kategorien\nJörg;Müller;Müller AG;joerg@x.example;079 1;031 1;12.5.1980;Gasse 2;Bern;A;\n"


async def brought(people: People, content: bytes, name: str = "file.vcf") -> ContactImport:
    book = await AddressBook.default_for(people.anna.id, people.anna.organisation.id)
    return await importing.keep(people.anna.viewer, book, name, content)


async def written(people: People, one: ContactImport) -> tuple[Command, ContactImport]:
    command = await importing.start(people.anna.viewer, one)
    await importing.carry_out(one.id)
    return command, await ContactImport.get(one.id)


async def kinds(one: ContactImport) -> list[str]:
    return [entry.kind for entry in await importing.foresee(one)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
async def test_every_card_of_other_programs_comes_in_and_out_without_loss(path: Path, people: People) -> None:
    content = path.read_bytes()
    try:
        one = await brought(people, content)
    except importing.Refused:
        assert b"BEGIN:VCARD" not in content
        return
    foreseen = await importing.foresee(one)
    assert all(entry.why for entry in foreseen if entry.kind == BAD)
    _command, one = await written(people, one)
    book = await AddressBook.default_for(people.anna.id, people.anna.organisation.id)
    kept = await book.contacts()
    assert len(kept) == sum(entry.kind == NEW for entry in foreseen) == one.counts.get(NEW, 0)
    cards = [card for card in read_cards(decode(content)) if not isinstance(card, BadCard)]
    for card in cards:
        source = as_version(card, "3.0") if card.version == V21 else card
        said = {("".join(line.raw.split()).rstrip(), line.value) for line in source.lines if line.name not in ("FN", "UID") and line.raw.strip()}
        homes = [said - {("".join(line.raw.split()).rstrip(), line.value) for line in read_card(contact.vcard).lines} for contact in kept]
        assert any(not missing for missing in homes) or not digest(card).name, min(homes, key=len)
    exported = "".join(contact.vcard for contact in kept).encode()
    if exported:
        again = await brought(people, exported)
        assert set(await kinds(again)) == {SAME}
        assert set(await kinds(await brought(people, content))) <= {SAME, BAD}


async def test_an_import_is_foreseen_written_and_taken_back(people: People) -> None:
    book = await AddressBook.default_for(people.anna.id, people.anna.organisation.id)
    card = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{0}\r\nFN:{1}\r\nEND:VCARD\r\n"
    await book.put(people.anna.id, "a.vcf", card.format("a", "Anna"))
    await book.put(people.anna.id, "b.vcf", card.format("b", "Beat"))
    before = [(contact.id, contact.vcard) for contact in await book.contacts()]
    file = card.format("a", "Anna") + card.format("b", "Bea") + card.format("c", "Carl") + "BEGIN:VCARD\r\nFN:open\r\n"
    one = await brought(people, file.encode())
    assert await kinds(one) == [SAME, CHANGED, NEW, BAD]
    assert [(contact.id, contact.vcard) for contact in await book.contacts()] == before, "nothing yet"
    command, one = await written(people, one)
    assert (one.counts, one.bad_lines[0][0], one.content) == ({SAME: 1, CHANGED: 1, NEW: 1, BAD: 1}, 16, "")
    assert sorted(contact.name for contact in await book.contacts()) == ["Anna", "Bea", "Carl"]
    await (await Command.get(command.id)).undo(people.anna.viewer)
    assert [(contact.id, contact.vcard) for contact in await book.contacts()] == before


async def test_one_that_is_stopped_or_dies_goes_no_further_than_it_said(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "PIECE", 2)
    file = "".join(f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:P{number}\r\nEND:VCARD\r\n" for number in range(5))
    one = await brought(people, file.encode())
    await importing.start(people.anna.viewer, one)
    write = importing._write_piece

    async def dies(*arguments: object) -> None:
        await write(*arguments)  # type: ignore[arg-type]
        if (await ContactImport.get(one.id)).done == 4:
            raise RuntimeError("power cut")

    monkeypatch.setattr(importing, "_write_piece", dies)
    with pytest.raises(RuntimeError):
        await importing.carry_out(one.id)
    assert (await ContactImport.get(one.id)).done == 2
    monkeypatch.setattr(importing, "_write_piece", write)
    await importing.carry_out(one.id)
    book = await AddressBook.default_for(people.anna.id, people.anna.organisation.id)
    assert len(await book.contacts()) == 5
    other = await brought(people, file.replace("FN:P", "FN:Q").encode())
    await importing.start(people.anna.viewer, other)
    await importing.stop(other)
    await importing.carry_out(other.id)
    assert len(await book.contacts()) == 5


async def test_tables_of_google_and_outlook_are_read(people: People) -> None:
    book = await AddressBook.default_for(people.anna.id, people.anna.organisation.id)
    for name, content in (("google.csv", GOOGLE.encode()), ("outlook.csv", OUTLOOK.encode("cp1252"))):
        one = await brought(people, content, name)
        assert "" not in one.targets, one.targets
        await written(people, one)
    joerg, zoe = sorted(await book.contacts(), key=lambda contact: contact.name)
    assert (zoe.name, zoe.birthday, zoe.organisation, zoe.title, zoe.email, zoe.phone) == ("Zoë Zürcher", "1980-05-12", "Alpina", "Guide", "zoe@x.example", "+41 79 1")
    card = read_card(zoe.vcard)
    assert [card.plain(line) for line in card.all("EMAIL")] == ["zoe@x.example", "zoe2@x.example"]
    assert card.all("EMAIL")[0].types == ["work"] and card.all("TEL")[0].types == ["cell"]
    assert (card.value("NOTE"), card.value("CATEGORIES")) == ("two\nlines", "Friends")
    assert card.parts(card.all("ADR")[0]) == ["", "", "Weg 1", "Bern", "", "3000", "CH"]
    assert (joerg.name, joerg.birthday, joerg.organisation) == ("Jörg Müller", "1980-05-12", "Müller AG")
    other = await brought(people, GOOGLE.encode())
    assert await kinds(other) == [SAME, BAD]
    await importing.map_columns(other, ["family", *[""] * 16])
    assert (await importing.foresee(other))[0].name == "Zoë"
    with pytest.raises(importing.Refused):
        await importing.map_columns(other, ["password"] * 17)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x00\x01\x02", b"%PDF-1.7", "ü".encode("utf-16")])
async def test_what_is_no_file_of_contacts_is_refused(people: People, content: bytes) -> None:
    with pytest.raises(importing.Refused):
        await brought(people, content)


async def test_a_photo_that_is_too_large_is_made_smaller(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    import base64

    from tests.pictures import photo
    from tests.pictures import written as drawn

    monkeypatch.setattr(importing, "MOST_CARD", 60_000)
    monkeypatch.setattr("app.models.contacts.writing.MOST_CARD", 60_000)
    octets = base64.b64encode(drawn(photo(700, 700), "BMP")).decode()
    text = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Zoë\r\nPHOTO;ENCODING=b;TYPE=BMP:{}\r\nEND:VCARD\r\n"
    one = await brought(people, (text.format(octets) + text.replace("Zoë", "Bad").format("A" * 80_000)).encode())
    assert (await importing.foresee(one))[0].has_large_photo
    _command, one = await written(people, one)
    assert one.counts == {NEW: 1, BAD: 1} and "too large" in one.bad_lines[0][1]
    book = await AddressBook.default_for(people.anna.id, people.anna.organisation.id)
    [zoe] = await book.contacts()
    assert zoe.has_photo and "PHOTO;ENCODING=b;TYPE=JPEG" in zoe.vcard
