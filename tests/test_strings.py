"""Every text that people see is in the catalogues, and those of the languages that we offer are whole."""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Message

from app.lib.i18n import FOLDER, OFFERED
from tools import strings

TRANSLATED = [language for language in OFFERED if language != "en"]
_PLACE = re.compile(r"%\(\w+\)s|%[sd]|\{\w+\}")


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


def _differs(message: Message) -> bool:
    sources = [message.id] if isinstance(message.id, str) else list(message.id)
    targets = [message.string] if isinstance(message.string, str) else list(message.string)
    wanted = [set(_PLACE.findall(source)) for source in sources]
    return any(target and set(_PLACE.findall(target)) not in wanted for target in targets)
