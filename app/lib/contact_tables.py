"""Tables of contacts (CSV): their rows, and what a row says once it is known what its columns are (`contact_columns.py`).

A column is mapped to a target: the name of a part (`given`), `own` for a field called as the column, or `kind.token.part` such as
`email.1.value`, `phone.work.value`, `address.home.city`, `phone.2.label`. Columns with the same kind and token make one item. A token that is
a known label is its label.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.lib.contact_columns import IGNORE, OWN, guess_all
from app.lib.numbers import whole
from app.lib.vcard import decode
from app.lib.vcard.details import ADDRESS, CUSTOM, DATE, EMAIL, KINDS, ORGANISATION, PHONE, Details, Item

MOST_COLUMNS, MOST_CELL = 250, 20_000
_MANY = " ::: "  # Google's sign between several values in one cell
_LABEL_WORDS = {
    "mobile": "cell", "cell": "cell", "handy": "cell", "work": "work", "business": "work", "geschäftlich": "work", "travail": "work", "home": "home",
    "privat": "home", "domicile": "home", "main": "main", "fax": "fax", "work fax": "fax", "home fax": "fax", "pager": "pager", "other": "",
}
_DATE_ISO = re.compile(r"(\d{4}|--)-?(\d{1,2})-(\d{1,2})")
_DATE_DOTS = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})?")
_DATE_SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_NO_DATE = re.compile(r"[0./ -]+")  # Outlook's way to say that there is none
NAMES = ("given", "family", "middle", "prefix", "suffix", "shown", "nickname", "phonetic_given", "phonetic_family", "pronouns", "labels")
OFFERED = (
    *NAMES, "organisation.1.name", "organisation.1.unit", "title.1.value", "email.work.value", "email.home.value", "email.1.value", "email.2.value",
    "phone.cell.value", "phone.work.value", "phone.home.value", "phone.main.value", "phone.fax.value", "phone.1.value", "address.home.street",
    "address.home.postcode", "address.home.city", "address.home.region", "address.home.country", "address.work.street", "address.work.postcode",
    "address.work.city", "address.work.region", "address.work.country", "date.birthday.text", "date.anniversary.text", "link.1.value", "note.1.value", OWN,
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its heading; rows with the number of their first line in the file."""

    columns: list[str]
    rows: list[tuple[int, list[str]]]


def text_of(content: bytes) -> str:
    """The text of a table. What isn't Unicode is Windows-1252, or Mac Roman if then more of its headings are words: Excel on a Mac wrote that."""
    text = decode(content)
    if "\ufeff" in text[:1] or content.count(0) or text.encode() == content:
        return text
    of_mac = content.decode("mac_roman")
    return max(text, of_mac, key=lambda one: sum(target != OWN for target in guess_all(read_table(one).columns)))


def read_table(text: str) -> Table:
    """The rows of a CSV, whichever sign is between its cells. Empty rows are left out."""
    text = text.removeprefix("\ufeff")
    heading = next((one for one in text.splitlines() if one.strip()), "")
    if said := re.fullmatch(r"sep=(.)", heading.strip(), re.IGNORECASE):  # of Excel
        text, heading = text.partition("\n")[2], said[1]
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


def is_target(target: str) -> bool:
    """Whether a column may be mapped to this."""
    if target in (IGNORE, OWN, *NAMES):
        return True
    kind, _dot, rest = target.partition(".")
    token, _dot, part = rest.partition(".")
    return kind in KINDS and token.isalnum() and len(token) <= 20 and (part == "label" or part in KINDS[kind].parts)


def guess_targets(table: Table) -> list[str]:
    """What each column is; one that nobody knows and that is empty is left out."""
    filled = {number for _line, cells in table.rows for number, cell in enumerate(cells) if cell}
    return [IGNORE if target == OWN and number not in filled else target for number, target in enumerate(guess_all(table.columns))]


def is_day_first(table: Table, targets: list[str]) -> bool:
    """Whether dates with slashes begin with the day: as the others in the table do, else as where its headings are spoken."""
    dates = [number for number, target in enumerate(targets) if target.startswith(f"{DATE}.")]
    for _line, cells in table.rows:
        for found in filter(None, (_DATE_SLASHES.fullmatch(cells[number]) for number in dates)):
            if int(found[1]) > 12 or int(found[2]) > 12:
                return int(found[1]) > 12
    return not any(word in " ".join(table.columns).lower().split() for word in ("birthday", "anniversary", "birth"))


