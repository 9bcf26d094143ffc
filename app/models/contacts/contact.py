"""Cards, and what is kept beside them to list and find them."""

from __future__ import annotations

from piccolo.columns import BigInt, Boolean, ForeignKey, Integer, SmallInt, Text, Varchar

from app.models.account import Account
from app.models.base import Row
from app.models.contacts.book import AddressBook

MOST_HREF, MOST_UID, MOST_TEXT = 255, 255, 250
LISTED = (
    "c.id, c.book_id, c.href, c.uid, c.etag, c.modseq, c.size, c.kind, c.name, c.sort_name, c.letter, c.organisation, c.title, c.email, c.phone,"
    " c.birthday, c.has_photo, c.created_at, c.updated_at"
)
"""What lists need of a card `c`: neither its text nor its words."""


class Contact(Row):
    """One card of a book. All but `vcard` is an index, read off it whenever it is written."""

    book_id = ForeignKey(AddressBook)
    href = Varchar(length=MOST_HREF, help_text="The last segment of its address, as the client chose it; unique in the book.")
    uid = Varchar(length=MOST_UID, null=True, default=None, help_text="The card's UID, unique in the book; null: it has none.")
    etag = Varchar(length=64)
    modseq = BigInt(default=0)
    size = Integer(default=0, help_text="Octets of the text.")
    kind = Varchar(length=24, default="individual")
    name = Varchar(length=MOST_TEXT, default="")
    sort_name = Varchar(length=MOST_TEXT, default="", help_text="By which lists are ordered, folded.")
    letter = Varchar(length=4, default="", help_text="Under which it stands in lists; # for what begins with none.")
    organisation = Varchar(length=MOST_TEXT, default="")
    title = Varchar(length=MOST_TEXT, default="")
    email = Varchar(length=MOST_TEXT, default="", help_text="The preferred one.")
    phone = Varchar(length=MOST_TEXT, default="", help_text="The preferred one, as it was written.")
    birthday = Varchar(length=10, default="", help_text="YYYY-MM-DD, or --MM-DD without a year.")
    has_photo = Boolean(default=False)
    words = Text(default="", help_text="Folded words with a blank before each, in which lists are searched.")
    created_by = ForeignKey(Account)
    created_at = BigInt(default=0)
    updated_at = BigInt(default=0)
    vcard = Text(default="", help_text="The card as it was written, byte for byte.")

    @property
    def url(self) -> str:
        """Its address."""
        return f"/contacts/{self.id}"


class ContactEmail(Row):
    """An email address of a card, in small letters."""

    contact_id = ForeignKey(Contact)
    book_id = ForeignKey(AddressBook)
    address = Varchar(length=MOST_TEXT)


class ContactPhone(Row):
    """A phone number of a card, as E.164 has it where it could be read, else its digits."""

    contact_id = ForeignKey(Contact)
    book_id = ForeignKey(AddressBook)
    number = Varchar(length=40)


class ContactLabel(Row):
    """A label of a card (CATEGORIES)."""

    contact_id = ForeignKey(Contact)
    book_id = ForeignKey(AddressBook)
    name = Varchar(length=120)
    name_key = Varchar(length=120, help_text="Folded: labels that differ in case or accents are one.")


class ContactMember(Row):
    """Somebody whom a card of kind group names."""

    contact_id = ForeignKey(Contact, help_text="The group's card.")
    book_id = ForeignKey(AddressBook)
    uid = Varchar(length=MOST_UID)


class ContactGone(Row):
    """A card that was removed, for clients that ask what changed."""

    book_id = ForeignKey(AddressBook)
    href = Varchar(length=MOST_HREF)
    modseq = BigInt(default=0)
    gone_at = BigInt(default=0)


class ContactVersion(Row):
    """What a card was before a person changed it, or anybody removed it: kept for 30 days, so that it can be taken back."""

    book_id = ForeignKey(AddressBook)
    contact_id = BigInt(help_text="The card's id, which it gets back.")
    href = Varchar(length=MOST_HREF)
    replaced_by = ForeignKey(Account)
    replaced_at = BigInt(default=0)
    was_removed = SmallInt(default=0)
    created_by = BigInt(default=0)
    created_at = BigInt(default=0)
    vcard = Text(default="")


class ContactFavourite(Row):
    """A card, or a person of a directory, that somebody keeps at the top. The reference outlives a card, which may come back."""

    account_id = ForeignKey(Account)
    kind = Varchar(length=8, help_text="card, or person: a membership of a directory.")
    subject_id = BigInt()
    created_at = BigInt(default=0)


class ContactSeen(Row):
    """When somebody last looked at a card, or at a person of a directory."""

    account_id = ForeignKey(Account)
    kind = Varchar(length=8)
    subject_id = BigInt()
    seen_at = BigInt(default=0)


class ContactApart(Row):
    """Cards that somebody said are of different people."""

    account_id = ForeignKey(Account)
    key = Varchar(length=400, help_text="Their ids, sorted, with hyphens between.")
    created_at = BigInt(default=0)
