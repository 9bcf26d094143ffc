"""Which properties a request asks for, and how they are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.lib.dav.names import d
from app.lib.dav.problems import Problem
from app.lib.dav.reading import Element, children
from app.lib.dav.writing import elements, href, propstat, status, tags
from app.routes.dav.properties import Properties, Reader

Writer = Callable[[bytes, Any, Mapping[str, bytes]], bytes]
_OK = b"</d:prop>" + status(200) + b"</d:propstat>"


class Wanted:
    """The properties of one request: some by name, all, or only their names (RFC 4918 §14.20)."""

    def __init__(
        self, names: Mapping[str, Element | None], *, is_all: bool = False, only_names: bool = False, is_minimal: bool = False, leaves_zones: bool = False
    ) -> None:
        self.elements, self.is_all, self.only_names, self.is_minimal, self.leaves_zones = names, is_all, only_names, is_minimal, leaves_zones

    @classmethod
    def read(cls, root: Element | None, *, is_minimal: bool = False, leaves_zones: bool = False) -> Wanted:
        """From the body of a PROPFIND, or of a report with DAV:prop in it. No body asks for all. `leaves_zones`: RFC 7809 §7.1."""
        if root is None:
            return cls({}, is_all=True, is_minimal=is_minimal)
        found = {child.tag: child for child in children(root)}
        if d("prop") in found:
            return cls({str(one.tag): one for one in children(found[d("prop")])}, is_minimal=is_minimal, leaves_zones=leaves_zones)
        if d("propname") in found:
            return cls({}, only_names=True)
        if d("allprop") in found or root.tag != d("propfind"):
            include = found.get(d("include"))
            named = {} if include is None else {str(one.tag): one for one in children(include)}
            return cls(named, is_all=True, is_minimal=is_minimal, leaves_zones=leaves_zones)
        raise Problem(400, text="The body asks for no properties.")

    def names_of(self, properties: Properties) -> frozenset[str]:
        """Which of the live properties are written."""
        if self.only_names:
            return frozenset()
        return frozenset(name for name, one in properties.items() if name in self.elements or (self.is_all and one.in_allprop))

    def needs_dead(self, properties: Properties) -> bool:
        """Whether a property is asked for that may be a client's own."""
        return self.is_all or self.only_names or any(name not in properties for name in self.elements)

    def columns(self, properties: Properties) -> tuple[str, ...]:
        """The columns that the readers need, sorted."""
        return tuple(sorted({column for name in self.names_of(properties) for column in properties[name].columns}))

    def writer(self, properties: Properties) -> Writer:
        """A function from address, subject and dead properties to a whole response element."""
        if self.only_names:
            return _name_writer(properties)
        live = [(*tags(name), name in self.elements, _reader(self, name, properties)) for name in self._in_order(properties)]
        other = [name for name in self.elements if name not in properties]
        return _Writing(live, other, is_all=self.is_all, is_minimal=self.is_minimal)

    def template(self, properties: Properties) -> tuple[str, tuple[str, ...]] | None:
        """A whole response element with `%s` for the name and each of some columns, and these; None where it isn't as simple as that."""
        if self.is_all or self.only_names or not self.elements:
            return None
        written, columns = "", list[str]()
        for name in self.elements:
            one = properties.get(name)
            if one is None or one.template is None:
                return None
            start, end, empty = tags(name)
            written += f"{start.decode()}{one.template}{end.decode()}" if one.template else empty.decode()
            columns += one.columns
        return f"%s</d:href><d:propstat><d:prop>{written}{_OK.decode()}</d:response>", tuple(columns)

    def _in_order(self, properties: Properties) -> list[str]:
        all_ = [name for name, one in properties.items() if self.is_all and one.in_allprop]
        return [*all_, *(name for name in self.elements if name in properties and name not in all_)]


def _reader(wanted: Wanted, name: str, properties: Properties) -> Reader:
    one, asked = properties[name], wanted.elements.get(name)
    return one.fit(asked, wanted) if one.fit and asked is not None else one.read


def _name_writer(properties: Properties) -> Writer:
    names = elements(*properties)
    return lambda address, _subject, dead: b"<d:response>" + href(address) + propstat(200, names + elements(*dead)) + b"</d:response>"


class _Writing:
    """Writes responses. Nearly all properties of nearly all members are there, which is the quick way."""

    def __init__(self, live: list[tuple[bytes, bytes, bytes, bool, Reader]], other: list[str], *, is_all: bool, is_minimal: bool) -> None:
        self._live, self._other, self._is_all, self._is_minimal = live, other, is_all, is_minimal

    def __call__(self, address: bytes, subject: Any, dead: Mapping[str, bytes]) -> bytes:
        found: list[bytes] = [b"<d:response><d:href>", address, b"</d:href>"]
        missing: list[bytes] = []
        values: list[bytes] = []
        for start, end, empty, is_named, read in self._live:
            inner = read(subject)
            if inner:
                values += (start, inner, end)
            elif inner is not None:
                values.append(empty)
            elif is_named:
                missing.append(empty)
        values += dead.values() if self._is_all else [dead[name] for name in self._other if name in dead]
        if self._other:
            missing += [tags(name)[2] for name in self._other if name not in dead]
        if values or not missing or self._is_minimal:
            found += (b"<d:propstat><d:prop>", *values, _OK)
        if missing and not self._is_minimal:
            found.append(propstat(404, b"".join(missing)))
        found.append(b"</d:response>")
        return b"".join(found)
