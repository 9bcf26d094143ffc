"""Tables for other programs: lines of CSV (RFC 4180)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

BOM = "\ufeff"
"""Begins a file, so that spreadsheets read UTF-8."""

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def csv_line(cells: Iterable[str | int]) -> str:
    """A line. A cell that a spreadsheet would take for a formula begins with an apostrophe (OWASP, CSV injection)."""
    written = io.StringIO()
    csv.writer(written).writerow([f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULAS) else cell for cell in cells])
    return written.getvalue()
