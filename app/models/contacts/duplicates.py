"""Who is there twice: cards that share an address, a number or a name, with the reason; and making one of them, field by field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from app import database
from app.lib import clock
from app.lib.i18n import _
from app.lib.ids import new_id
from app.lib.vcard import Card, read_card
from app.lib.vcard.details import ADDRESS, BIRTHDAY, DATE, KINDS, ORGANISATION, Details, Item, read_details, set_photo, write_details
from app.models.base import Refused
from app.models.command import Command
from app.models.contacts.book import AddressBook
from app.models.contacts.contact import LISTED, Contact
from app.models.contacts.editing import MERGE, Done, changed_text, chosen, editable, finish, many, remove, rewrite
from app.models.viewer import Viewer

MOST_GROUPS, MOST_TOGETHER = 200, 20
EMAIL, PHONE, NAME = "email", "phone", "name"
_BY = {
    EMAIL: "SELECT e.address AS value, e.contact_id FROM contact_email e WHERE e.book_id IN ({books})",
    PHONE: "SELECT e.number AS value, e.contact_id FROM contact_phone e WHERE e.book_id IN ({books})",
    NAME: "SELECT e.sort_name AS value, e.id AS contact_id FROM contact e WHERE e.book_id IN ({books}) AND e.kind <> 'group' AND e.sort_name <> ''",
}
_LIKELY = """
SELECT value, contact_id FROM ({every}) x
 WHERE value IN (SELECT value FROM ({every}) y GROUP BY value HAVING COUNT(DISTINCT contact_id) BETWEEN 2 AND {most})
"""


@dataclass(slots=True)
class Group:
    """Cards that may be of one person. `reasons` are pairs of what they share (email, phone, name) and the value."""

    contacts: list[Contact]
    reasons: list[tuple[str, str]] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The cards as one word."""
        return "-".join(str(one.id) for one in self.contacts)

    @property
    def is_namesakes(self) -> bool:
        """Whether they share their name alone, which different people do, too: they come last."""
        return all(reason == NAME for reason, _value in self.reasons)

    @property
    def merge_url(self) -> str:
        """Where one is made of them."""
        return "/contacts/duplicates/merge?" + "&".join(f"ids={one.id}" for one in self.contacts)


async def find_duplicates(viewer: Viewer) -> list[Group]:
    """Groups of cards that may be of one person, in the books that the viewer may change. Groups that were put aside are left out."""
    books = [book.id for book in await AddressBook.all_for(viewer.account_id, viewer.org_id) if book.can_write]
    if not books:
        return []
    pairs: list[tuple[str, str, int]] = []
    for reason, sql in _BY.items():
        every = sql.format(books=database.marks(books))
        rows = await database.fetch(_LIKELY.format(every=every, most=MOST_TOGETHER), *books)
        pairs += [(reason, row["value"], row["contact_id"]) for row in rows]
    groups = await _with_cards(_grouped(pairs))
    aside = await _put_aside(viewer.account_id)
    return sorted((group for group in groups if group.key not in aside), key=lambda group: (group.is_namesakes, group.contacts[0].sort_name))[:MOST_GROUPS]


def _grouped(pairs: Sequence[tuple[str, str, int]]) -> list[tuple[list[int], list[tuple[str, str]]]]:
    """Cards that share an address or a number, then namesakes among the others: a name alone doesn't join two people to one another."""
    surely = _joined([one for one in pairs if one[0] != NAME])
    names: dict[int, str] = {id_: value for reason, value, id_ in pairs if reason == NAME}
    for ids, reasons in surely:
        alike = Counter(names[id_] for id_ in ids if id_ in names)
        reasons += [(NAME, value) for value, number in alike.items() if number > 1]
    taken = {id_ for ids, _reasons in surely for id_ in ids}
    return surely + _joined([(NAME, value, id_) for id_, value in names.items() if id_ not in taken])


def _joined(pairs: Sequence[tuple[str, str, int]]) -> list[tuple[list[int], list[tuple[str, str]]]]:
    """Ids that share something, directly or through one another, with everything that they share."""
    parent: dict[int, int] = {}

    def root(id_: int) -> int:
        while parent.setdefault(id_, id_) != id_:
            id_ = parent[id_]
        return id_

    by_value: dict[tuple[str, str], list[int]] = {}
    for reason, value, id_ in pairs:
        by_value.setdefault((reason, value), []).append(id_)
    for ids in by_value.values():
        for id_ in ids[1:]:
            parent[root(id_)] = root(ids[0])
    groups: dict[int, tuple[list[int], list[tuple[str, str]]]] = {}
    for shared, ids in by_value.items():
        found = groups.setdefault(root(ids[0]), ([], []))
        found[1].append(shared)
        found[0].extend(id_ for id_ in ids if id_ not in found[0])
    return [(sorted(ids), reasons) for ids, reasons in groups.values() if len(ids) > 1]


