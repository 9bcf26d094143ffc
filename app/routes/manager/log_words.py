"""The words for each kind of entry in the audit log. A test holds that every kind that is recorded anywhere has some."""

from __future__ import annotations

from collections.abc import Callable

from app.lib.i18n import _

# One line per kind, by its name: who did it stands before the words, whom it was done to behind them.
WORDS: dict[str, Callable[[], str]] = {
    "account.delete": lambda: _("Asked for their account to be deleted"),
    "account.deleted": lambda: _("An account was deleted for good"),
    "account.email": lambda: _("Changed their email address"),
    "account.export": lambda: _("Asked for a copy of everything of theirs"),
    "account.keep": lambda: _("Kept an account that was to be deleted"),
    "account.name": lambda: _("Changed their name"),
    "log.export": lambda: _("Exported the audit log"),
}


def words_for(kind: str) -> str:
    """What this kind of entry is called, in the language being spoken; its name where an older version recorded it."""
    words = WORDS.get(kind)
    return words() if words else kind
