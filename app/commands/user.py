"""`user`: accounts from the command line, for the first administrator and for when nobody can sign in."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import TYPE_CHECKING

from app.commands import Stop, add_action
from app.commands.opened import with_database
from app.settings import Settings

if TYPE_CHECKING:
    from app.models.account import Account
    from app.models.organisation import Organisation

ROLES = ("legal", "admin", "user", "external")
_EXAMPLES = """
examples:
  python -m app user add anna@example.org --name "Anna Alder" --organisation "Alder & Co" --role legal
  pwgen 20 1 | python -m app user password anna@example.org --password-stdin
  python -m app user list
  python -m app user disable beat@example.org
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `user` takes."""
    parser.epilog = _EXAMPLES
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = add_action(actions, "add", "add an account and make it a member")
    add.add_argument("email")
    add.add_argument("--name", required=True, help="given and family name")
    add.add_argument("--role", choices=ROLES, default="user", help="legal (representative), admin, user or external (guest); default: user")
    add.add_argument("--title", default="", help="job title")
    add.add_argument("--organisation", metavar="NAME", help="whose member; founded if the server has none yet; needed if it has several")
    _password_arguments(add)
    listing = add_action(actions, "list", "list the accounts, with role, organisation and state")
    listing.add_argument("--organisation", metavar="NAME", help="only those of this one")
    password = add_action(actions, "password", "set an account’s password; its devices are signed out")
    password.add_argument("email")
    _password_arguments(password)
    for name, about in (("disable", "nobody signs in with it any more; devices are signed out"), ("enable", "take disable back")):
        add_action(actions, name, about).add_argument("email")


def _password_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input instead of asking for it")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Do what was asked for."""
    actions = {"add": _add, "list": _list, "password": _password, "disable": _disable, "enable": _enable}
    options.base_url = settings.base_url.rstrip("/")
    return with_database(settings, actions[options.action](options))


async def _add(options: argparse.Namespace) -> int:
    from app.models.account import Account

    given_name, _space, family_name = options.name.strip().partition(" ")
    words = (options.email, given_name, family_name)
    organisation = await _organisation(options.organisation)
    account = await Account.by_email(options.email)
    if account is None:
        password = _read_password(options, words)
        account = await Account.open(
            options.email, given_name, family_name, password, locale=organisation.locale, timezone=organisation.timezone
        )
    else:
        print(f"{options.email} has an account already; it keeps its name and password.")
    await _make_member(organisation, account, options)
    print(f"{account.email} is now a member of {organisation.name} as {options.role}.")
    return 0


async def _make_member(organisation: Organisation, account: Account, options: argparse.Namespace) -> None:
    from app import database
    from app.models.invitation.arrival import arrive

    try:
        async with database.transaction():
            is_first = not await organisation.count_places()
            member = await organisation.admit(account, options.role)
            if options.title:
                await member.change(title=options.title)
            if not is_first:
                await arrive(organisation, member, account, None, [], options.base_url, is_new=True)
    except database.UniqueViolation:
        raise Stop(f"{account.email} is a member of {organisation.name} already.") from None


async def _organisation(name: str | None) -> Organisation:
    from app.models.organisation import Organisation

    found = await Organisation.objects().order_by(Organisation.id)
    wanted = [one for one in found if one.name.casefold() == (name or one.name).casefold()]
    if len(wanted) == 1:
        return wanted[0]
    if not found and name:
        return await Organisation.found(name)
    if not found:
        raise Stop("there is no organisation yet. Name it with --organisation, and it will be founded.")
    names = ", ".join(one.name for one in found)
    raise Stop(f"which organisation? Say it with --organisation: {names}.")


async def _list(options: argparse.Namespace) -> int:
    from app import database
    from app.lib.names import full_name

    rows = await database.fetch(
        "SELECT a.email, a.given_name, a.family_name, a.disabled_at, m.role, m.ended_at, o.name AS organisation FROM account a"
        " LEFT JOIN membership m ON m.account_id = a.id LEFT JOIN organisation o ON o.id = m.org_id WHERE a.is_bot = FALSE ORDER BY o.name, a.email"
    )
    for row in rows:
        if options.organisation and options.organisation.casefold() != (row["organisation"] or "").casefold():
            continue
        state = "disabled" if row["disabled_at"] else "left" if row["ended_at"] else "active"
        name = full_name(row)
        print(f"{row['email']}\t{name}\t{row['role'] or '-'}\t{row['organisation'] or '-'}\t{state}")
    return 0


async def _password(options: argparse.Namespace) -> int:
    account = await _account(options.email)
    await account.set_password(_read_password(options, account.personal_words))
    await account.sign_out_everywhere()
    print(f"{account.email} has a new password, and is signed out everywhere.")
    return 0


async def _disable(options: argparse.Namespace) -> int:
    account = await _account(options.email)
    await account.disable()
    print(f"{account.email} is disabled, and signed out everywhere. What they wrote stays.")
    return 0


async def _enable(options: argparse.Namespace) -> int:
    account = await _account(options.email)
    await account.enable()
    print(f"{account.email} can sign in again.")
    return 0


async def _account(email: str) -> Account:
    from app.models.account import Account

    account = await Account.by_email(email)
    if account is None:
        raise Stop(f"{email} has no account here. `python -m app user list` shows those there are.")
    return account


def _read_password(options: argparse.Namespace, personal: tuple[str, ...]) -> str:
    if options.password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = getpass.getpass("Password: ")
        if getpass.getpass("The same again: ") != password:
            raise Stop("the two passwords differ. Nothing was changed.")
    if problem := _weakness(password, personal):
        raise Stop(f"{problem} Nothing was changed.")
    return password


def _weakness(password: str, personal: tuple[str, ...]) -> str:
    from app.lib import passwords

    if not passwords.LEAST <= len(password) <= passwords.MOST:
        return f"a password has {passwords.LEAST} to {passwords.MOST} characters."
    return passwords.weakness(password, personal) or ""
