"""What people can be told of: each kind says its words, where it goes by default, and how urgent it is.

    @notice_kind("member.joined", label=lambda: _("Somebody joins"), area=PEOPLE, icon="user-plus", push=False)
    def _joined(facts: Facts) -> Words:
        return Words(_("%(name)s joined") % facts)

The function makes title and body from the facts that `notify` was given, in the language being spoken. Facts from the outside may
lack what a later version asks for, so read them with `facts.get` where that can happen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from app.lib import clock

IN_APP, PUSH, MAIL = "in_app", "push", "mail"
CHANNELS: Final = (IN_APP, PUSH, MAIL)

CHAT, CALENDAR, FILES, PEOPLE, SECURITY, SYSTEM = "chat", "calendar", "files", "people", "security", "system"
AREAS: Final = (CHAT, CALENDAR, FILES, PEOPLE, SECURITY, SYSTEM)

VERY_LOW, LOW, NORMAL, HIGH = "very-low", "low", "normal", "high"
"""Urgency, RFC 8030 §5.3: what a phone that saves power is woken for."""

Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Words:
    """What a notice says."""

    title: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """A button on a pushed notice. `key` is what it does: reply, read, post, delete; `url` is where that is sent.

    A `reply` is typed in where the platform has it, and sent as the form field `field`.
    """

    key: str
    title: str
    method: str = "POST"
    url: str = ""
    field: str = ""
    placeholder: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of notice."""

    key: str
    label: Callable[[], str]
    area: str
    icon: str
    words: Callable[[Facts], Words]
    about: Callable[[], str] | None = None
    actions: Callable[[Facts], list[Action]] | None = None
    in_app: bool = True
    push: bool = True
    mail: bool = True
    urgent: bool = False
    always: bool = False
    admins: bool = False
    own_mail: bool = False
    urgency: str = NORMAL
    ttl: int = clock.DAY // clock.SECOND

    def default(self, channel: str) -> bool:
        """Whether it goes to a channel for who hasn't chosen."""
        return {IN_APP: self.in_app, PUSH: self.push, MAIL: self.mail}[channel]


_kinds: dict[str, Kind] = {}


def notice_kind(key: str, **declared: Any) -> Callable[[Callable[[Facts], Words]], Callable[[Facts], Words]]:
    """Declare a kind of notice; the decorated function says its words.

    `label` (a function), `area` and `icon` are needed. `in_app`, `push`, `mail` are its defaults. `urgent` passes do not disturb and
    quiet hours, `always` can't be switched off in the app, `admins` concerns administrators only. `own_mail`: by
    mail it comes at once, from what happened itself, and is in no digest. `urgency` and `ttl` (seconds) are
    RFC 8030's.
    """

    def register(words: Callable[[Facts], Words]) -> Callable[[Facts], Words]:
        _kinds[key] = Kind(key=key, words=words, **declared)
        return words

    return register


def kind_of(key: str) -> Kind:
    """The kind with this key. Raises KeyError."""
    return _kinds[key]


def known(key: str) -> bool:
    """Whether there is such a kind: rows may outlive one."""
    return key in _kinds


def all_kinds(is_admin: bool = True) -> list[Kind]:
    """Every kind that may concern somebody, by area."""
    return sorted((kind for kind in _kinds.values() if is_admin or not kind.admins), key=lambda kind: AREAS.index(kind.area))
