"""`organisation`: what the plan of an organisation allows. Its own administrators see it in the Manager and can't change it."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any

from app.commands import Stop, add_action
from app.commands.opened import with_database
from app.settings import Settings

if TYPE_CHECKING:
    from app.models.organisation import Organisation

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_NO_LIMIT = "none"
_EXAMPLES = """
examples:
  python -m app organisation list
  python -m app organisation limits "Alder & Co" --users 50 --guests 100 --storage 500GB
  python -m app organisation limits --users none
  python -m app organisation features --without custom_brand
  python -m app organisation features --all
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `organisation` takes."""
    parser.epilog = _EXAMPLES
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_action(actions, "list", "list the organisations, with what they use of their plan")
    limits = add_action(actions, "limits", "change how many users and guests, and how much storage, the plan allows")
    limits.add_argument("organisation", nargs="?", metavar="NAME", help="which one; needed if the server has several")
    limits.add_argument("--users", type=_count, help="members; `none` for no limit")
    limits.add_argument("--guests", type=_guests, help="external users")
    limits.add_argument("--storage", type=_bytes, help="such as 500GB; `none` for no limit")
    features = add_action(actions, "features", "change what the plan includes; without options, show it")
    features.add_argument("organisation", nargs="?", metavar="NAME", help="which one; needed if the server has several")
    features.add_argument("--with", dest="given", action="append", default=[], metavar="FEATURE", help="include it from now on")
    features.add_argument("--without", dest="taken", action="append", default=[], metavar="FEATURE", help="leave it out from now on")
    features.add_argument("--all", dest="everything", action="store_true", help="include everything, also what later versions bring")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked for."""
    return with_database(settings, {"list": _list, "limits": _limits, "features": _features}[options.action](options))


async def _list(_options: argparse.Namespace) -> int:
    from app.models.organisation import Organisation

    for one in await Organisation.objects().order_by(Organisation.name):
        print(await _line(one))
    return 0


async def _limits(options: argparse.Namespace) -> int:
    changes: dict[str, Any] = {
        column: None if value == _NO_LIMIT else value
        for column, value in (("user_limit", options.users), ("guest_limit", options.guests), ("storage_limit", options.storage)) if value is not None
    }
    if not changes:
        raise Stop("say what to change: --users, --guests or --storage.")
    organisation = await _found(options.organisation)
    await _write(organisation, "organisation.limits", changes)
    print(await _line(organisation))
    return 0


async def _features(options: argparse.Namespace) -> int:
    from app.models.organisation import FEATURES

    if unknown := sorted({*options.given, *options.taken} - set(FEATURES)):
        raise Stop(f"there is no feature {', '.join(unknown)}. There are {', '.join(FEATURES)}.")
    organisation = await _found(options.organisation)
    allowed = {name for name in FEATURES if organisation.allows(name)} | set(options.given)
    if options.everything:
        await _write(organisation, "organisation.features", {"features": None})
    elif options.given or options.taken:
        await _write(organisation, "organisation.features", {"features": " ".join(sorted(allowed - set(options.taken)))})
    for name in FEATURES:
        print(f"{name}\t{'included' if organisation.allows(name) else 'not included'}")
    return 0


async def _write(organisation: Organisation, kind: str, changes: dict[str, Any]) -> None:
    from app import database
    from app.models import audit

    async with database.transaction():
        await organisation.change(**changes)
        await audit.record(kind, organisation.name, org_id=organisation.id, **changes)


async def _line(organisation: Organisation) -> str:
    from app.models.files import storage_of

    users, guests = await organisation.count_places(), await organisation.count_places(guests=True)
    return "\t".join((
        organisation.name, f"users {users} of {_shown(organisation.user_limit)}", f"guests {guests} of {_shown(organisation.guest_limit)}",
        f"storage {(await storage_of(organisation.id, None)).org_used} of {_shown(organisation.storage_limit)} bytes",
    ))


def _shown(limit: int | None) -> str:
    return "any number" if limit is None else str(limit)


async def _found(name: str | None) -> Organisation:
    from app.models.organisation import Organisation

    found = await Organisation.objects().order_by(Organisation.id)
    wanted = [one for one in found if name is None or one.name.casefold() == name.casefold()]
    if len(wanted) == 1:
        return wanted[0]
    if not found:
        raise Stop("there is no organisation yet.")
    raise Stop(f"which organisation? Name one of these: {', '.join(one.name for one in found)}.")


def _count(text: str) -> int | str:
    if text == _NO_LIMIT:
        return text
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text} is no whole number; `none` means no limit")
    return int(text)


def _guests(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text} is no whole number")
    return int(text)


def _bytes(text: str) -> int | str:
    if text == _NO_LIMIT:
        return text
    found = re.fullmatch(r"([0-9]{1,9})\s*([kmgt]?)b?", text.strip().lower())
    if found is None:
        raise argparse.ArgumentTypeError(f"{text} is no size such as 500GB; `none` means no limit")
    return int(found[1]) * _UNITS[found[2]]
