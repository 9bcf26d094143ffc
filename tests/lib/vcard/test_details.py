"""What a card says, and what an edit leaves alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib.vcard import read_card
from app.lib.vcard.details import KINDS, Details, Item, further, read_details, set_photo, write_details

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Z")) | st.sampled_from(";,\\"), min_size=1, max_size=30)
RICH = "\r\n".join([
    "BEGIN:VCARD", "VERSION:3.0", "PRODID:-//x//", "UID:1", "N:Zürcher;Zoë;M;Dr.;", "FN:Dr. Zoë Zürcher", "ORG:Alpina;Design;Studio", "item1.EMAIL;type=INTERNET;type=pref:z@x.example",
    "item1.X-ABLabel:_$!<Other>!$_", "TEL;type=CELL;type=VOICE:+41 79 1", "ADR;TYPE=home:;;Weg 1;Bern;BE;3000;CH", "BDAY;X-APPLE-OMIT-YEAR=1604:1604-05-12",
    "item2.X-ABRELATEDNAMES:Jo", "item2.X-ABLabel:_$!<Spouse>!$_", "GEO:46;7", "X-ODD:kept", "CATEGORIES:A,B", "END:VCARD", "",
])


@pytest.mark.parametrize("version", ["3.0", "4.0"])
def test_writing_what_was_read_changes_nothing(version: str) -> None:
    text = RICH.replace("VERSION:3.0", f"VERSION:{version}")
    card = read_card(text)
    write_details(card, read_details(card))
    assert card.text == text


def test_an_edit_changes_its_line_only() -> None:
    card = read_card(RICH)
    details = read_details(card)
    [phone] = details.of("phone")
    phone.parts["value"] = "+41 79 2"
    [organisation] = details.of("organisation")
    organisation.parts["name"] = "Berg"
    details.items.append(Item("email", {"value": "new@x.example"}, "work"))
    write_details(card, details)
    expected = RICH.replace("VOICE:+41 79 1", "VOICE:+41 79 2").replace("ORG:Alpina;", "ORG:Berg;")
    assert card.text == expected.replace("item1.X-ABLabel", "EMAIL;TYPE=work:new@x.example\r\nitem1.X-ABLabel")


def test_reads_what_people_want_to_know() -> None:
    details = read_details(read_card(RICH))
    assert (details.given, details.family, details.prefix, details.labels) == ("Zoë", "Zürcher", "Dr.", ["A", "B"])
    assert [(item.kind, item.value, item.label) for item in details.items] == [
        ("organisation", "Alpina, Design", ""), ("email", "z@x.example", "Other"), ("phone", "+41 79 1", "cell"),
        ("address", "Weg 1, Bern, BE, 3000, CH", "home"), ("date", "12, 5", "birthday"), ("related", "Jo", "spouse"),
    ]
    assert further(read_card(RICH)) == [("GEO", "46;7"), ("X-ODD", "kept")]


@pytest.mark.parametrize("version", ["3.0", "4.0"])
@given(st.data())
def test_everything_that_is_written_is_read_again(version: str, data: st.DataObject) -> None:
    card = read_card(f"BEGIN:VCARD\r\nVERSION:{version}\r\nFN:x\r\nEND:VCARD\r\n")
    kinds = data.draw(st.lists(st.sampled_from([kind for kind in KINDS if kind not in ("date", "messenger", "link")]), max_size=6))
    items = [
        Item(kind, {part: data.draw(TEXT) for part in KINDS[kind].parts}, data.draw(st.sampled_from(["", *KINDS[kind].labels])) if kind != "custom" else "own words")
        for kind in kinds
    ]
    items.append(Item("date", {"day": "29", "month": "2", "year": data.draw(st.sampled_from(["", "2000"])), "text": ""}, "birthday"))
    wanted = Details(given=data.draw(TEXT), family=data.draw(TEXT), shown="x y", nickname=data.draw(TEXT), pronouns="they/them", is_company=True, labels=["a,b", "c"], items=items)
    write_details(card, wanted)
    again = read_details(read_card(card.text))
    for item in again.items:
        item.line = -1
    assert sorted(again.items, key=repr) == sorted(items, key=repr)
    again.items = items
    assert again == wanted


def test_a_photo_is_put_in_and_taken_out() -> None:
    card = read_card(RICH)
    set_photo(card, "aGVsbG8=")
    assert "PHOTO;ENCODING=b;TYPE=JPEG:aGVsbG8=" in card.text
    set_photo(card, None)
    assert card.text == RICH
