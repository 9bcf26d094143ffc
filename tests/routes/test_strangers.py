"""Every route, asked by somebody who isn't signed in, by an outsider and by a guest, against an explicit list.

A new route that answers a stranger fails here until it is added to the list on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from litestar import Litestar

from app.main import create_app
from app.settings import Settings, read_settings
from tests.conftest import browser
from tests.people import People

OPEN = {
    "GET /healthz", "GET /readyz", "GET /metrics",
}
"""Routes that answer anybody."""

GUEST_MAY = {
    "GET /", "GET /activity",
    "GET /search", "GET /search/hits", "GET /search/palette", "GET /search/people",
}
"""Routes without ids that a guest of the organisation may use, too."""


def routes(settings: Settings) -> Iterator[tuple[str, str]]:
    """Method and path of every route, ids filled with one that nobody has."""
    suite: Litestar = create_app(settings)._app
    for route in suite.routes:
        for method in sorted(getattr(route, "methods", ())):
            if method not in ("OPTIONS", "HEAD"):
                yield method, route.path


def filled(path: str, id_: int) -> str:
    """A path with its parameters replaced: integers by `id_`, texts by a word."""
    return re.sub(r"\{[^}:]+:int\}", str(id_), re.sub(r"\{[^}:]+:(str|path)\}", "nothing", path))


ALL = sorted(routes(read_settings({"CHALET_DEBUG": ""})))


@pytest.mark.parametrize(("method", "path"), ALL, ids=lambda value: value)
async def test_a_stranger_is_asked_to_sign_in(method: str, path: str, people: People, stranger: httpx.AsyncClient) -> None:
    answer = await stranger.request(method, filled(path, 1))
    if f"{method} {path}" in OPEN:
        assert answer.status_code in (200, 303, 404, 422), answer.text
    else:
        assert answer.status_code == 303, answer.text
        assert answer.headers["location"].startswith("/sign-in")
