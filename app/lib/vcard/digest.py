"""What lists, searches and look-ups need to know of a card."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.lib.numbers import whole
from app.lib.vcard.card import Card
from app.lib.vcard.lines import ContentLine

INDIVIDUAL, GROUP = "individual", "group"
_DATE = re.compile(r"(\d{4}|--)-?(\d\d)-?(\d\d)(?:[T\s].*)?")
_NO_YEAR = 1604  # what Apple writes for birthdays without a year
_WORDS_OF = ("NICKNAME", "ORG", "TITLE", "ROLE", "NOTE", "X-PHONETIC-FIRST-NAME", "X-PHONETIC-LAST-NAME", "RELATED", "X-ABRELATEDNAMES")


@dataclass(frozen=True, slots=True)
class Digest:
    """The index of a card. `birthday` is YYYY-MM-DD or --MM-DD; `sort_as` is empty where the name itself sorts."""

    uid: str
    kind: str
    name: str
    sort_as: str
    organisation: str
    title: str
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    birthday: str
    has_photo: bool
    labels: tuple[str, ...]
    members: tuple[str, ...]
    words: str


def digest(card: Card) -> Digest:
    """Read a card's index off it."""
    emails = _values(card, "EMAIL", "mailto:")
    phones = _values(card, "TEL", "tel:")
    organisation = _organisation(card)
    name = shown_name(card) or organisation or (emails or phones or ("",))[0]
    texts = [name, *(card.plain(line).replace(";", " ") for of in _WORDS_OF for line in card.all(of)), *emails, *phones]
    texts += [" ".join(card.parts(line)) for of in ("N", "ADR") for line in card.all(of)]
    labels = tuple(dict.fromkeys(label for line in card.all("CATEGORIES") for label in card.listed(line)))
    return Digest(
        uid=card.value("UID"), kind=kind_of(card), name=name, sort_as=_sort_as(card), organisation=organisation, title=card.value("TITLE"),
        emails=emails, phones=phones, birthday=birthday(card), has_photo=any(_shows(line) for line in card.all("PHOTO")),
        labels=labels, members=_members(card), words=" ".join([*texts, *labels]),
    )


def kind_of(card: Card) -> str:
    """individual, group, org, location … (RFC 6350 §6.1.4); Apple writes groups and companies of its own way."""
    said = (card.value("KIND") or card.value("X-ADDRESSBOOKSERVER-KIND")).lower()
    if said:
        return said
    return "org" if card.value("X-ABSHOWAS").upper() == "COMPANY" else INDIVIDUAL


def shown_name(card: Card) -> str:
    """FN, or what N and NICKNAME make of it; empty when no name is given."""
    said = " ".join(card.value("FN").split())
    if said:
        return said
    line = card.first("N")
    family, given, more, prefix, suffix = ([*card.parts(line), "", "", "", "", ""] if line else [""] * 5)[:5]
    made = " ".join(part for part in (prefix, given, more, family, suffix) if part)
    return " ".join(made.split()) or card.value("NICKNAME")


def birthday(card: Card) -> str:
    """BDAY as YYYY-MM-DD, or --MM-DD without a year; empty when it is none or says less."""
    line = card.first("BDAY")
    return plain_date(line, card.plain(line)) if line else ""


def plain_date(line: ContentLine, text: str) -> str:
    """A date as YYYY-MM-DD or --MM-DD; empty when it is something else (RFC 6350 §4.3.1 has many forms)."""
    found = _DATE.fullmatch(text.strip())
    if not found:
        return ""
    year, month, day = found.groups()
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return ""
    omitted = line.param("X-APPLE-OMIT-YEAR")
    without = year == "--" or (omitted and omitted == year) or year == str(_NO_YEAR)
    return f"--{month}-{day}" if without else f"{year}-{month}-{day}"


def _values(card: Card, name: str, scheme: str) -> tuple[str, ...]:
    lines = sorted(card.all(name), key=_preference)
    found = (card.plain(line) for line in lines)
    plain = (value[len(scheme):].split(";")[0] if value.lower().startswith(scheme) else value for value in found)
    return tuple(dict.fromkeys(value.strip() for value in plain if value.strip()))


def _preference(line: ContentLine) -> int:
    said = whole(line.param("PREF"))
    return said if said is not None else 1 if "pref" in line.types else 101


def _organisation(card: Card) -> str:
    line = card.first("ORG")
    return " · ".join(part for part in card.parts(line) if part) if line else ""


def _sort_as(card: Card) -> str:
    for name in ("N", "FN"):
        line = card.first(name)
        if line and line.param("SORT-AS"):
            return " ".join(line.param_values("SORT-AS"))
    return card.value("SORT-STRING") or _without_title(card)


def _without_title(card: Card) -> str:
    """The name without "Dr." before it, under which nobody looks; empty where there is none."""
    line = card.first("N")
    title, name = ([*card.parts(line), "", "", "", ""][3] if line else ""), shown_name(card)
    return name[len(title):].strip() if title and name.startswith(f"{title} ") else ""


def _members(card: Card) -> tuple[str, ...]:
    lines = [*card.all("MEMBER"), *card.all("X-ADDRESSBOOKSERVER-MEMBER")]
    return tuple(dict.fromkeys(bare_uid(card.plain(line)) for line in lines))


def bare_uid(uid: str) -> str:
    """A UID without `urn:uuid:`, in which groups name their members."""
    return uid[9:] if uid[:9].lower() == "urn:uuid:" else uid


def _shows(line: ContentLine) -> bool:
    return bool(line.value.strip())
