"""Sign-in at another house: the organisation's OpenID Connect provider, and who is who there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from piccolo.columns import BigInt, Boolean, ForeignKey, Text, Varchar

from app import database
from app.lib import clock, seals
from app.lib.i18n import _
from app.lib.tokens import hash_token, new_token
from app.models import audit, security_log
from app.models.account import Account
from app.models.base import Refused, Row
from app.models.credential.challenge import AT_PROVIDER, Challenge
from app.models.credential.password import must_be_enabled
from app.models.organisation import USER, Organisation
from app.models.viewer import Viewer

if TYPE_CHECKING:  # what calls providers takes long to import, and most people never do
    from app.lib.openid import Client, Stranger


@dataclass(frozen=True, slots=True)
class Way:
    """How this server and a provider reach each other: where browsers come back to, and hosts of the own network that may be called."""

    return_url: str
    private: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """What an administrator says about a provider. An empty secret: the one that is known already."""

    name: str
    issuer: str
    client_id: str
    client_secret: str = ""
    domains: str = ""
    newcomers: str = ""
    products: str = ""
    is_two_factor: bool = False


class SignInProvider(Row):
    """The OpenID Connect provider of an organisation, which has at most one."""

    org_id = ForeignKey(Organisation)
    name = Varchar(length=60)
    issuer = Varchar(length=500)
    client_id = Varchar(length=300)
    client_secret = Text(help_text="Sealed (app.lib.seals).")
    domains = Text(default="", help_text="Whose addresses may sign in, separated by spaces; empty: any.")
    newcomers = Varchar(length=12, default="", help_text="What people without an account become: nothing (empty) or user.")
    products = Varchar(length=120, default="", help_text="What newcomers may use, separated by spaces.")
    is_two_factor = Boolean(default=False, help_text="Whether it asks for a second factor itself.")
    created_at = BigInt(default=0)

    @classmethod
    async def of(cls, org_id: int) -> Self | None:
        """The provider of an organisation."""
        row = await database.fetch_one("SELECT * FROM sign_in_provider WHERE org_id = $1", org_id)
        return cls.from_row(row) if row else None

    @classmethod
    async def everywhere(cls) -> list[Self]:
        """The providers of all organisations of this server."""
        return [cls.from_row(row) for row in await database.fetch("SELECT * FROM sign_in_provider ORDER BY id")]

    @classmethod
    async def for_address(cls, email: str) -> Self | None:
        """The provider that an address belongs to by its domain."""
        return next((one for one in await cls.everywhere() if one.domains and one.takes(email)), None)

    @property
    def facts(self) -> ProviderFacts:
        """What an administrator said about it, without the secret."""
        return ProviderFacts(
            self.name, self.issuer, self.client_id, "", self.domains, self.newcomers, self.products, bool(self.is_two_factor)
        )

    def takes(self, email: str) -> bool:
        """Whether an address is of one of its domains."""
        return not self.domains or email.rpartition("@")[2].lower() in self.domains.split()

    async def count_people(self) -> int:
        """How many sign in with it."""
        return int(await database.fetch_value("SELECT COUNT(*) FROM linked_identity WHERE provider_id = $1", self.id))

    async def send_there(self, way: Way, browser: str, *, account_id: int | None = None, **facts: Any) -> str:
        """The address at the provider to send a browser to, which holds the token `browser`. Facts are remembered. Raises `Refused`."""
        from app.lib import openid

        nonce, verifier = new_token(), new_token(48)
        state = await Challenge.pose(
            AT_PROVIDER, account_id, provider=self.id, nonce=nonce, verifier=verifier, browser=hash_token(browser), **facts
        )
        with _in_words():
            return await openid.question(_client(self.facts, self._secret(), way), state, nonce, verifier)

    async def who_came_back(self, way: Way, challenge: Challenge, code: str) -> Stranger:
        """Whom the provider vouches for, by the code that the browser brought. Raises `Refused`."""
        from app.lib import openid

        with _in_words():
            remembered = challenge.remembered
            return await openid.answer(_client(self.facts, self._secret(), way), code, remembered["nonce"], remembered["verifier"])

    async def account_of(self, stranger: Stranger) -> Account:
        """The account of somebody who came from the provider: linked before, by their address now, or new. Raises `Refused`, `Disabled`."""
        self._check_domain(stranger, must_have_address=False)
        async with database.transaction():
            account = await self._linked(stranger) or await self._linked_by_address(stranger) or await self._welcome(stranger)
        must_be_enabled(account)
        return account

    async def link(self, viewer: Viewer, stranger: Stranger) -> None:
        """Let somebody who is signed in sign in with the provider from now on. Raises `Refused`."""
        self._check_domain(stranger, must_have_address=False)
        async with database.transaction():
            linked = await self._linked(stranger)
            if linked is not None and linked.id != viewer.account_id:
                raise Refused(_("At %(provider)s you are somebody who is connected with another account here.") % {"provider": self.name})
            if linked is None:
                await self._connect(await Account.get(viewer.account_id), stranger, viewer)

    def _check_domain(self, stranger: Stranger, must_have_address: bool) -> None:
        if (stranger.email or must_have_address) and not self.takes(stranger.email):
            raise Refused(_("Addresses such as %(email)s may not sign in this way.") % {"email": stranger.email})

    async def _linked(self, stranger: Stranger) -> Account | None:
        row = await database.fetch_one(
            "SELECT id, account_id FROM linked_identity WHERE provider_id = $1 AND issuer = $2 AND subject = $3",
            self.id, stranger.issuer, stranger.subject,
        )
        if row is None:
            return None
        await database.execute("UPDATE linked_identity SET used_at = $1 WHERE id = $2", clock.now(), row["id"])
        return await Account.get(row["account_id"])

    async def _linked_by_address(self, stranger: Stranger) -> Account | None:
        """By their address, which must be confirmed, and only an account of this organisation alone.

        Whoever runs the provider could otherwise enter another organisation by naming the address of one of its members.
        """
        if not stranger.email:
            raise Refused(_(
                "%(provider)s doesn’t confirm that your email address is yours. Sign in another way, then connect the two under"
                " “Manage my account”, Security."
            ) % {"provider": self.name})
        self._check_domain(stranger, must_have_address=True)
        account = await Account.by_email(stranger.email)
        if account is None:
            return None
        places = await database.fetch("SELECT org_id FROM membership WHERE account_id = $1 AND ended_at IS NULL", account.id)
        if [place["org_id"] for place in places] != [self.org_id]:
            raise Refused(_(
                "%(email)s has an account here that doesn’t belong to this organisation alone. Sign in another way, then connect the two under"
                " “Manage my account”, Security."
            ) % {"email": stranger.email})
        await self._connect(account, stranger)
        return account

    async def _connect(self, account: Account, stranger: Stranger, viewer: Viewer | None = None) -> None:
        try:
            async with database.savepoint():
                await LinkedIdentity.insert_new(
                    provider_id=self.id, account_id=account.id, issuer=stranger.issuer, subject=stranger.subject, email=stranger.email,
                    created_at=clock.now(), used_at=clock.now(),
                )
        except database.UniqueViolation:
            raise Refused(_(
                "Your account is connected with somebody else at %(provider)s. Disconnect that one first, under “Manage my account”, Security."
            ) % {"provider": self.name}) from None
        await security_log.note("identity.connect", account, viewer=viewer, provider=self.name)

    async def _welcome(self, stranger: Stranger) -> Account:
        """Make somebody without an account a member, where the administrators want that and the plan has room."""
        if self.newcomers != USER:
            raise Refused(_("%(email)s has no account here. Ask an administrator of your organisation to invite you.") % {"email": stranger.email})
        organisation = await Organisation.get(self.org_id)
        await organisation.check_room(USER)
        account = await Account.open(
            stranger.email, stranger.given_name or stranger.email.partition("@")[0][:80], stranger.family_name, locale=organisation.locale,
            timezone=organisation.timezone,
        )
        await organisation.admit(account, USER, tuple(self.products.split()))
        await self._connect(account, stranger)
        await audit.record("member.by_provider", f"{account.name} <{account.email}>", org_id=self.org_id, concerns=account.id, provider=self.name)
        return account

    def _secret(self) -> str:
        try:
            return seals.unseal(self.client_secret)
        except seals.BrokenSeal:
            raise Refused(_("The client secret can’t be read any more, since the server’s key has changed. An administrator has to enter it again.")) from None


class LinkedIdentity(Row):
    """Somebody at a provider who is an account here: found by issuer and subject from then on."""

    provider_id = ForeignKey(SignInProvider)
    account_id = ForeignKey(Account)
    issuer = Varchar(length=500)
    subject = Varchar(length=255)
    email = Varchar(length=254, default="", help_text="As the provider said when they were linked.")
    created_at = BigInt(default=0)
    used_at = BigInt(null=True, default=None)

    @classmethod
    async def of(cls, account_id: int) -> list[dict[str, Any]]:
        """An account's identities, each with the `name` of its provider and the organisation `org_name` whose it is."""
        return await database.fetch(
            "SELECT i.*, p.name, p.org_id, o.name AS org_name FROM linked_identity i JOIN sign_in_provider p ON p.id = i.provider_id"
            " JOIN organisation o ON o.id = p.org_id WHERE i.account_id = $1 ORDER BY i.id", account_id,
        )


