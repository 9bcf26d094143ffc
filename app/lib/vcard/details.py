"""What a card says, as people read and change it: the name in its parts, and everything else as items.

An item knows the line it was read from. Writing back touches the lines of items that differ, and no other; what this module has no
word for stays in the card and is listed by `further`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from app.lib.vcard.card import Card
from app.lib.vcard.digest import plain_date
from app.lib.vcard.lines import V40, ContentLine, escape, split

EMAIL, PHONE, ADDRESS, ORGANISATION, TITLE, ROLE, LINK, MESSENGER, DATE, RELATED, NOTE, CUSTOM = (
    "email", "phone", "address", "organisation", "title", "role", "link", "messenger", "date", "related", "note", "custom"
)
BIRTHDAY, ANNIVERSARY = "birthday", "anniversary"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of item: the properties that hold it (new ones are written as the first), its parts, and the labels that are known for it."""

    names: tuple[str, ...]
    parts: tuple[str, ...] = ("value",)
    labels: tuple[str, ...] = ()


KINDS: dict[str, Kind] = {
    EMAIL: Kind(("EMAIL",), labels=("work", "home")),
    PHONE: Kind(("TEL",), labels=("cell", "work", "home", "main", "fax", "pager")),
    ADDRESS: Kind(("ADR",), ("box", "extended", "street", "city", "region", "postcode", "country"), ("work", "home")),
    ORGANISATION: Kind(("ORG",), ("name", "unit")),
    TITLE: Kind(("TITLE",)),
    ROLE: Kind(("ROLE",)),
    LINK: Kind(("URL",), labels=("work", "home")),
    MESSENGER: Kind(("IMPP", "X-SOCIALPROFILE", "X-SKYPE", "X-JABBER", "X-AIM", "X-ICQ", "X-MSN", "X-YAHOO", "X-QQ", "X-GOOGLE-TALK", "X-TWITTER", "X-SIP")),
    DATE: Kind(("BDAY", "ANNIVERSARY", "X-ANNIVERSARY", "X-ABDATE"), ("day", "month", "year", "text"), (BIRTHDAY, ANNIVERSARY)),
    RELATED: Kind(("RELATED", "X-ABRELATEDNAMES", "X-SPOUSE", "X-ASSISTANT", "X-MANAGER"),
                  labels=("spouse", "partner", "child", "parent", "sibling", "friend", "assistant", "manager", "emergency")),
    NOTE: Kind(("NOTE",)),
    CUSTOM: Kind(("X-CUSTOM", "X-CUSTOM1", "X-CUSTOM2", "X-CUSTOM3", "X-CUSTOM4")),
}
_KIND_OF = {name: key for key, kind in KINDS.items() for name in kind.names}
_SHOWN_ELSEWHERE = frozenset((
    "", "BEGIN", "END", "VERSION", "UID", "REV", "PRODID", "N", "FN", "NICKNAME", "PHOTO", "CATEGORIES", "KIND", "PRONOUNS", "X-PRONOUNS",
    "X-ABLABEL", "X-ABADR", "X-ABSHOWAS", "X-ABUID", "X-PHONETIC-FIRST-NAME", "X-PHONETIC-LAST-NAME", "X-ADDRESSBOOKSERVER-KIND",
    "X-ADDRESSBOOKSERVER-MEMBER", "MEMBER", "CLIENTPIDMAP", "SORT-STRING", "CLASS", "PROFILE", "NAME", "LABEL", "SOURCE", *_KIND_OF,
))
_PLAIN_TYPES = frozenset(("pref", "internet", "voice", "x400", "text", "msg"))
_NAME_PARTS = ("family", "given", "middle", "prefix", "suffix")


