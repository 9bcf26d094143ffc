"""The command line, one file per command. A command's module is imported only when it is called: the server must start fast.

Each module has `arguments(parser)` and `run(options, settings) -> int`, the exit status. They are thin: a model does the work.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

from app.settings import SettingError, Settings, read_settings

COMMANDS = {
    "serve": "Start the server.",
    "migrate": "Bring the database up to date.",
    "user": "Add, list, disable and enable accounts, and set passwords.",
    "organisation": "List organisations, and change what their plan allows.",
    "doctor": "Check the installation, and say what to do.",
    "backup": "Copy everything into a folder, while the server runs.",
    "restore": "Put a backup into an empty data folder.",
    "jobs": "List work that was given up, and try it again.",
    "push": "Show or renew the key that push notifications are signed with.",
    "reindex": "Write the search anew from the data.",
}
WRONG_SETTING = 2
_ABOUT = "Chalet, a collaborative suite that a team runs itself."
_MORE = "Settings come from the environment or a .env file, and are listed in docs/settings.md. `python -m app COMMAND --help` says more about a command."


class Stop(Exception):
    """A command can't go on. The text is shown to the person as it is; `status` is the exit status."""

    def __init__(self, text: str, status: int = 1) -> None:
        super().__init__(text)
        self.status = status


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit status: 0 done, 1 it could not be done, 2 a wrong setting or a wrong argument."""
    name = next((word for word in argv if not word.startswith("-")), "")
    options = parser(only=name).parse_args(argv)
    try:
        settings = read_settings(**given(options))
        return int(import_module(f"app.commands.{options.command}").run(options, settings))
    except SettingError as error:
        print(f"chalet: {error}", file=sys.stderr)
        return WRONG_SETTING
    except Stop as stop:
        print(f"chalet: {stop}", file=sys.stderr)
        return stop.status
    except KeyboardInterrupt:
        print("chalet: stopped.", file=sys.stderr)
        return 130


def parser(only: str | None = None) -> argparse.ArgumentParser:
    """The parser of all commands; with `only`, the arguments of the others are left out, and their modules unread."""
    whole = argparse.ArgumentParser(prog="python -m app", description=_ABOUT, epilog=_MORE)
    commands = whole.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, about in COMMANDS.items():
        one = commands.add_parser(name, help=about, description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
        data_dir_argument(one)
        if only is None or name == only:
            import_module(f"app.commands.{name}").arguments(one)
    return whole


def data_dir_argument(parser: argparse.ArgumentParser) -> None:
    """What every command takes, and every action of one."""
    about = "folder of the database, files and mail outbox (CHALET_DATA_DIR; default: data)"
    parser.add_argument("--data-dir", type=Path, default=argparse.SUPPRESS, metavar="DIR", help=about)


def add_action(actions: Any, name: str, about: str, description: str = "") -> argparse.ArgumentParser:
    """An action of a command, such as `list` of `user`. `actions` comes from `add_subparsers`."""
    action: argparse.ArgumentParser = actions.add_parser(name, help=about, description=description or f"{about[0].upper()}{about[1:]}.")
    data_dir_argument(action)
    return action


def as_setting(name: str) -> Callable[[str], Any]:
    """An argument's type that reads its value as the setting `name` does, with the same words when it is wrong."""
    read = next(one.metadata["read"] for one in fields(Settings) if one.name == name)

    def checked(text: str) -> Any:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{error} (it is “{text}”)") from None

    return checked


def given(options: argparse.Namespace) -> dict[str, Any]:
    """The settings among a command's arguments."""
    names = {one.name for one in fields(Settings)}
    return {name: value for name, value in vars(options).items() if name in names}
