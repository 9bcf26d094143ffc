"""Who works at Alpina."""

from __future__ import annotations

from dataclasses import dataclass

from app.demo.calendar import Calendar
from app.lib import clock
from app.lib.passwords import hash_password
from app.models.account import Account
from app.models.organisation import ADMIN, EXTERNAL, LEGAL, PRODUCTS, USER, Organisation
from app.models.search_people import index_person

FIRST_DAY = -44


@dataclass(frozen=True, slots=True)
class Part:
    """One person of the demo."""

    given_name: str
    family_name: str
    title: str
    phone: str
    role: str = USER
    locale: str = "en"
    host: str = "alpina.example"


PARTS = (
    Part("Anna", "Alder", "Managing Director", "+41 44 555 01 10", LEGAL),
    Part("Beat", "Keller", "Head of Product", "+41 44 555 01 12"),
    Part("Chiara", "Dotti", "Product Designer", "+41 44 555 01 15"),
    Part("David", "Ngo", "Software Engineer, Web Shop", "+41 44 555 01 18"),
    Part("Elin", "Sørensen", "Head of Marketing", "+41 44 555 01 20"),
    Part("Farid", "Haddad", "Supply Chain", "+41 44 555 01 22"),
    Part("Greta", "Zurbriggen", "Head of Support", "+41 44 555 01 30"),
    Part("Hugo", "Meier", "Repair Desk", "+41 44 555 01 31"),
    Part("Ines", "Carvalho", "Finance", "+41 44 555 01 11", ADMIN),
    Part("Jonas", "Brunner", "Materials Engineer", "+41 44 555 01 14"),
    Part("Katja", "Vogt", "People and Office", "+41 44 555 01 40", ADMIN),
    Part("Luca", "Bernasconi", "Sales, Retail Partners", "+41 44 555 01 50"),
    Part("Mira", "Okafor", "Director, Agency Nord", "+45 55 55 02 02", EXTERNAL, host="nord.example"),
)


async def fill(password: str, days: Calendar) -> tuple[Organisation, dict[str, Account]]:
    """Found Alpina and let everybody in, all with the same password; the accounts by their lower-case first names."""
    hashed = await hash_password(password)  # once: it is slow on purpose
    cast: dict[str, Account] = {}
    with clock.at(days.at(-FIRST_DAY, 8, 0)):
        alpina = await Organisation.found("Alpina", timezone="Europe/Zurich")
        for part in PARTS:
            name = part.given_name.lower()
            cast[name] = await _arrive(alpina, part, f"{name}@{part.host}", hashed)
    return alpina, cast


async def _arrive(alpina: Organisation, part: Part, email: str, hashed: str) -> Account:
    account = await Account.open(email, part.given_name, part.family_name, locale=part.locale, timezone="Europe/Zurich")
    await account.change(password_hash=hashed, phone=part.phone)
    member = await alpina.admit(account, part.role, ("chat", "drive") if part.role == EXTERNAL else PRODUCTS)
    await member.change(title=part.title)
    await index_person(account.id)
    return account