async def save_provider(viewer: Viewer, facts: ProviderFacts) -> SignInProvider:
    """Connect the organisation's provider, or change it. Another issuer disconnects everybody: its subjects are other people.

    Raises `Refused` when the secret has to be entered anew: it must not go to an address that it wasn't entered for.
    """
    async with database.transaction():
        provider = await SignInProvider.of(viewer.org_id)
        if provider is None:
            _must_have_secret(facts)
            provider = await SignInProvider.insert_new(org_id=viewer.org_id, created_at=clock.now(), **_columns(facts))
            await audit.record("provider.connect", facts.name, viewer=viewer, issuer=facts.issuer)
            return provider
        if (facts.issuer, facts.client_id) != (provider.issuer, provider.client_id):
            _must_have_secret(facts)
        if facts.issuer != provider.issuer:
            await database.execute("DELETE FROM linked_identity WHERE provider_id = $1", provider.id)
        before, after = _said(provider.facts), _said(facts)
        changed = [name for name in after if after[name] != before[name]] + (["client_secret"] if facts.client_secret else [])
        await provider.change(**_columns(facts))
        await audit.record(
            "provider.change", facts.name, viewer=viewer, changed=changed,
            before={name: before[name] for name in changed if name in before}, after={name: after[name] for name in changed if name in after},
        )
        return provider


