"""Signed-in devices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from piccolo.columns import BigInt, ForeignKey, SmallInt, Varchar
from piccolo.columns.base import OnDelete

from app import database, live
from app.lib import clock
from app.lib.i18n import _
from app.lib.tokens import hash_token, new_token
from app.models import security_log
from app.models.account import Account
from app.models.base import NotFound, Refused, Row
from app.models.credential import KnownDevice, OneTimeSecret, SignInProvider
from app.models.farewell import Farewell
from app.models.job import Job
from app.models.organisation import Membership, Organisation
from app.models.sign_in_policy import LINK, OPENID, PASSKEY, PASSWORD, SignInPolicy
from app.models.viewer import Viewer

CONFIRMED_FOR = 30 * clock.MINUTE
_WITH_POLICY = "FROM session s JOIN membership m ON m.id = s.membership_id LEFT JOIN sign_in_policy p ON p.id = m.org_id"
_OVER = (
    "(s.expires_at <= $1 OR s.created_at + COALESCE(p.session_days, 366) * 86400000 <= $1"
    " OR (p.idle_minutes IS NOT NULL AND s.seen_at + p.idle_minutes * 60000 <= $1))"
)
"""As `SignInPolicy.session_end` has it, at the instant $1."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where somebody signs in from. `device` is the token that the browser was given when it signed in before; `org_id` whose domain it is at."""

    host: str = ""
    address: str = ""
    user_agent: str = ""
    device: str = ""
    org_id: int | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """How somebody proved who they are. Without a method they just accepted an invitation, or set the server up."""

    method: str = ""
    factors: int = 1
    provider_id: int | None = None


INVITED = Proof()


@dataclass(frozen=True, slots=True)
class Entry:
    """What a browser gets that was signed in: tokens for its cookies. `is_weak`: a second factor has to be set up, now or soon."""

    token: str
    seconds: int
    device: str
    is_weak: bool


class NotThisWay(Refused):
    """The organisation doesn't allow signing in by this method."""

    def __init__(self, organisation: str, methods: tuple[str, ...]) -> None:
        ways = _(" or ").join(method_words(method) for method in methods)
        super().__init__(_("%(organisation)s doesn’t allow signing in this way. Sign in with %(ways)s.") % {"organisation": organisation, "ways": ways})


def method_words(method: str) -> str:
    """What a method of signing in is called within a sentence."""
    return {PASSWORD: _("your password"), PASSKEY: _("a passkey"), LINK: _("a link sent to your address"), OPENID: _("your organisation’s sign-in")}[method]


