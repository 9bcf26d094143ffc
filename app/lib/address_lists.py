"""Lists of people as others keep them: pasted lines, or a table from a spreadsheet, read line by line.

A line is an address, `Name <address>`, an address and a name in any order, or a row of a table whose first line names its columns.
Each line is read alone, so that a mistake, such as a quote that never ends, spoils no other line.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from app.lib.forms import EmailField, FieldError
from app.lib.i18n import _

MOST_LINES = 10_000
_SEPARATORS = "\t;,"
_ANGLED = re.compile(r"([^<>;]*)<([^<>]*)>")
_COLUMNS = {
    "email": "email mail emailaddress mailaddress address emailadresse mailadresse adresse adresseemail adressemail courriel correo"
             " correoelectronico indirizzo indirizzoemail",
    "given_name": "firstname first givenname given forename vorname prenom nombre nome",
    "family_name": "lastname last surname familyname family nachname familienname nom nomdefamille apellido apellidos cognome",
    "name": "name fullname displayname vollername nomcomplet nombrecompleto nomecompleto",
}
_BY_HEADING = {heading: column for column, headings in _COLUMNS.items() for heading in headings.split()}


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody on a list, by the number of the line in the file, from 1."""

    number: int
    email: str
    given_name: str = ""
    family_name: str = ""


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that names nobody, and why, in the reader's language."""

    number: int
    text: str
    why: str


@dataclass(slots=True)
class Listed:
    """What a list says."""

    lines: list[Line] = field(default_factory=list)
    bad: list[BadLine] = field(default_factory=list)


class TooLong(ValueError):
    """The list has more than `MOST_LINES` lines."""


def decode(content: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 (with its mark, or recognised by its zeros), or else Windows-1252, the superset of Latin-1."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace")
    zeros = content[:400].count(0)
    if zeros > len(content[:400]) // 4:
        return content.decode("utf-16-le" if content[1:2] == b"\x00" else "utf-16-be", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def read(text: str) -> Listed:
    """Who is on a list. An address that comes again is a bad line that names the first. Raises `TooLong`."""
    numbered = [(number, line.strip().replace("\x00", "")) for number, line in enumerate(text.splitlines(), 1)]
    filled = [(number, line) for number, line in numbered if line.strip(_SEPARATORS + " \"'")]
    if len(filled) > MOST_LINES:
        raise TooLong
    found, seen = Listed(), dict[str, int]()
    columns, separator = _columns(filled[0][1]) if filled else ({}, "")
    for number, line in filled[1:] if columns else filled:
        try:
            people = [_from_row(number, line, separator, columns)] if columns else list(_from_line(number, line))
            for person in people:
                if person.email in seen:
                    raise FieldError(_("%(email)s is on line %(number)s already.") % {"email": person.email, "number": seen[person.email]})
                seen[person.email] = number
                found.lines.append(person)
        except (FieldError, csv.Error) as error:
            found.bad.append(BadLine(number, line[:200], str(error)))
    return found


def _columns(line: str) -> tuple[dict[str, int], str]:
    """Which column is which, if this line names them, and what separates them."""
    for separator in _SEPARATORS:
        headings = [_heading(cell) for cell in _cells(line, separator)]
        columns = {_BY_HEADING[heading]: place for place, heading in reversed(list(enumerate(headings))) if heading in _BY_HEADING}
        if "email" in columns and "@" not in line:
            return columns, separator
    return {}, ""


def _heading(cell: str) -> str:
    plain = unicodedata.normalize("NFKD", cell.strip().casefold())
    return "".join(character for character in plain if character.isalnum())


def _from_row(number: int, line: str, separator: str, columns: dict[str, int]) -> Line:
    cells = _cells(line, separator)

    def cell(column: str) -> str:
        place = columns.get(column)
        return cells[place] if place is not None and place < len(cells) else ""

    given, family = cell("given_name"), cell("family_name")
    if not given and not family:
        given, family = _names(cell("name"))
    if not cell("email"):
        raise FieldError(_("The column of the address is empty."))
    angled = _ANGLED.search(cell("email"))
    return _line(number, angled[2] if angled else cell("email"), given, family)


def _from_line(number: int, line: str) -> Iterable[Line]:
    """Raises `FieldError`."""
    if angled := _ANGLED.findall(line):
        return _from_angled(number, line, angled)
    separator = next((one for one in _SEPARATORS if one in line), "")
    cells = [cell for cell in (_cells(line, separator) if separator else line.split()) if cell]
    addresses = [cell for cell in cells if "@" in cell]
    others = [cell for cell in cells if "@" not in cell]
    if not addresses:
        raise FieldError(_("There is no email address in this line."))
    if len(addresses) == 1:
        given, family = _names(others[0]) if len(others) == 1 else (others[0], " ".join(others[1:])) if others else ("", "")
        return [_line(number, addresses[0], given, family)]
    return [_line(number, address, "", "") for address in addresses]


def _from_angled(number: int, line: str, angled: Sequence[tuple[str, str]]) -> Iterable[Line]:
    """`Name <address>`, several of them, with bare addresses between them."""
    found = []
    for text, address in angled:
        words = text.replace(",", " , ").split()
        found += [_line(number, word, "", "") for word in words if "@" in word]
        last = max((place for place, word in enumerate(words) if "@" in word), default=-1)
        found.append(_line(number, address, *_names(" ".join(words[last + 1 :]).replace(" ,", ","))))
    rest = line.rpartition(">")[2]
    return found + [_line(number, word, "", "") for word in re.split(r"[\s,;]+", rest) if "@" in word]


def _cells(line: str, separator: str) -> list[str]:
    return [cell.strip().strip("'").strip() for cell in next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])]


def _names(name: str) -> tuple[str, str]:
    """Given and family name of a whole name; `Family, Given` is turned round."""
    plain = name.strip(" \t,;\"'")
    family, comma, given = plain.partition(",")
    if comma:
        return given.strip(), family.strip()
    given, _space, family = plain.partition(" ")
    return given, family.strip()


def _line(number: int, email: str, given_name: str, family_name: str) -> Line:
    """Raises `FieldError`."""
    address = email.strip().removeprefix("mailto:").strip("<>'\"., ")
    return Line(number, EmailField().read(address), given_name[:80], family_name[:80])
