"""Domains as people type them."""

from __future__ import annotations

import pytest

from app.lib.domains import DomainError, parent_of, read_domain, shown_domain

OWN = ("suite.chalet.test",)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("example.org", "example.org"), (" My.Example.ORG. ", "my.example.org"), ("https://example.org/path?x#y", "example.org"),
        ("example.org/", "example.org"), ("*.example.org", "example.org"), ("müller.ch", "xn--mller-kva.ch"), ("xn--mller-kva.ch", "xn--mller-kva.ch"),
        ("alpina.github.io", "alpina.github.io"), ("straße.de", "xn--strae-oqa.de"), ("東京カフェ.jp", "xn--hckh0k068j34z.jp"),
    ],
)
def test_a_domain_is_read_however_it_is_written(typed: str, name: str) -> None:
    assert read_domain(typed).name == name


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "fill this in"), ("ch", "one word"), ("co.uk", "ending"), ("github.io", "ending"), ("xn--p1ai", "one word"), ("localhost", "one machine"), ("printer.local", "one machine"),
        ("127.0.0.1", "numbers"), ("2130706433", "numbers"), ("0x7f.1", "numbers"), ("[::1]", "numbers"), ("::1", "numbers"), ("example.org:443", "port"),
        ("anna@example.org", "email"), ("a_b.org", "underscores"), ("a b.org", "spaces"), ("-a.org", "isn’t a domain"), ("a..org", "isn’t a domain"),
        ("http://[broken/", "isn’t a domain"), (f"{'x' * 64}.org", "63"), (".".join(["abcdefghi"] * 25) + ".org", "too long"), ("x" * 10_000, "too long"),
        ("exa\u202emple.org", "isn’t a domain"), ("ex\x00ample.org", "isn’t a domain"),
    ],
)
def test_what_is_nobodys_domain_is_refused_with_a_reason(typed: str, why: str) -> None:
    with pytest.raises(DomainError, match=why):
        read_domain(typed, OWN)


@pytest.mark.parametrize(
    ("typed", "why"), [("suіte.chalet.test", "server’s own"), ("сhalet.test", "server’s own"), ("аpple.com", "mixes"), ("аррӏе.com", "look like"), ("раураl.com", "mixes")]
)
def test_letters_that_imitate_others_are_warned_of(typed: str, why: str) -> None:
    domain = read_domain(typed, OWN)
    assert domain.name.startswith("xn--") or ".xn--" in domain.name
    assert any(why in warning for warning in domain.warnings), domain.warnings
    assert domain.shown == domain.name, "nobody is shown letters that imitate others"
    assert shown_domain(domain.name) == domain.name


@pytest.mark.parametrize("typed", ["example.org", "müller.ch", "東京カフェ.jp", "ελληνικά.gr", "пример.рф"])
def test_honest_letters_are_not(typed: str) -> None:
    domain = read_domain(typed, OWN)
    assert (domain.warnings, domain.shown, shown_domain(domain.name)) == ((), typed, typed)


def test_the_registered_part_is_known() -> None:
    assert parent_of("my.example.co.uk") == "example.co.uk"
