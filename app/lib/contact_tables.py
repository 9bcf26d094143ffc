"""Tables of contacts (CSV) as Google, Outlook and Apple's programs write them: which column is what, and what a row says.

A column is mapped to a target: the name of a part (`given`), or `kind.token.part` such as `email.1.value`, `phone.work.value`,
`address.home.city`, `phone.2.label`. Columns with the same kind and token make one item. A token that is a known label is its label.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.lib.vcard.details import ADDRESS, DATE, EMAIL, KINDS, LINK, NOTE, ORGANISATION, PHONE, RELATED, TITLE, Details, Item

MOST_COLUMNS, MOST_CELL = 250, 20_000
IGNORE = ""
_MANY = " ::: "  # Google's sign between several values in one cell
_LABEL_WORDS = {
    "mobile": "cell", "cell": "cell", "handy": "cell", "work": "work", "business": "work", "geschäftlich": "work", "travail": "work", "home": "home",
    "privat": "home", "domicile": "home", "main": "main", "fax": "fax", "work fax": "fax", "home fax": "fax", "pager": "pager", "other": "",
}
_PLAIN = {
    "first name": "given", "given name": "given", "vorname": "given", "prénom": "given", "nome": "given", "nombre": "given",
    "last name": "family", "family name": "family", "surname": "family", "nachname": "family", "nom": "family", "cognome": "family",
    "apellidos": "family", "middle name": "middle", "additional name": "middle", "weitere vornamen": "middle",
    "deuxième prénom": "middle", "name prefix": "prefix", "prefix": "prefix", "anrede": "prefix", "titre": "prefix",
    "name suffix": "suffix", "suffix": "suffix", "nickname": "nickname", "spitzname": "nickname", "surnom": "nickname", "file as": IGNORE,
    "name": "shown", "display name": "shown", "full name": "shown", "phonetic first name": "phonetic_given",
    "given name yomi": "phonetic_given", "phonetic last name": "phonetic_family", "family name yomi": "phonetic_family",
    "pronouns": "pronouns", "labels": "labels", "group membership": "labels", "categories": "labels", "kategorien": "labels",
    "catégories": "labels", "tags": "labels", "organization name": "organisation.1.name", "organization 1 - name": "organisation.1.name",
    "company": "organisation.1.name", "firma": "organisation.1.name", "société": "organisation.1.name",
    "organisation": "organisation.1.name", "organization": "organisation.1.name", "organization department": "organisation.1.unit",
    "organization 1 - department": "organisation.1.unit", "department": "organisation.1.unit", "abteilung": "organisation.1.unit",
    "service": "organisation.1.unit", "organization title": "title.1.value", "organization 1 - title": "title.1.value",
    "job title": "title.1.value", "title": "title.1.value", "position": "title.1.value", "fonction": "title.1.value",
    "beruf": "title.1.value", "birthday": "date.birthday.text", "geburtstag": "date.birthday.text", "anniversaire": "date.birthday.text",
    "date of birth": "date.birthday.text", "anniversary": "date.anniversary.text", "jahrestag": "date.anniversary.text",
    "notes": "note.1.value", "notizen": "note.1.value", "note": "note.1.value", "remarques": "note.1.value", "web page": "link.1.value",
    "webseite": "link.1.value", "page web": "link.1.value", "website": "link.1.value", "url": "link.1.value", "home page": "link.1.value",
    "spouse": "related.spouse.value", "partner": "related.spouse.value", "assistant's name": "related.assistant.value",
    "manager's name": "related.manager.value", "e-mail": "email.1.value", "email": "email.1.value", "mail": "email.1.value",
    "e-mail address": "email.1.value", "email address": "email.1.value", "e-mail-adresse": "email.1.value",
    "adresse de messagerie": "email.1.value", "primary email": "email.1.value", "secondary email": "email.2.value",
    "phone": "phone.1.value", "telefon": "phone.1.value", "téléphone": "phone.1.value", "telephone": "phone.1.value",
    "mobile phone": "phone.cell.value", "mobile": "phone.cell.value", "mobiltelefon": "phone.cell.value", "handy": "phone.cell.value",
    "téléphone mobile": "phone.cell.value", "mobile number": "phone.cell.value", "tél. mobile": "phone.cell.value",
    "primary phone": "phone.main.value", "company main phone": "phone.main.value", "hauptrufnummer": "phone.main.value",
    "pager": "phone.pager.value", "home phone": "phone.home.value", "telefon (privat)": "phone.home.value",
    "téléphone (domicile)": "phone.home.value", "home phone 2": "phone.home2.value", "business phone": "phone.work.value",
    "work phone": "phone.work.value", "telefon (geschäftlich)": "phone.work.value", "téléphone (bureau)": "phone.work.value",
    "business phone 2": "phone.work2.value", "other phone": "phone.other.value", "car phone": "phone.car.value",
    "business fax": "phone.fax.value", "home fax": "phone.fax2.value", "fax geschäftlich": "phone.fax.value",
}
_GOOGLE = re.compile(r"(e-mail|phone|address|website|relation|event|im|custom field) (\d) - (\w[\w .]*)")
_GOOGLE_KIND = {"e-mail": EMAIL, "phone": PHONE, "address": ADDRESS, "website": LINK, "relation": RELATED, "event": DATE}
_GOOGLE_PART = {
    "street": "street", "city": "city", "po box": "box", "region": "region", "postal code": "postcode", "country": "country",
    "extended address": "extended", "value": "value", "type": "label", "label": "label",
}
_OUTLOOK = re.compile(
    r"(home|business|work|other|privat|geschäftlich) ?[-:]? ?(street|address|city|state|postal code|zip|country/region|country|address po box)"
)
_OUTLOOK_GERMAN = re.compile(r"(straße|strasse|ort|region|postleitzahl|land/region|land) (privat|geschäftlich)")
_OUTLOOK_FRENCH = re.compile(r"(rue|ville|dép/région|code postal|pays/région) \((domicile|bureau)\)")
_PART = {
    "street": "street", "address": "street", "city": "city", "state": "region", "postal code": "postcode", "zip": "postcode", "country/region": "country",
    "country": "country", "address po box": "box", "straße": "street", "strasse": "street", "ort": "city", "region": "region", "postleitzahl": "postcode",
    "land/region": "country", "land": "country", "rue": "street", "ville": "city", "dép/région": "region", "code postal": "postcode", "pays/région": "country",
}
_PLACE = {"home": "home", "business": "work", "work": "work", "other": "other", "privat": "home", "geschäftlich": "work", "domicile": "home", "bureau": "work"}
_LABELLED = re.compile(r"(e-?mail|phone|telefon|téléphone|address|url) \(([^)]+)\)")
_NUMBERED = re.compile(r"(e-?mail|e-mail address|phone|e-mail-adresse|adresse de messagerie) ?([2-9])(?: address)?")
_DATE_ISO = re.compile(r"(\d{4}|--)-?(\d{1,2})-(\d{1,2})")
_DATE_DOTS = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})?")
_DATE_SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
NAMES = ("given", "family", "middle", "prefix", "suffix", "shown", "nickname", "phonetic_given", "phonetic_family", "pronouns", "labels")
OFFERED = (
    *NAMES, "organisation.1.name", "organisation.1.unit", "title.1.value", "email.work.value", "email.home.value", "email.1.value", "email.2.value",
    "phone.cell.value", "phone.work.value", "phone.home.value", "phone.main.value", "phone.fax.value", "phone.1.value", "address.home.street",
    "address.home.postcode", "address.home.city", "address.home.region", "address.home.country", "address.work.street", "address.work.postcode",
    "address.work.city", "address.work.region", "address.work.country", "date.birthday.text", "date.anniversary.text", "link.1.value", "note.1.value",
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its heading; rows with the number of their first line in the file."""

    columns: list[str]
    rows: list[tuple[int, list[str]]]