async def try_provider(viewer: Viewer, facts: ProviderFacts, way: Way) -> list[str]:
    """Try what was entered; returns what to look into, although it works. Raises `Refused` with what doesn't."""
    from app.lib import openid

    provider = await SignInProvider.of(viewer.org_id)
    if provider is None or (facts.issuer, facts.client_id) != (provider.issuer, provider.client_id):
        _must_have_secret(facts)
    secret = facts.client_secret or (provider._secret() if provider else "")
    with _in_words():
        return await openid.test(_client(facts, secret, way))


def _client(facts: ProviderFacts, secret: str, way: Way) -> Client:
    from app.lib.openid import Client

    return Client(facts.issuer, facts.client_id, secret, way.return_url, way.private)


def _must_have_secret(facts: ProviderFacts) -> None:
    if not facts.client_secret:
        raise Refused(_("Please enter the client secret that belongs to this issuer and client id."))


def _columns(facts: ProviderFacts) -> dict[str, Any]:
    sealed = {"client_secret": seals.seal(facts.client_secret)} if facts.client_secret else {}
    return {**_said(facts), **sealed}


def _said(facts: ProviderFacts) -> dict[str, Any]:
    return {
        "name": facts.name, "issuer": facts.issuer, "client_id": facts.client_id, "domains": facts.domains, "newcomers": facts.newcomers,
        "products": facts.products, "is_two_factor": facts.is_two_factor,
    }


@contextmanager
def _in_words() -> Iterator[None]:
    """What went wrong with a provider, as a sentence for the person."""
    from app.lib.openid import ProviderError

    try:
        yield
    except ProviderError as error:
        raise Refused(str(error)) from error
