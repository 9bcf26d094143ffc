"""What a model has to tell the browsers: the facts here, the HTML elsewhere.

A live fragment is HTML, and models know none. So a model announces facts, in the transaction that writes them:

    announce("message", shown, …)

and `app/routes/<app>/broadcasts.py` turns them into a fragment, once for all readers, after the COMMIT:

    @announced("message")
    def _message(shown: dict[str, Any], …) -> None:
        live.publish(f"channel:{shown['channel_id']}", "message", html=render("chat/_message.html", message=shown))

Listeners run at once and in order, don't wait for anything and don't read the database: the announcement has all they need.
Where the routes aren't loaded (command line, migrations) nobody listens, and nothing is told.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from app import database

Listener = Callable[..., None]
_listeners: dict[str, list[Listener]] = {}


def announced(kind: str) -> Callable[[Listener], Listener]:
    """Register a function that hears announcements of `kind`, with the arguments that `announce` was given."""

    def register(listener: Listener) -> Listener:
        _listeners.setdefault(kind, []).append(listener)
        return listener

    return register


def announce(kind: str, *facts: Any, **more: Any) -> None:
    """Tell the listeners after COMMIT, never after a rollback."""
    for listener in _listeners.get(kind, ()):
        database.on_commit(partial(listener, *facts, **more))
