"""Code with its words marked, as HTML with classes of Pygments."""

from __future__ import annotations

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_for_filename
from pygments.lexers.special import TextLexer
from pygments.util import ClassNotFound

MOST = 300_000  # characters; longer ones are shown plainly


def marked_code(text: str, name: str) -> str:
    """The lines of a code file as HTML, everything in it escaped; `name` says the language."""
    try:
        lexer = get_lexer_for_filename(name, stripnl=False) if len(text) <= MOST else TextLexer(stripnl=False)
    except ClassNotFound:
        lexer = TextLexer(stripnl=False)
    return str(highlight(text, lexer, HtmlFormatter(nowrap=True)))
