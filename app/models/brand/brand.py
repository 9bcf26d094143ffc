"""How the suite looks and what it is called on a host: one frozen value, made when a brand changes and then only read."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

from app import database
from app.lib.contrast import Palette, palette
from app.models.brand.addresses import host_for, origin_of


@dataclass(frozen=True, slots=True)
class Slide:
    """A picture beside the sign-in form, by its name in the blob store, the widths in pixels that it is kept in, and what it shows."""

    hash: str
    widths: tuple[int, ...] = ()
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Brand:
    """A name and colours. `accent` and `accent_ink` are CSS colours: the ink is what is written on the accent.

    Without an `id` it is the standard brand, which is nobody's. `domain` is what the addresses of the brand are made of, and `host`
    the one of them that was asked. Logos are names in the blob store, empty where there is none.
    """

    id: int | None = None
    org_id: int | None = None
    domain: str = ""
    host: str = ""
    name: str = "Chalet"
    short_name: str = "Chalet"
    accent: str = "#2f5bea"
    accent_ink: str = "#ffffff"
    text_colour: str = ""
    logo: str = ""
    logo_dark: str = ""
    slides: tuple[Slide, ...] = ()
    sender_name: str = ""
    button_colour: str = ""  # as it was chosen: `accent` is the nearest colour that can be seen on a light ground
    logo_size: tuple[int, int] = (0, 0)  # CSS pixels
    logo_dark_size: tuple[int, int] = (0, 0)
    logo_faint_on: tuple[str, ...] = ()  # themes in which the logo needs a plate behind it

    @property
    def colours(self) -> Palette:
        """The colours as both themes show them."""
        return palette(self.button_colour or self.accent, self.text_colour or "#171b26")

    @property
    def version(self) -> str:
        """Changes whenever the look does, for addresses that are cached."""
        look = (self.name, self.short_name, self.accent, self.accent_ink, self.text_colour, self.button_colour, self.logo, self.logo_dark, self.slides)
        return f"{crc32(repr(look).encode()):08x}"

    def url_of(self, key: str) -> str:
        """The address of an app: of its own on a brand's domain, a path elsewhere."""
        if not self.domain:
            return "/" if key in ("home", "suite") else f"/{key}"
        return f"{origin_of(host_for(self.domain, key))}/"

    @property
    def home(self) -> str:
        """Scheme and host of the suite in this brand, for links in mails; empty for the standard brand."""
        return origin_of(host_for(self.domain, "suite")) if self.domain else ""

    @property
    def origin(self) -> str:
        """Scheme and host where people sign in to this brand, for links that sign in; empty for the standard brand."""
        return origin_of(host_for(self.domain, "login")) if self.domain else ""


async def default_brand() -> Brand:
    """The brand of the hosts that have none of their own: named after the organisation where the server has just one."""
    names = [row["name"] for row in await database.fetch("SELECT name FROM organisation ORDER BY id LIMIT 2")]
    return Brand(name=names[0], short_name=names[0][:12]) if len(names) == 1 else Brand()
