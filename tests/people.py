"""The people of the tests. Alpina: anna (legal representative), beat, chiara, david (members), gina (a guest). Erik is of Nordlicht."""

from __future__ import annotations

from dataclasses import dataclass

from argon2 import PasswordHasher

from app.models.account import Account
from app.models.organisation import EXTERNAL, LEGAL, USER, Membership, Organisation
from app.models.session import Session
from app.models.viewer import Viewer

PASSWORD = "correct horse battery"
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)  # cheap: the tests sign in often


@dataclass(slots=True)
class Person:
    """A signed-in person of a test."""

    account: Account
    organisation: Organisation
    membership: Membership
    token: str
    viewer: Viewer

    @property
    def id(self) -> int:
        """The account's id."""
        return self.account.id


@dataclass(slots=True)
class People:
    """Everybody."""

    anna: Person
    beat: Person
    chiara: Person
    david: Person
    gina: Person
    erik: Person


async def move_in(mark: str = "") -> People:
    """Found both organisations and sign everybody in. The `mark` in their addresses keeps them apart from those who moved in before."""
    alpina = await Organisation.found("Alpina", timezone="Europe/Zurich")
    nordlicht = await Organisation.found("Nordlicht", timezone="Europe/Oslo")
    return People(
        anna=await person(alpina, f"anna{mark}@alpina.example", "Anna", "Alpha", LEGAL),
        beat=await person(alpina, f"beat{mark}@alpina.example", "Beat", "Keller"),
        chiara=await person(alpina, f"chiara{mark}@alpina.example", "Chiara", "Dotti"),
        david=await person(alpina, f"david{mark}@alpina.example", "David", "Ngo"),
        gina=await person(alpina, f"gina{mark}@guest.example", "Gina", "Guest", EXTERNAL, ("chat",)),
        erik=await person(nordlicht, f"erik{mark}@nordlicht.example", "Erik", "Berg", LEGAL),
    )


async def person(
    organisation: Organisation, email: str, given_name: str, family_name: str, role: str = USER, products: tuple[str, ...] | None = None
) -> Person:
    """A member of an organisation with the password PASSWORD, signed in."""
    account = await Account.open(email, given_name, family_name, timezone=organisation.timezone)
    await account.change(password_hash=PASSWORD_HASH)
    membership = await organisation.admit(account, role, *([products] if products else []))
    _session, token = await Session.begin(membership, 30)
    viewer = await Viewer.by_token(token)
    assert viewer is not None
    return Person(account, organisation, membership, token, viewer)
