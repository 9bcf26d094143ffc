"""What programs there are, making and changing them, their tokens. The text of a token is shown once; what is stored is its hash."""

from __future__ import annotations

import secrets
from typing import Any

from app import database
from app.lib import clock, seals
from app.lib.i18n import _
from app.lib.ids import new_id
from app.lib.safe_http import NotAllowed, check_url
from app.lib.tokens import hash_token, new_token
from app.models import audit
from app.models.account import Account
from app.models.base import NotFound, Refused
from app.models.chat.channel import Channel
from app.models.chat.integrations import calling
from app.models.chat.integrations.tables import Integration, IntegrationDelivery
from app.models.chat.slash.registry import commands
from app.models.command import Command, undoes
from app.models.organisation import BOT, USE, Membership
from app.models.viewer import Viewer

INCOMING, OUTGOING, COMMAND, BOT_ACCOUNT = "incoming", "outgoing", "command", "bot"
KINDS = (INCOMING, OUTGOING, COMMAND, BOT_ACCOUNT)
SCOPES = ("read", "write", "react", "channels", "members")
MOST = 300
_KEPT = 14 * clock.DAY


async def make(viewer: Viewer, kind: str, name: str, **facts: Any) -> tuple[Integration, str]:
    """A new one, and the text that is shown once: a token, or for what calls outside the secret that its calls are signed with. Raises `Refused`."""
    _check_manages(viewer)
    _check(kind, facts)
    if await database.fetch_value("SELECT COUNT(*) FROM integration WHERE org_id = $1 AND deleted_at IS NULL", viewer.org_id) >= MOST:
        raise Refused(_("There are as many integrations as there can be: %(most)s.") % {"most": MOST})
    token, secret = new_token(), secrets.token_hex(32)
    async with Command.once(viewer, "integration.create") as command:
        speaker = await speaker_of(viewer.org_id, name, uses_chat=kind == BOT_ACCOUNT)
        has_token = kind in (INCOMING, BOT_ACCOUNT)
        try:
            async with database.savepoint():
                made = await Integration.insert_new(
                    org_id=viewer.org_id, account_id=speaker.id, kind=kind, name=name, created_by=viewer.account_id, created_at=clock.now(),
                    token_hash=hash_token(token) if has_token else None, token_hint=token[-4:] if has_token else "",
                    secret="" if has_token else seals.seal(secret), **facts,
                )
        except database.UniqueViolation:
            raise Refused(_("There is a command /%(word)s already.") % {"word": facts["word"]}) from None
        if kind == BOT_ACCOUNT and made.channel_id is not None:
            await (await Channel.seen_by(viewer, made.channel_id)).take_in([speaker.id])
        await audit.record("integration.create", name, viewer=viewer, of=kind)
        command.done(made.id, what=name, url=_url(made), inverse={"integration": made.id})
    return made, token if has_token else secret


async def change(viewer: Viewer, one: Integration, name: str, **facts: Any) -> None:
    """Call it something else, let it do something else. Raises `Refused`."""
    _check_manages(viewer)
    _check(one.kind, facts, own=one.word)
    async with Command.once(viewer, "integration.edit") as command:
        before = {"name": one.name, **{key: getattr(one, key) for key in facts}}
        try:
            async with database.savepoint():
                await one.change(name=name, **facts)
        except database.UniqueViolation:
            raise Refused(_("There is a command /%(word)s already.") % {"word": facts["word"]}) from None
        await (await Account.get(one.account_id)).change(given_name=name)
        await audit.record("integration.edit", name, viewer=viewer)
        command.done(one.id, what=name, url=_url(one), inverse={"integration": one.id, **before})


async def switch(viewer: Viewer, one: Integration, on: bool) -> Command:
    """Let it work, or not for now."""
    _check_manages(viewer)
    async with Command.once(viewer, "integration.switch") as command:
        await one.change(disabled_at=None if on else clock.now())
        await _note_switch(viewer, one, on)
        command.done(one.id, what=one.name, url=_url(one), inverse={"integration": one.id, "on": not on})
    return command


async def renew(viewer: Viewer, one: Integration) -> str:
    """A new token or secret; the one before stops working at once. Returns it, to be shown once."""
    _check_manages(viewer)
    text = new_token() if one.token_hash else secrets.token_hex(32)
    async with database.transaction():
        if one.token_hash:
            await one.change(token_hash=hash_token(text), token_hint=text[-4:])
        else:
            await one.change(secret=seals.seal(text))
        await audit.record("integration.renew", one.name, viewer=viewer)
    return text


async def remove(viewer: Viewer, one: Integration) -> Command:
    """Take it away. What it wrote stays; its token never works again."""
    _check_manages(viewer)
    async with Command.once(viewer, "integration.delete") as command:
        now = clock.now()
        await one.change(deleted_at=now, disabled_at=one.disabled_at or now, token_hash=None)
        rows = await database.fetch("SELECT channel_id FROM channel_member WHERE account_id = $1", one.account_id)
        for row in rows:
            await (await Channel.get(row["channel_id"])).let_go(one.account_id)
        await database.execute("UPDATE membership SET ended_at = $1 WHERE account_id = $2 AND ended_at IS NULL", now, one.account_id)
        await audit.record("integration.delete", one.name, viewer=viewer)
        command.done(one.id, what=one.name, url="/manager/chat/integrations")
    return command


