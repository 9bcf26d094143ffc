"""Lists of people as others keep them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.lib.address_lists import Line, decode, read


@pytest.mark.parametrize(("text", "wanted"), [
    ("nora@x.example", [Line(1, "nora@x.example")]),
    ("Nora Nord <Nora@X.example>", [Line(1, "nora@x.example", "Nora", "Nord")]),
    ('"Nord, Nora" <nora@x.example>', [Line(1, "nora@x.example", "Nora", "Nord")]),
    ("Nora Nord <n@x.example>; Ola <o@x.example>", [Line(1, "n@x.example", "Nora", "Nord"), Line(1, "o@x.example", "Ola")]),
    ("a@x.example, Ola Berg <o@x.example>, b@x.example", [Line(1, "a@x.example"), Line(1, "o@x.example", "Ola", "Berg"), Line(1, "b@x.example")]),
    ("nora@x.example, ola@x.example", [Line(1, "nora@x.example"), Line(1, "ola@x.example")]),
    ("Nora;Nord;nora@x.example", [Line(1, "nora@x.example", "Nora", "Nord")]),
    ("nora@x.example Nora van der Berg", [Line(1, "nora@x.example", "Nora", "van der Berg")]),
    ("Email,First name,Last name\nn@x.example,Nora,Nord", [Line(2, "n@x.example", "Nora", "Nord")]),
    ("Nachname\tVorname\tE-Mail-Adresse\nNord\tNora\tn@x.example", [Line(2, "n@x.example", "Nora", "Nord")]),
    ("Prénom;Nom;Adresse e-mail\nNora;Nord;n@x.example", [Line(2, "n@x.example", "Nora", "Nord")]),
    ('Team,Name,Mail\nSales,"Nora Nord",n@x.example', [Line(2, "n@x.example", "Nora", "Nord")]),
    ("\n\nmailto:nora@x.example\n", [Line(3, "nora@x.example")]),
])
def test_a_list_in_any_of_the_usual_forms(text: str, wanted: list[Line]) -> None:
    listed = read(text)
    assert (listed.lines, listed.bad) == (wanted, [])


@pytest.mark.parametrize(("text", "why"), [
    ("Nora Nord", "no email address"),
    ("nora@x", "isn’t an email address"),
    ("a@x.example\na@X.example", "a@x.example is on line 1 already"),
    ("Name,Email\nNora,", "The column of the address is empty"),
])
def test_a_line_that_names_nobody_says_why(text: str, why: str) -> None:
    (bad,) = read(text).bad
    assert why in bad.why and bad.number == len(text.splitlines())


def test_a_quote_that_never_ends_spoils_its_own_line_only() -> None:
    listed = read('Email,Name\na@x.example,"Anna\nb@x.example,Beat')
    assert [line.email for line in listed.lines][-1] == "b@x.example"


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
def test_whatever_the_spreadsheet_wrote(coding: str) -> None:
    text = "Prénom;Nom;E-mail\nZoé;Müller;zoe@x.example\n"
    assert read(decode(text.encode(coding))).lines == [Line(2, "zoe@x.example", "Zoé", "Müller")]


def test_thousands_with_some_bad_ones() -> None:
    rows = [f"p{n}@x.example" if n % 160 else f"person {n}" for n in range(1, 5001)]
    listed = read("\n".join(rows))
    assert len(listed.lines) == 4969 and [bad.number for bad in listed.bad] == [n for n in range(1, 5001) if not n % 160]


@given(st.text(max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    for line in read(text).lines:
        assert line.email.count("@") == 1