async def _with_cards(groups: Sequence[tuple[list[int], list[tuple[str, str]]]]) -> list[Group]:
    ids = [id_ for some, _reasons in groups for id_ in some][:5_000]
    if not ids:
        return []
    rows = []
    for start in range(0, len(ids), 500):
        some = ids[start:start + 500]
        rows += await database.fetch(f"SELECT {LISTED} FROM contact c WHERE c.id IN ({database.marks(some)})", *some)
    by_id = {row["id"]: Contact.from_row(row) for row in rows}
    found = [Group([by_id[id_] for id_ in some if id_ in by_id], reasons) for some, reasons in groups]
    return [group for group in found if len(group.contacts) > 1]


async def put_aside(viewer: Viewer, ids: Collection[int]) -> None:
    """These are different people: don't offer them again."""
    key = "-".join(str(id_) for id_ in sorted(ids))[:380]
    await database.execute(
        "INSERT INTO contact_apart (id, account_id, key, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (account_id, key) DO NOTHING",
        new_id(), viewer.account_id, key, clock.now(),
    )


async def _put_aside(account_id: int) -> set[str]:
    return {row["key"] for row in await database.fetch("SELECT key FROM contact_apart WHERE account_id = $1", account_id)}


# -- making one of several


@dataclass(slots=True)
class Merge:
    """Several cards and what one of them would say. `kept` is the card that stays, with its UID and address."""

    kept: Contact
    book: AddressBook
    others: list[tuple[Contact, AddressBook]]
    details: Details


async def prepare(viewer: Viewer, ids: Collection[int], kept_id: int = 0) -> Merge:
    """What merging these cards would come to: the fullest card stays unless another is chosen. Raises `Refused`."""
    found = await chosen(viewer, list(ids)[:MOST_TOGETHER])
    if len(found) < 2:
        raise Refused(_("Choose at least two contacts to merge."))
    for _contact, book in found:
        if not book.can_write:
            raise Refused(_("You may read this address book, not change it."))
    fullest = max(found, key=lambda one: (len(read_details(read_card(one[0].vcard)).items), -one[0].id))
    kept, book = next((one for one in found if one[0].id == kept_id), fullest)
    others = [one for one in found if one[0].id != kept.id]
    details = read_details(editable(kept.vcard))
    for contact, _book in others:
        _take_in(details, read_details(editable(contact.vcard)))
    return Merge(kept, book, others, details)


async def merge(viewer: Viewer, one: Merge, wanted: Details, photo_from: int = 0) -> Command:
    """Let the kept card say what is wanted, and remove the others. What clients know of the kept card (UID, address) stays."""
    async with Command.once(viewer, MERGE) as command:
        done = Done()
        source = next((contact for contact, _book in one.others if contact.id == photo_from), None)

        def change(card: Card) -> None:
            write_details(card, wanted)
            if source is not None:
                _take_photo(card, read_card(source.vcard))
            _take_unknown(card, [editable(contact.vcard) for contact, _book in one.others])

        await rewrite(viewer, one.kept, one.book, changed_text(one.kept.vcard, change), done)
        for contact, book in one.others:
            await remove(viewer, contact, book, done)
        finish(command, done, f"{wanted.shown} ({many([''] * (len(one.others) + 1))})", one.kept.url, one.kept.id)
    return command


def _take_in(details: Details, other: Details) -> None:
    """Add what another card says and this one doesn't."""
    for name in ("prefix", "given", "middle", "family", "suffix", "shown", "nickname", "phonetic_given", "phonetic_family", "pronouns"):
        if not getattr(details, name):
            setattr(details, name, getattr(other, name))
    details.labels += [label for label in other.labels if label.casefold() not in {one.casefold() for one in details.labels}]
    known = {_sameness(item) for item in details.items}
    is_born = any(item.label == BIRTHDAY for item in details.of(DATE))
    for item in other.items:
        if _sameness(item) in known or (item.label == BIRTHDAY and is_born) or any(_is_within(item, one) for one in details.items):
            continue
        known.add(_sameness(item))
        shorter = next((one for one in details.items if _is_within(one, item)), None)
        if shorter is None:
            details.items.append(Item(item.kind, dict(item.parts), item.label))
        else:
            shorter.parts = dict(item.parts)


def _is_within(one: Item, other: Item) -> bool:
    """Whether all that an address or an organisation says stands in another one, too, which may say more: the country, the department."""
    if one.kind != other.kind or one.kind not in (ADDRESS, ORGANISATION):
        return False
    return all(not text or text.casefold() == other.parts.get(part, "").casefold() for part, text in one.parts.items())


def _sameness(item: Item) -> tuple[str, str]:
    text = "|".join(item.parts.get(part, "") for part in KINDS[item.kind].parts).casefold()
    if item.kind == "phone":
        text = "".join(char for char in text if char.isdigit())[-9:]
    return item.kind, " ".join(text.split())


def _take_photo(card: Card, source: Card) -> None:
    set_photo(card, None)
    for line in source.all("PHOTO")[:1]:
        if source.version == card.version:
            card.add("PHOTO", line.value, line.params)


def _take_unknown(card: Card, others: Sequence[Card]) -> None:
    """Lines of other programs come along, where this card has none of their name."""
    for other in others:
        for line in other.lines:
            if line.name.startswith("X-") and not line.group and not card.all(line.name) and line.name not in ("X-ABUID", "X-ABSHOWAS", "X-ANNIVERSARY"):
                card.add(line.name, line.value, line.params)
