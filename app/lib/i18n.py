"""Languages: gettext catalogues read from .po files, and the language of the request under way.

`_("Text")` and `ngettext("one", "many", n)` answer in the language that `speak` chose for this task. English is the source.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from app.lib.po import Catalogue

LANGUAGES = {"en": "English", "de": "Deutsch", "es": "Español", "fr": "Français", "it": "Italiano"}
OFFERED = ("en", "fr")
FOLDER = Path(__file__).parent.parent / "locale"

_language: ContextVar[str] = ContextVar("language", default="en")
_timezone: ContextVar[str] = ContextVar("timezone", default="")


@cache
def catalogue(language: str) -> Catalogue:
    """The translations into a language; English, and any language without a file, answer with the source text."""
    path = FOLDER / f"{language}.po"
    return Catalogue(path if path.exists() else None)


def _(text: str) -> str:
    """`text` in the language of the request under way."""
    return catalogue(_language.get()).gettext(text)


def ngettext(one: str, many: str, number: int) -> str:
    """The form of a text that fits `number`."""
    return catalogue(_language.get()).ngettext(one, many, number)


def language() -> str:
    """The language of the request under way, as a two-letter code."""
    return _language.get()


def timezone() -> str:
    """The name of the time zone of who reads the answer to the request under way, empty when nobody knows."""
    return _timezone.get()


def speak(language: str, timezone: str = "") -> None:
    """Choose the language of the rest of this task, and where its reader is."""
    _language.set(language if language in LANGUAGES else "en")
    _timezone.set(timezone)


@contextmanager
def speaking(language: str, timezone: str = "") -> Iterator[None]:
    """Another language for a while, such as that of a mail's reader, who may be elsewhere."""
    was = _language.get(), _timezone.get()
    speak(language, timezone)
    try:
        yield
    finally:
        speak(*was)


def negotiate(accept_language: str, offered: Iterable[str] = OFFERED) -> str:
    """The offered language that an Accept-Language header likes best (RFC 9110 §12.5.4), else English."""
    wanted: list[tuple[float, str]] = []
    for part in accept_language[:500].split(","):
        tag, _sep, quality = part.strip().partition(";q=")
        try:
            wanted.append((float(quality) if quality else 1.0, tag[:2].lower()))
        except ValueError:
            continue
    liked = [tag for quality, tag in sorted(wanted, key=lambda one: -one[0]) if quality > 0 and tag in offered]
    return liked[0] if liked else "en"
