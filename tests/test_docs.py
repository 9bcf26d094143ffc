"""Settings, commands, addresses and dependencies are documented, and the documentation names none that is not there."""

from __future__ import annotations

import argparse
import re
import tomllib
from dataclasses import fields
from pathlib import Path

from litestar import Litestar
from litestar.routes import HTTPRoute

from app.commands import COMMANDS, parser
from app.routes import all_handlers
from app.settings import Settings
from tools import routes, settings

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"


def test_every_setting_is_listed_and_no_other() -> None:
    assert all(one.metadata["name"] in settings.page() for one in fields(Settings))
    assert (DOCS / "settings.md").read_text() == settings.page(), "run `python -m tools.settings`"


def test_every_command_and_option_is_listed() -> None:
    page = (DOCS / "commands.md").read_text()
    missing = [name for name in COMMANDS if f"## {name}" not in page]
    missing += [f"{command} {option}" for command, option in _options() if f"`{option}" not in _section(page, command)]
    assert missing == []


def test_every_address_is_listed_and_no_other() -> None:
    assert (DOCS / "routes.md").read_text() == routes.page(), "run `python -m tools.routes`"


def test_every_dependency_has_a_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    wanted = sorted(re.split(r"[^\w.-]", one)[0] for one in named)
    assert sorted(re.findall(r"^\| `([\w.-]+)`", (DOCS / "dependencies.md").read_text(), re.MULTILINE)) == wanted


def test_links_between_pages_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
        if not re.match(r"[a-z]+:", target) and not (page.parent / target).exists()
    ]
    assert broken == []


def test_addresses_are_found() -> None:
    app = Litestar(all_handlers(debug=False), openapi_config=None)
    assert any(isinstance(route, HTTPRoute) and route.path == "/healthz" for route in app.routes)


def _options() -> list[tuple[str, str]]:
    commands = next(one for one in parser()._actions if isinstance(one, argparse._SubParsersAction))
    return [(name, option) for name, command in commands.choices.items() for option in _options_of(command)]


def _options_of(command: argparse.ArgumentParser) -> list[str]:
    found = []
    for action in command._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                found += [name, *_options_of(inner)]
        else:
            found += [option for option in action.option_strings if option.startswith("--") and option not in ("--help", "--data-dir")]
    return found


def _section(page: str, command: str) -> str:
    return page.partition(f"## {command}\n")[2].partition("\n## ")[0]
