"""QR codes as the path of an SVG; the markup around it is the template's."""

from __future__ import annotations

from typing import NamedTuple

import segno

BORDER = 4  # modules of quiet zone, as ISO/IEC 18004 wants


class QR(NamedTuple):
    """The side of the picture in modules, and the `d` of a path of its dark ones."""

    size: int
    path: str


def qr_code(text: str) -> QR:
    """The QR code of a text, with medium error correction."""
    rows = list(segno.make(text, error="m", micro=False).matrix)
    steps = [f"M{x + BORDER} {y + BORDER}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark]
    return QR(len(rows) + 2 * BORDER, "".join(steps))
