"""The people of an organisation as its administrators see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app import database, live
from app.lib import clock
from app.lib.i18n import _
from app.models.account import Account
from app.models.base import NotFound, Refused
from app.models.command import Command, undoes
from app.models.credential.emailed_link import WELCOME, EmailedLink
from app.models.job import Job
from app.models.organisation import ADMIN, LEGAL, USER, Membership, Organisation
from app.models.search_people import index_person
from app.models.viewer import Viewer

_SELECT = """
SELECT m.id AS membership_id, m.role, m.title, m.ended_at, a.id, a.email, a.given_name, a.family_name, a.avatar, a.disabled_at,
       a.password_hash IS NOT NULL AS has_password, (SELECT MAX(seen_at) FROM session WHERE account_id = a.id) AS seen_at
  FROM membership m JOIN account a ON a.id = m.account_id
 WHERE m.org_id = $1
"""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who is added: `role` is admin or user."""

    email: str
    given_name: str
    family_name: str
    role: str = USER


async def list_members(viewer: Viewer, search: str = "", most: int = 200) -> list[dict[str, Any]]:
    """The members by name, only those whose name or email has `search` in it."""
    like = f"%{search.lower().replace('%', '').replace('_', '')}%"
    rows = await database.fetch(
        f"{_SELECT} AND m.ended_at IS NULL AND (LOWER(a.given_name || ' ' || a.family_name) LIKE $2 OR a.email LIKE $2)"
        " ORDER BY a.given_name, a.family_name LIMIT $3",
        viewer.org_id, like, most,
    )
    return [{**row, "name": f"{row['given_name']} {row['family_name']}".strip()} for row in rows]


async def add_member(viewer: Viewer, newcomer: Newcomer, origin: str, key: str | None = None) -> tuple[Account, bool]:
    """Make someone a member, with a new account where the address has none; says whether the account is new.

    A new account's owner is mailed a link under `origin` to choose a password.

    Raises `Refused` when they are a member already or the organisation is full.
    """
    async with Command.once(viewer, "member.add", key) as command:
        if command.repeated:
            return await Account.get(command.result or 0), False
        organisation = await Organisation.get(viewer.org_id)
        await _check_room(organisation)
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


async def _check_room(organisation: Organisation) -> None:
    if organisation.user_limit is None:
        return
    count = await database.fetch_value(
        "SELECT COUNT(*) FROM membership WHERE org_id = $1 AND ended_at IS NULL AND role <> 'external'", organisation.id
    )
    if count >= organisation.user_limit:
        raise Refused(_("The organisation has all the %(limit)s members that its plan allows.") % {"limit": organisation.user_limit})


async def _admit(organisation: Organisation, account: Account, role: str) -> None:
    earlier = await database.fetch_one(
        "SELECT id, ended_at FROM membership WHERE org_id = $1 AND account_id = $2", organisation.id, account.id
    )
    if earlier is None:
        await organisation.admit(account, role)
    elif earlier["ended_at"] is None:
        raise Refused(_("%(name)s is a member already.") % {"name": account.name})
    else:
        await database.execute("UPDATE membership SET ended_at = NULL, role = $1 WHERE id = $2", role, earlier["id"])
        await index_person(account.id)


async def change_role(viewer: Viewer, account_id: int, role: str) -> None:
    """Make a member an administrator or a user. Raises `Refused` for the legal representative and for oneself."""
    async with Command.once(viewer, "member.role") as command:
        member = await _find(viewer, account_id)
        if member["role"] == LEGAL or account_id == viewer.account_id:
            raise Refused(_("This role can’t be changed here."))
        await _set_role(member["membership_id"], role)
        command.done(what=member["email"], url="/manager/people", inverse={"membership": member["membership_id"], "role": member["role"]})
    Viewer.forget()


async def _set_role(membership_id: int, role: str) -> None:
    member = await Membership.get(membership_id)
    await member.change(role=role)
    rights = await database.fetch("SELECT product FROM product_right WHERE membership_id = $1 AND level = 'use'", membership_id)
    for right in rights:
        await (member.grant if role in (LEGAL, ADMIN) else member.revoke)(right["product"], "manage")


@undoes("member.role")
async def _restore_role(viewer: Viewer, inverse: dict[str, Any]) -> None:
    await _set_role(inverse["membership"], inverse["role"])
    Viewer.forget()


async def end_membership(viewer: Viewer, account_id: int) -> Command:
    """Take someone out of the organisation: they are signed out at once; what they wrote stays. Can be undone."""
    async with Command.once(viewer, "member.end") as command:
        member = await _find(viewer, account_id)
        if member["role"] == LEGAL or account_id == viewer.account_id:
            raise Refused(_("The legal representative can’t be removed, and nobody removes themselves."))
        await database.execute("UPDATE membership SET ended_at = $1 WHERE id = $2", clock.now(), member["membership_id"])
        await database.execute("DELETE FROM session WHERE membership_id = $1", member["membership_id"])
        await index_person(account_id)
        live.cut_account(account_id)
        command.done(what=member["email"], url="/manager/people", inverse={"membership": member["membership_id"]})
    Viewer.forget()
    return command


@undoes("member.end")
async def _readmit(viewer: Viewer, inverse: dict[str, Any]) -> None:
    await database.execute("UPDATE membership SET ended_at = NULL WHERE id = $1 AND org_id = $2", inverse["membership"], viewer.org_id)
    await index_person((await Membership.get(inverse["membership"])).account_id)
    Viewer.forget()


async def _find(viewer: Viewer, account_id: int) -> dict[str, Any]:
    row = await database.fetch_one(f"{_SELECT} AND m.ended_at IS NULL AND a.id = $2", viewer.org_id, account_id)
    if row is None:
        raise NotFound(f"member {account_id}")
    return row


async def colleagues(viewer: Viewer, most: int) -> list[dict[str, Any]]:
    """Members other than oneself, those seen last first; guests are not among them."""
    rows = await database.fetch(
        "SELECT a.id, a.given_name, a.family_name, a.avatar, m.title FROM membership m JOIN account a ON a.id = m.account_id"
        " LEFT JOIN (SELECT account_id, MAX(seen_at) AS seen_at FROM session GROUP BY account_id) s ON s.account_id = a.id"
        " WHERE m.org_id = $1 AND m.ended_at IS NULL AND m.role <> 'external' AND a.disabled_at IS NULL AND a.id <> $2"
        " ORDER BY COALESCE(s.seen_at, 0) DESC, a.given_name LIMIT $3",
        viewer.org_id, viewer.account_id, most,
    )
    return [{**row, "name": f"{row['given_name']} {row['family_name']}".strip()} for row in rows]
