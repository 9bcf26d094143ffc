"""Every text that people see is in the catalogues, and those of the languages that we offer are whole."""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Message

from app.lib.i18n import FOLDER, OFFERED, catalogue
from tools import strings

TRANSLATED = [language for language in OFFERED if language != "en"]
_PLACE = re.compile(r"%\(\w+\)s|%[sd]|\{\w+\}")
_MARKUP = re.compile(r"</?\w+[^>]*>|&\w+;")
_UNFRENCH = re.compile(r"'|\"|\.\.\.|(?<![\u202f\s«])[;!?»](?!\w)|[^\S\u202f][;:!?»]|(?<!\u202f):(?=\s|$)|«(?!\u202f)")


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_catalogue_has_every_text(language: str) -> None:
    known = {message.id for message in strings.read(FOLDER / f"{language}.po", language) if message.id}
    missing = sorted(str(message.id) for message in strings.collected() if message.id and message.id not in known)
    assert missing == [], "run `make strings`"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated(language: str) -> None:
    used = {message.id for message in strings.collected()}
    catalogue = strings.read(FOLDER / f"{language}.po", language)
    assert [text for text in strings.untranslated(catalogue) if text in used or any(text in id_ for id_ in used if isinstance(id_, tuple))] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_has_the_same_places_to_fill(language: str) -> None:
    catalogue = strings.read(FOLDER / f"{language}.po", language)
    assert [message.id for message in catalogue if message.id and _differs(message)] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_is_sure_and_has_the_same_markup(language: str) -> None:
    catalogue = strings.read(FOLDER / f"{language}.po", language)
    assert [message.id for message in catalogue if message.id and message.fuzzy] == []
    assert [message.id for message in catalogue if message.id and len({tuple(sorted(_MARKUP.findall(text))) for text in [*_sources(message), *_translations(message)]}) > 1] == []


def test_french_is_set_as_the_french_do() -> None:
    """A narrow no-break space before ; : ! ? and inside « », and a curved apostrophe."""
    catalogue = strings.read(FOLDER / "fr.po", "fr")
    assert [text for message in catalogue if message.id for text in _translations(message) if _UNFRENCH.search(text)] == []


def _sources(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else list(message.id)


def _translations(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def _differs(message: Message) -> bool:
    wanted = [set(_PLACE.findall(source)) for source in _sources(message)]
    return any(target and set(_PLACE.findall(target)) not in wanted for target in _translations(message))


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_server_reads_a_catalogue_as_babel_does(language: str) -> None:
    read = catalogue(language)
    for message in strings.read(FOLDER / f"{language}.po", language):
        if not message.id or message.fuzzy:
            continue
        if isinstance(message.id, tuple):
            forms = [read.ngettext(*message.id, number) for number in (0, 1, 2, 5)]
            assert forms == [message.string[int(number > 1)] or message.id[int(number != 1)] for number in (0, 1, 2, 5)]
        else:
            assert read.gettext(message.id) == (message.string or message.id)
    assert read.gettext("Nobody translated this.") == "Nobody translated this."
    assert read.ngettext("one", "many", 2) == "many"
