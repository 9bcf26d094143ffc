"""Changing an organisation's rules for signing in, without anybody locking themselves or everybody out."""

from __future__ import annotations

from typing import Any

from app import database, live
from app.lib.i18n import _
from app.lib.names import full_name
from app.models import audit
from app.models.account import Account
from app.models.base import NotFound, Refused
from app.models.command import Command, undoes
from app.models.credential import LinkedIdentity, Passkey, SignInProvider
from app.models.session import Session
from app.models.sign_in_policy import LINK, OPENID, PASSKEY, PASSWORD, SignInPolicy
from app.models.viewer import Viewer

COLUMNS = (
    "password_least", "two_factor", "two_factor_from", "grace_days", "session_days", "idle_minutes", "member_methods", "guest_methods"
)


async def change_policy(viewer: Viewer, key: str | None = None, **rules: Any) -> Command:
    """Make these the rules (by the names of COLUMNS). They hold at once, also for sessions that exist. Can be undone.

    Raises `Refused` when somebody would be locked out.
    """
    async with Command.once(viewer, "sign_in.policy", key) as command:
        if not command.repeated:
            before = await _write(viewer, rules)
            command.done(what=_("Sign-in"), url="/manager/sign-in", inverse=before)
    await Session.prune()
    Viewer.forget()
    return command


@undoes("sign_in.policy")
async def _restore_policy(viewer: Viewer, inverse: dict[str, Any]) -> None:
    await _write(viewer, inverse)
    Viewer.forget()


async def _write(viewer: Viewer, rules: dict[str, Any]) -> dict[str, Any]:
    """Write the rules and returns those that were."""
    policy = await SignInPolicy.of(viewer.org_id)
    before = {name: getattr(policy, name) for name in COLUMNS}
    after = SignInPolicy(id=viewer.org_id, **{**before, **rules})
    await _check_ways(viewer, after)
    if await SignInPolicy.find(viewer.org_id):
        await after.change(**{name: getattr(after, name) for name in COLUMNS})
    else:
        await SignInPolicy.insert(after).run()
    changed = [name for name in COLUMNS if getattr(after, name) != before[name]]
    if changed:
        await audit.record(
            "sign_in.policy", viewer=viewer, before={name: before[name] for name in changed}, after={name: getattr(after, name) for name in changed}
        )
    return before


async def _check_ways(viewer: Viewer, policy: SignInPolicy) -> None:
    has_provider = await SignInProvider.of(viewer.org_id) is not None
    for methods in (policy.member_methods.split(), policy.guest_methods.split()):
        if not [method for method in methods if method != OPENID or has_provider]:
            raise Refused(_("Nobody could sign in: connect a provider first, or allow another way."))
    if not await ways_in(await Account.get(viewer.account_id), policy, viewer.role):
        raise Refused(_("You yourself couldn’t sign in any more. First set up one of the ways that you want to allow, under “Manage my account”, Security."))


async def ways_in(account: Account, policy: SignInPolicy, role: str, *, but_passkey: int = 0, but_identity: int = 0) -> list[str]:
    """The methods by which somebody can really sign in, without one of their passkeys or identities."""
    has = {PASSWORD: account.password_hash is not None, LINK: True, PASSKEY: False, OPENID: False}
    has[PASSKEY] = any(passkey.id != but_passkey for passkey in await Passkey.of(account.id))
    has[OPENID] = any(one["id"] != but_identity and one["org_id"] == policy.id for one in await LinkedIdentity.of(account.id))
    return [method for method in policy.methods(role) if has[method]]


async def disconnect_provider(viewer: Viewer) -> None:
    """Take the organisation's provider away: whoever signed in with it is signed out. Raises `NotFound`, `Refused`."""
    provider = await SignInProvider.of(viewer.org_id)
    if provider is None:
        raise NotFound("provider")
    policy = await SignInPolicy.of(viewer.org_id)
    if OPENID in (policy.member_methods, policy.guest_methods):
        raise Refused(_("It is the only way to sign in that is allowed. Allow another one first."))
    async with database.transaction():
        over = await database.execute("DELETE FROM session WHERE provider_id = $1 AND id <> $2 RETURNING id", provider.id, viewer.session_id)
        await database.execute("DELETE FROM sign_in_provider WHERE id = $1", provider.id)
        await audit.record("provider.disconnect", provider.name, viewer=viewer, issuer=provider.issuer)
        for row in over:
            live.cut_session(row["id"])
    Viewer.forget()


async def count_without_other_way(viewer: Viewer) -> int:
    """How many people have nothing but the provider to sign in with."""
    return int(await database.fetch_value(
        "SELECT COUNT(*) FROM linked_identity i JOIN sign_in_provider p ON p.id = i.provider_id JOIN account a ON a.id = i.account_id"
        " WHERE p.org_id = $1 AND a.password_hash IS NULL AND NOT EXISTS (SELECT 1 FROM passkey k WHERE k.account_id = a.id)", viewer.org_id,
    ))


async def count_without_second_factor(viewer: Viewer) -> tuple[int, int]:
    """How many of the organisation's people, guests included, have neither an authenticator app nor a passkey; and how many there are."""
    row = await database.fetch_one(
        "SELECT COUNT(*) AS people, COUNT(CASE WHEN NOT EXISTS"
        " (SELECT 1 FROM one_time_secret t WHERE t.account_id = m.account_id AND t.confirmed_at IS NOT NULL) AND NOT EXISTS"
        " (SELECT 1 FROM passkey k WHERE k.account_id = m.account_id) THEN 1 END) AS missing"
        " FROM membership m WHERE m.org_id = $1 AND m.ended_at IS NULL AND m.role <> 'bot'", viewer.org_id,
    )
    return (row["missing"], row["people"]) if row else (0, 0)


async def legal_names(viewer: Viewer) -> list[str]:
    """Who answers for the organisation, by name."""
    rows = await database.fetch(
        "SELECT a.given_name, a.family_name FROM membership m JOIN account a ON a.id = m.account_id"
        " WHERE m.org_id = $1 AND m.role = 'legal' AND m.ended_at IS NULL ORDER BY m.id", viewer.org_id,
    )
    return [full_name(row) for row in rows]
