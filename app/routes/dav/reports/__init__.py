"""The reports: each is a function from request, node, body and Depth to an answer, under its XML name. Apps register theirs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from app.lib.dav.reading import Element
from app.routes.dav.nodes import Collection
from app.routes.dav.requests import Answer, Request

Report = Callable[[Request, Collection, Element], Awaitable[Answer]]
known: dict[str, Report] = {}


def report(name: str) -> Callable[[Report], Report]:
    """Register what answers a report, by its name in Clark notation. It is asked only of collections that list it in `reports`."""

    def register(function: Report) -> Report:
        known[name] = function
        return function

    return register