def read_row(cells: list[str], targets: list[str], columns: list[str], *, day_first: bool = False) -> Details:
    """What a row says under these headings. Nothing that has a target is lost: a second value becomes an item of its own."""
    details = Details()
    found: dict[tuple[str, str], dict[str, str]] = {}
    for cell, target, column in zip(cells, targets, columns, strict=False):
        if not cell or not target:
            continue
        kind, _dot, rest = target.partition(".")
        if target == OWN:
            details.items.append(Item(CUSTOM, {"value": cell}, column))
        elif target == "labels":
            given = [one.strip() for one in re.split(r" ::: |[;,]", cell)]
            details.labels += [one for one in given if one and not one.startswith("*") and one not in details.labels]
        elif target in NAMES:
            setattr(details, target, _joined(getattr(details, target), " ".join(cell.split())))
        else:
            token, _dot, part = rest.partition(".")
            _put(found, kind, token, part, cell)
            if part == "value" and _is_named(kind, token):
                found[kind, token].setdefault("label", column)
    for (kind, token), parts in found.items():
        details.items += _items(kind, token, parts, day_first)
    details.items = [item for item in details.items if not item.is_empty]
    details.shown = details.shown or details.made_name or details.nickname or next(
        (item.parts.get("name") or item.value for wanted in (ORGANISATION, EMAIL, PHONE) for item in details.of(wanted)), ""
    )
    return details


def _joined(before: str, cell: str) -> str:
    return cell[:1000] if before in ("", cell) else f"{before} {cell}"[:1000]


def _put(found: dict[tuple[str, str], dict[str, str]], kind: str, token: str, part: str, cell: str) -> None:
    """A further line of a street goes on with it, anything else that is there twice is one more item."""
    parts = found.setdefault((kind, token), {})
    if part in parts and parts[part] != cell:
        if kind == ADDRESS:
            cell = f"{parts[part]}\n{cell}"
        else:
            parts = found.setdefault((kind, f"{token}0"), {})
            cell = f"{parts[part]}{_MANY}{cell}" if part in parts else cell
    parts[part] = cell


def _is_named(kind: str, token: str) -> bool:
    """Whether what the heading says of whose it is would be lost: it is no label that is known."""
    return kind == PHONE and token.isalpha() and token != "other" and token not in KINDS[kind].labels


def _items(kind: str, token: str, parts: dict[str, str], day_first: bool) -> list[Item]:
    word = parts.pop("label", "").lstrip("* ").strip()
    label = _LABEL_WORDS.get(word.lower(), word) if word else _label_of(kind, token)
    if kind == DATE:
        return [Item(DATE, _date(parts, day_first), word.lower() if word.lower() in KINDS[DATE].labels else label or word)]
    if _MANY in parts.get("value", ""):
        return [Item(kind, {"value": value.strip()}, label) for value in parts["value"].split(_MANY)]
    return [Item(kind, {part: parts.get(part, "") for part in KINDS[kind].parts}, label)]


def _label_of(kind: str, token: str) -> str:
    plain = token.rstrip("0123456789")
    return plain if plain in KINDS[kind].labels else ""


def _date(parts: dict[str, str], day_first: bool) -> dict[str, str]:
    day, month, year, text = (parts.get(part, "").strip() for part in ("day", "month", "year", "text"))
    if found := _DATE_ISO.fullmatch(text):
        year, month, day = found.groups()
    elif found := _DATE_DOTS.fullmatch(text):
        day, month, year = found.groups()
    elif found := _DATE_SLASHES.fullmatch(text):
        month, day, year = found.groups()
        if int(month) > 12 or (day_first and int(day) <= 12):
            day, month = month, day
    if 1 <= (whole(month) or 0) <= 12 and 1 <= (whole(day) or 0) <= 31:
        return {"day": str(int(day)), "month": str(int(month)), "year": year if year and whole(year) else "", "text": ""}
    said = text or " ".join(part for part in (year, month, day) if part)
    return {"day": "", "month": "", "year": "", "text": "" if _NO_DATE.fullmatch(said) else said}