def read_table(text: str) -> Table:
    """The rows of a CSV, whichever sign is between its cells. Empty rows are left out."""
    text = text.removeprefix("\ufeff")
    heading = next((one for one in text.splitlines() if one.strip()), "")
    sign = max((",", ";", "\t"), key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign)
    rows: list[tuple[int, list[str]]] = []
    begins = 1
    for row in _safe(reader):
        cells = [cell.replace("\x00", "")[:MOST_CELL].strip() for cell in row[:MOST_COLUMNS]]
        if any(cells):
            rows.append((begins, cells))
        begins = reader.line_num + 1
    if not rows:
        return Table([], [])
    width = len(rows[0][1])
    return Table(rows[0][1], [(number, [*cells, *[""] * width][:width]) for number, cells in rows[1:]])


def _safe(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    csv.field_size_limit(1_000_000)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            continue


def guess(column: str) -> str:
    """The target that a column's heading speaks of; empty when it says nothing that is known."""
    name = " ".join(column.lower().replace("_", " ").split())
    if name in _PLAIN:
        return _PLAIN[name]
    if found := _GOOGLE.fullmatch(name):
        kind, part = _GOOGLE_KIND.get(found.group(1), ""), _GOOGLE_PART.get(found.group(3), "")
        if kind == DATE and part == "value":
            part = "text"
        known = part == "label" or (kind and part in KINDS[kind].parts)
        return f"{kind}.{found.group(2)}.{part}" if kind and known else IGNORE
    for pattern, place, what in ((_OUTLOOK, 1, 2), (_OUTLOOK_GERMAN, 2, 1), (_OUTLOOK_FRENCH, 2, 1)):
        if found := pattern.fullmatch(name):
            return f"address.{_PLACE[found.group(place)]}.{_PART[found.group(what)]}"
    if found := _LABELLED.fullmatch(name):
        kind = {"p": PHONE, "t": PHONE, "e": EMAIL, "a": ADDRESS, "u": LINK}[found.group(1)[0]]
        token = re.sub(r"\W+", "", found.group(2)) or "1"
        return f"{kind}.{_LABEL_WORDS.get(found.group(2), token) or 'other'}.{'street' if kind == ADDRESS else 'value'}"
    if found := _NUMBERED.fullmatch(name):
        return f"{PHONE if found.group(1) == 'phone' else EMAIL}.{found.group(2)}.value"
    return IGNORE


def is_target(target: str) -> bool:
    """Whether a column may be mapped to this."""
    if target in ("", *NAMES):
        return True
    kind, _dot, rest = target.partition(".")
    token, _dot, part = rest.partition(".")
    return kind in KINDS and token.isalnum() and len(token) <= 20 and (part == "label" or part in KINDS[kind].parts)


def read_row(cells: list[str], targets: list[str]) -> Details:
    """What a row says."""
    details = Details()
    found: dict[tuple[str, str], dict[str, str]] = {}
    for cell, target in zip(cells, targets, strict=False):
        if not cell or not target:
            continue
        kind, _dot, rest = target.partition(".")
        if target == "labels":
            details.labels = [one.strip() for one in re.split(r" ::: |[;,]", cell) if one.strip() and not one.strip().startswith("*")]
        elif target in NAMES:
            setattr(details, target, " ".join(cell.split())[:1000])
        else:
            token, _dot, part = rest.partition(".")
            found.setdefault((kind, token), {})[part] = cell
    for (kind, token), parts in found.items():
        details.items += _items(kind, token, parts)
    details.items = [item for item in details.items if not item.is_empty]
    details.shown = details.shown or details.made_name or details.nickname or next(
        (item.parts.get("name") or item.value for wanted in (ORGANISATION, EMAIL, PHONE) for item in details.of(wanted)), ""
    )
    return details


def _items(kind: str, token: str, parts: dict[str, str]) -> list[Item]:
    word = parts.pop("label", "").lstrip("* ").strip()
    label = _LABEL_WORDS.get(word.lower(), word) if word else _label_of(kind, token)
    if kind == DATE:
        return [Item(DATE, _date(parts.get("text", "")), word.lower() if word.lower() in KINDS[DATE].labels else label or word)]
    if kind in (EMAIL, PHONE, LINK, NOTE, RELATED, TITLE) and _MANY in parts.get("value", ""):
        return [Item(kind, {"value": value.strip()}, label) for value in parts["value"].split(_MANY)]
    return [Item(kind, {part: parts.get(part, "") for part in KINDS[kind].parts}, label)]


def _label_of(kind: str, token: str) -> str:
    plain = token.rstrip("0123456789")
    return plain if plain in KINDS[kind].labels else ""


def _date(text: str) -> dict[str, str]:
    empty = {"day": "", "month": "", "year": "", "text": ""}
    if found := _DATE_ISO.fullmatch(text):
        year, month, day = found.groups()
    elif found := _DATE_DOTS.fullmatch(text):
        day, month, year = found.groups()
    elif found := _DATE_SLASHES.fullmatch(text):
        month, day, year = found.groups()
        if int(month) > 12:
            day, month = month, day
    else:
        return {**empty, "text": "" if text in ("0/0/00", "0.0.00", "00.00.0000") else text}
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return {**empty, "text": text}
    return {**empty, "day": str(int(day)), "month": str(int(month)), "year": year if year and year != "--" else ""}
