"""Writes the table of docs/settings.md from app/settings.py. Run `python -m tools.settings`."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from app.settings import Settings

PAGE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
HEAD = """# Settings

From the environment, or from a file `.env` in the folder where the server is started; the environment wins. Arguments of
`python -m app serve` win over both. A value that can’t be used stops the start with one sentence and exit status 2. An empty value
is the same as none. `python -m app doctor` checks what they lead to. This page is made by `python -m tools.settings`.

| setting | default | what it is for |
|---|---|---|
"""


def page() -> str:
    """The page as it should be."""
    return HEAD + "".join(f"| `{one.metadata['name']}` | {_default(one.default)} | {one.metadata['about']} |\n" for one in fields(Settings))


def _default(value: object) -> str:
    if isinstance(value, bool):
        return "`yes`" if value else "`no`"
    return "" if value in ("", ()) else f"`{value}`"


if __name__ == "__main__":
    PAGE.write_text(page())
