"""Passkeys: WebAuthn credentials."""

from __future__ import annotations

import asyncio
from typing import Self

from piccolo.columns import BigInt, Boolean, ForeignKey, Text, Varchar

from app import database
from app.lib import clock, passkeys
from app.lib.i18n import _
from app.lib.passkeys import PasskeyError, RelyingParty
from app.models.account import Account
from app.models.base import Refused, Row
from app.models.credential.challenge import PASSKEY_REGISTRATION, PASSKEY_SIGN_IN, Challenge
from app.models.credential.password import must_be_enabled

MOST = 50


class Passkey(Row):
    """A WebAuthn credential, bound to the host it was made on."""

    account_id = ForeignKey(Account)
    credential_id = Varchar(length=512, help_text="base64url")
    public_key = Text(help_text="COSE key, base64url")
    sign_count = BigInt(default=0)
    rp_id = Varchar(length=253)
    name = Varchar(length=80)
    transports = Varchar(length=80, default="", help_text="Separated by spaces.")
    is_synced = Boolean(default=False)
    created_at = BigInt(default=0)
    used_at = BigInt(null=True, default=None)

    @classmethod
    async def of(cls, account_id: int) -> list[Self]:
        """An account's passkeys, oldest first."""
        return [cls.from_row(row) for row in await database.fetch("SELECT * FROM passkey WHERE account_id = $1 ORDER BY id", account_id)]

    @classmethod
    async def registration(cls, account: Account, party: RelyingParty) -> str:
        """What a browser needs to make a passkey, as JSON."""
        known = [one.credential_id for one in await cls.of(account.id) if one.rp_id == party.id]
        if len(known) >= MOST:
            raise Refused(_("This account has as many passkeys as it may have. Remove one first."))
        challenge = await Challenge.pose(PASSKEY_REGISTRATION, account.id)
        return await asyncio.to_thread(passkeys.registration_options, party, challenge, account.id, account.email, account.name, known)

    @classmethod
    async def register(cls, account: Account, party: RelyingParty, answer: str, name: str) -> Self:
        """Keep the passkey of a browser's answer. Raises `Refused` when it doesn't verify."""
        try:
            _id, challenge = passkeys.read_answer(answer)
            if not await Challenge.answer(PASSKEY_REGISTRATION, challenge, account.id):
                raise PasskeyError("unknown challenge")
            new = await asyncio.to_thread(passkeys.verify_registration, party, challenge, answer)
            return await cls.insert_new(
                account_id=account.id, credential_id=new.credential_id, public_key=new.public_key, sign_count=new.sign_count, rp_id=party.id,
                name=name, transports=new.transports, is_synced=new.is_synced, created_at=clock.now(),
            )
        except (PasskeyError, database.UniqueViolation):
            raise Refused(_("The passkey could not be added. Please try again.")) from None

    @classmethod
    async def question(cls, party: RelyingParty) -> str:
        """What a browser needs to sign somebody in, as JSON."""
        return await asyncio.to_thread(passkeys.sign_in_options, party, await Challenge.pose(PASSKEY_SIGN_IN))

    @classmethod
    async def sign_in(cls, party: RelyingParty, answer: str) -> Account:
        """The account whose passkey answered. Raises `Refused`, `Disabled`."""
        try:
            credential_id, challenge = passkeys.read_answer(answer)
            row = await database.fetch_one("SELECT * FROM passkey WHERE credential_id = $1 AND rp_id = $2", credential_id, party.id)
            if not await Challenge.answer(PASSKEY_SIGN_IN, challenge) or row is None:
                raise PasskeyError("unknown challenge or passkey")
            passkey = cls.from_row(row)
            count = await asyncio.to_thread(passkeys.verify_sign_in, party, challenge, answer, passkey.public_key, passkey.sign_count)
        except PasskeyError:
            raise Refused(_("This passkey isn’t known here. Sign in with your password, then add it again in your account.")) from None
        await passkey.change(sign_count=count, used_at=clock.now())
        account = await Account.get(passkey.account_id)
        must_be_enabled(account)
        return account

    async def rename(self, name: str) -> None:
        """Call it something else."""
        await self.change(name=name)

    async def discard(self) -> None:
        """It opens nothing from now on."""
        await database.execute("DELETE FROM passkey WHERE id = $1", self.id)
