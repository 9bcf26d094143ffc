"""Collects every visible text of app/ into app/locale/*.po, keeping the translations that are there. `make strings` runs it.

Catalogues are compiled in memory when the server starts (app/lib/i18n.py), so there is nothing else to do after a translation.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

HEADER = r'''# Chalet in the language {language}. `make strings` keeps this file in step with the code.
msgid ""
msgstr ""
"Language: {language}\n"
"Plural-Forms: {plurals}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
'''
ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "app" / "locale"
STARTED = ("fr",)  # the others begin when the last app is there


def main() -> int:
    """Update the catalogues and say what is missing."""
    FOLDER.mkdir(exist_ok=True)
    texts = collected()
    for language in STARTED:
        path = FOLDER / f"{language}.po"
        catalogue = read(path, language)
        catalogue.update(texts, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        path.write_bytes(as_bytes(catalogue))
        missing = untranslated(catalogue)
        print(f"{language}: {len(catalogue)} texts, {len(missing)} without a translation")
    return 0


def collected() -> Catalog:
    """Every text that is marked in app/, with where it is used."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    catalogue = Catalog(project="Chalet", charset="utf-8")
    for name, _line, text, comments, context in extract_from_dir(ROOT, methods, options, comment_tags=("Translators:",)):
        catalogue.add(text, None, [(Path(name).as_posix(), 1)], auto_comments=comments, context=context)
    return catalogue


def read(path: Path, language: str) -> Catalog:
    """The catalogue of a language; an empty one where there is none yet."""
    if not path.exists():
        return Catalog(locale=language, project="Chalet", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def untranslated(catalogue: Catalog) -> list[str]:
    """The texts, in English, that have no translation or an uncertain one."""
    return [_source(message.id) for message in catalogue if message.id and (message.fuzzy or not _is_whole(message.string))]


def as_bytes(catalogue: Catalog) -> bytes:
    """The catalogue as a .po file in the order of the texts, so that two people's changes seldom touch."""
    buffer = io.BytesIO()
    write_po(buffer, catalogue, sort_output=True, include_lineno=False, omit_header=True, width=120)
    return (HEADER.format(language=catalogue.locale, plurals=catalogue.plural_forms) + "\n").encode() + buffer.getvalue()


def _is_whole(string: str | list[str] | tuple[str, ...]) -> bool:
    return bool(string) and all(string) if isinstance(string, (list, tuple)) else bool(string)


def _source(text: str | list[str] | tuple[str, ...]) -> str:
    return text if isinstance(text, str) else text[0]


if __name__ == "__main__":
    sys.exit(main())
