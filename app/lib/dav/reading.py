"""XML that a stranger sent: no entities, no document type, nothing fetched, bounded in size, depth and number of elements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from lxml import etree

from app.lib.dav.problems import Problem

MOST_BYTES = 8_000_000  # a multiget of 50,000 addresses
MOST_ELEMENTS = 200_000
DEEPEST = 100

Element: TypeAlias = Any  # lxml comes without types


def parse(body: bytes) -> Element:
    """The root element of a document. Raises `Problem` (400, or 413) for what isn't one or goes beyond the limits."""
    if len(body) > MOST_BYTES:
        raise Problem(413, text="The XML body is too large.")
    parser = etree.XMLPullParser(
        events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )
    try:
        root = _fed(parser, body)
    except etree.XMLSyntaxError:
        raise Problem(400, text="The body isn’t well-formed XML.") from None
    if root.getroottree().docinfo.doctype:
        raise Problem(400, text="A document type is refused.")
    return root


def _fed(parser: Any, body: bytes) -> Element:
    """Feed piece by piece, so that a document that goes beyond the limits is not built to its end."""
    depth = elements = 0
    for start in range(0, len(body), 65_536):
        piece = body[start : start + 65_536]
        if b"<!DOCTYPE" in body[max(0, start - 16) : start + 65_536]:
            raise Problem(400, text="A document type is refused.")
        parser.feed(piece)
        for event, _element in parser.read_events():
            depth += 1 if event == "start" else -1
            elements += event == "start"
            if depth > DEEPEST or elements > MOST_ELEMENTS:
                raise Problem(400, text="The XML is nested too deeply, or has too many elements.")
    root: Element = parser.close()
    return root


def children(element: Element) -> Iterator[Element]:
    """The child elements, without what an entity reference left."""
    return (child for child in element if isinstance(child.tag, str))


def text(element: Element | None) -> str:
    """The text of an element with that of all elements inside; empty where there is none."""
    return "" if element is None else "".join(element.itertext())


def serialised(element: Element) -> bytes:
    """An element as it came, to be stored and given back: with the namespaces it needs, and the language it was in (RFC 4918 §4.3)."""
    language = next((up.get(_LANG) for up in (element, *element.iterancestors()) if up.get(_LANG)), None)
    copy = etree.fromstring(etree.tostring(element, with_tail=False))
    if language and not copy.get(_LANG):
        copy.set(_LANG, language)
    return etree.tostring(copy, encoding="utf-8").removeprefix(_DECLARATION)


_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_DECLARATION = b"<?xml version='1.0' encoding='utf-8'?>\n"
