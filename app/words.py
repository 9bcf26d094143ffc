"""Words inside fragments that are broadcast to readers of all languages at once.

Such a fragment has `<span data-word="edited"></span>`; the stylesheet fills in the word of the page's language.
"""

from __future__ import annotations

from app.lib.i18n import _


def broadcast_words() -> dict[str, str]:
    """The words by their key, in the language being spoken."""
    return {
        "edited": _("(edited)"),
        "deleted": _("This message was deleted."),
        "imported": _("brought in"),
        "pinned": _("Pinned"),
        "answer": _("answer"),
        "answers": _("answers"),
        "forwarded": _("Forwarded"),
        "confirm": _("I have read this"),
        "confirmed": _("have read this"),
        "confirmed-one": _("has read this"),
        "vote": _("vote"),
        "votes": _("votes"),
        "poll": _("Poll"),
        "poll-many": _("Choose one or more"),
        "poll-anonymous": _("Anonymous"),
        "poll-closed": _("Ended"),
        "poll-close": _("End the poll"),
    }
