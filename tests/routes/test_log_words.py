"""Every kind of entry that is recorded anywhere has words in the audit log."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

import app
from app.lib.i18n import speaking
from app.models.audit import AuditEntry
from app.routes.manager.log_facts import FACTS, facts_of
from app.routes.manager.log_words import WORDS

APP = Path(app.__file__).parent


def test_every_recorded_kind_has_words() -> None:
    missing = sorted({f"{kind} ({path.relative_to(APP)})" for path in APP.rglob("*.py") for kind in _recorded(path) if kind not in WORDS})
    assert missing == [], "add a line to app/routes/manager/log_words.py"


def test_the_words_are_in_order_and_say_something() -> None:
    assert list(WORDS) == sorted(WORDS)
    assert [kind for kind, words in WORDS.items() if not words().strip() or "." not in kind] == []


def test_every_recorded_fact_has_a_name() -> None:
    missing = sorted({f"{name} ({path.relative_to(APP)})" for path in APP.rglob("*.py") for name in _facts(path) if name not in FACTS})
    assert missing == [], "add a line to app/routes/manager/log_facts.py"
    assert list(FACTS) == sorted(FACTS)


def test_facts_are_said_in_the_readers_language() -> None:
    def said(kind: str, language: str = "en", **facts: Any) -> list[tuple[str, str]]:
        with speaking(language, "Europe/Zurich"):
            return list(facts_of(AuditEntry(kind=kind, facts=msgspec.json.encode(facts).decode())))

    assert said("member.role", before="user", after="admin") == [("changed", "User → Administrator")]
    assert said("account.name", before="user", after="admin") == [("changed", "user → admin")]
    assert said("guest.end", before=None, after=1_798_675_200_000) == [("changed", "– → 31 Dec 2026")]
    assert said("member.rights", right="contacts.manage", open=True, name="use") == [("right", "Contacts: Manages"), ("open to everybody", "yes"), ("name", "use")]
    assert said("guest.arrive", "fr", invited_by="Anna", message=376_244_950_392_834) == [("invité par", "Anna"), ("message", "376244950392834")]


def _recorded(path: Path) -> Iterator[str]:
    """The kinds that a file hands to `audit.record` or `security_log.note`: plain texts, or a choice between some."""
    for call in _calls(path):
        yield from (part.value for part in ast.walk(call.args[0]) if isinstance(part, ast.Constant) and isinstance(part.value, str))


def _facts(path: Path) -> Iterator[str]:
    for call in _calls(path):
        yield from (keyword.arg for keyword in call.keywords if keyword.arg not in (None, "viewer", "org_id", "concerns"))


def _calls(path: Path) -> Iterator[ast.Call]:
    source = path.read_text()
    if "audit" not in source and "security_log" not in source:
        return
    tree = ast.parse(source)
    bare = any(isinstance(node, ast.ImportFrom) and node.module == "app.models.audit" for node in ast.walk(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _is_record(node.func, bare):
            yield node


def _is_record(function: ast.expr, bare: bool) -> bool:
    if isinstance(function, ast.Attribute):
        return isinstance(function.value, ast.Name) and (function.value.id, function.attr) in (("audit", "record"), ("security_log", "note"))
    return bare and isinstance(function, ast.Name) and function.id == "record"
