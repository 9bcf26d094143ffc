"""Whom Alpina works with: about sixty people in a shared book, a private one, and a few at the top."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

from app.demo.portraits import draw
from app.lib.pictures import portrait
from app.lib.vcard import Card, escape, read_card, write_line
from app.models.account import Account
from app.models.contacts import READ, WRITE, AddressBook, Contact
from app.models.contacts.listing import CARD, see, set_favourite
from app.models.contacts.sharing import EVERYONE, _answer, _put
from app.models.organisation import Organisation

FILE = Path(__file__).parent / "contacts.txt"
_WITH_PHOTO = 5  # every fifth of them
_PRIVATE = (
    ("Rosa", "Alder", "rosa@alder.example", "+41 55 555 30 01", "BDAY:1951-04-02¦item1.X-ABRELATEDNAMES:Anna¦item1.X-ABLabel:_$!<Child>!$_"),
    ("Noah", "Alder", "noah@alder.example", "+41 76 555 30 02", "BDAY:1999-10-17"),
    ("Praxis", "Dr. Wanner", "", "+41 44 555 30 03", "NOTE:Closed on Thursdays"),
    ("Vreni", "Kälin", "vreni@kaelin.example", "+41 79 555 30 04", "X-ABDATE:2012-05-26"),
)


async def fill(alpina: Organisation, cast: dict[str, Account]) -> None:
    """Fill the books of Anna, who shares one of them with everybody."""
    anna = cast["anna"]
    partners = await AddressBook.make(anna.id, alpina.id, "Partners", hue=4, description="Everybody we buy from, sell to and work with")
    rows = [line.split("|") for line in FILE.read_text().splitlines() if line and not line.startswith("#")]
    made = [await _partner(partners, anna, number, row) for number, row in enumerate(rows)]
    await _put(partners, EVERYONE, READ, anna.id)
    for name, level in (("beat", WRITE), ("luca", WRITE), ("elin", WRITE)):
        await _put(partners, f"a:{cast[name].id}", level, anna.id)
    for name in ("beat", "luca", "elin", "chiara", "farid"):
        await _answer(cast[name].id, partners.id, partners.created_at, None)
    own = await AddressBook.default_for(anna.id, alpina.id)
    for number, (given, family, email, phone, more) in enumerate(_PRIVATE):
        await own.put(anna.id, f"demo-{number}.vcf", _card(f"private-{number}", [given, family, "", "", email, phone, "", "", more]).text)
    for contact in (made[2], made[9], made[13]):
        await set_favourite(anna.id, CARD, contact.id, True)
        await set_favourite(cast["beat"].id, CARD, contact.id, True)
    for contact in made[4:12]:
        await see(anna.id, CARD, contact.id)


async def _partner(book: AddressBook, anna: Account, number: int, row: list[str]) -> Contact:
    card = _card(f"partner-{number}", row)
    if number % _WITH_PHOTO == 0:
        jpeg = await portrait(await asyncio.to_thread(draw, 40 + number))
        card.add("PHOTO", base64.b64encode(jpeg).decode(), [("ENCODING", ["b"]), ("TYPE", ["JPEG"])])
    return await book.put(anna.id, f"demo-{number}.vcf", card.text)


def _card(uid: str, row: list[str]) -> Card:
    given, family, organisation, title, email, phone, town, labels, more = row
    card = Card([write_line("BEGIN", "VCARD"), write_line("VERSION", "3.0"), write_line("UID", f"alpina-{uid}"), write_line("END", "VCARD")])
    card.add("FN", escape(f"{given} {family}"))
    extra = [line for line in more.split("¦") if line]
    if not any(line.startswith("N:") for line in extra):
        card.add("N", f"{escape(family)};{escape(given)};;;")
    for name, text, types in (
        ("ORG", organisation, []), ("TITLE", title, []), ("EMAIL", email, ["work"]), ("TEL", phone, ["work"]),
    ):
        if text:
            card.add(name, escape(text), [("TYPE", types)] if types else [])
    if town:
        card.add("ADR", f";;;{escape(town)};;;", [("TYPE", ["work"])])
    if labels:
        card.add("CATEGORIES", labels)
    end = card.lines.pop()
    return read_card(card.text + "".join(f"{line}\r\n" for line in extra) + end.raw)
