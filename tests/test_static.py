"""The files of static/: vendored ones are what they say, colours stand in one place, dark is the same twice."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[1] / "static"
LINES = [line.split() for line in (STATIC / "vendor" / "VERSIONS").read_text().splitlines() if line and not line.startswith("#")]
SHEETS = sorted((STATIC / "css").rglob("*.css"))


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[0])
def test_vendored_file_is_the_one_on_record(line: list[str]) -> None:
    _name, version, licence, source, path, checksum = line
    assert version and licence and source.startswith("npm:") and (STATIC / path).exists()
    assert checksum == "-" or hashlib.sha256((STATIC / path).read_bytes()).hexdigest() == checksum


def test_every_vendored_script_is_on_record() -> None:
    known = {line[4] for line in LINES}
    assert {path.relative_to(STATIC).as_posix() for path in (STATIC / "vendor").glob("*.js")} <= known


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_colours_stand_only_among_the_tokens(sheet: Path) -> None:
    if sheet.name == "tokens.css":
        return
    text = re.sub(r"/\*.*?\*/|url\([^)]*\)", "", sheet.read_text(), flags=re.S)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[^{]*[;}])|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch)a?\(", text) == []


def test_chosen_dark_and_automatic_dark_are_the_same() -> None:
    blocks = re.findall(r'\[data-theme="(?:dark|auto)"\] \{(.*?)\}', (STATIC / "css" / "tokens.css").read_text(), flags=re.S)
    chosen, automatic = (re.findall(r"([\w-]+): ([^;]+);", block) for block in blocks)
    assert chosen == automatic and len(chosen) > 30


def test_no_stylesheet_leaves_the_layers() -> None:
    for sheet in SHEETS:
        assert "@layer" in sheet.read_text(), sheet


def test_no_list_of_selectors_falls_with_a_name_that_a_browser_does_not_know() -> None:
    """One unknown pseudo-element takes the whole list with it. Firefox 128 and Safari 17.4 know these, and whatever begins with -webkit-."""
    known = {"before", "after", "marker", "placeholder", "backdrop", "selection", "first-letter", "first-line", "file-selector-button"}
    for sheet in SHEETS:
        for selectors in re.findall(r"([^{}]*,[^{}]*)\{", re.sub(r"/\*.*?\*/", "", sheet.read_text(), flags=re.DOTALL)):
            unknown = {name for name in re.findall(r"::([\w-]+)", selectors) if not name.startswith("-webkit-")} - known
            assert not unknown, (sheet, selectors)


def test_safari_hears_what_may_be_selected() -> None:
    """It knows user-select by its old name only (WebKit bug 208677)."""
    for sheet in SHEETS:
        assert re.findall(r"(?<!-)user-select: (\w+)", sheet.read_text()) == re.findall(r"-webkit-user-select: (\w+); user-select: \1;", sheet.read_text()), sheet


def test_every_icon_that_templates_name_is_in_the_sprite() -> None:
    icons = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text()))
    templates = (STATIC.parent / "app" / "templates").rglob("*.html")
    named = {name for path in templates for name in re.findall(r'(?<![\w_])icon\("([\w-]+)"|icon_name="([\w-]+)"', path.read_text()) for name in name if name}
    assert named - icons == set()
