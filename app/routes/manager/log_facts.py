"""What the facts of an entry in the audit log are called, and their values, in the language being spoken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from app.lib.devices import device
from app.lib.i18n import _, timezone
from app.lib.locales import short_day
from app.models.audit import AuditEntry
from app.rooms import all_apps

_INSTANTS = range(1_000_000_000_000, 10_000_000_000_000)  # milliseconds since the epoch; counts are smaller, ids larger

# One line per fact, by its name. A test holds that every fact that is recorded anywhere has some.
FACTS: dict[str, Callable[[], str]] = {
    "action": lambda: _("what"),
    "added": lambda: _("added"),
    "address": lambda: _("address"),
    "after": lambda: _("now"),
    "before": lambda: _("before"),
    "changed": lambda: _("changed"),
    "channel": lambda: _("channel"),
    "channels": lambda: _("channels"),
    "days": lambda: _("days"),
    "default": lambda: _("joined by new members"),
    "device": lambda: _("device"),
    "direct": lambda: _("with direct conversations"),
    "done": lambda: _("done"),
    "erased": lambda: _("erased"),
    "failures": lambda: _("failures"),
    "filter": lambda: _("filter"),
    "finds": lambda: _("found by"),
    "format": lambda: _("format"),
    "guessed_from": lambda: _("tried from"),
    "heir": lambda: _("handed over to"),
    "invited_by": lambda: _("invited by"),
    "issuer": lambda: _("provider"),
    "leads": lambda: _("leads"),
    "level": lambda: _("right"),
    "lines": lambda: _("lines"),
    "message": lambda: _("message"),
    "method": lambda: _("by"),
    "name": lambda: _("name"),
    "of": lambda: _("kind"),
    "open": lambda: _("open to everybody"),
    "outcome": lambda: _("decided"),
    "people": lambda: _("people"),
    "person": lambda: _("person"),
    "product": lambda: _("app"),
    "provider": lambda: _("provider"),
    "reason": lambda: _("reason"),
    "removed": lambda: _("removed"),
    "right": lambda: _("right"),
    "rights": lambda: _("rights"),
    "role": lambda: _("role"),
    "teams": lambda: _("teams"),
    "what": lambda: _("what"),
}
_VALUES: dict[str, Callable[[], str]] = {
    "admin": lambda: _("Administrator"),
    "external": lambda: _("Guest"),
    "legal": lambda: _("Legal representative"),
    "user": lambda: _("User"),
    "manage": lambda: _("Manages"),
    "use": lambda: _("Uses"),
    "passkey": lambda: _("Passkey"),
    "password": lambda: _("Password"),
    "private": lambda: _("Private"),
    "public": lambda: _("Public"),
}
_NAMES_STAY = ("name", "reason", "heir", "people", "person", "teams", "channels", "added", "removed", "invited_by", "provider", "filter")


def facts_of(entry: AuditEntry) -> Iterator[tuple[str, str]]:
    """Pairs of a name and a text; what was before and what is now are one pair."""
    facts = msgspec.json.decode(entry.facts)
    if "before" in facts and "after" in facts:
        before, after = (_text(facts.pop(name), as_written=entry.kind != "member.role") or "–" for name in ("before", "after"))
        yield _("changed"), f"{before} → {after}"
    for name, value in facts.items():
        known = FACTS.get(name)
        yield known() if known else name.replace("_", " "), _device(str(value)) if name == "device" else _text(value, as_written=name in _NAMES_STAY)


def _device(user_agent: str) -> str:
    """Browser and system in words, where a header says them."""
    return ", ".join(part for part in device(user_agent) if part) or user_agent


def _text(value: Any, *, as_written: bool = False) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_text(part, as_written=True)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(_text(part, as_written=as_written) for part in value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int) and value in _INSTANTS:
        return short_day(datetime.fromtimestamp(value / 1000, ZoneInfo(timezone() or "UTC")).date())
    return "" if value is None else str(value) if as_written else _word(str(value))


def _word(value: str) -> str:
    """A role, a right such as contacts.manage, or one of few other words; anything else as it is."""
    app, _dot, level = value.partition(".")
    titles = {one.key: one.title for one in all_apps()}
    if app in titles and level in _VALUES:
        return f"{titles[app]}: {_VALUES[level]()}"
    return _VALUES[value]() if value in _VALUES else str(titles.get(value, value))
