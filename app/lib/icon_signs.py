"""The signs on the apps' icons: plain shapes in one colour, drawn for a square of 1 by 1."""

from __future__ import annotations

from collections.abc import Callable

from PIL import ImageDraw

Box = tuple[float, float, float, float]


class Pen:
    """Draws in a square of `size` in the middle of a mask; coordinates go from 0 to 1. `clear` cuts out of what is drawn."""

    def __init__(self, draw: ImageDraw.ImageDraw, edge: int, size: float) -> None:
        self._draw = draw
        self._unit = edge * size
        self._from = (edge - self._unit) / 2

    def _at(self, *places: float) -> tuple[float, ...]:
        return tuple(self._from + place * self._unit for place in places)

    def box(self, box: Box, radius: float = 0, *, clear: bool = False) -> None:
        """A rectangle with round corners."""
        self._draw.rounded_rectangle(self._at(*box), radius * self._unit, fill=0 if clear else 255)

    def disc(self, box: Box, *, clear: bool = False) -> None:
        """A circle or an oval."""
        self._draw.ellipse(self._at(*box), fill=0 if clear else 255)

    def shape(self, *points: tuple[float, float], clear: bool = False) -> None:
        """A polygon."""
        self._draw.polygon([self._at(x)[0:1] + self._at(y)[0:1] for x, y in points], fill=0 if clear else 255)

    def line(self, *points: tuple[float, float], width: float, clear: bool = False) -> None:
        """A line with round joints."""
        self._draw.line([self._at(x)[0:1] + self._at(y)[0:1] for x, y in points], fill=0 if clear else 255, width=int(width * self._unit), joint="curve")


def _chat(pen: Pen) -> None:
    pen.box((0.02, 0.08, 0.98, 0.78), 0.2)
    pen.shape((0.2, 0.7), (0.2, 0.98), (0.5, 0.74))
    for middle in (0.28, 0.5, 0.72):
        pen.disc((middle - 0.065, 0.365, middle + 0.065, 0.495), clear=True)


def _calendar(pen: Pen) -> None:
    pen.box((0.06, 0.12, 0.94, 0.96), 0.14)
    for middle in (0.3, 0.7):
        pen.box((middle - 0.06, 0.0, middle + 0.06, 0.2), 0.06)
    pen.box((0.16, 0.36, 0.84, 0.86), 0.05, clear=True)
    pen.box((0.54, 0.56, 0.76, 0.78), 0.04)


def _contacts(pen: Pen) -> None:
    pen.disc((0.29, 0.02, 0.71, 0.44))
    pen.disc((0.08, 0.52, 0.92, 1.36))
    pen.box((0.0, 0.95, 1.0, 1.5), clear=True)


def _drive(pen: Pen) -> None:
    pen.box((0.02, 0.12, 0.5, 0.5), 0.1)
    pen.box((0.02, 0.24, 0.98, 0.9), 0.12)


def _mail(pen: Pen) -> None:
    pen.box((0.02, 0.14, 0.98, 0.86), 0.14)
    pen.line((0.12, 0.28), (0.5, 0.58), (0.88, 0.28), width=0.085, clear=True)


SIGNS: dict[str, Callable[[Pen], None]] = {"chat": _chat, "calendar": _calendar, "contacts": _contacts, "drive": _drive, "mail": _mail}
"""The sign of each app. An app without one has the first letter of its title."""
