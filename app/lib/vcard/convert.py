"""A card in another version of vCard: 2.1 to 3.0 for keeping, 3.0 and 4.0 to each other for clients that ask for the other one.

Follows RFC 6350 appendix A (what changed from 3.0) and, where 3.0 has no property, the names that Apple's and KDE's programs use.
What the other version has no word for is carried along as it is. The card that is given stays as it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from app.lib.vcard.card import Card, read_card
from app.lib.vcard.digest import plain_date, shown_name
from app.lib.vcard.lines import V21, V30, V40, ContentLine, Params, escape, split, unescape, write_line

_STRUCTURED = {"N": (";", ","), "ADR": (";", ","), "ORG": (";", ""), "GENDER": (";", "")}
_BINARY = ("PHOTO", "LOGO", "SOUND", "KEY")
_DATES = ("BDAY", "ANNIVERSARY", "DEATHDATE")
_MEDIA = {"JPEG": "image/jpeg", "JPG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp", "TIFF": "image/tiff",
          "BMP": "image/bmp", "PGP": "application/pgp-keys", "X509": "application/pkix-cert", "OGG": "audio/ogg", "WAVE": "audio/wav"}
_TO_40 = {"X-ANNIVERSARY": "ANNIVERSARY", "X-EVOLUTION-ANNIVERSARY": "ANNIVERSARY", "X-KADDRESSBOOK-X-ANNIVERSARY": "ANNIVERSARY",
          "X-ADDRESSBOOKSERVER-KIND": "KIND", "X-ADDRESSBOOKSERVER-MEMBER": "MEMBER", "X-GENDER": "GENDER"}
_TO_30 = {"ANNIVERSARY": "X-ANNIVERSARY", "MEMBER": "X-ADDRESSBOOKSERVER-MEMBER", "GENDER": "X-GENDER"}
_DATA = re.compile(r"data:([^;,]*)((?:;[^;,]*)*?)(;base64)?,(.*)", re.IGNORECASE | re.DOTALL)

Converter = Callable[[Card, ContentLine], ContentLine]


def as_version(card: Card, version: str) -> Card:
    """The card in `version` (3.0 or 4.0); the same object when it is that already."""
    if card.version == version:
        return card
    source = _from_21(card) if card.version == V21 else card
    if source.version == version:
        return source
    return _converted(source, version, _line_40 if version == V40 else _line_30)


def as_30(text: str) -> str:
    """The text of a card as vCard 3.0."""
    return as_version(read_card(text), V30).text


def as_40(text: str) -> str:
    """The text of a card as vCard 4.0."""
    return as_version(read_card(text), V40).text


def _converted(card: Card, version: str, convert: Converter) -> Card:
    lines: list[ContentLine] = []
    for line in card.lines:
        if line.name == "VERSION" or not line.raw.strip():
            continue
        if version == V40 and line.name == "SORT-STRING":
            continue  # becomes SORT-AS of N
        lines.append(convert(card, line) if line.name not in ("BEGIN", "END", "") else line)
        if line.name == "BEGIN":
            lines.append(write_line("VERSION", version, newline=card.newline))
    made = Card(lines, version, card.number, card.newline)
    _complete(made, card)
    return made


def _complete(made: Card, before: Card) -> None:
    """Add what the version demands: FN always, N in 3.0 (RFC 2426 §3.1.2)."""
    if made.first("FN") is None or not made.value("FN"):
        for line in made.all("FN"):
            made.remove(line)
        made.add("FN", escape(shown_name(before) or before.value("ORG") or before.value("EMAIL") or before.value("TEL") or before.value("URL") or "–"))
    if made.version == V30 and made.first("N") is None:
        made.add("N", f"{escape(made.value('FN'))};;;;")


# -- 2.1 → 3.0


def _from_21(card: Card) -> Card:
    return _converted(card, V30, _line_from_21)


def _line_from_21(card: Card, line: ContentLine) -> ContentLine:
    params = [(name, values) for name, values in line.params if name not in ("CHARSET", "ENCODING")]
    if line.name == "AGENT" and not line.value.strip():
        inner = line.raw.partition("\n")[2]
        return _written(card, line, escape(inner), params)
    if line.encoding == "BASE64":
        octets = "".join(line.value.split())
        return _written(card, line, octets, [("ENCODING", ("b",)), *params])
    text = line.decoded
    if line.param("VALUE").upper() in ("URL", "URI") or line.name in ("URL", "SOURCE", "UID"):
        params = [(name, ("uri",) if name == "VALUE" else values) for name, values in params]
        return _written(card, line, _single(text), params)
    separators = _STRUCTURED.get(line.name)
    if separators:
        value = ";".join(escape(unescape(part, V21)) for part in split(text, ";"))
    elif line.name == "CATEGORIES":
        value = ",".join(escape(unescape(part, V21)) for part in re.split(r"(?<!\\)[,;]", text))
    elif line.name in ("GEO", "BDAY", "REV", "TZ"):
        value = text.replace(",", ";") if line.name == "GEO" else text
    else:
        value = escape(unescape(text, V21))
    return _written(card, line, value, params)


def _single(text: str) -> str:
    return " ".join(text.split())


# -- 3.0 → 4.0


def _line_40(card: Card, line: ContentLine) -> ContentLine:
    name = _TO_40.get(line.name, line.name)
    params = _with_pref(line)
    value = line.value
    if line.encoding == "BASE64" and name in _BINARY:
        params = [(key, values) for key, values in params if key not in ("ENCODING", "TYPE", "VALUE")]
        value = f"data:{_media(line.param('TYPE'))};base64," + "".join(value.split())
    elif line.name == "X-ADDRESSBOOKSERVER-MEMBER":
        value = unescape(value)
    elif line.name == "GEO" and ";" in value:
        value = "geo:" + ",".join(part.strip() for part in value.split(";")[:2])
    elif name in _DATES:
        value, params = _date_40(line, params)
    elif line.name == "N":
        sort = card.value("SORT-STRING")
        params += [("SORT-AS", (sort,))] if sort and not line.param("SORT-AS") else []
    params = [(key, tuple(value for value in values if value.lower() != "internet") if key == "TYPE" else values) for key, values in params]
    return _written(card, line, value, [(key, values) for key, values in params if values], name)


def _media(said: str) -> str:
    return _MEDIA.get(said.upper(), said.lower() if "/" in said else "application/octet-stream")


def _with_pref(line: ContentLine) -> list[tuple[str, tuple[str, ...]]]:
    """TYPE=pref becomes PREF=1."""
    params = [(key, tuple(value for value in values if not (key == "TYPE" and value.lower() == "pref"))) for key, values in line.params]
    params = [(key, values) for key, values in params if values]
    return [*params, ("PREF", ("1",))] if "pref" in line.types and not line.param("PREF") else params


def _date_40(line: ContentLine, params: Iterable[tuple[str, tuple[str, ...]]]) -> tuple[str, list[tuple[str, tuple[str, ...]]]]:
    plain = plain_date(line, line.value)
    kept = [(key, values) for key, values in params if key not in ("VALUE", "X-APPLE-OMIT-YEAR")]
    if not plain:
        return line.value, [*kept, ("VALUE", ("text",))] if not re.match(r"[\d-]", line.value) else kept
    return (f"--{plain[2:4]}{plain[5:7]}" if plain.startswith("--") else plain.replace("-", "")), kept


# -- 4.0 → 3.0


def _line_30(card: Card, line: ContentLine) -> ContentLine:
    name, value, params = line.name, line.value, _with_type_pref(line)
    if name == "KIND":
        name = "X-ADDRESSBOOKSERVER-KIND" if value.lower() == "group" else "KIND"
    elif name in _DATES:
        value, params = _date_30(line, params)
    elif name in _BINARY and (found := _DATA.fullmatch(value)):
        value, params = _inline_30(found, params)
    elif name == "GEO" and value.lower().startswith("geo:"):
        value = ";".join(value[4:].split(";")[0].split(",")[:2])
    elif name == "TEL" and value.lower().startswith("tel:"):
        value = value[4:]
        params = [(key, values) for key, values in params if key != "VALUE"]
    elif name == "MEMBER":
        value = escape(value)
    return _written(card, line, value, params, _TO_30.get(name, name))


def _with_type_pref(line: ContentLine) -> list[tuple[str, tuple[str, ...]]]:
    """PREF=1 becomes TYPE=pref; other degrees have no word in 3.0."""
    params = [(key, values) for key, values in line.params if key != "PREF"]
    return [*params, ("TYPE", ("pref",))] if line.param("PREF") == "1" else params


def _date_30(line: ContentLine, params: Iterable[tuple[str, tuple[str, ...]]]) -> tuple[str, list[tuple[str, tuple[str, ...]]]]:
    plain = plain_date(line, line.value)
    kept = list(params)
    if plain.startswith("--"):
        return f"1604{plain[1:]}", [*kept, ("X-APPLE-OMIT-YEAR", ("1604",))]
    return plain or line.value, kept


def _inline_30(found: re.Match[str], params: Iterable[tuple[str, tuple[str, ...]]]) -> tuple[str, list[tuple[str, tuple[str, ...]]]]:
    media, _more, is_base64, rest = found.groups()
    kept = [(key, values) for key, values in params if key not in ("VALUE", "MEDIATYPE", "ENCODING")]
    if not is_base64:
        return found.group(0), [*kept, ("VALUE", ("uri",))]
    kind = next((name for name, known in _MEDIA.items() if known == media.lower()), media.upper())
    return rest, [("ENCODING", ("b",)), *kept, *([("TYPE", (kind,))] if kind else [])]


def _written(card: Card, line: ContentLine, value: str, params: Iterable[tuple[str, tuple[str, ...]]], name: str = "") -> ContentLine:
    """The line as it was where nothing of it changes, so that its folding and spelling stay."""
    wanted: Params = tuple((key, tuple(values)) for key, values in params)
    if value == line.value and wanted == line.params and name in ("", line.name) and card.version != V21:
        return line
    return write_line(name or line.name, value, wanted, line.group, card.newline)


def photo(card: Card) -> tuple[bytes, str] | None:
    """The first photo that is inside of the card: its bytes, and the media type that is claimed for it."""
    for line in card.all("PHOTO"):
        octets = line.octets()
        if octets:
            claimed = line.param("TYPE").upper() or line.param("MEDIATYPE").upper()
            return octets, _MEDIA.get(claimed, claimed.lower())
    return None