class Session(Row):
    """A browser that is signed in. The cookie holds a token of which only the hash is here."""

    token_hash = Varchar(length=64)
    account_id = ForeignKey(Account)
    membership_id = ForeignKey(Membership, help_text="Where the person is now; switching organisations changes it.")
    host = Varchar(length=253, default="")
    address = Varchar(length=64, default="")
    user_agent = Varchar(length=300, default="")
    created_at = BigInt(default=0)
    seen_at = BigInt(default=0)
    expires_at = BigInt(default=0)
    confirmed_at = BigInt(default=0, help_text="When the person last proved who they are.")
    method = Varchar(length=12, default="", help_text="How they signed in: password, passkey, link or openid; empty: not known.")
    factors = SmallInt(default=1, help_text="2 where a second factor was part of it.")
    provider_id = ForeignKey(SignInProvider, null=True, default=None, on_delete=OnDelete.set_null)

    @classmethod
    async def begin(
        cls, membership: Membership, days: int, proof: Proof = INVITED, *, host: str = "", address: str = "", user_agent: str = "",
        is_confirmed: bool = True,
    ) -> tuple[Self, str]:
        """Sign a browser in for `days`. Returns the session and the token for its cookie."""
        token, now = new_token(), clock.now()
        session = await cls.insert_new(
            token_hash=hash_token(token), account_id=membership.account_id, membership_id=membership.id, host=host[:253], address=address[:64],
            user_agent=user_agent[:300], created_at=now, seen_at=now, expires_at=now + days * clock.DAY, confirmed_at=now if is_confirmed else 0,
            method=proof.method, factors=proof.factors, provider_id=proof.provider_id,
        )
        await database.execute("UPDATE membership SET seen_at = $1 WHERE id = $2", now, membership.id)
        await Farewell.call_off(membership.account_id)  # an account that was to be deleted is kept when its owner comes back
        return session, token

    @classmethod
    async def sign_in(cls, account: Account, arrival: Arrival, proof: Proof = INVITED, earlier: int | None = None) -> Entry | None:
        """Sign a browser in where this person was last and may be with this proof, in place of its session `earlier`.

        None where they belong to no organisation. Raises `NotThisWay`.
        """
        found = await _place_for(account, proof, arrival.org_id)
        if found is None:
            return None
        membership, policy = found
        # Whoever runs the provider could act as anybody who is linked there: that is not enough to change how the account is protected.
        is_confirmed = proof.method != OPENID or account.password_hash is None
        async with database.transaction():
            if earlier is not None:
                await cls._end(earlier)
            _session, token = await cls.begin(
                membership, policy.session_days, proof, host=arrival.host, address=arrival.address, user_agent=arrival.user_agent,
                is_confirmed=is_confirmed,
            )
            device, is_new = await KnownDevice.note(account.id, arrival.device)
            if is_new:
                await _tell_of_new_device(account, arrival, proof)
        is_weak = proof.factors < 2 and policy.needs_two_factors(membership.role) and await OneTimeSecret.active(account.id) is None
        return Entry(token, policy.session_days * 24 * 3600, device, is_weak)

    @classmethod
    async def check_way(cls, account: Account, proof: Proof) -> None:
        """Raises `NotThisWay` where no organisation of this person takes the proof."""
        await _place_for(account, proof)

    @classmethod
    async def of(cls, account_id: int) -> list[Self]:
        """An account's sessions, those in use last first."""
        rows = await database.fetch(
            f"SELECT s.* {_WITH_POLICY} WHERE s.account_id = $2 AND NOT {_OVER} ORDER BY s.seen_at DESC", clock.now(), account_id
        )
        return [cls.from_row(row) for row in rows]

    async def end(self) -> None:
        """Sign this browser out, at once and in every process, also at the other hosts of a brand that it went to from here."""
        tied = "SELECT t.session_id FROM session_tie t JOIN session_tie mine ON mine.journey = t.journey WHERE mine.session_id = $1"
        for id_ in {self.id, *(row["session_id"] for row in await database.fetch(tied, self.id))}:
            await self._end(id_)

    async def go_to(self, membership_id: int) -> None:
        """Switch to another organisation of the same person (HOME-06). Raises `NotFound`, or `NotThisWay` where that one asks for another proof."""
        membership = await Membership.find_own(membership_id, account_id=self.account_id)
        if membership.ended_at is not None:
            raise NotFound(f"membership {membership_id}")
        policy = await SignInPolicy.of(membership.org_id)
        if not await _suffices(Proof(self.method, self.factors, self.provider_id), membership, policy):
            raise NotThisWay((await Organisation.get(membership.org_id)).name, policy.methods(membership.role))
        await self.change(membership_id=membership_id)
        Viewer.forget()
        live.cut_account(self.account_id)

    async def reach(self) -> list[Membership]:
        """Where this browser is, and where it could switch to and do something with the proof that it gave."""
        rows = await database.fetch(
            "SELECT * FROM membership WHERE account_id = $1 AND ended_at IS NULL AND (ends_at IS NULL OR ends_at > $2) ORDER BY id",
            self.account_id, clock.now(),
        )
        places = [Membership.from_row(row) for row in rows]
        return [one for one in places if one.id == self.membership_id or await self._reaches(one)]

    async def _reaches(self, place: Membership) -> bool:
        policy = await SignInPolicy.of(place.org_id)
        due = policy.two_factors_due(place.role, place.created_at)
        is_enough = self.factors > 1 or due is None or due > clock.now()
        return is_enough and await _suffices(Proof(self.method, self.factors, self.provider_id), place, policy)

    @property
    def is_confirmed(self) -> bool:
        """Whether the person proved lately who they are: what changes the ways to sign in asks for that."""
        return self.confirmed_at > clock.now() - CONFIRMED_FOR

    async def confirm(self) -> None:
        """The person just proved who they are."""
        await self.change(confirmed_at=clock.now())

    async def strengthen(self) -> None:
        """The person proved a second factor since."""
        await self.change(factors=2)
        Viewer.forget()

    @classmethod
    async def seen(cls, session_id: int, address: str) -> None:
        """Note that a session is in use."""
        await database.execute("UPDATE membership SET seen_at = $1 WHERE id = (SELECT membership_id FROM session WHERE id = $2)", clock.now(), session_id)
        await database.execute("UPDATE session SET seen_at = $1, address = $2 WHERE id = $3", clock.now(), address[:64], session_id)

    @classmethod
    async def prune(cls) -> None:
        """Drop what is over, also by a rule that was made since, and close its sockets."""
        over = await database.execute(f"DELETE FROM session WHERE id IN (SELECT s.id {_WITH_POLICY} WHERE {_OVER}) RETURNING id", clock.now())
        for row in over:
            live.cut_session(row["id"])
        if over:
            Viewer.forget()

    @classmethod
    async def _end(cls, id_: int) -> None:
        await database.execute("DELETE FROM session WHERE id = $1", id_)
        live.cut_session(id_)
        Viewer.forget()


async def _place_for(account: Account, proof: Proof, org_id: int | None = None) -> tuple[Membership, SignInPolicy] | None:
    """Where this person goes with this proof: the organisation they were in last among those that take it; at a brand's host its own. Raises `NotThisWay`."""
    rows = await database.fetch(
        "SELECT * FROM membership WHERE account_id = $1 AND ended_at IS NULL AND (ends_at IS NULL OR ends_at > $2)"
        " ORDER BY COALESCE(seen_at, 0) DESC, id", account.id, clock.now()
    )
    places = [Membership.from_row(row) for row in rows if org_id in (None, row["org_id"])]
    for place in places:
        policy = await SignInPolicy.of(place.org_id)
        if await _suffices(proof, place, policy):
            return place, policy
    if not places:
        return None
    first = places[0]
    raise NotThisWay((await Organisation.get(first.org_id)).name, (await SignInPolicy.of(first.org_id)).methods(first.role))


async def _suffices(proof: Proof, membership: Membership, policy: SignInPolicy) -> bool:
    """Whether an organisation takes a proof; what another organisation's provider says counts only there."""
    if not policy.allows(membership.role, proof.method):
        return False
    if proof.method != OPENID:
        return True
    provider = await SignInProvider.find(proof.provider_id) if proof.provider_id else None
    return provider is not None and provider.org_id == membership.org_id


async def _tell_of_new_device(account: Account, arrival: Arrival, proof: Proof) -> None:
    await security_log.note("session.new_device", account, device=arrival.user_agent[:300], method=proof.method)
    await Job.enqueue("mail_new_device", account_id=account.id, user_agent=arrival.user_agent[:300], address=arrival.address, at=clock.now())
