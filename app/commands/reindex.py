"""`reindex`: write the search anew from the data."""

from __future__ import annotations

import argparse

from app.commands.opened import with_database
from app.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    """`reindex` takes nothing of its own."""
    parser.epilog = "It runs beside the server; people find things all the while. `doctor` says when it is needed."


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Write every kind of search entry anew."""
    return with_database(settings, _reindex())


async def _reindex() -> int:
    import app.piccolo_app  # noqa: F401  it imports every model, and each says what of it is searched
    from app.models import search

    for kind in search.kinds():
        print(f"{kind}: {await search.reindex(kind)} entries")
    return 0
