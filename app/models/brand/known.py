"""Which brand a host has, and which one an organisation's mails have."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from app import database
from app.models.brand import addresses
from app.models.brand.appearance import read_appearance, with_look
from app.models.brand.brand import Brand, default_brand
from app.models.brand.site import ACTIVE, DISABLED, WAITING

_SELECT = (
    "SELECT s.id, s.org_id, s.domain, s.state, o.name AS org_name, l.published FROM brand_site s JOIN organisation o ON o.id = s.org_id"
    " LEFT JOIN brand_look l ON l.site_id = s.id WHERE s.withdrawn_at IS NULL"
)
_OFF = "(s.state = $2 OR (s.state = $3 AND s.activated_at IS NOT NULL))"  # switched off, or let go because its proof was gone


@dataclass(frozen=True, slots=True)
class Known:
    """All hosts of all brands: those that work, and those that are switched off with the label of their app."""

    active: dict[str, Brand] = field(default_factory=dict)
    off: dict[str, str] = field(default_factory=dict)


async def known_hosts() -> Known:
    """Every host of every brand, each with its whole brand, so that a request costs one look into a dict."""
    known = Known()
    for row in await database.fetch(f"{_SELECT} AND (s.state = $1 OR {_OFF})", ACTIVE, DISABLED, WAITING):
        brand = _brand(row) if row["state"] == ACTIVE else None
        for label in addresses.web.open_labels:
            host = f"{label}.{row['domain']}"
            if brand:
                known.active[host] = replace(brand, host=host)
            else:
                known.off[host] = label
    return known  # who asks looks for the active ones first: a domain that was let go may be another organisation's by now


async def brand_at(host: str) -> Brand | None:
    """The brand of one host that works, without reading all of them."""
    label, _dot, domain = host.partition(".")
    if label not in addresses.web.open_labels:
        return None
    row = await database.fetch_one(f"{_SELECT} AND s.state = $1 AND s.domain = $2", ACTIVE, domain)
    return replace(_brand(row), host=host) if row else None


async def is_switched_off(host: str) -> bool:
    """Whether a host is of a brand that is switched off."""
    label, _dot, domain = host.partition(".")
    found = await database.fetch_value(f"SELECT s.id FROM brand_site s WHERE s.domain = $1 AND s.withdrawn_at IS NULL AND {_OFF}", domain, DISABLED, WAITING)
    return found is not None and label in addresses.web.open_labels


async def brand_of(org_id: int | None) -> Brand:
    """The brand in which an organisation writes to people; the standard one where it has none, or where the organisation isn't known."""
    row = await database.fetch_one(f"{_SELECT} AND s.state = $1 AND s.org_id = $2 ORDER BY s.is_default_for_org DESC, s.activated_at LIMIT 1", ACTIVE, org_id)
    return _brand(row) if row else await default_brand()


async def brand_for(email: str, origin: str = "") -> Brand:
    """The brand in which an address is written to: of the organisation whose sign-in page at `origin` was used, if they are in it, else of
    the one that the person was in last."""
    row = await database.fetch_one(
        "SELECT m.org_id FROM membership m JOIN account a ON a.id = m.account_id"
        " LEFT JOIN brand_site s ON s.org_id = m.org_id AND s.domain = $1 AND s.withdrawn_at IS NULL"
        " WHERE a.email = $2 AND m.ended_at IS NULL ORDER BY CASE WHEN s.id IS NULL THEN 1 ELSE 0 END, COALESCE(m.seen_at, 0) DESC, m.id LIMIT 1",
        (urlsplit(origin).hostname or "").partition(".")[2], email,
    )
    return await brand_of(row["org_id"] if row else None)


def _brand(row: dict[str, Any]) -> Brand:
    plain = Brand(id=row["id"], org_id=row["org_id"], domain=row["domain"], name=row["org_name"], short_name=row["org_name"][:12])
    return with_look(plain, read_appearance(row["published"]))
