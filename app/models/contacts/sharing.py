"""Whom an address book is shared with, and what they answered."""

from __future__ import annotations

from piccolo.columns import BigInt, ForeignKey, SmallInt, Varchar

from app.models.account import Account
from app.models.base import Row
from app.models.contacts.book import AddressBook
from app.models.team import Team


class AddressBookShare(Row):
    """A book, shared with a person, a team, or (neither) everyone in its organisation."""

    book_id = ForeignKey(AddressBook)
    account_id = ForeignKey(Account, null=True, default=None)
    team_id = ForeignKey(Team, null=True, default=None)
    sole_key = Varchar(length=24, help_text="a:12, t:34 or all: a book is shared once with each.")
    level = SmallInt(default=1, help_text="1 read, 2 write, 3 administer.")
    shared_by = ForeignKey(Account)
    created_at = BigInt(default=0)


class AddressBookAnswer(Row):
    """What somebody answered to a book that is shared with them. Without an answer it is offered."""

    book_id = ForeignKey(AddressBook)
    account_id = ForeignKey(Account)
    accepted_at = BigInt(null=True, default=None)
    declined_at = BigInt(null=True, default=None)
