"""Cards in other versions and charsets: nothing that was said is lost."""

from __future__ import annotations

import pytest

from app.lib.vcard import V30, V40, as_30, as_40, as_version, decode, digest, read_card


def body(text: str) -> list[str]:
    return text.replace("\r\n ", "").split("\r\n")[2:-2]


def card(version: str, *lines: str) -> str:
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""])


def test_an_old_card_becomes_one_that_clients_read() -> None:
    old = card(
        "2.1", "N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCller;J=F6rg", "TEL;CELL;PREF:+41 79 1", "ADR;HOME:;;A\\;B, C;Bern;;3000;",
        "PHOTO;JPEG;ENCODING=BASE64:", " aGVs", " bG8=", "", "NOTE;ENCODING=QUOTED-PRINTABLE:a=0D=0Ab, c; d", "X-ODD;Y:z",
    )
    assert body(as_30(old)) == [
        "N:Müller;Jörg", "TEL;TYPE=CELL;TYPE=PREF:+41 79 1", "ADR;TYPE=HOME:;;A\\;B\\, C;Bern;;3000;", "PHOTO;ENCODING=b;TYPE=JPEG:aGVsbG8=",
        "NOTE:a\\nb\\, c\\; d", "X-ODD;TYPE=Y:z", "FN:Jörg Müller",
    ]


def test_from_3_to_4_and_back() -> None:
    three = card(
        "3.0", "FN:Zoë", "N:Z;Zoë;;;", "TEL;TYPE=cell,pref:+41 79", "BDAY;X-APPLE-OMIT-YEAR=1604:1604-05-12", "X-ANNIVERSARY:2010-06-01",
        "PHOTO;ENCODING=b;TYPE=JPEG:aGVsbG8=", "GEO:46.9;7.4", "X-ADDRESSBOOKSERVER-KIND:group", "X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:1", "X-ODD:a\\,b",
    )
    four = as_40(three)
    assert body(four) == [
        "FN:Zoë", "N:Z;Zoë;;;", "TEL;TYPE=cell;PREF=1:+41 79", "BDAY:--0512", "ANNIVERSARY:20100601", "PHOTO:data:image/jpeg;base64,aGVsbG8=",
        "GEO:geo:46.9,7.4", "KIND:group", "MEMBER:urn:uuid:1", "X-ODD:a\\,b",
    ]
    again = as_30(four)
    assert digest(read_card(again)) == digest(read_card(three)) == digest(read_card(four))
    assert "BDAY;X-APPLE-OMIT-YEAR=1604:1604-05-12" in body(again)
    assert "PHOTO;ENCODING=b;TYPE=JPEG:aGVsbG8=" in body(again)


@pytest.mark.parametrize("version", [V30, V40])
def test_a_card_of_the_wanted_version_is_left_alone(version: str) -> None:
    text = card(version, "FN:A", "N:A;;;;", "note;x=1:odd  \\N")
    found = read_card(text)
    assert as_version(found, version) is found


@pytest.mark.parametrize(
    "content",
    [
        "FN:Zoë Zürcher\r\n".encode("utf-8-sig"), "FN:Zoë Zürcher\r\n".encode("utf-16"), "FN:Zoë Zürcher\r\n".encode("utf-16-le"),
        "FN:Zoë Zürcher\r\n".encode("cp1252"), "FN;CHARSET=MACROMAN:Zoë Zürcher\r\n".encode("mac-roman"), "FN:Zoë Zürcher\r\n".encode(),
    ],
)
def test_any_charset_is_read(content: bytes) -> None:
    assert "Zoë Zürcher" in decode(content)


def test_charsets_are_named_line_by_line() -> None:
    mixed = "FN;CHARSET=ISO-8859-2:Łódź\r\n".encode("iso-8859-2") + "NOTE:Zürich\r\n".encode("cp1252") + "TITLE:Bär\r\n".encode()
    assert decode(mixed) == "FN;CHARSET=ISO-8859-2:Łódź\r\nNOTE:Zürich\r\nTITLE:Bär\r\n"
