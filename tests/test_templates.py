"""What every template keeps to: it compiles, has no inline script or style, leans on no other site, and every word can be translated."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import jinja2
import pytest

from app import render
from app.assets import Assets
from app.settings import read_settings

FOLDER = Path(__file__).resolve().parent.parent / "app" / "templates"
TEMPLATES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html"))
SOLE_PURPOSE_OF_ENGLISH = ("styleguide/",)  # for developers, never served to others
MAIL = ("mail/",)  # mail programs know no stylesheets of ours

_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_TRANS = re.compile(r"\{%-?\s*trans\b.*?%\}.*?\{%-?\s*endtrans\s*-?%\}", re.DOTALL)
_CLASSES = re.compile(r"\{% block width %\}.*?\{% endblock %\}")
_READ_ALOUD = ("alt", "aria-label", "placeholder", "title")
_ACTIONS = ("hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete")
_WORD = re.compile(r"[^\W\d_]{2,}")
_NAMES = {"Chalet", "Ctrl", "Esc", "Enter", "Alt", "Shift", "Tab", "px", "kB", "MB", "GMT", "UTC", "Redis", "SMTP", "PostgreSQL", "SQLite"}
_ATTRIBUTE = re.compile(r"""[\w⟪⟫-]+\s*=\s*(?:"[^"]*"|'[^']*')""")  # of a macro that makes attributes only


@pytest.fixture(scope="module")
def templates() -> jinja2.Environment:
    """Jinja as the app has it."""
    render.open_templates(Assets(), read_settings({}))
    return render._templates


@pytest.mark.parametrize("name", TEMPLATES)
def test_it_compiles(name: str, templates: jinja2.Environment) -> None:
    templates.get_template(name)


@pytest.mark.parametrize("name", TEMPLATES)
def test_nothing_is_inline(name: str) -> None:
    wrong = []
    for tag, attributes in _read(name).tags:
        for key, value in attributes.items():
            if key.startswith(("on", "hx-on")):
                wrong.append(f"<{tag} {key}>")
            if key == "style" and not name.startswith(MAIL):
                wrong.append(f"<{tag} style>")
            if value.strip().lower().startswith("javascript:"):
                wrong.append(f"<{tag} {key}=javascript:>")
        if tag == "style" and not name.startswith(MAIL):
            wrong.append("<style>")
        if tag == "script" and "src" not in attributes and attributes.get("type") != "application/json":
            wrong.append("<script> without src")
        if tag == "script" and "nonce" not in attributes:
            wrong.append("<script> without the nonce")
    assert wrong == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_it_leans_on_no_other_site(name: str) -> None:
    found = re.findall(r"https?://[^\s\"'<>{}]+", re.sub(r"\{#.*?#\}", "", (FOLDER / name).read_text(), flags=re.DOTALL))
    assert [url for url in found if not re.match(r"https?://(www\.w3\.org/|[\w.]*example\b|[\w.]+\.example\b|localhost)", url)] == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_links_and_forms_work_without_javascript(name: str) -> None:
    wrong = []
    for tag, attributes in _read(name).tags:
        acts = any(key in attributes for key in _ACTIONS)
        if tag == "a" and acts and "href" not in attributes:
            wrong.append(f"<a {attributes}> without href")
        if tag == "form" and acts and "action" not in attributes:
            wrong.append(f"<form {attributes}> without action")
        if tag == "img" and "alt" not in attributes:
            wrong.append("<img> without alt")
    assert wrong == []


def test_what_is_saved_at_once_is_shown_as_it_was_saved() -> None:
    """Firefox puts fields back after a reload as they were left, whatever the server says by then, unless they say otherwise."""
    forms = [(name, attributes) for name in TEMPLATES for tag, attributes in _read(name).tags if tag == "form" and attributes.get("method") == "post"]
    saved = [(name, attributes) for name, attributes in forms if "change" in attributes.get("hx-trigger", "")]
    assert saved and [one for one in saved if one[1].get("autocomplete") != "off"] == []


@pytest.mark.parametrize("name", [name for name in TEMPLATES if not name.startswith(SOLE_PURPOSE_OF_ENGLISH)])
def test_every_word_can_be_translated(name: str) -> None:
    seen = _read(name)
    attributes = [value for _tag, found in seen.tags for key, value in found.items() if key in _READ_ALOUD]
    wrong = [text.strip() for text in [*seen.texts, *attributes] if set(_WORD.findall(_ATTRIBUTE.sub("", text))) - _NAMES]
    assert wrong == []


class _Reader(HTMLParser):
    """Tags with their attributes, and the texts between them, once Jinja's own parts are taken out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))
        self._silent += tag in ("style", "script", "code", "kbd")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("style", "script", "code", "kbd")

    def handle_data(self, data: str) -> None:
        if self._silent <= 0:
            self.texts.append(data)


def _read(name: str) -> _Reader:
    reader = _Reader()
    source = _CLASSES.sub("", _TRANS.sub("", (FOLDER / name).read_text()))
    # An expression stands for something: ⟪⟫ keeps `href="{{ url }}"` an attribute with a value and is no word.
    reader.feed(_EXPRESSION.sub(lambda found: "⟪⟫" if found[0].startswith("{{") else " ", source))
    reader.close()
    return reader
