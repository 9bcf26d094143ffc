"""Small pictures that are kept without a row of their own: faces, brands, emoji and link cards. What names them says so, and the sweep lets them be."""

from __future__ import annotations

from app import database
from app.models.brand.appearance import read_appearance


async def named_pictures() -> set[str]:
    """The hashes of all of them."""
    faces = {row["avatar"] for row in await database.fetch("SELECT avatar FROM account WHERE avatar <> ''")}
    faces |= {row["picture"] for table in ("link_card", "custom_emoji") for row in await database.fetch(f"SELECT picture FROM {table} WHERE picture <> ''")}
    looks = await database.fetch("SELECT published, draft FROM brand_look")
    return faces.union(*(read_appearance(kept).files for look in looks for kept in (look["published"], look["draft"])))
