"""The form of a card: rows named `email.0.value`, `email.0.label`, `email.0.line`; what was typed becomes details, or errors beside the fields."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from babel.dates import format_date, get_month_names

from app.lib.i18n import _, language
from app.lib.locales import territory
from app.lib.numbers import whole
from app.lib.vcard.details import (
    ADDRESS,
    CUSTOM,
    DATE,
    EMAIL,
    KINDS,
    LINK,
    MESSENGER,
    NOTE,
    ORGANISATION,
    PHONE,
    RELATED,
    ROLE,
    TITLE,
    Details,
    Item,
)

MOST_TEXT, MOST_NOTE, MOST_ITEMS = 1_000, 50_000, 300
_ROW = re.compile(r"([a-z]+)\.(\d{1,4})\.([a-z]+)")
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
NAME_FIELDS = ("prefix", "given", "middle", "family", "suffix", "shown", "nickname", "phonetic_given", "phonetic_family", "pronouns")
SCHEMES = ("http", "https", "mailto", "tel", "ftp", "ftps", "geo", "xmpp", "matrix", "sip", "sips")


def titles() -> dict[str, str]:
    """What the kinds of items are called."""
    return {
        EMAIL: _("Email"), PHONE: _("Phone"), ADDRESS: _("Address"), ORGANISATION: _("Organisation"), TITLE: _("Job title"), ROLE: _("Role"),
        LINK: _("Website"), MESSENGER: _("Messenger or network"), DATE: _("Date"), RELATED: _("Related person"), NOTE: _("Note"), CUSTOM: _("Own field"),
    }


def label_names() -> dict[str, str]:
    """What the labels of items are called."""
    return {
        "work": _("Work"), "home": _("Home"), "cell": _("Mobile"), "main": _("Main"), "fax": _("Fax"), "pager": _("Pager"), "birthday": _("Birthday"),
        "anniversary": _("Anniversary"), "spouse": _("Spouse"), "partner": _("Partner"), "child": _("Child"), "parent": _("Parent"), "sibling": _("Sibling"),
        "friend": _("Friend"), "assistant": _("Assistant"), "manager": _("Manager (superior)"), "emergency": _("Emergency contact"), "other": _("Other"),
        "HomePage": _("Home page"),  # as Apple's programs call it
    }


def part_names() -> dict[str, str]:
    """What the parts of items are called."""
    return {
        "street": _("Street and number"), "postcode": _("Postcode"), "city": _("Town"), "region": _("Canton, state or province"), "country": _("Country"),
        "box": _("P.O. box"), "extended": _("Floor, flat or building"), "name": _("Organisation"), "unit": _("Department"), "day": _("Day"),
        "month": _("Month"), "year": _("Year (if known)"),
    }


def months() -> list[tuple[str, str]]:
    """The months by number."""
    return [(str(number), name) for number, name in get_month_names("wide", context="stand-alone", locale=territory(language())).items()]


def shown_date(parts: dict[str, str]) -> str:
    """A date as the reader writes it."""
    if not (parts.get("day") and parts.get("month")):
        return parts.get("text", "")
    day = date(int(parts["year"] or 2000), int(parts["month"]), int(parts["day"]))
    return format_date(day, "long" if parts["year"] else "d MMMM", locale=territory(language()))


def age(parts: dict[str, str], today: date) -> int | None:
    """How old somebody is who was born then; None where the year isn't known."""
    if not (parts.get("day") and parts.get("month") and parts.get("year")):
        return None
    born = (int(parts["month"]), int(parts["day"]))
    return today.year - int(parts["year"]) - ((today.month, today.day) < born)


def safe_link(text: str) -> str:
    """An address that a link may lead to; empty when it is of a kind that could do harm."""
    try:
        scheme = urlsplit(text).scheme.lower()
    except ValueError:
        return ""
    return (text if scheme in SCHEMES else "") if scheme else f"https://{text}"


@dataclass(slots=True)
class Bound:
    """What was typed: details, and errors by the names of fields."""

    details: Details
    errors: dict[str, str] = field(default_factory=dict)


def bind(sent: Any, before: Details | None = None) -> Bound:
    """Read a form; `before` is what the card said, so that a name that was made of its parts follows them."""
    texts = {name: str(value).replace("\x00", "").replace("\r\n", "\n") for name, value in sent.items() if isinstance(value, str)}
    bound = Bound(Details(**{name: " ".join(texts.get(name, "").split())[:MOST_TEXT] for name in NAME_FIELDS}))  # type: ignore[arg-type]
    details = bound.details
    details.is_company = texts.get("is_company", "") == "on"
    details.labels = list(dict.fromkeys(label for one in texts.get("labels", "").split(",") if (label := " ".join(one.split())[:120])))
    rows: dict[tuple[str, int], dict[str, str]] = {}
    for name, text in texts.items():
        found = _ROW.fullmatch(name)
        if found and found.group(1) in KINDS and len(rows) < MOST_ITEMS:
            rows.setdefault((found.group(1), int(found.group(2))), {})[found.group(3)] = text
    for (kind, _number), row in sorted(rows.items(), key=lambda one: (list(KINDS).index(one[0][0]), one[0][1])):
        item = _item(kind, row)
        details.items.append(item)
        if why := _wrong(item):
            bound.errors[f"{kind}.{len(details.of(kind)) - 1}"] = why
    _name(details, before)
    if not details.shown and not bound.errors:
        bound.errors["given"] = _("Please fill in a name, an organisation, an address or a number.")
    return bound


def _item(kind: str, row: dict[str, str]) -> Item:
    most = MOST_NOTE if kind == NOTE else MOST_TEXT
    keep: Callable[[str], str] = str.strip if kind in (NOTE, CUSTOM) else lambda text: " ".join(text.split())
    parts = {part: keep(row.get(part, ""))[:most] for part in KINDS[kind].parts}
    if kind == ADDRESS:
        parts["street"] = row.get("street", "").strip()[:most]
    label = " ".join((row.get("own", "") if row.get("label") in ("own", None) else row["label"]).split())[:120]
    line = whole(row.get("line", ""))
    return Item(kind, parts, label, -1 if line is None else line)


def _wrong(item: Item) -> str:
    if item.is_empty:
        return ""
    if item.kind == EMAIL and not _ADDRESS.fullmatch(item.parts["value"]):
        return _("This isn’t an email address. It should look like name@example.org.")
    if item.kind == LINK and not safe_link(item.parts["value"]):
        return _("This isn’t an address of a page.")
    if item.kind == DATE and not item.parts["text"]:
        return _wrong_date(item.parts)
    return ""


def _wrong_date(parts: dict[str, str]) -> str:
    day, month, year = (parts[name] for name in ("day", "month", "year"))
    if not all(whole(part) is not None and len(part) < 5 for part in (day, month, year) if part) or not (day and month):
        return _("A date needs a day and a month.")
    try:
        date(int(year or 2000), int(month), int(day))
    except ValueError:
        return _("There is no such day.")
    return ""


def _name(details: Details, before: Details | None) -> None:
    """The shown name: what was typed; where it was made of the parts, it follows them."""
    followed = before is None or before.shown in ("", before.made_name)
    if details.shown and not (followed and before and details.shown == before.shown and details.made_name != before.made_name):
        return
    first = next((item.parts["name"] if item.kind == ORGANISATION else item.value for kind in (ORGANISATION, EMAIL, PHONE) for item in details.of(kind)
                  if not item.is_empty), "")
    details.shown = details.made_name or details.nickname or first
