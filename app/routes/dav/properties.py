"""Live properties: how each is read from what has it, and which of them every node has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import formatdate
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from app.lib.dav.names import d
from app.lib.dav.reading import Element
from app.lib.dav.writing import element, elements, escape, href

if TYPE_CHECKING:
    from app.routes.dav.wanted import Wanted

Reader = Callable[[Any], bytes | None]
"""From a node, or a row, to what stands inside the property's element; None: it hasn't got the property."""


@dataclass(frozen=True, slots=True)
class Property:
    """A live property. `fit` makes a reader for a request that says more than the name, such as which parts of a card are wanted."""

    read: Reader
    in_allprop: bool = False
    columns: tuple[str, ...] = ()
    fit: Callable[[Element, Wanted], Reader] | None = None
    template: str | None = None
    """Where it is a column that needs no escaping, or the same for all: what stands inside it, with `%s` for the column, such as `"%s"`."""


@dataclass(frozen=True, slots=True)
class Setter:
    """A live property that a client may set: the field of the model, and how its text is read. ValueError refuses it with a 409."""

    field: str
    parse: Callable[[Element], Any]
    removed: Any = ""


Changer = Callable[..., Awaitable[None]]
Properties = Mapping[str, Property]

READ = ("read", "read-current-user-privilege-set")
CONTENT = ("write-content", "write-properties", "bind", "unbind")
WRITE = ("write", *CONTENT)
"""What a person may do (RFC 3744 §3)."""


def fixed(inner: bytes, *, in_allprop: bool = False) -> Property:
    """A property that is the same for whatever is asked."""
    return Property(lambda _any: inner, in_allprop, template=inner.decode().replace("%", "%%"))


def column(name: str, make: Callable[[Any], bytes] = lambda value: escape(str(value)), *, in_allprop: bool = False) -> Property:
    """A property read from one column of a row; missing where that is null."""

    def read(row: Any) -> bytes | None:
        value = row[name]
        return None if value is None else make(value)

    return Property(read, in_allprop, (name,))


def etag(row: Any) -> bytes:
    """The `etag` column as an ETag."""
    return b'"' + row["etag"].encode() + b'"'


def http_date(milliseconds: int) -> bytes:
    """An instant as HTTP writes it (RFC 9110 §5.6.7)."""
    day, seconds = divmod(milliseconds // 1000, 86_400)
    return b"%s %02d:%02d:%02d GMT" % (_http_day(day), seconds // 3600, seconds // 60 % 60, seconds % 60)


def iso_date(milliseconds: int) -> bytes:
    """An instant as RFC 3339 writes it, for creationdate."""
    day, seconds = divmod(milliseconds // 1000, 86_400)
    return b"%sT%02d:%02d:%02dZ" % (_iso_day(day), seconds // 3600, seconds // 60 % 60, seconds % 60)


@lru_cache(4096)
def _http_day(day: int) -> bytes:
    """The part of a date that all files of a day share; making it anew for each would cost more than the rest of its line."""
    return formatdate(day * 86_400, usegmt=True)[:16].encode()


@lru_cache(4096)
def _iso_day(day: int) -> bytes:
    return datetime.fromtimestamp(day * 86_400, UTC).strftime("%Y-%m-%d").encode()


def privileges(names: tuple[str, ...]) -> bytes:
    """What stands in current-user-privilege-set; names of other specifications are in Clark notation."""
    return b"".join(b"<d:privilege>" + elements(name if name.startswith("{") else d(name)) + b"</d:privilege>" for name in names)


def access_list(principal: str, names: tuple[str, ...]) -> bytes:
    """What stands in acl: the one entry that concerns the caller, which a client can't change."""
    return (
        b"<d:ace><d:principal>" + href(principal) + b"</d:principal><d:grant>" + privileges(names) + b"</d:grant><d:protected/></d:ace>"
    )


def supported_reports(names: tuple[str, ...]) -> bytes:
    """What stands in supported-report-set (RFC 3253 §3.1.5)."""
    return b"".join(b"<d:supported-report><d:report>" + elements(name) + b"</d:report></d:supported-report>" for name in names)


def for_everyone(caller: Any, owner: str, allowed: tuple[str, ...]) -> dict[str, Property]:
    """What is the same for a collection and all its items: who asks, whose it is, and what the one may do (RFC 5397, RFC 3744 §5)."""
    return {
        d("current-user-principal"): fixed(href(caller.principal)),
        d("principal-collection-set"): fixed(href("/dav/principals/")),
        d("owner"): fixed(href(owner)),
        d("current-user-privilege-set"): fixed(privileges(allowed)),
        d("supported-privilege-set"): fixed(_SUPPORTED_PRIVILEGES),
        d("acl"): fixed(access_list(caller.principal, allowed)),
    }


def _privilege(name: str, about: str, *inner: bytes) -> bytes:
    return element(d("supported-privilege"), element(d("privilege"), elements(d(name))) + element(d("description"), escape(about)) + b"".join(inner))


_SUPPORTED_PRIVILEGES = _privilege(
    "all", "everything", _privilege("read", "read it", _privilege("read-current-user-privilege-set", "see what one may do")),
    _privilege("write", "change it", *(_privilege(name, name.replace("-", " ")) for name in CONTENT)),
)
