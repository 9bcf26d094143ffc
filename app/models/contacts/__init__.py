"""Address books and the cards in them.

`book.py` the books, who sees them and with which level, `sharing.py` whom they are shared with, `contact.py` the cards and their index,
`writing.py` the one way in for every card, from a page or from a program, `reading.py` look-ups and what changed since, `editing.py` what
people do with cards, `shelf.py` with whole books, `listing.py` lists of cards, `people.py` accounts behind cards and people to choose
from, `importing.py` files that are brought in, `duplicates.py` who is there twice, `finding.py` the search over everything, `directory.py`
the members of organisations as cards that are nobody's to change, `departures.py` what is handed over.

The vCard text is the truth, byte for byte; the columns beside it are an index for lists and searches.
"""

from app.models.contacts import departures, editing, finding, importing, listening, shelf
from app.models.contacts.book import ADMINISTER, MOST_BOOKS, MOST_CARDS, OWN, READ, WRITE, AddressBook, BookRefused
from app.models.contacts.contact import Contact, ContactEmail, ContactGone, ContactLabel, ContactMember, ContactPhone, ContactVersion
from app.models.contacts.directory import Directory, Person, person_seen_by
from app.models.contacts.reading import Changes, TooOld
from app.models.contacts.sharing import AddressBookAnswer, AddressBookShare
from app.models.contacts.writing import MOST_CARD, CardRefused, LostRace, UidTaken

__all__ = [
    "ADMINISTER",
    "MOST_BOOKS",
    "MOST_CARD",
    "MOST_CARDS",
    "OWN",
    "READ",
    "WRITE",
    "AddressBook",
    "AddressBookAnswer",
    "AddressBookShare",
    "BookRefused",
    "CardRefused",
    "Changes",
    "Contact",
    "ContactEmail",
    "ContactGone",
    "ContactLabel",
    "ContactMember",
    "ContactPhone",
    "ContactVersion",
    "Directory",
    "LostRace",
    "Person",
    "TooOld",
    "UidTaken",
    "departures",
    "editing",
    "finding",
    "importing",
    "listening",
    "person_seen_by",
    "shelf",
]
