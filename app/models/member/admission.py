"""Coming into an organisation, and who is there to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app import database
from app.lib.i18n import _
from app.lib.searching import words
from app.models.account import Account
from app.models.base import Refused
from app.models.command import Command
from app.models.credential.emailed_link import WELCOME, EmailedLink
from app.models.job import Job
from app.models.organisation import USER, Organisation
from app.models.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who is added: `role` is admin or user."""

    email: str
    given_name: str
    family_name: str
    role: str = USER


async def add_member(viewer: Viewer, newcomer: Newcomer, origin: str, key: str | None = None) -> tuple[Account, bool]:
    """Make someone a member, with a new account where the address has none; says whether the account is new.

    A new account's owner is mailed a link under `origin` to choose a password.

    Raises `Refused` when they are a member already or the organisation is full.
    """
    async with Command.once(viewer, "member.add", key) as command:
        if command.repeated:
            return await Account.get(command.result or 0), False
        organisation = await Organisation.get(viewer.org_id)
        await organisation.check_room(newcomer.role)
        account = await Account.by_email(newcomer.email)
        is_new = account is None
        if account is None:
            account = await Account.open(
                newcomer.email, newcomer.given_name, newcomer.family_name, locale=organisation.locale, timezone=organisation.timezone
            )
            await Job.enqueue("mail_welcome_link", org_id=viewer.org_id, account_id=account.id, origin=origin, organisation=organisation.name)
        await _admit(organisation, account, newcomer.role)
        command.done(result=account.id, what=account.name, url="/manager/people")
    Viewer.forget()
    return account, is_new


async def welcome_link(account: Account, origin: str) -> str:
    """The address where a new member chooses a password, to be handed over by the administrator where mails don't go out."""
    return f"{origin}/reset/{await EmailedLink.issue(WELCOME, account.id, account.email)}"


async def _admit(organisation: Organisation, account: Account, role: str) -> None:
    try:
        async with database.savepoint():
            await organisation.admit(account, role)
    except database.UniqueViolation:
        raise Refused(_("%(name)s is a member already.") % {"name": account.name}) from None


async def people_like(viewer: Viewer, typed: str, most: int = 8, but: int = 0) -> list[dict[str, Any]]:
    """Active members whose name, address or title has what was typed, by name; not the account `but`. Guests are not among them."""
    conditions = ""
    arguments: list[Any] = [viewer.org_id, but, most]
    for word in words(typed)[:6]:
        arguments.append(f"%{word}%")
        conditions += f" AND m.words LIKE ${len(arguments)}"
    rows = await database.fetch(
        "SELECT a.id, a.given_name, a.family_name, a.email, a.avatar FROM membership m JOIN account a ON a.id = m.account_id"
        " WHERE m.org_id = $1 AND m.ended_at IS NULL AND m.role IN ('legal', 'admin', 'user') AND a.disabled_at IS NULL AND a.id <> $2"
        f"{conditions} ORDER BY m.sort_name, m.id LIMIT $3", *arguments,
    )
    return [{**row, "name": f"{row['given_name']} {row['family_name']}".strip()} for row in rows]


async def colleagues(viewer: Viewer, most: int) -> list[dict[str, Any]]:
    """Members other than oneself, those seen last first; guests are not among them."""
    rows = await database.fetch(
        "SELECT a.id, a.given_name, a.family_name, a.avatar, m.title FROM membership m JOIN account a ON a.id = m.account_id"
        " LEFT JOIN (SELECT account_id, MAX(seen_at) AS seen_at FROM session GROUP BY account_id) s ON s.account_id = a.id"
        " WHERE m.org_id = $1 AND m.ended_at IS NULL AND m.role IN ('legal', 'admin', 'user') AND a.disabled_at IS NULL AND a.id <> $2"
        " ORDER BY COALESCE(s.seen_at, 0) DESC, a.given_name LIMIT $3",
        viewer.org_id, viewer.account_id, most,
    )
    return [{**row, "name": f"{row['given_name']} {row['family_name']}".strip()} for row in rows]
