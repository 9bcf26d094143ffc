"""iCalendar (RFC 5545) without loss: what a client wrote stays as it was, except for the lines that are changed.

`lines.py` reads and writes content lines and components, `values.py` dates, durations and texts, `zones.py` what a TZID means,
`timezones.py` writes VTIMEZONE, `series.py` which instances a calendar object has.
"""

from app.lib.ical.lines import Component, Malformed, Property, parse, parse_all
from app.lib.ical.values import DATE, FLOATING, ZONED, When

__all__ = ["DATE", "FLOATING", "ZONED", "Component", "Malformed", "Property", "When", "parse", "parse_all"]
