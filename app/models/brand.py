"""How the suite looks and what it is called on a host."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

from app import database


@dataclass(frozen=True, slots=True)
class Brand:
    """A name and colours. `accent` and `accent_ink` are CSS colours: the ink is what is written on the accent."""

    name: str = "Chalet"
    short_name: str = "Chalet"
    accent: str = "#2f5bea"
    accent_ink: str = "#ffffff"

    @property
    def version(self) -> str:
        """Changes whenever the look does, for addresses that are cached."""
        return f"{crc32(f'{self.name}|{self.accent}|{self.accent_ink}'.encode()):08x}"


async def default_brand() -> Brand:
    """The brand of the hosts that have none of their own: named after the organisation where the server has just one."""
    names = [row["name"] for row in await database.fetch("SELECT name FROM organisation ORDER BY id LIMIT 2")]
    return Brand(name=names[0], short_name=names[0][:12]) if len(names) == 1 else Brand()