async def of(viewer: Viewer) -> list[dict[str, Any]]:
    """All of an organisation, by kind and name, with the name of their channel and of who made them."""
    return await database.fetch(
        "SELECT i.*, c.name AS channel, a.given_name || ' ' || a.family_name AS maker FROM integration i LEFT JOIN channel c ON c.id = i.channel_id"
        " LEFT JOIN account a ON a.id = i.created_by WHERE i.org_id = $1 AND i.deleted_at IS NULL ORDER BY i.kind, lower(i.name) LIMIT 1000", viewer.org_id,
    )


async def find(viewer: Viewer, id_: int) -> Integration:
    """One that those who manage Chat may change. Raises `NotFound`."""
    one = await Integration.find_own(id_, org_id=viewer.org_id)
    if not viewer.can_manage("chat") or one.deleted_at is not None:
        raise NotFound(f"integration {id_}")
    return one


async def by_token(token: str, kind: str) -> Integration | None:
    """The one whose token this is, if it is of this kind and works."""
    row = await database.fetch_one(
        "SELECT * FROM integration WHERE token_hash = $1 AND kind = $2 AND disabled_at IS NULL AND deleted_at IS NULL", hash_token(token), kind
    )
    return Integration.from_row(row) if row else None


async def note(one: Integration, direction: str, status: int, said: str, milliseconds: int = 0, attempt: int = 1) -> None:
    """Write a call into its log, and that it was used."""
    now = clock.now()
    await IntegrationDelivery.insert_new(
        integration_id=one.id, direction=direction, status=status, said=said[:300], milliseconds=milliseconds, attempt=min(attempt, 99), created_at=now
    )
    await database.execute("UPDATE integration SET used_at = $1 WHERE id = $2", now, one.id)


async def deliveries(one: Integration, most: int = 50) -> list[dict[str, Any]]:
    """Its latest calls."""
    return await database.fetch("SELECT * FROM integration_delivery WHERE integration_id = $1 ORDER BY id DESC LIMIT $2", one.id, most)


async def prune() -> None:
    """Forget old lines of the logs and addresses for answers that are over."""
    await database.execute("DELETE FROM integration_delivery WHERE created_at < $1", clock.now() - _KEPT)
    await database.execute("DELETE FROM response_url WHERE expires_at < $1", clock.now())


def _check_manages(viewer: Viewer) -> None:
    if not viewer.can_manage("chat") or viewer.is_external:
        raise NotFound("integrations")


def _check(kind: str, facts: dict[str, Any], own: str = "") -> None:
    if kind in (OUTGOING, COMMAND):
        try:
            check_url(facts["url"], calling.private_hosts())
        except NotAllowed:
            raise Refused(_("This address can’t be called: it must begin with https:// and be public.")) from None
    if kind == COMMAND and facts["word"] != own and facts["word"] in commands:
        raise Refused(_("There is a command /%(word)s already.") % {"word": facts["word"]})
    if kind == OUTGOING and not facts.get("channel_id") and not facts.get("word"):
        raise Refused(_("Choose a channel, or a word at which it calls."))


async def speaker_of(org_id: int, name: str, *, uses_chat: bool) -> Account:
    """An account that nobody can sign in with. One that uses Chat by itself can be brought into channels."""
    account = await Account.open(f"program-{new_id()}@chalet.invalid", name)  # RFC 2606 §2: no mail ever goes there
    await account.change(is_bot=True, disabled_at=None if uses_chat else clock.now())
    member = await Membership.insert_new(org_id=org_id, account_id=account.id, role=BOT, created_at=clock.now())
    if uses_chat:
        await member.grant("chat", USE)
    return account


async def _note_switch(viewer: Viewer, one: Integration, on: bool) -> None:
    if on:
        await audit.record("integration.enable", one.name, viewer=viewer)
    else:
        await audit.record("integration.disable", one.name, viewer=viewer)


def _url(one: Integration) -> str:
    return f"/manager/chat/integrations/{one.id}"


@undoes("integration.create")
async def _unmake(viewer: Viewer, inverse: dict[str, Any]) -> None:
    await remove(viewer, await find(viewer, inverse["integration"]))


@undoes("integration.edit")
async def _change_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    one = await find(viewer, inverse.pop("integration"))
    await one.change(**inverse)
    await (await Account.get(one.account_id)).change(given_name=inverse["name"])
    await audit.record("integration.edit", one.name, viewer=viewer)


@undoes("integration.switch")
async def _switch_back(viewer: Viewer, inverse: dict[str, Any]) -> None:
    one = await find(viewer, inverse["integration"])
    await one.change(disabled_at=None if inverse["on"] else clock.now())
    await _note_switch(viewer, one, inverse["on"])