@dataclass(slots=True)
class Item:
    """One thing that a card says. `label` is one of the kind's labels, words of its owner, or empty; `line` is the number of its line, -1 for a new one."""

    kind: str
    parts: dict[str, str]
    label: str = ""
    line: int = -1

    @property
    def value(self) -> str:
        """What stands in a list: the parts, the filled ones."""
        return self.parts.get("value") or ", ".join(part for part in self.parts.values() if part)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in it."""
        return not any(part.strip() for part in self.parts.values())


@dataclass(slots=True)
class Details:
    """What a card says. `shown` is the name as it is written (FN)."""

    prefix: str = ""
    given: str = ""
    middle: str = ""
    family: str = ""
    suffix: str = ""
    shown: str = ""
    nickname: str = ""
    phonetic_given: str = ""
    phonetic_family: str = ""
    pronouns: str = ""
    is_company: bool = False
    labels: list[str] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)

    def of(self, kind: str) -> list[Item]:
        """The items of a kind in their order."""
        return [item for item in self.items if item.kind == kind]

    @property
    def made_name(self) -> str:
        """The name that its parts make."""
        return " ".join(part for part in (self.prefix, self.given, self.middle, self.family, self.suffix) if part)


def read_details(card: Card) -> Details:
    """What a card says."""
    name = card.first("N")
    parts = dict(zip(_NAME_PARTS, [*(card.parts(name) if name else []), *[""] * 5], strict=False))
    found = Details(
        family=parts["family"], given=parts["given"], middle=parts["middle"], prefix=parts["prefix"], suffix=parts["suffix"],
        shown=" ".join(card.value("FN").split()), nickname=card.value("NICKNAME"), phonetic_given=card.value("X-PHONETIC-FIRST-NAME"),
        phonetic_family=card.value("X-PHONETIC-LAST-NAME"), pronouns=card.value("PRONOUNS") or card.value("X-PRONOUNS"),
        is_company=card.value("X-ABSHOWAS").upper() == "COMPANY" or card.value("KIND").lower() == "org",
        labels=list(dict.fromkeys(label for line in card.all("CATEGORIES") for label in card.listed(line))),
    )
    for number, line in enumerate(card.lines):
        kind = _KIND_OF.get(line.name)
        if kind:
            item = Item(kind, _parts(card, line, kind), _label(card, line, kind), number)
            if not item.is_empty:
                found.items.append(item)
    return found


def further(card: Card) -> list[tuple[str, str]]:
    """What else is in a card, by the names of its properties: kept, and shown as it is."""
    return [(line.name, card.plain(line)[:500]) for line in card.lines if line.name not in _SHOWN_ELSEWHERE and not line.encoding and line.value.strip()]


def _parts(card: Card, line: ContentLine, kind: str) -> dict[str, str]:
    names = KINDS[kind].parts
    if kind == DATE:
        return _date_parts(line, card.plain(line))
    if names == ("value",):
        text = card.plain(line)
        scheme = {EMAIL: "mailto:", PHONE: "tel:"}.get(kind, "")
        if kind == MESSENGER:
            text = re.sub(r"^(x-apple|xmpp|skype|sip|sips|aim|ymsgr|msnim|icq|gtalk|signal|telegram|whatsapp|threema|matrix):", "", text, flags=re.IGNORECASE)
        return {"value": text[len(scheme):] if scheme and text.lower().startswith(scheme) else text}
    return dict(zip(names, [*card.parts(line), *[""] * len(names)], strict=False))


def _date_parts(line: ContentLine, text: str) -> dict[str, str]:
    plain = plain_date(line, text)
    if not plain:
        return {"day": "", "month": "", "year": "", "text": text}
    year, month, day = ("", plain[2:4], plain[5:7]) if plain.startswith("--") else plain.split("-")
    return {"day": day.lstrip("0"), "month": month.lstrip("0"), "year": year, "text": ""}


def _label(card: Card, line: ContentLine, kind: str) -> str:
    if kind == DATE and line.name != "X-ABDATE":
        return BIRTHDAY if line.name == "BDAY" else ANNIVERSARY
    known = KINDS[kind].labels
    own = card.label(line)
    if own:
        return own.lower() if own.lower() in known else own
    if kind == MESSENGER:
        return line.param("X-SERVICE-TYPE") or next((one for one in line.types if one not in _PLAIN_TYPES), "") or _service(line)
    if line.name in ("X-SPOUSE", "X-ASSISTANT", "X-MANAGER"):
        return line.name[2:].lower()
    if kind == CUSTOM:
        return line.name[2:].capitalize() if line.name != "X-CUSTOM" else ""
    types = line.types
    return next((label for label in ("fax", "pager", *known) if label in types), "") or next((one for one in types if one not in _PLAIN_TYPES), "")


def _service(line: ContentLine) -> str:
    if line.name.startswith("X-"):
        return line.name[2:].replace("-", " ").capitalize()
    scheme = line.value.partition(":")[0]
    return scheme.capitalize() if scheme and scheme.lower() != "x-apple" and scheme.isalnum() else ""


# -- writing


def write_details(card: Card, wanted: Details) -> None:
    """Make a card say this, changing the lines that say something else now. The card is vCard 3.0 or 4.0."""
    now = read_details(card)
    lines = list(card.lines)
    _write_name(card, now, wanted)
    for name, before, after in (
        ("NICKNAME", now.nickname, wanted.nickname), ("X-PHONETIC-FIRST-NAME", now.phonetic_given, wanted.phonetic_given),
        ("X-PHONETIC-LAST-NAME", now.phonetic_family, wanted.phonetic_family), ("PRONOUNS", now.pronouns, wanted.pronouns),
    ):
        if before != after:
            set_text(card, name, after)
    if now.is_company != wanted.is_company:
        set_company(card, wanted.is_company)
    if now.labels != wanted.labels:
        set_labels(card, wanted.labels)
    _write_items(card, lines, now, wanted.items)


def set_text(card: Card, name: str, text: str) -> None:
    """Let a property have this text, or not be there when the text is empty."""
    line = card.first(name)
    if line and text:
        card.replace(line, escape(text), [(key, values) for key, values in line.params if key not in ("ENCODING", "CHARSET")])
    elif line:
        for one in card.all(name):
            card.remove(one)
    elif text:
        card.add(name, escape(text))


def set_labels(card: Card, labels: Iterable[str]) -> None:
    """Let a card have these labels (CATEGORIES) and no others."""
    text = ",".join(escape(label) for label in labels)
    found = list(card.all("CATEGORIES"))
    for line in found[1:]:
        card.remove(line)
    first = found[0] if found else None
    if first and text:
        card.replace(first, text)
    elif first:
        card.remove(first)
    elif text:
        card.add("CATEGORIES", text)


def set_company(card: Card, on: bool) -> None:
    """Let a card be one of a company, as its version writes that."""
    for name in ("X-ABSHOWAS", "KIND"):
        line = card.first(name)
        if line and (name == "X-ABSHOWAS" or line.value.lower() == "org"):
            card.remove(line)
    if on:
        card.add("KIND", "org") if card.version == V40 else card.add("X-ABSHOWAS", "COMPANY")


def set_photo(card: Card, jpeg: str | None) -> None:
    """Put a JPEG, in base64, in the place of the photo; none takes it away."""
    for line in card.all("PHOTO"):
        card.remove(line)
    if jpeg and card.version == V40:
        card.add("PHOTO", f"data:image/jpeg;base64,{jpeg}")
    elif jpeg:
        card.add("PHOTO", jpeg, [("ENCODING", ["b"]), ("TYPE", ["JPEG"])])


def _write_name(card: Card, now: Details, wanted: Details) -> None:
    before, after = ([getattr(one, part) for part in _NAME_PARTS] for one in (now, wanted))
    if before != after:
        line = card.first("N")
        value = ";".join(escape(part) for part in after)
        if line:
            rest = split(line.decoded, ";")[5:]
            card.replace(line, ";".join([value, *rest]))
        else:
            card.add("N", value, after=card.first("FN") or card.first("VERSION"))
    shown = wanted.shown
    if shown != now.shown or not now.shown:
        line = card.first("FN")
        if line:
            card.replace(line, escape(shown))
        else:
            card.add("FN", escape(shown), after=card.first("VERSION"))


def _write_items(card: Card, lines: list[ContentLine], now: Details, wanted: list[Item]) -> None:
    before = {item.line: item for item in now.items}
    kept = {item.line: item for item in wanted if item.line in before and before[item.line].kind == item.kind and not item.is_empty}
    for number, item in before.items():
        line = lines[number]
        if number not in kept:
            card.remove(line)
        elif (kept[number].parts, kept[number].label) != (item.parts, item.label):
            _rewrite(card, line, item, kept[number])
    for item in wanted:
        if item.line not in kept and not item.is_empty:
            _add(card, item)


def _rewrite(card: Card, line: ContentLine, before: Item, after: Item) -> None:
    if before.label != after.label:
        card.remove(line)
        _add(card, replace(after, line=-1), [param for param in line.params if param[0] not in ("TYPE", "VALUE", "X-SERVICE-TYPE")], _other_types(line, before))
        return
    params = [(key, values) for key, values in line.params if key not in ("VALUE", "ENCODING", "CHARSET", "X-APPLE-OMIT-YEAR")]
    value, more = _value(card, line.name, after)
    if after.kind == ORGANISATION:
        value = ";".join([value, *split(line.decoded, ";")[2:]])
    card.replace(line, value, [*params, *more])


def _other_types(line: ContentLine, before: Item) -> list[str]:
    known = set(KINDS[before.kind].labels)
    return [one for one in line.types if one not in known and one != before.label.lower()]


def _add(card: Card, item: Item, params: Iterable[tuple[str, tuple[str, ...]]] = (), types: Iterable[str] = ()) -> None:
    name = _property(card, item)
    value, more = _value(card, name, item)
    kept: list[tuple[str, Iterable[str]]] = [*params, *more]
    types = list(types)
    label, own = item.label.strip(), ""
    if item.kind == MESSENGER:
        kept += [("X-SERVICE-TYPE", [label])] if label else []
    elif item.kind == RELATED and name == "X-ABRELATEDNAMES":
        own = f"_$!<{label.capitalize()}>!$_" if label in KINDS[RELATED].labels else label
    elif label in KINDS[item.kind].labels and item.kind != DATE:
        types.append(label)
    elif label and not (item.kind == DATE and label in (BIRTHDAY, ANNIVERSARY)):
        own = label
    if item.kind == EMAIL and not types and not own:
        types.append("internet") if card.version != V40 else None
    group = _free_group(card) if own else ""
    line = card.add(name, value, [("TYPE", types), *kept] if types else kept, group)
    if own:
        card.add("X-ABLabel", escape(own), group=group, after=line)


def _property(card: Card, item: Item) -> str:
    if item.kind == DATE:
        anniversary = "ANNIVERSARY" if card.version == V40 else "X-ANNIVERSARY"
        wanted = {BIRTHDAY: "BDAY", ANNIVERSARY: anniversary}.get(item.label, "X-ABDATE")
        return "X-ABDATE" if wanted != "X-ABDATE" and card.first(wanted) else wanted
    if item.kind == RELATED and card.version != V40:
        return "X-ABRELATEDNAMES"
    return KINDS[item.kind].names[0]


def _value(card: Card, name: str, item: Item) -> tuple[str, list[tuple[str, tuple[str, ...]]]]:
    """The value of an item as its property writes it, and the parameters that go with it."""
    parts = item.parts
    if item.kind == DATE:
        return _date_value(card, parts)
    if item.kind == LINK:
        return "".join(parts["value"].split()), []
    if item.kind == MESSENGER and name == "IMPP":
        scheme = re.sub(r"[^a-z0-9]", "", item.label.lower()) or "x-apple"
        return f"{scheme}:{escape(parts['value'])}", []
    if item.kind == RELATED and name == "RELATED":
        return escape(parts["value"]), [("VALUE", ("text",))]
    return ";".join(escape(parts.get(part, "")) for part in KINDS[item.kind].parts), []


def _date_value(card: Card, parts: dict[str, str]) -> tuple[str, list[tuple[str, tuple[str, ...]]]]:
    if not (parts.get("day") and parts.get("month")):
        return escape(parts.get("text", "")), [("VALUE", ("text",))]
    day, month, year = int(parts["day"]), int(parts["month"]), parts.get("year", "")
    if card.version == V40:
        return (f"{int(year):04d}{month:02d}{day:02d}" if year else f"--{month:02d}{day:02d}"), []
    if year:
        return f"{int(year):04d}-{month:02d}-{day:02d}", []
    return f"1604-{month:02d}-{day:02d}", [("X-APPLE-OMIT-YEAR", ("1604",))]


def _free_group(card: Card) -> str:
    taken = {line.group.lower() for line in card.lines}
    number = 1
    while f"item{number}" in taken:
        number += 1
    return f"item{number}"
