"""What a text of SQL is, without running it."""

from __future__ import annotations

import re
from functools import lru_cache

# Texts, names and comments are kept apart so that nothing inside them is taken for a placeholder or a keyword.
_OPAQUE = r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?(?:\*/|\Z)"
_PLACEHOLDER = re.compile(rf"({_OPAQUE})|\$(\d+)", re.DOTALL)
_TOKEN = re.compile(rf"({_OPAQUE})|([()])|(\w+)", re.DOTALL)
_READS = {"SELECT", "VALUES", "EXPLAIN"}
_MAIN = _READS | {"INSERT", "UPDATE", "DELETE", "REPLACE"}


@lru_cache(maxsize=4096)
def prepared(sql: str) -> tuple[str, bool]:
    """The text with SQLite's placeholders (`?1` for `$1`), and whether it only reads."""
    return _PLACEHOLDER.sub(lambda found: found[1] or f"?{found[2]}", sql), reads(sql)


def reads(sql: str) -> bool:
    """Whether a statement only reads: SELECT, VALUES, EXPLAIN, or a WITH that leads to one of them."""
    depth, first = 0, ""
    for opaque, bracket, word in _TOKEN.findall(sql):
        if opaque:
            continue
        if bracket:
            depth += 1 if bracket == "(" else -1
        elif depth == 0 or not first:
            first = first or word.upper()
            if first != "WITH":
                return first in _READS
            if depth == 0 and word.upper() in _MAIN:
                return word.upper() in _READS
    return False
