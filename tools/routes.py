"""Writes docs/routes.md: every address that answers, with what its handler says about itself. Run `python -m tools.routes`."""

from __future__ import annotations

from pathlib import Path

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from app.routes import all_handlers

PAGE = Path(__file__).resolve().parent.parent / "docs" / "routes.md"
HEAD = """# Addresses

Everything that answers, made from the handlers by `python -m tools.routes`. Besides these, the edge serves `/static/…`, the
WebSocket `/live`, and to programs `/dav/…` with its well-known addresses (docs/architecture.md). With `CHALET_DEBUG` there is also
`/styleguide`. Who may call what is held by `tests/routes/test_strangers.py`.

| method | address | what it does |
|---|---|---|
"""


def page() -> str:
    """The page as it should be."""
    return HEAD + "".join(f"| {method} | `{path}` | {about} |\n" for path, method, about in sorted(set(_rows())))


def _rows() -> list[tuple[str, str, str]]:
    app = Litestar(all_handlers(debug=False), openapi_config=None)
    return [
        (route.path, method, _about(handler))
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods
        if method != "OPTIONS"
    ]


def _about(handler: HTTPRouteHandler) -> str:
    return (handler.fn.__doc__ or "").strip().split("\n")[0].replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page())
