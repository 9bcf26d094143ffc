"""What the sign-in page offers to people whom it doesn't know yet."""

from __future__ import annotations

from dataclasses import dataclass

from app.models.credential import SignInProvider
from app.models.sign_in_policy import METHODS, OPENID, SignInPolicy


@dataclass(frozen=True, slots=True)
class Offers:
    """The methods that some organisation of this server allows to some of its people, and the provider where there is one alone."""

    methods: frozenset[str]
    provider: SignInProvider | None
    has_providers: bool


async def offers(org_id: int | None = None) -> Offers:
    """What there is to choose from, at an organisation's own domain what it has itself. Of several providers none is named: it would tell
    who is a customer here."""
    chosen: set[str] = set()
    for policy in await SignInPolicy.of_everybody() if org_id is None else [await SignInPolicy.of(org_id)]:
        chosen |= {*policy.member_methods.split(), *policy.guest_methods.split()}
    providers = [one for one in await SignInProvider.everywhere() if org_id in (None, one.org_id)] if OPENID in chosen else []
    return Offers(frozenset(chosen) or frozenset(METHODS), providers[0] if len(providers) == 1 else None, len(providers) > 1)
