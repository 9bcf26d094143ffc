"""Phone numbers as people write them, in the one form in which two of them can be compared."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from babel.core import get_global

_NOT_DIGITS = re.compile(r"\D+")
LONGEST = 40


@cache
def region_of(timezone: str) -> str:
    """The country, as two letters, whose clocks a zone of the IANA database shows; CH where it names none."""
    found = get_global("zone_territories").get(timezone, "CH")
    return found if len(found) == 2 and found != "ZZ" else "CH"


@lru_cache(maxsize=20_000)
def comparable(written: str, region: str) -> str:
    """A number as E.164 has it, such as +41443121212, read as somebody in `region` would dial it; else its digits; "" when it has none."""
    import phonenumbers  # its metadata take a while to load, and only cards need them

    try:
        number = phonenumbers.parse(written[:250], region)
    except phonenumbers.NumberParseException:
        return _NOT_DIGITS.sub("", written)[:LONGEST]
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[:LONGEST]
