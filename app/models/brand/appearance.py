"""What a look is made of: names, colours, logos and slides, as JSON in `brand_look` and as part of a `Brand`."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from app.lib.contrast import palette
from app.models.brand.brand import Brand, Slide

MOST_NAME, MOST_SHORT_NAME, MOST_ALT = 60, 12, 200
MOST_SLIDES = 3  # BRAND-15
BUTTON = Brand().accent
TEXT = "#171b26"  # --ink of static/css/tokens.css


class Logo(msgspec.Struct, frozen=True):
    """A logo as it was cut: what of, which part, its size in CSS pixels, and the themes that it can hardly be seen in."""

    source: str
    box: tuple[float, float, float, float]
    hash: str = ""
    width: int = 0
    height: int = 0
    faint_on: tuple[str, ...] = ()
    has_letters: bool = False


class SlideOf(msgspec.Struct, frozen=True):
    """A slide, the widths that it is kept in, and what it shows in words; without words it is decoration."""

    hash: str
    widths: tuple[int, ...] = ()
    alt: str = ""


class Appearance(msgspec.Struct, frozen=True, omit_defaults=True):
    """A whole look. What is empty is as on the standard page."""

    name: str = ""
    short_name: str = ""
    sender_name: str = ""
    text_colour: str = ""
    button_colour: str = ""
    light: Logo | None = None
    dark: Logo | None = None
    slides: tuple[SlideOf, ...] = ()

    @property
    def files(self) -> set[str]:
        """The names in the blob store of everything it shows."""
        logos = [name for logo in (self.light, self.dark) if logo for name in (logo.source, logo.hash) if name]
        return {*logos, *(slide.hash for slide in self.slides)}


def read_appearance(kept: str | None) -> Appearance:
    """The look that a column holds; an empty one from nothing."""
    return msgspec.json.decode(kept, type=Appearance) if kept else Appearance()


def written(look: Appearance) -> str:
    """A look as a column holds it."""
    return msgspec.json.encode(look).decode()


def with_look(brand: Brand, look: Appearance) -> Brand:
    """`brand` with everything that a look says: its colours are the nearest ones that can be read."""
    button, text = look.button_colour or brand.accent, look.text_colour or TEXT
    shown = palette(button, text)
    light, dark = look.light, look.dark
    return replace(
        brand, name=look.name or brand.name, short_name=look.short_name or look.name[:MOST_SHORT_NAME] or brand.short_name,
        sender_name=look.sender_name, accent=shown.accent, accent_ink=shown.accent_ink, button_colour=button, text_colour=look.text_colour,
        logo=light.hash if light else "", logo_size=(light.width, light.height) if light else (0, 0),
        logo_dark=dark.hash if dark else "", logo_dark_size=(dark.width, dark.height) if dark else (0, 0),
        logo_faint_on=light.faint_on if light else (), slides=tuple(Slide(one.hash, one.widths, one.alt) for one in look.slides),
    )
