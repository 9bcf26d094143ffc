"""Code with its parts marked by classes, after Pygments: the stylesheet gives them colours for light and dark.

Only a handful of classes: `k` keywords, `s` strings, `c` comments, `n` numbers, `f` names that are defined or called, `t` types and tags,
`o` operators, `d` and `i` lines that were deleted and inserted. What is long, or in a language that nobody knows, stays plain.
"""

from __future__ import annotations

from functools import lru_cache
from html import escape
from typing import Any

MOST, MOST_SLOW = 6_000, 2_000  # characters of a piece of code
_MOST_PARTS = 4_000
_FAST_NAMES = """
python javascript jsx json json5 html xml css scss sql bash sh console zsh powershell csharp kotlin go rust ruby php perl lua r swift scala haskell
elixir erlang clojure yaml toml ini diff dockerfile nginx graphql protobuf tex vim dart fsharp ocaml julia http vue asm zig
"""
_SLOW_NAMES = "typescript tsx c cpp java make markdown groovy objective-c matlab terraform rst"
_FAST, _SLOW = frozenset(_FAST_NAMES.split()), frozenset(_SLOW_NAMES.split())
"""Languages whose lexers, tried with thousands of brackets, quotes and lines, need time in the square of the length: shorter pieces only.
What is in neither list isn't coloured, since a lexer of a rare language may take for ever, and nothing else runs meanwhile."""


def coloured(code: str, language: str) -> str:
    """Escaped HTML of a piece of code, with `<span class="…">` around its parts."""
    lexer, most = _lexer(language.lower()) if language and len(code) <= MOST else (None, 0)
    if lexer is None or len(code) > most:
        return escape(code)
    parts: list[tuple[str, str]] = []
    for kind, text in lexer.get_tokens(code):
        name = _class(kind)
        if parts and parts[-1][0] == name:
            parts[-1] = (name, parts[-1][1] + text)
        else:
            parts.append((name, text))
    if len(parts) > _MOST_PARTS:
        return escape(code)
    return "".join(f'<span class="{name}">{escape(text)}</span>' if name else escape(text) for name, text in parts)


@lru_cache(maxsize=256)
def _lexer(language: str) -> tuple[Any, int]:
    from pygments.lexers import get_lexer_by_name  # half a hundred milliseconds, so at the first use
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None, 0
    names = {language, *lexer.aliases}
    return (lexer, MOST if names & _FAST else MOST_SLOW) if names & (_FAST | _SLOW) else (None, 0)


@lru_cache(maxsize=512)
def _class(kind: Any) -> str:
    from pygments.token import Comment, Generic, Keyword, Literal, Name, Number, Operator, String

    classes = (
        (Comment, "c"), (Keyword.Type, "t"), (Keyword, "k"), (Operator.Word, "k"), (String, "s"), (Number, "n"), (Literal, "n"), (Name.Function, "f"),
        (Name.Class, "f"), (Name.Decorator, "f"), (Name.Tag, "t"), (Name.Builtin, "t"), (Name.Attribute, "f"), (Name.Constant, "n"), (Operator, "o"),
        (Generic.Deleted, "d"), (Generic.Inserted, "i"), (Generic.Heading, "k"), (Generic.Subheading, "k"),
    )
    return next((name for token, name in classes if kind in token), "")
