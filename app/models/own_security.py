"""What people change about how their own account is protected, each of it in the audit log."""

from __future__ import annotations

from app import database
from app.lib.i18n import _
from app.models import security_log
from app.models.account import Account
from app.models.base import NotFound, Refused
from app.models.credential import ApplicationPassword, LinkedIdentity, OneTimeSecret, Passkey, RecoveryCode
from app.models.session import Session
from app.models.sign_in_policy import SignInPolicy
from app.models.sign_in_rules import ways_in
from app.models.viewer import Viewer


async def note_passkey(viewer: Viewer, passkey: Passkey) -> None:
    """After one was added: the person unlocked it, which is a second factor."""
    async with database.transaction():
        await (await Session.get(viewer.session_id)).strengthen()
        await security_log.note("passkey.add", await Account.get(viewer.account_id), viewer=viewer, name=passkey.name)


async def remove_passkey(viewer: Viewer, passkey: Passkey) -> None:
    """It opens nothing from now on. Raises `Refused` when it is the last way in."""
    account = await Account.get(viewer.account_id)
    await _must_leave_a_way(account, but_passkey=passkey.id)
    async with database.transaction():
        await passkey.discard()
        await security_log.note("passkey.remove", account, viewer=viewer, name=passkey.name)


async def disconnect_identity(viewer: Viewer, identity_id: int) -> None:
    """Stop signing in with a provider. Raises `NotFound`, or `Refused` when it is the last way in."""
    account = await Account.get(viewer.account_id)
    identity = next((one for one in await LinkedIdentity.of(account.id) if one["id"] == identity_id), None)
    if identity is None:
        raise NotFound(f"identity {identity_id}")
    await _must_leave_a_way(account, but_identity=identity_id)
    async with database.transaction():
        await database.execute("DELETE FROM linked_identity WHERE id = $1 AND account_id = $2", identity_id, account.id)
        await security_log.note("identity.disconnect", account, viewer=viewer, provider=identity["name"])


async def _must_leave_a_way(account: Account, **without: int) -> None:
    for policy, role in await SignInPolicy.of_account(account.id):
        if await ways_in(account, policy, role) and not await ways_in(account, policy, role, **without):
            raise Refused(_("This is your only way to sign in. Set up another one first."))


async def switch_two_factor_on(viewer: Viewer, secret: OneTimeSecret, code: str) -> list[str]:
    """Ask for a code from now on, once a first one was right; returns the recovery codes. Raises `WrongCode`, `Throttled`."""
    codes = await secret.confirm(code)
    async with database.transaction():
        await (await Session.get(viewer.session_id)).strengthen()
        await security_log.note("two_factor.on", await Account.get(viewer.account_id), viewer=viewer)
    return codes


async def renew_recovery_codes(viewer: Viewer) -> list[str]:
    """New codes in place of the old ones, to be shown once."""
    async with database.transaction():
        await security_log.note("two_factor.codes", await Account.get(viewer.account_id), viewer=viewer)
        return await RecoveryCode.renew(viewer.account_id)


async def switch_two_factor_off(viewer: Viewer, secret: OneTimeSecret) -> None:
    """Sign in with one step again. Raises `Refused` where an organisation asks for two."""
    for policy, role in await SignInPolicy.of_account(viewer.account_id):
        if policy.needs_two_factors(role):
            raise Refused(_("Your organisation asks for two-step sign-in, so it can’t be switched off."))
    async with database.transaction():
        await secret.discard()
        await security_log.note("two_factor.off", await Account.get(viewer.account_id), viewer=viewer)
        Viewer.forget()


async def end_session(viewer: Viewer, session_id: int) -> None:
    """Sign one of one's devices out. Raises `NotFound`."""
    session = await Session.find_own(session_id, account_id=viewer.account_id)
    async with database.transaction():
        await session.end()
        await security_log.note("session.end", await Account.get(viewer.account_id), viewer=viewer, device=session.user_agent)


async def end_other_sessions(viewer: Viewer) -> None:
    """Sign every device out but the one that asks."""
    account = await Account.get(viewer.account_id)
    async with database.transaction():
        await account.sign_out_everywhere(but=viewer.session_id)
        await security_log.note("session.end_others", account, viewer=viewer)


async def issue_application_password(viewer: Viewer, name: str) -> str:
    """A new application password; returns it, once."""
    async with database.transaction():
        await security_log.note("application_password.make", await Account.get(viewer.account_id), viewer=viewer, name=name)
        return await ApplicationPassword.issue(viewer.account_id, name)


async def revoke_application_password(viewer: Viewer, password_id: int) -> None:
    """Lock the program out that uses it. Raises `NotFound`."""
    password = await ApplicationPassword.find_own(password_id, account_id=viewer.account_id)
    async with database.transaction():
        await password.revoke()
        await security_log.note("application_password.revoke", await Account.get(viewer.account_id), viewer=viewer, name=password.name)
        Viewer.forget()
