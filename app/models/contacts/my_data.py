"""Contacts' part of a person's data: their address books, each as a file that every other program reads."""

from __future__ import annotations

from collections.abc import AsyncIterator

from app.models.contacts import shelf
from app.models.contacts.book import AddressBook
from app.models.my_data import Owner, exports
from app.models.my_data.registry import Files


@exports("contacts")
async def _contacts(owner: Owner) -> Files:
    for book in await AddressBook.all_for(owner.account_id, owner.org_id):
        if book.is_own:
            yield f"contacts/{book.slug}.vcf", _cards(book)


async def _cards(book: AddressBook) -> AsyncIterator[bytes]:
    async for text in shelf.texts(book):
        yield (text if text.endswith("\n") else f"{text}\r\n").encode()
