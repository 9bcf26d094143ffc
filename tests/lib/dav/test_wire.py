"""What DAV says on the wire: addresses, preconditions, headers, XML."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from app.lib.dav import conditions, headers, hrefs, reading, writing
from app.lib.dav.conditions import Condition, Match, Tagged
from app.lib.dav.problems import Problem

NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/"), min_size=1, max_size=60).filter(lambda name: name not in (".", ".."))


@given(st.lists(NAMES, max_size=4), st.booleans())
def test_names_come_back_from_their_addresses(names: list[str], slash: bool) -> None:
    path = "/" + "/".join(hrefs.quoted(name) for name in names) + ("/" if slash and names else "")
    assert hrefs.segments(path.encode("ascii")) == (names, slash and bool(names)) or not names
    etree.fromstring(b"<a>" + path.encode() + b"</a>")  # no character of it needs escaping in XML


@pytest.mark.parametrize("path", ["", "a", "/a%2fb", "/a%2Fb", "/./a", "/a/..", "/%2e%2e/a", "//a", "/a//b", "/%00", "/%ff", "/" + "a" * 20_000])
def test_addresses_that_are_refused(path: str) -> None:
    with pytest.raises(Problem) as refused:
        hrefs.segments(path)
    assert refused.value.status == 400


def test_references_are_of_this_server() -> None:
    hosts = ("localhost:8000", "dav.example.org")
    assert hrefs.path_of("/dav/a%20b?x#y", hosts) == "/dav/a%20b"
    assert hrefs.path_of("HTTP://localhost:8000/dav/", hosts) == hrefs.path_of("https://u@DAV.example.org/dav/", hosts) == "/dav/"
    for elsewhere in ("http://evil.example/dav/", "//evil.example/dav/", "ftp://localhost:8000/dav/", "dav/", "http://[::1/dav/"):
        with pytest.raises(Problem):
            hrefs.path_of(elsewhere, hosts)


@pytest.mark.parametrize(
    ("some", "none", "etag", "holds"),
    [
        (None, None, "a", True), (None, None, None, True), ('"a"', None, "a", True), ('"b", "a"', None, "a", True), ('"b"', None, "a", False),
        ('"a"', None, None, False), ("*", None, "a", True), ("*", None, None, False), ('W/"a"', None, "a", False), (None, "*", None, True),
        (None, "*", "a", False), (None, '"a"', "a", False), (None, '"b"', "a", True), (None, 'W/"a"', "a", False), ("a", None, "a", True), ("", None, "a", False),
    ],
)
def test_preconditions(some: str | None, none: str | None, etag: str | None, holds: bool) -> None:
    assert Match.read(some, none).holds(etag) is holds


def test_the_if_header() -> None:
    assert conditions.read_if('(<urn:uuid:1> ["a"]) (Not <DAV:no-lock>)') == (
        Tagged("", ((Condition(False, "urn:uuid:1"), Condition(False, "", "a")), (Condition(True, "DAV:no-lock"),))),
    )
    assert conditions.read_if('<http://a/b> (<urn:1>) </c> (["x"]) ([W/"y"])') == (
        Tagged("http://a/b", ((Condition(False, "urn:1"),),)), Tagged("/c", ((Condition(False, "", "x"),), (Condition(False, "", "y"),))),
    )
    for broken in ("", "()", "(<a>", "<a>", "(a)", "(<a>) x", "(Not)", "(Not Not <a>)", "(" * 5000):
        with pytest.raises(Problem):
            conditions.read_if(broken)


def test_other_headers() -> None:
    assert [headers.depth(value, 7) for value in ("", "0", "1", "Infinity")] == [7, 0, 1, headers.INFINITY]
    assert [headers.seconds(value, 600) for value in ("Second-60", "Infinite, Second-30", "", "Second-99999999999", "x")] == [60, 30, 600, 600, 600]
    assert headers.is_minimal("respond-async, return=minimal") and headers.is_minimal("", "t") and not headers.is_minimal("return=representation")
    for broken in (lambda: headers.depth("2", 0), lambda: headers.may_overwrite("X")):
        with pytest.raises(Problem):
            broken()


@given(st.text())
def test_text_survives_xml(text: str) -> None:
    allowed = "".join(char for char in text if char in "\t\n\r" or (char >= " " and char not in "\ufffe\uffff" and not "\ud800" <= char <= "\udfff"))
    read = etree.fromstring(b"<a b=\"" + writing.attribute(allowed) + b"\">" + writing.escape(allowed) + b"</a>")
    assert (read.text or "") == allowed and (read.get("b") or "").replace("\t", " ") == allowed.replace("\t", " ")
    assert b"<" not in writing.escape(text)


def test_names_with_and_without_namespaces() -> None:
    for name in ("{DAV:}a", "{urn:x?a&y}b", "c", "{}d"):
        inner = etree.fromstring(writing.document("{DAV:}multistatus", writing.element(name, b"1")))[0]
        assert etree.QName(inner).text == name.removeprefix("{}")


def test_properties_of_clients_keep_their_language() -> None:
    root = reading.parse(b'<p xmlns="DAV:" xmlns:x="urn:x" xml:lang="fr"><x:a q="1">caf\xc3\xa9 <x:b/></x:a></p>')
    kept = etree.fromstring(reading.serialised(root[0]))
    assert kept.get("{http://www.w3.org/XML/1998/namespace}lang") == "fr" and kept.text == "café " and kept[0].tag == "{urn:x}b"
