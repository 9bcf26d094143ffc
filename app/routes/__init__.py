"""HTTP: find through `access`, one call on a model, render."""

from __future__ import annotations

from importlib import import_module
from pkgutil import walk_packages
from typing import Any

DEVELOPMENT = ("app.routes.styleguide",)


def all_handlers(debug: bool) -> list[Any]:
    """The handlers of every module in this folder that has a list of them; those for developers only with CHALET_DEBUG."""
    found: list[Any] = []
    for module in walk_packages(__path__, f"{__name__}."):
        if module.name in DEVELOPMENT and not debug:
            continue
        handlers = getattr(import_module(module.name), "handlers", [])
        found += handlers if isinstance(handlers, list) else []
    return found
