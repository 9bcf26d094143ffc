"""Every kind of entry that is recorded anywhere has words in the audit log."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import app
from app.routes.manager.log_words import WORDS

APP = Path(app.__file__).parent


def test_every_recorded_kind_has_words() -> None:
    missing = sorted({f"{kind} ({path.relative_to(APP)})" for path in APP.rglob("*.py") for kind in _recorded(path) if kind not in WORDS})
    assert missing == [], "add a line to app/routes/manager/log_words.py"


def test_the_words_are_in_order_and_say_something() -> None:
    assert list(WORDS) == sorted(WORDS)
    assert [kind for kind, words in WORDS.items() if not words().strip() or "." not in kind] == []


def _recorded(path: Path) -> Iterator[str]:
    """The kinds that a file hands to `audit.record` or `security_log.note`: plain texts, or a choice between some."""
    source = path.read_text()
    if "audit" not in source and "security_log" not in source:
        return
    tree = ast.parse(source)
    bare = any(isinstance(node, ast.ImportFrom) and node.module == "app.models.audit" for node in ast.walk(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _is_record(node.func, bare):
            yield from (part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant) and isinstance(part.value, str))


def _is_record(function: ast.expr, bare: bool) -> bool:
    if isinstance(function, ast.Attribute):
        return isinstance(function.value, ast.Name) and (function.value.id, function.attr) in (("audit", "record"), ("security_log", "note"))
    return bare and isinstance(function, ast.Name) and function.id == "record"
