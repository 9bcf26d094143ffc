"""Content lines: what is written is kept, and what it means is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib.vcard import BadCard, Card, escape, read_card, read_cards, split, unescape
from app.lib.vcard.lines import ContentLine, fold_line, logical_lines, physical_lines, read_line, write_line

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\n;:,\\\"^"), max_size=120)
WORD = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,10}", fullmatch=True)


def line(text: str, version: str = "4.0") -> ContentLine:
    [(_number, raw, unfolded)] = logical_lines(physical_lines(text), version)
    return read_line(raw, unfolded)


def card(*lines: str, version: str = "4.0", end: str = "\r\n") -> Card:
    return read_card(end.join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""]))


@given(WORD, TEXT, st.lists(st.tuples(WORD, st.lists(TEXT.filter(bool), min_size=1, max_size=3)), max_size=3))
def test_what_is_written_is_read_again(name: str, value: str, params: list[tuple[str, list[str]]]) -> None:
    written = write_line(name, escape(value), params)
    again = line(written.raw)
    assert (again.name, unescape(again.value)) == (name.upper(), value)
    assert [(key, list(values)) for key, values in again.params] == [(key.upper(), values) for key, values in params]
    assert all(len(one.rstrip("\r\n").encode()) <= 75 for one in physical_lines(written.raw))


@given(st.lists(TEXT, min_size=1, max_size=6))
def test_structured_values_come_apart_as_they_were_put_together(parts: list[str]) -> None:
    assert [unescape(part) for part in split(";".join(escape(part) for part in parts), ";")] == parts


@given(st.text(st.characters(exclude_categories=("Cs",)) | st.sampled_from("\r\n :;=\""), max_size=300))
def test_no_text_brings_it_down_and_nothing_is_lost(text: str) -> None:
    whole = f"BEGIN:VCARD\r\n{text}\r\nEND:VCARD\r\n"
    assert "".join(physical_lines(whole)) == whole
    assert "".join(raw for _number, raw, _unfolded in logical_lines(physical_lines(whole))) == whole
    for found in read_cards(whole):
        assert isinstance(found, BadCard) or found.text in whole


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=400))
def test_folds_never_cut_a_character(text: str) -> None:
    folded = fold_line(text)
    assert folded.replace("\r\n ", "").removesuffix("\r\n") == text
    for one in folded.split("\r\n"):
        one.encode().decode()


@pytest.mark.parametrize(
    ("text", "name", "params", "value"),
    [
        ("item1.TEL;type=CELL;type=pref:+41 44", "TEL", (("TYPE", ("CELL",)), ("TYPE", ("pref",))), "+41 44"),
        ("TEL;HOME;VOICE:1", "TEL", (("TYPE", ("HOME",)), ("TYPE", ("VOICE",))), "1"),
        ("NOTE;QUOTED-PRINTABLE:=41", "NOTE", (("ENCODING", ("QUOTED-PRINTABLE",)),), "=41"),
        ('ADR;LABEL="a:b;c,d":x', "ADR", (("LABEL", ("a:b;c,d",)),), "x"),
        ("N;SORT-AS=\"Harten,Rene\":van der Harten;Rene", "N", (("SORT-AS", ("Harten,Rene",)),), "van der Harten;Rene"),
        ("FN;X=a^nb^'c^^d:y", "FN", (("X", ("a\nb\"c^d",)),), "y"),
        ("NOTE:a\n  b\n\tc", "NOTE", (), "a bc"),
        ('BAD;X="open:rest', "BAD", (("X", ("open",)),), "rest"),
        ("no colon at all", "", (), "no colon at all"),
        ("URL:http://x/?a=b:c", "URL", (), "http://x/?a=b:c"),
    ],
)
def test_reads(text: str, name: str, params: object, value: str) -> None:
    found = line(text)
    assert (found.name, found.params, found.value) == (name, params, value)


def test_old_cards_break_quoted_printable_lines_softly() -> None:
    old = card("NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:Z=FCrich=", "  und Gen=E8ve=0D=0Aund Bern", "TEL:1", version="2.1")
    [note] = old.all("NOTE")
    assert note.decoded.split("\r\n") == ["Zürich  und Genève", "und Bern"]
    assert old.value("TEL") == "1"


def test_base64_that_is_folded_without_blanks_goes_on() -> None:
    old = card("PHOTO;ENCODING=BASE64;JPEG:aGVs", "bG8=", "", "TEL:1", version="2.1")
    assert old.all("PHOTO")[0].octets() == b"hello"
    assert old.value("TEL") == "1"


def test_a_card_within_a_card_belongs_to_it() -> None:
    old = card("FN:Anna", "AGENT:", "BEGIN:VCARD", "FN:Beat", "END:VCARD", "TEL:1", version="2.1")
    assert (old.value("FN"), old.value("TEL"), len(old.all("FN"))) == ("Anna", "1", 1)
    assert "FN:Beat" in old.text


def test_an_edit_touches_only_what_it_changes() -> None:
    before = card("X-odd ;A=1:kept\\n", "item1.EMAIL;TYPE=work:a@b.example", "item1.X-ABLabel:_$!<Work>!$_", "NOTE:folded", " here", "junk", version="3.0")
    text = before.text
    email = before.first("EMAIL")
    assert email is not None
    assert before.label(email) == "Work"
    before.replace(email, "c@d.example")
    assert before.text == text.replace("a@b.example", "c@d.example")
    before.add("TEL", "+41 44 312 12 12", [("TYPE", ["cell"])])
    assert before.text.endswith("TEL;TYPE=cell:+41 44 312 12 12\r\nEND:VCARD\r\n")
    changed = before.first("EMAIL")
    assert changed is not None
    before.remove(changed)
    assert "item1" not in before.text
    assert "X-odd ;A=1:kept\\n\r\n" in before.text


@pytest.mark.parametrize(
    ("text", "reason", "at"),
    [
        ("", BadCard.EMPTY, 1),
        ("hello", BadCard.STRAY, 1),
        ("BEGIN:VCARD\nFN:x\n", BadCard.OPEN, 1),
        ("BEGIN:VCARD\nFN:x\nEND:VCARD\nBEGIN:VCARD\nFN:y\nEND:VCARD\n", BadCard.SEVERAL, 4),
        ("BEGIN:VCARD\nFN:x\nBEGIN:VCARD\nFN:y\nEND:VCARD\n", BadCard.OPEN, 1),
        ("BEGIN:VCARD\nFN:\x00\nEND:VCARD", BadCard.NUL, 2),
    ],
)
def test_says_why_a_text_is_no_card(text: str, reason: str, at: int) -> None:
    with pytest.raises(BadCard) as bad:
        read_card(text)
    assert (bad.value.reason, bad.value.line) == (reason, at)
