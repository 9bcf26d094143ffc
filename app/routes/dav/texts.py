"""Texts that come with a PUT: cards and calendar objects, of a kind, a size and a charset that are supported."""

from __future__ import annotations

from dataclasses import dataclass

from app.lib.dav.problems import Problem
from app.lib.dav.writing import escape
from app.routes.dav.requests import Request


@dataclass(frozen=True, slots=True)
class Expected:
    """Which media types are taken, up to how many octets, and the preconditions of what isn't, in Clark notation."""

    kinds: tuple[str, ...]
    most: int
    supported: str
    valid: str
    max_size: str


async def text_of(request: Request, expected: Expected) -> str:
    """The text in a body. Raises `Problem` for another type, for too much of it, and for a charset that it isn't in."""
    kind, _semicolon, parameters = request.header("content-type").partition(";")
    if kind.strip().lower() not in expected.kinds:
        raise Problem(415, expected.supported)
    charset = next((one.partition("=")[2].strip(' "') for one in parameters.split(";") if one.strip().lower().startswith("charset=")), "") or "utf-8"
    try:
        return (await request.body(expected.most)).decode(charset)
    except (UnicodeDecodeError, LookupError):
        raise Problem(403, expected.valid, inner=escape("It isn’t in the charset that it says.")) from None
    except Problem as problem:
        raise Problem(problem.status, expected.max_size, headers=problem.headers) from None
