"""Cards for links to what is inside the suite."""

from __future__ import annotations

from urllib.parse import urlsplit

from litestar import Request, get
from litestar.params import FromQuery
from litestar.response import Response

from app.cards import card_at
from app.render import fragment, nothing


@get("/cards", include_in_schema=False)
async def show_card(request: Request, url: FromQuery[str] = "") -> Response[bytes]:
    """The card of an address of ours, or nothing where there is nothing for this reader."""
    asked = urlsplit(url[:2_000])
    card = await card_at(request.state.viewer, f"{asked.path}?{asked.query}")
    if card is None:
        return nothing(204)
    return fragment(request, "shared/_card.html", card=card, headers={"Cache-Control": "private, max-age=60"})


handlers = [show_card]
